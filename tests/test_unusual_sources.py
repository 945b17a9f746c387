"""Optional sources that are broken, special files, and keys that are set twice."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.keyring import is_available, read_keyring, store_in_keyring
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.sources import find_sources
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError
from chili_notebook.guard.registry import SecretRegistry
from chili_notebook.signin import find_login, login
from conftest import CLIENT_ID, CLIENT_SECRET

OLD_SECRET = "zq9-an-older-secret-0123456789"


class WaitingKeyring(KeyringBackend):
    """Waits for a prompt that nobody answers."""

    priority = -1  # so that keyring does not choose the class by itself

    def __init__(self):
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, *_):
        """Wait."""
        self.answered.wait()

    def set_password(self, *_):
        """Wait."""
        self.answered.wait()


@pytest.fixture
def waiting_keyring():
    """Use a keyring that waits; release its threads at the end."""
    before = keyring.get_keyring()
    backend = WaitingKeyring()
    backend.priority = 5
    keyring.set_keyring(backend)
    yield backend
    backend.answered.set()
    keyring.set_keyring(before)


@pytest.fixture(
    params=["keyrings.alt.file.PlaintextKeyring", "keyring.backends.no.Such", "null"]
)
def broken_keyring(request, monkeypatch):
    """Configure a keyring that cannot be loaded."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", request.param)
    before = keyring.core._keyring_backend
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    yield request.param
    keyring.core._keyring_backend = before


@pytest.mark.usefixtures("broken_keyring")
def test_broken_keyring_does_not_stop_a_login(env_file):
    """A login that .env can serve never meets the keyring."""
    env_file()
    assert find_login().require_credentials().origin is Origin.ENV_FILE


@pytest.mark.usefixtures("broken_keyring")
def test_broken_keyring_is_named_and_counts_as_nothing_found():
    """Without credentials the form is shown, and an error names the keyring."""
    settings = find_login()
    assert settings.found_nothing
    with pytest.raises(CredentialsNotFoundError, match="system keyring cannot be used"):
        settings.require_credentials()
    assert not is_available()
    with pytest.raises(ConfigurationError, match="Nothing was stored"):
        store_in_keyring(None, {"CHILI_CLIENT_SECRET": Secret(CLIENT_SECRET)})


@pytest.mark.usefixtures("waiting_keyring")
def test_waiting_keyring_has_a_time_limit():
    """A prompt that nobody sees ends with a message, for reading and for storing."""
    source = read_keyring(None, timeout_s=0.01)
    assert "may be waiting to be unlocked" in source.problem
    with pytest.raises(ConfigurationError, match="waiting to be unlocked"):
        store_in_keyring(None, {}, timeout_s=0.01)


def test_pipe_does_not_stop_a_login_by_the_environment(monkeypatch, tmp_path):
    """A .env that nobody writes into is named in the trace, and passed over."""
    os.mkfifo(tmp_path / ".env")
    monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)
    settings = find_login()
    assert settings.require_credentials().origin is Origin.PROCESS_ENVIRONMENT
    assert [e for e in settings.trace if "is a pipe" in e.outcome]


def test_folder_that_was_deleted_is_not_an_error(monkeypatch, tmp_path):
    """A login continues with the sources that are left."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    shutil.rmtree(gone)
    monkeypatch.setenv("CHILI_ACCESS_TOKEN", "an-access-token")
    settings = find_login()
    assert settings.require_credentials().access_token == Secret("an-access-token")
    monkeypatch.chdir(tmp_path)


def test_every_value_of_a_key_is_protected():
    """An old secret above the new one in a .env is masked and traced, too."""
    Path(".env").write_text(
        f"CHILI_CLIENT_ID={CLIENT_ID}\n"
        f"CHILI_CLIENT_SECRET={OLD_SECRET}\n"
        f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n"
    )
    registry = SecretRegistry()
    settings = find_login(registry=registry)
    assert settings.require_credentials().client_secret == Secret(CLIENT_SECRET)
    assert OLD_SECRET not in registry.mask(Path(".env").read_text())
    assert [e.key for e in settings.trace if e.outcome == "set again further down"] == [
        "CHILI_CLIENT_SECRET"
    ]


def test_line_on_which_parsing_is_slow_is_refused(tmp_path):
    """A line that is longer than any credential is not parsed."""
    (tmp_path / ".env").write_text("A=a" + " " * 90_000 + "x\n")
    (_environment, source) = find_sources(tmp_path, environ={})
    assert source.problem == ".env contains a line of more than 8,192 characters"


def test_file_of_another_user_is_named(env_file):
    """A .env that another user owns is used only with a note and a warning."""
    if os.getuid() != 0:
        pytest.skip("only root can give a file to another user")
    env_file()
    os.chown(".env", 12345, 12345)
    danger = find_login().find_danger()
    assert danger.message == ".env belongs to another user of this machine."
    with pytest.warns(UserWarning, match="belongs to another user"):
        login().close()


def test_file_that_other_users_can_replace_is_named(env_file, tmp_path):
    """A folder that everybody may write to is named, unless it has the sticky bit."""
    env_file()
    tmp_path.chmod(0o777)
    assert "can replace .env" in find_login().find_danger().message
    tmp_path.chmod(0o1777)
    assert "can read .env" in find_login().find_danger().message


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("CLIENT_ID", "CHILI_CLIENT_ID"),
        ("GRAFX_SECRET", "CHILI_CLIENT_SECRET"),
        ("SERVER_SECRET", "CHILI_CLIENT_SECRET"),
        ("BASEURL", "CHILI_BASE_URL"),
        ("chili_client_id", "CHILI_CLIENT_ID"),
    ],
)
def test_key_with_another_name_is_named(key, name):
    """A key that looks like ours is named in the error and in the trace."""
    Path(".env").write_text(f"{key}=zq9-a-value-0123456789\n")
    settings = find_login()
    with pytest.raises(CredentialsNotFoundError) as caught:
        settings.require_credentials()
    assert f".env contains {key}, which must be called {name}." in caught.value.message
    assert [e for e in settings.trace if e.key == key and name in e.outcome]
    assert "zq9" not in f"{caught.value}{settings.trace}"


def test_profiles_are_named_where_no_plain_credentials_are():
    """A .env that contains profiles only says how to sign in with one."""
    Path(".env").write_text("CHILI_READER_ACCESS_TOKEN=a-token-of-the-reader\n")
    with pytest.raises(CredentialsNotFoundError, match="%chili_login reader"):
        find_login().require_credentials()
