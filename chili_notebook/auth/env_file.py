"""The ``.env`` file: what is unsafe about it, and writing credentials into it."""

from __future__ import annotations

import io
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import write_text
from chili_notebook.system.git import (
    GitError,
    ignore_command,
    untrack_command,
    view_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chili_notebook.auth.secret import Secret

_PLAIN = re.compile(r"[\w.:/@%+,=~-]+", re.ASCII)
_FOR_ITS_OWNER = 0o600


@dataclass(frozen=True, slots=True)
class Danger:
    """What is unsafe about a file of credentials.

    Attributes:
        message: What is unsafe.
        hint: The command that fixes it, or what git answered.
    """

    message: str
    hint: str


def danger_of(path: Path, name: str) -> Danger | None:
    """Return what is unsafe about a file of credentials, ``None`` if nothing is.

    Args:
        path: The file.
        name: How to call it before a person.
    """
    try:
        view = view_of(path)
    except GitError as error:
        message = f"Git cannot tell whether it would take {name} in."
        return Danger(message, f"It says: {error}")
    if view.tracked:
        mend = f"{untrack_command(name)} && {ignore_command(path)}"
        return Danger(f"{name} is tracked by git.", f"Run: {mend}")
    if view.addable:
        message = f"git add would take {name} in."
        return Danger(message, f"Run: {ignore_command(path)}")
    if os.name == "posix" and _mode(path) & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"Others on this machine can read {name}."
        return Danger(message, f"Run: chmod 600 {name}")
    return None


def write_credentials(
    path: Path, values: Mapping[str, Secret], *, drop: Iterable[str] = ()
) -> None:
    """Write keys into a ``.env`` file, which only its owner can read from then on.

    Other keys, comments and the order stay as they are.

    Args:
        path: The file; made if it is not there.
        values: The keys and what they are to hold.
        drop: Keys to leave out.

    Raises:
        ConfigurationError: If git tracks the file or would add it, or it cannot be
            read or written.
    """
    try:
        view = view_of(path)
    except GitError as error:
        raise ConfigurationError(
            f"Nothing was written into {path.name}: git cannot tell whether it would "
            "take it in.",
            hint=f"It says: {error}",
        ) from None
    if view.tracked:
        raise ConfigurationError(
            f"Nothing was written into {path.name}: git tracks it.",
            hint=f"Run: {untrack_command(path.name)} && {ignore_command(path)}",
        )
    if view.addable:
        raise ConfigurationError(
            f"Nothing was written into {path.name}: git does not ignore it.",
            hint=f"Add this line to .gitignore: /{path.name}",
        )
    try:
        text = path.read_text("utf-8-sig") if path.exists() else ""
        write_text(_changed(text, values, set(drop)), path, mode=_FOR_ITS_OWNER)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not the text of a .env file"
        raise ConfigurationError(
            f"Nothing was written into {path.name} ({why}).",
            hint="Correct that, or choose another place.",
        ) from None


def _changed(text: str, values: Mapping[str, Secret], drop: set[str]) -> str:
    """Give the text with these keys set and dropped.

    Raises:
        ValueError: If a line of it, such as an open quote, would swallow them.
    """
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    left = dict(values)
    lines: list[str] = []
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        blank = original[: len(original) - len(original.lstrip())]
        if binding.key in left:
            lines.append(blank + _line(binding.key, left.pop(binding.key)))
        elif binding.key in values or binding.key in drop:
            lines.append(blank)
        else:
            lines.append(original)
    if lines and not lines[-1].endswith("\n"):
        lines.append("\n")
    lines += [_line(key, value) for key, value in left.items()]
    changed = "".join(lines)
    read = dotenv_values(stream=io.StringIO(changed), interpolate=False)
    if any(read.get(key) != value.reveal() for key, value in values.items()):
        raise ValueError
    return changed


def _line(key: str, value: Secret) -> str:
    text = value.reveal()
    if not _PLAIN.fullmatch(text):
        text = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"{key}={text}\n"


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
