"""The client: its repr, its nouns, and the calls for the environment itself."""

from __future__ import annotations

import pytest

from chili_notebook.api.client import Chili
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import UnexpectedAnswerError
from fakes import Answer, Protector


def test_repr_names_the_environment(chili, clock):
    """The repr contains the name and the type of the environment."""
    assert repr(chili) == "<Chili: cp-abc-123 (production)>"
    assert (
        repr(Chili(TokenManager(Protector(), clock=clock, stopwatch=clock)))
        == "<Chili: not signed in>"
    )


def test_completion_offers_only_what_users_call(chili):
    """The tools of the nouns are not among the names that a notebook completes."""
    offered = set(dir(chili))
    assert {"templates", "get", "pages", "token", "environment", "name"} <= offered
    assert not {"clock", "sleep", "stopwatch", "link"} & offered


@pytest.mark.parametrize("method", ["settings", "info"])
def test_settings_and_info_come_wrapped_or_bare(chili, server, method):
    """Both envelopes are opened; anything but an object is an error."""
    settings = {"sdkVersionPublic": "1.26"}
    for body in (settings, {"data": settings, "links": None}):
        server.answer = lambda _request, body=body: Answer(200, body)
        assert getattr(chili, method)() == settings
    server.answer = lambda _request: Answer(200, [1])
    with pytest.raises(UnexpectedAnswerError):
        getattr(chili, method)()


def test_nouns_are_made_once(chili):
    """A noun stores what it has measured, such as how long renders take."""
    for noun in ("templates", "projects", "media", "fonts", "outputs"):
        assert getattr(chili, noun) is getattr(chili, noun)
