"""The whole simulator as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from chili_notebook.simulator.identity import token_route
from chili_notebook.simulator.outputs import output_routes
from chili_notebook.simulator.problems import ProblemError, answer_problem
from chili_notebook.simulator.templates import template_routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.server import Simulator

WHAT_THIS_IS = (
    "A simulator of CHILI GraFx's Environment API, by chili_notebook. "
    "It is not GraFx, and nothing here is real.\n"
)


def make_app(world: Simulator) -> Starlette:
    """Make the application.

    Beside GraFx's own paths there is ``POST /simulator/clock?advance_s=N``, which turns
    its clock forward.
    """

    async def front_page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(WHAT_THIS_IS)

    async def ping(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("pong")

    async def info(_request: Request) -> JSONResponse:
        data = {"serverVersion": "simulated", "serverBaseDir": "/simulated"}
        return JSONResponse({"data": data, "links": {}})

    async def advance_clock(request: Request) -> JSONResponse:
        seconds = request.query_params.get("advance_s", "")
        if not seconds.isdecimal():
            raise ProblemError(400, "advance_s must be a whole number of seconds")
        world.clock.advance(int(seconds))
        return JSONResponse({"now": world.clock()})

    return Starlette(
        routes=[
            Route("/", front_page),
            Route("/simulator/clock", advance_clock, methods=["POST"]),
            token_route(world.issuer),
            Route("/grafx/api/ping", ping),
            Route("/grafx/api/v1/ping", ping),
            Route("/grafx/api/v1/info", info),
            *template_routes(world),
            *output_routes(world),
        ],
        exception_handlers={ProblemError: answer_problem, 404: _not_found},
    )


async def _not_found(request: Request, _error: Exception) -> JSONResponse:
    return await answer_problem(
        request, ProblemError(404, f"There is no {request.url.path}")
    )
