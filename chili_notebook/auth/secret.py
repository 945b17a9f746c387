"""Hold client secrets and access tokens in one type that hides them."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

MASK = "***"
NOT_PICKLED = (
    "A GraFx secret or token cannot be pickled: a pickle would be a plain copy of it. "
    "Call chili_notebook.login() in the worker instead. It reads the same environment "
    "variables or .env file."
)


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
