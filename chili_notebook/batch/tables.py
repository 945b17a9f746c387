"""Read tables row by row: files, DataFrames and iterables of mappings."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chili_notebook.api.frames import (
    PART_HINT,
    is_frame,
    library_error,
    plain_value,
    read_frame,
)
from chili_notebook.api.ids import describe
from chili_notebook.batch.table import Table, TableRow, table_of_cells, unreadable
from chili_notebook.batch.text_files import find_delimiter, open_text
from chili_notebook.batch.workbooks import open_sheet
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import checked_path

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTES = (bytes, bytearray)
_FORMATS = (
    "a file .csv, .tsv, .xlsx, .parquet or .jsonl, a DataFrame, or a list of dicts"
)
_ROWS_AT_ONCE = 2000
_BUFFER_BYTES = 1 << 16  # so that pages of a column are read one by one


def open_table(source: object) -> Table:
    """Open a table: a file, a DataFrame, or any iterable of mappings.

    Blank rows of files are left out. A row that cannot be read has a problem, and the
    rows after it are read.

    Raises:
        ConfigurationError: If it is not a table, if a file cannot be read, or a library
            that reads it is not installed. While iterating, too.
    """
    if isinstance(source, str | PathLike):
        return _open_file(source)
    if is_frame(source):
        frame = read_frame(source)
        numbers = count(1) if frame.numbers is None else frame.numbers
        return Table(
            "the DataFrame",
            map(TableRow, numbers, frame.rows),
            headings=frame.headings,
            has_row_numbers=frame.numbers is not None,
        )
    if isinstance(source, Mapping):
        raise ConfigurationError(
            "Expected the rows of a table, got one mapping.",
            hint="Pass a list of mappings, one for each row. For a mapping of columns, "
            "pass pandas.DataFrame(columns).",
        )
    # A row or a column of a frame, or an array, has a `dtype`.
    is_part = hasattr(source, "dtype")
    if is_part or not isinstance(source, Iterable) or isinstance(source, _BYTES):
        raise ConfigurationError(
            f"Expected a table, got {describe(source)}.",
            hint=PART_HINT if is_part else f"Pass {_FORMATS}.",
        )
    if hasattr(source, "read"):
        raise ConfigurationError(
            "Expected a table, got an open file.", hint="Pass the path of the file."
        )
    return Table("the table", map(_row_of_item, count(1), source))


def refuse_table_name(source: object) -> None:
    """Raise an error if a table is passed where a template is expected.

    Raises:
        ConfigurationError: If it is the name of a file that `open_table` opens.
    """
    if isinstance(source, str) and source.lower().endswith(tuple(_OPENERS)):
        raise ConfigurationError(
            f"Expected a template, got the name of a table: {source!r}.",
            hint="Pass the template first, then the table.",
        )


def _open_file(source: str | PathLike[Any]) -> Table:
    path = checked_path(source)  # type: ignore[arg-type]
    opener = _OPENERS.get(path.suffix.lower())
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            # Opening a pipe would wait for a writer.
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise ConfigurationError(f"{path} is {what}.", hint=f"Pass {_FORMATS}.")
        if opener is None:
            raise _unknown_format(path)
        return opener(path)
    except FileNotFoundError:
        raise ConfigurationError(
            f"The file {path} does not exist.",
            hint=f"Check the name. The current folder is {Path.cwd()}.",
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(
            f"{path} cannot be read ({reason}).", hint=f"Pass {_FORMATS}."
        ) from None


def _unknown_format(path: Path) -> ConfigurationError:
    suffix = path.suffix.lower()
    hint = f"Pass {_FORMATS}."
    if suffix in {".xls", ".xlsb", ".ods", ".numbers"}:
        hint = "Open it in the program that wrote it, and save it as .xlsx."
    elif suffix == ".json":
        hint = "Pass json.loads(path.read_text()) if it is a list of rows, "
        hint += "or save one row a line as .jsonl."
    ending = f"The ending {suffix}" if suffix else "A file without an ending"
    return ConfigurationError(
        f"{ending} is not one of a table: {path.name}.", hint=hint
    )


def _open_csv(path: Path) -> Table:
    file = open_text(path)
    expected = "\t" if path.suffix.lower() == ".tsv" else ""
    delimiter = find_delimiter(file.stream, expected=expected)
    # Lenient reading would take all rows after an open quote for one cell.
    reader = csv.reader(file.stream, delimiter=delimiter, strict=True)
    return table_of_cells(
        path.name,
        _cells_of_csv(reader),
        file.note,
        is_text=True,
        close=file.stream.close,
    )


def _cells_of_csv(reader: Iterator[list[str]]) -> Iterator[Sequence[Any] | None]:
    """Return the cells of each row, ``None`` for a row that cannot be read."""
    while True:
        try:
            yield from reader
        except csv.Error:
            yield None
        else:
            return


def _open_workbook(path: Path) -> Table:
    sheet = open_sheet(path)
    return table_of_cells(
        path.name,
        sheet.rows,
        sheet.note,
        is_text=False,
        close=sheet.workbook.close,
    )


def _open_parquet(path: Path) -> Table:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ImportError:
        raise library_error(f"Reading {path.name}", "pyarrow") from None
    try:
        file = parquet.ParquetFile(path, buffer_size=_BUFFER_BYTES)
    except pa.ArrowException as error:
        raise ConfigurationError(
            f"{path.name} cannot be read as a Parquet file.", hint="Write it again."
        ) from error
    reader = pa.RecordBatchReader.from_batches(
        file.schema_arrow,
        file.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False),
    )
    frame = read_frame(reader)
    rows = map(TableRow, count(1), frame.rows)
    return Table(path.name, rows, headings=frame.headings, close=file.close)


def _open_json_lines(path: Path) -> Table:
    file = open_text(path)
    notes = (file.note,) if file.note else ()
    rows = _rows_of_lines(file.stream)
    return Table(path.name, rows, notes=notes, close=file.stream.close)


def _rows_of_lines(lines: Iterable[str]) -> Iterator[TableRow]:
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        try:
            item = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError):
            yield unreadable(
                number,
                line.strip(),
                "the line is not JSON",
                "one JSON object a line",
            )
        else:
            yield _row_of_item(number, item)


def _row_of_item(number: int, item: Any) -> TableRow:
    """Return the row of a mapping, or of what can be a mapping, as a row of sqlite3."""
    if not isinstance(item, Mapping):
        if not hasattr(item, "keys") or not hasattr(item, "__getitem__"):
            reason = f"the row is not a mapping but {describe(item)}"
            return unreadable(number, item, reason, '{"heading": value} for each row')
        item = {key: item[key] for key in item.keys()}  # noqa: SIM118
    if None in item:  # where `csv.DictReader` puts the cells without a heading
        reason = "the row has more cells than headings"
        return unreadable(number, item[None], reason, "a heading for each cell")
    values = {str(key): plain_value(value) for key, value in item.items()}
    return TableRow(number, values)


_OPENERS: Mapping[str, Callable[[Path], Table]] = {
    ".csv": _open_csv,
    ".tsv": _open_csv,
    ".xlsx": _open_workbook,
    ".xlsm": _open_workbook,
    ".parquet": _open_parquet,
    ".jsonl": _open_json_lines,
    ".ndjson": _open_json_lines,
}
