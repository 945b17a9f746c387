"""The calls of GraFx's Platform API for the usage of a subscription.

At GraFx they have a host of their own. The fields are from its reference, and from
third-party code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.responses import JSONResponse
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import read_bearer
from chili_notebook.simulator.routes.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState

_GUID = str(uuid5(NAMESPACE_URL, "simulated subscription"))
_SUBSCRIPTION = {
    "id": 1,
    "guid": _GUID,
    "name": "Quillmere",
    "isActive": True,
    "clientId": 1,
    "clientName": "Quillmere Coffee",
}
_STORAGE = {"maxStorage": 50_000_000_000, "storageUsed": 1_250_000_000}
_RENDERS = {"2026-01": 120, "2026-02": 310, "2026-03": 275}
_PATH = "/api/v1/subscriptions"


def platform_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes."""

    def require_token(request: Request) -> None:
        if state.issuer.find(read_bearer(request.headers.get("authorization", ""))):
            return
        raise ProblemError(401)

    def require_subscription(request: Request) -> None:
        require_token(request)
        if request.path_params["id"] != _GUID:
            raise ProblemError(404, "The subscription is not found")

    async def list_subscriptions(request: Request) -> JSONResponse:
        require_token(request)
        return JSONResponse([_SUBSCRIPTION])

    async def read_subscription(request: Request) -> JSONResponse:
        require_subscription(request)
        return JSONResponse(_SUBSCRIPTION | _STORAGE)

    async def list_renders(request: Request) -> JSONResponse:
        require_subscription(request)
        match request.query_params.get("groupBy"):
            case "month":
                return JSONResponse([_period(*one) for one in _RENDERS.items()])
            case "year":
                return JSONResponse([_period("2026", sum(_RENDERS.values()))])
        raise ProblemError(400, "groupBy must be year or month")

    return [
        Route(_PATH, list_subscriptions),
        Route(f"{_PATH}/{{id}}", read_subscription),
        Route(f"{_PATH}/{{id}}/renders", list_renders),
    ]


def _period(date: str, count: int) -> dict[str, Any]:
    return {
        "date": date,
        "totalRenders": count,
        "totalWatermarkedRenders": 0,
        "renderDetail": [{"name": "cp-demo-001", "renders": count}],
    }
