"""The environment's own endpoints: information, settings, connectors, interfaces.

The bodies are those of the page "Versioning", of Studio UI's calls and of its tests.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.responses import JSONResponse
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import (
    ROOT,
    read_bearer,
    require_access,
)
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState

Item = dict[str, Any]

_INTERFACES = Envelope(last_links=None, total=False)
_APPLICATIONS = ("fonts", "media", "studio", "labs", "brand-kits", "publisher")
_SETTINGS = {
    "sdkVersionPublic": "latest",
    "applicationsConfig": {
        name: {"enabled": name != "publisher", "features": []} for name in _APPLICATIONS
    },
}


_SDK_VERSIONS = {
    name: {"sdkVersion": f"{sdk}.0", "engineVersion": engine}
    for name, sdk, engine in (
        ("latest", "1.46", "2.27.0"),
        ("1.46", "1.46", "2.27.0"),
        ("1.44", "1.44", "2.24.0"),
    )
}


def environment_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes; no scope is known for them."""

    async def info(_request: Request) -> JSONResponse:
        data = {"serverVersion": "simulated", "serverBaseDir": "/simulated"}
        return JSONResponse({"data": data, "links": {}})

    async def settings(request: Request) -> JSONResponse:
        require_access(request, state.issuer)
        return JSONResponse(_SETTINGS)

    async def sdk_versions(request: Request) -> JSONResponse:
        if state.issuer.find(read_bearer(request.headers.get("authorization", ""))):
            return JSONResponse(_SDK_VERSIONS)
        raise ProblemError(401)

    async def connectors(request: Request) -> JSONResponse:
        require_access(request, state.issuer)
        return JSONResponse({"data": _CONNECTORS})

    async def user_interfaces(request: Request) -> JSONResponse:
        require_access(request, state.issuer)
        page = make_page(
            request,
            "user-interfaces",
            lambda _: _USER_INTERFACES,
            _INTERFACES,
            state.cursors,
        )
        return JSONResponse(page)

    return [
        Route("/grafx/api/v1/info", info),
        Route(f"{ROOT}/settings", settings),
        # The path has no environment, as in the page "Versioning".
        Route(
            "/grafx/api/v1/environment/settings/available-sdk-versions", sdk_versions
        ),
        Route(f"{ROOT}/connectors", connectors),
        Route(f"{ROOT}/user-interfaces", user_interfaces),
    ]


def _make_id(name: str) -> str:
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
        "id": _make_id("user interface"),
        "name": "Default",
        "default": True,
        "outputSettings": {
            _make_id("output setting pdf"): {"layoutIntents": ["print"]},
            _make_id("output setting png"): {"layoutIntents": ["digitalStatic"]},
            _make_id("output setting gif"): {"layoutIntents": ["digitalAnimated"]},
        },
        "formBuilder": json.dumps({"variables": {"active": True, "header": "Texts"}}),
    }
]
