"""Run callables on ipykernel's IOPub thread, which sends all output."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    T = TypeVar("T")

_TIMEOUT_S = 10.0


class IOPubThread:
    """Run callables on the IOPub thread, or at once if there is no such thread.

    Args:
        iopub_thread: An ipykernel's ``iopub_thread``, or ``None``.
    """

    def __init__(self, iopub_thread: Any) -> None:
        self._iopub_thread = iopub_thread

    def run(self, job: Callable[[], T]) -> T | None:
        """Run a job and return its result; ``None`` if it does not end in time."""
        thread = getattr(self._iopub_thread, "thread", None)
        if thread in {None, threading.current_thread()} or not thread.is_alive():
            return job()
        done = threading.Event()
        results: list[T] = []

        def run() -> None:
            try:
                results.append(job())
            finally:
                done.set()

        self._iopub_thread.schedule(run)
        done.wait(_TIMEOUT_S)
        return results[0] if results else None

    def run_later(self, job: Callable[[], object], seconds: float) -> None:
        """Run a job after some seconds; do not wait for it."""
        if self._iopub_thread is None or not self._iopub_thread.thread.is_alive():
            job()
        else:
            loop = self._iopub_thread.io_loop
            self._iopub_thread.schedule(lambda: loop.call_later(seconds, job))
