"""Read a small file of settings, whatever kind of file it turns out to be."""

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
        # Without O_NONBLOCK, opening a pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise UnreadableFileError("does not exist") from None
    except (OSError, ValueError) as error:
        raise UnreadableFileError(_describe(error)) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(mode):
            return _read_pipe(descriptor, time.monotonic() + timeout_s)
        if not stat.S_ISREG(mode):
            raise UnreadableFileError("is not a regular file")
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            return _check_size(stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise UnreadableFileError(_describe(error)) from None
    finally:
        os.close(descriptor)


def _read_pipe(descriptor: int, deadline: float) -> bytes:
    content = b""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while (left_s := deadline - time.monotonic()) > 0:
        for _descriptor, event in poll.poll(left_s * 1000):
            piece = os.read(descriptor, MAX_BYTES) if event & select.POLLIN else b""
            if not piece:  # the writer has closed the pipe
                return content
            content = _check_size(content + piece)
    raise UnreadableFileError("is a pipe that no program has written into completely")


def _check_size(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise UnreadableFileError(f"is larger than {MAX_BYTES:,} bytes")
    return content


def _describe(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or "it cannot be opened"
    return f"cannot be read ({reason})"
