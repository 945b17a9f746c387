"""The token's life in one session: fetched, handed out, replaced, forgotten."""

from __future__ import annotations

import threading
import time
from copy import copy
from typing import TYPE_CHECKING, NoReturn

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.token_request import fetch_token
from chili_notebook.auth.tokens import RETRY_S, Freshness, Token, freshness, ready_token
from chili_notebook.errors import (
    ConfigurationError,
    NotSignedInError,
    TokenError,
    TokenExpiredError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.auth.credentials import Credentials


class TokenSource:
    """Holds the token of one session and replaces it when that is due.

    One lock makes that one grant for any number of threads; coroutines wait in a
    thread, so that an event loop is never blocked and no waiter can be the one whom
    all others wait for.

    Args:
        clock: Gives the time in seconds since the epoch.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.environment = Environment()
        self.protect: Callable[[Token], None] = lambda _token: None
        self.on_token: Callable[[Token], None] = lambda _token: None
        self._credentials: Credentials | None = None
        self._token: Token | None = None
        self._why_not = "Nobody is signed in."
        self._lock = threading.Lock()  # of who fetches
        self._changing = threading.Lock()  # never held for long
        self._generation = 0  # of who is signed in
        self._attempts = 0
        self._attempted_at = float("-inf")
        self._failure: TokenError | None = None
        self._rejected_at = float("-inf")

    @property
    def renewable(self) -> bool:
        """Whether there are credentials to ask for another token with."""
        return self._credentials is not None and self._credentials.renewable

    def peek(self) -> Token | None:
        """Give the token at hand, fresh or not, if there is one."""
        return self._token

    def held(self) -> Token:
        """Give the token at hand, fresh or not.

        Raises:
            NotSignedInError: If nobody is signed in.
        """
        token = self._token
        if token is None:
            raise self._nobody()
        return token

    def is_fresh(self) -> bool:
        """Whether `current` would answer at once."""
        token = self._token
        return token is None or freshness(token, self.clock()) is Freshness.FRESH

    def sign_in(self, credentials: Credentials, environment: Environment) -> Token:
        """Fetch the first token, or take a ready one.

        Nothing changes if that fails.

        Raises:
            TokenError: If there is no token to be had with these credentials.
            NotSignedInError: If somebody signs in or out meanwhile.
        """
        generation = self._generation
        if credentials.access_token is not None:
            token = ready_token(credentials.access_token, now=self.clock())
            if token.expired(self.clock()):
                self._raise_expired()
        else:
            token = fetch_token(credentials, environment, clock=self.clock)
        self.protect(token)  # before anybody else can have it
        with self._changing:
            self._require_same(generation)
            self._generation += 1
            self._credentials, self.environment = credentials, environment
            self._attempted_at = token.obtained_at
            self._token, self._failure = token, None
            self._rejected_at = float("-inf")
        self.on_token(token)
        return token

    def sign_out(self, why: str) -> None:
        """Forget the token and the credentials; `why` is told to whoever asks.

        It waits for nobody: a token that is on its way then is thrown away.
        """
        with self._changing:
            self._generation += 1
            self._why_not = why
            self._credentials = self._token = None

    def current(self) -> Token:
        """Give a token that is valid now, asking for another one if that is due.

        Raises:
            NotSignedInError: If nobody is signed in.
            TokenError: If the token has ended and there is no other.
        """
        token = self.held()
        state = freshness(token, self.clock())
        if state is Freshness.FRESH:
            return token
        if not self.renewable:
            if token.expired(self.clock()):
                self._raise_expired()
            return token
        if state is Freshness.ADVISORY:
            return self._renew_if_convenient(token)
        return self._renew(token)

    def renew(self) -> Token:
        """Ask for a token now, however fresh the one at hand is.

        GraFx serves the same one again until about an hour before its end
        (Environment API, "Generating a token").

        Raises:
            NotSignedInError: If nobody is signed in.
            TokenError: If the endpoint gives none.
        """
        held = self.held()
        if not self.renewable:
            self._raise_expired("can only be replaced by hand")
        return self._renew(held)

    def after_401(self, rejected: Token) -> Token | None:
        """Give the token to replay a request with, ``None`` if that is pointless.

        Rejections are answered with one refetch a minute: GraFx's cache would only
        serve the same token once more, and new ones would be rejected like the last.

        Raises:
            TokenError: If the endpoint gives none.
        """
        token = self.held()
        if token.secret != rejected.secret:
            return token
        if not self.renewable or self.clock() - self._rejected_at < RETRY_S:
            return None
        renewed = self._renew(rejected)
        self._rejected_at = self.clock()
        return renewed

    def _renew_if_convenient(self, token: Token) -> Token:
        if self.clock() - self._attempted_at < RETRY_S:
            return token
        if not self._lock.acquire(blocking=False):
            return token  # somebody else is at it
        try:
            if (
                self._token is not token or self.clock() - self._attempted_at < RETRY_S
            ):  # somebody else has been at it
                return self.held()
            token = self._fetch()
        except (TokenError, ConfigurationError):
            return token  # it still works, and there are more attempts to come
        finally:
            self._lock.release()
        self.on_token(token)
        return token

    def _renew(self, stale: Token) -> Token:
        attempts = self._attempts
        with self._lock:
            held = self.held()
            if held is not stale:
                return held
            if self._attempts != attempts and self._failure is not None:
                raise copy(self._failure)  # what the one who was first got, we all get
            token = self._fetch()
        self.on_token(token)
        return token

    def _fetch(self) -> Token:
        """Ask the endpoint; the lock is held."""
        generation, credentials = self._generation, self._credentials
        if credentials is None:
            raise self._nobody()
        self._attempted_at, self._failure = self.clock(), None
        try:
            token = fetch_token(credentials, self.environment, clock=self.clock)
        except TokenError as error:
            # A copy, since the traceback of the error itself holds all its frames.
            self._failure = copy(error)
            raise
        finally:
            self._attempts += 1
        self.protect(token)
        with self._changing:
            self._require_same(generation)
            self._token = token
        return token

    def _require_same(self, generation: int) -> None:
        if generation != self._generation:
            raise self._nobody()

    def _nobody(self) -> NotSignedInError:
        hint = "Sign in with %chili_login, or send its form."
        return NotSignedInError(self._why_not, hint=hint)

    def _raise_expired(self, why: str = "has expired") -> NoReturn:
        raise TokenExpiredError(
            f"The access token {why}, and there are no credentials to ask for another.",
            hint="Copy a new one from GraFx into CHILI_ACCESS_TOKEN, or set "
            "CHILI_CLIENT_ID and CHILI_CLIENT_SECRET; then run %chili_login again.",
        )
