"""Mask secrets in every message the kernel sends, by wrapping `kernel.session.send`.

The parts, in this order:

1. `SendHook` wraps the method and decides what happens to each message.
2. `HeldStreams` holds back the end of a stream that may be the start of a secret,
   until more text comes, until its cell ends, clears its output or waits for input, and
   after the cell until no text comes for a second. A display in between does not
   release it, so a few characters may appear behind that display instead of before it.
3. `_RunningRequests` counts how often secrets were masked in each running request.
4. `withheld_message` replaces a message that could not be checked.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from json import JSONEncoder
from typing import TYPE_CHECKING, Any, NamedTuple

from chili_notebook.guard.forked_children import ForkedChildren
from chili_notebook.guard.held_streams import WITHHELD, HeldStreams, Stream
from chili_notebook.guard.iopub_thread import IOPubThread
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chili_notebook.guard.masking import Masker

    Message = dict[str, Any]

_JSON = JSONEncoder(ensure_ascii=False, allow_nan=False)
_FOLLOWED = {"status", "clear_output", "input_request"}
_STREAMS = ("stdout", "stderr")
_STREAM_KEYS = ("name", "text")
LATE_S = 1.0
"""How long the end of a stream is held back after its cell: more may follow."""


class _Outgoing(NamedTuple):
    """A message and how it is to be sent: the arguments of ``Session.send``."""

    socket: Any
    message: Message
    parent: Any
    ident: Any
    buffers: Any
    track: bool

    @property
    def kind(self) -> str:
        return str(self.message["header"]["msg_type"])

    @property
    def request(self) -> str:
        """The id of the request that the message belongs to; empty without one."""
        return str(self.message["parent_header"].get("msg_id", ""))


class SendHook:
    """Mask secrets in each message that a kernel sends, until `close`.

    Streams are sent from the IOPub thread, as ipykernel sends them. This keeps their
    order and cannot deadlock on a full queue.

    Args:
        kernel: An ipykernel.
        masker: Masks the known secrets.

    Attributes:
        session: The session whose method is wrapped.
    """

    def __init__(self, kernel: Any, masker: Masker) -> None:
        self.session = kernel.session
        self._masker = masker
        self._pid = os.getpid()
        self._permits: set[tuple[int, str, str]] = set()
        self._replacements: set[str] = set()
        iopub_thread = getattr(kernel, "iopub_thread", None)
        self._iopub = IOPubThread(iopub_thread)
        self._children = ForkedChildren(
            iopub_thread,
            self.session,
            self._iopub,
            lambda message, ident: self._send(iopub_thread, message, ident=ident),
        )
        parent: Message = getattr(kernel, "get_parent", dict)()
        self._running = _RunningRequests(parent.get("header", {}).get("msg_id"))
        self._streams = HeldStreams(masker, self._send_text, self._iopub.run_later)
        self._is_open = True
        self._before = vars(self.session).get("send")
        self._packer = _json_packer_of(self.session)
        self._send_unmasked: Callable[..., Any] = self.session.send
        self._wrapper = self._send
        self.session.send = self._wrapper
        self._children.start()

    def close(self) -> None:
        """Restore the method as it was; what is held back is sent."""
        self._is_open = False
        self._children.stop()
        # If other code has wrapped it again, this wrapper stays, and does nothing.
        if vars(self.session).get("send") is self._wrapper:
            del self.session.send
            if self._before is not None:
                self.session.send = self._before
        # Last: a thread may have fed a stream meanwhile, see `_send_stream`.
        self._streams.flush(self._streams.held_keys())

    @contextmanager
    def allow_once(self, comm_id: str, kind: str) -> Iterator[None]:
        """Let one custom message of this thread, comm and kind leave unmasked."""
        permit = threading.get_ident(), comm_id, kind
        self._permits.add(permit)
        try:
            yield
        finally:
            self._permits.discard(permit)

    def expect_replacement(self, source: str) -> None:
        """Let the reply to the running cell replace its source, even if it fails."""
        self._replacements.add(source)

    def _send(  # noqa: PLR0913, PLR0917 - the signature of Session.send
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
        outgoing = _Outgoing(stream, message, parent, ident, buffers, track)
        if not self._is_open or self._use_permit(message):
            return self._send_as(outgoing, message, buffers)
        if os.getpid() != self._pid:
            return self._send_from_child(outgoing)
        if outgoing.kind == "stream":
            return self._send_stream(outgoing)
        return self._send_other(outgoing)

    def _send_as(self, outgoing: _Outgoing, message: Message, buffers: Any) -> Any:
        """Send `message` in place of the one that the kernel wanted to send."""
        ident, track = outgoing.ident, outgoing.track
        socket = outgoing.socket
        return self._send_unmasked(socket, message, None, None, ident, buffers, track)

    def _send_from_child(self, outgoing: _Outgoing) -> Any:
        """Send a message of a forked child process; the kernel may receive it."""
        if outgoing.kind != "stream" or not self._children.can_receive:
            masked, _ = self._mask(outgoing)
            return self._send_as(outgoing, masked, None)
        # A child may know secrets of its own. A piece of a secret must stay as it is,
        # since the kernel joins the pieces.
        masked, _ = self._mask(outgoing, pieces=False)
        return self._send_as(outgoing, self._children.number(masked), None)

    def _send_stream(self, outgoing: _Outgoing) -> Message:
        message = outgoing.message
        content, parent_header = message["content"], message["parent_header"]
        name = content.get("name", "stdout")
        if name not in _STREAMS:
            name = self._masker.mask_json(name)[0]
        stream = Stream(outgoing.socket, name, parent_header, outgoing.ident)
        before, request = content.get("text"), outgoing.request
        text, count = self._streams.feed(stream, before)
        self._running.add(request, count)
        if text is before and _is_plain(message, outgoing.buffers):
            self._send_as(outgoing, message, outgoing.buffers)
        else:
            self._send_text(stream, text)
        # This check must come after `feed`. If the request ends in between, then either
        # `_end_request` releases the text or this does.
        if not self._is_open:
            self._streams.flush([stream.key])  # `close` may have looked before `feed`
        elif not self._running.contains(request):
            self._streams.flush_when_idle(stream.key, LATE_S)
        return message

    def _send_other(self, outgoing: _Outgoing) -> Any:
        packed = self._pack_if_clean(outgoing)
        if packed is not None:
            if outgoing.kind in _FOLLOWED:
                with suppress(Exception):
                    self._follow_request(outgoing, 0)
            message = outgoing.message
            sent = self._send_as(outgoing, {**message, "content": packed}, None)
            return sent and {**sent, "content": message["content"]}
        masked, count = self._mask(outgoing)
        # Whatever fails here, for example in a module that was loaded again: without
        # this message, and above all without the status idle, the front-end waits.
        with suppress(Exception):
            self._follow_request(outgoing, count)
        if self._replaces_failed_cell(masked["content"]):
            return self._send_reply_as_ok(outgoing, masked)
        return self._send_as(outgoing, masked, None)

    def _follow_request(self, outgoing: _Outgoing, count: int) -> None:
        """Count what was masked, and release what is held back when it is time to."""
        content, request = outgoing.message["content"], outgoing.request
        # The reply to a cell that failed repeats the error that was sent before.
        if content.get("status") != "error":
            self._running.add(request, count)
        state = content.get("execution_state") if outgoing.kind == "status" else ""
        if state == "busy":
            self._running.start(request)
        elif state == "idle":
            self._end_request(outgoing)
        elif outgoing.kind in {"input_request", "clear_output"}:
            self._running.add(request, self._flush_streams(request))

    def _end_request(self, outgoing: _Outgoing) -> None:
        """Release what is held back of a request; report what was masked in a cell."""
        header = outgoing.message["parent_header"]
        count = self._running.end(outgoing.request)
        count += self._flush_streams(outgoing.request)
        silent = (outgoing.parent or {}).get("content", {}).get("silent", False)
        if count and header.get("msg_type") == "execute_request" and not silent:
            times = "once" if count == 1 else f"{count} times"
            text = f"chili_notebook: masked a secret {times} in this output.\n"
            report = self._stream_message("stderr", text, header)
            self._send_unmasked(outgoing.socket, report, ident=b"stream.stderr")

    def _flush_streams(self, request: str) -> int:
        keys = [key for key in self._streams.held_keys() if key.request == request]
        if not keys:
            return 0
        return self._iopub.run(lambda: self._streams.flush(keys)) or 0

    def _pack_if_clean(self, outgoing: _Outgoing) -> bytes | None:
        """Return the content packed as the session packs it, if nothing is to mask.

        A search of what is packed is faster than a walk through all values, and the
        session need not pack it again. ``None`` means that the walk is necessary.
        """
        message, content = outgoing.message, outgoing.message["content"]
        if (
            self.session.pack is not self._packer
            or self.session.adapt_version
            or type(content) is not dict
            or message["metadata"]
            or outgoing.buffers
            or message.get("buffers")
            or content.get("status") == "error"
        ):
            return None
        try:
            packed = _JSON.encode(content).encode("utf-8", "surrogateescape")
            return packed if self._masker.is_clean(content, packed) else None
        except Exception:  # noqa: BLE001 - whatever it is, the walk deals with it
            return None

    def _mask(self, outgoing: _Outgoing, *, pieces: bool = True) -> tuple[Message, int]:
        """Return the masked message, and at how many places it was masked."""
        message, buffers = outgoing.message, outgoing.buffers
        try:
            views = [memoryview(part) for part in buffers or message.get("buffers", ())]
            parts = message["content"], message["metadata"], views
            masked, count = self._masker.mask_json(parts, pieces=pieces)
        except Exception:  # noqa: BLE001 - whatever it is, the message must not leave
            return withheld_message(message), 0
        if masked is parts:
            return {**message, "buffers": views} if views else message, 0
        content, metadata, buffers = masked
        changes = {"content": content, "metadata": metadata, "buffers": buffers}
        return {**message, **changes}, count

    def _send_text(self, stream: Stream, text: str) -> None:
        if text:
            message = self._stream_message(stream.name, text, stream.parent_header)
            self._send_unmasked(stream.socket, message, ident=stream.ident)

    def _stream_message(self, name: str, text: str, parent: Message) -> Message:
        return dict(self.session.msg("stream", {"name": name, "text": text}, parent))

    def _use_permit(self, message: Message) -> bool:
        if not self._permits or message["header"]["msg_type"] != "comm_msg":
            return False
        content = message["content"]
        data = content.get("data")
        custom = data.get("content") if isinstance(data, dict) else None
        kind = custom.get("kind") if isinstance(custom, dict) else None
        permit = threading.get_ident(), str(content.get("comm_id")), str(kind)
        permitted = permit in self._permits
        self._permits.discard(permit)
        return permitted

    def _replaces_failed_cell(self, content: Message) -> bool:
        return content.get("status") == "error" and any(
            part.get("source") == "set_next_input"
            and part.get("text") in self._replacements
            for part in content.get("payload") or ()
        )

    def _send_reply_as_ok(self, outgoing: _Outgoing, masked: Message) -> Any:
        """Send the reply to a failed cell with the status ``ok``.

        A cell that contains a secret is replaced by ``set_next_input``, a part of its
        reply. Front-ends carry that out only if the status is ``ok``. But the login's
        own cell fails if it contains a secret, and would keep it. The front-end has
        shown the error before, from a message of its own. The kernel gets the reply
        with its real status, and cancels the cells behind the failed one.
        """
        content = masked["content"]
        as_ok = {"user_expressions": {}, **content, "status": "ok"}
        sent = self._send_as(outgoing, {**masked, "content": as_ok}, None)
        return {**sent, "content": content}


class _RunningRequests:
    """How often secrets were masked in each running request; thread-safe."""

    def __init__(self, request: str | None) -> None:
        self._renew_lock()
        renew_in_children(self._renew_lock)
        self._counts: dict[str | None, int] = {request: 0}

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def start(self, request: str) -> None:
        with self._lock:
            self._counts[request] = 0

    def contains(self, request: str) -> bool:
        return request in self._counts

    def add(self, request: str, count: int) -> None:
        if count:
            with self._lock:
                if request in self._counts:
                    self._counts[request] += count

    def end(self, request: str) -> int:
        """Forget a request, and return its count."""
        with self._lock:
            return self._counts.pop(request, 0)


def _json_packer_of(session: Any) -> Any:
    """Return jupyter_client's own packer; ``None`` if a session sends differently."""
    client = sys.modules.get("jupyter_client.session")
    if client is None or type(session) is not client.Session:
        return None
    is_changed = {"send", "serialize"} & vars(session).keys()
    return None if is_changed else client.json_packer


def _is_plain(message: Message, buffers: Any) -> bool:
    """Return whether a message of a stream contains nothing but the text."""
    content = message["content"]
    has_more = message["metadata"] or buffers or message.get("buffers")
    return (
        len(content) == len(_STREAM_KEYS)
        and content["name"] in _STREAMS
        and not has_more
    )


def withheld_message(message: Message) -> Message:
    """Return a message of the same type, if possible, with a note instead of texts."""
    kind, content = message["header"]["msg_type"], message["content"]
    if kind == "status":  # busy or idle: no text of the user
        return {**message, "metadata": {}, "buffers": []}
    if kind.endswith("_reply") or kind == "error":
        texts: dict[str, Any] = {"status": "error", "ename": "Withheld"}
        texts |= {"evalue": WITHHELD, "traceback": [WITHHELD]}
    elif kind in {"display_data", "update_display_data", "execute_result"}:
        texts = {"data": {"text/plain": WITHHELD}, "metadata": {}}
    elif kind in {"input_request", "execute_input"}:
        texts = {"prompt" if kind == "input_request" else "code": WITHHELD}
    else:
        kind = "stream"
        texts = {"name": "stderr", "text": f"{WITHHELD}\n"}
    flags = {
        key: value
        for key, value in content.items()
        if value is None or isinstance(value, bool | int)
    }
    return {
        **message,
        "header": {**message["header"], "msg_type": kind},
        "msg_type": kind,
        "content": flags | texts,
        "metadata": {},
        "buffers": [],
    }
