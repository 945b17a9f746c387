"""What is done when somebody clicks on the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chili_notebook.auth.tokens import ADVISORY_S
from chili_notebook.card.form import (
    Field,
    FieldError,
    field_of,
    hint_of,
    typed_credentials,
)
from chili_notebook.card.remember import remember
from chili_notebook.card.state import Note
from chili_notebook.errors import ChiliError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chili_notebook.auth.credentials import Credentials
    from chili_notebook.auth.tokens import Token
    from chili_notebook.notebook.session import Session
    from chili_notebook.signin import Found


_FAILED = {"phase": "failed"}
_NONCE_CHARACTERS = 40


class CardActions:
    """Carries out the messages of a session's card.

    Args:
        session: The session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Do what was clicked; errors are shown on the card, where the person looks."""
        actions: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "sign-in": self._send_form,
            "refresh": self._refresh,
            "copy": self._copy,
            "copied": self._copied,
            "sign-out": lambda _: self._session.sign_out("You signed out on the card."),
        }
        action = actions.get(str(message.get("kind")))
        if action is None:
            return
        try:
            action(message)
        except FieldError as error:
            self._fail(error.message, "", error.field)
        except ChiliError as error:
            hint = hint_of(error) if action == self._send_form else error.hint
            self._fail(error.message, hint, field_of(error))
        except Exception as error:  # noqa: BLE001 - nobody sees it elsewhere
            self._fail(f"Something unexpected failed ({type(error).__name__}).", "", "")
        except BaseException:
            self._fail("It was interrupted.", "Try again.", "")
            raise

    def _send_form(self, message: Mapping[str, Any]) -> None:
        found = self._session.found
        if found is None:
            return  # no form was shown
        self._session.show(phase="signing-in", note=None)
        credentials = typed_credentials(message)
        typed = str(message.get("environment", "")).strip()
        kind = str(message.get("environment_type", ""))
        environment = found.environment(typed=typed, kind=kind, ignored=[])
        self._session.sign_in_with(found, credentials, environment)
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
        self._session.kept, problems = remember(
            [str(place) for place in places] if isinstance(places, list) else [],
            credentials,
            typed=typed,
            environment=self._session.state.environment,
            profile=found.profile,
            folder=found.folder,
        )
        kept = self._session.kept
        told = [f"Kept in {' and in '.join(kept)}."] if kept else []
        if problems:
            told += [problem.message for problem in problems]
            note = Note(" ".join(told), problems[0].hint, kind="error")
            self._session.show(note=note)
        elif told:
            told.append("Next time %chili_login signs in by itself.")
            self._session.show(note=Note(" ".join(told)))

    def _refresh(self, _message: Mapping[str, Any]) -> None:
        source = self._session.source
        before = source.peek()
        token = source.renew()
        note = Note("GraFx issued a new token.")
        if before is not None and before.secret == token.secret:
            note = _same_token(token, source.clock())
        self._session.follow(token, note=note)

    def _copy(self, message: Mapping[str, Any]) -> None:
        nonce = message.get("nonce")
        # It leaves again unmasked, so it is nothing but the mark of a page.
        if isinstance(nonce, str) and 0 < len(nonce) <= _NONCE_CHARACTERS:
            token = self._session.source.current()
            self._session.live_card().hand_over(token.secret, nonce)

    def _copied(self, message: Mapping[str, Any]) -> None:
        note = Note(
            "The browser did not let the token onto the clipboard.", kind="error"
        )
        if message.get("is_copied") is True:
            note = Note(
                "The token is on the clipboard. It cannot be revoked: keep it secret."
            )
        self._session.show(note=note)

    def _fail(self, text: str, hint: str, field: Field) -> None:
        changes: dict[str, Any] = {}
        if self._session.state.phase == "signing-in":
            # A form that was sent twice may fail after it has signed in.
            held = self._session.source.peek()
            changes = {"phase": "signed-in", "token": held} if held else _FAILED
            if not held:
                told = "Nobody is signed in: the form's last try has failed."
                self._session.source.sign_out(told)
        note = Note(text, hint, kind="error", field=field)
        self._session.show(note=note, **changes)


def _same_token(token: Token, now: float) -> Note:
    """Tell that GraFx's cache answered, and when it will not any more."""
    again = "GraFx gave the same token again"
    if token.expires_at is None or token.expires_at - now <= ADVISORY_S:
        return Note(f"{again}, though a new one is due.", "Try again in a few minutes.")
    due = token.expires_at - ADVISORY_S
    return Note(f"{again}; a new one is issued from about {{moment}}.", moment=due)
