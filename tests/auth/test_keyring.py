"""The system keyring, with a backend that stores in memory."""

from __future__ import annotations

import sys

import keyring
import pytest
from keyring.backends import fail, null

from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.keyring import (
    NAME,
    is_available,
    read_keyring,
    store_in_keyring,
)
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import traceback_text

PAIR = {
    "CHILI_CLIENT_ID": Secret(CLIENT_ID),
    "CHILI_CLIENT_SECRET": Secret(CLIENT_SECRET),
}


def test_stored_values_are_read_as_a_source(memory_keyring):
    """Every key is read back, cleaned, with the keyring as its origin."""
    store_in_keyring(None, PAIR)
    source = read_keyring(None)
    assert (source.name, source.origin) == (NAME, Origin.KEYRING)
    assert {key: value.secret for key, value in source.values.items()} == PAIR
    assert len(memory_keyring.passwords) == 1


def test_each_profile_has_its_own_entry(memory_keyring):
    """Storing for one profile does not change what is stored for another."""
    store_in_keyring(None, PAIR)
    store_in_keyring("admin", {"CHILI_ADMIN_CLIENT_ID": Secret("an-admin")})
    assert set(read_keyring("admin").values) == {"CHILI_ADMIN_CLIENT_ID"}
    assert set(read_keyring(None).values) == set(PAIR)
    assert len(memory_keyring.passwords) == 2


def test_locked_keyring_is_a_source_with_a_problem(memory_keyring):
    """A keyring that cannot be read raises nothing; its problem says why."""
    memory_keyring.is_locked = True
    source = read_keyring(None)
    assert source.problem == (
        "the system keyring refused (KeyringLocked); it may be locked"
    )
    assert source.values == {}


def test_error_of_a_locked_keyring_contains_no_secret(memory_keyring):
    """The error names the keyring's own error, and no frame holds the secret."""
    memory_keyring.is_locked = True
    with pytest.raises(ConfigurationError, match="KeyringLocked") as caught:
        store_in_keyring(None, PAIR)
    assert CLIENT_SECRET not in traceback_text(caught.value)


def test_entries_of_another_program_are_ignored(memory_keyring):
    """An entry that is not JSON, or not of texts, contains no values."""
    for text in ("not json", '["a"]', '{"CHILI_CLIENT_ID": 1, "other": "x"}'):
        memory_keyring.passwords["chili_notebook", "CHILI_"] = text
        assert read_keyring(None).values == {}


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
@pytest.mark.usefixtures("memory_keyring")
def test_backend_that_stores_nothing_is_not_available(backend):
    """A machine without a real keyring does not have this source."""
    assert is_available()
    keyring.set_keyring(backend())
    assert not is_available()
    assert read_keyring(None) is None


def test_hint_without_the_package_is_how_to_install_it(monkeypatch):
    """The keyring is an extra: without it nothing can be read or stored."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert read_keyring(None) is None
    with pytest.raises(ConfigurationError, match="keyring is not installed") as caught:
        store_in_keyring(None, PAIR)
    assert "pip install" in caught.value.hint
