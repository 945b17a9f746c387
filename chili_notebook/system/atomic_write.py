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
    from collections.abc import Collection, Iterable


def save_bytes(
    content: bytes,
    path: str | Path,
    *,
    default_name: str,
    suffixes: Collection[str] = (),
) -> Path:
    """Write `content` to a file, or under `default_name` into a folder.

    Args:
        content: The content of the file.
        path: The path of the file. A path without a suffix, or with a slash at its end,
            is a folder.
        default_name: The name of the file in a folder.
        suffixes: The suffixes that fit the content; by default all do.

    Raises:
        ConfigurationError: If the file cannot be written.
    """
    return save_stream([content], path, default_name=default_name, suffixes=suffixes)


def save_stream(
    pieces: Iterable[bytes],
    path: str | Path,
    *,
    default_name: str,
    suffixes: Collection[str] = (),
) -> Path:
    """Write pieces as they arrive, like `save_bytes`.

    Only a regular file is replaced, and it keeps its permissions. If `path` is a link
    to one, the link stays.

    Raises:
        ConfigurationError: If the file cannot be written.
    """
    target = checked_path(path)
    try:
        if is_folder(path):
            target /= default_name
        elif suffixes and target.suffix.lower() not in suffixes:
            better = str(Path(path).with_suffix(next(iter(suffixes))))
            raise ConfigurationError(
                f"{target} does not fit the content: its name must end with "
                f"{' or '.join(suffixes)}.",
                hint=f"Use {better!r} for a file, or {f'{path}/'!r} for a folder.",
            )
        make_folder(target.parent)
        file, mode = _find_regular_file(target)
        _replace(file, pieces, mode=0o666 if mode is None else 0o600, like=mode)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return target
    raise ConfigurationError(
        f"{target} cannot be written ({reason}).", hint="Save it somewhere else."
    )


def checked_path(path: str | Path) -> Path:
    """Return a path with the home folder in place of a tilde.

    Raises:
        ConfigurationError: If no file can have this path.
    """
    try:
        target = Path(path)
        is_possible = b"\0" not in os.fsencode(target)
    except (TypeError, UnicodeEncodeError):
        is_possible = False
    if not is_possible:
        raise ConfigurationError(
            f"{path!r} is not a path.", hint='Use a path, such as "renders/".'
        )
    with suppress(RuntimeError):  # there is no home folder; the tilde stays as it is
        target = target.expanduser()
    return target


def is_folder(path: str | Path) -> bool:
    """Return whether a path is that of a folder, which may not exist yet."""
    target = checked_path(path)
    return str(path).endswith(("/", "\\")) or not target.suffix or target.is_dir()


def make_folder(folder: Path) -> None:
    """Make a folder, and the folders above it.

    Raises:
        ConfigurationError: If a file is in the way.
        OSError: If the folder cannot be made for another reason.
    """
    for place in (folder, *folder.parents):
        if place.is_dir():
            break
        if os.path.lexists(place):
            raise ConfigurationError(
                f"{place} exists and is not a folder.",
                hint="Use another folder, or rename what is there.",
            )
    folder.mkdir(parents=True, exist_ok=True)


def write_text(text: str, path: Path, *, mode: int) -> None:
    """Write a text file with these permissions.

    Raises:
        ConfigurationError: If something else than a regular file has this path.
        OSError: If it cannot be written.
    """
    file, _ = _find_regular_file(path.resolve())
    _replace(file, [text.encode()], mode=mode)


def _find_regular_file(path: Path) -> tuple[Path, int | None]:
    """Return the file that is to be written, and its permissions if it exists.

    Raises:
        ConfigurationError: If it is a device, a pipe, a folder or a broken link.
    """
    # The file that a link points to is replaced, and not the link.
    file = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        status = file.stat()
    except FileNotFoundError:
        if file is path:
            return file, None
        reason = "is a link to a file that does not exist"
    else:
        if stat.S_ISREG(status.st_mode):
            return file, stat.S_IMODE(status.st_mode) & 0o777
        reason = "exists and is not a regular file"
    raise ConfigurationError(f"{path} {reason}.", hint="Use another name.")


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


def _replace(
    target: Path, pieces: Iterable[bytes], *, mode: int, like: int | None = None
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
