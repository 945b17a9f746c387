"""Check that a request may be carried out: its token, environment and scope.

GraFx does not publish which call needs which scope; the scopes used here are inferred
from their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.simulator.routes.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.token_issuer import IssuedToken, TokenIssuer

ENVIRONMENT = "cp-demo-001"
ROOT = "/grafx/api/v1/environment/{environment}"


def require_access(request: Request, issuer: TokenIssuer, *scopes: str) -> IssuedToken:
    """Return the token of a request that may be carried out.

    Args:
        request: The request.
        issuer: The issuer of the token.
        scopes: The token needs one of these; without scopes, any token is enough.

    Raises:
        ProblemError: 401 for the token, 404 for the environment, or 403 for the scope;
            they are checked in this order.
    """
    token = issuer.find(read_bearer(request.headers.get("authorization", "")))
    if token is None:
        raise ProblemError(401)
    environment = request.path_params["environment"]
    if environment.lower() != ENVIRONMENT:
        raise ProblemError(404, f"Environment '{environment}' is not found")
    if scopes and not set(scopes) & set(token.scopes):
        raise ProblemError(403)
    return token


def read_bearer(authorization: str) -> str:
    """Return the token of an ``Authorization`` header; empty without one."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def environment_url(request: Request, path: str) -> str:
    """Return the full URL of a path in the environment."""
    root = ROOT.format(environment=request.path_params["environment"])
    return f"{str(request.base_url).rstrip('/')}{root}/{path}"
