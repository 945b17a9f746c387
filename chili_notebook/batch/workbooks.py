"""Read the rows of Excel workbooks."""

from __future__ import annotations

import re
import warnings
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from chili_notebook.api.frames import library_error
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_ROWS_AT_ONCE = 200
_ROWS_LOOKED_AT = 50
_CHUNK_BYTES = 1 << 20
_LONGEST_CELL_BYTES = 1 << 16
_OLD_EXCEL_START = b"\xd0\xcf\x11\xe0"  # also that of encrypted workbooks
# A cell with a formula and without a value. Excel marks a formula whose value is an
# empty text with t="str".
_UNCALCULATED = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*\br="(\w+)"[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\b[^>]*/>|<(?:\w+:)?v\b[^>]*></|</(?:\w+:)?c>)"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The sheet of a workbook that holds the table.

    Attributes:
        rows: Its rows, one after the other from the first.
        note: A sentence about other sheets; empty if there is nothing else to read.
        workbook: The open workbook.
    """

    rows: Iterator[Sequence[object]]
    note: str
    workbook: Any


def open_sheet(path: Path) -> Sheet:
    """Open the first visible sheet with a value.

    Formulas have the value that was saved with them. Numbers have the 15 digits that
    Excel shows.

    Raises:
        ConfigurationError: If it is not a workbook, is empty, contains formulas that
            have never been calculated, or openpyxl is not installed.
        OSError: If it cannot be read.
    """
    try:
        import openpyxl  # type: ignore[import-untyped]
    except ImportError:
        raise library_error(f"Reading {path.name}", "openpyxl") from None
    _refuse_other_files(path)
    with _reading(path):
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        with _reading(path):
            return _choose_sheet(path, workbook)
    except BaseException:
        workbook.close()
        raise


def _choose_sheet(path: Path, workbook: Any) -> Sheet:
    visible = [one for one in workbook.worksheets if one.sheet_state == "visible"]
    filled = [sheet for sheet in visible if _has_values(sheet)]
    if not filled:
        raise ConfigurationError(
            f"{path.name} contains no values.", hint="Fill in its first sheet."
        )
    sheet = filled[0]
    _refuse_uncalculated(path, sheet)
    note = ""
    if len(filled) > 1:
        others = ", ".join(repr(other.title) for other in filled[1:])
        note = (
            f"The sheet {sheet.title!r} of {path.name} was read, and not {others}. "
            "The first visible sheet is read."
        )
    return Sheet(_read_rows(path, sheet), note, workbook)


def _refuse_other_files(path: Path) -> None:
    with path.open("rb") as stream:
        start = stream.read(4)
        if start == _OLD_EXCEL_START:
            raise ConfigurationError(
                f"{path.name} has a password, or is an old Excel file (.xls).",
                hint="Save it again in Excel as .xlsx, without a password.",
            )
        if not zipfile.is_zipfile(stream):
            raise ConfigurationError(
                f"{path.name} is not an Excel file, or it is damaged.",
                hint="Save it again in Excel as .xlsx. "
                "If it is a CSV file, rename it, so that it ends in .csv.",
            )


def _has_values(sheet: Any) -> bool:
    # What the file says about the size of a sheet is wrong in files of some programs.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_ROWS_LOOKED_AT, values_only=True)
    return any(value is not None for row in rows for value in row)


def _refuse_uncalculated(path: Path, sheet: Any) -> None:
    """Raise an error if a formula has no value: it would be read as an empty cell."""
    part = sheet._worksheet_path  # noqa: SLF001 - there is no public name for it
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK_BYTES):
            found = _UNCALCULATED.search(rest + chunk)
            if found:
                raise ConfigurationError(
                    f"The formula in cell {found[1].decode()} of {path.name} has no "
                    "value yet.",
                    hint="Open the file in Excel, and save it, which calculates it.",
                )
            rest = (rest + chunk)[-_LONGEST_CELL_BYTES:]


def _read_rows(path: Path, sheet: Any) -> Iterator[Sequence[object]]:
    rows = sheet.iter_rows(values_only=True)
    while True:
        with _reading(path):
            some = list(islice(rows, _ROWS_AT_ONCE))
        if not some:
            return
        for row in some:
            yield [
                # Excel shows and calculates with 15 digits, and saves 17.
                float(f"{value:.15g}") if type(value) is float else value
                for value in row
            ]


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Raise an error of this package for a damaged file, whatever openpyxl raises.

    Its warnings about what it does not support, such as extensions, are ignored.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (OSError, ConfigurationError):
        raise
    except Exception as error:
        raise ConfigurationError(
            f"{path.name} cannot be read as an Excel file.",
            hint="Open it in Excel, and save it again as .xlsx.",
        ) from error
