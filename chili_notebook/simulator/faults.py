"""Faults on demand: which there are, and which are set.

What each does to an answer is in `chili_notebook.simulator.disturbances`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_API, _EVERYTHING = "/grafx/*", "*"
_MOST_DIGITS = 9
_LONGEST_S = 3600
_ERRORS = {status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        about: What it does.
        path: Which requests meet it, if nothing else is said.
        count: How many, if nothing else is said; by default all.
        seconds: How long it takes or asks to wait, if nothing else is said.
        status: The status it answers with, if nothing else is said.
    """

    about: str
    path: str = _EVERYTHING
    count: int | None = None
    seconds: float = 0.0
    status: int = 0


KINDS: Mapping[str, Kind] = {
    "slow": Kind("the answer takes `seconds` longer", seconds=5),
    "throttled": Kind("429 with Retry-After: `seconds`", seconds=1, status=429),
    "html_error": Kind("`status`, as a gateway's page of HTML", status=503),
    "dropped": Kind("the connection ends without an answer"),
    "cut_short": Kind("the connection ends in the middle of the body"),
    "token_expires": Kind(
        "the request's token ends, and the next one is new", "output/tasks/*", count=1
    ),
    "token_refused": Kind("401 whatever the token", _API, status=401),
    "words": Kind("words where the API has numbers, and a text for a status", _API),
    "numbers": Kind("numbers where the API has words", _API),
    "no_links": Kind("answers without links", _API),
    "template_404": Kind("a missing template is a 404, not a 500", "templates/*"),
}


@dataclass(slots=True)
class Fault:
    """A fault that is set.

    Attributes:
        name: One of `KINDS`.
        path: A pattern of paths, from the left or from any slash.
        count: How many requests it still meets; ``None`` for all.
        seconds: How long it takes or asks to wait.
        status: The status it answers with.
    """

    name: str
    path: str
    count: int | None
    seconds: float
    status: int

    def meets(self, path: str) -> bool:
        """Tell whether it is for a path."""
        patterns = (self.path, f"*/{self.path.lstrip('/')}")
        return any(fnmatchcase(path, pattern) for pattern in patterns)


class Faults:
    """The faults that are set, each until its count is used up."""

    def __init__(self) -> None:
        self._set: list[Fault] = []

    def add(
        self,
        name: str,
        *,
        path: str | None = None,
        count: int | None = None,
        seconds: float | None = None,
        status: int | None = None,
    ) -> Fault:
        """Set a fault; what is left out is as its kind says.

        Raises:
            ValueError: If there is no such fault, or its numbers are none.
        """
        kind = KINDS.get(name)
        if kind is None:
            raise ValueError(
                f"There is no fault '{name}'; there are {', '.join(KINDS)}"
            )
        if count is not None and count < 1:
            raise ValueError("count must be 1 or more")
        if seconds is not None and not 0 <= seconds <= _LONGEST_S:
            raise ValueError(f"seconds must be from 0 to {_LONGEST_S}")
        if status is not None and status not in _ERRORS:
            raise ValueError("status must be that of an error")
        fault = Fault(
            name,
            path or kind.path,
            kind.count if count is None else count,
            kind.seconds if seconds is None else seconds,
            status or kind.status,
        )
        self._set.append(fault)
        return fault

    def parse(self, text: str) -> Fault:
        """Set a fault that is written ``NAME[:PATH[:COUNT]]``.

        Raises:
            ValueError: If it is none.
        """
        name, _, rest = text.partition(":")
        path, _, count = rest.partition(":")
        if count and not (count.isdecimal() and len(count) <= _MOST_DIGITS):
            raise ValueError(f"'{text}' has a count that is no whole number")
        return self.add(name, path=path or None, count=int(count) if count else None)

    def clear(self) -> None:
        """Take all faults away."""
        self._set.clear()

    def take(self, name: str, path: str) -> Fault | None:
        """Give the fault of a name that is set for a path, and count it."""
        for fault in self._set:
            if fault.name == name and fault.meets(path):
                self._spend(fault)
                return fault
        return None

    def take_all(self, path: str) -> list[Fault]:
        """Give one fault of each name that is set for a path, and count them."""
        if not self._set:
            return []
        names = {fault.name for fault in self._set} - {"template_404"}
        taken = (self.take(name, path) for name in KINDS if name in names)
        return [fault for fault in taken if fault is not None]

    def described(self) -> list[dict[str, Any]]:
        """Give the faults that are set, for JSON."""
        return [asdict(fault) for fault in self._set]

    def _spend(self, fault: Fault) -> None:
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self._set.remove(fault)
