"""Represent the token in a notebook: as a text, and as an auth object."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx

from chili_notebook.auth.secret import signed_in
from chili_notebook.display.wording import spell_count, spell_duration
from chili_notebook.errors import InsecureURLError
from chili_notebook.http.transport import proxy_for
from chili_notebook.http.urls import require_safe, unsafe_url_reason

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, MutableMapping

    from chili_notebook.auth.token_manager import TokenManager
    from chili_notebook.auth.tokens import Token

REWINDABLE = "chili_notebook.rewindable"
"""The extension of a request whose streamed body can be sent again."""
DIRECT = "chili_notebook.direct"
"""The extension of a request that reaches this machine without a proxy."""
_UNAUTHORIZED = 401
_NOT_SENT = "The token was not sent:"


class _RequestLike(Protocol):
    """The part of a `requests` request that an auth callable uses."""

    @property
    def url(self) -> str | None: ...
    @property
    def headers(self) -> MutableMapping[str, str]: ...


_R = TypeVar("_R", bound=_RequestLike)


@signed_in
class ChiliToken(httpx.Auth):
    """A live handle on the session's token.

    ``str(chili_token)`` and f-strings return a token that is valid now; it is fetched
    again when that is due. The handle is also an auth object for httpx (sync and async)
    and requests. Its ``repr`` never shows the token.

    Raises:
        NotSignedInError: On use, if you are not signed in.
        TokenError: On use, if the token has expired and no other can be fetched.

    Example:
        httpx.get(f"{chili.environment.base_url}/api/v1/info", auth=chili_token)
        headers = {"Authorization": f"Bearer {chili_token}"}
    """

    def __init__(self, source: TokenManager) -> None:
        self._source = source

    @property
    def expires_at(self) -> datetime | None:
        """The expiry of the token, in UTC; ``None`` if unknown.

        Example:
            chili_token.expires_at.isoformat()
        """
        ends = self._source.require().expires_at
        return None if ends is None else datetime.fromtimestamp(ends, UTC)

    @property
    def expires_in(self) -> float | None:
        """The seconds until the expiry; ``None`` if unknown.

        Example:
            hours = chili_token.expires_in / 3600
        """
        return self._source.require().remaining_s(self._source.clock())

    @property
    def scopes(self) -> frozenset[str] | None:
        """The scopes of the token; ``None`` if unknown.

        Example:
            "template:read" in chili_token.scopes
        """
        return self._source.require().scopes

    @property
    def expired(self) -> bool:
        """Whether the current token has expired, or there is none.

        Example:
            assert not chili_token.expired
        """
        token = self._source.peek()
        return token is None or token.expired(self._source.clock())

    def __dir__(self) -> list[str]:
        # Completion offers what users read, not what httpx calls.
        return sorted(set(super().__dir__()) - set(dir(httpx.Auth)) | set(dir(object)))

    def __str__(self) -> str:
        return self._source.current().secret.reveal()

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __add__(self, other: str) -> str:
        return str(self) + other

    def __radd__(self, other: str) -> str:
        return other + str(self)

    def __repr__(self) -> str:
        token = self._source.peek()
        if token is None:
            return "<GraFx token: not signed in>"
        left = token.remaining_s(self._source.clock())
        ends = "expiry unknown" if left is None else f"{spell_duration(left)} left"
        ends = "expired" if left == 0 else ends
        scopes = "scopes unknown"
        if token.scopes is not None:
            scopes = spell_count(len(token.scopes), "scope")
        return f"<GraFx token #{token.fingerprint}: {ends}, {scopes}>"

    def __call__(self, request: _R) -> _R:
        """Add the token to a request of `requests`; after a 401 replay it once."""
        url = request.url or ""
        _require_safe_url(url)
        token = self._source.current()
        request.headers["Authorization"] = f"Bearer {token.secret.reveal()}"
        register = getattr(request, "register_hook", None)
        if register is not None:
            # State of this one request, so that threads can share the handle.
            register("response", _Replay(self._source, token, request))
        return request

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the token to `request`; after a 401 renew it once and replay once.

        `TokenManager.after_401` decides whether a replay is worth it.
        """
        _require_safe_request(request)
        token = self._source.current()
        response = yield _signed(request, token)
        if response.status_code == _UNAUTHORIZED and _replayable(request):
            renewed = self._source.after_401(token)
            if renewed is not None:
                yield _signed(request, renewed)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Add the token to `request`; after a 401 renew it once and replay once."""
        _require_safe_request(request)
        token = (
            self._source.current()
            if self._source.is_fresh()
            else await asyncio.to_thread(self._source.current)
        )
        response = yield _signed(request, token)
        if response.status_code == _UNAUTHORIZED and _replayable(request):
            renewed = await asyncio.to_thread(self._source.after_401, token)
            if renewed is not None:
                yield _signed(request, renewed)


class _Replay:
    """The hook that replays a request of `requests` once after a 401.

    Args:
        source: Renews the token.
        token: The token that the request was signed with.
        request: The prepared request.
    """

    def __init__(self, source: TokenManager, token: Token, request: Any) -> None:
        self._source = source
        self._token = token
        self._origin = _origin_of(request.url)
        self._position = _position_of(request.body)

    def __call__(self, response: Any, **options: Any) -> Any:
        """Return the response of the replay, or the response itself."""
        request = response.request
        # `requests` calls this for redirects too, which may lead to another origin.
        if (
            response.status_code != _UNAUTHORIZED
            or "Authorization" not in request.headers
            or _origin_of(request.url) != self._origin
            or self._position is None
        ):
            return response
        renewed = self._source.after_401(self._token)
        if renewed is None:
            return response
        if hasattr(request.body, "seek"):
            request.body.seek(self._position)
        _ = response.content  # so that its connection can be used again
        response.close()
        replayed = request.copy()
        replayed.headers["Authorization"] = f"Bearer {renewed.secret.reveal()}"
        resent = response.connection.send(replayed, **options)
        resent.history, resent.request = [*response.history, response], replayed
        return resent


def _origin_of(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _position_of(body: Any) -> int | None:
    """Return where a body begins; ``None`` if it cannot be sent again."""
    if body is None or isinstance(body, str | bytes | bytearray):
        return 0
    try:
        position: int = body.tell()
        return position if body.seekable() else None
    except (AttributeError, OSError):
        return None


def _signed(request: httpx.Request, token: Token) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.secret.reveal()}"
    return request


def _replayable(request: httpx.Request) -> bool:
    if request.extensions.get(REWINDABLE):
        return True
    try:
        _ = request.content
    except httpx.RequestNotRead:  # a stream that the first attempt has consumed
        return False
    return True


def _require_safe_request(request: httpx.Request) -> None:
    """Raise an error if the token may not be sent with a request of httpx."""
    reason = unsafe_url_reason(request.url)
    if reason:
        raise InsecureURLError(f"{_NOT_SENT} the URL {reason}.", hint="Use https.")
    if request.url.scheme == "http" and DIRECT not in request.extensions:
        _require_no_proxy(request.url.host)


def _require_safe_url(url: str) -> None:
    """Raise an error if the token may not be sent to a URL of requests."""
    require_safe(url, subject=f"{_NOT_SENT} the URL", hint="Use https.")
    parts = urlsplit(url)
    if parts.scheme == "http":
        _require_no_proxy(parts.hostname or "")


def _require_no_proxy(host: str) -> None:
    """Raise an error if a proxy would see the token that is sent to this machine.

    The clients of httpx and requests send plain http to a proxy, too.
    """
    if proxy_for("http", host):
        raise InsecureURLError(
            f"{_NOT_SENT} a proxy is set for plain http, and would see it.",
            hint=f"Set NO_PROXY={host}, so that this machine is reached directly.",
        )
