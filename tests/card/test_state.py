"""What the card says, live and in its static twins."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.tokens import Token
from chili_notebook.card.state import (
    CardState,
    Note,
    Phase,
    as_html,
    as_html_beside,
    as_line,
    as_text,
    as_traits,
)
from chili_notebook.display.wording import spell_moment
from fakes import NOON

MARK = "zq9-live-token-zq9"
HOSTILE = "<img src=x onerror='alert(1)'>\"&"
TOKEN = Token(Secret(MARK), NOON, NOON + 79_045, 86_400.0, frozenset({"b:read", "a"}))
OPAQUE = Token(Secret(MARK), NOON, None, None, None)
ENVIRONMENT = Environment(
    "cp-abc-123", "sandbox", "https://cp-abc-123.chili-publish-sandbox.online/grafx"
)
PHASES = get_args(Phase)


def state(phase="signed-in", **more):
    """Give a card in this phase."""
    facts = {"environment": ENVIRONMENT, "source": ".env", "token": TOKEN} | more
    return CardState(phase, "chili", "chili_token", **facts)


class Text(HTMLParser):
    """Keeps the text of a page, and the names of its tags."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note a tag; an attribute that runs script is one too."""
        self.tags |= {tag, *(name for name, _value in attrs if name.startswith("on"))}

    def handle_data(self, data):
        """Note a text."""
        self.text.append(data)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("token", [TOKEN, OPAQUE, None])
def test_the_twins_never_say_how_much_time_is_left(phase, token):
    """A saved file is read at any time, so it says until when and nothing else."""
    card = state(phase, token=token)
    shown = as_text(card) + "".join(Text(as_html(card)).text)
    assert not re.search(r"left|remain|expire|\d+ ?(h|min|s|hours?|minutes?)\b", shown)


@pytest.mark.parametrize("phase", PHASES)
def test_both_twins_say_the_same(phase):
    """HTML and text hold the same facts and sentences."""
    note = Note("Something happened.", "Do this.", kind="error")
    card = state(phase, profile="admin", note=note, why_form="Nothing was found.")
    html = "".join(Text(as_html(card)).text)
    for line in as_text(card).splitlines():
        for part in line.strip().split(": "):
            assert part in html


@pytest.mark.parametrize("phase", PHASES)
def test_no_foreign_text_becomes_markup(phase):
    """Profile, environment, source, scopes and notes are escaped."""
    token = Token(Secret(MARK), NOON, NOON + 1, 1.0, frozenset({HOSTILE}))
    card = CardState(
        phase,
        HOSTILE,
        HOSTILE,
        profile=HOSTILE,
        environment=Environment(name=HOSTILE, kind=HOSTILE),
        source=HOSTILE,
        token=token,
        note=Note(HOSTILE, HOSTILE),
        why_form=HOSTILE,
    )
    page = Text(as_html(card))
    assert page.tags <= {"div", "p", "b", "table", "tbody", "tr", "td"}
    assert HOSTILE in "".join(page.text)


@pytest.mark.parametrize("phase", PHASES)
def test_nothing_secret_is_in_any_form_of_the_card(phase):
    """Twins, traits and repr hold a fingerprint at most."""
    card = state(phase)
    traits = json.dumps(as_traits(card, now=NOON))
    assert MARK not in as_text(card) + as_html(card) + traits + repr(card)
    assert TOKEN.fingerprint in traits


def test_a_signed_in_card_says_what_can_be_used():
    """Environment, end, scopes, source and names stand on it."""
    assert as_text(state()).splitlines() == [
        "CHILI GraFx: signed in",
        "  Environment: cp-abc-123 (sandbox)",
        "  Token valid until: Sat 16 Jan 2027, 05:57 UTC",
        "  Scopes: 2: a b:read",
        "  Credentials from: .env",
        "  Names: chili, chili_token",
    ]


def test_a_log_has_one_line():
    """Where no widget shows, one line says the same, and no other is written."""
    assert as_line(state()) == (
        "CHILI GraFx: signed in to cp-abc-123 (sandbox); token valid until Sat 16 Jan "
        "2027, 05:57 UTC; 2 scopes; credentials from .env; names chili, chili_token."
    )
    assert as_line(state("signed-out")) == (
        "CHILI GraFx: signed out of chili; token valid until Sat 16 Jan 2027, "
        "05:57 UTC. GraFx tokens cannot be revoked: it stays valid until then."
    )


@pytest.mark.parametrize("phase", PHASES)
def test_only_a_signed_in_card_calls_itself_ready(phase):
    """Names are offered while they can be used."""
    assert ("Names" in as_text(state(phase))) is (phase == "signed-in")


def test_a_signed_out_card_says_that_the_token_lives_on():
    """What cannot be revoked is said with the moment when it ends by itself."""
    shown = as_text(state("signed-out"))
    assert "cannot be revoked" in shown
    assert spell_moment(TOKEN.expires_at) in shown
    assert "revoked" not in as_text(state("signed-out", token=None))


@pytest.mark.parametrize(
    ("phase", "told"), [("form", True), ("failed", True), ("signed-in", False)]
)
def test_the_form_says_why_it_is_shown(phase, told):
    """The reason goes with the form, and not with what comes after it."""
    assert (
        "Nothing found." in as_text(state(phase, why_form="Nothing found."))
    ) is told


def test_what_nobody_says_is_unknown():
    """An opaque token has neither end nor scopes to show."""
    shown = as_text(state(token=OPAQUE))
    assert "Token valid until: unknown" in shown
    assert "Scopes: unknown" in shown


def test_without_a_name_the_host_stands_for_the_environment():
    """A proxy is named by its address, and no environment by nothing."""
    proxy = Environment(base_url="https://proxy.example.com:81/grafx")
    assert ("Environment", "proxy.example.com:81") in state(environment=proxy).facts()
    nowhere = state(environment=Environment()).facts()
    assert "Environment" not in dict(nowhere)


def test_the_live_card_gets_the_seconds_that_remain():
    """Traits hold what the browser counts down from, as plain JSON."""
    traits = as_traits(state(renewable=True), now=NOON + 45)
    assert traits["remaining_s"] == 79_000
    assert traits["token"] == {
        "fingerprint": TOKEN.fingerprint,
        "expires_at": NOON + 79_045,
        "lifetime_s": 86_400.0,
        "scopes": ["a", "b:read"],
        "renewable": True,
    }
    assert traits["environment"]["token_host"] == "integration-login.chiligrafx.com"
    assert json.loads(json.dumps(traits)) == traits


def test_an_ended_token_has_nothing_left():
    """The countdown stops at nought, and an unknown end has none."""
    assert as_traits(state(), now=NOON + 1e6)["remaining_s"] == 0
    assert as_traits(state(token=OPAQUE), now=NOON)["remaining_s"] is None
    assert as_traits(state(token=None), now=NOON)["token"] is None


def test_a_twin_beside_a_card_is_marked_as_such():
    """Only such a twin hides, and hides the error of a widget; no other output does."""
    twin, beside = as_html(state()), as_html_beside(state())
    assert twin in beside
    assert "data-chili-beside" in beside
    assert "data-chili-beside" not in twin
    assert "<style>" not in twin


@pytest.mark.parametrize("phase", PHASES)
def test_a_twin_beside_a_card_is_of_when_it_was_stored(phase):
    """After a page reload it does not follow the card, so it claims no present."""
    said = "So it was when this was stored; it may have changed since."
    assert said in Text(as_html_beside(state(phase))).text
    assert said not in as_html(state(phase))


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ({"c:read"}, "a call that probably needs c:read."),
        ({"c:read", "d:read"}, "calls that probably need c:read, d:read."),
    ],
)
def test_refused_calls_are_told_as_what_they_are(refused, told):
    """One is one, and two are more."""
    assert f"GraFx refused {told}" in as_text(state(refused=frozenset(refused)))
