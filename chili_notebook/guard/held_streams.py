"""Hold back the end of a stream that may be the start of a secret."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.guard.masking import Masker, Tail

WITHHELD = "chili_notebook: this could not be checked for secrets and is withheld."


class StreamKey(NamedTuple):
    """The ID of a request, and the name of its stream."""

    request: str
    name: str


class Stream(NamedTuple):
    """Where to send the text of a stream; it holds no text itself."""

    socket: Any
    name: str
    parent_header: dict[str, Any]
    ident: Any

    @property
    def key(self) -> StreamKey:
        """The key of the stream."""
        request = str(self.parent_header.get("msg_id", ""))
        return StreamKey(request, self.name)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """The end of a stream that is held back; each piece makes a new object."""

    tail: Tail
    stream: Stream


class HeldStreams:
    """The ends of streams that are held back; thread-safe.

    Args:
        masker: Masks the known secrets.
        send: Sends a text to a stream. It is called without the lock, because it may
            block.
        run_later: Runs a job after some seconds.
    """

    def __init__(
        self,
        masker: Masker,
        send: Callable[[Stream, str], object],
        run_later: Callable[[Callable[[], object], float], object],
    ) -> None:
        self._masker = masker
        self._send = send
        self._run_later = run_later
        self._renew_lock()
        renew_in_children(self._renew_lock)
        self._held: dict[StreamKey, _Held] = {}

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def held_keys(self) -> list[StreamKey]:
        """Return the streams of which something is held back or remembered."""
        with self._lock:
            return list(self._held)

    def feed(self, stream: Stream, text: Any) -> tuple[str, int]:
        """Add a piece; return the masked text to send now, and the masked places."""
        key = stream.key
        with self._lock:
            held = self._held.pop(key, None)
            try:
                tail = self._masker.start_stream() if held is None else held.tail
                masked, count = tail.feed(text)
                is_needed = bool(tail)
            except Exception:  # noqa: BLE001 - whatever it is, the text must not leave
                return f"{WITHHELD}\n", 0
            if is_needed:
                self._held[key] = _Held(tail, stream)
        return masked, count

    def flush(self, keys: list[StreamKey]) -> int:
        """Send what is held back of these streams; return the masked places."""
        with self._lock:
            popped = [self._held.pop(key, None) for key in keys]
        return sum(self._finish(held) for held in popped if held is not None)

    def flush_when_idle(self, key: StreamKey, seconds: float) -> None:
        """Send what is held back of a stream if no piece is added for some seconds."""
        held = self._held.get(key)
        if held is not None:
            self._run_later(lambda: self._flush_if_same(key, held), seconds)

    def _flush_if_same(self, key: StreamKey, held: _Held) -> None:
        with self._lock:
            if self._held.get(key) is not held:
                return
            del self._held[key]
        self._finish(held)

    def _finish(self, held: _Held) -> int:
        try:
            text, count = held.tail.flush()
        except Exception:  # noqa: BLE001 - whatever it is, the text must not leave
            text, count = f"{WITHHELD}\n", 0
        self._send(held.stream, text)
        return count
