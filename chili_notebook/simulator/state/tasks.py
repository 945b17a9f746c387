"""Tasks: work whose status clients poll, and whose file they can download for a while.

The lifetimes are from the page "Output tasks": four hours for a file, seven days for a
task.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cachetools import TTLCache

from chili_notebook.simulator.state.worker import Worker, wait_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

_FILE_LIFETIME_S = 4 * 3600
_TASK_LIFETIME_S = 7 * 86_400
_MAX_TASKS = 2000
_WAIT_S = 0.5


@dataclass(frozen=True, slots=True)
class TaskFile:
    """The file of a finished task.

    Attributes:
        content: Its bytes.
        content_type: Its media type.
        file_name: Its name.
        records: The number of records in it.
        report: The failed records with their errors.
    """

    content: bytes
    content_type: str
    file_name: str
    records: int = 1
    report: Sequence[dict[str, Any]] = ()


class TaskFailedError(Exception):
    """A task has failed.

    Args:
        message: The reason, in one sentence.
        report: The error report: one entry for each failed record.
    """

    def __init__(self, message: str, report: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.report = report


@dataclass(frozen=True, slots=True)
class OutputInfo:
    """What the list of output tasks shows of an output.

    Attributes:
        name: The name of the template or project.
        format: The format.
        source: ``Template``, ``Project`` or ``Document``.
        owner: The client ID of the client that started it.
        records: The number of requested records.
    """

    name: str
    format: str
    source: str
    owner: str
    records: int

    def is_visible_to(self, client_id: str) -> bool:
        """Return whether a client may see it; outputs of projects are private."""
        return self.source != "Project" or self.owner == client_id


@dataclass(slots=True)
class Task:
    """A task. Its work starts at the first poll after it is due.

    Attributes:
        id: Its GUID.
        make: Does the work.
        file_path: The path of its file in the environment.
        created_at: When it was requested.
        starts_at: When its slot is free, if outputs take time.
        ready_at: When it will be done, if outputs take time.
        output: The output; the task of a preview has none.
        polls: How often a client has polled it.
        file: Its file, once it is done.
        failure: Why it failed, if it did.
        done_at: When it was done.
        work: The running work.
    """

    id: str
    make: Callable[[], TaskFile]
    file_path: str
    created_at: float
    starts_at: float | None = None
    ready_at: float | None = None
    output: OutputInfo | None = None
    polls: int = 0
    file: TaskFile | None = None
    failure: TaskFailedError | None = None
    done_at: float | None = None
    work: Future[None] | None = None

    def run(self, clock: Callable[[], float]) -> None:
        """Do the work."""
        try:
            self.file = self.make()
        except TaskFailedError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - the client reads the class
            message = f"The simulator failed: {type(error).__name__}."
            self.failure = TaskFailedError(message)
        self.done_at = self.ready_at or clock()


class TaskStore:
    """The tasks of the environment.

    Args:
        clock: Returns seconds since the epoch.

    Attributes:
        polls_before_done: How many polls are answered with "not yet".
        render_seconds: How long an output takes by the clock, instead of the polls.
        slots: How many outputs run at the same time, if they take time.
        wait_s: How long a response waits for running work.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tasks: TTLCache[str, Task] = TTLCache(
            _MAX_TASKS, _TASK_LIFETIME_S, timer=clock
        )
        self._worker = Worker()
        self.wait_s = _WAIT_S
        self.polls_before_done = 1
        self.render_seconds: float | None = None
        self.slots = 4

    def start(
        self,
        make: Callable[[], TaskFile],
        file_path: str,
        output: OutputInfo | None = None,
    ) -> Task:
        """Add a task.

        Args:
            make: Does the work.
            file_path: The path of its file; ``{id}`` is replaced by the task's ID.
            output: The output; a preview has none.
        """
        task_id, now = str(uuid4()), self._clock()
        path = file_path.replace("{id}", task_id)
        task = Task(task_id, make, path, now, output=output)
        if output is not None and self.render_seconds is not None:
            task.starts_at = self._next_free_slot(now)
            task.ready_at = task.starts_at + self.render_seconds
        self._tasks[task_id] = task
        return task

    async def proceed(self, *tasks: Task) -> None:
        """Start the work of tasks whose time has come, and wait a little for it."""
        running = []
        for task in tasks:
            if task.work is None and self._is_due(task):
                task.work = self._worker.start(partial(task.run, self._clock))
            if task.work is not None and not task.work.done():
                running.append(task.work)
        await wait_for_all(running, self.wait_s)

    def find(self, task_id: str) -> Task | None:
        """Return the task with an ID, unless it is older than seven days."""
        return self._tasks.get(task_id)

    def outputs(self) -> list[Task]:
        """Return the tasks of outputs, newest first."""
        return [task for task in self._tasks.values() if task.output][::-1]

    def has_file(self, task: Task) -> bool:
        """Return whether the file of a task can be downloaded."""
        done_at = task.done_at
        return (
            task.file is not None
            and done_at is not None
            and self._clock() - done_at < _FILE_LIFETIME_S
        )

    def _is_due(self, task: Task) -> bool:
        if task.ready_at is not None:
            return self._clock() >= task.ready_at
        return task.polls > self.polls_before_done

    def _next_free_slot(self, now: float) -> float:
        ends = (task.ready_at for task in self._tasks.values())
        busy = sorted(end for end in ends if end is not None and end > now)
        return now if len(busy) < self.slots else busy[len(busy) - self.slots]
