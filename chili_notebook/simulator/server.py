"""Runs the simulator as a real server on this machine's loopback."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import uvicorn

from chili_notebook.simulator.access import ENVIRONMENT
from chili_notebook.simulator.app import make_app
from chili_notebook.simulator.front import stand_before
from chili_notebook.simulator.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Scope

    from chili_notebook.simulator.clock import Clock

HOST = "127.0.0.1"
_START_S = 20.0


class Simulator(World):
    """A GraFx environment with a token endpoint, on loopback.

    Args:
        port: Where to listen; 0 takes a free one.
        clock: Its clock.
        data: The folder that keeps its state; without it nothing is kept.
        render_seconds: How long an output takes by the clock; without it an output
            is done after a few polls.
        slots: How many outputs are made at the same time, if they take time.
        sandbox: Whether it is a sandbox, whose outputs always have a watermark.

    Raises:
        OSError: If the port is taken, or there can be no such folder.
        ValueError: If the folder holds what the simulator did not write.
    """

    def __init__(  # noqa: PLR0913 - a simulator has that many choices
        self,
        *,
        port: int = 0,
        clock: Clock | None = None,
        data: Path | None = None,
        render_seconds: float | None = None,
        slots: int = 4,
        sandbox: bool = False,
    ) -> None:
        super().__init__(clock, data, sandbox=sandbox)
        self.tasks.render_seconds, self.tasks.slots = render_seconds, slots
        self._socket = _listening(port)
        self._address = self._socket.getsockname()
        self._server = _Server(
            uvicorn.Config(
                stand_before(make_app(self), self, self._hang_up),
                lifespan="off",
                ws="none",
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="GraFx simulator",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://{HOST}:{self._address[1]}"

    @property
    def client_secret(self) -> str:
        """The secret that signs in to it."""
        return self.integration.client_secret

    @property
    def grants(self) -> int:
        """How many times a token was given."""
        return self.issuer.grants

    @property
    def polls_before_done(self) -> int:
        """How often a task says "not yet", where tasks take no time."""
        return self.tasks.polls_before_done

    @polls_before_done.setter
    def polls_before_done(self, polls: int) -> None:
        self.tasks.polls_before_done = polls

    def variables(self) -> dict[str, str]:
        """Give the ``CHILI_*`` variables that sign in to it."""
        return {
            "CHILI_CLIENT_ID": self.integration.client_id,
            "CHILI_CLIENT_SECRET": self.integration.client_secret,
            "CHILI_ENVIRONMENT": ENVIRONMENT,
            **({"CHILI_ENVIRONMENT_TYPE": "sandbox"} if self.sandbox else {}),
            "CHILI_BASE_URL": f"{self.url}/grafx",
            "CHILI_TOKEN_URL": f"{self.url}/oauth/token",
        }

    def start(self) -> None:
        """Start serving in a thread, and come back once it answers."""
        self._thread.start()
        if not self._server.is_up.wait(_START_S):
            raise OSError("The simulator did not start.")

    def stop(self) -> None:
        """Stop serving."""
        self._server.end()
        self._thread.join()

    def join(self) -> None:
        """Wait until it stops."""
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _hang_up(self, scope: Scope) -> None:
        """End the connection that a request came by; what was sent arrives."""
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == tuple(scope["client"]):
                connection.transport.close()


def _listening(port: int) -> socket.socket:
    """Listen on a port.

    The protocol is named, since asyncio only then sends small packets at once; without
    it every answer to a connection that is kept waits 40 ms.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except BaseException:
        listening.close()
        raise
    return listening


class _Server(uvicorn.Server):
    """Tells when it is up, and ends without a pause."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self._ended = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.is_up.set()

    async def main_loop(self) -> None:
        await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn waits 0.1 s for connections to end; those that are idle do at once.
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()

    def end(self) -> None:
        """Let the server end."""
        with suppress(RuntimeError):  # it has ended before
            self._loop.call_soon_threadsafe(self._ended.set)
