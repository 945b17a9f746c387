"""One sign-in with its card, driven by the messages that a browser sends."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest

from chili_notebook.card.actions import CardActions
from chili_notebook.errors import ConfigurationError, NotSignedInError
from chili_notebook.guard.install import Guard
from chili_notebook.notebook.arguments import choose_name
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET, TYPED
from fakes import Answer, jwt


class Browser:
    """Sends what a card's view sends, and keeps what the card would save."""

    def __init__(self, session):
        self.card = session.live_card()

    def send(self, message):
        """Deliver a custom message."""
        self.card._handle_custom_msg(message, [])

    @property
    def saved(self):
        """Give the widget state that a notebook would hold, as text."""
        return json.dumps({k: str(v) for k, v in self.card.get_state().items()})


@pytest.fixture
def browser(session):
    """Give the browser in which the form is shown."""
    return Browser(session)


def test_until_the_form_is_sent_every_use_says_so(session, browser):
    """The client is bound at once, and tells that the form waits."""
    assert browser.card.phase == "form"
    assert "the process environment" in browser.card.form["why"]
    with pytest.raises(NotSignedInError, match="form has not been sent"):
        session.chili.get("templates")
    assert repr(session.chili.token) == "<GraFx token: not signed in>"


def test_the_form_signs_in(session, browser, endpoint):
    """The three typed values sign in, and the card shows the token's facts."""
    browser.send(TYPED)
    assert browser.card.phase == "signed-in"
    assert browser.card.environment["host"] == "cp-abc-123.chili-publish.online"
    assert browser.card.remaining_s == endpoint.lifetime_s
    assert browser.card.token["scopes"] == [
        "output:static",
        "template:list",
        "template:read",
    ]
    assert str(session.chili.token) == endpoint.issued[0]


def test_the_form_signs_in_with_a_ready_token(session, browser):
    """A pasted token signs in without asking the endpoint, and cannot be renewed."""
    browser.send(
        {
            "kind": "sign-in",
            "access_token": "Bearer a-ready-token",
            "environment": "cp-abc-123",
            "environment_type": "sandbox",
        }
    )
    assert browser.card.phase == "signed-in"
    assert browser.card.token["renewable"] is False
    assert browser.card.environment["host"] == "cp-abc-123.chili-publish-sandbox.online"
    assert str(session.chili.token) == "a-ready-token"


def test_nothing_secret_is_in_the_cards_state(browser, endpoint):
    """Neither what was typed nor the token is in what a notebook saves."""
    browser.send(TYPED)
    for secret in (CLIENT_SECRET, endpoint.issued[0]):
        assert secret not in browser.saved
        assert secret not in repr(browser.card)
        assert secret not in str(browser.card._repr_mimebundle_())


@pytest.mark.parametrize(
    ("wrong", "field"),
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
def test_what_is_wrong_is_shown_beside_its_field(browser, wrong, field):
    """An error of the form names the field that caused it, and the form stays."""
    browser.send(TYPED | wrong)
    assert browser.card.phase == "failed"
    assert browser.card.note["field"] == field
    assert browser.card.note["kind"] == "error"


def test_a_refused_secret_is_shown_and_can_be_corrected(browser, endpoint):
    """After a 401 the form can be sent again."""
    endpoint.failing = Answer(401, {"error": "access_denied"})
    browser.send(TYPED)
    assert browser.card.phase == "failed"
    assert browser.card.note["field"] == "client_secret"
    assert CLIENT_SECRET not in browser.saved
    endpoint.failing = None
    browser.send(TYPED)
    assert browser.card.phase == "signed-in"
    assert browser.card.note is None


def test_what_was_ticked_is_remembered_and_signs_in_next_time(browser):
    """With the box ticked the pair is in .env, and the next login asks nothing."""
    browser.send(TYPED | {"environment_type": "sandbox", "remember": ["env"]})
    assert "Kept in .env" in browser.card.note["text"]
    found = find_login()
    assert found.resolution.require().source == ".env"
    assert found.environment().host == "cp-abc-123.chili-publish-sandbox.online"
    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600


def test_nothing_is_remembered_unasked_or_before_it_signs_in(browser, endpoint):
    """Unticked nothing is written, and a pair that is refused is never kept."""
    browser.send(TYPED | {"remember": []})
    endpoint.failing = Answer(401, {"error": "access_denied"})
    browser.send(TYPED | {"remember": ["env", "keyring"]})
    assert not Path(".env").exists()


def test_a_refusal_to_remember_is_told_and_leaves_the_session(browser):
    """Where git would add .env, the card is signed in and says why nothing was kept."""
    subprocess.run(["git", "init"], check=True, capture_output=True)
    browser.send(TYPED | {"remember": ["env"]})
    assert browser.card.phase == "signed-in"
    assert browser.card.note["kind"] == "error"
    assert "/.env" in browser.card.note["hint"]
    assert not Path(".env").exists()


def test_refresh_tells_that_grafx_gave_the_same_token(browser):
    """A refresh that GraFx's cache answers is told as that, and is no error."""
    browser.send(TYPED)
    browser.send({"kind": "refresh"})
    assert browser.card.note["kind"] == "info"
    assert "same token again" in browser.card.note["text"]


def test_refresh_in_the_last_hour_brings_a_new_token(browser, clock):
    """Inside the last hour a refresh changes the card's token and its serial."""
    browser.send(TYPED)
    before = browser.card.token
    clock.advance(86_400 - 1800)
    browser.send({"kind": "refresh"})
    after = browser.card.token
    assert after["fingerprint"] != before["fingerprint"]
    assert after["serial"] > before["serial"]


def test_a_failed_refresh_keeps_the_session(session, browser, endpoint):
    """If the endpoint fails, the card says so and the token goes on working."""
    browser.send(TYPED)
    endpoint.failing = Answer(503, b"<html>", {"Content-Type": "text/html"})
    browser.send({"kind": "refresh"})
    assert browser.card.phase == "signed-in"
    assert browser.card.note["kind"] == "error"
    assert str(session.chili.token)


def test_the_card_follows_a_refetch_inside_a_call(session, browser, clock):
    """A token that was replaced while it was used shows on the card."""
    browser.send(TYPED)
    clock.advance(86_400 - 30)
    str(session.chili.token)
    assert browser.card.remaining_s == 86_400


def test_sign_out_forgets_and_keeps_telling_the_expiry(session, browser):
    """Signed out, the card says until when the token stays valid."""
    browser.send(TYPED)
    browser.send({"kind": "sign-out"})
    assert browser.card.phase == "signed-out"
    assert browser.card.token["expires_at"] is not None
    with pytest.raises(NotSignedInError):
        str(session.chili.token)


def test_a_reloaded_page_gets_the_time_left_now(browser, clock):
    """The synced seconds are those of the moment in which they are asked for."""
    browser.send(TYPED)
    clock.advance(1000)
    assert browser.card.get_state()["remaining_s"] == 85_400


def test_a_view_that_asks_gets_the_kernels_truth(browser, clock):
    """The answer to a sync is one custom message with the seconds left."""
    sent = []
    browser.send(TYPED)
    browser.card.send = sent.append
    clock.advance(10)
    browser.send({"kind": "sync"})
    serial = browser.card.token["serial"]
    assert sent == [{"kind": "time", "serial": serial, "remaining_s": 86_390}]


@pytest.mark.parametrize("message", ["text", None, {}, {"kind": "rm"}, {"kind": 1}])
def test_strange_messages_change_nothing(browser, message):
    """What no card sends is ignored."""
    browser.send(message)
    assert browser.card.phase == "form"


def test_the_form_shows_where_the_secret_goes(browser, token_server):
    """An endpoint that a .env has set is named before a secret is typed."""
    assert browser.card.environment["token_host"] in token_server.url


def test_a_file_that_came_along_cannot_redirect_the_form(clock):
    """What is typed goes to GraFx, whatever a .env beside the notebook says."""
    Path(".env").write_text("CHILI_TOKEN_URL=https://elsewhere.example/oauth/token\n")
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.ask(find_login())
    assert session.state.environment.token_host == "integration-login.chiligrafx.com"
    assert "CHILI_TOKEN_URL in .env does not count" in session.state.note.text


def test_the_form_opens_whatever_the_settings_say(clock):
    """A value that cannot be used is told beside its field, where it can be mended."""
    Path(".env").write_text("CHILI_ENVIRONMENT=<cp-abc-123>\n")
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.ask(find_login())
    assert session.state.phase == "form"
    assert session.state.note.field == "environment"


def test_a_new_profile_can_be_typed(clock):
    """The form is for a profile that no source knows, too."""
    session = Session("new", "chili_new", guard=Guard(), clock=clock)
    session.ask(find_login("new", is_new_profile=True))
    assert session.state.phase == "form"


def test_an_interrupt_is_told_and_the_form_stays(session, browser, endpoint):
    """A sign-in that is interrupted does not go on signing in for ever."""

    def interrupt(_token):
        raise KeyboardInterrupt

    session.manager.protect = interrupt
    with pytest.raises(KeyboardInterrupt):
        CardActions(session)(TYPED)
    assert browser.card.phase == "failed"
    assert endpoint.grants == 1


def test_the_token_is_handed_over_once_and_only_when_asked(session, browser, endpoint):
    """Copy sends the token in one custom message, which is no state, and says so."""
    browser.send(TYPED)
    sent = []
    browser.card.send = sent.append
    browser.send({"kind": "copy", "nonce": "a1"})
    done = {"kind": "done"}
    assert sent == [{"kind": "token", "value": endpoint.issued[0], "nonce": "a1"}, done]
    assert endpoint.issued[0] not in browser.saved
    browser.send({"kind": "copied", "is_copied": True})
    assert "cannot be revoked" in browser.card.note["text"]
    browser.send({"kind": "copied", "is_copied": "?"})
    assert browser.card.note["kind"] == "error"
    session.sign_out("done")
    browser.send({"kind": "copy", "nonce": "a2"})
    assert sent[2:] == [done] * 3


def test_what_was_remembered_is_told_after_signing_out(browser):
    """The card says where the credentials still are."""
    browser.send(TYPED | {"remember": ["env"]})
    browser.send({"kind": "sign-out"})
    assert "Nothing has changed in .env" in browser.card.note["text"]


def test_many_cells_with_the_card_are_one_display(session, browser, endpoint, clock):
    """However often a card was shown, a new token is told to the notebook once."""
    shown = []
    session._is_shown = True
    browser.send(TYPED)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "IPython.display.display", lambda *_, **named: shown.append(named)
        )
        for _ in range(3):
            session.display(live=True)
        browser.send({"kind": "refresh"})
        clock.advance(86_400 - 60)
        browser.send({"kind": "refresh"})
    assert endpoint.grants == 3
    twins = [named for named in shown if "display_id" in named]
    assert len({named["display_id"] for named in twins}) == 1
    assert [named.get("update", False) for named in twins] == [False] * 3 + [True]


def test_what_is_stored_changes_before_what_is_seen(session, browser, monkeypatch):
    """Whoever saves on seeing the card change saves its new state."""
    browser.send(TYPED)
    order = []
    session._is_shown = True
    monkeypatch.setattr(
        "IPython.display.display", lambda *_, **__: order.append("kept")
    )
    browser.card.observe(lambda _: order.append("seen"), "phase")
    browser.send({"kind": "sign-out"})
    assert order == ["kept", "seen"]


def test_after_a_failed_try_every_use_says_so(session, browser, endpoint):
    """Who has sent the form is not told that it has not been sent."""
    endpoint.failing = Answer(401, {"error": "access_denied"})
    browser.send(TYPED)
    with pytest.raises(NotSignedInError, match="last try has failed"):
        session.chili.get("templates")


def test_what_is_stored_follows_the_environment(session, browser):
    """A sign-in elsewhere with the token from GraFx's cache is told to older cells."""
    shown = []
    browser.send(TYPED)
    session._is_shown = True
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "IPython.display.display", lambda twin, **_: shown.append(str(twin))
        )
        browser.send(TYPED | {"environment": "cp-other-9"})
    assert "cp-other-9" in shown[-1]


def test_an_unknown_environment_still_gives_a_token(session, browser):
    """Without an environment the token works, and the card says what is missing."""
    browser.send(TYPED | {"environment": ""})
    assert browser.card.phase == "signed-in"
    assert "CHILI_ENVIRONMENT" in browser.card.note["hint"]
    assert str(session.chili.token)


@pytest.mark.parametrize(
    ("profile", "name", "expected"),
    [
        (None, None, "chili"),
        ("admin", None, "chili_admin"),
        ("read-only", None, "chili_read_only"),
        ("admin", "grafx", "grafx"),
    ],
)
def test_names(profile, name, expected):
    """The client's name follows the profile unless one is given."""
    assert choose_name(profile, name) == expected


def test_names_that_python_cannot_bind_are_refused():
    """A profile whose name is no identifier asks for --as."""
    with pytest.raises(ConfigurationError, match="--as"):
        choose_name(None, "a b")


def test_a_name_of_pythons_own_is_not_hidden():
    """Whoever asks for the name ``print`` would lose the function."""
    with pytest.raises(ConfigurationError, match="'print' is one of Python's own"):
        choose_name(None, "print")
