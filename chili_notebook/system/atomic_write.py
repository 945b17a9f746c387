"""Write files completely or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
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


def write_text(text: str, path: Path, *, mode: int) -> None:
    """Write a text file with these permissions."""
    _replace(path.resolve(), [text.encode()], mode=mode)


def replace_bytes(path: Path, content: bytes) -> None:
    """Replace the content of a regular file that exists.

    Its owner, permissions and extended attributes stay. A file with several names
    (hard links), or whose owner cannot be kept, is overwritten in place.

    Raises:
        OSError: If it is not a regular file, or cannot be written.
    """
    target = path.resolve()
    before = target.stat()
    if not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        if before.st_nlink > 1 or not _write_copy(temporary, content, target):
            with target.open("r+b") as stream:
                stream.write(content)
                stream.truncate()
        else:
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _write_copy(copy: Path, content: bytes, target: Path) -> bool:
    """Write a file with the attributes of another; return whether it has the owner."""
    before = target.stat()
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    if hasattr(os, "chown"):
        try:
            os.chown(copy, before.st_uid, before.st_gid)
        except OSError:
            return False
    shutil.copystat(target, copy)
    os.utime(copy)  # the content is new, and editors compare the time
    return True


def _replace(target: Path, pieces: Iterable[bytes], *, mode: int) -> None:
    """Write a temporary file beside the target, and rename it to the target.

    Args:
        target: The file.
        pieces: Its content.
        mode: The permissions of a new file, less the umask.
    """
    temporary = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
