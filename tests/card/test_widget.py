"""The live card: what its views receive, and in which order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from chili_notebook.card import widget
from chili_notebook.card.state import Phase
from conftest import FORM_MESSAGE

DONE = {"kind": "done"}


@pytest.mark.parametrize(
    "message",
    [
        FORM_MESSAGE,
        {"kind": "refresh"},
        {"kind": "copied", "is_copied": True},
        {"kind": "sign-out"},
    ],
    ids=lambda message: message["kind"],
)
def test_every_action_is_answered_even_if_it_changes_nothing(view, message):
    """A view that waits gets one answer, also for a second equal message."""
    view.send(FORM_MESSAGE)
    assert view.send(message) == [DONE]
    assert view.send(message) == [DONE]


def test_changes_are_sent_before_the_answer(view):
    """A view shows the new state before it stops waiting."""
    view.send(FORM_MESSAGE)
    assert view.steps == ["signing-in", "signed-in", "done"]


def test_question_for_the_time_has_its_own_answer(view, clock):
    """A view learns the seconds left and the serial of the token; nothing else."""
    view.send(FORM_MESSAGE)
    clock.advance(10)
    serial = view.card.token["serial"]
    assert view.send({"kind": "sync"}) == [
        {"kind": "time", "serial": serial, "remaining_s": 86_390}
    ]


def test_reloaded_page_gets_the_time_left_now(view, clock):
    """The synced seconds are computed when they are read."""
    view.send(FORM_MESSAGE)
    clock.advance(1000)
    assert view.card.get_state()["remaining_s"] == 85_400


def test_seconds_left_are_negative_after_the_expiry(session, view, clock):
    """A view can show since when the token has expired."""
    view.send(FORM_MESSAGE)
    clock.advance(86_400 + 7200)
    assert view.card.get_state()["remaining_s"] == -7200
    session.show(note=None)
    assert view.card.remaining_s == -7200


def test_drawing_names_every_state_of_the_browser():
    """Docstring, script and Python have the same states, each with its row."""
    script = (Path(widget.__file__).parent / "card.js").read_text()
    block = script.partition("const STATES = {")[2].partition("\n};")[0]
    states = re.findall(r'^  "?([a-z-]+)"?: \{', block, re.MULTILINE)
    rows = re.findall(r"^\(?([a-z-]+)\)?  +", widget.__doc__, re.MULTILINE)
    assert rows == ["phase", *states]
    derived = {
        "checking",
        "unchecked",
        "unusable",
        "expiring",
        "expired",
        "unconfirmed",
    }
    assert set(get_args(Phase)) == set(states) - derived
