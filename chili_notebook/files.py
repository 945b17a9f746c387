"""Writes files whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex


def save_bytes(content: bytes, path: str | Path, *, default_name: str) -> Path:
    """Write `content` to `path`, or under `default_name` into it if it is a folder."""
    target = Path(path).expanduser()
    if target.is_dir():
        target /= default_name
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, content, mode=0o666)
    return target


def write_text(text: str, path: Path, *, mode: int) -> None:
    """Write a text file with these permissions."""
    _replace(path.resolve(), text.encode(), mode=mode)


def replace_bytes(path: Path, content: bytes) -> None:
    """Write other content into a file that is there; its permissions stay."""
    target = path.resolve()
    _replace(target, content, like=target.stat().st_mode & 0o777)


def _replace(
    target: Path, content: bytes, *, mode: int = 0o600, like: int | None = None
) -> None:
    """Write beside the target, and move that into its place.

    Args:
        target: The file.
        content: What it is to hold.
        mode: The permissions of a new file, less the umask.
        like: The permissions that it has in the end, whatever the umask.
    """
    beside = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        if like is not None:
            beside.chmod(like)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
