"""Puts ids into paths."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from chili_notebook.errors import ConfigurationError


def segment(item_id: str) -> str:
    """Escape an id as one segment of a path, out of which it cannot climb.

    Raises:
        ConfigurationError: If it cannot be an id.
    """
    if item_id.strip().strip("/\\").strip() not in {"", ".", ".."}:
        with suppress(UnicodeEncodeError):  # half of a character is none
            return quote(item_id, safe="")
    raise ConfigurationError(
        f"{item_id!r} is not an id.", hint="Copy the id from a listing."
    )
