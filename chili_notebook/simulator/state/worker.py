"""Run work in daemon threads, so that the server stays responsive."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

THREAD_NAME = "Simulated work"

_MAX_RUNNING = 8


class Worker:
    """Run a limited number of functions at the same time.

    Unlike the threads of `ThreadPoolExecutor`, its threads do not keep the process
    alive.
    """

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(_MAX_RUNNING)

    def start(self, work: Callable[[], None]) -> Future[None]:
        """Start a function, and return a future for its end."""
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # so that callers cannot cancel it
        threading.Thread(
            target=self._run, args=(work, done), name=THREAD_NAME, daemon=True
        ).start()
        return done

    def _run(self, work: Callable[[], None], done: Future[None]) -> None:
        try:
            with self._slots:
                work()
        finally:
            done.set_result(None)


async def wait_for_all(futures: Iterable[Future[None]], timeout_s: float) -> None:
    """Wait until all futures are done, or the timeout has passed."""
    waits = [asyncio.wrap_future(future) for future in futures]
    if waits:
        await asyncio.wait(waits, timeout=timeout_s)
    for wait in waits:
        wait.cancel()  # cancels the waiting, not the work
