"""What the environment tells of itself: version, settings, connectors, interfaces.

Shapes are those of the page "Versioning", of Studio UI's calls and of its tests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access, require_token
from chili_notebook.simulator.listings import Envelope, page_of
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from chili_notebook.simulator.world import World

Item = dict[str, Any]

_INTERFACES = Envelope(last_links=None, total=False)
_APPLICATIONS = ("fonts", "media", "studio", "labs", "brand-kits", "publisher")
_SETTINGS = {
    "sdkVersionPublic": "latest",
    "applicationsConfig": {
        name: {"enabled": name != "publisher", "features": []} for name in _APPLICATIONS
    },
}
_VERSIONS = {
    "latest": {"sdkVersion": "1.44.0", "engineVersion": "2.24.0"},
    "1.44": {"sdkVersion": "1.44.0", "engineVersion": "2.24.0"},
    "1.43": {"sdkVersion": "1.43.2", "engineVersion": "2.23.1"},
}


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"simulated {name}"))


def _connector(name: str, kind: str) -> Item:
    return {
        "id": f"grafx-{kind}",
        "name": name,
        "type": kind,
        "scriptSource": None,
        "description": "Simulated",
        "iconUrl": None,
        "default": True,
        "enabled": True,
        "ownerType": "builtIn",
        "externalSourceId": None,
        "supportedAuthentication": {"browser": ["none"]},
    }


_CONNECTORS = [
    _connector("GraFx Media", "media"),
    _connector("GraFx Fonts", "fonts"),
    _connector("GraFx Components", "components"),
]
_USER_INTERFACES = [
    {
        "id": _id("user interface"),
        "name": "Default",
        "default": True,
        "outputSettings": {
            _id("output setting pdf"): {"layoutIntents": ["print"]},
            _id("output setting png"): {"layoutIntents": ["digitalStatic"]},
            _id("output setting gif"): {"layoutIntents": ["digitalAnimated"]},
        },
        "formBuilder": json.dumps({"variables": {"active": True, "header": "Texts"}}),
    }
]


def environment_routes(world: World) -> list[Route]:
    """Make the routes that tell of the environment; no scope is known for them."""

    async def ping(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("pong")

    async def info(_request: Request) -> JSONResponse:
        data = {"serverVersion": "simulated", "serverBaseDir": "/simulated"}
        return JSONResponse({"data": data, "links": {}})

    async def settings(request: Request) -> JSONResponse:
        require_access(request, world.issuer)
        return JSONResponse(_SETTINGS)

    async def versions(request: Request) -> JSONResponse:
        require_token(request, world.issuer)
        return JSONResponse(_VERSIONS)

    async def connectors(request: Request) -> JSONResponse:
        require_access(request, world.issuer)
        return JSONResponse({"data": _CONNECTORS})

    async def user_interfaces(request: Request) -> JSONResponse:
        require_access(request, world.issuer)
        return JSONResponse(
            page_of(
                request,
                "user-interfaces",
                lambda _: _USER_INTERFACES,
                _INTERFACES,
                world.cursors,
            )
        )

    api = "/grafx/api"
    return [
        Route(f"{api}/ping", ping),
        Route(f"{api}/v1/ping", ping),
        Route(f"{api}/v1/info", info),
        # This one has no environment in its path.
        Route(f"{api}/v1/environment/settings/available-sdk-versions", versions),
        Route(f"{ROOT}/settings", settings),
        Route(f"{ROOT}/connectors", connectors),
        Route(f"{ROOT}/connectors/{{id}}", _reading(world, _CONNECTORS, "Connector")),
        Route(f"{ROOT}/user-interfaces", user_interfaces),
        Route(
            f"{ROOT}/user-interfaces/{{id}}",
            _reading(world, _USER_INTERFACES, "User interface"),
        ),
    ]


def _reading(
    world: World, items: list[Item], noun: str
) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def item(request: Request) -> JSONResponse:
        require_access(request, world.issuer)
        wanted = request.path_params["id"]
        for each in items:
            if each["id"] == wanted:
                return JSONResponse(each)
        raise ProblemError(404, f"{noun} '{wanted}' is not found")

    return item
