"""Puts ids into paths, whether given as texts or with the things that have them."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol
from urllib.parse import quote

from chili_notebook.errors import ConfigurationError


class _Item(Protocol):
    """What a listing gives."""

    @property
    def id(self) -> str: ...


def id_of(given: object, kind: type[_Item], *, what: str) -> str:
    """Give the id of a thing, or the id itself where that was given.

    Args:
        given: What the caller was given, whatever it is.
        kind: What it may be besides a text.
        what: What it is called, such as ``template``.

    Raises:
        ConfigurationError: If it is neither.
    """
    if isinstance(given, kind):
        return given.id
    if isinstance(given, str):
        return given
    raise ConfigurationError(
        f"{said_of(given)} is no {what}.",
        hint=f"Give one of a listing, or the {what}'s id.",
    )


def said_of(given: object) -> str:
    """Say what was given in the place of something else."""
    kind = type(given).__name__
    return "None" if given is None else f"Something of the type {kind}"


def segment(text: object, *, what: str | None = None) -> str:
    """Escape an id, or a word, as one segment of a path, out of which it cannot climb.

    Args:
        text: The id.
        what: What it should be, with its article; by default an id.

    Raises:
        ConfigurationError: If it cannot be that.
    """
    if isinstance(text, str):
        parts = {part.strip() for part in text.replace("\\", "/").split("/")}
        if parts != {""} and not parts & {".", ".."}:
            with suppress(UnicodeEncodeError):  # half of a character is none
                return quote(text, safe="")
    raise ConfigurationError(
        f"{text!r} is not {what or 'an id'}.",
        hint="Copy the id from a listing."
        if what is None
        else "Give a plain word, as GraFx spells it.",
    )
