"""Runs the simulator as a real server on this machine's loopback."""

from __future__ import annotations

import socket
import threading
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Self

import uvicorn

from chili_notebook.simulator.access import ENVIRONMENT
from chili_notebook.simulator.app import make_app
from chili_notebook.simulator.clock import Clock
from chili_notebook.simulator.designs import load_designs
from chili_notebook.simulator.identity import TokenIssuer
from chili_notebook.simulator.tasks import Tasks

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"
_REMEMBERED = 10_000
_START_S = 20.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the simulator got."""

    method: str
    path: str


class Simulator:
    """A GraFx environment with a token endpoint, on loopback.

    Attributes:
        clock: Its clock; tokens, tasks and files age by it.
        requests: The latest requests.
        polls_before_done: How often a task says "not yet".
        issuer: The token endpoint.
        designs: The templates, by id.
        tasks: The output and preview tasks.

    Args:
        port: Where to listen; 0 takes a free one.

    Raises:
        OSError: If the port is taken.
    """

    def __init__(self, *, port: int = 0, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.requests: deque[Request] = deque(maxlen=_REMEMBERED)
        self.polls_before_done = 1
        self.issuer = TokenIssuer(self.clock)
        self.designs = {design.id: design for design in load_designs()}
        self.tasks = Tasks(self.clock)
        self._integration = self.issuer.register()
        self._socket = socket.create_server((HOST, port))
        self._server = _Server(
            uvicorn.Config(
                self._recorded(make_app(self)),
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
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    @property
    def client_secret(self) -> str:
        """The secret that signs in to it."""
        return self._integration.client_secret

    @property
    def grants(self) -> int:
        """How many times a token was given."""
        return self.issuer.grants

    def variables(self) -> dict[str, str]:
        """Give the ``CHILI_*`` variables that sign in to it."""
        return {
            "CHILI_CLIENT_ID": self._integration.client_id,
            "CHILI_CLIENT_SECRET": self._integration.client_secret,
            "CHILI_ENVIRONMENT": ENVIRONMENT,
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
        self._server.should_exit = True
        self._thread.join()

    def join(self) -> None:
        """Wait until it stops."""
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _recorded(self, app: ASGIApp) -> ASGIApp:
        """Remember each request, and say in each answer that it is simulated."""

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            self.requests.append(Request(scope["method"], scope["path"]))

            async def marked(message: Message) -> None:
                if message["type"] == "http.response.start":
                    date = formatdate(self.clock(), usegmt=True).encode()
                    message["headers"] = [
                        *message["headers"],
                        (b"date", date),
                        (b"server", b"chili_notebook.simulator"),
                        (b"x-simulated", b"This is no GraFx; nothing here is real"),
                    ]
                await send(message)

            await app(scope, receive, marked)

        return recorded


class _Server(uvicorn.Server):
    """Tells when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()
