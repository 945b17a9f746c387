"""Tasks: work whose status clients poll, and whose file they can download for a while.

The lifetimes are from the page "Output tasks": four hours for a file, seven days for a
task.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cachetools import TTLCache

from chili_notebook.simulator.state.worker import Worker, wait_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

_FILE_LIFETIME_S = 4 * 3600
_TASK_LIFETIME_S = 7 * 86_400
_MAX_TASKS = 20_000
_MAX_FILE_BYTES = 300_000_000
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
    """A task.

    Attributes:
        id: Its GUID.
        file_path: The path of its file in the environment.
        created_at: When it was requested.
        make: Does the work; ``None`` once it has started, since it holds the document.
        starts_at: When its slot is free, if outputs take time.
        ready_at: When it will be done, if outputs take time.
        output: The output; the task of a preview has none.
        polls: How often a client has polled it.
        file: Its file, once it is done; without content if it was removed.
        failure: Why it failed, if it did.
        done_at: When it was done.
        work: The running work.
    """

    id: str
    file_path: str
    created_at: float
    make: Callable[[], TaskFile] | None
    starts_at: float | None = None
    ready_at: float | None = None
    output: OutputInfo | None = None
    polls: int = 0
    file: TaskFile | None = None
    failure: TaskFailedError | None = None
    done_at: float | None = None
    work: Future[TaskFile] | None = None


class TaskStore:
    """The tasks of the environment.

    Without `render_seconds`, a task is done after `polls_before_done` polls, and its
    work starts at the first one. With it, an output occupies one of the slots for so
    many seconds, and its work starts at once.

    Args:
        clock: Returns seconds since the epoch.

    Attributes:
        polls_before_done: How many polls get the response "not yet".
        render_seconds: How long an output takes by the clock, instead of the polls.
        slots: How many outputs run at the same time, if they take time.
        wait_s: How long a response waits for running work.
        started_outputs: How many outputs were started.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tasks: TTLCache[str, Task] = TTLCache(
            _MAX_TASKS, _TASK_LIFETIME_S, timer=clock
        )
        self._worker: Worker[TaskFile] = Worker()
        self._slot_ends: list[float] = []
        self._with_file: deque[Task] = deque()
        self._file_bytes = 0
        self.wait_s = _WAIT_S
        self.polls_before_done = 1
        self.render_seconds: float | None = None
        self.slots = 4
        self.started_outputs = 0

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
        task = Task(
            task_id, file_path.replace("{id}", task_id), now, make, output=output
        )
        if output is not None:
            self.started_outputs += 1
            if self.render_seconds is not None:
                task.starts_at = self._occupy_slot(now, self.render_seconds)
                task.ready_at = task.starts_at + self.render_seconds
                self._start_work(task)
        self._tasks[task_id] = task
        return task

    async def proceed(self, *tasks: Task) -> None:
        """Start the work of tasks that were polled, and wait a little if it is due."""
        due = []
        for task in tasks:
            if task.polls:
                self._start_work(task)
            if task.work is not None and self._is_due(task):
                due.append(task)
        await wait_for_all([task.work for task in due if task.work], self.wait_s)
        for task in due:
            if task.work is not None and task.work.done():
                self._finish(task, task.work)

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
            and bool(task.file.content)
            and done_at is not None
            and self._clock() - done_at < _FILE_LIFETIME_S
        )

    def stop(self) -> None:
        """Forget the work that has not started."""
        self._worker.clear()

    def _is_due(self, task: Task) -> bool:
        if task.ready_at is not None:
            return self._clock() >= task.ready_at
        return task.polls > self.polls_before_done

    def _occupy_slot(self, now: float, seconds: float) -> float:
        """Return when a slot is free, and occupy it from then on."""
        starts_at = now
        while len(self._slot_ends) >= self.slots:
            starts_at = max(starts_at, heappop(self._slot_ends))
        heappush(self._slot_ends, starts_at + seconds)
        return starts_at

    def _start_work(self, task: Task) -> None:
        """Start the work of a task, unless it has started before."""
        if task.make is not None:
            task.work, task.make = self._worker.start(task.make), None

    def _finish(self, task: Task, work: Future[TaskFile]) -> None:
        """Note the end of a task; the oldest files are removed if there are many."""
        task.done_at, task.work = task.ready_at or self._clock(), None
        match work.exception():
            case None:
                task.file = work.result()
            case TaskFailedError() as error:
                task.failure = error
                return
            case error:
                # The text of an error may hold a secret.
                message = f"The simulator failed: {type(error).__name__}."
                task.failure = TaskFailedError(message)
                return
        self._with_file.append(task)
        self._file_bytes += len(task.file.content)
        while self._file_bytes > _MAX_FILE_BYTES and len(self._with_file) > 1:
            oldest = self._with_file.popleft()
            if oldest.file is not None:
                self._file_bytes -= len(oldest.file.content)
                oldest.file = replace(oldest.file, content=b"")
