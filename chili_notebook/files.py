"""Writes files whole or not at all."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex


def save_bytes(content: bytes, path: str | Path, *, default_name: str) -> Path:
    """Write `content` to `path`, or under `default_name` into it if it is a folder."""
    target = Path(path).expanduser()
    if target.is_dir():
        target /= default_name
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        with beside.open("xb") as stream:
            stream.write(content)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target
