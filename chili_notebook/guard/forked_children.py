"""Mask the output of forked child processes, in the order in which they print it.

The hook is in a child too, because the child is a copy of the kernel: there it masks
every message that contains a whole secret. This file adds the secrets that a child
prints in pieces, as ``print(part, end="", flush=True)`` or a progress bar does.

A child cannot hold back a possible start of a secret, because it is never informed that
it is about to exit. So the kernel holds it back. And ipykernel sends each message of a
child over a connection of its own, so that one may overtake another. So the child
numbers its messages, and the kernel restores their order.

The cost: this file relies on three private names of ipykernel (``_pipe_in``,
``_pipe_uuid``, ``_handle_pipe_msg``). Without the first, a child masks each message by
itself, and a secret in pieces is not found.
"""

from __future__ import annotations

import itertools
import os
import secrets
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Message = dict[str, Any]

GAP_S = 1.0
"""How long a message waits for one that was sent before it."""

_ORDER = "chili_notebook.order"
"""The key of the number, in the metadata of a message from a child to the kernel."""


class JobRunner(Protocol):
    """Run jobs on the thread that receives the messages of children."""

    def run(self, job: Callable[[], object]) -> object:
        """Run a job and wait for its end."""

    def run_later(self, job: Callable[[], object], seconds: float) -> None:
        """Run a job after some seconds; do not wait for it."""


class ForkedChildren:
    """The forked children of a kernel, which hand it their messages.

    Args:
        iopub_thread: An ipykernel's ``iopub_thread``, or ``None``.
        session: Reads the messages.
        runner: Runs jobs on that thread.
        send: Sends a message, with its identities, as a message of the kernel.
        get_pid: Returns the id of the process that calls it.

    Attributes:
        can_receive: Whether the kernel can receive messages of its children.
    """

    def __init__(
        self,
        iopub_thread: Any,
        session: Any,
        runner: JobRunner,
        send: Callable[[Message, Any], object],
        *,
        get_pid: Callable[[], int] = os.getpid,
    ) -> None:
        self._iopub_thread = iopub_thread
        self._session = session
        self._runner = runner
        self._send = send
        self._get_pid = get_pid
        self._next: dict[str, int] = {}
        self._waiting: dict[str, dict[int, tuple[Message, Any]]] = {}
        self._child: tuple[int, str, itertools.count[int]] | None = None
        self.can_receive = hasattr(iopub_thread, "_pipe_in")

    def start(self) -> None:
        """Receive the messages of children from now on."""
        self._receive_with(self._receive)

    def stop(self) -> None:
        """Let ipykernel receive them again."""
        if self.can_receive:
            self._receive_with(self._iopub_thread._handle_pipe_msg)  # noqa: SLF001 - there is no public name

    def number(self, message: Message) -> Message:
        """Return a message of this child process with its number."""
        pid = self._get_pid()
        if self._child is None or self._child[0] != pid:
            self._child = pid, secrets.token_hex(8), itertools.count()
        _, child_id, numbers = self._child
        order = {_ORDER: [child_id, next(numbers)]}
        return {**message, "metadata": {**message["metadata"], **order}}

    def _receive_with(self, handler: Callable[[list[bytes]], object]) -> None:
        if self.can_receive:
            pipe = self._iopub_thread._pipe_in  # noqa: SLF001 - there is no public name
            self._runner.run(lambda: pipe.on_recv(handler))

    def _receive(self, frames: list[bytes]) -> None:
        # Another process may write to the port; only children know this identifier.
        if frames[0] != self._iopub_thread._pipe_uuid:  # noqa: SLF001 - there is no public name
            return
        ident, parts = self._session.feed_identities(frames[1:])
        message = self._session.deserialize(parts)
        child_id, number = message["metadata"].pop(_ORDER, ("", -1))
        expected = self._next.get(child_id, 0)
        if number < expected:  # without a number, or too late to be put in order
            self._send(message, ident)
            return
        self._waiting.setdefault(child_id, {})[number] = message, ident
        self._send_from(child_id, expected)
        if child_id in self._waiting:
            self._skip_later(child_id)

    def _send_from(self, child_id: str, number: int) -> None:
        """Send the waiting messages from this number up to the next gap."""
        waiting = self._waiting[child_id]
        while number in waiting:
            self._send(*waiting.pop(number))
            number += 1
        self._next[child_id] = number
        if not waiting:
            del self._waiting[child_id]

    def _skip_later(self, child_id: str) -> None:
        missing = self._next.get(child_id, 0)
        self._runner.run_later(lambda: self._skip(child_id, missing), GAP_S)

    def _skip(self, child_id: str, missing: int) -> None:
        """Stop waiting for a missing message if it has not arrived by now."""
        if child_id in self._waiting and self._next[child_id] == missing:
            self._send_from(child_id, min(self._waiting[child_id]))
            if child_id in self._waiting:
                self._skip_later(child_id)
