"""Masks what passes the one method through which every message leaves a kernel."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.guard.forked_children import Children
from chili_notebook.guard.iopub_thread import Turns
from chili_notebook.guard.masking import Masker, Tail
from chili_notebook.guard.replies import send_replacing
from chili_notebook.guard.withheld import NOTE, stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Message = dict[str, Any]
    Key = tuple[str, str]

LATE_S = 1.0
"""How long text is held back when its cell is over; more of it may be on its way."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """What is held back of one stream of one request, and how to send it."""

    tail: Tail
    send: Callable[[str], object]


class Door:
    """Wraps ``kernel.session.send``, masks what passes and counts it.

    Streams are sent in the IOPub thread, as ipykernel sends them: so they keep their
    order, and no lock is held that a full queue could turn into a standstill.

    Args:
        kernel: An ipykernel.
        masker: What knows the secrets.
        whole: The same, but for their ends.
    """

    def __init__(self, kernel: Any, masker: Masker, whole: Masker) -> None:
        self.session = kernel.session
        self.total = 0
        self.permits: set[tuple[int, str, str]] = set()
        self.replacements: set[str] = set()
        self._masker, self._whole = masker, whole
        self._lock = threading.Lock()
        self._pid = os.getpid()
        io = getattr(kernel, "iopub_thread", None)
        self._turns = Turns(io)
        self._children = Children(
            io,
            self.session,
            self._turns,
            lambda message, ident: self._pass(io, message, ident=ident),
        )
        self._streams: dict[Key, _Stream] = {}
        parent: Message = getattr(kernel, "get_parent", dict)()
        request = parent.get("header", {}).get("msg_id")
        self._counts: dict[str | None, int] = {request: 0}  # of the requests that run
        self._open = True
        self._before = vars(self.session).get("send")
        self._send: Callable[..., Any] = self.session.send
        self._wrapper = self._pass
        self.session.send = self._wrapper
        self._children.adopt()

    def close(self) -> None:
        """Restore the method as it was; what is held back is sent."""
        self._free(list(self._streams))
        self._open = False
        self._children.leave()
        # If somebody has wrapped it in turn, this wrapper stays, and does nothing.
        if vars(self.session).get("send") is self._wrapper:
            del self.session.send
            if self._before is not None:
                self.session.send = self._before

    def _pass(  # noqa: PLR0913, PLR0917 - the signature of Session.send
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,  # noqa: FBT001, FBT002 - the same
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        message = msg_or_type
        if not isinstance(message, dict):
            message = self.session.msg(message, content, parent, header, metadata)
        streams = message["header"]["msg_type"] == "stream"
        child = os.getpid() != self._pid
        if not self._open or self._permitted(message):
            return self._send(stream, message, None, None, ident, buffers, track)
        if streams and not child:
            return self._pass_stream(stream, message, ident)
        # A child may know secrets of its own; its pieces the kernel puts together.
        adopted = child and streams and self._children.heard
        masker = self._whole if adopted else self._masker
        masked, count = _masked(message, buffers, masker)
        if adopted:
            masked = self._children.numbered(masked)
        if not child:
            # The reply to a cell that failed repeats the error that was sent before.
            if message["content"].get("status") != "error":
                self._count(_request(message), count)
            self._at_turning_point(stream, message, parent)

        def send(message: Message) -> Any:
            return self._send(stream, message, None, None, ident, None, track)

        return send_replacing(send, masked, self.replacements)

    def _pass_stream(self, socket: Any, message: Message, ident: Any) -> Message:
        name = message["content"].get("name", "stdout")
        key, parent = (_request(message), name), message["parent_header"]

        def send(text: str) -> None:
            if text:
                self._send(socket, self._stream(name, text, parent), ident=ident)

        with self._lock:
            held = self._streams.pop(key, None)
            tail = held.tail if held is not None else Tail(self._masker)
            try:
                text, count = tail.feed(message["content"]["text"])
            except Exception:  # noqa: BLE001 - whatever it is, the text must not leave
                tail, text, count = Tail(self._masker), f"{NOTE}\n", 0
            if tail:
                self._streams[key] = _Stream(tail, send)
            late = bool(tail) and key[0] not in self._counts
        self._count(key[0], count)
        send(text)
        if late:
            self._turns.take_later(lambda: self._free([key]), LATE_S)
        return message

    def _at_turning_point(self, socket: Any, message: Message, parent: Any) -> None:
        """Send what is held back where a cell ends or waits; say what was masked."""
        kind, request = message["header"]["msg_type"], _request(message)
        state = message["content"].get("execution_state") if kind == "status" else ""
        if state == "busy":
            self._counts[request] = 0
        if state != "idle" and kind not in {"input_request", "clear_output"}:
            return
        with self._lock:
            count = self._counts.pop(request, 0) if state == "idle" else 0
            keys = [key for key in self._streams if key[0] == request]
        if keys:
            count += self._turns.take(lambda: self._free(keys))
        executes = message["parent_header"].get("msg_type") == "execute_request"
        silent = (parent or {}).get("content", {}).get("silent", False)
        if state == "idle" and count and executes and not silent:
            times = "once" if count == 1 else f"{count} times"
            text = f"chili_notebook: masked a secret {times} in this output.\n"
            note = self._stream("stderr", text, message["parent_header"])
            self._send(socket, note, ident=b"stream.stderr")

    def _free(self, keys: Iterable[Key]) -> int:
        """Send what is held back of these streams; give what was masked in it."""
        total = 0
        for key in keys:
            with self._lock:
                stream = self._streams.pop(key, None)
            if stream is not None:
                try:
                    text, count = stream.tail.flush()
                except Exception:  # noqa: BLE001 - the text must not leave
                    text, count = f"{NOTE}\n", 0
                stream.send(text)
                self._count(key[0], count)
                total += count
        return total

    def _count(self, request: str, count: int) -> None:
        if count:
            with self._lock:
                self.total += count
                if request in self._counts:
                    self._counts[request] += count

    def _permitted(self, message: Message) -> bool:
        if not self.permits or message["header"]["msg_type"] != "comm_msg":
            return False
        content = message["content"]
        data = content.get("data")
        custom = data.get("content") if isinstance(data, dict) else None
        kind = custom.get("kind") if isinstance(custom, dict) else None
        permit = threading.get_ident(), str(content.get("comm_id")), str(kind)
        permitted = permit in self.permits
        self.permits.discard(permit)
        return permitted

    def _stream(self, name: str, text: str, parent: Message) -> Message:
        return dict(self.session.msg("stream", {"name": name, "text": text}, parent))


def _request(message: Message) -> str:
    """Give the id of the request that a message belongs to; empty if to none."""
    return str(message["parent_header"].get("msg_id", ""))


def _masked(message: Message, buffers: Any, masker: Masker) -> tuple[Message, int]:
    """Give a message that may leave, and at how many places it was masked."""
    try:
        views = [memoryview(part) for part in buffers or message.get("buffers", ())]
        parts = message["content"], message["metadata"], views
        masked, count = masker.mask_json(parts)
    except Exception:  # noqa: BLE001 - whatever it is, the message must not leave
        return stand_in(message), 0
    content, metadata, buffers = masked
    changes = {"content": content, "metadata": metadata, "buffers": buffers}
    return {**message, **changes}, count
