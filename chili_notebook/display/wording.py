"""Write durations, moments and paths as people read them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

_MOST_PARENTS = 4


def spell_duration(seconds: float) -> str:
    """Return a duration in its two largest units, as in ``21 h 57 min``."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {left:02} s" if minutes else f"{left} s"


def spell_moment(epoch_s: float | None) -> str:
    """Return a moment in UTC, or ``unknown`` for ``None``.

    A saved text has no reader's time zone.

    Args:
        epoch_s: Seconds since the epoch.
    """
    if epoch_s is None:
        return "unknown"
    moment = datetime.fromtimestamp(epoch_s, UTC)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} UTC"


def relative_path(path: Path, folder: Path) -> str:
    """Return `path` relative to `folder`.

    So a saved notebook names no home folder.
    """
    try:
        relative = Path(os.path.relpath(path, folder))
    except (OSError, ValueError):  # the folder has been deleted, or another drive
        return path.name
    is_far = relative.parts.count("..") > _MOST_PARENTS
    return path.name if is_far else relative.as_posix()
