"""The token endpoint: client credentials, a cache of tokens, Auth0's error bodies.

Sources: Environment API, "Generating a token" (fields, the cache), and Auth0's public
pages for the errors, which GraFx's own do not tell.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_bytes, token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse
from starlette.routing import Route

from chili_notebook.simulator.bodies import can_be_answered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

AUDIENCE = "https://chiligrafx.com"
LIFETIME_S = 86_400
SERVED_AGAIN_UNTIL_S = 3600
"""A new token is issued once the cached one has less than this to live."""
_CRUD = ("font", "media", "myproject", "template", "template_collection")
SCOPES = (
    *(f"{noun}:{verb}" for noun in _CRUD for verb in ("list", "read", "write")),
    "output:animated",
    "output:static",
)


@dataclass(slots=True)
class Integration:
    """A client of the environment, as the Integrations page of GraFx makes one."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = SCOPES


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as it was issued."""

    token: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: int


class RefusedError(Exception):
    """Why no token is given, in Auth0's words."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class TokenIssuer:
    """Issues tokens, and serves each again until an hour before its end.

    Args:
        clock: Gives seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.integrations: dict[str, Integration] = {}
        self.grants = 0
        self._cache: dict[str, Grant] = {}
        self._issued: dict[str, Grant] = {}

    def register(self, scopes: tuple[str, ...] = SCOPES) -> Integration:
        """Make an integration with new credentials."""
        client_id = f"simulated{token_urlsafe(24).replace('-', 'x').replace('_', 'x')}"
        integration = Integration(client_id, token_urlsafe(48), scopes)
        self.add(integration)
        return integration

    def add(self, integration: Integration) -> None:
        """Take an integration that was registered before."""
        self.integrations[integration.client_id] = integration

    def answer(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Give the body of a successful answer.

        Raises:
            RefusedError: If the fields are not those of a client of ours.
        """
        grant = self._grant(self._verified(fields))
        self.grants += 1
        return {
            "access_token": grant.token,
            "token_type": "Bearer",
            "expires_in": int(grant.expires_at - self._clock()),
            "scope": " ".join(grant.scopes),
        }

    def holder(self, token: str) -> Grant | None:
        """Give the grant of a token that is valid now."""
        grant = self._issued.get(token)
        valid = grant is not None and self._clock() < grant.expires_at
        return grant if valid else None

    def expire(self, token: str) -> None:
        """End a token now; the next one asked for is new."""
        grant = self._issued.pop(token, None)
        if grant is not None and self._cache.get(grant.client_id) is grant:
            del self._cache[grant.client_id]

    def _verified(self, fields: Mapping[str, Any]) -> Integration:
        grant_type = fields.get("grant_type")
        if not grant_type:
            missing = "Missing required parameter: grant_type"
            raise RefusedError(400, "invalid_request", missing)
        if grant_type != "client_credentials":
            unknown = f"Unsupported grant type: {grant_type}"
            raise RefusedError(403, "unsupported_grant_type", unknown)
        if not fields.get("client_id"):
            raise RefusedError(401, "invalid_client", "Missing client_id")
        integration = self.integrations.get(str(fields["client_id"]))
        secret = str(fields.get("client_secret", ""))
        if integration is None or not compare_digest(
            secret.encode(), integration.client_secret.encode()
        ):
            raise RefusedError(401, "access_denied", "Unauthorized")
        audience = fields.get("audience")
        if not audience:
            outside = "Non-global clients are not allowed access to APIv1"
            raise RefusedError(403, "access_denied", outside)
        if audience != AUDIENCE:
            outside = f"Service not enabled within domain: {audience}"
            raise RefusedError(403, "access_denied", outside)
        return integration

    def _grant(self, integration: Integration) -> Grant:
        now = int(self._clock())
        cached = self._cache.get(integration.client_id)
        if cached is not None and cached.expires_at - now > SERVED_AGAIN_UNTIL_S:
            return cached
        expires_at = now + LIFETIME_S
        claims = {
            "iss": "https://simulator.invalid/",
            "sub": f"{integration.client_id}@clients",
            "aud": AUDIENCE,
            "iat": now,
            "exp": expires_at,
            "azp": integration.client_id,
            "gty": "client-credentials",
            "scope": " ".join(integration.scopes),
        }
        header = {"alg": "HS256", "typ": "JWT", "kid": "simulator"}
        # Nothing verifies it: who holds a token of ours is looked up.
        parts = (_encode(header), _encode(claims), _base64url(token_bytes(32)))
        grant = Grant(
            ".".join(parts), integration.client_id, integration.scopes, expires_at
        )
        self._cache[integration.client_id] = self._issued[grant.token] = grant
        return grant


def token_route(issuer: TokenIssuer) -> Route:
    """Make the endpoint, which takes JSON and form bodies."""

    async def token(request: Request) -> JSONResponse:
        try:
            body = issuer.answer(await _fields(request))
        except RefusedError as error:
            return JSONResponse(error.body, error.status)
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    return Route("/oauth/token", token, methods=["POST"])


async def _fields(request: Request) -> dict[str, Any]:
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode()))
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not can_be_answered(fields):
        raise RefusedError(400, "invalid_request", "The body cannot be read")
    return fields


def _encode(part: dict[str, Any]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
