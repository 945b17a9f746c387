"""What is looked for, and what is found of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chili_notebook.guard.registry import KnownSecret


_BY_HAND = "Look at it by hand."


class FindingState(Enum):
    """What became of a place where a secret is, or could be."""

    FOUND = auto()
    FIXED = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a secret is located, or that could not be read.

    Attributes:
        place: The file, as the person named its folder, or what holds it.
        where: Where in it: a cell, a line, a row, a commit.
        what: The label of the secret, or why the place could not be read.
        remedy: What to do; empty when nothing is left to do.
        state: Whether the secret is still there, and whether that is known.
        secret: The secret; ``None`` if the place could not be read.
    """

    place: str
    where: str
    what: str
    remedy: str
    state: FindingState
    secret: KnownSecret | None = None

    @classmethod
    def found(cls, place: str, where: str, secret: KnownSecret, remedy: str) -> Finding:
        """Return a finding of a secret that is still there."""
        return cls(place, where, secret.label, remedy, FindingState.FOUND, secret)

    @classmethod
    def fixed(cls, place: str, where: str, secret: KnownSecret) -> Finding:
        """Return a finding of a secret that has been masked or removed."""
        return cls(place, where, secret.label, "", FindingState.FIXED, secret)

    @classmethod
    def unreadable(
        cls, place: str, reason: str, *, where: str = "not read", remedy: str = _BY_HAND
    ) -> Finding:
        """Return a finding for a place that could hold a secret."""
        return cls(place, where, reason, remedy, FindingState.UNREADABLE)
