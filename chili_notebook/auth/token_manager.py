"""Manage the token of one session: fetch it, return it, renew it, forget it."""

from __future__ import annotations

import threading
import time
from copy import copy
from typing import TYPE_CHECKING, NoReturn, Protocol

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import signed_in
from chili_notebook.auth.token_request import fetch_token
from chili_notebook.auth.tokens import (
    RETRY_S,
    Freshness,
    Token,
    freshness,
    read_pasted_token,
)
from chili_notebook.errors import (
    ConfigurationError,
    NotSignedInError,
    TokenError,
    TokenExpiredError,
)
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.auth.credentials import Credentials


_SIGN_IN = "Sign in with %chili_login, or send its form."


class SecretProtector(Protocol):
    """Masks secrets before anything else can hold them: the guard's registry."""

    def protect_credentials(self, credentials: Credentials) -> None:
        """Protect the secret of these credentials."""

    def protect_token(self, token: Token) -> None:
        """Protect a token."""


@signed_in
class TokenManager:
    """Hold the token of one session, and renew it when that is due.

    One lock, so that concurrent threads share one token request. Coroutines wait in a
    worker thread, so the event loop is never blocked.

    Args:
        protector: Protects credentials before they are used, and each new token
            before anything else can hold it.
        on_renewal: Called with each token that replaces another without the caller
            asking for it.
        clock: Returns the time in seconds since the epoch.
        stopwatch: Returns seconds that nobody can set back, to measure durations.
    """

    def __init__(
        self,
        protector: SecretProtector,
        *,
        on_renewal: Callable[[Token], None] | None = None,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.stopwatch = stopwatch
        self.environment = Environment()
        self._protector = protector
        self._on_renewal = on_renewal
        self._credentials: Credentials | None = None
        self._token: Token | None = None
        self._reason_signed_out = "You are not signed in."
        self._hint_signed_out = _SIGN_IN
        self._renew_in_child()
        renew_in_children(self._renew_in_child)
        self._sign_in_generation = 0
        self._attempts = 0
        self._attempted_at = float("-inf")
        self._last_fetch_error: TokenError | None = None
        self._refetched_after_401_at = float("-inf")

    @property
    def generation(self) -> int:
        """A number that changes at each sign-in and sign-out."""
        return self._sign_in_generation

    @property
    def renewable(self) -> bool:
        """Whether there are credentials to request another token with."""
        return self._credentials is not None and self._credentials.renewable

    def peek(self) -> Token | None:
        """Return the current token, fresh or not; ``None`` if you are not signed in."""
        return self._token

    def require(self) -> Token:
        """Return the current token, fresh or not.

        Raises:
            NotSignedInError: If you are not signed in.
        """
        token = self._token
        if token is None:
            raise self._not_signed_in()
        return token

    def is_fresh(self) -> bool:
        """Return whether `current` would return without a token request."""
        token = self._token
        return token is None or freshness(token, self.clock()) is Freshness.FRESH

    def sign_in(
        self,
        credentials: Credentials,
        environment: Environment,
        *,
        on_sent: Callable[[], None] | None = None,
    ) -> Token:
        """Fetch the first token, or use the access token of the credentials.

        If that fails, nothing changes.

        Args:
            credentials: The credentials.
            environment: The environment that they belong to.
            on_sent: Called when the token request has been sent, to use the time until
                its response.

        Raises:
            ConfigurationError: If the secret is too short to be masked.
            TokenError: If the credentials yield no valid token.
            NotSignedInError: If another thread signs in or out meanwhile.
        """
        self._protector.protect_credentials(credentials)
        generation = self._sign_in_generation
        if credentials.access_token is not None:
            token = read_pasted_token(credentials.access_token, now=self.clock())
            if token.expired(self.clock()):
                self._raise_expired()
        else:
            token = fetch_token(
                credentials, environment, clock=self.clock, on_sent=on_sent
            )
        self._protector.protect_token(token)
        with self._state_lock:
            self._require_generation(generation)
            self._sign_in_generation += 1
            self._credentials, self.environment = credentials, environment
            self._attempted_at = self.stopwatch()
            self._token, self._last_fetch_error = token, None
            self._refetched_after_401_at = float("-inf")
        return token

    def sign_out(self, reason: str, *, hint: str = _SIGN_IN) -> None:
        """Forget the token and the credentials, without waiting.

        A token that is requested at this moment is discarded when it arrives.

        Args:
            reason: The message of the error that later calls raise.
            hint: Its hint.
        """
        with self._state_lock:
            self._sign_in_generation += 1
            self._reason_signed_out, self._hint_signed_out = reason, hint
            self._credentials = self._token = None

    def current(self) -> Token:
        """Return a token that is valid now, and fetch one if that is due.

        Raises:
            NotSignedInError: If you are not signed in.
            TokenError: If the token has expired and no other can be fetched.
        """
        token = self.require()
        state = freshness(token, self.clock())
        if state is Freshness.FRESH:
            return token
        if not self.renewable:
            if token.expired(self.clock()):
                self._raise_expired()
            return token
        if state is Freshness.ADVISORY:
            return self._renew_if_convenient(token)
        return self._renew(token, self._on_renewal)

    def renew(self) -> Token:
        """Request a token now, however fresh the current one is.

        GraFx returns the same token again until about an hour before its expiry
        (Environment API, "Generating a token"). `on_renewal` is not called: the caller
        gets the token.

        Raises:
            NotSignedInError: If you are not signed in.
            TokenError: If the token request fails.
        """
        token = self.require()
        if not self.renewable:
            self._raise_expired("can only be replaced by hand")
        return self._renew(token)

    def after_401(self, rejected: Token) -> Token | None:
        """Return the token to replay a request with; ``None`` if that is pointless.

        The auth flows of `ChiliToken` in `chili_notebook.auth.handle` call it.
        At most one token is requested in a minute: GraFx's cache would only return the
        same token again, and a new one would be rejected like the last.

        Raises:
            TokenError: If the token request fails.
        """
        token = self.require()
        if token.secret != rejected.secret:
            return token
        since_refetch_s = self.stopwatch() - self._refetched_after_401_at
        if not self.renewable or since_refetch_s < RETRY_S:
            return None
        renewed = self._renew(rejected, self._on_renewal)
        self._refetched_after_401_at = self.stopwatch()
        return renewed

    def _renew_in_child(self) -> None:
        """Replace the locks, which a thread of the parent may have held at the fork."""
        self._fetch_lock = threading.Lock()  # held during a token request
        self._state_lock = threading.Lock()  # held for moments only

    def _renew_if_convenient(self, token: Token) -> Token:
        """Renew a token that still works; if that fails, return it."""
        if not self._is_attempt_due():
            return token
        if not self._fetch_lock.acquire(blocking=False):
            return token  # another thread is renewing it
        try:
            # Another thread may have renewed it, or tried to, before the lock was free.
            if self._token is not token or not self._is_attempt_due():
                return self.require()
            token = self._fetch()
        except (TokenError, ConfigurationError):
            return token  # it still works, and there will be other attempts
        finally:
            self._fetch_lock.release()
        if self._on_renewal is not None:
            self._on_renewal(token)
        return token

    def _is_attempt_due(self) -> bool:
        return self.stopwatch() - self._attempted_at >= RETRY_S

    def _renew(
        self, stale: Token, on_renewal: Callable[[Token], None] | None = None
    ) -> Token:
        attempts = self._attempts
        with self._fetch_lock:
            token = self.require()
            if token is not stale:
                return token
            if self._attempts != attempts and self._last_fetch_error is not None:
                # Another thread made the request while this one waited for the lock.
                raise copy(self._last_fetch_error)
            token = self._fetch()
        if on_renewal is not None:
            on_renewal(token)
        return token

    def _fetch(self) -> Token:
        """Make the token request; the caller holds the fetch lock."""
        generation, credentials = self._sign_in_generation, self._credentials
        if credentials is None:
            raise self._not_signed_in()
        self._attempted_at, self._last_fetch_error = self.stopwatch(), None
        try:
            token = fetch_token(credentials, self.environment, clock=self.clock)
        except TokenError as error:
            # The traceback holds all frames. A copy has it too if dask is imported:
            # its library tblib changes how errors are copied.
            self._last_fetch_error = copy(error).with_traceback(None)
            raise
        finally:
            self._attempts += 1
        self._protector.protect_token(token)
        with self._state_lock:
            self._require_generation(generation)
            self._token = token
        return token

    def _require_generation(self, generation: int) -> None:
        if generation != self._sign_in_generation:
            raise self._not_signed_in()

    def _not_signed_in(self) -> NotSignedInError:
        return NotSignedInError(self._reason_signed_out, hint=self._hint_signed_out)

    def _raise_expired(self, state: str = "has expired") -> NoReturn:
        raise TokenExpiredError(
            f"The access token {state}: there are no credentials to request another.",
            hint="Copy a new one from GraFx into CHILI_ACCESS_TOKEN, or set "
            "CHILI_CLIENT_ID and CHILI_CLIENT_SECRET; then run %chili_login again.",
        )
