"""The open connections of a client, which calls share and a failure replaces."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from chili_notebook.http.transport import open_client
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable

_Origin = tuple[str, str, int | None]


@dataclass(eq=False, slots=True)
class OpenConnections:
    """Open connections, and what they were opened for.

    Attributes:
        http: The client of httpx that holds them.
        origin: The origin that gets the token.
        opened_for: The base URL, and the sign-in.
        calls: How many calls use them at this moment.
    """

    http: httpx.Client
    origin: _Origin
    opened_for: tuple[str, int]
    calls: int = 0


class Connections:
    """Open connections when they are needed, and close them when nobody uses them.

    Args:
        transport: What sends requests; ``None`` is the network.
        sleep: Called to wait before a retry.
    """

    def __init__(
        self, *, transport: httpx.BaseTransport | None, sleep: Callable[[float], None]
    ) -> None:
        self._transport = transport
        self._sleep = sleep
        self._lock = threading.Lock()
        self._current: OpenConnections | None = None
        # Never used, and never closed, because closing them may wait for a lock that a
        # thread of the parent held.
        self._of_parents: list[OpenConnections] = []
        renew_in_children(self._renew_in_child)

    def borrow(self, base_url: str, generation: int) -> OpenConnections:
        """Return the connections for a base URL, which the caller must release.

        After a sign-in new ones are opened, with the proxy and the certificates that
        are set then.

        Args:
            base_url: The base URL.
            generation: The number of the sign-in.
        """
        opened_for = base_url, generation
        replaced = None
        with self._lock:
            current = self._current
            if current is None or current.opened_for != opened_for:
                http = open_client(
                    base_url, transport=self._transport, sleep=self._sleep
                )
                replaced = current
                origin = origin_of(httpx.URL(base_url))
                self._current = current = OpenConnections(http, origin, opened_for)
            current.calls += 1
        if replaced is not None:
            self._close_if_unused(replaced)
        return current

    def release(self, connections: OpenConnections) -> None:
        """End the use of connections by one call."""
        with self._lock:
            connections.calls -= 1
            is_current = connections is self._current
        if not is_current and connections not in self._of_parents:
            self._close_if_unused(connections)

    def replace(self, connections: OpenConnections) -> None:
        """Let the next call open new connections, after one of these has failed.

        By then the user may have changed the proxy or the certificates.
        """
        with self._lock:
            if self._current is connections:
                self._current = None

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        with self._lock:
            connections, self._current = self._current, None
        if connections is not None:
            connections.http.close()

    def _close_if_unused(self, connections: OpenConnections) -> None:
        with self._lock:
            is_unused = not connections.calls
        if is_unused:
            connections.http.close()

    def _renew_in_child(self) -> None:
        """Drop the connections of the parent process, and replace the lock."""
        self._lock = threading.Lock()
        if self._current is not None:
            self._of_parents.append(self._current)
            self._current = None


def origin_of(url: httpx.URL) -> _Origin:
    """Return scheme, host and port of a URL."""
    return url.scheme, url.host, url.port
