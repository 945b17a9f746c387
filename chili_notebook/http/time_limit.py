"""Limit the time of a whole request.

The timeouts of httpx begin again at each byte, so a server that sends one byte a second
could keep a request waiting for hours. Here the limit is checked at each use of the
network, whatever is being sent or received: a proxy's response, a TLS handshake,
headers or a body. The lookup of a host's name is left to the operating system's own
limits.
"""

from __future__ import annotations

import math
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

import httpcore
import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator
    from contextvars import Token

    from httpcore import SOCKET_OPTION

_PIECE = 65_536


class TimeLimit:
    """End the requests inside its `with` blocks after so many seconds together.

    They raise the same error as after a timeout. The time between two blocks does not
    count, so a caller may take its time with each piece of a file. A limit inside
    another one cannot extend it.

    Args:
        seconds: The time for all requests of the blocks together.
        slowest_bytes_s: Bytes that are received or sent extend the time, so that a
            large file may take longer if it moves at this speed or faster. By default
            they do not.
    """

    __slots__ = ("_reset_token", "ends_at", "left_s", "slowest_bytes_s")

    def __init__(self, seconds: float, *, slowest_bytes_s: float = math.inf) -> None:
        self.left_s = seconds
        self.ends_at = math.inf
        self.slowest_bytes_s = slowest_bytes_s
        self._reset_token: Token[tuple[TimeLimit, ...]] | None = None

    def extend(self, byte_count: int) -> None:
        """Allow the time that so many bytes take at the slowest speed."""
        self.ends_at += byte_count / self.slowest_bytes_s

    def __enter__(self) -> Self:
        self.ends_at = time.monotonic() + self.left_s
        self._reset_token = _limits.set((*_limits.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        self.left_s = self.ends_at - time.monotonic()
        if self._reset_token is not None:
            _limits.reset(self._reset_token)


_limits: ContextVar[tuple[TimeLimit, ...]] = ContextVar("_limits", default=())


def _shorten(
    timeout: float | None, error: type[httpcore.TimeoutException]
) -> float | None:
    """Return a timeout that does not exceed what is left of the limits.

    Raises:
        httpcore.TimeoutException: If nothing is left.
    """
    limits = _limits.get()
    if not limits:
        return timeout
    ends_at = limits[0].ends_at
    if len(limits) > 1:
        ends_at = min([limit.ends_at for limit in limits])
    left_s = ends_at - time.monotonic()
    if left_s <= 0:
        raise error("the time limit is over")
    return left_s if timeout is None else min(timeout, left_s)


class LimitedBody(httpx.SyncByteStream):
    """The body of a response, whose pieces arrive within a time limit.

    Args:
        body: The body.
        limit: The limit, which the caller has used to send the request.
    """

    def __init__(self, body: Any, limit: TimeLimit) -> None:
        self._body = body
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        pieces = iter(self._body)
        while True:
            with self._limit:
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def close(self) -> None:
        """Close the body."""
        self._body.close()


class LimitedBackend(httpcore.SyncBackend):
    """Open connections that respect the time limit of the thread that uses them."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a host."""
        timeout = _shorten(timeout, httpcore.ConnectTimeout)
        return _LimitedStream(
            super().connect_tcp(host, port, timeout, local_address, socket_options)
        )


class _LimitedStream(httpcore.NetworkStream):
    """A connection that respects the time limit of the thread that uses it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self._stream.read(max_bytes, _shorten(timeout, httpcore.ReadTimeout))
        for limit in _limits.get():
            limit.extend(len(received))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        # In pieces, because each piece that is sent begins the timeout again.
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, _shorten(timeout, httpcore.WriteTimeout))
            for limit in _limits.get():
                limit.extend(len(piece))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _shorten(timeout, httpcore.ConnectTimeout)
        return _LimitedStream(
            self._stream.start_tls(ssl_context, server_hostname, timeout)
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
