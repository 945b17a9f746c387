"""The brand kits: list, read and replace; third-party code calls the last two.

The shape of the listing is inferred.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.responses import JSONResponse
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import (
    read_json_object,
    require_text,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState

Kit = dict[str, Any]

_ENVELOPE = Envelope(last_links={}, total=True, searched=("name", "id"))
_SUMMARY = ("id", "name", "dateCreated", "lastModifiedDate")
_LISTS = ("fonts", "colors", "characterStyles", "paragraphStyles", "media", "themes")
_HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_DATE = "2026-02-02T09:00:00"
_COLORS = {
    "Ink": "#1d2b26",
    "Forest": "#24463a",
    "Sage": "#8fa893",
    "Cream": "#f6f0e4",
    "Terracotta": "#c4623f",
}


def make_sample_kit() -> Kit:
    """Return the brand kit of the sample templates."""
    colors = [
        {
            "value": value,
            "displayValue": None,
            "name": name,
            "type": "hex",
            "guid": str(uuid5(NAMESPACE_URL, f"simulated color {name}")),
        }
        for name, value in _COLORS.items()
    ]
    kit_id = str(uuid5(NAMESPACE_URL, "simulated brand kit"))
    dates = {"dateCreated": _DATE, "lastModifiedDate": _DATE}
    lists: dict[str, Any] = {key: [] for key in _LISTS}
    return {"id": kit_id, "name": "Quillmere", **dates, **lists, "colors": colors}


def brand_kit_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the brand kits; no scope is known for them."""
    sample = make_sample_kit()
    kits: dict[str, Kit] = {sample["id"]: sample}

    async def list_kits(request: Request) -> JSONResponse:
        require_access(request, state.issuer)
        items = [{key: kit[key] for key in _SUMMARY} for kit in kits.values()]
        page = make_page(
            request, "brand-kits", lambda _: items, _ENVELOPE, state.cursors
        )
        return JSONResponse(page)

    def named(request: Request) -> Kit:
        require_access(request, state.issuer)
        kit_id = request.path_params["id"]
        if kit_id not in kits:
            raise ProblemError(404, f"Brand kit '{kit_id}' is not found")
        return kits[kit_id]

    async def read_kit(request: Request) -> JSONResponse:
        return JSONResponse(named(request))

    async def replace_kit(request: Request) -> JSONResponse:
        kit = named(request)
        body = read_json_object(await request.body(), "request")
        require_text(body, "name")
        for key in _LISTS:
            if not isinstance(body.get(key), list):
                raise ProblemError(400, f"{key} is required, and must be a list")
        for color in body["colors"]:
            _check_color(color)
        fixed = {key: kit[key] for key in ("id", "dateCreated")}
        kits[kit["id"]] = body | fixed
        return JSONResponse(kits[kit["id"]])

    path = f"{ROOT}/brand-kits"
    return [
        Route(path, list_kits),
        Route(f"{path}/{{id}}", read_kit),
        Route(f"{path}/{{id}}", replace_kit, methods=["PUT"]),
    ]


def _check_color(color: object) -> None:
    if not isinstance(color, dict):
        raise ProblemError(400, "A color must be an object")
    for key in ("name", "guid"):
        require_text(color, key)
    value = color.get("value")
    is_hex = isinstance(value, str) and _HEX.fullmatch(value)
    if color.get("type") != "hex" or not is_hex:
        raise ProblemError(400, f"'{value}' is not a hex color")
