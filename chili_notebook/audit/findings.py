"""What an audit found in one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chili_notebook.guard.registry import KnownSecret

_BY_HAND = "Check it by hand."


class FindingState(Enum):
    """What the audit knows about a place now."""

    FOUND = auto()
    FIXED = auto()
    UNREADABLE = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that contains a secret, or that could not be read.

    Attributes:
        place: The file, relative to the working directory, or what else was searched.
        where: Where in it: a cell, a line, a row, a commit.
        what: The label of the secret, or why the place could not be read.
        remedy: What the user should do; empty if the place is fixed.
        state: Whether the secret is still there.
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
        """Return a finding for a place that may contain a secret."""
        return cls(place, where, reason, remedy, FindingState.UNREADABLE)
