"""Running git, and reading what it knows about a file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chili_notebook.system.git import (
    GitError,
    GitStatus,
    NoGitError,
    NoRepositoryError,
    find_repository,
    read_git_status,
    run_git,
)


def git(*arguments):
    """Run git in the working directory."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def test_status_of_a_file_outside_a_repository_is_all_false(tmp_path):
    """Outside a repository git neither tracks a file nor would add it."""
    assert read_git_status(tmp_path / ".env") == GitStatus()
    assert find_repository(tmp_path) is None
    with pytest.raises(NoRepositoryError):
        run_git(tmp_path, "rev-parse", "--show-toplevel")


@pytest.mark.parametrize("exists", [True, False])
def test_status_of_a_file_in_a_repository(tmp_path, exists):
    """A file is addable until git ignores it, and tracked once it was added."""
    git("init")
    assert Path(find_repository(tmp_path)).samefile(tmp_path)
    path = tmp_path / ".env"
    if exists:
        path.write_text("")
    assert read_git_status(path) == GitStatus(addable=True)
    Path(".gitignore").write_text("/.env\n")
    assert read_git_status(path) == GitStatus()
    path.write_text("")
    git("add", "--force", ".env")
    assert read_git_status(path) == GitStatus(tracked=True)


def test_machine_without_git_has_no_repository(tmp_path, monkeypatch):
    """The class of the error says that git is not installed."""
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(NoGitError):
        run_git(tmp_path, "status")
    assert find_repository(tmp_path) is None
    assert read_git_status(tmp_path / ".env") == GitStatus()


def test_broken_repository_is_an_error(tmp_path):
    """Any other failure of git raises a GitError with git's first line."""
    git("init")
    Path(".git/config").write_text("no git")
    with pytest.raises(GitError, match="bad config") as caught:
        find_repository(tmp_path)
    assert type(caught.value) is GitError
    assert "\n" not in str(caught.value)


def test_git_that_takes_too_long_is_an_error(tmp_path):
    """A command is ended after its time limit."""
    git("init")
    with pytest.raises(GitError, match="git status took more than 0 s"):
        run_git(tmp_path, "status", timeout_s=0)
