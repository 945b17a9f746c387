"""Read the rows of DataFrames, whatever library they are of.

No library is imported to recognise a frame. Each offers one of three ways to read rows:

- ``itertuples``: pandas, and what follows it (modin, dask);
- ``iter_rows``: polars and narwhals;
- the Arrow C stream: pyarrow, DuckDB, ibis and others. It is read with pyarrow.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any

from chili_notebook.api.values import to_python
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_ROWS_AT_ONCE = 500
_INDEX_OF_ROWS = "row"
_SINGLE_PRECISION = {"float32", "float"}  # "float" is Arrow's name
_PLAIN_TYPES = {type(None), int, bool, date}
_MIDNIGHT = time()
PART_HINT = (
    "Pass a DataFrame, not a row or a column of it. row.to_dict() makes a mapping of "
    "one row."
)
_LARGEST_EXACT = 2**53  # a float cannot hold every whole number above


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows of a DataFrame, to be read once.

    Attributes:
        headings: The names of its columns as text; each occurs once.
        rows: Values by heading, ``None`` for every kind of no value.
        numbers: The numbers of the rows, if a pandas index named ``row`` holds them.
    """

    headings: tuple[str, ...]
    rows: Iterator[dict[str, object]]
    numbers: Iterable[int] | None = None


def is_frame(value: object) -> bool:
    """Return whether `read_frame` is the way to read a value."""
    return not isinstance(value, type) and (
        hasattr(value, "itertuples")
        or hasattr(value, "__arrow_c_stream__")
        or _has_row_iterator(value)
        or _is_lazy(value)
    )


def read_frame(frame: Any) -> Frame:
    """Read a frame row by row. A lazy frame is collected first.

    Whole numbers that pandas stores as floats, because a value is missing, are integers
    again.

    Raises:
        ConfigurationError: If it is not a table, has no usable headings, or needs
            pyarrow, which is not installed.
    """
    if _is_lazy(frame):
        frame = frame.collect()
    if hasattr(frame, "itertuples"):
        headings = _headings_of(frame.columns)
        rows: Iterator[tuple[Any, ...]] = (
            row[1:] for row in frame.itertuples(index=True, name=None)
        )
        types = [str(kind) for kind in frame.dtypes]
        index = frame.index
        if index.name == _INDEX_OF_ROWS and _holds_row_numbers(index):
            return Frame(headings, _read_rows(headings, rows, types), map(int, index))
    elif _has_row_iterator(frame):
        headings = _headings_of(frame.columns)
        rows = frame.iter_rows(named=False, buffer_size=_ROWS_AT_ONCE)
        types = [str(kind) for kind in frame.schema.values()]
    else:
        reader = _open_stream(frame)
        headings = _headings_of(reader.schema.names)
        rows = rows_of_batches(reader)
        types = [str(kind) for kind in reader.schema.types]
    return Frame(headings, _read_rows(headings, rows, types))


def rows_of_batches(batches: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows of Arrow's record batches, some at a time."""
    for batch in batches:
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
            columns = batch.slice(start, _ROWS_AT_ONCE).columns
            yield from zip(*map(_values_of, columns), strict=True)


def plain_value(value: Any) -> Any:
    """Return a value as one of Python's own types, ``None`` for an empty value.

    NaN, NaT, NA, an empty text and blank text are empty values. A float that is whole
    is an integer, and midnight is a date.
    """
    kind = type(value)
    if kind is str:
        return value if value and not value.isspace() else None
    if kind is float:
        if value.is_integer() and abs(value) < _LARGEST_EXACT:
            return int(value)
        return None if isnan(value) else value
    return value if kind in _PLAIN_TYPES else _from_library(value)


def library_error(purpose: str, library: str) -> ConfigurationError:
    """Return the error about an optional library that is not installed."""
    return ConfigurationError(
        f"{purpose} needs {library}, which is not installed.",
        hint='Install it with: pip install "chili-notebook[batch]"',
    )


def repeated(headings: Iterable[str]) -> list[str]:
    """Return the headings that occur more than once."""
    return [heading for heading, times in Counter(headings).items() if times > 1]


def _has_row_iterator(value: object) -> bool:
    """Return whether it is a frame of polars or narwhals (not a sheet of openpyxl)."""
    return hasattr(value, "iter_rows") and hasattr(value, "schema")


def _is_lazy(value: object) -> bool:
    return hasattr(value, "collect") and hasattr(value, "collect_schema")


def _holds_row_numbers(index: Any) -> bool:
    kind = str(index.dtype).lower()
    return kind.startswith(("int", "uint")) and getattr(index, "is_unique", 0) is True


def _headings_of(names: Iterable[object]) -> tuple[str, ...]:
    headings = tuple(str(name) for name in names)
    twice = repeated(headings)
    if twice:
        raise ConfigurationError(
            f"The DataFrame has more than one column {twice[0]!r}.",
            hint="Rename one of them.",
        )
    return headings


def _open_stream(frame: Any) -> Any:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
    except ImportError:
        purpose = f"Reading a frame of the type {type(frame).__name__}"
        raise library_error(purpose, "pyarrow") from None
    try:
        return pa.RecordBatchReader.from_stream(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"A value of the type {type(frame).__name__} cannot be read as a table.",
            hint=PART_HINT,
        ) from error


def _read_rows(
    headings: Sequence[str], rows: Iterator[tuple[Any, ...]], types: Sequence[str]
) -> Iterator[dict[str, object]]:
    names = [kind.lower().removesuffix("[pyarrow]") for kind in types]
    converters: list[Callable[[Any], object]] = [
        _from_single_precision if name in _SINGLE_PRECISION else plain_value
        for name in names
    ]
    columns = list(zip(headings, converters, strict=True))
    for row in rows:
        yield {
            heading: convert(value)
            for (heading, convert), value in zip(columns, row, strict=True)
        }


def _values_of(column: Any) -> list[Any]:
    """Return the values of an Arrow array; nanoseconds would need pandas."""
    if str(column.type).startswith("timestamp[ns"):
        import pyarrow as pa

        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def _from_single_precision(value: Any) -> object:
    """Return 4.8 for the number that single precision has nearest to it."""
    value = plain_value(value)
    if isinstance(value, float):
        for digits in range(3, 9):
            shorter = float(f"{value:.{digits}g}")
            if _fits_single(shorter, value):
                return shorter
    return value


def _fits_single(shorter: float, value: float) -> bool:
    try:
        return struct.pack("f", shorter) == struct.pack("f", value)
    except OverflowError:
        return False


def _from_library(value: Any) -> object:
    """Return a value of numpy, pandas or pyarrow as Python's own."""
    own = to_python(value)
    if isinstance(own, Decimal) and not isinstance(value, Decimal):
        own = float(own)  # of numpy
    if isinstance(own, str | float):
        return plain_value(own if type(own) is float else str(own))
    if isinstance(own, datetime):
        if hasattr(own, "to_pydatetime"):  # pandas.Timestamp
            own = own.to_pydatetime(warn=False)
        is_day = own.tzinfo is None and own.time() == _MIDNIGHT
        return own.date() if is_day else own
    return own
