"""Carry out what the user clicks on the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chili_notebook.auth.tokens import ADVISORY_S
from chili_notebook.card.form import (
    FieldError,
    choose_field,
    choose_hint,
    read_credentials,
)
from chili_notebook.card.remember import store_credentials
from chili_notebook.card.state import Note
from chili_notebook.errors import ChiliError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from chili_notebook.auth.credentials import Credentials
    from chili_notebook.auth.token_manager import TokenManager
    from chili_notebook.auth.tokens import Token
    from chili_notebook.card.form import Field
    from chili_notebook.card.state import CardState
    from chili_notebook.card.widget import Card

_MAX_NONCE_LENGTH = 40


class CardSession(Protocol):
    """What the actions need of the session behind the card."""

    manager: TokenManager
    stored_in: list[str]

    @property
    def state(self) -> CardState:
        """The state that the card shows."""

    @property
    def profile(self) -> str | None:
        """The profile whose keys the form stores."""

    @property
    def folder(self) -> Path | None:
        """The folder whose ``.env`` the form writes; ``None`` before a login."""

    def sign_in_typed(
        self, credentials: Credentials, *, environment: str, environment_type: str
    ) -> None:
        """Sign in with what was typed into the form."""

    def sign_out(self, reason: str) -> None:
        """Close the client and forget the token."""

    def start_check(self, *, again: bool = False) -> None:
        """Let a thread ask the environment whether it accepts the token."""

    def show(self, **changes: Any) -> None:
        """Change what the card shows."""

    def show_token(self, token: Token, *, note: Note | None = None) -> None:
        """Show another token."""

    def live_card(self) -> Card:
        """Return the widget."""


class CardActions:
    """Carry out the messages of a card.

    Args:
        session: The session behind the card.
    """

    def __init__(self, session: CardSession) -> None:
        self._session = session

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Carry out one message; errors are shown on the card, where the user looks."""
        actions: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "sign-in": self._sign_in,
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
            hint = choose_hint(error) if action == self._sign_in else error.hint
            self._fail(error.message, hint, choose_field(error))
        except Exception as error:  # noqa: BLE001 - nobody sees it elsewhere
            text = f"Something unexpected failed ({type(error).__name__})."
            self._fail(text, "Try again, or run the login again.", "")
        except BaseException:
            self._fail("It was interrupted.", "Try again.", "")
            raise

    def _sign_in(self, message: Mapping[str, Any]) -> None:
        if self._session.folder is None:
            return  # no form was shown
        self._session.show(phase="signing-in", note=None)
        credentials = read_credentials(message)
        environment = str(message.get("environment", "")).strip()
        self._session.sign_in_typed(
            credentials,
            environment=environment,
            environment_type=str(message.get("environment_type", "")),
        )
        self._store(message, credentials, environment, self._session.folder)

    def _store(
        self,
        message: Mapping[str, Any],
        credentials: Credentials,
        environment: str,
        folder: Path,
    ) -> None:
        """Store what was typed in the ticked places; show failures on the card."""
        places = message.get("remember")
        stored = store_credentials(
            [str(place) for place in places] if isinstance(places, list) else [],
            credentials,
            typed_environment=environment,
            environment=self._session.state.environment,
            profile=self._session.profile,
            folder=folder,
        )
        self._session.stored_in = list(stored.places)
        sentences = []
        if stored.places:
            sentences.append(f"Stored in {' and in '.join(stored.places)}.")
        if stored.problems:
            sentences += [problem.message for problem in stored.problems]
            hint = stored.problems[0].hint
            self._session.show(note=Note(" ".join(sentences), hint, kind="error"))
        elif sentences:
            sentences.append("Next time, %chili_login signs in automatically.")
            self._session.show(note=Note(" ".join(sentences)))

    def _refresh(self, _message: Mapping[str, Any]) -> None:
        manager = self._session.manager
        before = manager.peek()
        token = manager.renew()
        note = Note("GraFx issued a new token.")
        if before is not None and before.secret == token.secret:
            note = _describe_same_token(token, manager.clock())
        self._session.show_token(token, note=note)
        self._session.start_check(again=True)

    def _copy(self, message: Mapping[str, Any]) -> None:
        nonce = message.get("nonce")
        # The nonce is sent back unmasked, so only a short one is accepted.
        if isinstance(nonce, str) and 0 < len(nonce) <= _MAX_NONCE_LENGTH:
            token = self._session.manager.current()
            self._session.live_card().send_token(token.secret, nonce)

    def _copied(self, message: Mapping[str, Any]) -> None:
        note = Note("The browser refused to write to the clipboard.", kind="error")
        if message.get("is_copied") is True:
            note = Note(
                "The token is on the clipboard. It cannot be revoked: keep it secret."
            )
        self._session.show(note=note)

    def _fail(self, text: str, hint: str, field: Field) -> None:
        changes: dict[str, Any] = {}
        if self._session.state.phase == "signing-in":
            token = self._session.manager.peek()
            if token is not None:
                # The form was sent twice, and the first time signed in.
                changes = {"phase": "signed-in", "token": token}
            else:
                changes = {"phase": "failed"}
                self._session.manager.sign_out(
                    "You are not signed in: the form's last attempt failed."
                )
        note = Note(text, hint, kind="error", field=field)
        self._session.show(note=note, **changes)


def _describe_same_token(token: Token, now: float) -> Note:
    """Explain that GraFx's cache returned the same token, and until when it does."""
    same = "GraFx returned the same token again"
    if token.expires_at is None or token.expires_at - now <= ADVISORY_S:
        return Note(
            f"{same}, although a new one is due.", "Try again in a few minutes."
        )
    due = token.expires_at - ADVISORY_S
    return Note(f"{same}; it issues a new one from about {{moment}}.", moment=due)
