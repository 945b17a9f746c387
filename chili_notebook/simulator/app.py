"""The whole simulator as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.control import control_routes
from chili_notebook.simulator.environment import environment_routes
from chili_notebook.simulator.fonts import font_routes
from chili_notebook.simulator.identity import token_route
from chili_notebook.simulator.media import media_routes
from chili_notebook.simulator.outputs import output_routes
from chili_notebook.simulator.problems import (
    ProblemError,
    answer_problem,
    problem_answer,
)
from chili_notebook.simulator.projects import project_routes
from chili_notebook.simulator.template_collections import collection_routes
from chili_notebook.simulator.templates import template_routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.world import World

WHAT_THIS_IS = (
    "A simulator of CHILI GraFx's Environment API, by chili_notebook. "
    "It is not GraFx, and nothing here is real.\n"
)


def make_app(world: World) -> Starlette:
    """Make the application."""

    async def front_page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(WHAT_THIS_IS)

    return Starlette(
        routes=[
            Route("/", front_page),
            *control_routes(world),
            token_route(world.issuer),
            *environment_routes(world),
            *template_routes(world),
            *collection_routes(world),
            *project_routes(world),
            *media_routes(world),
            *font_routes(world),
            *output_routes(world),
        ],
        exception_handlers={
            ProblemError: answer_problem,
            HTTPException: _answer_refusal,
            Exception: _answer_failure,
        },
    )


async def _answer_refusal(request: Request, error: Exception) -> Response:
    """Answer what no route takes."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    told = f"{request.method} {request.url.path}: {error.detail}"
    return problem_answer(ProblemError(error.status_code, told), error.headers)


async def _answer_failure(_request: Request, error: Exception) -> Response:
    """Answer for what broke in the simulator itself; its text may hold a secret."""
    told = ProblemError(500, f"The simulator failed: {type(error).__name__}.")
    # The server ends the connection after it, so that the answer says so.
    return problem_answer(told, {"Connection": "close"})
