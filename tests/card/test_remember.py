"""What is kept of the form, and where not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dotenv import dotenv_values

from chili_notebook.auth.environment import Environment
from chili_notebook.card.remember import ENV, list_storage_options, remember
from chili_notebook.signin import find_login

GRAFX = Environment(
    name="cp-abc-123",
    kind="production",
    base_url="https://cp-abc-123.chili-publish.online/grafx",
)


def _keep(credentials, environment=GRAFX):
    return remember(
        [ENV],
        credentials,
        typed="cp-abc-123",
        environment=environment,
        profile=None,
        folder=Path(),
    )


def test_what_was_ticked_is_kept_beside_the_notebook(credentials):
    """Where the form offers it, a tick writes a .env."""
    assert ENV in list_storage_options()
    assert _keep(credentials) == ([".env"], [])
    assert Path(".env").exists()


def test_in_voila_nothing_is_kept(credentials, monkeypatch):
    """A reader's pair would sign in the next one: no offer, and no tick that counts."""
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    assert list_storage_options() == ()
    assert _keep(credentials) == ([], [])
    assert not Path(".env").exists()


def test_where_the_secret_went_is_kept_with_it(credentials):
    """Kept without its token endpoint, the next login would send it to another."""
    elsewhere = replace(
        GRAFX, base_url="http://127.0.0.1:1/grafx", token_url="http://127.0.0.1:1/token"
    )
    _keep(credentials, elsewhere)
    kept = dotenv_values(".env")
    assert kept["CHILI_BASE_URL"] == "http://127.0.0.1:1/grafx"
    assert kept["CHILI_TOKEN_URL"] == "http://127.0.0.1:1/token"
    again = find_login().environment()
    assert (again.base_url, again.token_url) == (
        elsewhere.base_url,
        elsewhere.token_url,
    )
    _keep(credentials)
    assert not {"CHILI_BASE_URL", "CHILI_TOKEN_URL"} & dotenv_values(".env").keys()
    assert find_login().environment() == GRAFX
