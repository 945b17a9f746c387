"""Which environment and endpoint the sources set, and which of them may."""

from __future__ import annotations

import pytest

from chili_notebook.auth.credentials import Origin, Source
from chili_notebook.auth.environment import AUDIENCE, TOKEN_URL, Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.settings import (
    TypedEnvironment,
    choose_environment,
    trace_settings,
)
from chili_notebook.errors import ConfigurationError

NAME = "cp-abc-123"
BASE = f"https://{NAME}.chili-publish.online/grafx"
SANDBOX = f"https://{NAME}.chili-publish-sandbox.online/grafx"
PROXY = "https://proxy.example.com/grafx"


def source(name=".env", **values):
    """Give a source with these keys, written without their ``CHILI_``."""
    held = {f"CHILI_{key}": Secret(value) for key, value in values.items()}
    return Source.read(name, Origin.ENV_FILE, held)


def read(*sources, profile=None, rank=0, given=""):
    """Read the environment for credentials that stand in the first source."""
    choice = choose_environment(
        sources, profile, own=own_of(sources, rank), typed=TypedEnvironment(given)
    )
    assert not choice.refused
    return choice.environment


def own_of(sources, rank):
    """Give the credentials' source; none if they are typed into the form."""
    return sources[rank] if rank < len(sources) else None


def refused_by(*sources, profile=None, rank=0, given=""):
    """Give the places of the settings that may not redirect."""
    choice = choose_environment(
        sources, profile, own=own_of(sources, rank), typed=TypedEnvironment(given)
    )
    return [setting.place for setting in choice.refused]


def problem_of(*sources, **options):
    """Give the error of settings that cannot be used."""
    with pytest.raises(ConfigurationError) as caught:
        read(*sources, **options)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ("", "", "")),
        ({"ENVIRONMENT": NAME}, (NAME, "production", BASE)),
        ({"ENVIRONMENT": f" '{NAME}' "}, (NAME, "production", BASE)),
        (
            {"ENVIRONMENT": NAME, "ENVIRONMENT_TYPE": "Sandbox"},
            (NAME, "sandbox", SANDBOX),
        ),
        ({"ENVIRONMENT": f"{BASE}/swagger/index.html"}, (NAME, "production", BASE)),
        (
            {"ENVIRONMENT": f"{SANDBOX}/api/v1/environment/{NAME}/media"},
            (NAME, "sandbox", SANDBOX),
        ),
        ({"BASE_URL": f"{BASE}/"}, (NAME, "production", BASE)),
        (
            {"BASE_URL": SANDBOX, "ENVIRONMENT_TYPE": "production"},
            (NAME, "sandbox", SANDBOX),
        ),
        ({"BASE_URL": PROXY, "ENVIRONMENT_TYPE": "sandbox"}, ("", "", PROXY)),
        ({"BASE_URL": PROXY, "ENVIRONMENT": NAME}, (NAME, "", PROXY)),
        (
            {"BASE_URL": f"{PROXY}/api/v1/environment/{NAME}"},
            (NAME, "", PROXY),
        ),
        (
            {"BASE_URL": "http://127.0.0.1:8000/grafx", "ENVIRONMENT": "demo"},
            ("demo", "", "http://127.0.0.1:8000/grafx"),
        ),
        ({"ENVIRONMENT": "", "BASE_URL": " "}, ("", "", "")),
    ],
)
def test_the_environment_is_read_from_name_url_or_override(values, expected):
    """Each documented way to say it gives name, kind and base URL."""
    environment = read(source(**values))
    assert (environment.name, environment.kind, environment.base_url) == expected


def test_endpoint_and_audience_have_grafx_own_values():
    """Without overrides the token comes from GraFx, for GraFx."""
    assert read(source()) == Environment(token_url=TOKEN_URL, audience=AUDIENCE)


def test_endpoint_and_audience_can_be_set():
    """Staging, proxies and tests name their own."""
    environment = read(
        source(TOKEN_URL="http://localhost:9/oauth/token", AUDIENCE="https://staging")
    )
    assert environment.token_url == "http://localhost:9/oauth/token"
    assert environment.audience == "https://staging"


def test_the_credentials_own_source_goes_before_the_others():
    """Credentials and environment that stand together belong together."""
    first, second = source("the environment", ENVIRONMENT="a"), source(ENVIRONMENT="b")
    assert read(first, second, rank=0).name == "a"
    assert read(first, second, rank=1).name == "b"


def test_a_profiles_keys_go_before_the_plain_ones():
    """The plain key is what a profile falls back to, whichever source holds either."""
    first = source("the environment", ENVIRONMENT="plain", AUDIENCE="plain-audience")
    second = source(ADMIN_ENVIRONMENT="own")
    environment = read(first, second, profile="admin")
    assert (environment.name, environment.audience) == ("own", "plain-audience")
    assert read(first, second).name == "plain"


def test_a_name_may_come_from_a_source_below():
    """An environment beside somebody's notebook is no danger, being GraFx's."""
    shell = source("the process environment")
    assert read(shell, source(ENVIRONMENT=NAME)).base_url == BASE
    assert read(shell, source(ENVIRONMENT=BASE)).base_url == BASE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TOKEN_URL", "https://evil.example.com/token"),
        ("BASE_URL", "https://evil.example.com/grafx"),
        ("AUDIENCE", "https://evil.example.com"),
        ("ENVIRONMENT", "https://evil.example.com/api/v1/environment/cp-1"),
    ],
)
def test_a_source_below_never_decides_where_a_secret_goes(key, value):
    """A .env that came with a notebook cannot draw in the shell's secret."""
    shell, beside = source("the process environment"), source(**{key: value})
    error = problem_of(shell, beside)
    assert f"CHILI_{key} is set in .env" in error.message
    assert "evil" not in str(error)
    assert read(beside, shell)
    assert read(shell, beside, rank=1)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"ENVIRONMENT": "<cp-abc-123>"}, "CHILI_ENVIRONMENT in .env still holds"),
        ({"ENVIRONMENT": "cp abc"}, "CHILI_ENVIRONMENT in .env has a space"),
        ({"ENVIRONMENT": "https://example.com"}, "CHILI_ENVIRONMENT in .env is not an"),
        (
            {"ENVIRONMENT": "0a1b2c3d-0000-1111-2222-0123456789ab"},
            "CHILI_ENVIRONMENT in .env is the environment's GUID",
        ),
        ({"ENVIRONMENT_TYPE": "prod"}, "CHILI_ENVIRONMENT_TYPE in .env is neither"),
        ({"BASE_URL": "http://example.com"}, "CHILI_BASE_URL in .env is plain http"),
        ({"BASE_URL": "grafx"}, "CHILI_BASE_URL in .env is not an https URL"),
        ({"TOKEN_URL": "https://u:p@x.com"}, "CHILI_TOKEN_URL in .env holds a user"),
        ({"AUDIENCE": "<YOUR AUDIENCE>"}, "CHILI_AUDIENCE in .env still holds"),
        (
            {"BASE_URL": f"{PROXY}/api/v1/environment/a_b"},
            "CHILI_BASE_URL in .env does not hold a technical name",
        ),
        (
            {"BASE_URL": "https://chiligrafx.com/api/v1"},
            "CHILI_BASE_URL in .env is an address of the GraFx platform",
        ),
    ],
)
def test_what_is_wrong_names_key_and_file(values, named):
    """Each unusable setting is told by key and file, with what to do."""
    assert named in problem_of(source(**values)).message


@pytest.mark.parametrize(
    "key", ["BASE_URL", "TOKEN_URL", "AUDIENCE", "ENVIRONMENT_TYPE"]
)
def test_the_advice_fits_the_key(key):
    """Only a wrong environment is answered with where to find the technical name."""
    error = problem_of(source(**{key: "<PLACEHOLDER>"}))
    assert "Technical name" not in error.hint


def test_what_is_typed_goes_before_every_source():
    """The form's environment wins, and its mistakes name the form."""
    assert read(source(ENVIRONMENT="other"), rank=1, given=NAME).name == NAME
    assert read(source(BASE_URL=PROXY), rank=1, given=SANDBOX).base_url == SANDBOX
    error = problem_of(source(), rank=1, given="https://example.com")
    assert "Environment in the form is not an address" in error.message


@pytest.mark.parametrize(
    ("given", "kind"), [(NAME, "sandbox"), (f"{BASE}/swagger", "production")]
)
def test_a_typed_url_tells_the_kind_and_a_typed_name_does_not(given, kind):
    """The kind chosen beside the name counts, unless the address already says it."""
    choice = choose_environment(
        [source(ENVIRONMENT_TYPE="production")],
        None,
        own=None,
        typed=TypedEnvironment(given, "sandbox"),
    )
    assert choice.environment.kind == kind


def test_every_key_is_traced_without_its_value():
    """Used, shadowed, passed over, of no use: each key of each source is told."""
    sources = [
        source("shell", CLIENT_ID="i", ENVIRONMENT="zq9-a", AUDIENCE=" ", OTHER="zq9"),
        source(ENVIRONMENT="zq9-b", ADMIN_ENVIRONMENT="zq9-c"),
    ]
    told = {
        (entry.source, entry.key): entry.outcome
        for entry in trace_settings(sources, None, own=sources[0])
    }
    assert told == {
        ("shell", "CHILI_AUDIENCE"): "passed over: CHILI_AUDIENCE in shell is empty",
        ("shell", "CHILI_ENVIRONMENT"): "used",
        ("shell", "CHILI_OTHER"): "not a key of this login",
        (".env", "CHILI_ADMIN_ENVIRONMENT"): "not a key of this login",
        (".env", "CHILI_ENVIRONMENT"): "shadowed by another",
    }
    admin = trace_settings(sources, "admin", own=sources[0])
    assert [entry.key for entry in admin if entry.outcome == "used"] == [
        "CHILI_ADMIN_ENVIRONMENT"
    ]
