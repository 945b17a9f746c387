"""Issue and cache access tokens for client credentials.

Sources: Environment API, "Generating a token" (fields, the cache), and Auth0's public
pages for the errors, which GraFx does not document.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_bytes, token_urlsafe
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AUDIENCE = "https://chiligrafx.com"
LIFETIME_S = 86_400
CACHED_UNTIL_S = 3600
"""A new token is issued when the cached one expires in less than this."""
_CRUD = ("font", "media", "myproject", "template", "template_collection")
SCOPES = (
    *(f"{noun}:{verb}" for noun in _CRUD for verb in ("list", "read", "write")),
    "output:animated",
    "output:static",
)


@dataclass(slots=True)
class Integration:
    """A client of the environment, as GraFx's page "Integrations" creates one."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = SCOPES


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token, with its client, scopes and expiry."""

    token: str
    client_id: str
    scopes: tuple[str, ...]
    expires_at: int


class TokenRefusedError(Exception):
    """A token request is refused; the texts are Auth0's."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


class TokenIssuer:
    """Issue tokens, and return each again until an hour before its expiry.

    Args:
        clock: Returns seconds since the epoch.

    Attributes:
        integrations: The known clients, by client ID.
        grants: How many token requests were successful.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.integrations: dict[str, Integration] = {}
        self.grants = 0
        self._cache: dict[str, IssuedToken] = {}
        self._issued: dict[str, IssuedToken] = {}

    def register(self, scopes: tuple[str, ...] = SCOPES) -> Integration:
        """Create an integration with new credentials."""
        client_id = f"simulated{token_urlsafe(24).replace('-', 'x').replace('_', 'x')}"
        integration = Integration(client_id, token_urlsafe(48), scopes)
        self.integrations[client_id] = integration
        return integration

    def grant(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a successful token response.

        Raises:
            TokenRefusedError: If the fields are not those of a known client.
        """
        issued = self._issue(self._verify(fields))
        self.grants += 1
        return {
            "access_token": issued.token,
            "token_type": "Bearer",
            "expires_in": int(issued.expires_at - self._clock()),
            "scope": " ".join(issued.scopes),
        }

    def find(self, token: str) -> IssuedToken | None:
        """Return a token that is valid now."""
        issued = self._issued.get(token)
        if issued is None or self._clock() >= issued.expires_at:
            return None
        return issued

    def expire(self, token: str) -> None:
        """Let a token expire now; the next request gets a new one."""
        issued = self._issued.pop(token, None)
        if issued is not None and self._cache.get(issued.client_id) is issued:
            del self._cache[issued.client_id]

    def _verify(self, fields: Mapping[str, Any]) -> Integration:
        grant_type = fields.get("grant_type")
        if not grant_type:
            missing = "Missing required parameter: grant_type"
            raise TokenRefusedError(400, "invalid_request", missing)
        if grant_type != "client_credentials":
            unknown = f"Unsupported grant type: {grant_type}"
            raise TokenRefusedError(403, "unsupported_grant_type", unknown)
        if not fields.get("client_id"):
            raise TokenRefusedError(401, "invalid_client", "Missing client_id")
        integration = self.integrations.get(str(fields["client_id"]))
        secret = str(fields.get("client_secret", ""))
        if integration is None or not compare_digest(
            secret.encode(), integration.client_secret.encode()
        ):
            raise TokenRefusedError(401, "access_denied", "Unauthorized")
        audience = fields.get("audience")
        if not audience:
            outside = "Non-global clients are not allowed access to APIv1"
            raise TokenRefusedError(403, "access_denied", outside)
        if audience != AUDIENCE:
            outside = f"Service not enabled within domain: {audience}"
            raise TokenRefusedError(403, "access_denied", outside)
        return integration

    def _issue(self, integration: Integration) -> IssuedToken:
        now = int(self._clock())
        cached = self._cache.get(integration.client_id)
        if cached is not None and cached.expires_at - now > CACHED_UNTIL_S:
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
        # The signature is random, since tokens are looked up and not verified.
        parts = (_encode(header), _encode(claims), _base64url(token_bytes(32)))
        issued = IssuedToken(
            ".".join(parts), integration.client_id, integration.scopes, expires_at
        )
        self._cache[integration.client_id] = self._issued[issued.token] = issued
        return issued


def _encode(part: dict[str, Any]) -> str:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
