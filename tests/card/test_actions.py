"""What the card answers to a click, message by message."""

from __future__ import annotations

import pytest

from conftest import TYPED
from fakes import Answer, jwt

DONE = {"kind": "done"}


class Page:
    """Sends what a card's view sends, and records the custom messages it gets."""

    def __init__(self, session):
        self.card = session.live_card()
        self.heard = []
        self.card.send = self.heard.append

    def send(self, kind, **more):
        """Deliver a message; give what came back."""
        self.heard.clear()
        self.card._handle_custom_msg({"kind": kind, **more}, [])
        return list(self.heard)


@pytest.fixture
def page(session):
    """Give the page in which the form is shown."""
    return Page(session)


def test_a_token_comes_with_the_nonce_of_its_page(page, endpoint):
    """Every page gets the message, and by the nonce knows whether it asked."""
    page.send(**TYPED)
    for nonce in ("k3j9x2", "z" * 40):
        token = {"kind": "token", "value": endpoint.issued[0], "nonce": nonce}
        assert page.send("copy", nonce=nonce) == [token, DONE]


@pytest.mark.parametrize("nonce", [None, "", "z" * 41, 7, ["k3j9x2"], {"a": "b"}])
def test_what_is_no_nonce_gets_no_token(page, nonce):
    """Nothing but a short text is sent back, since that message is not masked."""
    page.send(**TYPED)
    assert page.send("copy", nonce=nonce) == [DONE]


def test_a_copy_without_a_token_sends_none(page):
    """Signed out, it is told on the card, and the page is answered."""
    assert page.send("copy", nonce="k3j9x2") == [DONE]
    assert page.card.note["kind"] == "error"


def test_each_action_is_answered_though_it_changes_nothing(page):
    """One message after each, the second of the same kind too."""
    for kind, more in (
        ("sign-in", TYPED),
        ("refresh", {}),
        ("refresh", {}),
        ("copied", {"is_copied": True}),
        ("copied", {"is_copied": True}),
        ("sign-out", {}),
        ("sign-out", {}),
    ):
        assert page.send(**{"kind": kind, **more}) == [DONE]


def test_the_answer_comes_after_what_was_changed(page):
    """The page shows the new state before it ends its waiting."""
    phases = []
    page.card.send = lambda message: phases.append((message, page.card.phase))
    page.send(**TYPED)
    assert phases == [(DONE, "signed-in")]


def test_a_failure_is_answered(page, endpoint):
    """What went wrong is on the card, and nobody waits."""
    endpoint.failing = Answer(401, {"error": "access_denied"})
    assert page.send(**TYPED) == [DONE]
    assert page.card.phase == "failed"


def test_an_ended_token_is_told_where_it_was_pasted(page):
    """Beside its field, and with what to do there."""
    page.send("sign-in", access_token=jwt(exp=1), environment="cp-abc-123")
    note = page.card.note
    assert page.card.phase == "failed"
    assert note["field"] == "access_token"
    assert note["hint"] == "Copy a new one from GraFx and paste it here."


def test_an_interrupt_is_answered(session, page):
    """An action that raises is over as well."""

    def interrupt(_token):
        raise KeyboardInterrupt

    session.manager.protect = interrupt
    with pytest.raises(KeyboardInterrupt):
        page.send(**TYPED)
    assert page.heard == [DONE]


def test_asking_for_the_time_is_no_action(page):
    """It has an answer of its own."""
    assert [message["kind"] for message in page.send("sync")] == ["time"]
