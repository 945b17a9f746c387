"""Open text files that hold tables: which encoding, which delimiter."""

from __future__ import annotations

import codecs
import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_SAVE_AS_UTF8 = 'Save it again as UTF-8, in Excel as "CSV UTF-8".'
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is the start of this one
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ENCODING_NAMES = {"utf-16": "UTF-16", "utf-32": "UTF-32", "cp1252": "Windows-1252"}
_ZIP_START = b"PK\3\4"
_CHUNK_BYTES = 1 << 20
_SAMPLE_CHARS = 1 << 14
# Of two that fit equally well, the first is used: in "1;4,80" the comma is a decimal.
_DELIMITERS = "\t;|,"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file that is open for reading.

    Attributes:
        stream: The text, with its line breaks as they are.
        note: A sentence about the encoding; empty for UTF-8.
    """

    stream: TextIO
    note: str


def open_text(path: Path) -> TextFile:
    """Open a text file: UTF-8, UTF-16 or UTF-32 with a mark, or Windows-1252.

    The whole file is decoded once before, so that the encoding is known for certain.

    Raises:
        ConfigurationError: If it is not text, or in another encoding.
        OSError: If it cannot be read.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == _ZIP_START:
        raise ConfigurationError(
            f"{path.name} is not a text file.",
            hint="If it is an Excel file, rename it, so that it ends in .xlsx.",
        )
    for mark, marked in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            encoding = marked
            bad_line = _undecodable_line(path, marked)
            break
    else:
        encoding = "utf-8"
        bad_line = _undecodable_line(path, encoding)
        if bad_line:
            encoding = "cp1252"
            bad_line = _undecodable_line(path, encoding)
    if bad_line:
        raise ConfigurationError(
            f"Line {bad_line} of {path.name} is not text in a known encoding.",
            hint=_SAVE_AS_UTF8,
        )
    note = ""
    if encoding in _ENCODING_NAMES:
        note = (
            f"{path.name} is not UTF-8, and was read as {_ENCODING_NAMES[encoding]}. "
            f"If some letters are wrong: {_SAVE_AS_UTF8}"
        )
    return TextFile(path.open(encoding=encoding, newline=""), note)


def find_delimiter(stream: TextIO, *, expected: str = "") -> str:
    """Return the delimiter of a CSV file, and leave the stream at its first row.

    A first line ``sep=;``, which Excel understands, decides. Otherwise the delimiter
    is the one that cuts most rows into as many cells as there are headings.

    Args:
        stream: The text, at its start.
        expected: The delimiter that is used if the headings contain it.
    """
    named = _SEPARATOR_LINE.fullmatch(stream.readline(_SAMPLE_CHARS))
    if named:
        return named[1]
    stream.seek(0)
    sample = stream.read(_SAMPLE_CHARS)
    stream.seek(0)
    if len(sample) == _SAMPLE_CHARS:  # its last row is not complete
        sample = sample[: sample.rfind("\n") + 1] or sample
    if expected and expected in sample.partition("\n")[0]:
        return expected
    fits = {delimiter: _fit(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(fits, key=fits.__getitem__)
    return best if any(fits[best]) else ","


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """Return the share of rows as wide as the headings, and this width."""
    widths: list[int] = []
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    with suppress(csv.Error):  # a cell is too long: reported when the row is read
        widths.extend(len(row) for row in reader if row)
    if not widths or widths[0] == 1:
        return (0.0, 0)
    return (widths.count(widths[0]) / len(widths), widths[0])


def _undecodable_line(path: Path, encoding: str) -> int:
    """Return the first line that is not text in this encoding, 0 if all are.

    NUL is a character of every encoding, and of no text.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as stream:
        while True:
            chunk = stream.read(_CHUNK_BYTES)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            if "\0" in text:
                return line + text[: text.index("\0")].count("\n")
            if not chunk:
                return 0
            line += text.count("\n")
