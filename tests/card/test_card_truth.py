"""The card never claims what its session does not have, whatever happens to both.

This tests no single module: a state machine drives session, actions and widget at once.
"""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chili_notebook.card.state import as_html, as_text
from chili_notebook.errors import ChiliError
from chili_notebook.guard.install import Guard
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from conftest import CLIENT_SECRET, FORM_MESSAGE
from fakes import Answer, CardView, Clock, PausedEndpoint, Server, TokenEndpoint, jwt

REFUSED = Answer(401, {"error": "access_denied"})


class FakeGraFx:
    """A token endpoint, and an API that refuses every call, at one origin."""

    def __init__(self, clock):
        self.token_endpoint = TokenEndpoint(clock)

    def __call__(self, request):
        """Return the response to a request."""
        if request.path == "/oauth/token":
            return self.token_endpoint(request)
        return Answer(403, {"title": "Forbidden", "status": 403})


@pytest.fixture
def server(clock, monkeypatch):
    """Serve a fake GraFx, and send every sign-in there."""
    with Server(FakeGraFx(clock)) as server:
        monkeypatch.setenv("CHILI_TOKEN_URL", f"{server.url}/oauth/token")
        monkeypatch.setenv("CHILI_BASE_URL", f"{server.url}/grafx")
        yield server


def ask_in_new_session(clock):
    """Return a new session that shows its form."""
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.show_form(find_login())
    return session


def assert_card_agrees_with_session(session):
    """Compare what the card claims with what the session has."""
    token, state = session.manager.peek(), session.live_card().get_state()
    assert state["phase"] in {"form", "failed", "signed-in", "signed-out"}
    assert (state["phase"] == "signed-in") is (token is not None)
    assert ("Names" in as_text(session.state)) is (token is not None)
    if token is None:
        return
    assert state["token"]["fingerprint"] == token.fingerprint
    assert state["token"]["expires_at"] == token.expires_at
    assert state["token"]["renewable"] is session.manager.renewable
    if token.expires_at is not None:
        left_s = token.expires_at - session.manager.clock()
        assert state["remaining_s"] == pytest.approx(left_s)
    assert state["environment"]["host"] == session.manager.environment.host
    assert not set(state["lacking"]) & (token.scopes or set())


class SessionMachine(RuleBasedStateMachine):
    """What users, code and time do to one session, in any order."""

    def __init__(self, server):
        super().__init__()
        self.clock = Clock()
        self.grafx = server.answer = FakeGraFx(self.clock)
        self.session = ask_in_new_session(self.clock)
        self.view = CardView(self.session.live_card())

    @rule(mistake=st.sampled_from([{}, {"client_secret": ""}, {"environment": "<x>"}]))
    def send_form(self, mistake):
        """Send the form, also twice, because a view may show an older state."""
        self.view.send(FORM_MESSAGE | mistake)

    @rule(claims=st.sampled_from([{}, {"exp": 1_800_050_000}, {"exp": 1}]))
    def paste_token(self, claims):
        """Sign in with a token that cannot be renewed, or has expired."""
        token = jwt(**claims)
        self.view.send(
            {"kind": "sign-in", "access_token": token, "environment": "cp-b"}
        )

    @rule(kind=st.sampled_from(["refresh", "copy", "sign-out"]))
    def click(self, kind):
        """Click on an action, whether the card offers it or not."""
        self.view.send({"kind": kind, "nonce": "a1"})

    @rule(seconds=st.sampled_from([30, 3000, 80_000, 90_000]))
    def wait(self, seconds):
        """Let time pass."""
        self.clock.advance(seconds)

    @rule(answer=st.sampled_from([None, REFUSED]))
    def change_endpoint(self, answer):
        """Let the endpoint refuse every request, or work again."""
        self.grafx.token_endpoint.failing = answer

    @rule()
    def use_token(self):
        """Use the token as a cell does; it may be renewed."""
        try:
            str(self.session.chili.token)
        except ChiliError:
            return

    @rule()
    def call(self):
        """Make a call that is refused because a scope is missing."""
        with pytest.raises(ChiliError):
            self.session.chili.post("output/gif")

    @rule()
    def ask_again(self):
        """Run %chili_login --form in another cell."""
        self.session.show_form(find_login())

    @rule()
    def log_out(self):
        """Run %chili_logout."""
        self.session.sign_out("You signed out with %chili_logout.")

    @invariant()
    def card_agrees_with_session(self):
        """After every step the card shows the state of the session."""
        assert_card_agrees_with_session(self.session)

    @invariant()
    def no_secret_is_saved(self):
        """The state of the widget and the static twins contain no secret."""
        saved = json.dumps(self.session.live_card().get_state(), default=str)
        saved += as_html(self.session.state) + as_text(self.session.state)
        for secret in (CLIENT_SECRET, *self.grafx.token_endpoint.issued):
            assert secret not in saved

    def teardown(self):
        """Close the connections."""
        self.session.sign_out("The test is over.")


def test_card_agrees_with_session_after_any_sequence_of_steps(server):
    """Random sequences of clicks, calls, waits and failures reach no wrong card."""
    run_state_machine_as_test(
        lambda: SessionMachine(server),
        settings=settings(max_examples=25, stateful_step_count=15, deadline=None),
    )


@pytest.mark.parametrize("message", [FORM_MESSAGE, {"kind": "refresh"}])
def test_sign_out_during_a_token_request_is_final(server, clock, message):
    """A token that arrives after the sign-out is neither stored nor shown."""
    session = ask_in_new_session(clock)
    view = CardView(session.live_card())
    view.send(FORM_MESSAGE)
    paused = server.answer = PausedEndpoint(server.answer)
    clicking = threading.Thread(target=view.send, args=(message,))
    clicking.start()
    assert paused.received.wait(5)
    session.sign_out("You signed out with %chili_logout.")
    paused.may_answer.set()
    clicking.join(5)
    assert session.live_card().phase == "signed-out"
    assert_card_agrees_with_session(session)
