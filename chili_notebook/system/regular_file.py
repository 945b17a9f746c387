"""Read regular files only, because opening a pipe or a device may never return."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from chili_notebook.system.small_file import UnreadableFileError

if TYPE_CHECKING:
    from pathlib import Path


def read_regular_file(path: Path, *, max_bytes: int) -> bytes:
    """Return the content of a regular file.

    Raises:
        FileNotFoundError: If it does not exist.
        UnreadableFileError: If it cannot be opened, is larger than `max_bytes`, or is
            not a regular file.
    """
    # Without O_NONBLOCK, opening a pipe would wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UnreadableFileError("is not a regular file")
            content = stream.read(max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError from None
    except IsADirectoryError:
        raise UnreadableFileError("is not a regular file") from None
    except (OSError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        raise UnreadableFileError(f"cannot be read ({reason})") from None
    if len(content) > max_bytes:
        raise UnreadableFileError(f"is larger than {max_bytes:,} bytes")
    return content
