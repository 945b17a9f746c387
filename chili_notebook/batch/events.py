"""What happens in a run of a batch: calls that end, and what is done so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from chili_notebook.batch.records import RowState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chili_notebook.batch.records import Job
    from chili_notebook.batch.requests import Reply
    from chili_notebook.batch.rows import BatchRow


class Call(Enum):
    """The calls of a run."""

    ORDER = "order"
    POLL = "poll"
    SAVE = "save"
    FETCH = "fetch"  # a worker of an executor polls and saves
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Event:
    """The end of a call.

    Attributes:
        call: The call.
        job: The output that it was about.
        reply: Its answer; ``None`` if there is none, or all is well.
        error: What ended it instead.
    """

    call: Call
    job: Job | None
    reply: Reply | None = None
    error: BaseException | None = None


class Fetcher(Protocol):
    """Waits for outputs and saves them somewhere else than in this process."""

    def fetch(
        self, job: Job, rows: list[BatchRow], report: Callable[[Event], None]
    ) -> None:
        """Start to fetch one output; its end is reported once."""


@dataclass(slots=True)
class RunProgress:
    """What a run has done so far.

    Attributes:
        total: How many outputs it has to make.
        ordered: How many it has ordered.
        saved: How many it has saved.
        failed: How many have failed.
        unknown: How many orders had no answer.
        expired: How many were no longer stored at GraFx, and are ready again.
        running: How many are in flight.
        started_at: When it began, by the stopwatch.
        waits_for: Why it waits in an outage; empty otherwise.
        waits_since: Since when, by the stopwatch.
    """

    total: int
    started_at: float
    ordered: int = 0
    saved: int = 0
    failed: int = 0
    unknown: int = 0
    expired: int = 0
    running: int = 0
    waits_for: str = ""
    waits_since: float | None = None


class AfterError(Exception):
    """`after` has raised an error.

    Attributes:
        reason: What it raised, as text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def call_after(
    after: Callable[[Path, BatchRow], object], path: Path, rows: list[BatchRow]
) -> None:
    """Call a function of the user with a saved file and each of its rows.

    Raises:
        AfterError: If it raises an error.
    """
    for row in rows:
        done = replace(row, state=RowState.DONE, path=path)
        try:
            after(path, done)
        except Exception as error:
            raise AfterError(f"{type(error).__name__}: {error}") from error
