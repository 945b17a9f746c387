"""One run of a batch: order, poll, save, and write each step into the ledger.

One thread decides and writes; pools of threads send. So the steps are written one after
the other, and all calls slow down together when GraFx asks for it.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from chili_notebook.batch.events import (
    AfterError,
    Call,
    Calls,
    Event,
    JobQueue,
    RunProgress,
    call_after,
    failure_of,
    unreachable_error,
)
from chili_notebook.batch.pacing import Outage, Polls
from chili_notebook.batch.records import FILE_LIFETIME_S, Job, RowState
from chili_notebook.batch.requests import (
    Meaning,
    Reply,
    download,
    is_up,
    poll,
    send_order,
)
from chili_notebook.errors import ChiliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.batch.ledger import Ledger
    from chili_notebook.batch.options import RunOptions
    from chili_notebook.batch.order import OrderForm
    from chili_notebook.batch.rows import BatchRow
    from chili_notebook.batch.workers import ExecutorFetcher

_MOST_UNSAVED = 100
_LONGEST_WAIT_S = 0.25
_STOP_WITHIN_S = 3.0
# GraFx may not know a task at once that it has just started.
_KNOWN_WITHIN_S = 60.0


class Run:
    """One run, in a thread of its own. The caller owns the ledger's folder.

    Attributes:
        progress: What it has done so far.
        finished: The outputs that are saved or have failed, and ``None`` at its end.
        error: Why it ended early.
        after_errors: What `after` raised.
    """

    def __init__(
        self,
        form: OrderForm,
        ledger: Ledger,
        options: RunOptions,
        *,
        rows_of: Callable[[Job], list[BatchRow]],
        fetcher: ExecutorFetcher | None = None,
    ) -> None:
        self._form, self._ledger, self._options = form, ledger, options
        self._client = client = form.client
        self._rows_of = rows_of
        self._fetcher = fetcher
        self._calls = Calls(sleep=client.sleep)
        self._polls, self._outage = Polls(), Outage()
        self._in_flight: dict[str, Job] = {}
        self._ordering: set[str] = set()
        self._own: set[str] = set()
        self._to_save: deque[tuple[Job, Reply]] = deque()
        self._done: dict[str, Reply] = {}  # what is not saved yet
        self._unsaved = 0
        self._again: deque[Job] = deque()
        self._adopted = JobQueue(ledger, RowState.RUNNING)
        self._ready = JobQueue(ledger, RowState.READY)
        self._is_checking = False
        self._held_since: dict[str, float] = {}  # outputs that get no response
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._work, name="batch", daemon=True)
        self.finished: SimpleQueue[Job | None] = SimpleQueue()
        self.error: BaseException | None = None
        self.after_errors: list[tuple[Job, str]] = []
        self.progress = RunProgress.of(ledger, options.limit, client.stopwatch())

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Order nothing more, and end as soon as the sent orders have a response."""
        self._stops.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_WITHIN_S)

    def _work(self) -> None:
        try:
            # A late response is noted, even if the caller has been interrupted twice.
            with self._ledger.reading():
                while not self._is_over():
                    self._decide()
                    self._take_events()
                    self.progress.running = len(self._in_flight)
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            self.error = error
        finally:
            self._calls.close()
            self.finished.put(None)

    def _is_over(self) -> bool:
        if self._stops.is_set() or self.error is not None:
            return not self._ordering
        return not (
            self._in_flight
            or self._unsaved
            or self._adopted.peek()
            or (self._may_order() and (self._again or self._ready.peek()))
        )

    def _may_order(self) -> bool:
        limit = self._options.limit
        return limit is None or self.progress.ordered < limit

    # Decide

    def _decide(self) -> None:
        if self._stops.is_set() or self.error is not None:
            return
        now = self._client.stopwatch()
        outage = self._outage
        self.progress.waits_for = outage.reason if outage.since is not None else ""
        self.progress.waits_since = outage.since
        if outage.since is not None:
            if now - outage.since >= self._options.patience_s:
                self.error = unreachable_error(outage.reason, now - outage.since)
                return
            if now < outage.until:
                return
            if outage.needs_check:
                if not self._is_checking:
                    self._is_checking = True
                    self._calls.start(Call.CHECK, None, partial(is_up, self._client))
                return
        self._fill()
        while self._to_save:
            job, reply = self._to_save.popleft()
            self._calls.start(Call.SAVE, job, partial(self._save, job, reply))
        while self._fetcher is None and (key := self._polls.take(now)) is not None:
            job = self._in_flight[key]
            self._calls.start(
                Call.POLL, job, partial(poll, self._client, job.task_id or "")
            )

    def _fill(self) -> None:
        """Adopt running tasks and order more, up to the limit of tasks in flight."""
        room = self._options.concurrency - len(self._in_flight)
        if self._unsaved >= _MOST_UNSAVED:
            return
        while room > 0 and (job := self._adopted.take()) is not None:
            room -= 1
            self._in_flight[job.key] = job
            self._watch(job, adopted=True)
        orders: list[Job] = []
        while room > len(orders) and self._may_order():
            job = self._again.popleft() if self._again else self._ready.take()
            if job is None:
                break
            orders.append(job)
            self.progress.ordered += 1
        self._polls.is_last = len(orders) < room
        if not orders:
            return
        with self._ledger.transaction():
            for job in orders:
                self._ledger.note_order(job, context=self._form.context)
        for job in orders:
            self._in_flight[job.key] = job
            self._ordering.add(job.key)
            body = dict(self._form.body)
            values = self._ledger.values_of(job.key)
            if len(values) > 1 or values[0]:
                body["variables"] = values
            self._calls.start(Call.ORDER, job, partial(self._order, body))

    def _order(self, body: dict[str, Any]) -> Reply:
        """Send an order, unless the run has been stopped while it waited."""
        if self._stops.is_set() or self.error is not None:
            return Reply(Meaning.BUSY)
        return send_order(self._client, self._form.format, body)

    def _watch(self, job: Job, *, adopted: bool = False) -> None:
        if self._fetcher is None:
            self._polls.add(job.key, self._client.stopwatch(), adopted=adopted)
        else:
            rows = self._rows_of(job)
            self._fetcher.fetch(job, rows, self._calls.expect_report())

    def _save(self, job: Job, done: Reply) -> Reply:
        """Save the file of a task that is done, and call `after`."""
        path = self._ledger.folder / job.file
        reply = download(self._client, job.task_id or "", path, done)
        after = self._options.after
        if after is not None and reply.meaning is Meaning.SAVED:
            call_after(after, path.with_name(reply.file), self._rows_of(job))
        return reply

    # Take in

    def _take_events(self) -> None:
        """Wait for the end of a call, or until something is due."""
        events = self._calls.wait(self._wait_s())
        if events:
            with self._ledger.transaction():
                for event in events:
                    self._take(event)

    def _wait_s(self) -> float:
        now = self._client.stopwatch()
        if self._stops.is_set() or self.error is not None:
            return _LONGEST_WAIT_S if self._ordering else 0.0
        outage = self._outage
        if outage.since is not None and (outage.needs_check or now < outage.until):
            due = outage.until
        else:
            due = self._polls.next_at() or now + _LONGEST_WAIT_S
        if due <= now and len(self._calls):  # the response to a call decides
            return _LONGEST_WAIT_S if outage.since is not None else 0.01
        return min(max(due - now, 0.0), _LONGEST_WAIT_S)

    def _take(self, event: Event) -> None:
        call, job, reply = event.call, event.job, event.reply
        if call is Call.CHECK:
            self._is_checking = False
        if event.error is not None:
            self._take_error(event)
        elif reply is None or job is None:
            if reply is None:
                self._outage.end()
            else:
                self._note_trouble(reply)
        elif call is Call.ORDER:
            self._ordering.discard(job.key)
            self._take_order(job, reply)
        else:
            self._take_progress(call, job, reply)

    def _take_error(self, event: Event) -> None:
        """Take a call that ended with an error: no other can succeed either."""
        job, error = event.job, event.error
        if isinstance(error, AfterError):
            if job is not None:
                self._in_flight.pop(job.key, None)
                self._unsaved -= event.call is Call.SAVE
                self.after_errors.append((job, error.reason))
            return
        if event.call is Call.ORDER and job is not None:
            self._ordering.discard(job.key)
            self._in_flight.pop(job.key)
            if isinstance(error, ChiliError):  # nothing was started
                self.progress.ordered -= 1
                self._ledger.forget(job)
            else:
                self._ledger.note_unknown(job, type(error).__name__)
        if self.error is None:
            self.error = error

    def _take_order(self, job: Job, reply: Reply) -> None:
        key, ledger, progress = job.key, self._ledger, self.progress
        if reply.meaning is Meaning.STARTED and ledger.has_task(reply.task_id):
            reply = Reply(
                Meaning.LOST, f"GraFx returned the task {reply.task_id} twice."
            )
        if reply.meaning is Meaning.STARTED:
            self._note_success()
            self._held_since.pop(key, None)
            self._own.add(key)
            job = replace(job, task_id=reply.task_id, ordered_at=ledger.clock())
            self._in_flight[key] = job
            ledger.note_task(job, reply.task_id)
            if not self._stops.is_set():
                self._watch(job)
            return
        del self._in_flight[key]
        if reply.meaning is Meaning.LOST:
            progress.unknown += 1
            ledger.note_unknown(job, reply.reason)
            self._note_trouble(Reply(Meaning.DOWN, reply.reason))
        elif reply.meaning is Meaning.REFUSED:
            progress.failed += 1
            ledger.note_failed(job, reply.reason)
            self.finished.put(job)
        else:
            progress.ordered -= 1
            ledger.forget(job)
            self._again.appendleft(job)
            self._note_trouble(reply)
            self._note_held(job, reply)

    def _take_progress(self, call: Call, job: Job, reply: Reply) -> None:
        """Take the response to a poll or a download."""
        key, meaning = job.key, reply.meaning
        now = self._client.stopwatch()
        if call is Call.SAVE:
            self._unsaved -= 1
            if self._is_too_new(job, reply):
                meaning = Meaning.BUSY
                reply = replace(reply, meaning=meaning)
        if meaning in {Meaning.BUSY, Meaning.DOWN}:
            self._note_trouble(reply)
            self._note_held(job, reply)
            if call is Call.POLL:
                self._polls.note_running(key, now, has_response=False)
            elif call is Call.SAVE:
                self._unsaved += 1
                self._to_save.append((job, self._done[key]))
            else:
                self._watch(job)
            return
        self._note_success()
        self._held_since.pop(key, None)
        self._done.pop(key, None)
        if call is Call.POLL:
            if meaning is Meaning.RUNNING or self._is_too_new(job, reply):
                self._polls.note_running(key, now)
                return
            if meaning is Meaning.DONE:
                self._polls.note_done(key, now)
                del self._in_flight[key]
                self._unsaved += 1
                self._done[key] = reply
                self._to_save.append((job, reply))
                return
            self._polls.remove(key)
        self._in_flight.pop(key, None)
        self._finish(job, reply)

    def _finish(self, job: Job, reply: Reply) -> None:
        """Note the end of an output."""
        ledger, errors = self._ledger, reply.record_errors
        if reply.meaning is Meaning.SAVED:
            self.progress.saved += 1
            file = str(PurePosixPath(job.file).with_name(reply.file))
            ledger.note_done(job, file=file, size=reply.size, record_errors=errors)
        elif reply.meaning is Meaning.GONE and not self._is_own(job):
            self.progress.expired += 1
            ledger.forget(job)
            self._again.append(job)
            return
        else:
            self.progress.failed += 1
            reason = failure_of(reply, ledger.rows_of(job.key))
            ledger.note_failed(job, reason, record_errors=errors)
        self.finished.put(job)

    def _is_own(self, job: Job) -> bool:
        """Return whether this run ordered it, and GraFx should still have its file."""
        age_s = self._ledger.clock() - (job.ordered_at or 0.0)
        return job.key in self._own and age_s < FILE_LIFETIME_S

    def _is_too_new(self, job: Job, reply: Reply) -> bool:
        age_s = self._ledger.clock() - (job.ordered_at or 0.0)
        return reply.meaning is Meaning.GONE and age_s < _KNOWN_WITHIN_S

    def _note_success(self) -> None:
        outage = self._outage
        if (
            outage.since is not None
            and not outage.needs_check
            and self._client.stopwatch() >= outage.until
        ):
            outage.end()

    def _note_held(self, job: Job, reply: Reply) -> None:
        """End the run if one output gets no response, while others do."""
        now = self._client.stopwatch()
        waited_s = now - self._held_since.setdefault(job.key, now)
        if waited_s >= self._options.patience_s and self.error is None:
            self.error = unreachable_error(reply.reason, waited_s)

    def _note_trouble(self, reply: Reply) -> None:
        self._outage.note(
            self._client.stopwatch(),
            reply.reason,
            wait_s=reply.wait_s,
            is_down=reply.meaning is not Meaning.BUSY,
        )
