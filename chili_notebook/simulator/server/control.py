"""The simulator's own endpoints, for its clock, its faults and its counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import is_serializable
from chili_notebook.simulator.state.faults import KINDS

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState

CONTROL_ROOT = "/simulator/"

_MAX_DIGITS = 9
_FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "path": (str,),
    "count": (int,),
    "seconds": (int, float),
    "status": (int,),
}


def control_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes."""

    async def advance_clock(request: Request) -> JSONResponse:
        seconds = request.query_params.get("advance_s", "")
        if not seconds.isdecimal() or len(seconds) > _MAX_DIGITS:
            raise ProblemError(400, "advance_s must be a whole number of seconds")
        state.clock.advance(int(seconds))
        return JSONResponse({"now": state.clock()})

    async def read_counts(_request: Request) -> JSONResponse:
        counts = {
            "outputs": state.tasks.started_outputs,
            "requests": state.request_counts,
        }
        return JSONResponse(counts)

    async def list_faults(_request: Request) -> JSONResponse:
        known = {name: kind.description for name, kind in KINDS.items()}
        return JSONResponse({"active": state.faults.describe(), "known": known})

    async def add_fault(request: Request) -> JSONResponse:
        options = _read_options(await request.body())
        try:
            state.faults.add(options.pop("name", ""), **options)
        except ValueError as error:
            raise ProblemError(400, str(error)) from error
        return JSONResponse({"active": state.faults.describe()}, 201)

    async def clear_faults(_request: Request) -> Response:
        state.faults.clear()
        return Response(status_code=204)

    return [
        Route(f"{CONTROL_ROOT}clock", advance_clock, methods=["POST"]),
        Route(f"{CONTROL_ROOT}counts", read_counts),
        Route(f"{CONTROL_ROOT}faults", list_faults),
        Route(f"{CONTROL_ROOT}faults", add_fault, methods=["POST"]),
        Route(f"{CONTROL_ROOT}faults", clear_faults, methods=["DELETE"]),
    ]


def _read_options(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not is_serializable(body):
        raise ProblemError(400, "The body must be an object with a name")
    for key, value in body.items():
        if not isinstance(value, _FIELD_TYPES.get(key, ())) or isinstance(value, bool):
            raise ProblemError(400, f"'{key}' is unknown, or has a value of wrong type")
    return body
