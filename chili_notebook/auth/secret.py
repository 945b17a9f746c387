"""Hold client secrets and access tokens in one type that hides them."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

MASK = "***"
NOT_PICKLED = (
    "A GraFx secret or token cannot be pickled: a pickle would be a plain copy of it. "
    "Call chili_notebook.login() in the worker instead. It reads the same environment "
    "variables or .env file."
)
_C = TypeVar("_C", bound=type[Any])


class Secret:
    """A text that is hidden wherever Python shows, copies or stores objects.

    ``repr``, ``str``, ``format``, ``vars`` and ``dataclasses.asdict`` show no part of
    it, and it cannot be pickled. Only `reveal` returns the value.
    """

    # A closure instead of an attribute: debuggers and `rich` list attributes.
    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        self._reveal: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """Return the value."""
        return self._reveal()

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that distinguish secrets without revealing them."""
        return hashlib.sha256(self._bytes()).hexdigest()[:8]

    def __repr__(self) -> str:
        return MASK

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def _bytes(self) -> bytes:
        return self.reveal().encode("utf-8", "surrogatepass")

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(NOT_PICKLED)


def signed_in(kind: _C) -> _C:
    """Mark a class whose objects make requests with the token of a session.

    A copy of such an object is the object itself, also inside `dataclasses.asdict`.
    Pickling it raises an error that says what to do in a worker process.
    """
    kind.__copy__ = _return_same
    kind.__deepcopy__ = _return_same
    kind.__reduce_ex__ = _refuse_pickling  # type: ignore[assignment]
    return kind


def _return_same(self: object, _memo: object = None) -> object:
    return self


def _refuse_pickling(_self: object, _protocol: object) -> NoReturn:
    raise TypeError(NOT_PICKLED)
