"""Choosing credentials from sources, without files and without an environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.auth.credentials import (
    CREDENTIAL_KEYS,
    Origin,
    Source,
    choose_credentials,
    has_credentials,
    profile_prefix,
)
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError

VALUE_TEMPLATES = {"good": "{}-{}", "empty": " ", "placeholder": "<YOUR VALUE>"}
value_kinds = st.sampled_from(["absent", *VALUE_TEMPLATES])


def make_source(name=".env", *, required=False, problem="", **values):
    """Return a source with these keys, written without their ``CHILI_``."""
    secrets = {f"CHILI_{key}": Secret(value) for key, value in values.items()}
    return Source.read(
        name, Origin.ENV_FILE, secrets, problem=problem, required=required
    )


def make_pair(name, **more):
    """Return a source with a complete pair, whose values contain its name."""
    return make_source(
        name, CLIENT_ID=f"id-{name}", CLIENT_SECRET=f"secret-{name}", **more
    )


def error_for(*sources, profile=None):
    """Return the error for sources without usable credentials."""
    with pytest.raises(ConfigurationError) as caught:
        choose_credentials(sources, profile).require()
    assert caught.value.hint
    return caught.value


@given(
    st.lists(
        st.tuples(value_kinds, value_kinds, value_kinds, st.booleans()), max_size=4
    )
)
def test_first_complete_source_is_chosen_and_sources_are_never_mixed(rows):
    """ID and secret, or the token, come from the first source with all of them."""
    sources, expected = [], None
    required_at = next((at for at, row in enumerate(rows) if row[3]), len(rows))
    for position, (*kinds, required) in enumerate(rows):
        values = {
            key: VALUE_TEMPLATES[kind].format(key, position)
            for key, kind in zip(CREDENTIAL_KEYS, kinds, strict=True)
            if kind != "absent"
        }
        sources.append(make_source(f"s{position}", required=required, **values))
        is_usable = kinds[0] == kinds[1] == "good" or kinds[2] == "good"
        if is_usable and expected is None and position <= required_at:
            expected = position
    choice = choose_credentials(sources)
    if expected is None:
        assert choice.credentials is None
        assert choice.source is None
        with pytest.raises(ConfigurationError):
            choice.require()
        return
    credentials = choice.require()
    assert choice.source is sources[expected]
    assert credentials.source == f"s{expected}"
    assert credentials.origin is Origin.ENV_FILE
    if credentials.renewable:
        assert credentials.client_id == f"CLIENT_ID-{expected}"
        assert credentials.client_secret.reveal() == f"CLIENT_SECRET-{expected}"
        assert credentials.access_token is None
    else:
        assert credentials.access_token.reveal() == f"ACCESS_TOKEN-{expected}"


def test_values_are_cleaned_once_when_the_source_is_read():
    """A source holds each value cleaned, with its own key and the source's name."""
    source = make_source(CLIENT_ID=" 'abc' ", CLIENT_SECRET="<x>")
    cleaned = source.values["CHILI_CLIENT_ID"]
    assert cleaned.secret == Secret("abc")
    assert (cleaned.key, cleaned.source_name) == ("CHILI_CLIENT_ID", ".env")
    assert source.values["CHILI_CLIENT_SECRET"].secret is None


def test_required_source_is_the_only_source():
    """A file of --env-file is not replaced by a complete pair elsewhere."""
    error = error_for(make_source("given.env", required=True), make_pair("other"))
    assert error.message == (
        "given.env contains neither CHILI_CLIENT_ID with CHILI_CLIENT_SECRET nor "
        "CHILI_ACCESS_TOKEN."
    )


def test_required_source_that_cannot_be_read_is_named():
    """The error names the file and why it cannot be read."""
    missing = make_source("no.env", required=True, problem="no.env does not exist")
    assert error_for(missing, make_pair("other")).message == "no.env does not exist."


def test_pair_is_preferred_to_token_of_the_same_source():
    """Renewable credentials are chosen where a source contains both kinds."""
    source = make_pair(".env", ACCESS_TOKEN="token")
    assert choose_credentials([source]).require().renewable


def test_access_token_is_enough_without_a_pair():
    """CHILI_ACCESS_TOKEN is used, also beside half a pair."""
    source = make_source(ACCESS_TOKEN="Bearer token", CLIENT_ID="id")
    credentials = choose_credentials([source]).require()
    assert credentials.access_token == Secret("token")
    assert not credentials.renewable


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"CLIENT_ID": "i"}, ".env contains CHILI_CLIENT_ID without CHILI_CLIENT_SEC"),
        (
            {"CLIENT_SECRET": "s"},
            ".env contains CHILI_CLIENT_SECRET without CHILI_CLIENT_ID",
        ),
        (
            {"CLIENT_ID": "i", "CLIENT_SECRET": " "},
            "CHILI_CLIENT_SECRET in .env is empty",
        ),
        (
            {"CLIENT_ID": "<YOUR CLIENT ID>", "CLIENT_SECRET": "s"},
            "CHILI_CLIENT_ID in .env still contains a placeholder",
        ),
        (
            {"CLIENT_ID": "i", "CLIENT_SECRET": "zq9zq'"},
            "CHILI_CLIENT_SECRET in .env begins or ends with a stray quote",
        ),
        (
            {"CLIENT_ID": "i", "CLIENT_SECRET": "zq9 zq"},
            "CHILI_CLIENT_SECRET in .env contains a space",
        ),
        (
            {"CLIENT_ID": "zq9zq", "CLIENT_SECRET": "zq9zq"},
            "CHILI_CLIENT_SECRET in .env is the client ID, not its secret",
        ),
        (
            {"ACCESS_TOKEN": "<TOKEN>"},
            "CHILI_ACCESS_TOKEN in .env still contains a placeholder",
        ),
    ],
)
def test_error_names_key_and_source_of_an_unusable_value(values, problem):
    """The message names the key and the file, and never contains the value."""
    error = error_for(make_source(**values))
    assert problem in error.message
    assert "zq9" not in str(error)


def test_error_lists_every_problem():
    """A user with two mistakes sees both in one message."""
    error = error_for(
        make_source(CLIENT_ID="", CLIENT_SECRET="<x>"), make_source("other")
    )
    assert "CHILI_CLIENT_ID in .env is empty" in error.message
    assert "CHILI_CLIENT_SECRET in .env still contains a placeholder" in error.message


def test_incomplete_source_does_not_hide_a_complete_one():
    """With half a pair in the environment, the pair in .env is used."""
    choice = choose_credentials(
        [make_source("the environment", CLIENT_ID="other"), make_pair(".env")]
    )
    assert choice.require().client_id == "id-.env"
    assert choice.problems == (
        "the environment contains CHILI_CLIENT_ID without CHILI_CLIENT_SECRET",
    )


def test_error_without_credentials_names_places_and_keys():
    """The error lists the searched sources and the keys to set."""
    with pytest.raises(CredentialsNotFoundError) as caught:
        choose_credentials(
            [make_source("the environment"), make_source(".env", OTHER="x")]
        ).require()
    assert caught.value.message == (
        "No credentials found. Searched: the environment, .env."
    )
    for key in ("CHILI_CLIENT_ID", "CHILI_CLIENT_SECRET", "CHILI_ENVIRONMENT"):
        assert key in caught.value.hint


@pytest.mark.parametrize(
    ("profile", "prefix"),
    [(None, "CHILI_"), ("", "CHILI_"), ("read-Only", "CHILI_READ_ONLY_")],
)
def test_profile_is_part_of_each_key(profile, prefix):
    """The profile is written in upper case, with underscores."""
    assert profile_prefix(profile) == prefix


def test_profile_never_uses_the_plain_pair():
    """A profile without credentials does not use those of another integration."""
    source = make_pair(".env", ADMIN_CLIENT_ID="a", ADMIN_CLIENT_SECRET="b")
    assert choose_credentials([source], "admin").require().client_id == "a"
    assert choose_credentials([source]).require().client_id == "id-.env"
    assert choose_credentials([make_pair(".env")], "admin", is_new=True).source is None


def test_error_for_an_unknown_profile_names_the_known_profiles():
    """A misspelled profile shows the right names, the sources and the keys to set."""
    source = make_source(ADMIN_CLIENT_ID="a", READ_ONLY_ACCESS_TOKEN="t", CLIENT_ID="i")
    with pytest.raises(ConfigurationError) as caught:
        choose_credentials([source], "amdin")
    assert caught.value.message == (
        "There is no profile 'amdin'. Searched: .env. "
        "Known profiles: admin (in .env), read_only (in .env)."
    )
    for key in ("CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN", "ENVIRONMENT"):
        assert f"CHILI_AMDIN_{key}" in caught.value.hint


def test_new_profile_may_be_unknown_to_every_source():
    """The form may be shown for a profile that has no keys yet."""
    choice = choose_credentials([make_pair(".env")], "new", is_new=True)
    assert choice.credentials is None
    assert choice.problems == ()


def test_unreadable_file_is_reported_before_an_unknown_profile():
    """A profile is not called unknown while a file that could contain it is broken."""
    broken = make_source(problem=".env is not UTF-8 text")
    assert error_for(broken, profile="admin").message == ".env is not UTF-8 text."


@pytest.mark.parametrize("profile", ["1st", "a b", "a=b", "-", "é", "a\n"])
def test_profile_must_be_usable_in_a_variable_name(profile):
    """Any other text raises an error that says which characters are allowed."""
    with pytest.raises(ConfigurationError, match="not a valid profile name"):
        choose_credentials([], profile)


def test_trace_has_an_outcome_for_every_key_and_no_value():
    """Each credential key of each source is traced, without its value."""
    pair = {"CLIENT_ID": "zq9-i", "CLIENT_SECRET": "zq9-s"}
    sources = [
        make_source("half", CLIENT_ID="zq9-h"),
        make_source("first", ACCESS_TOKEN="zq9-t", **pair),
        make_source("second", **pair),
        make_source("none"),
        make_source("broken", problem="broken cannot be read"),
    ]
    outcomes = {
        (entry.source, entry.key): entry.outcome
        for entry in choose_credentials(sources).trace
    }
    assert outcomes == {
        ("half", "CHILI_CLIENT_ID"): "skipped: half contains CHILI_CLIENT_ID "
        "without CHILI_CLIENT_SECRET",
        ("first", "CHILI_CLIENT_ID"): "used",
        ("first", "CHILI_CLIENT_SECRET"): "used",
        (
            "first",
            "CHILI_ACCESS_TOKEN",
        ): "not needed: the client ID and secret are used",
        ("second", "CHILI_CLIENT_ID"): "overridden by a source before it",
        ("second", "CHILI_CLIENT_SECRET"): "overridden by a source before it",
        ("none", ""): "contains no client ID, secret or access token",
        ("broken", ""): "broken cannot be read",
    }
    assert "zq9" not in repr(outcomes)


def test_has_credentials_counts_complete_pairs_of_the_profile_only():
    """A complete pair in any source counts; halves in two sources do not."""
    assert has_credentials([make_source(CLIENT_ID="i"), make_pair(".env")])
    assert not has_credentials([make_pair(".env")], "admin")
    halves = [make_source(CLIENT_ID="i"), make_source(CLIENT_SECRET="s")]
    assert not has_credentials(halves)


def test_repr_of_sources_and_choices_contains_no_secret():
    """Sources, credentials and choices can be shown in a traceback."""
    sources = [make_pair(".env", ACCESS_TOKEN="token-x")]
    shown = repr((sources, choose_credentials(sources)))
    assert "secret-.env" not in shown
    assert "token-x" not in shown
