"""Run the simulator as a server on the loopback interface."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import uvicorn

from chili_notebook.simulator.routes.authorization import ENVIRONMENT
from chili_notebook.simulator.routes.token_endpoint import TOKEN_PATH
from chili_notebook.simulator.server.app import make_app
from chili_notebook.simulator.server.middleware import add_middleware
from chili_notebook.simulator.state.clock import Clock
from chili_notebook.simulator.state.environment import EnvironmentState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.types import Scope

    from chili_notebook.simulator.state.token_issuer import Integration

HOST = "127.0.0.1"

_POLL_S = 0.002
_SHUTDOWN_S = 2.0
_KEEP_ALIVE_S = 120  # clients that poll slowly keep their connection


class Simulator:
    """A simulated GraFx environment with its token endpoint, on this machine.

    Example:
        with Simulator() as simulator:
            simulator.variables()["CHILI_ENVIRONMENT"]

    Args:
        port: The port; 0 selects a free one.
        clock: The clock.
        render_seconds: How long an output takes by the clock. By default an output is
            done after a few polls.
        slots: How many outputs run at the same time, if they take time.
        draws: Whether outputs show their content. Otherwise each is a small valid file
            that is made quickly, for measuring many outputs.
        sandbox: Whether it is a sandbox, where all outputs have a watermark.

    Attributes:
        clock: The clock.
        state: The state of the environment.

    Raises:
        OSError: If the port is not available.
    """

    def __init__(  # noqa: PLR0913 - a simulator has that many options
        self,
        *,
        port: int = 0,
        clock: Clock | None = None,
        render_seconds: float | None = None,
        slots: int = 4,
        draws: bool = True,
        sandbox: bool = False,
    ) -> None:
        self.clock = clock or Clock()
        self.state = EnvironmentState(self.clock, draws=draws, sandbox=sandbox)
        self.state.tasks.render_seconds = render_seconds
        self.state.tasks.slots = slots
        self._socket = _listen(port)
        self._port = self._socket.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                add_middleware(
                    make_app(self.state), self.state, self._close_connection
                ),
                lifespan="off",
                ws="none",
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
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
        """The origin of its URLs."""
        return f"http://{HOST}:{self._port}"

    @property
    def integration(self) -> Integration:
        """The client whose credentials `variables` returns."""
        return self.state.integration

    def register(self, scopes: Iterable[str]) -> Integration:
        """Create another integration of the environment.

        Args:
            scopes: Its scopes, such as ``template:read``.

        Example:
            reader = simulator.register(["template:list", "template:read"])
            reader.client_id, reader.client_secret
        """
        return self.state.issuer.register(tuple(scopes))

    @property
    def started_outputs(self) -> int:
        """How many output requests it has accepted.

        Another process reads it, and the counts of `request_counts`, at the URL
        ``/simulator/counts``, as ``{"outputs": 2, "requests": {…}}``.

        Example:
            simulator.started_outputs
        """
        return self.state.tasks.started_outputs

    @property
    def request_counts(self) -> Mapping[str, int]:
        """How many requests of each kind it has received.

        A kind is the method and the path in the environment, such as
        ``POST output/png`` or ``GET output/tasks/{id}``.

        Example:
            simulator.request_counts["POST output/png"]
        """
        return dict(self.state.request_counts)

    def variables(self) -> dict[str, str]:
        """Return the ``CHILI_*`` variables for signing in."""
        return {
            "CHILI_CLIENT_ID": self.integration.client_id,
            "CHILI_CLIENT_SECRET": self.integration.client_secret,
            "CHILI_ENVIRONMENT": ENVIRONMENT,
            **({"CHILI_ENVIRONMENT_TYPE": "sandbox"} if self.state.sandbox else {}),
            "CHILI_BASE_URL": f"{self.url}/grafx",
            "CHILI_TOKEN_URL": f"{self.url}{TOKEN_PATH}",
        }

    def start(self) -> None:
        """Start serving in a thread, and return when the server is ready.

        Raises:
            OSError: If the server does not start.
        """
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise OSError("The simulator did not start.")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop serving; requests in progress get their responses."""
        self._server.stop()
        self.join()
        self.state.tasks.stop()

    def join(self) -> None:
        """Wait until the server stops."""
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _close_connection(self, scope: Scope) -> None:
        """Close the connection of a request, after what was already sent."""
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == tuple(scope["client"]):
                connection.transport.close()


class _Server(uvicorn.Server):
    """A server that stops at once; uvicorn's own waits up to 0.3 s for nothing.

    Only `stop` ends it: in a thread, uvicorn's signal handlers are not used.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Stop serving; may be called from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        """Serve until `stop` is called."""
        self._loop = asyncio.get_running_loop()
        if not await self.on_tick(0):
            await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything as soon as the requests in progress have responses."""
        for closable in (*self.servers, *(sockets or ())):
            closable.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        deadline = time.monotonic() + _SHUTDOWN_S
        while self.server_state.connections or self.server_state.tasks:
            if time.monotonic() > deadline:
                for task in self.server_state.tasks:
                    task.cancel()
                break
            await asyncio.sleep(_POLL_S)


def _listen(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only if the protocol is named. With it, each
    # response on a kept-alive connection would wait 40 ms.
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
