"""Cleaning one value as people paste it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.auth.pasted_value import ValueFault, read_value
from chili_notebook.auth.secret import Secret

KEY, TOKEN_KEY = "CHILI_CLIENT_SECRET", "CHILI_ADMIN_ACCESS_TOKEN"


def read(text, key=KEY):
    """Return the cleaned text and the fault, of which one is ``None``."""
    value = read_value(key, Secret(text), ".env")
    return (None if value.secret is None else value.secret.reveal()), value.fault


def problem_of(text, key=KEY):
    """Return the clause about a text; empty if the text can be used."""
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
def test_white_space_marks_and_quotes_around_a_value_are_removed(pasted):
    """White space, a byte-order mark and quotes around it are not part of a value."""
    assert read(pasted) == ("abc-123", None)


@pytest.mark.parametrize(
    "pasted", ["Bearer ey.J0.x", "bearer  ey.J0.x", '"Bearer ey.J0.x"']
)
def test_bearer_before_an_access_token_is_removed(pasted):
    """A token that was copied with its header is cleaned, for a profile as well."""
    assert read(pasted, TOKEN_KEY) == ("ey.J0.x", None)


@pytest.mark.parametrize("blank", ["", " ", "\r\n", '""', "' '", "\ufeff", "\u200b"])
def test_blank_value_is_empty(blank):
    """White space, empty quotes and invisible marks are an empty value."""
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
        "$CLIENT_SECRET",
        "%CLIENT_SECRET%",
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
def test_placeholder_is_a_fault(placeholder):
    """The placeholders of example files are never sent anywhere."""
    assert read(placeholder) == (None, ValueFault.PLACEHOLDER)
    assert problem_of(placeholder) == (
        "CHILI_CLIENT_SECRET in .env still contains a placeholder"
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
def test_value_that_begins_like_a_placeholder_is_accepted(value):
    """Only a value that is a placeholder as a whole is a fault."""
    assert read(value) == (value, None)


@pytest.mark.parametrize("text", ['abc"', "'abc", "“abc”", "abc»", "\"'abc'\"", "«abc"])
def test_quote_without_its_counterpart_is_a_fault(text):
    """A quote on one side, or a typographic one, is not removed by a guess."""
    assert read(text) == (None, ValueFault.STRAY_QUOTE)
    assert problem_of(text) == (
        "CHILI_CLIENT_SECRET in .env begins or ends with a stray quote"
    )


@pytest.mark.parametrize(
    "text", ["a b", "a\nb", "a\tb", "ab\x00c", "pässword", "a\u200bb", "Bearer abc"]
)
def test_character_that_no_header_can_contain_is_a_fault(text):
    """Spaces, control characters and letters outside ASCII are found before sending."""
    assert read(text) == (None, ValueFault.UNUSUAL_CHARACTER)
    assert "a space or an unusual character" in problem_of(text)


@given(st.text().map("zq9zq".__add__), st.sampled_from([KEY, TOKEN_KEY]))
def test_any_text_is_cleaned_or_has_a_problem_that_does_not_repeat_it(text, key):
    """A cleaned value stays the same when it is cleaned again."""
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


def test_label_replaces_the_key_in_the_problem():
    """The form names its fields instead of the keys."""
    value = read_value("CLIENT_SECRET", Secret(""), "the form", label="Client secret")
    assert value.problem == "Client secret in the form is empty"


@pytest.mark.parametrize(
    ("text", "protected"),
    [
        ("'zq9-secret'", "zq9-secret"),
        ("  zq9-secret» ", "zq9-secret»"),
        ("zq9 secret", "zq9 secret"),
        ("", None),
        ("<YOUR CLIENT SECRET>", None),
        ("op://vault/item/secret", None),
        ("gcp-sm://project/secret", None),
        ("ref+vault://kv/chili#secret", None),
        ("@Microsoft.KeyVault(SecretUri=x)", None),
        ("!vault |", None),
        ("secret:" + "zq9_" * 16, "zq9_" * 16),
        ("!" + "zq9_" * 16, "!" + "zq9_" * 16),
    ],
)
def test_secret_with_a_typing_error_is_still_to_protect(text, protected):
    """A badly copied secret is masked; an empty value or a reference is not."""
    to_protect = read_value(KEY, Secret(text), ".env").to_protect
    assert to_protect == (None if protected is None else Secret(protected))


def test_repr_contains_no_part_of_the_value():
    """Neither the pasted nor the cleaned text is shown in a traceback."""
    assert "zq9" not in repr(read_value(KEY, Secret(" 'zq9-secret' "), ".env"))
