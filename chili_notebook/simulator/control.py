"""The simulator's own paths, which GraFx does not have: its clock and its faults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.bodies import can_be_answered
from chili_notebook.simulator.faults import KINDS
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.world import World

ROOT = "/simulator/"

_MOST_DIGITS = 9
_FIELDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "path": (str,),
    "count": (int,),
    "seconds": (int, float),
    "status": (int,),
}


def control_routes(world: World) -> list[Route]:
    """Make the routes."""

    async def advance_clock(request: Request) -> JSONResponse:
        seconds = request.query_params.get("advance_s", "")
        if not seconds.isdecimal() or len(seconds) > _MOST_DIGITS:
            raise ProblemError(400, "advance_s must be a whole number of seconds")
        world.clock.advance(int(seconds))
        return JSONResponse({"now": world.clock()})

    async def tell_faults(_request: Request) -> JSONResponse:
        known = {name: kind.about for name, kind in KINDS.items()}
        return JSONResponse({"set": world.faults.described(), "known": known})

    async def set_fault(request: Request) -> JSONResponse:
        given = _given(await request.body())
        try:
            world.faults.add(given.pop("name", ""), **given)
        except ValueError as error:
            raise ProblemError(400, str(error)) from error
        return JSONResponse({"set": world.faults.described()}, 201)

    async def clear_faults(_request: Request) -> Response:
        world.faults.clear()
        return Response(status_code=204)

    return [
        Route(f"{ROOT}clock", advance_clock, methods=["POST"]),
        Route(f"{ROOT}faults", tell_faults),
        Route(f"{ROOT}faults", set_fault, methods=["POST"]),
        Route(f"{ROOT}faults", clear_faults, methods=["DELETE"]),
    ]


def _given(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not can_be_answered(body):
        raise ProblemError(400, "The body must be an object with a name")
    for key, value in body.items():
        if not isinstance(value, _FIELDS.get(key, ())) or isinstance(value, bool):
            raise ProblemError(400, f"'{key}' is no field of a fault, or no such value")
    return body
