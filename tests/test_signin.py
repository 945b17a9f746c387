"""Finding credentials and settings for one login, and `login()` itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chili_notebook import login
from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import AUDIENCE, TOKEN_URL, Environment
from chili_notebook.auth.keyring import NAME as KEYRING_NAME
from chili_notebook.auth.keyring import store_in_keyring
from chili_notebook.auth.pasted_value import read_value
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import (
    ConfigurationError,
    CredentialsNotFoundError,
    TokenRefusedError,
)
from chili_notebook.guard.install import process_guard
from chili_notebook.guard.registry import SecretRegistry
from chili_notebook.signin import find_login, find_secrets
from chili_notebook.system.bounded_file import read_small_file
from conftest import CLIENT_ID, CLIENT_SECRET, KEPT_VARIABLES
from fakes import Answer

REDIRECTING = {
    "CHILI_TOKEN_URL": "https://elsewhere.example/oauth/token",
    "CHILI_BASE_URL": "https://elsewhere.example/grafx",
    "CHILI_AUDIENCE": "https://elsewhere.example",
    "CHILI_ENVIRONMENT": "https://elsewhere.example/api/v1/environment/cp-1",
}
TYPED_CREDENTIALS = Credentials(
    "the form", Origin.FORM, "typed-id", client_secret=Secret("typed-secret-0123")
)


@pytest.fixture(autouse=True)
def _no_variables_of_the_tests(monkeypatch):
    """Remove the variables that configure the tests: they look like settings."""
    for key in KEPT_VARIABLES:
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def registry():
    """Return an empty registry of secrets."""
    return SecretRegistry()


@pytest.fixture
def pair_in_process_environment(monkeypatch):
    """Set a client ID and its secret as environment variables."""
    monkeypatch.setenv("CHILI_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CHILI_CLIENT_SECRET", CLIENT_SECRET)


@pytest.fixture
def count_calls():
    """Return a function that counts the calls of Python functions from now on."""

    def count(*functions):
        names = {function.__code__: function.__name__ for function in functions}
        counts = dict.fromkeys(names.values(), 0)

        def profile(frame, event, _argument):
            if event == "call" and frame.f_code in names:
                counts[names[frame.f_code]] += 1

        sys.setprofile(profile)
        return counts

    previous = sys.getprofile()
    yield count
    sys.setprofile(previous)


def write_env(**values):
    """Write a .env with these keys."""
    lines = [f"{key}={value}\n" for key, value in values.items()]
    Path(".env").write_text("".join(lines))


def known_secrets(registry):
    """Return the secrets in a registry as plain texts."""
    return {known.secret.reveal() for known in registry.known}


def test_each_source_is_read_and_each_value_cleaned_once(
    env_file, registry, memory_keyring, monkeypatch, count_calls
):
    """The whole login uses the values of one reading."""
    env_file(CHILI_CLIENT_SECRET="", CHILI_AUDIENCE="https://audience.example")
    monkeypatch.setenv("CHILI_ENVIRONMENT_TYPE", "sandbox")
    store_in_keyring(None, {"CHILI_CLIENT_ID": Secret("id")})
    counts = count_calls(read_value, read_small_file)
    settings = find_login(registry=registry)
    assert counts["read_small_file"] == 1
    assert settings.trace
    with pytest.raises(ConfigurationError, match=r"CHILI_CLIENT_SECRET in \.env is em"):
        settings.require_credentials()
    assert settings.with_form(TYPED_CREDENTIALS).environment
    keys = [key for source in settings.sources for key in source.values]
    assert len(keys) == 8
    assert counts == {"read_value": 8, "read_small_file": 1}
    assert memory_keyring.reads == 1


def test_settings_do_not_change_with_their_sources(env_file, registry, token_server):
    """A file that is edited after the reading does not change the login."""
    env_file()
    settings = find_login(registry=registry)
    Path(".env").write_text("CHILI_CLIENT_ID=other\n")
    assert settings.require_credentials().client_id == CLIENT_ID
    assert settings.environment.token_url == f"{token_server.url}/oauth/token"
    assert {entry.outcome for entry in settings.trace if entry.key} == {"used"}


def test_settings_are_those_of_the_first_complete_source(env_file, registry):
    """Credentials and environment come from the same .env."""
    env_file()
    settings = find_login(registry=registry)
    assert settings.require_credentials() is settings.credentials
    assert settings.credentials.source == ".env"
    assert settings.environment.name == "cp-abc-123"
    assert settings.folder == Path.cwd()
    assert not settings.found_nothing
    assert settings.refused == ()


def test_without_any_credentials_the_error_lists_every_searched_place(registry):
    """The .env is among the places, although there is none."""
    settings = find_login(registry=registry)
    assert settings.found_nothing
    with pytest.raises(CredentialsNotFoundError) as caught:
        settings.require_credentials()
    assert caught.value.message == (
        "No credentials found. Searched: the process environment, .env here or above."
    )


def test_incomplete_credentials_are_not_nothing(registry):
    """A source with a problem is reported, instead of showing the form at once."""
    write_env(CHILI_CLIENT_ID="id")
    settings = find_login(registry=registry)
    assert not settings.found_nothing
    with pytest.raises(ConfigurationError, match="without CHILI_CLIENT_SECRET"):
        settings.require_credentials()


def test_named_file_is_the_only_place_that_is_searched(
    env_file, registry, memory_keyring
):
    """With --env-file neither the .env nor the keyring is used instead."""
    env_file()
    Path("other.env").write_text("CHILI_CLIENT_ID=abc\n")
    settings = find_login(env_file="other.env", registry=registry)
    with pytest.raises(ConfigurationError, match=r"^other\.env contains CHILI_CLIENT"):
        settings.require_credentials()
    assert {entry.source for entry in settings.choice.trace} == {"other.env"}
    assert memory_keyring.reads == 0


@pytest.mark.usefixtures("memory_keyring")
def test_stored_pair_is_found_in_the_keyring(registry):
    """The keyring is the last source, and signs in without the form."""
    store_in_keyring(
        None,
        {
            "CHILI_CLIENT_ID": Secret(CLIENT_ID),
            "CHILI_CLIENT_SECRET": Secret(CLIENT_SECRET),
        },
    )
    credentials = find_login(registry=registry).require_credentials()
    assert credentials.source == KEYRING_NAME
    assert credentials.client_secret == Secret(CLIENT_SECRET)


@pytest.mark.usefixtures("pair_in_process_environment")
def test_keyring_is_not_opened_if_another_source_has_credentials(
    memory_keyring, registry
):
    """A locked keyring would ask the user to open it."""
    memory_keyring.is_locked = True
    settings = find_login(registry=registry)
    assert settings.require_credentials()
    assert memory_keyring.reads == 0
    assert KEYRING_NAME not in {entry.source for entry in settings.trace}


def test_locked_keyring_is_in_the_trace_and_not_an_error(memory_keyring, registry):
    """The login can continue with the form."""
    memory_keyring.is_locked = True
    settings = find_login(registry=registry)
    (outcome,) = [
        entry.outcome for entry in settings.trace if entry.source == KEYRING_NAME
    ]
    assert outcome == "the system keyring refused (KeyringLocked); it may be locked"


def test_every_secret_of_every_source_is_protected(env_file, registry, monkeypatch):
    """Secrets that are not used, or have a typing error, are protected as well."""
    env_file()
    typed = "admin-secret-0123456789 with spaces"
    monkeypatch.setenv("CHILI_ADMIN_CLIENT_SECRET", typed)
    monkeypatch.setenv("CHILI_ACCESS_TOKEN", "<YOUR TOKEN>")
    find_login(registry=registry)
    assert known_secrets(registry) == {CLIENT_SECRET, typed}


def test_value_that_is_no_secret_is_in_the_trace(env_file, registry, monkeypatch):
    """A word is not masked, and the trace says so; what is used is always masked."""
    env_file(CHILI_CLIENT_SECRET="DataFrame")
    monkeypatch.setenv("CHILI_DOC_ACCESS_TOKEN", "to_frame")
    settings = find_login(registry=registry)
    assert registry.mask("pd.DataFrame.to_frame") == "pd.***.to_frame"
    outcomes = [entry.outcome for entry in settings.trace if "DOC" in entry.key]
    assert any("not masked" in outcome for outcome in outcomes)


@pytest.mark.usefixtures("pair_in_process_environment")
@pytest.mark.parametrize("key", REDIRECTING)
def test_setting_that_may_not_redirect_raises(registry, key):
    """A .env that came with a notebook does not decide where a secret is sent."""
    write_env(**{key: REDIRECTING[key]})
    settings = find_login(registry=registry)
    assert [setting.place for setting in settings.refused] == [f"{key} in .env"]
    assert "elsewhere" not in repr(settings.environment)
    with pytest.raises(ConfigurationError) as caught:
        settings.require_credentials()
    assert caught.value.message == (
        f"{key} is set in .env, which may not redirect credentials that come from "
        "another source."
    )
    assert "elsewhere" not in str(caught.value)
    assert caught.value.hint == f"Put {key} and the credentials into the same place."


@pytest.mark.usefixtures("memory_keyring")
@pytest.mark.parametrize("key", REDIRECTING)
def test_discovered_file_may_not_redirect_credentials_of_the_keyring(registry, key):
    """The .env is read before the keyring, and is still not trusted."""
    store_in_keyring(
        None,
        {
            "CHILI_CLIENT_ID": Secret(CLIENT_ID),
            "CHILI_CLIENT_SECRET": Secret(CLIENT_SECRET),
        },
    )
    write_env(**{key: REDIRECTING[key]})
    with pytest.raises(
        ConfigurationError, match=rf"{key} is set in \.env, which may no"
    ):
        find_login(registry=registry).require_credentials()


@pytest.mark.usefixtures("pair_in_process_environment")
def test_setting_that_cannot_be_used_raises(registry):
    """The error of the environment is raised when the credentials are required."""
    write_env(CHILI_ENVIRONMENT="<cp-abc-123>")
    settings = find_login(registry=registry)
    with pytest.raises(ConfigurationError, match=r"CHILI_ENVIRONMENT in \.env still"):
        settings.require_credentials()
    assert settings.environment == Environment()


@pytest.mark.parametrize("key", REDIRECTING)
def test_discovered_setting_does_not_redirect_typed_credentials(registry, key):
    """The form returns it as refused, and sends the secret to GraFx."""
    write_env(**{key: REDIRECTING[key]})
    form = find_login(registry=registry).with_form(TYPED_CREDENTIALS)
    assert form.credentials is TYPED_CREDENTIALS
    assert form.environment == Environment(token_url=TOKEN_URL, audience=AUDIENCE)
    assert [setting.place for setting in form.refused] == [f"{key} in .env"]


def test_form_ignores_redirections_beside_discovered_credentials(env_file, registry):
    """A .env redirects the credentials it contains itself, but not typed ones."""
    env_file()
    settings = find_login(registry=registry)
    assert settings.environment.token_url != TOKEN_URL
    form = settings.with_form(TYPED_CREDENTIALS, environment="cp-typed")
    assert form.environment.token_url == TOKEN_URL
    assert form.environment.name == "cp-typed"
    assert form.environment_error is None


def test_form_uses_settings_of_the_process_environment(registry, monkeypatch):
    """The user has set these variables, so they count for typed credentials."""
    monkeypatch.setenv("CHILI_TOKEN_URL", "https://proxy.example/token")
    form = find_login(registry=registry).with_form()
    assert form.environment.token_url == "https://proxy.example/token"
    assert form.credentials is None
    assert form.refused == ()


@pytest.mark.parametrize(
    ("chosen", "kind"),
    [("sandbox", "sandbox"), ("", "production"), ("simulated", "production")],
)
def test_form_accepts_only_the_types_of_grafx(registry, chosen, kind):
    """Any other type is ignored; production is the default."""
    form = find_login(registry=registry).with_form(
        TYPED_CREDENTIALS, environment="cp-1", environment_type=chosen
    )
    assert form.environment.kind == kind


def test_typed_environment_that_cannot_be_read_is_an_error_of_the_form(registry):
    """The error is returned, so that the form can show it beside its field."""
    form = find_login(registry=registry).with_form(environment="https://example.com/")
    assert "Environment in the form" in form.environment_error.message
    assert form.environment == Environment()


def test_simulator_needs_no_credentials(registry):
    """With `demo` the simulator is the only source, and no profile is used."""
    settings = find_login("admin", demo=True, registry=registry)
    assert settings.profile is None
    assert settings.require_credentials().origin is Origin.SIMULATOR
    assert settings.environment.kind == "simulated"
    assert settings.with_form(TYPED_CREDENTIALS).environment.kind != "simulated"


def test_unknown_profile_is_an_error_unless_it_may_be_new(env_file, registry):
    """Only the form may be shown for a profile that no source knows."""
    env_file()
    with pytest.raises(ConfigurationError, match="There is no profile 'new'"):
        find_login("new", registry=registry)
    settings = find_login("new", is_new_profile=True, registry=registry)
    assert settings.found_nothing


def test_find_danger_the_file_of_the_credentials_is_found(env_file, registry):
    """Only the file that contains the used credentials is checked."""
    env_file()
    Path(".env").chmod(0o644)
    danger = find_login(registry=registry).find_danger()
    assert danger.message == "Other users of this machine can read .env."
    Path(".env").chmod(0o600)
    assert find_login(registry=registry).find_danger() is None


@pytest.mark.usefixtures("pair_in_process_environment")
def test_credentials_of_variables_have_no_file_to_check(registry):
    """A .env without credentials is not reported."""
    write_env(CHILI_ENVIRONMENT="cp-1")
    Path(".env").chmod(0o644)
    assert find_login(registry=registry).find_danger() is None


def test_login_returns_a_signed_in_client(env_file, endpoint):
    """`login()` reads the .env of the working directory."""
    env_file()
    chili = login()
    assert str(chili.token) == endpoint.issued[0]
    assert repr(chili) == "<Chili: cp-abc-123 (production)>"
    chili.close()


def test_login_protects_the_secret_before_the_request_and_the_token_after_it(
    env_file, endpoint, token_server
):
    """The guard of the process knows both."""
    secret = "secret-of-this-test-0123456789"
    env_file(CHILI_CLIENT_SECRET=secret)
    known_at_request = set()

    def answer(request):
        known_at_request.update(known_secrets(process_guard().registry))
        return endpoint(request)

    token_server.answer = answer
    endpoint.issued.append("token-before")  # so that the next one has another text
    login().close()
    assert secret in known_at_request
    assert endpoint.issued[1] in known_secrets(process_guard().registry)


@pytest.mark.usefixtures("pair_in_process_environment")
@pytest.mark.parametrize("key", REDIRECTING)
def test_login_raises_for_a_setting_that_may_not_redirect(key):
    """No request is made."""
    write_env(**{key: REDIRECTING[key]})
    with pytest.raises(
        ConfigurationError, match=rf"{key} is set in \.env, which may no"
    ):
        login()


def test_login_raises_the_reason_of_the_endpoint(env_file, endpoint):
    """A refused login returns no client."""
    env_file()
    endpoint.failing = Answer(401, {"error": "access_denied"})
    with pytest.raises(TokenRefusedError, match="access_denied"):
        login()


def test_secrets_for_the_audit_are_those_of_every_source(env_file):
    """Every secret of the folder's .env is known, and so is what was used before."""
    env_file(CHILI_CLIENT_SECRET="secret-of-the-audit-0123")
    known = {known.secret.reveal() for known in find_secrets([Path.cwd()])}
    assert "secret-of-the-audit-0123" in known


def test_audit_needs_every_source_to_be_readable():
    """A source that cannot be read could contain a secret that would be missed."""
    Path(".env").write_bytes(b"CHILI_CLIENT_SECRET=\xe9\xff\n")
    with pytest.raises(ConfigurationError) as caught:
        find_secrets([Path.cwd()])
    assert caught.value.message == (
        "Cannot audit: some credential sources could not be read: "
        ".env is not UTF-8 text."
    )
