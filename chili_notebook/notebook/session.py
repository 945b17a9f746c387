"""One sign-in of a notebook: its token, its client, its card, its names."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from chili_notebook.api.client import Chili
from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.token_manager import TokenSource
from chili_notebook.card.actions import CardActions
from chili_notebook.card.remember import keepers
from chili_notebook.card.state import (
    CardState,
    Note,
    as_html,
    as_html_beside,
    as_line,
    as_text,
)
from chili_notebook.errors import ConfigurationError, ForbiddenError
from chili_notebook.guard import output_guard as guard
from chili_notebook.guard.registry import protect_credentials, protect_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.auth.credentials import Credentials
    from chili_notebook.auth.tokens import Token
    from chili_notebook.card.widget import Card
    from chili_notebook.errors import APIError
    from chili_notebook.signin import Found


class Session:
    """A client and a token handle under their names, with the card that shows them.

    Attributes:
        source: The token's life.
        chili: The client.
        names: What is to be bound in the notebook.
        found: What the sources said at the last login.
        kept: Where what was typed is kept.

    Args:
        profile: The profile, or empty.
        name: What the client is called in the notebook.
        clock: Gives the time in seconds since the epoch.
    """

    def __init__(
        self, profile: str, name: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.source = TokenSource(clock=clock)
        self.source.protect = protect_token
        self.source.on_token = self.follow
        self.chili = Chili(self.source, name=name, on_refusal=self._call_refused)
        self.names = {name: self.chili, f"{name}_token": self.chili.token}
        self.found: Found | None = None
        self._state = CardState("signed-out", name, f"{name}_token", profile)
        self._card: Card | None = None
        self._is_shown = False
        self._display_id = f"chili-{token_hex(8)}"
        self.kept: list[str] = []
        # Reentrant: what is shown may follow from a token that is fetched under it.
        self._lock = threading.RLock()

    @property
    def state(self) -> CardState:
        """What the card says now."""
        return self._state

    def sign_in(self, found: Found) -> None:
        """Sign in with what was found.

        Raises:
            ConfigurationError: If that is nothing, or malformed.
            TokenError: If no token is to be had with it.
        """
        credentials = found.resolution.require()
        self.sign_in_with(found, credentials, found.environment())

    def ask(self, found: Found) -> None:
        """Show the form; whoever uses the client before it is sent is told so."""
        environment, note = _where_the_form_sends(found)
        self.found = found
        places = list(dict.fromkeys(entry.source for entry in found.resolution.trace))
        why = f"No credentials found in {' or '.join(places)}." if found.nothing else ""
        with self._lock:
            self.source.sign_out("Nobody is signed in: the form has not been sent yet.")
            self.show(
                phase="form",
                environment=environment,
                source="",
                origin=None,
                token=None,
                note=note,
                why_form=why,
                keepers=keepers(),
                refused=frozenset(),
            )

    def sign_out(self, why: str) -> None:
        """Close the client and forget the token; the card says what remains."""
        with self._lock:
            held = self.source.peek() is not None
            self.source.sign_out(why)
            origin = self._state.origin
            places = self.kept if origin is Origin.FORM else [self._state.source]
            note = None
            if held and places and origin is not Origin.SIMULATOR:
                note = Note(f"Nothing has changed in {' and in '.join(places)}.")
            self.show(phase="signed-out", note=note)
        self.chili.close()

    def outcome(self) -> str:
        """Say what came of a login trace, which tells only what the sources hold."""
        if self.source.peek() is None:
            return "nobody is signed in"
        return f"signed in by {self._state.source}"

    def display(self, *, live: bool, in_full: bool = True) -> None:
        """Show the card in the cell that runs: live, or its static twin.

        Args:
            live: Whether somebody is there to see it live.
            in_full: Whether the twin's plain text is more than a line.
        """
        from IPython.display import display

        if live:
            self._is_shown = True
            display(self._twin(beside=True), raw=True, display_id=self._display_id)
            display(self.live_card().view(), raw=True)
        else:
            text = {} if in_full else {"text/plain": as_line(self._state)}
            display(self._twin() | text, raw=True)

    def sign_in_with(
        self, found: Found, credentials: Credentials, environment: Environment
    ) -> None:
        """Sign in with these credentials, and show that on the card.

        Raises:
            ConfigurationError: If the secret is too short to be masked.
            TokenError: If no token is to be had with them.
        """
        protect_credentials(credentials)
        self.source.sign_in(credentials, environment)
        with self._lock:
            token = self.source.peek()
            if token is None or self.source.environment is not environment:
                return  # somebody signed out, or in elsewhere, meanwhile
            self.found, self.kept = found, []
            self.show(
                phase="signed-in",
                environment=environment,
                source=credentials.source,
                origin=credentials.origin,
                renewable=credentials.renewable,
                token=token,
                masked=guard.is_active(),
                refused=frozenset(),
                note=_note_at_sign_in(found, environment),
            )

    def live_card(self) -> Card:
        """Give the widget, which is made when it is first needed."""
        from chili_notebook.card.widget import Card

        if self._card is None:
            clock = self.source.clock
            self._card = Card(self._state, on_action=CardActions(self), clock=clock)
        return self._card

    def _twin(self, *, beside: bool = False) -> dict[str, str]:
        """Give the static twin, which hides where a live card is beside it."""
        html = as_html_beside if beside else as_html
        return {"text/plain": as_text(self._state), "text/html": html(self._state)}

    def show(self, **changes: Any) -> None:
        """Change what the card says, in every view and in what is stored."""
        from IPython.display import display

        with self._lock:
            before, self._state = self._state, replace(self._state, **changes)
            settled = {before.phase, self._state.phase} & {"signed-in", "signed-out"}
            moved = before.stored_as() != self._state.stored_as()
            if self._is_shown and settled and moved:
                # What is stored with the notebook must not go on showing the old state,
                # not even where it is saved as soon as the live card shows the new one.
                twin = self._twin(beside=True)
                display(twin, raw=True, display_id=self._display_id, update=True)
            if self._card is not None:
                self._card.show(self._state)

    def follow(self, token: Token, *, note: Note | None = None) -> None:
        """Show a token that came in place of another, wherever that was asked for.

        Nothing is shown if it is not the session's any more, or the first of a sign-in
        that has yet to tell its environment.
        """
        with self._lock:
            is_held = token is self.source.peek()
            is_told = self._state.environment is self.source.environment
            if self._state.phase == "signed-in" and is_held and is_told:
                self.show(token=token, note=note)

    def _call_refused(self, error: APIError) -> None:
        """Mark the scope for want of which a call was probably refused."""
        if not isinstance(error, ForbiddenError) or not error.scope:
            return
        with self._lock:
            if self._state.phase == "signed-in":
                self.show(refused=self._state.refused | {error.scope})


def _where_the_form_sends(found: Found) -> tuple[Environment, Note | None]:
    """Read the environment for the form, which opens whatever the settings say."""
    ignored: list[str] = []
    try:
        environment = found.environment(typed="", ignored=ignored)
    except ConfigurationError as error:
        note = Note(error.message, error.hint, kind="error", field="environment")
        return Environment(), note
    if not ignored:
        return environment, None
    does = "does" if len(ignored) == 1 else "do"
    told = f"{' and '.join(ignored)} {does} not count for what is typed here."
    mend = "If you mean it, set it in the process environment or with --env-file."
    return environment, Note(told, mend)


def _note_at_sign_in(found: Found, environment: Environment) -> Note | None:
    if not environment.base_url:
        return Note(
            "The environment is not known, so only the token can be used.",
            "Set CHILI_ENVIRONMENT to its technical name and sign in again.",
        )
    danger = found.danger()
    return None if danger is None else Note(danger.message, danger.hint)
