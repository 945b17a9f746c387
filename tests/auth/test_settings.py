"""Which environment and token endpoint the sources set, and which sources may."""

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
REDIRECTING = {
    "TOKEN_URL": "https://evil.example.com/token",
    "BASE_URL": "https://evil.example.com/grafx",
    "AUDIENCE": "https://evil.example.com",
    "ENVIRONMENT": "https://evil.example.com/api/v1/environment/cp-1",
}


def make_source(name=".env", *, discovered=False, **values):
    """Return a source with these keys, written without their ``CHILI_``."""
    secrets = {f"CHILI_{key}": Secret(value) for key, value in values.items()}
    return Source.read(name, Origin.ENV_FILE, secrets, discovered=discovered)


def choose(*sources, own, profile=None, text="", kind=""):
    """Return the environment that is chosen; no setting may be refused."""
    typed = TypedEnvironment(text, kind)
    choice = choose_environment(sources, profile, own=own, typed=typed)
    assert choice.refused == ()
    return choice.environment


def choose_from(**values):
    """Return the environment that one source sets for its own credentials."""
    source = make_source(**values)
    return choose(source, own=source)


def error_for(**values):
    """Return the error for a source whose settings cannot be used."""
    with pytest.raises(ConfigurationError) as caught:
        choose_from(**values)
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
def test_environment_is_read_from_name_url_or_base_url(values, expected):
    """Each documented way to set it results in a name, a kind and a base URL."""
    environment = choose_from(**values)
    assert (environment.name, environment.kind, environment.base_url) == expected


def test_token_url_and_audience_are_grafx_own_by_default():
    """Without settings the token is requested from GraFx, for GraFx."""
    assert choose_from() == Environment(token_url=TOKEN_URL, audience=AUDIENCE)


def test_token_url_and_audience_can_be_set():
    """Staging, proxies and tests set their own."""
    environment = choose_from(
        TOKEN_URL="http://localhost:9/oauth/token", AUDIENCE="https://staging"
    )
    assert environment.token_url == "http://localhost:9/oauth/token"
    assert environment.audience == "https://staging"


def test_source_of_the_credentials_is_preferred():
    """An environment beside the credentials is used, whatever the order is."""
    first = make_source("the environment", ENVIRONMENT="a")
    second = make_source(ENVIRONMENT="b")
    assert choose(first, second, own=first).name == "a"
    assert choose(first, second, own=second).name == "b"


def test_keys_of_the_profile_are_preferred_to_plain_keys():
    """A profile uses a plain key only if no source has the profile's own key."""
    first = make_source(
        "the environment", ENVIRONMENT="plain", AUDIENCE="plain-audience"
    )
    second = make_source(ADMIN_ENVIRONMENT="own")
    environment = choose(first, second, own=first, profile="admin")
    assert (environment.name, environment.audience) == ("own", "plain-audience")
    assert choose(first, second, own=first).name == "plain"


@pytest.mark.parametrize("value", [NAME, BASE])
def test_grafx_environment_may_come_from_any_source(value):
    """An environment at GraFx redirects no secret, so any source may set it."""
    process = make_source("the process environment")
    discovered = make_source(ENVIRONMENT=value, discovered=True)
    assert choose(process, discovered, own=process).base_url == BASE
    assert choose(discovered, own=None).base_url == BASE


@pytest.mark.parametrize("key", REDIRECTING)
def test_source_after_the_credentials_may_not_redirect_them(key):
    """The setting is refused, not used; it counts for the source's own credentials."""
    process = make_source("the process environment")
    beside = make_source(**{key: REDIRECTING[key]})
    choice = choose_environment([process, beside], None, own=process)
    (setting,) = choice.refused
    assert setting.place == f"CHILI_{key} in .env"
    assert setting.source is beside
    assert choice.environment == Environment()
    assert "evil" in repr(choose(process, beside, own=beside))


@pytest.mark.parametrize("key", REDIRECTING)
def test_source_before_the_credentials_may_redirect_unless_it_was_discovered(key):
    """A file that the user named is trusted; a .env that was found is not."""
    keyring = make_source("the keyring")
    named = make_source("given.env", **{key: REDIRECTING[key]})
    assert "evil" in repr(choose(named, keyring, own=keyring))
    discovered = make_source(discovered=True, **{key: REDIRECTING[key]})
    choice = choose_environment([discovered, keyring], None, own=keyring)
    assert [setting.key for setting in choice.refused] == [f"CHILI_{key}"]


@pytest.mark.parametrize("key", REDIRECTING)
def test_discovered_file_may_not_redirect_typed_credentials(key):
    """For typed credentials every source counts that the user has set."""
    process = make_source("the process environment", **{key: REDIRECTING[key]})
    assert "evil" in repr(choose(process, own=None))
    discovered = make_source(discovered=True, **{key: REDIRECTING[key]})
    choice = choose_environment([discovered], None, own=None)
    assert [setting.source for setting in choice.refused] == [discovered]
    assert choice.environment == Environment()


def test_every_refused_setting_is_returned():
    """The result lists all of them, so that one message can name them all."""
    own = make_source("the process environment")
    beside = make_source(TOKEN_URL="https://a.example", AUDIENCE="https://b.example")
    choice = choose_environment([own, beside], None, own=own)
    assert {setting.key for setting in choice.refused} == {
        "CHILI_TOKEN_URL",
        "CHILI_AUDIENCE",
    }


def test_sources_of_one_name_are_distinguished():
    """A source is trusted as the object that it is, and not by its name."""
    own, other = make_source(), make_source(AUDIENCE="https://evil.example.com")
    choice = choose_environment([own, other], None, own=own)
    assert [setting.source for setting in choice.refused] == [other]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"ENVIRONMENT": "<cp-abc-123>"},
            "CHILI_ENVIRONMENT in .env still contains a placeholder.",
        ),
        ({"ENVIRONMENT": "cp abc"}, "CHILI_ENVIRONMENT in .env contains a space"),
        ({"ENVIRONMENT": "https://example.com"}, "CHILI_ENVIRONMENT in .env is not an"),
        (
            {"ENVIRONMENT": "0a1b2c3d-0000-1111-2222-0123456789ab"},
            "CHILI_ENVIRONMENT in .env is the environment's GUID",
        ),
        ({"ENVIRONMENT_TYPE": "prod"}, "CHILI_ENVIRONMENT_TYPE in .env is neither"),
        ({"BASE_URL": "http://example.com"}, "CHILI_BASE_URL in .env is plain http"),
        ({"BASE_URL": "grafx"}, "CHILI_BASE_URL in .env is not an https URL"),
        ({"TOKEN_URL": "https://u:p@x.com"}, "CHILI_TOKEN_URL in .env "),
        (
            {"AUDIENCE": "<YOUR AUDIENCE>"},
            "CHILI_AUDIENCE in .env still contains a placeholder.",
        ),
        (
            {"BASE_URL": f"{PROXY}/api/v1/environment/a_b"},
            "CHILI_BASE_URL in .env does not contain a technical name",
        ),
        (
            {"BASE_URL": "https://chiligrafx.com/api/v1"},
            "CHILI_BASE_URL in .env is an address of the GraFx platform",
        ),
    ],
)
def test_error_names_key_and_source_of_an_unusable_setting(values, message):
    """The message names the key and the file, and the hint says what to do."""
    assert error_for(**values).message.startswith(message)


@pytest.mark.parametrize(
    ("key", "is_about_the_name"),
    [
        ("ENVIRONMENT", True),
        ("BASE_URL", False),
        ("TOKEN_URL", False),
        ("AUDIENCE", False),
        ("ENVIRONMENT_TYPE", False),
    ],
)
def test_hint_fits_the_key(key, is_about_the_name):
    """Only a wrong environment is answered with where to find the technical name."""
    error = error_for(**{key: "<PLACEHOLDER>"})
    assert ("Technical name" in error.hint) is is_about_the_name


def test_typed_environment_is_preferred_to_every_source():
    """The form's environment is used, and its error names the form."""
    other = make_source(ENVIRONMENT="other")
    assert choose(other, own=None, text=NAME).name == NAME
    proxy = make_source(BASE_URL=PROXY)
    assert choose(proxy, own=None, text=SANDBOX).base_url == SANDBOX
    with pytest.raises(ConfigurationError, match="Environment in the form is not an"):
        choose(own=None, text="https://example.com")


@pytest.mark.parametrize(
    ("text", "kind"), [(NAME, "sandbox"), (f"{BASE}/swagger", "production")]
)
def test_typed_kind_is_used_unless_the_typed_url_has_one(text, kind):
    """The kind chosen beside a name is preferred to the sources', but not to a URL."""
    source = make_source(ENVIRONMENT_TYPE="production")
    assert choose(source, own=None, text=text, kind="sandbox").kind == kind


def test_trace_has_an_outcome_for_every_setting_and_no_value():
    """Each setting of each source is traced, for a profile as well."""
    sources = [
        make_source(
            "shell", CLIENT_ID="i", ENVIRONMENT="zq9-a", AUDIENCE=" ", OTHER="zq9"
        ),
        make_source(ENVIRONMENT="zq9-b", ADMIN_ENVIRONMENT="zq9-c"),
    ]
    outcomes = {
        (entry.source, entry.key): entry.outcome
        for entry in trace_settings(sources, None, own=sources[0])
    }
    assert outcomes == {
        ("shell", "CHILI_AUDIENCE"): "skipped: CHILI_AUDIENCE in shell is empty",
        ("shell", "CHILI_ENVIRONMENT"): "used",
        ("shell", "CHILI_OTHER"): "not used by this login",
        (".env", "CHILI_ADMIN_ENVIRONMENT"): "not used by this login",
        (".env", "CHILI_ENVIRONMENT"): "overridden by another",
    }
    admin = trace_settings(sources, "admin", own=sources[0])
    assert [entry.key for entry in admin if entry.outcome == "used"] == [
        "CHILI_ADMIN_ENVIRONMENT"
    ]


@pytest.mark.parametrize("key", REDIRECTING)
def test_trace_marks_refused_settings(key):
    """A setting that may not redirect these credentials is not traced as used."""
    own, beside = make_source("shell"), make_source(**{key: REDIRECTING[key]})
    (entry,) = trace_settings([own, beside], None, own=own)
    assert entry.outcome == (
        "refused: it may not redirect credentials from another source"
    )
    (entry,) = trace_settings([own, beside], None, own=beside)
    assert entry.outcome == "used"
