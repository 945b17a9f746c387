"""Reading the process environment and ``.env`` files."""

from __future__ import annotations

import os

import pytest

from chili_notebook.auth.credentials import Origin, choose_credentials
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.sources import (
    find_sources,
    read_nearest_env_files,
    read_process_environment,
)
from chili_notebook.errors import ConfigurationError

PAIR = "CHILI_CLIENT_ID=abc\nCHILI_CLIENT_SECRET=xyz\n"


def cleaned_values(source):
    """Return the cleaned values of a source as plain texts."""
    return {key: value.secret.reveal() for key, value in source.values.items()}


def read_env(folder):
    """Read the one ``.env`` in a folder."""
    (source,) = read_nearest_env_files(folder)
    return source


def test_sources_are_the_named_file_the_environment_and_the_env_above(tmp_path):
    """They are read in this order, and only the named file is required."""
    (tmp_path / "given.env").write_text(PAIR)
    (tmp_path / ".env").write_text(PAIR)
    sources = find_sources(
        tmp_path, env_file="given.env", environ={"CHILI_CLIENT_ID": "env"}
    )
    assert [source.name for source in sources] == [
        "given.env",
        "the process environment",
        ".env",
    ]
    assert [source.origin for source in sources] == [
        Origin.ENV_FILE,
        Origin.PROCESS_ENVIRONMENT,
        Origin.ENV_FILE,
    ]
    assert [source.required for source in sources] == [True, False, False]
    assert [source.discovered for source in sources] == [False, False, True]
    assert [source.path for source in sources] == [
        tmp_path / "given.env",
        None,
        tmp_path / ".env",
    ]


def test_only_chili_variables_are_read():
    """Other variables of the process are not in the source."""
    source = read_process_environment({"PATH": "/bin", "CHILI_X": "1", "XCHILI_Y": "2"})
    assert cleaned_values(source) == {"CHILI_X": "1"}


def test_env_file_is_not_loaded_into_the_process_environment(tmp_path):
    """Child processes of the kernel do not inherit the secret."""
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
def test_env_file_of_any_editor_is_read(tmp_path, content):
    """Line ends, byte-order marks, quotes, comments and `export` change nothing."""
    (tmp_path / ".env").write_bytes(content)
    credentials = choose_credentials([read_env(tmp_path)]).require()
    assert credentials.client_id == "abc"
    assert credentials.client_secret == Secret("xyz")


def test_values_are_not_interpolated(tmp_path):
    """A dollar sign in a secret is a dollar sign."""
    (tmp_path / ".env").write_text("CHILI_CLIENT_SECRET=a${HOME}$b\n")
    assert cleaned_values(read_env(tmp_path)) == {"CHILI_CLIENT_SECRET": "a${HOME}$b"}


def test_edited_file_is_read_again(tmp_path):
    """Nothing is cached between two reads."""
    path = tmp_path / ".env"
    path.write_text("CHILI_CLIENT_ID=one")
    assert cleaned_values(read_env(tmp_path)) == {"CHILI_CLIENT_ID": "one"}
    path.write_text("CHILI_CLIENT_ID=two")
    assert cleaned_values(read_env(tmp_path)) == {"CHILI_CLIENT_ID": "two"}


def test_search_upward_ends_at_the_first_env_with_chili_keys(tmp_path):
    """Files without such keys are passed; files above the first one are not read."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / ".env").write_text("OTHER=1\n")
    (tmp_path / "a" / ".env").write_text(PAIR)
    (tmp_path / ".env").write_text("CHILI_CLIENT_ID=far\n")
    sources = list(read_nearest_env_files(folder))
    assert [source.name for source in sources] == [".env", "../.env"]
    assert cleaned_values(sources[-1])["CHILI_CLIENT_ID"] == "abc"


def test_folder_named_env_is_not_a_source(tmp_path):
    """A virtual environment may be called .env."""
    (tmp_path / ".env").mkdir()
    assert list(read_nearest_env_files(tmp_path)) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"CHILI_CLIENT_SECRET=\xe9\xff\n", "given.env is not UTF-8 text"),
        (b"x" * 100_001, "given.env is larger than 100,000 bytes"),
        (None, "given.env is not a regular file"),
    ],
    ids=["latin-1", "huge", "folder"],
)
def test_named_file_that_cannot_be_read_is_a_problem(tmp_path, content, problem):
    """The error of the login names the file and the reason."""
    path = tmp_path / "given.env"
    path.mkdir() if content is None else path.write_bytes(content)
    (source, *_) = find_sources(tmp_path, env_file="given.env", environ={})
    assert source.problem == problem
    with pytest.raises(ConfigurationError, match=r"given\.env"):
        choose_credentials([source]).require()


@pytest.mark.parametrize(
    "missing", ["no.env", "deep/no.env", "~nobody-of-this-name/no.env"]
)
def test_named_file_that_does_not_exist_is_an_error(tmp_path, missing):
    """No other source is used instead of a misspelled path."""
    environ = {"CHILI_CLIENT_ID": "a", "CHILI_CLIENT_SECRET": "b"}
    sources = find_sources(tmp_path, env_file=missing, environ=environ)
    with pytest.raises(ConfigurationError, match=r"no\.env does not exist") as caught:
        choose_credentials(sources).require()
    assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('CHILI_CLIENT_SECRET="zq9zq', "quote"),
        ("CHILI_CLIENT_SECRET='zq9zq", "quote"),
        ('CHILI_CLIENT_SECRET="zq9zq" zq9', "quote"),
        ("CHILI_CLIENT_SECRET: zq9zq", "is empty"),
        ("CHILI_CLIENT_SECRET", "is empty"),
        ("CHILI_CLIENT_SECRET=", "is empty"),
    ],
)
def test_error_names_the_key_of_a_line_that_cannot_be_parsed(tmp_path, line, reason):
    """The message names key, file and reason, and never contains the value."""
    (tmp_path / ".env").write_text(f"CHILI_CLIENT_ID=abc\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        choose_credentials([read_env(tmp_path)]).require()
    assert "CHILI_CLIENT_SECRET in .env" in caught.value.message
    assert reason in caught.value.message
    assert "zq9" not in str(caught.value)


def test_tilde_in_the_named_file_is_the_home_folder(tmp_path, monkeypatch):
    """`--env-file ~/grafx.env` works as in a shell."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "grafx.env").write_text(PAIR)
    monkeypatch.setenv("HOME", str(home))
    (source, *_) = find_sources(tmp_path, env_file="~/grafx.env", environ={})
    assert cleaned_values(source)["CHILI_CLIENT_ID"] == "abc"


@pytest.mark.parametrize(
    "text",
    [
        "set CHILI_CLIENT_ID=abc\r\nset CHILI_CLIENT_SECRET=xyz\r\n",
        'set "CHILI_CLIENT_ID=abc"\nset "CHILI_CLIENT_SECRET=xyz"\n',
        'set "CHILI_CLIENT_ID=abc"\r\nset "CHILI_CLIENT_SECRET=xyz"\r\n',
        'setx CHILI_CLIENT_ID "abc"\r\nSETX CHILI_CLIENT_SECRET xyz\r\n',
        "%env CHILI_CLIENT_ID=abc\n%env CHILI_CLIENT_SECRET xyz\n",
        "${env:CHILI_CLIENT_ID} = 'abc'\nENV CHILI_CLIENT_SECRET=xyz\n",
        "$env:CHILI_CLIENT_ID = 'abc'\n$env:CHILI_CLIENT_SECRET=\"xyz\"\n",
        "$Env:CHILI_CLIENT_ID='abc'\n  export CHILI_CLIENT_SECRET=xyz\n",
        '{"CHILI_CLIENT_ID": "abc", "CHILI_CLIENT_SECRET": "xyz", "n": 1}',
        '{"chili": {"CHILI_CLIENT_ID": "abc", "CHILI_CLIENT_SECRET": "xyz"}}',
        '{"a": [1, [{"CHILI_CLIENT_ID": "abc"}], {"CHILI_CLIENT_SECRET": "xyz"}]}',
        '[{"CHILI_CLIENT_ID": "abc", "CHILI_CLIENT_SECRET": "xyz"}]',
        '[\n  {"CHILI_CLIENT_ID": "abc",\n   "CHILI_CLIENT_SECRET": "xyz"}\n]',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_lines_of_terminals_and_json_are_read(tmp_path, text, encoding):
    """People copy lines from a terminal or a settings file, on any system."""
    (tmp_path / ".env").write_bytes(text.encode(encoding))
    values = cleaned_values(read_env(tmp_path))
    assert values == {"CHILI_CLIENT_ID": "abc", "CHILI_CLIENT_SECRET": "xyz"}


@pytest.mark.parametrize(
    ("line", "key", "name"),
    [
        ("CLIENT_ID=abc", "CLIENT_ID", "CHILI_CLIENT_ID"),
        ("GRAFX_CLIENT_SECRET=abc", "GRAFX_CLIENT_SECRET", "CHILI_CLIENT_SECRET"),
        ("CHILI_GRAFX_ENV=abc", "CHILI_GRAFX_ENV", "CHILI_ENVIRONMENT"),
        ("GRAFX_ENVIRONMENT=abc", "GRAFX_ENVIRONMENT", "CHILI_ENVIRONMENT"),
        ("SERVER_ID=abc", "SERVER_ID", "CHILI_CLIENT_ID"),
        ("SERVER_SECRET=abc", "SERVER_SECRET", "CHILI_CLIENT_SECRET"),
        ("BASEURL=https://abc", "BASEURL", "CHILI_BASE_URL"),
        ("chili_client_id=abc", "chili_client_id", "CHILI_CLIENT_ID"),
        ("Chili_Environment=abc", "Chili_Environment", "CHILI_ENVIRONMENT"),
        ("CHILI_SECRET=abc", "CHILI_SECRET", "CHILI_CLIENT_SECRET"),
        ("CHILI_TOKEN=abc", "CHILI_TOKEN", "CHILI_ACCESS_TOKEN"),
        ("set client_id=abc", "client_id", "CHILI_CLIENT_ID"),
        ("$env:GRAFX_TOKEN = 'abc'", "GRAFX_TOKEN", "CHILI_ACCESS_TOKEN"),
        ('{"clientSecret": "abc"}', "clientSecret", "CHILI_CLIENT_SECRET"),
        ('{"grafx": {"client-id": "abc"}}', "client-id", "CHILI_CLIENT_ID"),
    ],
)
@pytest.mark.parametrize("env_file", [None, ".env"])
def test_keys_with_another_name_are_named(tmp_path, line, key, name, env_file):
    """The error and the trace say what is there and what it must be called."""
    (tmp_path / ".env").write_text(line)
    choice = choose_credentials(find_sources(tmp_path, env_file=env_file, environ={}))
    with pytest.raises(ConfigurationError) as caught:
        choice.require()
    assert f".env contains {key}, which must be called {name}." in caught.value.message
    outcomes = {entry.key: entry.outcome for entry in choice.trace}
    assert outcomes[key] == f"not read: it must be called {name}"
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "is_named"),
    [("GRAFX_CLIENT_ID", True), ("CLIENT_SECRET", True), ("ENVIRONMENT", False)],
)
def test_variables_of_other_programs_are_not_named(key, is_named):
    """Many containers set ENVIRONMENT, which is not about GraFx."""
    assert (key in read_process_environment({key: "x"}).misnamed) is is_named


@pytest.mark.parametrize("name", [".env.txt", ".env.local", ".envrc", "env"])
def test_file_with_another_name_is_named(tmp_path, name):
    """Windows hides the ending that its editors add."""
    (tmp_path / name).write_text(PAIR)
    choice = choose_credentials(find_sources(tmp_path, environ={}))
    with pytest.raises(ConfigurationError) as caught:
        choice.require()
    assert f"{name} is not read: it must be called .env." in caught.value.message


@pytest.mark.parametrize(
    ("name", "content", "unread"),
    [
        (".env", "CLIENT_ID=abc\nCLIENT_SECRET=xyz\nGRAFX_TOKEN=uvw", ["xyz", "uvw"]),
        (".env", '{"clientSecret": "xyz", "audience": "abc"}', ["xyz"]),
        (".env.txt", PAIR, ["abc", "xyz"]),
        (".env.txt", "SERVER_SECRET=xyz", ["xyz"]),
    ],
)
def test_secrets_that_are_not_read_are_known(tmp_path, name, content, unread):
    """They are masked, because the user may print the file to see what is wrong."""
    (tmp_path / name).write_text(content)
    (source,) = read_nearest_env_files(tmp_path)
    assert [value.secret.reveal() for value in source.unread] == unread
    assert source.values == {}


@pytest.mark.parametrize("path", [7, b"a.env", ["a.env"]])
def test_named_file_must_be_a_path(tmp_path, path):
    """Anything else is an error in words."""
    with pytest.raises(ConfigurationError, match="is not the path of a file"):
        find_sources(tmp_path, env_file=path, environ={})


def test_other_files_without_our_keys_are_not_named(tmp_path):
    """Such a file belongs to another program."""
    (tmp_path / ".env.local").write_text("PORT=1\n")
    assert [source.name for source in find_sources(tmp_path, environ={})] == [
        "the process environment"
    ]


@pytest.mark.parametrize(
    "value",
    ["op://Private/GraFx/secret", "'op://a b/c'", "vault:secret/data/x#y", "$(pass x)"],
)
def test_reference_to_a_secret_store_is_named(tmp_path, value):
    """It would be refused by GraFx, for a reason that nobody understands."""
    text = f"CHILI_CLIENT_ID=abc\nCHILI_CLIENT_SECRET={value}\n"
    (tmp_path / ".env").write_text(text)
    choice = choose_credentials(find_sources(tmp_path, environ={}))
    with pytest.raises(ConfigurationError) as caught:
        choice.require()
    assert "CHILI_CLIENT_SECRET in .env is a reference" in caught.value.message
    assert read_env(tmp_path).values["CHILI_CLIENT_SECRET"].to_protect is None


def test_broken_json_is_named(tmp_path):
    """The file begins like JSON, so its lines are not read as keys."""
    (tmp_path / ".env").write_text('{"CHILI_CLIENT_ID": ')
    assert read_env(tmp_path).problem == ".env begins like JSON, and is not JSON"
