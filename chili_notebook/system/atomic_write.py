"""Write files completely or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable


def save_bytes(content: bytes, path: str | Path, *, default_name: str) -> Path:
    """Write `content` to `path`; if that is a folder, to `default_name` inside it."""
    return save_stream([content], path, default_name=default_name)


def save_stream(
    pieces: Iterable[bytes], path: str | Path, *, default_name: str
) -> Path:
    """Write pieces as they arrive, like `save_bytes`.

    Raises:
        ConfigurationError: If the file cannot be written.
    """
    if not _is_possible(path):
        raise ConfigurationError(
            "The path of the file contains a character that no path can contain.",
            hint="Leave out NUL characters and lone surrogates.",
        )
    target = Path(path)
    with suppress(RuntimeError):  # there is no home folder; the tilde stays as it is
        target = target.expanduser()
    try:
        if target.is_dir() or str(path).endswith(("/", "\\")):
            target /= default_name
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, pieces, mode=0o666)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return target
    raise ConfigurationError(
        f"{target} cannot be written ({reason}).", hint="Save it somewhere else."
    )


def _is_possible(path: str | Path) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:  # a lone surrogate
        return False


def write_text(text: str, path: Path, *, mode: int) -> None:
    """Write a text file with these permissions."""
    _replace(path.resolve(), [text.encode()], mode=mode)


def replace_bytes(path: Path, content: bytes) -> None:
    """Replace the content of a file; its permissions stay."""
    target = path.resolve()
    _replace(target, [content], like=target.stat().st_mode & 0o777)


def _replace(
    target: Path, pieces: Iterable[bytes], *, mode: int = 0o600, like: int | None = None
) -> None:
    """Write a temporary file beside the target, and rename it to the target.

    Args:
        target: The file.
        pieces: Its content.
        mode: The permissions of a new file, less the umask.
        like: The final permissions, whatever the umask.
    """
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
        if like is not None:
            temporary.chmod(like)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
