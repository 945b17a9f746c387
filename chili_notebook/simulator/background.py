"""Does work beside the server, in threads that keep no process alive."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_AT_ONCE = 8


class Background:
    """Works on a few things at the same time; the others wait for their turn."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    def start(self, work: Callable[[], None]) -> Future[None]:
        """Begin a piece of work; give what tells when it is over."""
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # so that nobody who waits can end it
        threading.Thread(
            target=self._do, args=(work, done), name="Simulated work", daemon=True
        ).start()
        return done

    def _do(self, work: Callable[[], None], done: Future[None]) -> None:
        try:
            with self._places:
                work()
        finally:
            done.set_result(None)


async def wait_a_while(works: Iterable[Future[None]], seconds: float) -> None:
    """Wait until all are over, but no longer than so many seconds."""
    waits = [asyncio.wrap_future(work) for work in works]
    if waits:
        await asyncio.wait(waits, timeout=seconds)
    for wait in waits:
        wait.cancel()  # the waiting, not the work
