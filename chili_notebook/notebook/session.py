"""One sign-in of a notebook: its token, its client, its card and its names."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from IPython.display import display

from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.environment_check import (
    NO_ANSWER_IN_TIME,
    TIME_LIMIT_S,
    CheckStatus,
    EnvironmentCheck,
    check_environment,
)
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.card.state import (
    CardState,
    Note,
    as_html,
    as_html_beside,
    as_line,
    as_text,
)
from chili_notebook.errors import ForbiddenError
from chili_notebook.notebook.login_notes import (
    describe_form_settings,
    describe_login,
    first_check,
)
from chili_notebook.system.bounded_call import call_within
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from chili_notebook.api.client import Chili
    from chili_notebook.auth.credentials import Credentials
    from chili_notebook.auth.environment import Environment
    from chili_notebook.auth.tokens import Token
    from chili_notebook.card.widget import Card
    from chili_notebook.errors import APIError
    from chili_notebook.guard.install import Guard
    from chili_notebook.signin import LoginSettings

_CLIENT = ("chili_notebook.api.client",)
_LIVE_CARD = (*_CLIENT, "chili_notebook.card.actions", "chili_notebook.card.widget")


class Session:
    """A client and a token handle under their names, with the card that shows them.

    Attributes:
        manager: The token manager.
        settings: The settings of the last login.
        stored_in: The places where the typed credentials are stored.

    Args:
        profile: The profile, or empty.
        name: The name of the client in the notebook.
        guard: The guard of this process.
        clock: Returns the time in seconds since the epoch.
        show_output: Displays a bundle, as `IPython.display.display` does.
        check: Checks with one request whether the environment accepts a token.
    """

    def __init__(  # noqa: PLR0913 - each is named at the call
        self,
        profile: str,
        name: str,
        *,
        guard: Guard,
        clock: Callable[[], float] = time.time,
        show_output: Callable[..., Any] = display,
        check: Callable[[Environment, Token], EnvironmentCheck] = check_environment,
    ) -> None:
        self.manager = TokenManager(
            guard.registry, on_renewal=self.show_token, clock=clock
        )
        self.settings: LoginSettings | None = None
        self.stored_in: list[str] = []
        self._guard = guard
        self._show_output = show_output
        self._check = check
        self._checking: threading.Thread | None = None
        self._checked_generation = -1
        self._state = CardState("signed-out", name, f"{name}_token", profile)
        self._card: Card | None = None
        self._is_displayed = False
        self._display_id = f"chili-{token_hex(8)}"
        self._renew_lock()
        renew_in_children(self._renew_lock)

    def _renew_lock(self) -> None:
        # Reentrant, because showing a change may fetch a token under the same lock.
        self._lock = threading.RLock()

    @cached_property
    def chili(self) -> Chili:
        """The client."""
        from chili_notebook.api.client import Chili

        return Chili(
            self.manager,
            name=self._state.client_name,
            profile=self._state.profile or None,
            on_refusal=self._show_refused_scope,
        )

    @property
    def names(self) -> dict[str, object]:
        """The names to bind in the notebook, with their objects."""
        state = self._state
        return {state.client_name: self.chili, state.token_name: self.chili.token}

    @property
    def state(self) -> CardState:
        """The state that the card shows."""
        return self._state

    @property
    def profile(self) -> str | None:
        """The profile of the last login."""
        return None if self.settings is None else self.settings.profile

    @property
    def folder(self) -> Path | None:
        """The folder of the last login; ``None`` before one."""
        return None if self.settings is None else self.settings.folder

    def show_form(self, settings: LoginSettings) -> None:
        """Show the form; until it is sent, calls raise an error that says so."""
        from chili_notebook.card.remember import list_storage_options

        self.settings = settings
        form = settings.with_form()
        places = dict.fromkeys(entry.source for entry in settings.choice.trace)
        reason = ""
        if settings.found_nothing:
            sentences = [f"No credentials found in {' or '.join(places)}"]
            reason = " ".join(f"{s}." for s in (*sentences, *settings.choice.notes))
        with self._lock:
            self.manager.sign_out(
                "You are not signed in: the form has not been sent yet."
            )
            self.show(
                phase="form",
                environment=form.environment,
                source="",
                origin=None,
                token=None,
                note=describe_form_settings(form),
                form_reason=reason,
                storage_options=list_storage_options(),
                refused_scopes=frozenset(),
            )

    def sign_in(self, settings: LoginSettings, *, live: bool = False) -> None:
        """Sign in with the credentials that the sources contain.

        Args:
            settings: What the sources contain.
            live: Whether the live card will be displayed.

        Raises:
            ConfigurationError: If there are none, or a setting cannot be used.
            TokenError: If the token request fails.
        """
        on_sent = partial(_load, _LIVE_CARD if live else _CLIENT)
        self._sign_in(settings, settings.require_credentials(), on_sent)

    def sign_in_typed(
        self, credentials: Credentials, *, environment: str, environment_type: str
    ) -> None:
        """Sign in with what was typed into the form.

        Raises:
            ConfigurationError: If the environment cannot be used.
            TokenError: If the token request fails.
        """
        if self.settings is None:
            return  # no form was shown
        settings = self.settings.with_form(
            credentials, environment=environment, environment_type=environment_type
        )
        if settings.environment_error is not None:
            raise settings.environment_error
        self._sign_in(settings, credentials)
        self.start_check()

    def _sign_in(
        self,
        settings: LoginSettings,
        credentials: Credentials,
        on_sent: Callable[[], None] | None = None,
    ) -> None:
        environment = settings.environment
        self.manager.sign_in(credentials, environment, on_sent=on_sent)
        with self._lock:
            token = self.manager.peek()
            if token is None or self.manager.environment is not environment:
                return  # another thread signed out, or in elsewhere, meanwhile
            self.settings, self.stored_in = settings, []
            self.show(
                phase="signed-in",
                environment=environment,
                source=credentials.source,
                origin=credentials.origin,
                renewable=credentials.renewable,
                token=token,
                check=first_check(settings),
                masked=self._guard.is_active(),
                refused_scopes=frozenset(),
                note=describe_login(settings),
            )

    def sign_out(self, reason: str, **hint: str) -> None:
        """Close the client and forget the token.

        The card shows where the credentials are still stored.

        Args:
            reason: The message of the error that later calls raise.
            hint: Its hint, if it is not the usual one.
        """
        with self._lock:
            had_token = self.manager.peek() is not None
            self.manager.sign_out(reason, **hint)
            is_typed = self._state.origin is Origin.FORM
            places = self.stored_in if is_typed else [self._state.source]
            note = None
            if had_token and places and self._state.origin is not Origin.SIMULATOR:
                note = Note(f"Your credentials are still in {' and in '.join(places)}.")
            self.show(phase="signed-out", note=note)
        self.chili.close()

    def describe_outcome(self) -> str:
        """Return how the last login ended, for the caption of its trace."""
        if self.manager.peek() is None:
            return "not signed in"
        check = self._state.check
        failure = f"; {check.label.lower()}" if check.has_failed else ""
        return f"signed in with credentials from {self._state.source}{failure}"

    def display(self, *, live: bool, in_full: bool = True) -> None:
        """Display the card in the running cell: live, or its static twin.

        Args:
            live: Whether a front-end shows it live. Then the card follows the check of
                the environment. The twin alone is displayed when the check has ended.
            in_full: Whether the twin's plain text has more than one line.
        """
        if live:
            self._is_displayed = True
            twin = self._twin(beside=True)
            self._show_output(twin, raw=True, display_id=self._display_id)
            self._show_output(self.live_card().view(), raw=True)
            self.start_check()
        else:
            self.start_check()
            if self._checking is not None:
                self._checking.join(2 * TIME_LIMIT_S)
            text = {} if in_full else {"text/plain": as_line(self._state)}
            self._show_output(self._twin() | text, raw=True)

    def start_check(self, *, again: bool = False) -> None:
        """Check the environment in a thread, once after each sign-in.

        Args:
            again: Whether to check again after a failed check.
        """
        with self._lock:
            token, generation = self.manager.peek(), self.manager.generation
            is_started = self._checked_generation == generation
            if again and self._state.check.has_failed:
                self.show(check=EnvironmentCheck(CheckStatus.CHECKING))
                is_started = False
            is_due = self._state.check.status is CheckStatus.CHECKING
            if token is None or is_started or not is_due:
                return
            self._checked_generation = generation
            # A daemon, so that it cannot keep the process alive.
            self._checking = threading.Thread(
                target=self._run_check, args=(token, generation), daemon=True
            )
            try:
                self._checking.start()
            except RuntimeError:  # no thread can be started any more
                self._checking = None
                self.show(check=EnvironmentCheck())

    def _run_check(self, token: Token, generation: int) -> None:
        """Check the environment; show the result unless the token was replaced."""
        environment = self.manager.environment
        call = call_within(TIME_LIMIT_S, lambda: self._check(environment, token))
        check = call.value or NO_ANSWER_IN_TIME
        with self._lock:
            if self.manager.generation != generation or self.manager.peek() is None:
                return
            if check.is_simulated:
                environment = replace(environment, kind="simulated")
                self.manager.environment = environment
            self.show(check=check, environment=environment)

    def live_card(self) -> Card:
        """Return the widget; it is created again if other code has closed it."""
        if self._card is None or self._card.comm is None:
            # A login without a live card must not wait for these to load.
            from chili_notebook.card.actions import CardActions
            from chili_notebook.card.widget import Card

            self._card = Card(
                self._state,
                on_action=CardActions(self),
                allow_once=self._guard.allow_once,
                clock=self.manager.clock,
            )
        return self._card

    def show(self, **changes: Any) -> None:
        """Change what the card shows, in every view and in what is stored."""
        with self._lock:
            before, self._state = self._state, replace(self._state, **changes)
            phases = {before.phase, self._state.phase}
            is_changed = before.stored_as() != self._state.stored_as()
            if (
                self._is_displayed
                and phases & {"signed-in", "signed-out"}
                and is_changed
            ):
                # The stored twin changes before the live card does: a notebook that is
                # saved as soon as the live card changes must not keep the old state.
                twin = self._twin(beside=True)
                self._show_output(
                    twin, raw=True, display_id=self._display_id, update=True
                )
            if self._card is not None:
                self._card.show(self._state)

    def show_token(self, token: Token, *, note: Note | None = None) -> None:
        """Show a token that replaced another, unless it has been replaced again."""
        with self._lock:
            is_current = token is self.manager.peek()
            if self._state.phase == "signed-in" and is_current:
                self.show(token=token, note=note)

    def _twin(self, *, beside: bool = False) -> dict[str, str]:
        """Return the static twin.

        Args:
            beside: Whether it hides itself when a live card follows.
        """
        html = as_html_beside if beside else as_html
        return {"text/plain": as_text(self._state), "text/html": html(self._state)}

    def _show_refused_scope(self, error: APIError) -> None:
        """Mark the scope that a refused call probably needed."""
        if not isinstance(error, ForbiddenError) or not error.scope:
            return
        with self._lock:
            if self._state.phase == "signed-in":
                scopes = self._state.refused_scopes | {error.scope}
                self.show(refused_scopes=scopes)


def _load(modules: Collection[str]) -> None:
    """Load modules in a thread, to use the time of the token request."""

    def load() -> None:
        with suppress(
            Exception
        ):  # the code that needs one raises it where the user sees it
            for module in modules:
                import_module(module)

    if not sys.modules.keys() >= {*modules}:
        with suppress(RuntimeError):  # no thread can be started any more
            threading.Thread(target=load, daemon=True).start()
