"""Run work in daemon threads, so that the server stays responsive."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

THREAD_NAME = "Simulated work"

# More threads than cores would only delay the responses.
_MAX_THREADS = min(os.cpu_count() or 1, 4)
_IDLE_S = 1.0

T = TypeVar("T")


class Worker(Generic[T]):
    """Run functions in their order, a few of them at the same time.

    Unlike the threads of `ThreadPoolExecutor`, its threads do not keep the process
    alive, and they end when there is no more work.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: SimpleQueue[tuple[Callable[[], T], Future[T]]] = SimpleQueue()
        self._threads = 0

    def start(self, work: Callable[[], T]) -> Future[T]:
        """Start a function, and return the future with its result."""
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()  # so that callers cannot cancel it
        with self._lock:
            self._waiting.put((work, done))
            if self._threads == _MAX_THREADS:
                return done
            self._threads += 1
        threading.Thread(target=self._run, name=THREAD_NAME, daemon=True).start()
        return done

    def clear(self) -> None:
        """Forget the functions that have not started."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()

    def _run(self) -> None:
        while True:
            try:
                # Starting a thread for each function would take longer than the wait.
                work, done = self._waiting.get(timeout=_IDLE_S)
            except Empty:
                with self._lock:
                    if self._waiting.empty():
                        self._threads -= 1
                        return
                continue
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - the caller reads it
                done.set_exception(error)
            else:
                done.set_result(result)
            del work, done  # they hold the document


async def wait_for_all(futures: Iterable[Future[T]], timeout_s: float) -> None:
    """Wait until all futures are done, or the timeout has passed."""
    waits = [asyncio.wrap_future(future) for future in futures if not future.done()]
    if waits:
        await asyncio.wait(waits, timeout=timeout_s)
    for wait in waits:
        # This cancels the waiting, not the work. An error is read here, because asyncio
        # would log it otherwise.
        if not wait.cancel():
            wait.exception()
