"""Check a ``.env`` file for what is unsafe about it, and write credentials into it.

`chili_notebook.auth.sources` reads it.
"""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from chili_notebook.auth.sources import decode
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import write_text
from chili_notebook.system.git import (
    GitError,
    ignore_command,
    read_git_status,
    untrack_command,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chili_notebook.auth.secret import Secret

_OWNER_ONLY = 0o600
_ROOT = 0


@dataclass(frozen=True, slots=True)
class Danger:
    """What is unsafe about a file of credentials.

    Attributes:
        message: What is unsafe.
        hint: The command that fixes it, or why the repository could not be read.
    """

    message: str
    hint: str


def find_other_author(path: Path, name: str) -> Danger | None:
    """Return the danger that another user may have written this file; ``None`` if not.

    The author of such a file decides which server gets the secret.

    Args:
        path: The file.
        name: Its name in messages.
    """
    if os.name != "posix":
        return None
    try:
        file, folder = path.stat(), path.parent.stat()
    except OSError:
        return None
    if file.st_uid not in {os.getuid(), _ROOT}:
        return Danger(
            f"{name} belongs to another user of this machine.",
            "Check where it signs you in before you use it.",
        )
    # In a folder with the sticky bit only a file's owner can replace it.
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        return Danger(
            f"Other users of this machine can replace {name}.",
            "Move it into a folder that only you can write to.",
        )
    return None


def find_danger(path: Path, name: str) -> Danger | None:
    """Return what is unsafe about a file of credentials; ``None`` if nothing is.

    Args:
        path: The file.
        name: Its name in messages.
    """
    other_author = find_other_author(path, name)
    if other_author is not None:
        return other_author
    try:
        status = read_git_status(path)
    except GitError as error:
        message = f"It is unknown whether git add would include {name}."
        return Danger(message, f"The git repository could not be read: {error}.")
    if status.tracked:
        commands = f"{untrack_command(name)} && {ignore_command(path)}"
        return Danger(f"{name} is tracked by git.", f"Run: {commands}")
    if status.addable:
        message = f"git add would include {name}."
        return Danger(message, f"Run: {ignore_command(path)}")
    if os.name == "posix" and _mode(path) & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"Other users of this machine can read {name}."
        return Danger(message, f"Run: chmod 600 {name}")
    return None


def write_credentials(
    path: Path, values: Mapping[str, Secret], *, drop: Iterable[str] = ()
) -> None:
    """Write keys into a ``.env`` file, which only its owner can read afterwards.

    Other keys, comments and the order stay as they are. The file is written as UTF-8.

    Args:
        path: The file; it is created if it does not exist.
        values: The keys with their new values.
        drop: Keys to remove.

    Raises:
        ConfigurationError: If git tracks the file or would add it, or the file cannot
            be read or written.
    """
    nothing = f"Nothing was written into {path.name}"
    try:
        status = read_git_status(path)
    except GitError as error:
        raise ConfigurationError(
            f"{nothing}: it is unknown whether git add would include it.",
            hint=f"The git repository could not be read: {error}.",
        ) from None
    if status.tracked:
        raise ConfigurationError(
            f"{nothing}: git tracks it.",
            hint=f"Run: {untrack_command(path.name)} && {ignore_command(path)}",
        )
    if status.addable:
        raise ConfigurationError(
            f"{nothing}: git does not ignore it.",
            hint=f"Add this line to .gitignore: /{path.name}",
        )
    try:
        text = decode(path.read_bytes()) if path.exists() else ""
        write_text(_edit(text, values, set(drop)), path, mode=_OWNER_ONLY)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid .env file"
        raise ConfigurationError(
            f"{nothing} ({reason}).", hint="Fix the file, or choose another place."
        ) from None


def _edit(text: str, values: Mapping[str, Secret], drop: set[str]) -> str:
    """Return the text with these keys set and dropped.

    python-dotenv edits files in place, so it edits a copy that only this user can read.

    Raises:
        ValueError: If a line of the text, such as an open quote, swallows a key, or
            the text is JSON.
    """
    from dotenv import set_key, unset_key

    if text.lstrip().startswith("{"):
        raise ValueError  # JSON, whose form dotenv does not know
    with TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        copy.write_text(text, "utf-8")
        for key in sorted(drop & _parse(text).keys()):
            unset_key(copy, key)
        for key, value in values.items():
            set_key(copy, key, value.reveal(), quote_mode="auto")
        edited = copy.read_text("utf-8")
    read = _parse(edited)
    if any(read.get(key) != value.reveal() for key, value in values.items()):
        raise ValueError
    return edited


def _parse(text: str) -> dict[str, str | None]:
    from dotenv import dotenv_values

    return dotenv_values(stream=io.StringIO(text), interpolate=False)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
