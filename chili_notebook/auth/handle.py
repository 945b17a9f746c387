"""The handle that notebooks hold on the token: a text, and an auth object."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar

import httpx

from chili_notebook.auth.secret import NOT_PICKLED
from chili_notebook.display.wording import spell_duration
from chili_notebook.http.urls import require_safe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, MutableMapping

    from chili_notebook.auth.token_manager import TokenSource
    from chili_notebook.auth.tokens import Token

REWINDABLE = "chili_notebook.rewindable"
"""The extension of a request whose body can be sent again, though it is a stream."""
_UNAUTHORIZED = 401


class _RequestLike(Protocol):
    """What `requests` hands to an auth callable."""

    @property
    def url(self) -> str | None: ...
    @property
    def headers(self) -> MutableMapping[str, str]: ...


_R = TypeVar("_R", bound=_RequestLike)


class ChiliToken(httpx.Auth):
    """A live handle on the session's token.

    ``str(chili_token)`` and f-strings give a token that is valid now, refetched if that
    is due. It is an auth object too: ``httpx.get(url, auth=chili_token)``,
    ``httpx.AsyncClient(auth=chili_token)``, ``requests.get(url, auth=chili_token)``.
    Its ``repr`` never shows the token.

    Raises:
        NotSignedInError: On use, while nobody is signed in.
        TokenError: On use, if the token has ended and there is no other.
    """

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    @property
    def expires_at(self) -> datetime | None:
        """When the token ends, with its time zone; ``None`` if nobody says."""
        ends = self._source.held().expires_at
        return None if ends is None else datetime.fromtimestamp(ends, UTC)

    @property
    def expires_in(self) -> float | None:
        """Seconds left; ``None`` if nobody says."""
        return self._source.held().remaining_s(self._source.clock())

    @property
    def scopes(self) -> frozenset[str] | None:
        """What the token allows; ``None`` if nobody says."""
        return self._source.held().scopes

    @property
    def expired(self) -> bool:
        """Whether the token at hand has ended, or there is none."""
        token = self._source.peek()
        return token is None or token.expired(self._source.clock())

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
        scopes = "scopes unknown" if token.scopes is None else _count(token.scopes)
        return f"<GraFx token #{token.fingerprint}: {ends}, {scopes}>"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(NOT_PICKLED)

    def __call__(self, request: _R) -> _R:
        """Sign a request of the `requests` library."""
        _require_safe(request.url or "")
        request.headers["Authorization"] = f"Bearer {self}"
        return request

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign `request`; on a 401 refetch once and replay once."""
        _require_safe(str(request.url))
        token = self._source.current()
        response = yield _signed(request, token)
        if response.status_code == _UNAUTHORIZED and _replayable(request):
            renewed = self._source.after_401(token)
            if renewed is not None:
                yield _signed(request, renewed)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign `request`; on a 401 refetch once and replay once."""
        _require_safe(str(request.url))
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


def _signed(request: httpx.Request, token: Token) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.secret.reveal()}"
    return request


def _replayable(request: httpx.Request) -> bool:
    if request.extensions.get(REWINDABLE):
        return True
    try:
        _ = request.content
    except httpx.RequestNotRead:  # a stream that the first try has used up
        return False
    return True


def _count(scopes: frozenset[str]) -> str:
    return f"{len(scopes)} scope{'' if len(scopes) == 1 else 's'}"


def _require_safe(url: str) -> None:
    subject = "The token was not sent: the URL"
    require_safe(url, subject=subject, hint="Use https.")
