"""The card claims nothing that its session does not hold, whatever happens to it."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chili_notebook.card import widget as card
from chili_notebook.card.state import Phase, as_html, as_text
from chili_notebook.errors import ChiliError, ForbiddenError
from chili_notebook.guard.install import Guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Answer, Clock, Gate, Server, TokenEndpoint, jwt

TYPED = {
    "kind": "sign-in",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "environment": "cp-abc-123",
}
REFUSED = Answer(401, {"error": "access_denied"})


class GraFx:
    """One origin with a token endpoint, and an API that refuses every call."""

    def __init__(self, clock):
        self.tokens = TokenEndpoint(clock)

    def __call__(self, asked):
        """Answer a request."""
        if asked.path == "/oauth/token":
            return self.tokens(asked)
        return Answer(403, {"title": "Forbidden", "status": 403})


@pytest.fixture
def server(clock, monkeypatch):
    """Serve it, and let every sign-in lead there."""
    with Server(GraFx(clock)) as server:
        monkeypatch.setenv("CHILI_TOKEN_URL", f"{server.url}/oauth/token")
        monkeypatch.setenv("CHILI_BASE_URL", f"{server.url}/grafx")
        yield server


@pytest.fixture
def session(server, clock):  # noqa: ARG001 - it must be there first
    """Give a session that shows its form."""
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.ask(find_login())
    session.live_card()
    yield session
    session.sign_out("The test is over.")


def send(session, kind, **more):
    """Deliver what a view of the card sends."""
    session.live_card()._handle_custom_msg({"kind": kind, **more}, [])


def require_truth(session):
    """Compare what the card claims with what the session holds."""
    card, held = session.live_card(), session.manager.peek()
    state = card.get_state()
    assert state["phase"] in {"form", "failed", "signed-in", "signed-out"}
    assert (state["phase"] == "signed-in") is (held is not None)
    assert ("Names" in as_text(session.state)) is (held is not None)
    if held is not None:
        assert state["token"]["fingerprint"] == held.fingerprint
        assert state["token"]["expires_at"] == held.expires_at
        assert state["token"]["renewable"] is session.manager.renewable
        if held.expires_at is not None:
            left = held.expires_at - session.manager.clock()
            assert state["remaining_s"] == pytest.approx(left)
        assert state["environment"]["host"] == session.manager.environment.host
        assert not set(state["lacking"]) & (held.scopes or set())


class Life(RuleBasedStateMachine):
    """What people, code and time do to one session, in any order."""

    def __init__(self, server):
        super().__init__()
        self.clock = Clock()
        self.endpoint = server.answer = GraFx(self.clock)
        self.session = Session("", "chili", guard=Guard(), clock=self.clock)
        self.session.ask(find_login())
        self.session.live_card()

    @rule(wrong=st.sampled_from([{}, {"client_secret": ""}, {"environment": "<x>"}]))
    def send_form(self, wrong):
        """Send the form, twice as well, since a view may be behind."""
        send(self.session, **TYPED | wrong)

    @rule(exp=st.sampled_from([{}, {"exp": 1_800_050_000}, {"exp": 1}]))
    def send_ready_token(self, exp):
        """Sign in with a token that cannot be renewed, or has ended."""
        send(self.session, "sign-in", access_token=jwt(**exp), environment="cp-b")

    @rule(kind=st.sampled_from(["refresh", "copy", "sign-out"]))
    def click(self, kind):
        """Click on something, whether the card offers it or not."""
        send(self.session, kind, **({"nonce": "a1"} if kind == "copy" else {}))

    @rule(seconds=st.sampled_from([30, 3000, 80_000, 90_000]))
    def wait(self, seconds):
        """Let time pass."""
        self.clock.advance(seconds)

    @rule(answer=st.sampled_from([None, REFUSED]))
    def change_endpoint(self, answer):
        """Let the endpoint refuse, or work again."""
        self.endpoint.tokens.failing = answer

    @rule()
    def use_token(self):
        """Take the token as a cell does; it may be refetched."""
        try:
            str(self.session.chili.token)
        except ChiliError:
            return

    @rule()
    def call(self):
        """Call what is refused for want of a scope."""
        with pytest.raises(ChiliError):
            self.session.chili.post("output/gif")

    @rule()
    def ask_again(self):
        """Run %chili_login --form in another cell."""
        self.session.ask(find_login())

    @rule()
    def log_out(self):
        """Run %chili_logout."""
        self.session.sign_out("You signed out with %chili_logout.")

    @invariant()
    def card_is_true(self):
        """After each of these the card claims what is so."""
        require_truth(self.session)

    @invariant()
    def nothing_is_saved(self):
        """Nor does it hold a secret, in any form."""
        shown = json.dumps(self.session.live_card().get_state(), default=str)
        shown += as_html(self.session.state) + as_text(self.session.state)
        for secret in (CLIENT_SECRET, *self.endpoint.tokens.issued):
            assert secret not in shown

    def teardown(self):
        """Close the connections."""
        self.session.sign_out("The test is over.")


def test_no_state_is_reached_in_which_the_card_is_wrong(server):
    """Whatever is clicked, called and waited for, the card says what is so."""
    run_state_machine_as_test(
        lambda: Life(server),
        settings=settings(max_examples=25, stateful_step_count=15, deadline=None),
    )


def test_a_refused_call_marks_the_scope_that_it_needed(session):
    """The card learns it from the call, keeps to what the token lacks, and says so."""
    send(session, **TYPED)
    card = session.live_card()
    for path in ("output/gif", "output/pdf", "output/mp4"):
        with pytest.raises(ForbiddenError):
            session.chili.post(path)
    with pytest.raises(ForbiddenError):
        session.chili.delete("fonts/1")
    assert card.lacking == ["font:write", "output:animated"]
    shown = as_text(session.state)
    assert "calls that probably need font:write, output:animated." in shown
    send(session, **TYPED)
    assert card.lacking == []


def test_a_mark_goes_with_the_token_that_has_the_scope(session, server, clock):
    """A new token with the scope takes the mark away; one without it does not."""
    send(session, **TYPED)
    with pytest.raises(ForbiddenError):
        session.chili.post("output/gif")
    clock.advance(86_000)
    send(session, "refresh")
    card = session.live_card()
    assert card.lacking == ["output:animated"]
    body = {"access_token": jwt(n=3), "token_type": "Bearer", "expires_in": 86_400}
    server.answer.tokens.failing = Answer(200, body | {"scope": "output:animated"})
    clock.advance(86_000)
    send(session, "refresh")
    assert card.token["scopes"] == ["output:animated"]
    assert card.lacking == []


def test_a_refusal_for_another_reason_marks_nothing(session, server):
    """Where the token has the scope, or nobody knows the call's, nothing is said."""
    send(session, **TYPED)
    for path in ("templates", "output/pdf", "something/else"):
        with pytest.raises(ForbiddenError):
            session.chili.get(path)
    assert session.live_card().lacking == []
    assert len(server.asked) == 4


def test_the_same_token_again_tells_when_a_new_one_is_due(session, clock):
    """An hour before the end; in the last hour that it is due already."""
    send(session, **TYPED)
    send(session, "refresh")
    note = session.live_card().note
    assert note["text"].endswith("a new one is issued from about {moment}.")
    assert note["moment"] == clock() + 86_400 - 3600
    assert "about Sat 16 Jan 2027, 07:00 UTC." in as_text(session.state)


def test_the_same_token_in_the_last_hour_is_no_promise(session, server, clock):
    """An endpoint that still gives the old token then is told as what it is."""
    body = {"access_token": jwt(n=1), "token_type": "Bearer", "expires_in": 1800}
    server.answer.tokens.failing = Answer(200, body)
    send(session, **TYPED)
    clock.advance(60)
    send(session, "refresh")
    note = session.live_card().note
    assert "though a new one is due" in note["text"]
    assert note["moment"] is None


def test_a_form_sent_twice_fails_beside_a_session_that_stands(session, server):
    """The second of two forms may fail; the session of the first is what is shown."""
    send(session, **TYPED)
    server.answer.tokens.failing = REFUSED
    send(session, **TYPED)
    card = session.live_card()
    assert card.phase == "signed-in"
    assert card.note["kind"] == "error"
    require_truth(session)


@pytest.mark.parametrize("kind", ["sign-in", "refresh"])
def test_whoever_signs_out_meanwhile_stays_signed_out(session, server, kind):
    """A token that arrives after a sign-out is neither held nor shown."""
    send(session, **TYPED)
    gate = Gate(server.answer)
    server.answer = gate
    clicking = threading.Thread(target=send, args=(session,), kwargs={**TYPED})
    if kind == "refresh":
        clicking = threading.Thread(target=send, args=(session, "refresh"))
    clicking.start()
    assert gate.reached.wait(5)
    session.sign_out("You signed out with %chili_logout.")
    gate.opened.set()
    clicking.join(5)
    assert session.live_card().phase == "signed-out"
    require_truth(session)


def test_a_card_tells_how_long_ago_the_end_was(session, clock):
    """Below nought the seconds go on, so that a view can say since when."""
    send(session, **TYPED)
    clock.advance(86_400 + 7200)
    assert session.live_card().get_state()["remaining_s"] == -7200
    session.show(note=None)
    assert session.live_card().remaining_s == -7200


def test_the_drawing_names_every_state_that_the_browser_knows():
    """Docstring, script and Python know the same states, each with its row."""
    script = (Path(card.__file__).parent / "card.js").read_text()
    block = script.partition("const STATES = {")[2].partition("};")[0]
    states = re.findall(r'^ +"?([a-z-]+)"?: \{', block, re.MULTILINE)
    rows = re.findall(r"^\(?([a-z-]+)\)?  +", card.__doc__, re.MULTILINE)
    assert rows == ["state", *states]
    derived = {"expiring", "expired", "unconfirmed"}
    assert set(get_args(Phase)) == set(states) - derived
