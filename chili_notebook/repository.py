"""What git knows of a file."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_S = 5.0


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
    """Ask git about a file, which need not exist."""
    if run_git(path.parent, "rev-parse", "--git-dir") is None:
        return GitView()
    if run_git(path.parent, "ls-files", "--error-unmatch", "--", path.name) is not None:
        return GitView(tracked=True)
    ignored = run_git(path.parent, "check-ignore", "--quiet", "--", path.name)
    return GitView(addable=ignored is None)


def run_git(
    folder: Path, *arguments: str, timeout_s: float = _TIMEOUT_S
) -> bytes | None:
    """Give what git prints, or ``None`` if it fails or is not there."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and our own arguments
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def untrack_command(path: str) -> str:
    """Give the command that takes a file out of the index and keeps it on disk."""
    return f"git rm --cached {shlex.quote(path)}"


def ignore_command(path: Path) -> str:
    """Give the command that makes git ignore a file; run beside it."""
    return f"echo {shlex.quote('/' + path.name)} >> .gitignore"
