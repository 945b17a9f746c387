"""Choosing credentials from sources; no files, no environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.auth.credentials import (
    Origin,
    Source,
    choose_credentials,
    has_credentials,
    profile_prefix,
)
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError, CredentialsNotFoundError

STATES = {"good": "{}-{}", "empty": " ", "placeholder": "<YOUR VALUE>"}
states = st.sampled_from(["absent", *STATES])


def source(name=".env", *, required=False, problem="", **values):
    """Give a source with these keys, written without their ``CHILI_``."""
    held = {f"CHILI_{key}": Secret(value) for key, value in values.items()}
    return Source.read(name, Origin.ENV_FILE, held, problem=problem, required=required)


def pair(name, **more):
    """Give a source with a whole pair whose values tell the source."""
    return source(name, CLIENT_ID=f"id-{name}", CLIENT_SECRET=f"secret-{name}", **more)


def problem_of(*sources, profile=None):
    """Give the error of sources that hold nothing to use."""
    with pytest.raises(ConfigurationError) as caught:
        choose_credentials(sources, profile).require()
    assert caught.value.hint
    return caught.value


def outcomes(*sources, profile=None):
    """Give what became of each key."""
    trace = choose_credentials(sources, profile).trace
    return {(entry.source, entry.key): entry.outcome for entry in trace}


@given(st.lists(st.tuples(states, states, states, st.booleans()), max_size=4))
def test_the_first_whole_source_wins_and_nothing_is_mixed(plan):
    """Id and secret, or the token, come from the first source that has them whole."""
    keys = ("CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN")
    sources, expected = [], None
    named = next((at for at, row in enumerate(plan) if row[3]), len(plan))
    for position, (*row, required) in enumerate(plan):
        values = {
            key: STATES[state].format(key, position)
            for key, state in zip(keys, row, strict=True)
            if state != "absent"
        }
        sources.append(source(f"s{position}", required=required, **values))
        whole = row[0] == row[1] == "good" or row[2] == "good"
        if whole and expected is None and position <= named:
            expected = position
    found = choose_credentials(sources)
    if expected is None:
        assert found.credentials is None
        assert found.rank == len(sources)
        with pytest.raises(ConfigurationError):
            found.require()
        return
    credentials = found.require()
    assert (credentials.source, found.rank) == (f"s{expected}", expected)
    if credentials.renewable:
        assert credentials.client_id == f"CLIENT_ID-{expected}"
        assert credentials.client_secret.reveal() == f"CLIENT_SECRET-{expected}"
        assert credentials.access_token is None
    else:
        assert credentials.access_token.reveal() == f"ACCESS_TOKEN-{expected}"


def test_a_named_file_is_the_only_source():
    """Nothing stands in for --env-file, not even a whole pair elsewhere."""
    error = problem_of(source("given.env", required=True), pair("the environment"))
    assert "given.env holds neither CHILI_CLIENT_ID with CHILI_CLIENT_SECRET" in str(
        error
    )
    assert "CHILI_ACCESS_TOKEN" in error.message


def test_a_named_file_that_cannot_be_read_is_told():
    """The file is named with what is wrong with it."""
    missing = source("no.env", required=True, problem="no.env does not exist")
    assert "no.env does not exist" in problem_of(missing, pair("x")).message


def test_a_pair_goes_before_a_token_of_the_same_source():
    """What can be renewed is better than what cannot."""
    assert choose_credentials([pair(".env", ACCESS_TOKEN="t")]).require().renewable


def test_a_token_alone_is_enough():
    """CHILI_ACCESS_TOKEN signs in, beside half a pair too."""
    credentials = choose_credentials(
        [source(ACCESS_TOKEN="Bearer t", CLIENT_ID="i")]
    ).require()
    assert credentials.access_token == Secret("t")
    assert not credentials.renewable


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"CLIENT_ID": "i"}, "CHILI_CLIENT_ID without CHILI_CLIENT_SECRET"),
        ({"CLIENT_SECRET": "s"}, "CHILI_CLIENT_SECRET without CHILI_CLIENT_ID"),
        ({"CLIENT_ID": "i", "CLIENT_SECRET": " "}, "CHILI_CLIENT_SECRET in .env is em"),
        (
            {"CLIENT_ID": "<YOUR CLIENT ID>", "CLIENT_SECRET": "s"},
            "CHILI_CLIENT_ID in .env still holds a placeholder",
        ),
        (
            {"CLIENT_ID": "i", "CLIENT_SECRET": "zq9zq'"},
            "CHILI_CLIENT_SECRET in .env has a stray quote",
        ),
        (
            {"CLIENT_ID": "i", "CLIENT_SECRET": "zq9 zq"},
            "CHILI_CLIENT_SECRET in .env has a space",
        ),
        (
            {"CLIENT_ID": "zq9zq", "CLIENT_SECRET": "zq9zq"},
            "CHILI_CLIENT_SECRET in .env is the client ID, not its secret",
        ),
        ({"ACCESS_TOKEN": "<TOKEN>"}, "CHILI_ACCESS_TOKEN in .env still holds a place"),
    ],
)
def test_what_is_wrong_names_key_and_file(values, named):
    """Each unusable value is told by key and file, with what to do, never shown."""
    error = problem_of(source(**values))
    assert named in error.message
    assert "zq9" not in str(error)


def test_every_problem_is_told_at_once():
    """Who has two mistakes to correct learns of both."""
    error = problem_of(source(CLIENT_ID="", CLIENT_SECRET="<x>"), source("b"))
    assert "CHILI_CLIENT_ID in .env is empty" in error.message
    assert "CHILI_CLIENT_SECRET in .env still holds a placeholder" in error.message


def test_a_broken_source_does_not_hide_a_whole_one():
    """Half a pair in the environment leaves .env to be used."""
    found = choose_credentials(
        [source("the environment", CLIENT_ID="other"), pair(".env")]
    )
    assert found.require().client_id == "id-.env"


def test_nothing_anywhere_names_places_and_keys():
    """Without credentials the error says where it looked and what to set."""
    with pytest.raises(CredentialsNotFoundError) as caught:
        choose_credentials(
            [source("the environment"), source(".env", OTHER="x")]
        ).require()
    assert "Looked in: the environment, .env." in caught.value.message
    for key in ("CHILI_CLIENT_ID", "CHILI_CLIENT_SECRET", "CHILI_ENVIRONMENT"):
        assert key in caught.value.hint


@pytest.mark.parametrize(
    ("profile", "prefix"),
    [(None, "CHILI_"), ("", "CHILI_"), ("read-Only", "CHILI_READ_ONLY_")],
)
def test_a_profile_reads_its_own_keys(profile, prefix):
    """The profile's name is part of each key, upper case, with underscores."""
    assert profile_prefix(profile) == prefix


def test_a_profile_never_takes_the_plain_pair():
    """Credentials of another integration do not stand in for the profile's."""
    both = pair(".env", ADMIN_CLIENT_ID="a", ADMIN_CLIENT_SECRET="b")
    assert choose_credentials([both], "admin").require().client_id == "a"
    assert choose_credentials([both]).require().client_id == "id-.env"


def test_an_unknown_profile_names_the_known_ones():
    """A misspelt profile shows the right spelling, where was looked, what to set."""
    known = source(ADMIN_CLIENT_ID="a", READ_ONLY_ACCESS_TOKEN="t", CLIENT_ID="i")
    with pytest.raises(ConfigurationError) as caught:
        choose_credentials([known], "amdin")
    assert "admin (in .env), read_only (in .env)" in caught.value.message
    assert "Looked in: .env." in caught.value.message
    for key in ("CLIENT_ID", "CLIENT_SECRET", "ACCESS_TOKEN", "ENVIRONMENT"):
        assert f"CHILI_AMDIN_{key}" in caught.value.hint


def test_an_unreadable_file_goes_before_an_unknown_profile():
    """What may be in a file that cannot be read is not called unknown."""
    broken = source(problem=".env is not UTF-8 text")
    assert ".env is not UTF-8 text" in problem_of(broken, profile="admin").message


@pytest.mark.parametrize("profile", ["1st", "a b", "a=b", "-", "é", "a\n"])
def test_a_profile_that_no_key_can_hold_is_refused(profile):
    """Only what can be part of a variable's name is a profile."""
    with pytest.raises(ConfigurationError, match="profile"):
        choose_credentials([], profile)


def test_the_trace_tells_every_key_and_no_value():
    """Used, shadowed, not needed, passed over: each key of each source is told."""
    zq9 = {"CLIENT_ID": "zq9-i", "CLIENT_SECRET": "zq9-s"}
    told = outcomes(
        source("half", CLIENT_ID="zq9-h"),
        source("first", ACCESS_TOKEN="zq9-t", **zq9),
        source("second", **zq9),
        source("none"),
        source("broken", problem="broken cannot be read"),
    )
    assert told == {
        ("half", "CHILI_CLIENT_ID"): "passed over: half holds CHILI_CLIENT_ID without "
        "CHILI_CLIENT_SECRET",
        ("first", "CHILI_CLIENT_ID"): "used",
        ("first", "CHILI_CLIENT_SECRET"): "used",
        ("first", "CHILI_ACCESS_TOKEN"): "not needed beside the others",
        ("second", "CHILI_CLIENT_ID"): "shadowed by a source before it",
        ("second", "CHILI_CLIENT_SECRET"): "shadowed by a source before it",
        ("none", ""): "holds no such keys",
        ("broken", ""): "broken cannot be read",
    }
    assert "zq9" not in repr(told)


def test_whether_there_are_any_is_known_without_choosing():
    """A whole pair anywhere counts, for its own profile only."""
    assert has_credentials([source(CLIENT_ID="i"), pair(".env")])
    assert not has_credentials([pair(".env")], "admin")
    assert not has_credentials([source(CLIENT_ID="i"), source(CLIENT_SECRET="s")])


def test_no_repr_holds_a_secret():
    """Sources, credentials and resolutions can be shown in a traceback."""
    sources = [pair(".env", ACCESS_TOKEN="token-x")]
    shown = repr((sources, choose_credentials(sources)))
    assert "secret-.env" not in shown
    assert "token-x" not in shown
