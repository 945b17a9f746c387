"""The .env file: what is unsafe about it, and writing credentials into it."""

from __future__ import annotations

import io
import os
import stat
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.auth.env_file import _changed, find_danger, write_credentials
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError

VALUES = {"CHILI_CLIENT_ID": Secret("an-id"), "CHILI_CLIENT_SECRET": Secret("a'b\\c#d")}
BEFORE = """# mine
OTHER='kept # as it is'

export CHILI_CLIENT_ID=old  # a remark
CHILI_ACCESS_TOKEN=old-token
UNFINISHED
LAST=1"""
AFTER = """# mine
OTHER='kept # as it is'

CHILI_CLIENT_ID=an-id
UNFINISHED
LAST=1
CHILI_CLIENT_SECRET='a\\'b\\\\c#d'
"""


def git(*arguments):
    """Run git in the working directory, without the settings of this machine."""
    environ = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=environ)


@pytest.fixture
def env_file():
    """Give a .env in the working directory that only its owner can read."""
    path = Path(".env")
    path.write_text(BEFORE)
    path.chmod(0o600)
    return path.absolute()


def test_other_keys_comments_and_order_stay(env_file):
    """Only our keys change, where they stand or else at the end."""
    write_credentials(env_file, VALUES, drop=["CHILI_ACCESS_TOKEN"])
    assert env_file.read_text() == AFTER
    write_credentials(env_file, VALUES)
    assert env_file.read_text() == AFTER


def test_only_its_owner_can_read_it(env_file):
    """Whatever the file allowed before, and a new one from the first moment."""
    env_file.chmod(0o644)
    for path in (env_file, env_file.with_name("new.env")):
        write_credentials(path, VALUES)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = sorted(path.name for path in env_file.parent.glob("*env*"))
    assert written == [".env", "new.env"]


@given(
    value=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1),
    before=st.text(),
)
def test_what_is_written_is_what_is_read(value, before):
    """Any value that a header can carry survives the file, or nothing is written."""
    try:
        text = _changed(before + "\n", {"CHILI_CLIENT_SECRET": Secret(value)}, set())
    except ValueError:
        assert not before.isalnum()
        return
    read = dotenv_values(stream=io.StringIO(text), interpolate=False)
    assert read["CHILI_CLIENT_SECRET"] == value


def test_a_tracked_file_is_never_written(env_file):
    """What git tracks would be committed: nothing is written, and the way out told."""
    git("init")
    git("add", ".env")
    with pytest.raises(ConfigurationError, match="git tracks it") as caught:
        write_credentials(env_file, VALUES)
    assert "git rm --cached .env" in caught.value.hint
    assert env_file.read_text() == BEFORE


def test_a_file_that_git_would_add_is_never_written(env_file):
    """Unless it is ignored, the next git add takes it in: the line to add is told."""
    git("init")
    with pytest.raises(ConfigurationError, match="does not ignore") as caught:
        write_credentials(env_file, VALUES)
    assert caught.value.hint == "Add this line to .gitignore: /.env"
    Path(".gitignore").write_text("/.env\n")
    write_credentials(env_file, VALUES)
    assert env_file.read_text() != BEFORE


def test_an_open_quote_is_not_written_after(env_file):
    """Where a line would swallow the new ones, nothing is written, and that is told."""
    env_file.write_text("NOTE='\n")
    with pytest.raises(ConfigurationError, match="not the text of a"):
        write_credentials(env_file, VALUES)
    assert env_file.read_text() == "NOTE='\n"


def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path):
    """The reason is told, and nothing is left behind."""
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigurationError, match="Nothing was written"):
        write_credentials(tmp_path / ".env", VALUES)
    assert [path.name for path in tmp_path.glob("*env*")] == [".env"]


def test_each_danger_comes_with_the_command_that_mends_it(env_file):
    """Tracked, addable, readable by others: and each command does mend it."""
    git("init")
    git("add", ".env")
    env_file.chmod(0o644)
    told = []
    while danger := find_danger(env_file, ".env"):
        assert danger.message not in told
        told.append(danger.message)
        command = danger.hint.removeprefix("Run: ")
        subprocess.run(command, shell=True, check=True)  # noqa: S602
    assert told == [
        ".env is tracked by git.",
        "Others on this machine can read .env.",
    ]


def test_git_add_is_a_danger(env_file):
    """A file that nobody ignores is told, in a repository only."""
    assert find_danger(env_file, ".env") is None
    git("init")
    assert find_danger(env_file, ".env").message == "git add would take .env in."


def test_without_git_nothing_fails(env_file, monkeypatch):
    """A machine without git writes and reads as ever."""
    monkeypatch.setenv("PATH", "")
    assert find_danger(env_file, ".env") is None
    write_credentials(env_file, VALUES)
