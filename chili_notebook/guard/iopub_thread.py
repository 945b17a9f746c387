"""Runs jobs in ipykernel's IOPub thread, between two of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 10.0


class Turns:
    """Turns in the IOPub thread; where there is none, a job runs at once.

    Args:
        io: An ipykernel's ``iopub_thread``, or ``None``.
    """

    def __init__(self, io: Any) -> None:
        self._io = io

    def take(self, job: Callable[[], int]) -> int:
        """Run a job and wait for what it gives."""
        thread = getattr(self._io, "thread", None)
        if thread in {None, threading.current_thread()} or not thread.is_alive():
            return job()
        done, results = threading.Event(), list[int]()

        def run() -> None:
            try:
                results.append(job())
            finally:
                done.set()

        self._io.schedule(run)
        done.wait(_TIMEOUT_S)
        return sum(results)

    def take_later(self, job: Callable[[], object], seconds: float) -> None:
        """Run a job after a while, without waiting for it."""
        if self._io is None or not self._io.thread.is_alive():
            job()
        else:
            loop = self._io.io_loop
            self._io.schedule(lambda: loop.call_later(seconds, job))
