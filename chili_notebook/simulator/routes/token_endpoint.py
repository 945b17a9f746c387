"""The token endpoint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse
from starlette.routing import Route

from chili_notebook.simulator.routes.request_bodies import is_serializable
from chili_notebook.simulator.state.token_issuer import TokenRefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.token_issuer import TokenIssuer

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path


def token_route(issuer: TokenIssuer) -> Route:
    """Return the route of the endpoint, which accepts JSON and form bodies."""

    async def token(request: Request) -> JSONResponse:
        try:
            body = issuer.grant(await _read_fields(request))
        except TokenRefusedError as error:
            return JSONResponse(error.body, error.status)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    return Route(TOKEN_PATH, token, methods=["POST"])


async def _read_fields(request: Request) -> dict[str, Any]:
    body = await request.body()
    media_type = request.headers.get("content-type", "").partition(";")[0]
    try:
        if media_type.strip().lower() == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode()))
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not is_serializable(fields):
        raise TokenRefusedError(400, "invalid_request", "The body cannot be read")
    return fields
