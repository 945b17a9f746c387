"""Tasks: work that is polled for, and whose file can be fetched for a while.

Life times are from the page "Output tasks": a file for four hours, a task for seven
days.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chili_notebook.simulator.background import Background, wait_a_while
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

_FILE_LIVES_S = 4 * 3600
_TASK_LIVES_S = 7 * 86_400
_KEPT = 2000
_PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file.

    Attributes:
        content: Its bytes.
        content_type: Their type.
        file_name: What to call it.
        records: How many records are in it.
        report: The records that are not, and why.
    """

    content: bytes
    content_type: str
    file_name: str
    records: int = 1
    report: Sequence[dict[str, Any]] = ()


class FailedError(Exception):
    """Why a task cannot be done.

    Args:
        message: One sentence.
        report: The error report: one entry a record that failed.
    """

    def __init__(self, message: str, report: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.message = message
        self.report = report


@dataclass(frozen=True, slots=True)
class Job:
    """What the list of tasks tells of an output.

    Attributes:
        name: What the output is of.
        format: Its format.
        source: ``Template``, ``Project`` or ``Document``.
        owner: The client id of who asked for it.
        records: How many records were asked for.
    """

    name: str
    format: str
    source: str
    owner: str
    records: int

    def is_shown_to(self, client_id: str) -> bool:
        """Tell whether a client may see it; outputs of projects are their owner's."""
        return self.source != "Project" or self.owner == client_id


@dataclass(slots=True)
class Task:
    """One piece of work, begun when the first who asks finds its time come.

    Attributes:
        id: Its GUID.
        make: Does the work.
        file_path: Where the file is to be fetched, in the environment.
        created_at: When it was asked for.
        starts_at: When its turn comes, if tasks take time.
        ready_at: When it is done, if tasks take time.
        job: What it is, for the list of outputs; previews are not in it.
    """

    id: str
    make: Callable[[], Made]
    file_path: str
    created_at: float
    starts_at: float | None = None
    ready_at: float | None = None
    job: Job | None = None
    polls: int = 0
    made: Made | None = None
    failure: FailedError | None = None
    done_at: float | None = None
    work: Future[None] | None = None

    def finish(self, clock: Callable[[], float]) -> None:
        """Do the work."""
        try:
            self.made = self.make()
        except FailedError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - told to who polls
            told = f"The simulator failed: {type(error).__name__}."
            self.failure = FailedError(told, [])
        self.done_at = self.ready_at or clock()


class Tasks:
    """All tasks of the environment; the oldest are forgotten.

    Args:
        clock: Gives seconds since the epoch.

    Attributes:
        polls_before_done: How often a task says "not yet".
        render_seconds: How long an output takes instead, by the clock.
        slots: How many outputs are made at the same time, if they take time.
        patience_s: How long an answer waits for work that is not done yet.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tasks: dict[str, Task] = {}
        self._background = Background()
        self.patience_s = _PATIENCE_S
        self.polls_before_done = 1
        self.render_seconds: float | None = None
        self.slots = 4

    def start(
        self, make: Callable[[], Made], file_path: str, job: Job | None = None
    ) -> Task:
        """Start a task.

        Args:
            make: Does the work.
            file_path: Where its file is to be fetched; ``{id}`` becomes the task's id.
            job: What an output is; without it the task is a preview.
        """
        while len(self._tasks) >= _KEPT:
            del self._tasks[next(iter(self._tasks))]
        task_id, now = str(uuid4()), self._clock()
        task = Task(task_id, make, file_path.replace("{id}", task_id), now, job=job)
        if job is not None and self.render_seconds is not None:
            task.starts_at = self._next_slot(now)
            task.ready_at = task.starts_at + self.render_seconds
        self._tasks[task_id] = task
        return task

    async def go_on(self, *tasks: Task) -> None:
        """Begin the work of tasks whose time has come, and wait for it a little."""
        works = []
        for task in tasks:
            if task.work is None and self._is_ready(task):
                task.work = self._background.start(partial(task.finish, self._clock))
            if task.work is not None and not task.work.done():
                works.append(task.work)
        await wait_a_while(works, self.patience_s)

    def get(self, task_id: str) -> Task:
        """Give a task.

        Raises:
            ProblemError: 404 if it is unknown or older than seven days.
        """
        task = self._tasks.get(task_id)
        if task is None or self._clock() - task.created_at >= _TASK_LIVES_S:
            raise ProblemError(404, f"Task '{task_id}' is not found")
        return task

    def outputs(self) -> list[Task]:
        """Give the outputs' tasks that are still known, the newest first."""
        oldest = self._clock() - _TASK_LIVES_S
        newest_first = reversed(self._tasks.values())
        return [task for task in newest_first if task.job and task.created_at > oldest]

    def has_file(self, task: Task) -> bool:
        """Tell whether the file of a task can be fetched."""
        since = task.done_at
        return (
            task.made is not None
            and since is not None
            and self._clock() - since < _FILE_LIVES_S
        )

    def file(self, task: Task) -> Made:
        """Give the file of a task.

        Raises:
            ProblemError: 400 without a file, 410 after four hours.
        """
        if task.made is None:
            raise ProblemError(400, f"Task '{task.id}' has no output")
        if not self.has_file(task):
            raise ProblemError(410, "The output is no longer available")
        return task.made

    def _is_ready(self, task: Task) -> bool:
        if task.ready_at is not None:
            return self._clock() >= task.ready_at
        return task.polls > self.polls_before_done

    def _next_slot(self, now: float) -> float:
        """Tell when a slot is free, after all that were asked for before."""
        ends = (task.ready_at for task in self._tasks.values())
        busy = sorted(end for end in ends if end is not None and end > now)
        free = len(busy) < self.slots
        return now if free else busy[len(busy) - self.slots]
