"""The simulator's clock, which can be turned forward."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Gives seconds since the epoch, ahead of `now` by what it was advanced.

    Args:
        now: The clock underneath.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._ahead_s = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self._now() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Turn the clock forward."""
        self._ahead_s += seconds


def iso_time(seconds: float) -> str:
    """Write a time as GraFx's answers do: ISO, UTC, without a zone."""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat()
