"""What is unsafe about a .env file, and writing credentials into it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chili_notebook.auth.env_file import find_danger, write_credentials
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError

VALUES = {"CHILI_CLIENT_ID": Secret("an-id"), "CHILI_CLIENT_SECRET": Secret("a'b\\c#d")}
BEFORE = """# mine
OTHER='unchanged # value'

export CHILI_CLIENT_ID=old  # a remark
CHILI_ACCESS_TOKEN=old-token
UNFINISHED
LAST=1"""
AFTER = """# mine
OTHER='unchanged # value'
CHILI_CLIENT_ID='an-id'
UNFINISHED
LAST=1
CHILI_CLIENT_SECRET='a\\'b\\\\c#d'
"""


def git(*arguments):
    """Run git in the working directory, without the settings of this machine."""
    environ = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=environ)


@pytest.fixture
def env_path():
    """Return the path of a .env in the working directory, for its owner only."""
    path = Path(".env")
    path.write_text(BEFORE)
    path.chmod(0o600)
    return path.absolute()


def test_other_keys_comments_and_order_are_unchanged(env_path):
    """Existing keys change in place, new ones go to the end, dropped ones go away."""
    write_credentials(env_path, VALUES, drop=["CHILI_ACCESS_TOKEN"])
    assert env_path.read_text() == AFTER
    write_credentials(env_path, VALUES)
    assert env_path.read_text() == AFTER


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_file_of_a_windows_editor_is_written_as_utf_8(env_path, encoding):
    """A file that login can read can also be written, with its other keys."""
    env_path.write_bytes("OTHER=ü\r\n".encode(encoding))
    write_credentials(env_path, {"CHILI_CLIENT_ID": Secret("an-id")})
    assert env_path.read_bytes().decode() == "OTHER=ü\nCHILI_CLIENT_ID='an-id'\n"


def test_written_file_can_be_read_by_its_owner_only(env_path):
    """The permissions are 600 for a new file, and for one that others could read."""
    env_path.chmod(0o644)
    for path in (env_path, env_path.with_name("new.env")):
        write_credentials(path, VALUES)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = sorted(path.name for path in env_path.parent.glob("*env*"))
    assert written == [".env", "new.env"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1),
    before=st.text(),
)
def test_any_value_is_read_back_as_it_was_written(tmp_path, value, before):
    """A value of printable characters survives the file, or nothing is written."""
    path = tmp_path / "any.env"
    old = f"{before}\n".encode("utf-8", "surrogatepass")
    path.write_bytes(old)
    try:
        write_credentials(path, {"CHILI_CLIENT_SECRET": Secret(value)})
    except ConfigurationError:
        assert path.read_bytes() == old
        assert not before.isalnum()
    else:
        read = dotenv_values(path, interpolate=False, encoding="utf-8")
        assert read["CHILI_CLIENT_SECRET"] == value


def test_tracked_file_is_not_written(env_path):
    """Nothing is written if git tracks the file; the hint contains the command."""
    git("init")
    git("add", ".env")
    with pytest.raises(ConfigurationError, match="git tracks it") as caught:
        write_credentials(env_path, VALUES)
    assert "git rm --cached .env" in caught.value.hint
    assert env_path.read_text() == BEFORE


def test_file_that_git_add_would_include_is_not_written(env_path):
    """Nothing is written until git ignores the file; the hint contains the line."""
    git("init")
    with pytest.raises(ConfigurationError, match="git does not ignore it") as caught:
        write_credentials(env_path, VALUES)
    assert caught.value.hint == "Add this line to .gitignore: /.env"
    Path(".gitignore").write_text("/.env\n")
    write_credentials(env_path, VALUES)
    assert env_path.read_text() != BEFORE


def test_file_is_not_written_if_git_fails(env_path):
    """Nothing is written if git cannot report whether it would include the file."""
    git("init")
    Path(".git/config").write_text("not a configuration")
    with pytest.raises(ConfigurationError, match="it is unknown whether") as caught:
        write_credentials(env_path, VALUES)
    assert caught.value.hint.startswith("The git repository could not be read: ")
    assert env_path.read_text() == BEFORE
    danger = find_danger(env_path, ".env")
    assert danger.message == "It is unknown whether git add would include .env."


def test_nothing_is_written_after_an_open_quote(env_path):
    """A line that would swallow the new keys is an error, and the file is unchanged."""
    env_path.write_text("NOTE='\n")
    with pytest.raises(ConfigurationError, match=r"not a valid \.env file"):
        write_credentials(env_path, VALUES)
    assert env_path.read_text() == "NOTE='\n"


def test_error_for_a_path_that_cannot_be_written(tmp_path):
    """The error states the reason, and no temporary file is left."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigurationError, match=r"Nothing was written into \.env"):
        write_credentials(tmp_path / ".env", VALUES)
    assert [path.name for path in tmp_path.glob("*env*")] == [".env"]


def test_hint_of_each_danger_is_a_command_that_fixes_it(env_path):
    """The commands untrack the file and hide it from other users of the machine."""
    git("init")
    git("add", ".env")
    env_path.chmod(0o644)
    messages = []
    while danger := find_danger(env_path, ".env"):
        assert danger.message not in messages
        messages.append(danger.message)
        command = danger.hint.removeprefix("Run: ")
        subprocess.run(command, shell=True, check=True)  # noqa: S602
    assert messages == [
        ".env is tracked by git.",
        "Other users of this machine can read .env.",
    ]


def test_file_that_git_add_would_include_is_a_danger_in_a_repository(env_path):
    """Outside a repository nothing is unsafe; inside one the hint fixes it."""
    assert find_danger(env_path, ".env") is None
    git("init")
    danger = find_danger(env_path, ".env")
    assert danger.message == "git add would include .env."
    subprocess.run(danger.hint.removeprefix("Run: "), shell=True, check=True)  # noqa: S602
    assert find_danger(env_path, ".env") is None


def test_machine_without_git_writes_the_file(env_path, monkeypatch):
    """Without git nothing is a danger, and the credentials are written."""
    monkeypatch.setenv("PATH", "")
    assert find_danger(env_path, ".env") is None
    write_credentials(env_path, VALUES)
    assert env_path.read_text() != BEFORE


def test_json_file_is_not_changed(env_path):
    """Lines of a .env would make it unreadable."""
    env_path.write_text('{"CHILI_CLIENT_ID": "abc"}')
    with pytest.raises(ConfigurationError, match="Nothing was written"):
        write_credentials(env_path, {"CHILI_CLIENT_ID": Secret("x")})
    assert env_path.read_text() == '{"CHILI_CLIENT_ID": "abc"}'
