"""The simulator as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.brand_kits import brand_kit_routes
from chili_notebook.simulator.routes.environment import environment_routes
from chili_notebook.simulator.routes.fonts import font_routes
from chili_notebook.simulator.routes.media import media_routes
from chili_notebook.simulator.routes.output_settings import setting_routes
from chili_notebook.simulator.routes.outputs import output_routes
from chili_notebook.simulator.routes.platform import platform_routes
from chili_notebook.simulator.routes.problems import (
    ProblemError,
    handle_problem,
    problem_response,
)
from chili_notebook.simulator.routes.projects import project_routes
from chili_notebook.simulator.routes.templates import template_routes
from chili_notebook.simulator.routes.token_endpoint import token_route
from chili_notebook.simulator.server.control import control_routes

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState

NOTICE = (
    "A simulator of CHILI GraFx's Environment API, by chili_notebook. "
    "It is not GraFx, and its data is not real.\n"
)


def make_app(state: EnvironmentState) -> Starlette:
    """Return the application."""

    async def front_page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(NOTICE)

    return Starlette(
        routes=[
            Route("/", front_page),
            *control_routes(state),
            token_route(state.issuer),
            *output_routes(state),  # before the others: it gets most requests
            *environment_routes(state),
            *template_routes(state),
            *project_routes(state),
            *media_routes(state),
            *font_routes(state),
            *brand_kit_routes(state),
            *platform_routes(state),
            *setting_routes(state),
        ],
        exception_handlers={
            ProblemError: handle_problem,
            HTTPException: _handle_http_error,
            Exception: _handle_failure,
        },
    )


async def _handle_http_error(request: Request, error: Exception) -> Response:
    """Respond to a request without a route, or with a body that cannot be read."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem_response(ProblemError(error.status_code, detail), error.headers)


async def _handle_failure(_request: Request, error: Exception) -> Response:
    """Respond to an error in the simulator, without its text: it may hold a secret."""
    problem = ProblemError(500, f"The simulator failed: {type(error).__name__}.")
    # The server closes the connection after it.
    return problem_response(problem, {"Connection": "close"})
