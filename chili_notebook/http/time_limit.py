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
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from httpcore import SOCKET_OPTION


@dataclass(slots=True)
class _Limit:
    """When the requests of a `with` block end, by the monotonic clock."""

    ends_at: float
    slowest_bytes_s: float

    def extend(self, byte_count: int) -> None:
        """Allow the time that so many bytes take at the slowest speed."""
        self.ends_at += byte_count / self.slowest_bytes_s


_limits: ContextVar[tuple[_Limit, ...]] = ContextVar("_limits", default=())


@contextmanager
def time_limit(seconds: float, *, slowest_bytes_s: float = math.inf) -> Iterator[None]:
    """End the requests inside the `with` block after so many seconds.

    They raise the same error as after a timeout. A limit inside another one cannot
    extend it.

    Args:
        seconds: The time for all requests of the block together.
        slowest_bytes_s: Received bytes extend the time, so that a large file may take
            longer if it arrives at this speed or faster. By default they do not.
    """
    limit = _Limit(time.monotonic() + seconds, slowest_bytes_s)
    reset_token = _limits.set((*_limits.get(), limit))
    try:
        yield
    finally:
        _limits.reset(reset_token)


def _shorten(
    timeout: float | None, error: type[httpcore.TimeoutException]
) -> float | None:
    """Return a timeout that does not exceed what is left of the limits.

    Raises:
        httpcore.TimeoutException: If nothing is left.
    """
    ends_at = min((limit.ends_at for limit in _limits.get()), default=math.inf)
    if ends_at == math.inf:
        return timeout
    left_s = ends_at - time.monotonic()
    if left_s <= 0:
        raise error("the time limit is over")
    return left_s if timeout is None else min(timeout, left_s)


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
        self._stream.write(buffer, _shorten(timeout, httpcore.WriteTimeout))

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
