"""Faults that users and tests can activate.

`chili_notebook.simulator.server.fault_effects` implements what they do.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_API_PATHS, _ALL_PATHS = "/grafx/*", "*"
_MAX_DIGITS = 9
_MAX_SECONDS = 3600
_ERROR_STATUSES = {
    status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST
}


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A kind of fault, with the defaults of its options.

    Attributes:
        description: What it does.
        path: The pattern of the affected paths.
        count: The number of affected requests; ``None`` for all.
        seconds: The duration of the delay or of the requested wait.
        status: The status of the response.
    """

    description: str
    path: str = _ALL_PATHS
    count: int | None = None
    seconds: float = 0.0
    status: int = 0


KINDS: Mapping[str, FaultKind] = {
    "slow": FaultKind("the response is delayed by `seconds`", seconds=5),
    "throttled": FaultKind("429 with Retry-After: `seconds`", seconds=1, status=429),
    "html_error": FaultKind(
        "`status` with an HTML page, as from a gateway", status=503
    ),
    "dropped": FaultKind("the connection is closed without a response"),
    "cut_short": FaultKind("the connection is closed in the middle of the body"),
    "token_expires": FaultKind(
        "the request's token expires, and the next token is new",
        "output/tasks/*",
        count=1,
    ),
    "token_refused": FaultKind("401 for any token", _API_PATHS, status=401),
    "words": FaultKind(
        "words instead of numbers, and a problem's status as text", _API_PATHS
    ),
    "numbers": FaultKind("numbers instead of words", _API_PATHS),
    "no_links": FaultKind("responses without links", _API_PATHS),
    "template_404": FaultKind(
        "404 instead of 500 for a missing template", "templates/*"
    ),
}


@dataclass(slots=True)
class Fault:
    """An active fault.

    Attributes:
        name: One of `KINDS`.
        path: The pattern of the affected paths; it may start after any slash.
        count: The number of requests that it will still affect; ``None`` for all.
        seconds: The duration of the delay or of the requested wait.
        status: The status of the response.
    """

    name: str
    path: str
    count: int | None
    seconds: float
    status: int

    def matches(self, path: str) -> bool:
        """Return whether it affects a path."""
        patterns = (self.path, f"*/{self.path.lstrip('/')}")
        return any(fnmatchcase(path, pattern) for pattern in patterns)


class Faults:
    """The active faults; each ends when its count is used up."""

    def __init__(self) -> None:
        self._active: list[Fault] = []

    def add(
        self,
        name: str,
        *,
        path: str | None = None,
        count: int | None = None,
        seconds: float | None = None,
        status: int | None = None,
    ) -> Fault:
        """Activate a fault; missing options have the defaults of its kind.

        Raises:
            ValueError: If the name is unknown or an option is out of its range.
        """
        kind = KINDS.get(name)
        if kind is None:
            raise ValueError(f"Unknown fault '{name}'. Use one of {', '.join(KINDS)}")
        if count is not None and count < 1:
            raise ValueError("count must be 1 or more")
        if seconds is not None and not 0 <= seconds <= _MAX_SECONDS:
            raise ValueError(f"seconds must be from 0 to {_MAX_SECONDS}")
        if status is not None and status not in _ERROR_STATUSES:
            raise ValueError("status must be an HTTP error status")
        fault = Fault(
            name,
            path or kind.path,
            kind.count if count is None else count,
            kind.seconds if seconds is None else seconds,
            status or kind.status,
        )
        self._active.append(fault)
        return fault

    def parse(self, text: str) -> Fault:
        """Activate a fault given as ``NAME[:PATH[:COUNT]]``.

        Raises:
            ValueError: If the text is invalid.
        """
        name, _, rest = text.partition(":")
        path, _, count = rest.partition(":")
        if count and not (count.isdecimal() and len(count) <= _MAX_DIGITS):
            raise ValueError(f"The count in '{text}' is not a whole number")
        return self.add(name, path=path or None, count=int(count) if count else None)

    def clear(self) -> None:
        """Remove all faults."""
        self._active.clear()

    def take(self, name: str, path: str) -> Fault | None:
        """Return an active fault with a name for a path, and count the request."""
        for fault in self._active:
            if fault.name == name and fault.matches(path):
                self._count_down(fault)
                return fault
        return None

    def take_all(self, path: str) -> list[Fault]:
        """Return one active fault of each name for a path, and count the request."""
        if not self._active:
            return []
        # The route of templates takes this one itself: only it knows whether the
        # template exists.
        names = {fault.name for fault in self._active} - {"template_404"}
        taken = (self.take(name, path) for name in KINDS if name in names)
        return [fault for fault in taken if fault is not None]

    def describe(self) -> list[dict[str, Any]]:
        """Return the active faults as JSON objects."""
        return [asdict(fault) for fault in self._active]

    def _count_down(self, fault: Fault) -> None:
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self._active.remove(fault)
