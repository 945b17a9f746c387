"""Use IDs in paths, whether the caller passed an ID or the item that has it."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol
from urllib.parse import quote

from chili_notebook.errors import ConfigurationError


class _Item(Protocol):
    """An item of a listing."""

    @property
    def id(self) -> str: ...


def id_of(item: object, item_type: type[_Item], *, kind_name: str) -> str:
    """Return the ID of an item, or the ID itself if the caller passed one.

    Args:
        item: What the caller passed.
        item_type: The type that it may have, besides text.
        kind_name: What messages call it, such as ``template``.

    Raises:
        ConfigurationError: If it is neither an item of that type nor a text.
    """
    if isinstance(item, item_type):
        return item.id
    if isinstance(item, str):
        return item
    article = "an" if kind_name[0] in "aeiou" else "a"
    raise ConfigurationError(
        f"Expected {article} {kind_name} or its ID, got {describe(item)}.",
        hint=f"Pass an item of a listing, or the {kind_name}'s ID.",
    )


def describe(value: object) -> str:
    """Return what messages call a value of the wrong type."""
    kind = type(value).__name__
    return "None" if value is None else f"a value of the type {kind}"


def path_segment(text: object, *, kind_name: str = "ID") -> str:
    """Return a text escaped as one segment of a path, which it cannot leave.

    Args:
        text: The ID, or a word of GraFx's.
        kind_name: What messages call it.

    Raises:
        ConfigurationError: If it cannot be a segment: not a text, blank, or with dots
            as one of its parts.
    """
    if isinstance(text, str):
        parts = {part.strip() for part in text.replace("\\", "/").split("/")}
        if parts != {""} and not parts & {".", ".."}:
            with suppress(UnicodeEncodeError):  # a lone surrogate cannot be sent
                return quote(text, safe="")
    raise ConfigurationError(
        f"{text!r} is not a valid {kind_name}.",
        hint="Copy the ID from a listing."
        if kind_name == "ID"
        else "Use a plain word, as GraFx spells it.",
    )
