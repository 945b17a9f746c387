"""One sign-in of a notebook: its token, its client, its card, its names."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chili_notebook import demo, guard
from chili_notebook.card_state import CardState, Note, as_html, as_text
from chili_notebook.client import Chili
from chili_notebook.errors import ChiliError, ConfigurationError
from chili_notebook.form import FORM, Field, FieldError, field_of, typed_credentials
from chili_notebook.protection import protect_credentials, protect_token
from chili_notebook.remember import keepers, remember
from chili_notebook.token_source import TokenSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chili_notebook.card import Card
    from chili_notebook.credentials import Credentials
    from chili_notebook.environments import Environment
    from chili_notebook.sign_in import Found
    from chili_notebook.tokens import Token


class Session:
    """A client and a token handle under their names, with the card that shows them.

    Args:
        profile: The profile, or empty.
        name: What the client is called in the notebook.
        clock: Gives the time in seconds since the epoch.
    """

    def __init__(
        self, profile: str, name: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._source = TokenSource(clock=clock)
        self._source.on_token = self._token_changed
        self.chili = Chili(self._source)
        self.names = {name: self.chili, f"{name}_token": self.chili.token}
        self._found: Found | None = None
        self._state = CardState("signed-out", name, f"{name}_token", profile)
        self._card: Card | None = None
        self._displays: list[Any] = []

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
        self._sign_in(found, credentials, found.environment())

    def ask(self, found: Found) -> None:
        """Show the form; whoever uses the client before it is sent is told so.

        Raises:
            ConfigurationError: If the environment's settings are malformed.
        """
        environment = found.environment(typed="")
        self._found = found
        self._source.sign_out("Nobody is signed in: the form has not been sent yet.")
        places = list(dict.fromkeys(entry.source for entry in found.resolution.trace))
        why = f"No credentials found in {' or '.join(places)}." if found.nothing else ""
        self._show(
            phase="form",
            environment=environment,
            source="",
            token=None,
            note=None,
            why_form=why,
            keepers=keepers(),
        )

    def sign_out(self, why: str) -> None:
        """Close the client and forget the token; the card says what remains."""
        held = self._source.peek() is not None
        self._source.sign_out(why)
        self.chili.close()
        note = None
        if held and self._state.source not in {FORM, demo.NAME}:
            note = Note(f"The credentials are still in {self._state.source}.")
        self._show(phase="signed-out", note=note)

    def display(self, *, live: bool) -> None:
        """Show the card in the cell that runs: live, or its static twin."""
        from IPython.display import display

        content = self._live_card() if live else self._twin()
        handle = display(content, raw=not live, display_id=True)
        if live:
            self._displays.append(handle)

    def _sign_in(
        self,
        found: Found,
        credentials: Credentials,
        environment: Environment,
    ) -> None:
        protect_credentials(credentials)
        token = self._source.sign_in(credentials, environment)
        self._found = found
        self._show(
            phase="signed-in",
            environment=environment,
            source=credentials.source,
            renewable=credentials.renewable,
            token=token,
            masked=guard.is_active(),
            note=_note_at_sign_in(found, environment),
        )

    def _live_card(self) -> Card:
        from chili_notebook.card import Card

        if self._card is None:
            clock = self._source.clock
            self._card = Card(self._state, on_action=self._act, clock=clock)
        return self._card

    def _twin(self) -> dict[str, str]:
        return {"text/plain": as_text(self._state), "text/html": as_html(self._state)}

    def _show(self, **changes: Any) -> None:
        before = self._state
        self._state = replace(before, **changes)
        if self._card is not None:
            self._card.show(self._state)
        settled = self._state.phase in {"signed-in", "signed-out"}
        moved = before.phase != self._state.phase or before.token != self._state.token
        if settled and moved:
            # What is stored with the notebook must not go on showing the old state.
            for handle in self._displays:
                handle.update(self._card)

    def _token_changed(self, token: Token) -> None:
        """Protect a token that has arrived, and follow one refetched inside a call."""
        protect_token(token)
        if self._state.phase == "signed-in":
            self._show(token=token, note=None)

    def _act(self, message: Mapping[str, Any]) -> None:
        """Do what was clicked; errors are shown on the card, where the person looks."""
        actions = {
            "sign-in": self._send_form,
            "refresh": self._refresh,
            "sign-out": self._sign_out_clicked,
        }
        action = actions.get(str(message.get("kind")))
        if action is not None:
            action(message)

    def _send_form(self, message: Mapping[str, Any]) -> None:
        self._show(phase="signing-in", note=None)
        try:
            found = self._found
            if found is None:
                return
            credentials = typed_credentials(message)
            typed = str(message.get("environment", "")).strip()
            kind = str(message.get("environment_type", ""))
            environment = found.environment(typed=typed, kind=kind)
            self._sign_in(found, credentials, environment)
            self._remember(message, credentials, typed)
        except FieldError as error:
            self._fail(error.message, "", error.field)
        except ChiliError as error:
            self._fail(error.message, error.hint, field_of(error))
        except Exception as error:  # noqa: BLE001 - nobody sees it elsewhere
            self._fail(f"Something unexpected failed ({type(error).__name__}).", "", "")

    def _remember(
        self, message: Mapping[str, Any], credentials: Credentials, typed: str
    ) -> None:
        """Keep what was typed, where that was ticked; a refusal is told on the card."""
        found, environment = self._found, self._state.environment
        places = message.get("remember")
        if found is None or not isinstance(places, list):
            return
        try:
            told = remember(
                [str(place) for place in places],
                credentials,
                environment=typed,
                kind=environment.kind,
                profile=found.profile,
                folder=found.folder,
            )
        except ConfigurationError as error:
            self._show(note=Note(error.message, error.hint, kind="error"))
            return
        if told:
            self._show(note=Note(f"{told} Next time %chili_login signs in by itself."))

    def _refresh(self, _message: Mapping[str, Any]) -> None:
        before = self._source.peek()
        try:
            token = self._source.renew()
        except ChiliError as error:
            self._show(note=Note(error.message, error.hint, kind="error"))
            return
        same = before is not None and before.secret == token.secret
        note = Note(
            "GraFx gave the same token again; it issues a new one from about an hour "
            "before the end."
            if same
            else "GraFx issued a new token."
        )
        self._show(token=token, note=note)

    def _sign_out_clicked(self, _message: Mapping[str, Any]) -> None:
        self.sign_out("You signed out on the card.")

    def _fail(self, text: str, hint: str, field: Field) -> None:
        note = Note(text, hint, kind="error", field=field)
        self._show(phase="failed", note=note)


def _note_at_sign_in(found: Found, environment: Environment) -> Note | None:
    if not environment.base_url:
        return Note(
            "The environment is not known, so only the token can be used.",
            "Set CHILI_ENVIRONMENT to its technical name and sign in again.",
        )
    danger, mend = found.danger()
    return Note(danger, mend) if danger else None
