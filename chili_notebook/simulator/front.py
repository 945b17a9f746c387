"""What every request passes on its way to the application, and every answer."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from chili_notebook.simulator.control import ROOT as CONTROL
from chili_notebook.simulator.disturbances import Stage, disturbed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chili_notebook.simulator.disturbances import HangUp
    from chili_notebook.simulator.world import World


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the simulator got."""

    method: str
    path: str


def stand_before(app: ASGIApp, world: World, hang_up: HangUp) -> ASGIApp:
    """Give an application that remembers requests and meets the faults that are set.

    Each of its answers says that it is simulated.

    Args:
        app: What answers.
        world: What the simulator holds.
        hang_up: Ends the connection of a request.
    """

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        world.requests.append(Request(scope["method"], path))

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(world.clock(), usegmt=True).encode()
                message["headers"] = [
                    *message["headers"],
                    (b"date", date),
                    (b"server", b"chili_notebook.simulator"),
                    (b"x-simulated", b"This is no GraFx; nothing here is real"),
                ]
            await send(message)

        answering = app
        if not path.startswith(CONTROL):
            for fault in reversed(world.faults.take_all(path)):
                answering = disturbed(fault, Stage(world, answering, hang_up))
        # A slash at the end is tolerated.
        plain = {**scope, "path": path.rstrip("/") or "/"}
        await answering(plain, receive, marked)

    return front
