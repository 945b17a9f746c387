"""Zips, which GraFx sends for several files: read them without trusting them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from chili_notebook.api.file_names import bare_name, same_file_key
from chili_notebook.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 2_000_000_000
# An encrypted zip is a RuntimeError, an unknown method a NotImplementedError.
_UNUSABLE = (BadZipFile, RuntimeError, OSError, EOFError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file of a zip.

    Attributes:
        name: Its name, which no other file of the zip has, without folders.
        content: Its bytes.
    """

    name: str
    content: bytes


def read_names(archive: bytes) -> list[str]:
    """Return the names of the files in a zip.

    Raises:
        UnexpectedAnswerError: If it is not a usable zip.
    """
    try:
        with ZipFile(BytesIO(archive)) as opened:
            return _names_in(opened)
    except _UNUSABLE as error:
        raise _unusable(error) from None


def read_files(archive: bytes) -> Iterator[ArchivedFile]:
    """Yield the files in a zip, one after the other.

    Raises:
        UnexpectedAnswerError: If it is not a usable zip.
    """
    try:
        with ZipFile(BytesIO(archive)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise ValueError("its files are larger than 2 GB")
            for name, entry in zip(_names_in(opened), entries, strict=True):
                yield ArchivedFile(name, opened.read(entry))
    except _UNUSABLE as error:
        raise _unusable(error) from None


def _names_in(opened: ZipFile) -> list[str]:
    names: list[str] = []
    used: set[str] = set()
    for entry in opened.infolist():
        if not entry.is_dir():
            name = bare_name(entry.filename) or "file"
            path, number = PurePath(name), 1
            # For some file systems, "A.png" and "a.png" are the same file.
            while same_file_key(name) in used:
                number += 1
                name = f"{path.stem} ({number}){path.suffix}"
            names.append(name)
            used.add(same_file_key(name))
    return names


def _unusable(error: Exception) -> UnexpectedAnswerError:
    reason = str(error) or type(error).__name__
    return UnexpectedAnswerError(
        f"The zip cannot be unpacked ({reason}).",
        hint='Save it as a file: .save("output.zip").',
    )
