"""Output settings: one default for each format, read only.

Shapes are those of Studio UI's calls: the listing is wrapped, a setting is bare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.responses import JSONResponse
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from chili_notebook.simulator.server import Simulator

Setting = dict[str, Any]


def default_settings(formats: Iterable[str]) -> dict[str, Setting]:
    """Make a default setting for each format; by id."""
    return {setting["id"]: setting for setting in map(_default_setting, formats)}


def setting_routes(world: Simulator, settings: dict[str, Setting]) -> list[Route]:
    """Make the routes that read them."""

    async def listing(request: Request) -> JSONResponse:
        require_access(request, world.issuer)
        data = list(settings.values())
        return JSONResponse({"data": data, "pageSize": len(data), "links": {}})

    async def item(request: Request) -> JSONResponse:
        require_access(request, world.issuer)
        setting_id = request.path_params["setting_id"]
        if setting_id not in settings:
            raise ProblemError(404, f"Output setting '{setting_id}' is not found")
        return JSONResponse(settings[setting_id])

    at = f"{ROOT}/output/settings"
    return [Route(at, listing), Route(f"{at}/{{setting_id}}", item)]


def _default_setting(kind: str) -> Setting:
    return {
        "id": str(uuid5(NAMESPACE_URL, f"simulated output setting {kind}")),
        "name": f"Default {kind.upper()}",
        "type": kind.upper(),
        "description": "Simulated",
        "default": True,
        "watermark": True,
        "watermarkText": "Simulated",
        "dataSourceEnabled": False,
    }
