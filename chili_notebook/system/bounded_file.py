"""Read files up to a size, because opening a pipe or a device may never return."""

from __future__ import annotations

import os
import select
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 100_000
PIPE_TIMEOUT_S = 2.0
"""How long to wait for the program that writes into a named pipe: password managers
serve ``.env`` this way."""


class UnreadableFileError(Exception):
    """A file cannot be read; the message is a clause without a subject."""


def read_regular_file(path: Path, *, max_bytes: int) -> bytes:
    """Return the content of a regular file.

    Raises:
        FileNotFoundError: If it does not exist.
        UnreadableFileError: If it cannot be opened, is larger than `max_bytes`, or is
            not a regular file.
    """
    return _read(path, max_bytes, pipe_timeout_s=None)


def read_small_file(path: Path, *, timeout_s: float = PIPE_TIMEOUT_S) -> bytes:
    """Return the content of a regular file, or what a program writes into a pipe.

    Args:
        path: The file.
        timeout_s: How long to wait for a pipe.

    Raises:
        UnreadableFileError: If it does not exist, cannot be opened, is larger than
            `MAX_BYTES`, is a folder, socket or device, or is a pipe into which nothing
            is written.
    """
    try:
        return _read(path, MAX_BYTES, pipe_timeout_s=timeout_s)
    except FileNotFoundError:
        raise UnreadableFileError("does not exist") from None


def _read(path: Path, max_bytes: int, *, pipe_timeout_s: float | None) -> bytes:
    # Without O_NONBLOCK, opening a pipe would wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        try:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISFIFO(mode) and pipe_timeout_s is not None:
                return _read_pipe(descriptor, time.monotonic() + pipe_timeout_s)
            if not stat.S_ISREG(mode):
                raise UnreadableFileError("is not a regular file")
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return _check_size(stream.read(max_bytes + 1), max_bytes)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError from None
    except (OSError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
        raise UnreadableFileError(f"cannot be read ({reason})") from None


def _read_pipe(descriptor: int, deadline: float) -> bytes:
    content = b""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while (left_s := deadline - time.monotonic()) > 0:
        for _descriptor, event in poll.poll(left_s * 1000):
            piece = os.read(descriptor, MAX_BYTES) if event & select.POLLIN else b""
            if not piece:  # the writer has closed the pipe
                return content
            content = _check_size(content + piece, MAX_BYTES)
    raise UnreadableFileError("is a pipe that no program has written into completely")


def _check_size(content: bytes, max_bytes: int) -> bytes:
    if len(content) > max_bytes:
        raise UnreadableFileError(f"is larger than {max_bytes:,} bytes")
    return content
