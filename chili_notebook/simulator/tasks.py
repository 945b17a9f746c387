"""Tasks: work that is polled for, and whose file can be fetched for a while.

Life times are from the page "Output tasks": a file for four hours, a task for seven
days.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE_LIVES_S = 4 * 3600
_TASK_LIVES_S = 7 * 86_400
_KEPT = 500


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file."""

    content: bytes
    content_type: str
    file_name: str


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


@dataclass(slots=True)
class Task:
    """One piece of work, done when the poll that finds it done asks for it."""

    id: str
    created_at: float
    make: Callable[[], Made]
    polls: int = 0
    made: Made | None = None
    failure: FailedError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def finish(self) -> None:
        """Do the work, once."""
        with self.lock:
            if self.made is not None or self.failure is not None:
                return
            try:
                self.made = self.make()
            except FailedError as error:
                self.failure = error


class Tasks:
    """All tasks of the environment; the oldest are forgotten.

    Args:
        clock: Gives seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tasks: dict[str, Task] = {}

    def start(self, make: Callable[[], Made]) -> Task:
        """Start a task."""
        while len(self._tasks) >= _KEPT:
            del self._tasks[next(iter(self._tasks))]
        task = Task(str(uuid4()), self._clock(), make)
        self._tasks[task.id] = task
        return task

    def get(self, task_id: str) -> Task:
        """Give a task.

        Raises:
            ProblemError: 404 if it is unknown or older than seven days.
        """
        task = self._tasks.get(task_id)
        if task is None or self._clock() - task.created_at >= _TASK_LIVES_S:
            raise ProblemError(404, f"Task '{task_id}' is not found")
        return task

    def file(self, task_id: str) -> Made:
        """Give the file of a task.

        Raises:
            ProblemError: 404 without the task, 400 without a file, 410 after four
                hours.
        """
        task = self.get(task_id)
        if task.made is None:
            raise ProblemError(400, f"Task '{task_id}' has no output")
        if self._clock() - task.created_at >= _FILE_LIVES_S:
            raise ProblemError(410, "The output is no longer available")
        return task.made
