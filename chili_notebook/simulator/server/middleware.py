"""Handle each request before the application, and each response after it."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from chili_notebook.simulator.server.control import CONTROL_ROOT
from chili_notebook.simulator.server.fault_effects import FaultContext, apply_fault

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chili_notebook.simulator.server.fault_effects import CloseConnection
    from chili_notebook.simulator.state.environment import EnvironmentState


def add_middleware(
    app: ASGIApp, state: EnvironmentState, close_connection: CloseConnection
) -> ASGIApp:
    """Return an application that records requests and applies the active faults.

    All of its responses have a header that says that they are simulated.

    Args:
        app: The application.
        state: The state of the environment.
        close_connection: Closes the connection of a request.
    """

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(state.clock(), usegmt=True).encode()
                message["headers"] = [
                    *message["headers"],
                    (b"date", date),
                    (b"server", b"chili_notebook.simulator"),
                    (b"x-simulated", b"This is not GraFx; its data is not real"),
                ]
            await send(message)

        handler = app
        if not path.startswith(CONTROL_ROOT):
            state.record(scope["method"], path)
            for fault in reversed(state.faults.take_all(path)):
                context = FaultContext(state, handler, close_connection)
                handler = apply_fault(fault, context)
        # A slash at the end of a path is accepted.
        without_slash = {**scope, "path": path.rstrip("/") or "/"}
        await handler(without_slash, receive, send_with_headers)

    return middleware
