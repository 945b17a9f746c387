"""One sign-in of a notebook: its token, its client, its card, its names."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from chili_notebook import demo, guard
from chili_notebook.card_state import CardState, Note, as_html, as_text
from chili_notebook.client import Chili
from chili_notebook.errors import ChiliError
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
        self._source.protect = protect_token
        self._source.on_token = self._token_changed
        self.chili = Chili(self._source)
        self.names = {name: self.chili, f"{name}_token": self.chili.token}
        self._found: Found | None = None
        self._state = CardState("signed-out", name, f"{name}_token", profile)
        self._card: Card | None = None
        self._is_shown = False
        self._display_id = f"chili-{token_hex(8)}"
        self._kept: list[str] = []
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
        with self._lock:
            held = self._source.peek() is not None
            self._source.sign_out(why)
            source = self._state.source
            places = self._kept if source == FORM else [source]
            note = None
            if held and places and source != demo.NAME:
                note = Note(f"The credentials are still in {' and in '.join(places)}.")
            self._show(phase="signed-out", note=note)
        self.chili.close()

    def display(self, *, live: bool) -> None:
        """Show the card in the cell that runs: live, or its static twin."""
        from IPython.display import display

        if live:
            self._is_shown = True
            display(self._live_card(), display_id=self._display_id)
        else:
            display(self._twin(), raw=True)

    def _sign_in(
        self, found: Found, credentials: Credentials, environment: Environment
    ) -> None:
        protect_credentials(credentials)
        self._source.sign_in(credentials, environment)
        with self._lock:
            token = self._source.peek()
            if token is None:
                return  # somebody signed out meanwhile
            self._found, self._kept = found, []
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
        from IPython.display import display

        with self._lock:
            before, self._state = self._state, replace(self._state, **changes)
            if self._card is not None:
                self._card.show(self._state)
            settled = self._state.phase in {"signed-in", "signed-out"}
            moved = before.stored_as() != self._state.stored_as()
            if self._is_shown and settled and moved:
                # What is stored with the notebook must not go on showing the old state.
                display(self._card, display_id=self._display_id, update=True)

    def _token_changed(self, token: Token) -> None:
        """Follow a token that was refetched inside a call."""
        with self._lock:
            if self._state.phase == "signed-in" and token is self._source.peek():
                self._show(token=token, note=None)

    def _act(self, message: Mapping[str, Any]) -> None:
        """Do what was clicked; errors are shown on the card, where the person looks."""
        actions = {
            "sign-in": self._send_form,
            "refresh": self._refresh,
            "sign-out": lambda _: self.sign_out("You signed out on the card."),
        }
        action = actions.get(str(message.get("kind")))
        if action is None:
            return
        try:
            action(message)
        except FieldError as error:
            self._fail(error.message, "", error.field)
        except ChiliError as error:
            self._fail(error.message, error.hint, field_of(error))
        except Exception as error:  # noqa: BLE001 - nobody sees it elsewhere
            self._fail(f"Something unexpected failed ({type(error).__name__}).", "", "")
        except BaseException:
            self._fail("It was interrupted.", "Try again.", "")
            raise

    def _send_form(self, message: Mapping[str, Any]) -> None:
        found = self._found
        if found is None:
            return  # no form was shown
        self._show(phase="signing-in", note=None)
        credentials = typed_credentials(message)
        typed = str(message.get("environment", "")).strip()
        kind = str(message.get("environment_type", ""))
        environment = found.environment(typed=typed, kind=kind)
        self._sign_in(found, credentials, environment)
        self._remember(found, message, credentials, typed)

    def _remember(
        self,
        found: Found,
        message: Mapping[str, Any],
        credentials: Credentials,
        typed: str,
    ) -> None:
        """Keep what was typed, where that was ticked; a refusal is told on the card."""
        places = message.get("remember")
        self._kept, problems = remember(
            [str(place) for place in places] if isinstance(places, list) else [],
            credentials,
            environment=typed,
            kind=self._state.environment.kind,
            profile=found.profile,
            folder=found.folder,
        )
        told = f"Kept in {' and in '.join(self._kept)}." if self._kept else ""
        if problems:
            told = " ".join([told, *(problem.message for problem in problems)]).strip()
            self._show(note=Note(told, problems[0].hint, kind="error"))
        elif told:
            self._show(note=Note(f"{told} Next time %chili_login signs in by itself."))

    def _refresh(self, _message: Mapping[str, Any]) -> None:
        before = self._source.peek()
        token = self._source.renew()
        same = before is not None and before.secret == token.secret
        note = Note(
            "GraFx gave the same token again; it issues a new one from about an hour "
            "before the end."
            if same
            else "GraFx issued a new token."
        )
        self._show(token=token, note=note)

    def _fail(self, text: str, hint: str, field: Field) -> None:
        signing_in = self._state.phase == "signing-in"
        phase = "failed" if signing_in else self._state.phase
        self._show(phase=phase, note=Note(text, hint, kind="error", field=field))


def _note_at_sign_in(found: Found, environment: Environment) -> Note | None:
    if not environment.base_url:
        return Note(
            "The environment is not known, so only the token can be used.",
            "Set CHILI_ENVIRONMENT to its technical name and sign in again.",
        )
    danger, mend = found.danger()
    return Note(danger, mend) if danger else None
