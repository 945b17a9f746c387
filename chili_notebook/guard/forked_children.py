"""Lets what forked children print pass the door of the kernel, in its order."""

from __future__ import annotations

import itertools
import os
import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.guard.iopub_thread import Turns

    Message = dict[str, Any]

GAP_S = 1.0
"""How long a message waits for one that was sent before it."""

_ORDER = "chili_notebook.order"
"""In the metadata of what a child hands to the kernel, and no further."""


class Children:
    """The forked children of a kernel, which hand it their messages.

    ipykernel sends these on as they come. But a child could not send what it held
    back, since nobody tells when it ends; so the kernel holds it. And each message
    has a connection of its own, so that one may overtake another, and the pieces of a
    value would not be put together.

    Args:
        io: An ipykernel's ``iopub_thread``, or ``None``.
        session: Reads what comes.
        turns: Turns in that thread.
        send: Sends a message as if it were the kernel's own, with its idents.
    """

    def __init__(
        self, io: Any, session: Any, turns: Turns, send: Callable[[Message, Any], Any]
    ) -> None:
        self._io = io
        self._session = session
        self._turns = turns
        self._send = send
        self._next: dict[str, int] = {}
        self._waiting: dict[str, dict[int, tuple[Message, Any]]] = {}
        self._child: tuple[int, str, itertools.count[int]] | None = None
        self.heard = hasattr(io, "_pipe_in")
        """Whether the kernel can hear what they hand to it."""

    def adopt(self) -> None:
        """Take what they send from now on."""
        self._receive_with(self._receive)

    def leave(self) -> None:
        """Leave it to ipykernel again."""
        if self.heard:
            self._receive_with(self._io._handle_pipe_msg)  # noqa: SLF001 - there is no other way

    def numbered(self, message: Message) -> Message:
        """Give a message of this child with its place in the order of them."""
        pid = os.getpid()
        if self._child is None or self._child[0] != pid:
            self._child = pid, secrets.token_hex(8), itertools.count()
        _, name, numbers = self._child
        order = {_ORDER: [name, next(numbers)]}
        return {**message, "metadata": {**message["metadata"], **order}}

    def _receive_with(self, handler: Callable[[list[bytes]], object]) -> None:
        if self.heard:
            pipe = self._io._pipe_in  # noqa: SLF001 - there is no other way
            self._turns.take(lambda: pipe.on_recv(handler) or 0)

    def _receive(self, frames: list[bytes]) -> None:
        if frames[0] != self._io._pipe_uuid:  # noqa: SLF001 - there is no other way
            return
        ident, parts = self._session.feed_identities(frames[1:])
        message = self._session.deserialize(parts)
        name, number = message["metadata"].pop(_ORDER, ("", -1))
        expected = self._next.get(name, 0)
        if number < expected:
            self._send(message, ident)
            return
        self._waiting.setdefault(name, {})[number] = message, ident
        self._send_from(name, expected)
        if name in self._waiting:
            expected = self._next.get(name, 0)
            self._turns.take_later(lambda: self._skip(name, expected), GAP_S)

    def _send_from(self, name: str, number: int) -> None:
        """Send all that waits from this number up to the next gap."""
        waiting = self._waiting[name]
        while number in waiting:
            self._send(*waiting.pop(number))
            number += 1
        self._next[name] = number
        if not waiting:
            del self._waiting[name]

    def _skip(self, name: str, number: int) -> None:
        """Do not wait for this number any longer: its message is lost."""
        if name in self._waiting and self._next[name] == number:
            self._send_from(name, min(self._waiting[name]))
            if name in self._waiting:
                later = self._next[name]
                self._turns.take_later(lambda: self._skip(name, later), GAP_S)
