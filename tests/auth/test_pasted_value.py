"""One value as people paste it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.auth.pasted_value import ValueFault, read_value
from chili_notebook.auth.secret import Secret

KEY, TOKEN_KEY = "CHILI_CLIENT_SECRET", "CHILI_ADMIN_ACCESS_TOKEN"


def read(text, key=KEY):
    """Return the cleaned text, and what is wrong."""
    value = read_value(key, Secret(text), ".env")
    return (None if value.secret is None else value.secret.reveal()), value.fault


def problem_of(text, key=KEY):
    """Return the message about a text that cannot be used."""
    return read_value(key, Secret(text), ".env").problem


@pytest.mark.parametrize(
    "pasted",
    [
        "abc-123",
        "  abc-123\t",
        "abc-123\r\n",
        "\ufeffabc-123",
        "\ufeff abc-123\u200b",
        "\xa0abc-123\xa0",
        '"abc-123"',
        "'abc-123'",
        "`abc-123`",
        '" abc-123 "',
        "\ufeff'abc-123'\r",
    ],
)
def test_what_is_surely_noise_is_taken_off(pasted):
    """White space, a byte-order mark and quotes around it are not part of a value."""
    assert read(pasted) == ("abc-123", None)


@pytest.mark.parametrize(
    "pasted", ["Bearer ey.J0.x", "bearer  ey.J0.x", '"Bearer ey.J0.x"']
)
def test_bearer_before_a_token_is_taken_off(pasted):
    """A token copied out of a header is a token, for a profile too."""
    assert read(pasted, TOKEN_KEY) == ("ey.J0.x", None)


@pytest.mark.parametrize("blank", ["", " ", "\r\n", '""', "' '", "\ufeff", "\u200b"])
def test_blank_is_empty(blank):
    """Nothing, however it is spelled, is called empty."""
    assert read(blank) == (None, ValueFault.EMPTY)
    assert problem_of(blank) == "CHILI_CLIENT_SECRET in .env is empty"


@pytest.mark.parametrize(
    "placeholder",
    [
        "<YOUR CLIENT SECRET>",
        "<cp-abc-123>",
        "<>",
        "YOUR_CLIENT_SECRET",
        "your-client-secret",
        "your client secret here",
        "my_client_secret",
        "insert-secret-here",
        "paste secret here",
        "${CLIENT_SECRET}",
        "{{client_secret}}",
        "[client secret]",
        "changeme",
        "change-me",
        "XXXX",
        "...",
        "…",
        "********",
        "TODO",
        "None",
        "null",
        '"<YOUR CLIENT SECRET>"',
    ],
)
def test_placeholders_are_recognised(placeholder):
    """What an example file says in place of a value is not sent anywhere."""
    assert read(placeholder) == (None, ValueFault.PLACEHOLDER)
    assert problem_of(placeholder) == (
        "CHILI_CLIENT_SECRET in .env still holds a placeholder"
    )


@pytest.mark.parametrize(
    "value",
    [
        "my-brand-prod",
        "my_" + "Q7tZ-9_kLmNpRsTvWxYz" * 3,
        "nonesuch",
        "xxl-7",
        "todo-app",
        "a[1]",
        "a.b...c",
    ],
)
def test_real_values_are_no_placeholders(value):
    """A value that only begins like a placeholder is taken."""
    assert read(value) == (value, None)


@pytest.mark.parametrize("text", ['abc"', "'abc", "“abc”", "abc»", "\"'abc'\"", "«abc"])
def test_a_stray_quote_is_told(text):
    """A quote that has no plain twin is not guessed away."""
    assert read(text) == (None, ValueFault.STRAY_QUOTE)
    assert problem_of(text) == (
        "CHILI_CLIENT_SECRET in .env has a stray quote at one of its ends"
    )


@pytest.mark.parametrize(
    "text", ["a b", "a\nb", "a\tb", "ab\x00c", "pässword", "a\u200bb", "Bearer abc"]
)
def test_a_character_that_cannot_belong_to_it_is_told(text):
    """What no header can carry is told before anything is sent."""
    assert read(text) == (None, ValueFault.UNUSUAL_CHARACTER)
    assert "a space or an unusual character" in problem_of(text)


@given(st.text().map("zq9zq".__add__), st.sampled_from([KEY, TOKEN_KEY]))
def test_a_value_is_either_clean_or_told_without_showing_it(text, key):
    """Any text gives a value that stays as it is, or a reason with key and place."""
    value, fault = read(text, key)
    if value is None:
        assert fault is not None
        assert problem_of(text, key).startswith(f"{key} in .env ")
        assert "zq9zq" not in problem_of(text, key)
    else:
        assert fault is None
        assert problem_of(text, key) == ""
        assert value.isascii()
        assert value.isprintable()
        assert read(value, key) == (value, None)
