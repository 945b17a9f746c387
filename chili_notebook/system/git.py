"""What git knows of a file."""

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
    """Git cannot tell; says why in one line."""


class NoGitError(GitError):
    """Git is not installed."""


class NoRepositoryError(GitError):
    """The folder is not inside a repository."""


@dataclass(frozen=True, slots=True)
class GitView:
    """How git sees one file; outside a repository, or without git, all is false.

    Attributes:
        tracked: Whether it is in the index.
        addable: Whether ``git add .`` would take it in.
    """

    tracked: bool = False
    addable: bool = False


def view_of(path: Path) -> GitView:
    """Ask git about a file, which need not exist.

    Raises:
        GitError: If it cannot tell.
    """
    if top_of(path.parent) is None:
        return GitView()
    listed = run_git(path.parent, "ls-files", "-z", "--", path.name)
    if listed:
        return GitView(tracked=True)
    untracked = ("ls-files", "--others", "--exclude-standard", "-z", "--", path.name)
    if path.exists():
        return GitView(addable=bool(run_git(path.parent, *untracked)))
    ignored = run_git(path.parent, "check-ignore", "--", path.name, fine=(0, 1))
    return GitView(addable=not ignored)


def top_of(folder: Path) -> str | None:
    """Give the top folder of the repository around a folder, ``None`` outside of any.

    Raises:
        GitError: If git cannot tell.
    """
    try:
        top = run_git(folder, "rev-parse", "--show-toplevel")
    except (NoGitError, NoRepositoryError):
        return None
    return os.fsdecode(top).rstrip("\n")


def run_git(
    folder: Path,
    *arguments: str,
    fine: tuple[int, ...] = (0,),
    timeout_s: float = _TIMEOUT_S,
) -> bytes:
    """Give what git prints.

    Raises:
        GitError: If it is not there, takes too long, or ends with another exit code
            than those that are `fine`.
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
    if done.returncode in fine:
        return done.stdout
    # Git's exit code is the same for every failure; LC_ALL=C fixes its wording.
    if _NO_REPOSITORY in done.stderr:
        raise NoRepositoryError("no repository")
    told = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise GitError(told[0] if told else f"git {arguments[0]} failed")


def untrack_command(path: str) -> str:
    """Give the command that takes a file out of the index and keeps it on disk."""
    return f"git rm --cached {shlex.quote(path)}"


def ignore_command(path: Path) -> str:
    """Give the command that makes git ignore a file; run beside it."""
    return f"echo {shlex.quote('/' + path.name)} >> .gitignore"
