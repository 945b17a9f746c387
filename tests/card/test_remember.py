"""Storing what was typed into the form, and where it is not stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dotenv import dotenv_values

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.keyring import NAME as KEYRING_NAME
from chili_notebook.auth.secret import Secret
from chili_notebook.card.remember import (
    ENV,
    KEYRING,
    Stored,
    list_storage_options,
    store_credentials,
)
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET

GRAFX = Environment(
    name="cp-abc-123",
    kind="production",
    base_url="https://cp-abc-123.chili-publish.online/grafx",
)


def store(credentials, *places, environment=GRAFX, profile=None):
    """Store credentials, as the form does after a sign-in."""
    return store_credentials(
        places,
        credentials,
        typed_environment="cp-abc-123",
        environment=environment,
        profile=profile,
        folder=Path(),
    )


def test_env_file_is_offered_and_written(credentials):
    """A tick writes the pair and the environment into the .env of the folder."""
    assert list_storage_options() == (ENV,)
    assert store(credentials, ENV) == Stored((".env",), ())
    assert dotenv_values(".env") == {
        "CHILI_CLIENT_SECRET": CLIENT_SECRET,
        "CHILI_CLIENT_ID": CLIENT_ID,
        "CHILI_ENVIRONMENT": "cp-abc-123",
        "CHILI_ENVIRONMENT_TYPE": "production",
    }


def test_keyring_is_offered_and_written_where_there_is_one(credentials, memory_keyring):
    """Both places can be ticked, and are named in this order."""
    assert list_storage_options() == (ENV, KEYRING)
    assert store(credentials, KEYRING, ENV) == Stored((".env", KEYRING_NAME), ())
    assert len(memory_keyring.passwords) == 1


def test_nothing_is_stored_without_a_tick(credentials, memory_keyring):
    """Places that are unknown count as no tick."""
    assert store(credentials, "elsewhere") == Stored((), ())
    assert not Path(".env").exists()
    assert memory_keyring.passwords == {}


def test_failure_of_one_place_does_not_prevent_the_other(credentials, memory_keyring):
    """The result names what was stored, and the reason for what was not."""
    memory_keyring.is_locked = True
    stored = store(credentials, ENV, KEYRING)
    assert stored.places == (".env",)
    (problem,) = stored.problems
    assert "Nothing was stored" in problem.message


def test_nothing_is_stored_in_voila(credentials, monkeypatch):
    """A reader's credentials would sign in the next reader, whatever is ticked."""
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    assert list_storage_options() == ()
    assert store(credentials, ENV) == Stored((), ())
    assert not Path(".env").exists()


def test_keys_of_a_profile_are_stored_with_its_name(credentials):
    """The next login of the profile finds them."""
    store(credentials, ENV, profile="read-only")
    settings = find_login("read-only")
    assert settings.require_credentials().client_id == CLIENT_ID


def test_pasted_token_replaces_a_stored_pair(credentials):
    """Keys of other credentials would take precedence, and are removed."""
    store(credentials, ENV)
    token = replace(
        credentials, client_id="", client_secret=None, access_token=Secret("a-token-01")
    )
    store(token, ENV)
    assert dotenv_values(".env").keys() == {
        "CHILI_ACCESS_TOKEN",
        "CHILI_ENVIRONMENT",
        "CHILI_ENVIRONMENT_TYPE",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "http://127.0.0.1:1/grafx", "token_url": "http://127.0.0.1:1/t"},
        {"audience": "https://staging.example.com"},
    ],
)
def test_unusual_addresses_are_stored_with_the_secret(credentials, changes):
    """Without them, the next login would send the secret elsewhere.

    They are removed again when a login with the usual addresses is stored.
    """
    unusual = replace(GRAFX, **changes)
    store(credentials, ENV, environment=unusual)
    found = find_login().environment
    assert {key: getattr(found, key) for key in changes} == changes
    store(credentials, ENV)
    addresses = {"CHILI_BASE_URL", "CHILI_TOKEN_URL", "CHILI_AUDIENCE"}
    assert not addresses & dotenv_values(".env").keys()
    assert find_login().environment == GRAFX
