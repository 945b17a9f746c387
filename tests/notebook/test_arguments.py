"""Reading and checking the arguments of a magic."""

from __future__ import annotations

import pytest
from IPython.core.magic_arguments import argument, magic_arguments

from chili_notebook.errors import ConfigurationError
from chili_notebook.notebook.arguments import choose_name, parse


@magic_arguments()
@argument("--demo", action="store_true")
@argument("--no-widget", action="store_true")
@argument("--path")
def example(_line):
    """Stand for a magic with two options."""


def test_line_is_parsed():
    """Options become attributes."""
    arguments = parse(example, "--demo")
    assert arguments.demo
    assert not arguments.no_widget


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("--path 'my keys/x.env'", "my keys/x.env"),
        ('--path "my keys/x.env"', "my keys/x.env"),
        ('--path="my keys/x.env"', "my keys/x.env"),
        ("--path my\\ keys/x.env", "my keys/x.env"),
        ("--path x.env # a comment", "x.env"),
        ("--path dir#1/x.env", "dir#1/x.env"),
        ("--path x.env --demo #", "x.env"),
    ],
)
def test_quotes_and_comments_are_read_as_in_a_shell(line, path):
    """A path may contain spaces, and a line may end with a comment."""
    assert parse(example, line).path == path


def test_open_quote_is_a_configuration_error():
    """The hint names the manual."""
    with pytest.raises(ConfigurationError, match="No closing quotation"):
        parse(example, "--path 'my keys")


def test_unknown_option_is_a_configuration_error():
    """IPython's own error would not fail the cell in papermill and nbclient."""
    with pytest.raises(ConfigurationError, match="unrecognized arguments") as caught:
        parse(example, "--no-such-option")
    assert caught.value.hint == "Run %example? to read the manual."


def test_exclusive_options_cannot_be_combined():
    """One of them alone is accepted."""
    exclusive = ("--demo", "--no-widget")
    assert parse(example, "--demo", exclusive=exclusive).demo
    with pytest.raises(ConfigurationError, match="--demo and --no-widget cannot be"):
        parse(example, "--demo --no-widget", exclusive=exclusive)


def test_two_of_three_exclusive_options_cannot_be_combined():
    """The message names the options that were used, and no other."""
    exclusive = ("--demo", "--no-widget", "--path")
    with pytest.raises(ConfigurationError, match="--demo and --path cannot be"):
        parse(example, "--demo --path x", exclusive=exclusive)


@pytest.mark.parametrize(
    ("profile", "name", "expected"),
    [
        (None, None, "chili"),
        ("admin", None, "chili_admin"),
        ("read-only", None, "chili_read_only"),
        ("admin", "grafx", "grafx"),
    ],
)
def test_name_of_the_client_follows_the_profile_unless_one_is_given(
    profile, name, expected
):
    """The profile is appended to ``chili``; --as replaces the whole name."""
    assert choose_name(profile, name) == expected


@pytest.mark.parametrize("name", ["class", "a-b", "a b", "1a"])
def test_name_must_be_a_valid_python_name(name):
    """The hint is to set another one with --as."""
    with pytest.raises(ConfigurationError, match="not a valid Python name") as caught:
        choose_name(None, name)
    assert "--as" in caught.value.hint


def test_name_of_a_builtin_is_refused():
    """A client called ``print`` would hide the function."""
    with pytest.raises(ConfigurationError, match="'print' is one of Python's own"):
        choose_name(None, "print")
