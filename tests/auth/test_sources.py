"""Reading the process environment and real ``.env`` files."""

from __future__ import annotations

import os

import pytest

from chili_notebook.auth.credentials import choose_credentials
from chili_notebook.auth.environment import TOKEN_URL
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.settings import choose_environment
from chili_notebook.auth.sources import (
    find_sources,
    read_nearest_env_files,
    read_process_environment,
)
from chili_notebook.display.wording import relative_path
from chili_notebook.errors import ConfigurationError

PAIR = "CHILI_CLIENT_ID=abc\nCHILI_CLIENT_SECRET=xyz\n"


def values_of(source):
    """Give a source's values as plain texts."""
    return {key: value.reveal() for key, value in source.values.items()}


def nearest(folder):
    """Read the one ``.env`` in a folder."""
    (source,) = read_nearest_env_files(folder)
    return source


def test_the_order_is_file_environment_nearest(tmp_path):
    """A named file comes first, then the process environment, then the nearest .env."""
    (tmp_path / "given.env").write_text(PAIR)
    (tmp_path / ".env").write_text(PAIR)
    sources = find_sources(
        tmp_path, env_file="given.env", environ={"CHILI_CLIENT_ID": "env"}
    )
    assert [source.name for source in sources] == [
        "given.env",
        ".env",
    ]
    assert [source.required for source in sources] == [True, False, False]


def test_only_our_keys_are_kept():
    """Other variables of the process are not even held."""
    source = read_process_environment({"PATH": "/bin", "CHILI_X": "1", "XCHILI_Y": "2"})
    assert values_of(source) == {"CHILI_X": "1"}


def test_a_file_is_never_put_into_the_process_environment(tmp_path):
    """Children of the kernel do not inherit the secret."""
    (tmp_path / ".env").write_text(PAIR)
    before = dict(os.environ)
    find_sources(tmp_path)
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    "content",
    [
        PAIR.encode(),
        PAIR.replace("\n", "\r\n").encode(),
        PAIR.encode("utf-8-sig"),
        PAIR.encode("utf-16"),
        b"export CHILI_CLIENT_ID = 'abc' # mine\n" + b'CHILI_CLIENT_SECRET="xyz"',
        b"# \xc3\xa9\n\nOTHER=1\n" + PAIR.encode(),
    ],
    ids=["plain", "crlf", "bom", "utf-16", "decorated", "among others"],
)
def test_files_of_any_editor_are_read(tmp_path, content):
    """Line ends, byte-order marks, quotes, comments and export change nothing."""
    (tmp_path / ".env").write_bytes(content)
    credentials = choose_credentials([nearest(tmp_path)]).require()
    assert credentials.client_id == "abc"
    assert credentials.client_secret == Secret("xyz")


def test_values_are_not_interpolated(tmp_path):
    """A dollar in a secret is a dollar."""
    (tmp_path / ".env").write_text("CHILI_CLIENT_SECRET=a${HOME}$b\n")
    assert values_of(nearest(tmp_path)) == {"CHILI_CLIENT_SECRET": "a${HOME}$b"}


def test_an_edited_file_just_works(tmp_path):
    """Each look reads the file again."""
    path = tmp_path / ".env"
    path.write_text("CHILI_CLIENT_ID=one")
    assert values_of(nearest(tmp_path)) == {"CHILI_CLIENT_ID": "one"}
    path.write_text("CHILI_CLIENT_ID=two")
    assert values_of(nearest(tmp_path)) == {"CHILI_CLIENT_ID": "two"}


def test_the_nearest_file_with_our_keys_is_used(tmp_path):
    """Other tools' files on the way up are passed, and nothing is mixed in."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / ".env").write_text("OTHER=1\n")
    (tmp_path / "a" / ".env").write_text(PAIR)
    (tmp_path / ".env").write_text("CHILI_CLIENT_ID=far\n")
    sources = list(read_nearest_env_files(folder))
    assert [source.name for source in sources] == [".env", "../.env"]
    assert values_of(sources[-1])["CHILI_CLIENT_ID"] == "abc"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"CHILI_CLIENT_SECRET=\xe9\xff\n", "given.env is not UTF-8 text"),
        (b"x" * 1_000_001, "given.env is too large"),
        (None, "given.env cannot be read (Is a directory)"),
    ],
    ids=["latin-1", "huge", "folder"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, why):
    """The error of the login tells the file and what is wrong with it."""
    path = tmp_path / "given.env"
    path.mkdir() if content is None else path.write_bytes(content)
    (source, *_) = find_sources(tmp_path, env_file="given.env", environ={})
    assert source.problem == why
    with pytest.raises(ConfigurationError, match=r"given\.env"):
        choose_credentials([source]).require()


@pytest.mark.parametrize(
    "missing", ["no.env", "deep/no.env", "~nobody-of-this-name/no.env"]
)
def test_a_named_file_that_is_not_there_is_named(tmp_path, missing):
    """A misspelt path never falls back to another source."""
    environ = {"CHILI_CLIENT_ID": "a", "CHILI_CLIENT_SECRET": "b"}
    sources = find_sources(tmp_path, env_file=missing, environ=environ)
    with pytest.raises(ConfigurationError, match=r"no\.env does not exist") as caught:
        choose_credentials(sources).require()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('CHILI_CLIENT_SECRET="zq9zq', "quote"),
        ("CHILI_CLIENT_SECRET='zq9zq", "quote"),
        ('CHILI_CLIENT_SECRET="zq9zq" zq9', "quote"),
        ("CHILI_CLIENT_SECRET: zq9zq", "CHILI_CLIENT_SECRET in .env"),
        ("CHILI_CLIENT_SECRET", "is empty"),
        ("CHILI_CLIENT_SECRET=", "is empty"),
    ],
)
def test_a_line_that_cannot_be_parsed_is_named_by_its_key(tmp_path, line, why):
    """A slip in the file is told by key, file and kind, and never shown."""
    (tmp_path / ".env").write_text(f"CHILI_CLIENT_ID=abc\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        choose_credentials([nearest(tmp_path)]).require()
    assert "CHILI_CLIENT_SECRET in .env" in caught.value.message
    assert why in caught.value.message
    assert "zq9" not in str(caught.value)


def test_a_path_is_shown_from_the_notebook(tmp_path):
    """A saved notebook names no home folder."""
    folder = tmp_path / "a" / "b"
    assert relative_path(folder / ".env", folder) == ".env"
    assert relative_path(tmp_path / "x" / ".env", folder) == "../../x/.env"
    far = folder / "1" / "2" / "3" / "4" / "5"
    assert relative_path(tmp_path / "x.env", far) == "x.env"


def test_two_files_of_one_name_are_two_sources(tmp_path):
    """A far file lends no trust to the one beside the notebook."""
    folder = tmp_path / "1" / "2" / "3" / "4" / "5"
    folder.mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".env").write_text(PAIR)
    (folder / ".env").write_text("CHILI_TOKEN_URL=https://evil.example.com/token\n")
    far = str(tmp_path / "mine" / ".env")
    sources = find_sources(folder, env_file=far, environ={})
    found = choose_credentials(sources)
    assert found.require().client_id == "abc"
    try:
        environment = choose_environment(sources, None, rank=found.rank)
    except ConfigurationError as error:
        assert "CHILI_TOKEN_URL" in error.message  # noqa: PT017 - to ignore it is right too
    else:
        assert environment.token_url == TOKEN_URL


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    """--env-file ~/grafx.env works as in a shell."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "grafx.env").write_text(PAIR)
    monkeypatch.setenv("HOME", str(home))
    (source, *_) = find_sources(tmp_path, env_file="~/grafx.env", environ={})
    assert values_of(source)["CHILI_CLIENT_ID"] == "abc"
