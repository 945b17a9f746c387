"""Reading a file up to a size, whatever kind of file it is."""

from __future__ import annotations

import os
import socket
import threading

import pytest

from chili_notebook.system.bounded_file import (
    MAX_BYTES,
    UnreadableFileError,
    read_regular_file,
    read_small_file,
)

NO_WAIT_S = 0.01


def problem_of(path):
    """Return the reason why a file cannot be read."""
    with pytest.raises(UnreadableFileError) as caught:
        read_small_file(path, timeout_s=NO_WAIT_S)
    return str(caught.value)


def next_descriptor():
    """Return the lowest descriptor that is free."""
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def test_regular_file_is_read_completely(tmp_path):
    """A file of the largest allowed size is returned as it is."""
    path = tmp_path / ".env"
    path.write_bytes(b"x" * MAX_BYTES)
    assert read_small_file(path) == b"x" * MAX_BYTES


def test_larger_file_is_refused(tmp_path):
    """One byte more is too much."""
    path = tmp_path / ".env"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    assert problem_of(path) == "is larger than 100,000 bytes"


def test_missing_file_and_invalid_name_are_reported(tmp_path):
    """A name with a NUL byte is reported like a missing file."""
    assert problem_of(tmp_path / "missing") == "does not exist"
    assert "cannot be read" in problem_of(tmp_path / "a\0b")


def test_folder_device_and_socket_are_refused(tmp_path):
    """Only regular files and pipes are read."""
    assert problem_of(tmp_path) == "is not a regular file"
    link = tmp_path / "zero"
    link.symlink_to("/dev/zero")
    assert problem_of(link) == "is not a regular file"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert "cannot be read" in problem_of(tmp_path / "socket")


def test_only_regular_files_are_read_and_each_is_closed(tmp_path):
    """A refused folder or pipe leaves no open descriptor behind."""
    os.mkfifo(tmp_path / "pipe")
    before = next_descriptor()
    for name in ("", "pipe"):
        with pytest.raises(UnreadableFileError, match="is not a regular file"):
            read_regular_file(tmp_path / name, max_bytes=10)
    assert next_descriptor() == before


def test_pipe_without_a_writer_ends_after_the_timeout(tmp_path):
    """A password manager that is locked does not block the login."""
    path = tmp_path / ".env"
    os.mkfifo(path)
    assert "is a pipe" in problem_of(path)


def test_pipe_is_read_until_its_writer_closes_it(tmp_path):
    """What a password manager writes in pieces is one content."""
    path = tmp_path / ".env"
    os.mkfifo(path)

    def write():
        with path.open("wb", buffering=0) as pipe:
            pipe.write(b"CHILI_CLIENT_ID=")
            pipe.write(b"abc\n")

    writer = threading.Thread(target=write)
    writer.start()
    assert read_small_file(path, timeout_s=30) == b"CHILI_CLIENT_ID=abc\n"
    writer.join()
