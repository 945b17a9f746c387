"""Write durations, moments, paths and names as people read them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_MOST_PARENTS = 4
_MOST_NAMES = 12


def spell_duration(seconds: float) -> str:
    """Return a duration in its two largest units, as in ``21 h 57 min``."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {left:02} s" if minutes else f"{left} s"


def spell_count(number: int, noun: str) -> str:
    """Return a number of things, as in ``1 row`` and ``2,000 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


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


def closest_name(wanted: object, names: Collection[str]) -> str:
    """Return the name that is most like a misspelt one, empty if none is close."""
    by_folded = {name.strip().casefold(): name for name in reversed([*names])}
    matches = get_close_matches(str(wanted).strip().casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else ""


def list_names(names: Collection[str]) -> str:
    """Return names as a list in quotes; of many only the first ones."""
    shown = ", ".join(map(repr, [*names][:_MOST_NAMES]))
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown or "none"
