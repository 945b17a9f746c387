"""Read tokens, and decide when they expire and when to fetch another. Pure.

The time is always an argument. Times are seconds since the epoch by this machine's
clock; durations are seconds.
"""

from __future__ import annotations

import base64
import enum
import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from chili_notebook.auth.secret import Secret
from chili_notebook.errors import TokenResponseError

ADVISORY_S = 3600.0
"""GraFx returns the same token until about one hour before its expiry
(Environment API, "Generating a token")."""
MANDATORY_S = 60.0
"""With less time left, a token is not used without requesting another."""
RETRY_S = 60.0
"""While the old token works, there is at most one attempt in this time."""

_TEN_YEARS_S = 10 * 366 * 86_400
_YEAR_9999 = 2.5e11  # datetime ends there
_JSON_TYPE = re.compile(r"^(application|text)/([\w.-]+\+)?json$", re.IGNORECASE)
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and what is known about it.

    Attributes:
        secret: The token itself.
        obtained_at: When it was requested.
        expires_at: When it expires; ``None`` if unknown.
        lifetime_s: The time from its issue to its expiry; ``None`` if unknown.
        scopes: Its scopes; ``None`` if unknown.
    """

    secret: Secret
    obtained_at: float
    expires_at: float | None
    lifetime_s: float | None
    scopes: frozenset[str] | None

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that distinguish tokens without revealing them."""
        return self.secret.fingerprint

    def remaining_s(self, now: float) -> float | None:
        """Return the seconds left at `now`, never negative; ``None`` if unknown."""
        return None if self.expires_at is None else max(0.0, self.expires_at - now)

    def expired(self, now: float) -> bool:
        """Return whether the token has expired; ``False`` if the expiry is unknown."""
        return self.expires_at is not None and now >= self.expires_at


class Freshness(enum.Enum):
    """How urgently a token should be replaced."""

    FRESH = "fresh"
    ADVISORY = "advisory"
    """A new token is available; the old one works if fetching it fails."""
    MANDATORY = "mandatory"
    """The old token must not be used any more."""


def freshness(token: Token, now: float) -> Freshness:
    """Return whether `token` should be replaced at `now`.

    A token that was obtained with less than two minutes left is replaced after half of
    that time. So an endpoint that returns a token in its last seconds is asked a few
    times, and not at each call.
    """
    if token.expires_at is None:
        return Freshness.FRESH
    left = token.expires_at - now
    if left <= min(MANDATORY_S, (token.expires_at - token.obtained_at) / 2):
        return Freshness.MANDATORY
    return Freshness.ADVISORY if left <= ADVISORY_S else Freshness.FRESH


def token_from_response(
    body: bytes, content_type: str, *, asked_at: float, server_date: float | None
) -> Token:
    """Read the token endpoint's response to a successful request.

    Args:
        body: The body.
        content_type: The Content-Type header; empty if there is none.
        asked_at: When the request was made.
        server_date: The Date header in seconds since the epoch, if there is one.

    Raises:
        TokenResponseError: If the response is not a bearer token with a lifetime.
    """
    try:
        return _read(body, content_type, asked_at, server_date)
    except _UnusableError as error:
        reason = str(error)
    del body  # so that the frame of the error below holds no token
    raise TokenResponseError(
        f"The token endpoint's response cannot be used: {reason}.",
        hint="The endpoint, or a proxy before it, does not follow OAuth 2.0 (RFC 6749, "
        "section 5.1). Check CHILI_TOKEN_URL, or try again later.",
    )


def read_pasted_token(secret: Secret, *, now: float) -> Token:
    """Read an access token that the user pasted; only its own claims are known.

    Raises:
        TokenResponseError: If the text cannot be sent in a header.
    """
    text = secret.reveal()
    if not _HEADER_SAFE.fullmatch(text):
        raise TokenResponseError(
            "The access token contains characters that an HTTP header cannot contain.",
            hint="Copy the token again from GraFx, without line breaks or spaces.",
        )
    claims = jwt_claims(text)
    exp, issued_at = _number(claims, "exp"), _number(claims, "iat")
    return Token(
        secret=secret,
        obtained_at=now,
        expires_at=exp,
        lifetime_s=exp - issued_at if exp is not None and issued_at else None,
        scopes=_scopes({}, claims),
    )


def jwt_claims(token: str) -> dict[str, Any]:
    """Return a JWT's claims without verifying them; empty if it is not a JWT."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        return {}
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


class _UnusableError(Exception):
    """Why a response is not a token; the message reveals nothing of its content."""


def _read(
    body: bytes, content_type: str, asked_at: float, server_date: float | None
) -> Token:
    answer = _json_object(body, content_type)
    access_token = _text(answer, "access_token")
    if not _HEADER_SAFE.fullmatch(access_token):
        _refuse("its access_token contains characters that a header cannot contain")
    if _text(answer, "token_type").lower() != "bearer":
        _refuse("its token_type is not Bearer")
    expires_in = _seconds(answer)
    claims = jwt_claims(access_token)
    exp, issued_at = _number(claims, "exp"), _number(claims, "iat")
    expires_at = asked_at + expires_in
    if exp is not None:
        # `exp` was set by the endpoint's clock, not by this machine's.
        skew = asked_at - server_date if server_date is not None else 0.0
        # If it is in the past, a clock is wrong: then `expires_in` counts.
        if exp + skew > asked_at:
            expires_at = min(expires_at, exp + skew)
    lifetime = exp - issued_at if exp is not None and issued_at is not None else 0.0
    return Token(
        secret=Secret(access_token),
        obtained_at=asked_at,
        expires_at=expires_at,
        lifetime_s=max(lifetime, expires_at - asked_at),
        scopes=_scopes(answer, claims),
    )


def _json_object(body: bytes, content_type: str) -> dict[str, Any]:
    kind = content_type.partition(";")[0].strip()
    if kind and not _JSON_TYPE.match(kind):
        _refuse(f"it is {_clip(kind)} ({len(body):,} bytes) and not JSON")
    if not body.strip():
        _refuse("it is empty")
    try:
        answer = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        _refuse(f"its {len(body):,} bytes are not a complete JSON object")
    return answer


def _text(answer: dict[str, Any], key: str) -> str:
    value = answer.get(key)
    if value is None:
        _refuse(f"{key} is missing")
    if not isinstance(value, str) or not value.strip():
        _refuse(f"its {key} is not a text")
    return value


def _seconds(answer: dict[str, Any]) -> float:
    value = answer.get("expires_in")
    if value is None:
        _refuse("expires_in is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse("its expires_in is not a number of seconds")
    if not 0 < value <= _TEN_YEARS_S:
        _refuse("its expires_in is not a lifetime: negative, zero or too long")
    return float(value)


def _scopes(answer: dict[str, Any], claims: dict[str, Any]) -> frozenset[str] | None:
    scope = answer.get("scope")
    if scope is None:
        # RFC 6749 lets an endpoint leave it out; the token's claims may contain it.
        scope = claims.get("scope")
        return frozenset(scope.split()) if isinstance(scope, str) else None
    if not isinstance(scope, str):
        _refuse("its scope is not a text")
    return frozenset(scope.split())


def _number(claims: dict[str, Any], key: str) -> float | None:
    value = claims.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < _YEAR_9999 else None


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"  # noqa: PLR2004


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(reason: str) -> NoReturn:
    raise _UnusableError(reason)
