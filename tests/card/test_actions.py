"""What the card's messages do, and what the card shows and answers afterwards."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from chili_notebook.errors import NotSignedInError
from chili_notebook.guard.install import Guard
from chili_notebook.guard.registry import SecretRegistry
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET, FORM_MESSAGE
from fakes import Answer, CardView, OutputRecorder, jwt

DONE = {"kind": "done"}
REFRESH = {"kind": "refresh"}
SIGN_OUT = {"kind": "sign-out"}
REFUSED = Answer(401, {"error": "access_denied"})


class InterruptedRegistry(SecretRegistry):
    """A registry in which every token is interrupted."""

    def protect_token(self, _token):
        """Raise as if the user had interrupted the kernel."""
        raise KeyboardInterrupt


@pytest.fixture
def interrupted_view(session, clock):
    """Return the view of a form whose sign-in is interrupted."""
    guard = Guard(InterruptedRegistry())
    interrupted = Session("", "chili", guard=guard, clock=clock)
    interrupted.show_form(session.settings)
    return CardView(interrupted.live_card())


def test_form_signs_in_with_the_typed_pair(session, view, endpoint):
    """The typed values sign in, and the card shows what is known about the token."""
    assert view.send(FORM_MESSAGE) == [DONE]
    assert view.card.phase == "signed-in"
    assert view.card.environment["host"] == "cp-abc-123.chili-publish.online"
    assert view.card.remaining_s == endpoint.lifetime_s
    assert view.card.token["scopes"] == [
        "output:static",
        "template:list",
        "template:read",
    ]
    assert str(session.chili.token) == endpoint.issued[0]


def test_form_signs_in_with_a_pasted_access_token(session, view, endpoint):
    """A pasted token is not requested from the endpoint, and cannot be renewed."""
    message = {
        "kind": "sign-in",
        "access_token": "Bearer a-pasted-token",
        "environment": "cp-abc-123",
        "environment_type": "sandbox",
    }
    view.send(message)
    assert view.card.phase == "signed-in"
    assert view.card.token["renewable"] is False
    assert view.card.environment["host"] == "cp-abc-123.chili-publish-sandbox.online"
    assert str(session.chili.token) == "a-pasted-token"
    assert endpoint.grants == 0


def test_form_without_an_environment_signs_in_with_a_note(session, view):
    """The token can be used, and the note says which key to set."""
    view.send(FORM_MESSAGE | {"environment": ""})
    assert view.card.phase == "signed-in"
    assert "environment is unknown" in view.card.note["text"]
    assert "CHILI_ENVIRONMENT" in view.card.note["hint"]
    assert str(session.chili.token)


def test_saved_state_contains_no_secret(view, endpoint):
    """Neither the typed secret nor the token is in what a notebook saves."""
    view.send(FORM_MESSAGE)
    for secret in (CLIENT_SECRET, endpoint.issued[0]):
        assert secret not in view.saved_state
        assert secret not in repr(view.card)
        assert secret not in str(view.card.view())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"client_id": " "}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": "<YOUR CLIENT SECRET>"}, "client_secret"),
        ({"client_secret": CLIENT_ID}, "client_secret"),
        ({"access_token": "two words"}, "access_token"),
        ({"access_token": jwt(exp=1_000_000_000)}, "access_token"),
        ({"environment": "https://example.com/"}, "environment"),
    ],
)
def test_error_is_shown_beside_its_field(view, endpoint, changes, field):
    """The form stays, names the field of the error, and no request is made."""
    assert view.send(FORM_MESSAGE | changes) == [DONE]
    assert view.card.phase == "failed"
    assert view.card.note["field"] == field
    assert view.card.note["kind"] == "error"
    assert endpoint.grants == 0


def test_refused_secret_can_be_corrected(session, view, endpoint):
    """After a 401 calls raise the reason, and the form can be sent again."""
    endpoint.failing = REFUSED
    assert view.send(FORM_MESSAGE) == [DONE]
    assert view.card.phase == "failed"
    assert view.card.note["field"] == "client_secret"
    assert CLIENT_SECRET not in view.saved_state
    with pytest.raises(NotSignedInError, match="the form's last attempt failed"):
        session.chili.get("templates")
    endpoint.failing = None
    view.send(FORM_MESSAGE)
    assert view.card.phase == "signed-in"
    assert view.card.note is None


def test_expired_pasted_token_asks_for_another_one(view):
    """The hint of the form says to paste it there, and not to set a key."""
    message = {"kind": "sign-in", "access_token": jwt(exp=1), "environment": "cp-1"}
    view.send(message)
    assert view.card.phase == "failed"
    assert view.card.note["field"] == "access_token"
    assert view.card.note["hint"] == "Copy a new one from GraFx and paste it here."


def test_second_form_that_fails_keeps_the_session(session, view, endpoint):
    """A form that is sent twice shows the session of the first and the error."""
    view.send(FORM_MESSAGE)
    endpoint.failing = REFUSED
    view.send(FORM_MESSAGE)
    assert view.card.phase == "signed-in"
    assert view.card.note["kind"] == "error"
    assert str(session.chili.token) == endpoint.issued[0]


def test_interrupted_sign_in_fails_and_is_answered(interrupted_view, endpoint):
    """The card does not show "signing in" for ever, and the interrupt is raised."""
    with pytest.raises(KeyboardInterrupt):
        interrupted_view.send(FORM_MESSAGE)
    assert interrupted_view.card.phase == "failed"
    assert interrupted_view.card.note["text"] == "It was interrupted."
    assert interrupted_view.messages == [DONE]
    assert endpoint.grants == 1


def test_form_before_any_login_does_nothing(clock, endpoint):
    """A card that never showed a form cannot be signed in by a message."""
    session = Session("", "chili", guard=Guard(), clock=clock)
    view = CardView(session.live_card())
    assert view.send(FORM_MESSAGE) == [DONE]
    assert view.card.phase == "signed-out"
    assert endpoint.grants == 0


def test_ticked_place_stores_the_pair_for_the_next_login(view):
    """With the box ticked, the pair is in .env, and the next login finds it."""
    view.send(FORM_MESSAGE | {"environment_type": "sandbox", "remember": ["env"]})
    assert view.card.note["text"] == (
        "Stored in .env. Next time, %chili_login signs in automatically."
    )
    settings = find_login()
    assert settings.require_credentials().source == ".env"
    assert settings.environment.host == "cp-abc-123.chili-publish-sandbox.online"
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600


def test_nothing_is_stored_unless_ticked_and_signed_in(view, endpoint):
    """Without a tick nothing is written, and neither is a pair that is refused."""
    view.send(FORM_MESSAGE | {"remember": []})
    endpoint.failing = REFUSED
    view.send(FORM_MESSAGE | {"remember": ["env", "keyring"]})
    assert not Path(".env").exists()


def test_failure_to_store_is_shown_and_keeps_the_session(view):
    """If git would add the .env, the card says why nothing was written."""
    subprocess.run(["git", "init"], check=True, capture_output=True)
    view.send(FORM_MESSAGE | {"remember": ["env"]})
    assert view.card.phase == "signed-in"
    assert view.card.note["kind"] == "error"
    assert "/.env" in view.card.note["hint"]
    assert not Path(".env").exists()


def test_sign_out_names_the_places_of_stored_credentials(view):
    """The card says that they are still in .env."""
    view.send(FORM_MESSAGE | {"remember": ["env"]})
    view.send(SIGN_OUT)
    assert view.card.note["text"] == "Your credentials are still in .env."


def test_sign_out_forgets_the_token_and_shows_its_expiry(session, view):
    """The card still says until when the token stays valid."""
    view.send(FORM_MESSAGE)
    view.send(SIGN_OUT)
    assert view.card.phase == "signed-out"
    assert view.card.token["expires_at"] is not None
    assert view.card.note is None
    with pytest.raises(NotSignedInError, match="You signed out on the card"):
        str(session.chili.token)


def test_refresh_in_the_last_hour_shows_the_new_token(view, clock):
    """The fingerprint and the serial of the card change."""
    view.send(FORM_MESSAGE)
    before = view.card.token
    clock.advance(86_400 - 1800)
    view.send(REFRESH)
    after = view.card.token
    assert after["fingerprint"] != before["fingerprint"]
    assert after["serial"] == before["serial"] + 1
    assert view.card.note["text"] == "GraFx issued a new token."


def test_refresh_is_shown_exactly_once(session, clock, token_server):
    """One refresh updates the stored twin once and the live card once."""
    outputs = OutputRecorder()
    guard = Guard()
    displayed = Session("", "chili", guard=guard, clock=clock, show_output=outputs)
    displayed.show_form(session.settings)
    view = CardView(displayed.live_card())
    view.send(FORM_MESSAGE)
    displayed.display(live=True)
    clock.advance(86_400 - 1800)
    serials, notes = [], []
    view.card.observe(lambda change: serials.append(change.new["serial"]), "token")
    view.card.observe(lambda change: notes.append(change.new["text"]), "note")
    view.send(REFRESH)
    assert serials == [2]
    assert notes == ["GraFx issued a new token."]
    assert len(outputs.updates) == 1
    assert len(token_server.requests) == 2


def test_refresh_that_returns_the_same_token_says_when_a_new_one_is_due(view, clock):
    """GraFx issues the next token about an hour before the expiry."""
    view.send(FORM_MESSAGE)
    view.send(REFRESH)
    note = view.card.note
    assert note["kind"] == "info"
    assert note["text"] == (
        "GraFx returned the same token again; it issues a new one from about {moment}."
    )
    assert note["moment"] == clock() + 86_400 - 3600


def test_refresh_that_returns_the_same_token_in_its_last_hour(view, clock, endpoint):
    """The note does not promise a moment that is already past."""
    body = {"access_token": jwt(n=1), "token_type": "Bearer", "expires_in": 1800}
    endpoint.failing = Answer(200, body)
    view.send(FORM_MESSAGE)
    clock.advance(60)
    view.send(REFRESH)
    assert view.card.note["text"] == (
        "GraFx returned the same token again, although a new one is due."
    )
    assert view.card.note["moment"] is None


def test_failed_refresh_keeps_the_session(session, view, endpoint):
    """The card shows the error, and the token still works."""
    view.send(FORM_MESSAGE)
    endpoint.failing = Answer(503, b"<html>", {"Content-Type": "text/html"})
    view.send(REFRESH)
    assert view.card.phase == "signed-in"
    assert view.card.note["kind"] == "error"
    assert str(session.chili.token)


@pytest.mark.parametrize("nonce", ["k3j9x2", "z" * 40])
def test_copy_sends_the_token_with_the_nonce_of_its_view(view, endpoint, nonce):
    """Every view gets the message, and knows by the nonce whether it asked.

    The token is in that message only, and never in the saved state.
    """
    view.send(FORM_MESSAGE)
    token = {"kind": "token", "value": endpoint.issued[0], "nonce": nonce}
    assert view.send({"kind": "copy", "nonce": nonce}) == [token, DONE]
    assert endpoint.issued[0] not in view.saved_state


@pytest.mark.parametrize("nonce", [None, "", "z" * 41, 7, ["k3j9x2"], {"a": "b"}])
def test_copy_without_a_valid_nonce_sends_no_token(view, nonce):
    """Only a short text is sent back, because that message is not masked."""
    view.send(FORM_MESSAGE)
    assert view.send({"kind": "copy", "nonce": nonce}) == [DONE]


def test_copy_without_a_token_sends_none(view):
    """The card shows an error instead."""
    assert view.send({"kind": "copy", "nonce": "k3j9x2"}) == [DONE]
    assert view.card.note["kind"] == "error"


@pytest.mark.parametrize(
    ("is_copied", "kind", "text"),
    [
        (True, "info", "The token is on the clipboard. It cannot be revoked"),
        (False, "error", "The browser refused to write to the clipboard."),
        ("?", "error", "The browser refused to write to the clipboard."),
    ],
)
def test_result_of_a_copy_is_shown(view, is_copied, kind, text):
    """The view reports whether the browser allowed it."""
    view.send(FORM_MESSAGE)
    view.send({"kind": "copied", "is_copied": is_copied})
    assert view.card.note["kind"] == kind
    assert view.card.note["text"].startswith(text)


@pytest.mark.parametrize("message", ["text", None, {}, {"kind": "rm"}, {"kind": 1}])
def test_unknown_message_changes_nothing(view, message):
    """Messages that no card sends are ignored."""
    view.send(message)
    assert view.card.phase == "form"
    assert view.card.note is None
