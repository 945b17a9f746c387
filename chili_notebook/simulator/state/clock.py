"""The simulator's clock, which tests and users can advance."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Return seconds since the epoch, plus the seconds it was advanced by.

    Args:
        now: The underlying clock.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._offset_s = 0.0

    def __call__(self) -> float:
        """Return the current time."""
        return self._now() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        self._offset_s += seconds


def iso_time(seconds: float) -> str:
    """Format a time as GraFx does: ISO, UTC, without a zone."""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat()
