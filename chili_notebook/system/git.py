"""Run git, and read what it knows about a file."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_S = 5.0
_NO_REPOSITORY = b"not a git repository"


class GitError(Exception):
    """Git failed; the message gives the reason in one line."""


class NoGitError(GitError):
    """Git is not installed."""


class NoRepositoryError(GitError):
    """The folder is not inside a repository."""


@dataclass(frozen=True, slots=True)
class GitStatus:
    """How git treats one file; outside a repository, or without git, all is false.

    Attributes:
        tracked: Whether it is in the index.
        addable: Whether ``git add .`` would include it.
    """

    tracked: bool = False
    addable: bool = False


def read_git_status(path: Path) -> GitStatus:
    """Return how git treats a file, which need not exist.

    Raises:
        GitError: If git fails.
    """
    if find_repository(path.parent) is None:
        return GitStatus()
    listed = run_git(path.parent, "ls-files", "-z", "--", path.name)
    if listed:
        return GitStatus(tracked=True)
    untracked = ("ls-files", "--others", "--exclude-standard", "-z", "--", path.name)
    if path.exists():
        return GitStatus(addable=bool(run_git(path.parent, *untracked)))
    ignored = run_git(path.parent, "check-ignore", "--", path.name, ok_codes=(0, 1))
    return GitStatus(addable=not ignored)


def find_repository(folder: Path) -> str | None:
    """Return the top folder of the repository around a folder; ``None`` outside one.

    Raises:
        GitError: If git fails.
    """
    try:
        top = run_git(folder, "rev-parse", "--show-toplevel")
    except (NoGitError, NoRepositoryError):
        return None
    return os.fsdecode(top).rstrip("\n")


def run_git(
    folder: Path,
    *arguments: str,
    ok_codes: tuple[int, ...] = (0,),
    timeout_s: float = _TIMEOUT_S,
) -> bytes:
    """Return what git prints.

    Raises:
        GitError: If git is not installed, takes too long, or ends with an exit code
            that is not in `ok_codes`.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and our own arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
        )
    except OSError:
        raise NoGitError("no git") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took more than {timeout_s:.0f} s") from None
    if done.returncode in ok_codes:
        return done.stdout
    # Git's exit code is the same for every failure; LC_ALL=C fixes its wording.
    if _NO_REPOSITORY in done.stderr:
        raise NoRepositoryError("no repository")
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise GitError(lines[0] if lines else f"git {arguments[0]} failed")


def untrack_command(path: str) -> str:
    """Return the command that removes a file from the index and keeps it on disk."""
    return f"git rm --cached {shlex.quote(path)}"


def ignore_command(path: Path) -> str:
    """Return the command, run in its folder, that makes git ignore a file."""
    return f"echo {shlex.quote('/' + path.name)} >> .gitignore"
