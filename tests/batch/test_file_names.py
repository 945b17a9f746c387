"""Names of files from the columns of a table."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from chili_notebook.batch.file_names import NamePattern
from chili_notebook.errors import ConfigurationError


@pytest.mark.parametrize(
    ("pattern", "values", "columns", "name"),
    [
        ("", {}, (), "00007.jpg"),
        ("{row}-{a}", {"a": "x"}, ("a",), "00007-x.jpg"),
        ("{row}", {"row": 12}, (), "12.jpg"),
        ("{{{a}}}", {"a": "x"}, ("a",), "{x}.jpg"),
        (
            "{16:9} {Size: cm}",
            {"16:9": 1, "Size: cm": 2},
            ("16:9", "Size: cm"),
            "1 2.jpg",
        ),
        ("{a}.jpeg", {"a": "x"}, ("a",), "x.jpeg"),
        ("{a}.JPG", {"a": "x.jpg"}, ("a",), "x.jpg"),
    ],
)
def test_columns_and_the_row_number_make_a_name(pattern, values, columns, name):
    """Columns with unusual names work, and no suffix is doubled."""
    made = NamePattern(pattern, suffix=".jpg")
    assert made.columns == columns
    assert made.name(7, values) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("000123", "000123.jpg"),
        ("a/b", "a-b.jpg"),
        ("a:b", "a-b.jpg"),
        ("../../etc", "etc.jpg"),
        (".hidden", "hidden.jpg"),
        ("..", ""),
        ("a\nb", ""),
        (None, ""),
        ("con", "_con.jpg"),
        ("NUL.x", "_NUL.x.jpg"),
        ("a<b>?", "a-b--.jpg"),
        ("x. ", "x.jpg"),
        ("Ünï", "Ünï.jpg"),
        ("e\u0301", "é.jpg"),
        ("é" * 300, "é" * 75 + ".jpg"),
        (True, "true.jpg"),
        (3, "3.jpg"),
        (Decimal("4.80"), "4.80.jpg"),
        (dt.date(2026, 1, 2), "2026-01-02.jpg"),
    ],
)
def test_names_are_safe_on_every_system(value, name):
    """A value never makes a path, a hidden file or a device; no name is empty text."""
    assert NamePattern("{a}", suffix=".jpg").name(1, {"a": value}) == name


def test_names_that_are_one_file_on_some_system_have_one_key():
    """They are compared without case and in one Unicode form."""
    key = NamePattern.key
    assert key("É.jpg") == key("e\u0301.JPG") != key("e.jpg")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{a", "has a single '{'"),
        ("a}", "has a single '}'"),
        ("{}", "braces without a column"),
        ("x/{a}", "contains a path"),
        ("..\\{a}", "contains a path"),
        ("{a:05.2f}", "contains a format"),
        ("{a:>9}", "contains a format"),
        ("{a!r}", "contains a format"),
        ("{a}.png", "does not end with .jpg"),
        (5, "Expected a pattern"),
    ],
)
def test_malformed_patterns_are_refused_in_words(pattern, message):
    """A path, a format and the suffix of another file type are refused."""
    with pytest.raises(ConfigurationError) as caught:
        NamePattern(pattern, suffix=".jpg")
    assert message in caught.value.message
    assert caught.value.hint
