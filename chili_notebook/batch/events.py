"""The parts of a run: calls that end, outputs that wait, and what is done so far."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Self

from chili_notebook.batch.records import RowState
from chili_notebook.batch.requests import without_token_trouble
from chili_notebook.display.wording import spell_duration
from chili_notebook.errors import ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from chili_notebook.batch.ledger import Ledger
    from chili_notebook.batch.records import Job, StoredRow
    from chili_notebook.batch.requests import Reply
    from chili_notebook.batch.rows import BatchRow


_ASKING, _SAVING = 10, 8  # threads; httpx keeps 20 connections open
_SHORTEST_WAIT_S = 0.001
_MOST_NUMBERS = 5


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
        reply: The response; ``None`` if there is none, or all is well.
        error: What ended it instead.
    """

    call: Call
    job: Job | None
    reply: Reply | None = None
    error: BaseException | None = None


class Calls:
    """The calls that are running, in threads, and the queue of those that have ended.

    Args:
        sleep: Called to wait while no call is running.
    """

    def __init__(self, *, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._running = 0
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._asking = ThreadPoolExecutor(_ASKING, "batch-asking")
        self._saving = ThreadPoolExecutor(_SAVING, "batch-saving")

    def __len__(self) -> int:
        return self._running

    def start(
        self, call: Call, job: Job | None, function: Callable[[], Reply | None]
    ) -> None:
        """Start a call; downloads never delay orders and polls."""
        self._running += 1
        pool = self._saving if call is Call.SAVE else self._asking
        future = pool.submit(without_token_trouble, function)
        future.add_done_callback(partial(self._report, call, job))

    def expect_report(self) -> Callable[[Event], None]:
        """Return the function that reports the end of a call which runs elsewhere."""
        self._running += 1
        return self._events.put

    def wait(self, wait_s: float) -> list[Event]:
        """Wait for the end of a call, and return all calls that have ended."""
        if not self._running:
            self._sleep(max(wait_s, _SHORTEST_WAIT_S))
            return []
        events = []
        with suppress(Empty):
            events.append(self._events.get(block=wait_s > 0, timeout=wait_s or None))
            while True:
                events.append(self._events.get_nowait())
        self._running -= len(events)
        return events

    def close(self) -> None:
        """Start nothing more, and wait for nothing."""
        for pool in (self._asking, self._saving):
            pool.shutdown(wait=False, cancel_futures=True)

    def _report(
        self, call: Call, job: Job | None, future: Future[Reply | None]
    ) -> None:
        if future.cancelled():
            return
        error = future.exception()
        reply = None if error else future.result()
        self._events.put(Event(call, job, reply, error))


class JobQueue:
    """The outputs in a state, read in chunks."""

    def __init__(self, ledger: Ledger, state: RowState) -> None:
        self._ledger = ledger
        self._state = state
        self._jobs: deque[Job] = deque()
        self._after: int | None = -1

    def peek(self) -> bool:
        """Return whether there is another one."""
        if not self._jobs and self._after is not None:
            self._jobs.extend(self._ledger.jobs(self._state, after=self._after))
            self._after = self._jobs[-1].position if self._jobs else None
        return bool(self._jobs)

    def take(self) -> Job | None:
        """Return the next one."""
        return self._jobs.popleft() if self.peek() else None


@dataclass(slots=True)
class RunProgress:
    """What a run has done so far.

    Attributes:
        total: How many outputs it has to make.
        ordered: How many it has ordered.
        saved: How many it has saved.
        failed: How many have failed.
        unknown: How many orders had no response.
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

    @classmethod
    def of(cls, ledger: Ledger, limit: int | None, now: float) -> Self:
        """Return the progress of a run that begins now."""
        ready = ledger.job_count(RowState.READY)
        if limit is not None:
            ready = min(ready, limit)
        return cls(ledger.job_count(RowState.RUNNING) + ready, now)


def failure_of(reply: Reply, rows: Sequence[StoredRow]) -> str:
    """Return why an output failed, for its rows without an error of their own.

    Args:
        reply: How GraFx has responded.
        rows: All rows of the output, in their order.
    """
    failed = [
        row.number for record, row in enumerate(rows) if record in reply.record_errors
    ]
    if not failed or len(rows) == 1:
        return reply.reason
    shown = ", ".join(f"{number:,}" for number in failed[:_MOST_NUMBERS])
    if len(failed) > _MOST_NUMBERS:
        shown += f" and {len(failed) - _MOST_NUMBERS:,} more"
    noun = "row" if len(failed) == 1 else "rows"
    return f"not rendered, because of {noun} {shown} of the same PDF"


def unreachable_error(reason: str, waited_s: float) -> ConnectionFailedError:
    """Return the error of a run whose patience has ended."""
    return ConnectionFailedError(
        f"GraFx could not be reached for {spell_duration(waited_s)}. {reason}",
        hint="What is done is saved.",
    )


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
        except (Exception, SystemExit) as error:
            raise AfterError(f"{type(error).__name__}: {error}") from error
