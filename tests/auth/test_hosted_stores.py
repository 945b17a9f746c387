"""The secret stores of hosted notebooks, with stand-ins that behave like the real ones.

The stand-ins follow the public sources of colabtools and of Kaggle's docker image, and
the documentation of Databricks and Fabric.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from chili_notebook.auth.credentials import Origin
from chili_notebook.auth.hosted_stores import read_hosted_store
from chili_notebook.auth.keyring import store_in_keyring
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.sources import read_process_environment
from chili_notebook.errors import CredentialsNotFoundError
from chili_notebook.guard.install import Guard
from chili_notebook.signin import find_login
from conftest import CLIENT_ID, CLIENT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = {"CHILI_CLIENT_ID": CLIENT_ID, "CHILI_CLIENT_SECRET": CLIENT_SECRET}
VAULT = "https://a-vault.vault.azure.net/"


class FakeStore:
    """What a host stores for its user, and how it answers.

    Attributes:
        values: The secrets by name.
        asked: The names that were asked for.
        error: Raised for every secret, while it is set.
        may_answer: Every answer waits for it.
    """

    def __init__(self):
        self.values = {}
        self.asked = []
        self.error = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def get(self, name, missing):
        """Return a secret; raise `missing` for one that is not stored."""
        self.asked.append(name)
        self.may_answer.wait(5)
        if self.error is not None:
            raise self.error
        if name not in self.values:
            raise missing
        return self.values[name]


class Py4JJavaError(Exception):
    """The error of Java code that Databricks and Fabric raise."""


def add_colab(store, monkeypatch):
    """Add the modules of Colab; the secrets have their own errors."""
    userdata = ModuleType("google.colab.userdata")
    userdata.SecretNotFoundError = type("SecretNotFoundError", (Exception,), {})
    userdata.NotebookAccessError = type("NotebookAccessError", (Exception,), {})
    userdata.get = lambda key: store.get(key, userdata.SecretNotFoundError(key))
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)


def add_kaggle(store, monkeypatch):
    """Add the module of Kaggle, whose client asks a server."""
    module = ModuleType("kaggle_secrets")
    module.BackendError = type("BackendError", (Exception,), {})

    class UserSecretsClient:
        def get_secret(self, label):
            return store.get(label, module.BackendError("Unexpected response"))

    module.UserSecretsClient = UserSecretsClient
    monkeypatch.setitem(sys.modules, "kaggle_secrets", module)


def add_databricks(store, monkeypatch):
    """Put `dbutils` into the main module, as Databricks does for a notebook."""

    def get(scope, key):
        missing = Py4JJavaError(f"Secret does not exist with scope: {scope}")
        return store.get(f"{scope}/{key}", missing)

    store.values = {f"chili/{key}": value for key, value in store.values.items()}
    dbutils = SimpleNamespace(secrets=SimpleNamespace(get=get))
    monkeypatch.setattr(sys.modules["__main__"], "dbutils", dbutils, raising=False)


def add_fabric(store, monkeypatch):
    """Add the module of Fabric, which reads an Azure key vault."""

    def get_secret(vault, name):
        return store.get(f"{vault} {name}", Py4JJavaError("SecretNotFound"))

    store.values = {
        f"{VAULT} {key.replace('_', '-')}": value for key, value in store.values.items()
    }
    module = ModuleType("notebookutils")
    module.credentials = SimpleNamespace(getSecret=get_secret)
    monkeypatch.setitem(sys.modules, "notebookutils", module)
    monkeypatch.setenv("CHILI_SECRET_STORE", VAULT)


HOSTS = {
    "Colab's secrets": add_colab,
    "Kaggle's secrets": add_kaggle,
    "Databricks' secrets (scope chili)": add_databricks,
    "Fabric's secrets": add_fabric,
}


@pytest.fixture
def store():
    """Return what the host stores; threads that wait for it end with the test."""
    store = FakeStore()
    yield store
    store.may_answer.set()


@dataclass
class Host:
    """A hosted notebook.

    Attributes:
        name: What messages call its store.
        start: Makes its store present in this process, with the values set before.
    """

    name: str
    start: Callable[[], None]


@pytest.fixture(params=HOSTS)
def host(request, store, monkeypatch):
    """Return each host, one after the other."""
    return Host(request.param, lambda: HOSTS[request.param](store, monkeypatch))


@pytest.fixture
def registry():
    """Return a registry of secrets of the test's own."""
    return Guard().registry


def read(profile=None, **options):
    """Read the store, with the process environment before it."""
    return read_hosted_store(profile, [read_process_environment()], **options)


def test_without_a_host_there_is_no_store():
    """Nothing is imported on other machines."""
    before = set(sys.modules)
    assert read() is None
    assert not {"google.colab", "kaggle_secrets"} & (set(sys.modules) - before)


def test_pair_and_environment_are_read(store, registry, host):
    """A login finds them, names the store in the trace and masks the secret."""
    store.values = PAIR | {"CHILI_ENVIRONMENT": "cp-abc-123"}
    host.start()
    settings = find_login(registry=registry)
    credentials = settings.require_credentials()
    assert (credentials.source, credentials.origin) == (host.name, Origin.HOSTED_STORE)
    assert settings.environment.name == "cp-abc-123"
    assert (host.name, "CHILI_CLIENT_SECRET", "used") in [
        (entry.source, entry.key, entry.outcome) for entry in settings.trace
    ]
    assert CLIENT_SECRET in {known.secret.reveal() for known in registry.known}


def test_access_token_and_a_proxy_are_read(store, host):
    """The store is the user's own, so it may set where the token is sent."""
    store.values = {
        "CHILI_ACCESS_TOKEN": "token-0123456789",
        "CHILI_ENVIRONMENT": "cp-abc-123",
        "CHILI_BASE_URL": "https://proxy.example/grafx",
    }
    host.start()
    settings = find_login(registry=Guard().registry)
    assert settings.require_credentials().access_token == Secret("token-0123456789")
    assert settings.environment.host == "proxy.example"


def test_profile_uses_the_plain_environment_if_it_has_none(store, host):
    """Profiles often share their environment."""
    store.values = {
        "CHILI_ADMIN_CLIENT_ID": CLIENT_ID,
        "CHILI_ADMIN_CLIENT_SECRET": CLIENT_SECRET,
        "CHILI_ENVIRONMENT": "cp-abc-123",
    }
    host.start()
    source = read("admin")
    assert sorted(source.values) == sorted(
        key.rpartition("/")[2].rpartition(" ")[2].replace("-", "_")
        for key in store.values
    )


def test_store_is_not_asked_if_a_source_before_it_serves(
    store, env_file, registry, host
):
    """Asking may show the user a question."""
    host.start()
    env_file()
    assert find_login(registry=registry).require_credentials().source == ".env"
    assert store.asked == []


def test_store_without_credentials_is_passed_over(
    store, memory_keyring, registry, host
):
    """It is asked for the client ID and the token only; then the keyring is used."""
    del memory_keyring
    host.start()
    with pytest.raises(CredentialsNotFoundError) as caught:
        find_login(registry=registry).require_credentials()
    assert host.name in caught.value.message
    assert len(store.asked) == 2
    store_in_keyring(None, {key: Secret(value) for key, value in PAIR.items()})
    credentials = find_login(registry=registry).require_credentials()
    assert credentials.origin is Origin.KEYRING


def test_store_that_refuses_is_noted(store, memory_keyring, registry, host):
    """The note names the class of the error, and never its message."""
    del memory_keyring
    host.start()
    store.error = PermissionError(f"may not read {CLIENT_SECRET}")
    settings = find_login(registry=registry)
    assert settings.found_nothing  # so that the form is shown
    (note,) = settings.choice.notes
    assert note == f"{host.name} did not return CHILI_CLIENT_ID (PermissionError)"
    store_in_keyring(None, {key: Secret(value) for key, value in PAIR.items()})
    assert find_login(registry=registry).require_credentials()


def test_store_that_hangs_is_given_up(store, host):
    """A question that nobody sees does not block the login."""
    host.start()
    store.may_answer.clear()
    source = read(timeout_s=0.05)
    assert source.problem == f"{host.name} did not respond within 0 s"
    assert not source.values


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, None])
def test_constructor_that_hangs_or_exits_is_given_up(store, monkeypatch, error):
    """Kaggle's client asks the host when it is made."""
    add_kaggle(store, monkeypatch)

    class UserSecretsClient:
        def __init__(self):
            if error is not None:
                raise error
            store.may_answer.wait()

    sys.modules["kaggle_secrets"].UserSecretsClient = UserSecretsClient
    store.may_answer.clear()
    problem = read(timeout_s=0.05 if error is None else 5.0).problem
    reason = "did not respond within 0 s"
    if error is not None:
        reason = f"cannot be used ({error.__name__})"
    assert problem == f"Kaggle's secrets {reason}"


def test_secret_that_is_refused_after_the_id_is_named(monkeypatch):
    """Colab asks for permission for each secret."""
    userdata = ModuleType("google.colab.userdata")
    userdata.get = lambda key: {"CHILI_CLIENT_ID": "abc"}[key]
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)
    problem = "Colab's secrets did not return CHILI_CLIENT_SECRET (KeyError)"
    assert read().problem == problem


@pytest.mark.parametrize(
    ("host", "value"),
    [
        ("google.colab", ModuleType("google.colab")),
        ("kaggle_secrets", ModuleType("kaggle_secrets")),
        ("notebookutils", object()),
    ],
)
def test_module_of_another_kind_is_noted(monkeypatch, host, value):
    """A host may change its module; that does not break a login."""
    monkeypatch.setitem(sys.modules, host, value)
    monkeypatch.setenv("CHILI_SECRET_STORE", VAULT)
    source = read()
    assert "cannot be used" in source.problem


def test_values_that_are_not_texts_are_passed_over(store, monkeypatch):
    """An empty secret counts as none."""
    store.values = {"CHILI_CLIENT_ID": "", "CHILI_ACCESS_TOKEN": None}
    add_colab(store, monkeypatch)
    source = read()
    assert (dict(source.values), source.problem) == ({}, "")


def test_fabric_needs_the_key_vault(store, monkeypatch):
    """The note says which variable names it."""
    add_fabric(store, monkeypatch)
    monkeypatch.delenv("CHILI_SECRET_STORE")
    assert "set CHILI_SECRET_STORE to the URL of your key vault" in read().problem
    assert store.asked == []


def test_discovered_env_file_does_not_choose_the_store(
    store, monkeypatch, tmp_path, registry
):
    """Otherwise it could send the identity of the user to another host."""
    add_fabric(store, monkeypatch)
    monkeypatch.delenv("CHILI_SECRET_STORE")
    (tmp_path / ".env").write_text("CHILI_SECRET_STORE=https://elsewhere.example\n")
    assert find_login(registry=registry).found_nothing
    assert store.asked == []


def test_scope_of_databricks_can_be_chosen(store, monkeypatch):
    """Teams share scopes, whose names they did not choose."""
    add_databricks(store, monkeypatch)
    store.values = {f"team/{key}": value for key, value in PAIR.items()}
    monkeypatch.setenv("CHILI_SECRET_STORE", "team")
    assert set(read().values) == set(PAIR)


def test_variable_of_the_user_with_the_name_of_a_store_stops_no_login(monkeypatch):
    """It may be a DataFrame, which has no truth value; the store is only noted."""

    class Frame:
        def __bool__(self):
            raise ValueError("The truth value is ambiguous.")

    monkeypatch.setattr(sys.modules["__main__"], "dbutils", Frame(), raising=False)
    source = read_hosted_store(None)
    assert source.problem == "Databricks' secrets cannot be used (AttributeError)"
    assert not source.values
