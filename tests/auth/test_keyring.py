"""The system's keyring, through a backend that keeps in memory."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked

from chili_notebook.auth.keyring import (
    NAME,
    is_available,
    read_keyring,
    store_in_keyring,
)
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET

PAIR = {
    "CHILI_CLIENT_ID": Secret(CLIENT_ID),
    "CHILI_CLIENT_SECRET": Secret(CLIENT_SECRET),
}


class Memory(KeyringBackend):
    """Keeps passwords in memory, unless it is locked."""

    priority = 5

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.locked = False

    def get_password(self, service, username):
        """Give what is kept."""
        self._require_open()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        """Keep a password."""
        self._require_open()
        self.kept[service, username] = password

    def _require_open(self):
        if self.locked:
            raise KeyringLocked


@pytest.fixture
def memory():
    """Let the system's keyring be one in memory."""
    before = keyring.get_keyring()
    backend = Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_what_is_kept_is_found_at_the_next_login(memory):
    """Kept credentials are a source after all others, and sign in."""
    store_in_keyring(None, PAIR)
    found = find_login()
    assert found.resolution.require().source == NAME
    assert found.resolution.require().client_secret == Secret(CLIENT_SECRET)
    assert len(memory.kept) == 1


def test_a_source_before_it_leaves_the_keyring_alone(memory, monkeypatch):
    """Where credentials are found elsewhere, no keyring is asked to open."""
    memory.locked = True
    for key, value in PAIR.items():
        monkeypatch.setenv(key, value.reveal())
    assert NAME not in [entry.source for entry in find_login().trace]


def test_profiles_are_kept_apart(memory):
    """Each profile has an entry of its own."""
    store_in_keyring(None, PAIR)
    store_in_keyring("admin", {"CHILI_ADMIN_CLIENT_ID": Secret("an-admin")})
    assert set(read_keyring("admin").values) == {"CHILI_ADMIN_CLIENT_ID"}
    assert set(read_keyring(None).values) == set(PAIR)
    assert len(memory.kept) == 2


def test_a_locked_keyring_is_a_reason_in_the_trace(memory):
    """It does not fail a login: it is told, and the form can follow."""
    memory.locked = True
    assert "locked" in read_keyring(None).problem
    assert [e for e in find_login().trace if e.source == NAME and "locked" in e.outcome]


def test_a_refusal_to_keep_is_a_clear_error_without_the_secret(memory):
    """What the keyring says of the refusal is told, what was to be kept is not."""
    memory.locked = True
    with pytest.raises(ConfigurationError, match="KeyringLocked") as caught:
        store_in_keyring(None, PAIR)
    assert CLIENT_SECRET not in str(caught.value)


def test_foreign_entries_are_no_credentials(memory):
    """An entry that another program left there is passed over."""
    for text in ("not json", '{"CHILI_CLIENT_ID": 1, "other": "x"}'):
        memory.kept["chili_notebook", "CHILI_"] = text
        assert read_keyring(None).values == {}


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_a_backend_that_stores_nothing_is_not_offered(memory, backend):
    """On a machine without a keyring it is no source and no place to keep."""
    assert is_available()
    assert memory.kept == {}
    keyring.set_keyring(backend())
    assert not is_available()
    assert read_keyring(None) is None


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("key", ["CHILI_TOKEN_URL", "CHILI_BASE_URL", "CHILI_AUDIENCE"])
def test_a_file_that_came_along_cannot_redirect_what_is_kept(key):
    """A .env beside somebody's notebook does not say where a kept secret is sent."""
    store_in_keyring(None, PAIR)
    Path(".env").write_text(f"{key}=https://elsewhere.example/\n")
    with pytest.raises(ConfigurationError, match="may not redirect"):
        find_login().environment()
