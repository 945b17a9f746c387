"""What the card shows, live and in its static twins."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.environment_check import CheckStatus, EnvironmentCheck
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


def make_state(phase="signed-in", **more):
    """Return the state of a card in this phase."""
    values = {
        "environment": ENVIRONMENT,
        "source": ".env",
        "token": TOKEN,
        "check": EnvironmentCheck(CheckStatus.ANSWERED),
    } | more
    return CardState(phase, "chili", "chili_token", **values)


class ParsedHTML(HTMLParser):
    """The texts of an HTML page, and the names of its tags and event attributes."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Record a tag, and attributes that run a script."""
        self.tags |= {tag, *(name for name, _value in attrs if name.startswith("on"))}

    def handle_data(self, data):
        """Record a text."""
        self.texts.append(data)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("token", [TOKEN, OPAQUE, None])
def test_twins_never_contain_the_time_left(phase, token):
    """A saved file is read at any time, so it shows the moment of the expiry only."""
    card = make_state(phase, token=token)
    shown = as_text(card) + "".join(ParsedHTML(as_html(card)).texts)
    assert not re.search(r"left|remain|expire|\d+ ?(h|min|s|hours?|minutes?)\b", shown)


@pytest.mark.parametrize("phase", PHASES)
def test_both_twins_have_the_same_content(phase):
    """HTML and text contain the same facts and sentences."""
    note = Note("Something happened.", "Do this.", kind="error")
    card = make_state(
        phase, profile="admin", note=note, form_reason="Nothing was found."
    )
    html = "".join(ParsedHTML(as_html(card)).texts)
    for line in as_text(card).splitlines():
        if not line.startswith("  Scopes: "):  # HTML shows them as a table
            for part in line.strip().split(": "):
                assert part in html


def test_scopes_are_a_table_of_resources_and_verbs():
    """Granted scopes have a check mark, as on the live card."""
    scopes = {"font:list", "font:write", "output:static", "output:animated", "admin"}
    token = Token(Secret(MARK), NOON, NOON + 1, 1.0, frozenset(scopes))
    html = as_html(make_state(token=token, refused_scopes=frozenset({"media:read"})))
    rows = [
        re.sub(r"(<[^>]+>)+", "|", row).strip("|")
        for row in re.findall(r"<tr.*?</tr>", html)
    ]
    assert rows[-5:] == [
        "5 scopes|list|read|write",
        "other|✓ admin",
        "font|✓|-|✓",
        "media|-|needed|-",
        "output|✓ animated, ✓ static",
    ]


@pytest.mark.parametrize("phase", PHASES)
def test_no_untrusted_text_becomes_markup(phase):
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
        form_reason=HOSTILE,
    )
    page = ParsedHTML(as_html(card))
    assert page.tags <= {"div", "p", "b", "table", "tbody", "tr", "td"}
    assert HOSTILE in "".join(page.texts)


@pytest.mark.parametrize("phase", PHASES)
def test_no_form_of_the_card_contains_the_token(phase):
    """Twins, traits and repr contain a fingerprint at most."""
    card = make_state(phase)
    traits = json.dumps(as_traits(card))
    assert MARK not in as_text(card) + as_html(card) + traits + repr(card)
    assert TOKEN.fingerprint in traits


def test_signed_in_card_shows_environment_expiry_scopes_source_and_names():
    """The plain text has one line for each of them."""
    assert as_text(make_state()).splitlines() == [
        "CHILI GraFx: signed in",
        "  Environment: cp-abc-123 (sandbox)",
        "  Host: cp-abc-123.chili-publish-sandbox.online",
        "  Token valid until: Sat 16 Jan 2027, 05:57 UTC",
        "  Scopes: 2: a b:read",
        "  Credentials from: .env",
        "  Names: chili, chili_token",
    ]


def test_log_gets_one_line():
    """Where no widget is shown, one line has the same content."""
    assert as_line(make_state()) == (
        "CHILI GraFx: signed in to cp-abc-123 (sandbox); token valid until Sat 16 Jan "
        "2027, 05:57 UTC; 2 scopes; credentials from .env; names chili, chili_token."
    )
    assert as_line(make_state("signed-out")) == (
        "CHILI GraFx: signed out of chili; token valid until Sat 16 Jan 2027, "
        "05:57 UTC. GraFx cannot revoke tokens; this one stays valid until then."
    )


@pytest.mark.parametrize("phase", PHASES)
def test_only_a_signed_in_card_shows_names(phase):
    """The names are shown while they can be used."""
    assert ("Names" in as_text(make_state(phase))) is (phase == "signed-in")


def test_signed_out_card_shows_until_when_the_token_is_valid():
    """A token cannot be revoked; without a token the card does not mention one."""
    shown = as_text(make_state("signed-out"))
    assert "cannot revoke" in shown
    assert spell_moment(TOKEN.expires_at) in shown
    assert "revoke" not in as_text(make_state("signed-out", token=None))


@pytest.mark.parametrize(
    ("phase", "expected"), [("form", True), ("failed", True), ("signed-in", False)]
)
def test_form_shows_its_reason(phase, expected):
    """The reason is shown with the form only."""
    shown = as_text(make_state(phase, form_reason="Nothing found."))
    assert ("Nothing found." in shown) is expected


def test_expiry_and_scopes_of_an_opaque_token_are_unknown():
    """The card says so instead of leaving them out."""
    shown = as_text(make_state(token=OPAQUE))
    assert "Token valid until: unknown" in shown
    assert "Scopes: unknown" in shown


def test_environment_without_a_name_is_shown_by_its_host():
    """A proxy is shown by its address, and an unknown environment not at all."""
    proxy = Environment(base_url="https://proxy.example.com:81/grafx")
    assert ("Environment", "proxy.example.com:81") in make_state(
        environment=proxy
    ).facts()
    unknown = make_state(environment=Environment()).facts()
    assert "Environment" not in dict(unknown)


def test_traits_contain_the_expiry_and_are_plain_json():
    """The time left is not among them, because it depends on the moment."""
    traits = as_traits(make_state(renewable=True))
    assert "remaining_s" not in traits
    assert traits["token"] == {
        "fingerprint": TOKEN.fingerprint,
        "expires_at": NOON + 79_045,
        "lifetime_s": 86_400.0,
        "scopes": ["a", "b:read"],
        "renewable": True,
    }
    assert traits["environment"]["token_host"] == "integration-login.chiligrafx.com"
    assert json.loads(json.dumps(traits)) == traits


def test_twin_beside_a_live_card_is_marked():
    """Only a marked twin has the style that hides it beside the card."""
    twin, beside = as_html(make_state()), as_html_beside(make_state())
    assert twin in beside
    assert "data-chili-beside" in beside
    assert "data-chili-beside" not in twin
    assert "<style>" not in twin


@pytest.mark.parametrize("phase", PHASES)
def test_twin_beside_a_live_card_says_that_it_may_be_out_of_date(phase):
    """After a page reload it no longer follows the card."""
    remark = "As of when the notebook was saved; it may have changed since."
    assert remark in ParsedHTML(as_html_beside(make_state(phase))).texts
    assert remark not in as_html(make_state(phase))


@pytest.mark.parametrize(
    ("scopes", "remark"),
    [
        ({"c:read"}, "a call that probably needs c:read."),
        ({"c:read", "d:read"}, "calls that probably need c:read, d:read."),
    ],
)
def test_scopes_of_refused_calls_are_shown(scopes, remark):
    """One scope is written in the singular, two in the plural."""
    state = make_state(refused_scopes=frozenset(scopes))
    assert f"GraFx refused {remark}" in as_text(state)
    assert state.lacking == sorted(scopes)


def test_scopes_that_the_token_has_are_not_lacking():
    """A call with such a scope was refused for another reason."""
    assert make_state(refused_scopes=frozenset({"a", "c"})).lacking == ["c"]
    opaque = make_state(token=OPAQUE, refused_scopes=frozenset({"c"}))
    assert opaque.lacking == []


def test_unmasked_notebook_is_shown():
    """A card says if secrets are not masked in this notebook's outputs."""
    remark = "Secrets are not masked here: what you print is shown."
    assert remark in make_state(masked=False).remarks()
    assert remark not in make_state(masked=True).remarks()
