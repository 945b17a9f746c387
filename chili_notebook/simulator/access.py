"""Who may call what: the token, then the environment, then the scope.

GraFx publishes no list of which call needs which scope; the one used here is inferred
from the scopes' names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.identity import Grant, TokenIssuer

ENVIRONMENT = "cp-demo-001"
ROOT = "/grafx/api/v1/environment/{environment}"


def require_access(request: Request, issuer: TokenIssuer, *scopes: str) -> Grant:
    """Give the grant of a request that may be carried out.

    Args:
        request: The request.
        issuer: Who knows its token.
        scopes: Any one of these is needed; none needs none.

    Raises:
        ProblemError: 401, 404 or 403, looked at in this order.
    """
    grant = require_token(request, issuer)
    environment = request.path_params["environment"]
    if environment.lower() != ENVIRONMENT:
        raise ProblemError(404, f"Environment '{environment}' is not found")
    if scopes and not set(scopes) & set(grant.scopes):
        raise ProblemError(403)
    return grant


def require_token(request: Request, issuer: TokenIssuer) -> Grant:
    """Give the grant of a request's token.

    Raises:
        ProblemError: 401 if there is none that is valid now.
    """
    grant = issuer.holder(bearer(request.headers.get("authorization", "")))
    if grant is None:
        raise ProblemError(401)
    return grant


def bearer(authorization: str) -> str:
    """Give the token of an ``Authorization`` header; empty if there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def link(request: Request, path: str) -> str:
    """Give the full URL of a path of the environment, as GraFx's ``links`` hold it."""
    root = ROOT.format(environment=request.path_params["environment"])
    return f"{str(request.base_url).rstrip('/')}{root}/{path}"
