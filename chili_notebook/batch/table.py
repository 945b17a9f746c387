"""A table: its rows, and how they are made from rows of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.api.frames import plain_value, repeated
from chili_notebook.api.problems import Problem, ProblemKind
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_EXCEL_ERRORS = {
    *("#BLOCKED!", "#BUSY!", "#CALC!", "#CONNECT!", "#DIV/0!", "#FIELD!"),
    *("#GETTING_DATA", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#SPILL!"),
    *("#UNKNOWN!", "#VALUE!"),
}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table.

    Attributes:
        number: Its number, as a person sees it: in a file with headings that of the
            spreadsheet, whose first row holds the headings; otherwise 1, 2, 3, …
        values: Values by heading; ``None`` is an empty value.
        problems: What is wrong with the row as it was read; usually empty.
    """

    number: int
    values: dict[str, object]
    problems: tuple[Problem, ...] = ()


class Table:
    """The rows of a table, which can be read once.

    Attributes:
        name: What messages call it, such as ``products.csv``.
        headings: The names of its columns; ``None`` if each row has its own.
        notes: Sentences for the user about how it was read.
        has_row_numbers: Whether the numbers of its rows come with it: those of a pandas
            index named ``row``.
    """

    def __init__(  # noqa: PLR0913 - each is named at the call
        self,
        name: str,
        rows: Iterator[TableRow],
        *,
        headings: tuple[str, ...] | None = None,
        notes: tuple[str, ...] = (),
        has_row_numbers: bool = False,
        close: Callable[[], object] = lambda: None,
    ) -> None:
        self.name = name
        self.headings = headings
        self.notes = notes
        self.has_row_numbers = has_row_numbers
        self._rows = rows
        self._close = close

    def __iter__(self) -> Iterator[TableRow]:
        return self._rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


def unreadable(number: int, value: object, reason: str, suggestion: str) -> TableRow:
    """Return a row that cannot be read."""
    return TableRow(number, {}, (_problem(number, "", value, reason, suggestion),))


def _problem(
    number: int, column: str, value: object, reason: str, suggestion: str
) -> Problem:
    return Problem(
        row=number,
        column=column,
        value=value,
        kind=ProblemKind.UNREADABLE,
        reason=reason,
        suggestion=suggestion,
    )


def table_of_cells(
    name: str,
    rows: Iterator[Sequence[Any] | None],
    note: str,
    *,
    is_text: bool,
    close: Callable[[], object],
) -> Table:
    """Return the table whose headings are in the first row that is not blank.

    Args:
        name: What messages call it.
        rows: The cells of each row; ``None`` for a row that cannot be read.
        note: A sentence for the user about how it was read; may be empty.
        is_text: Whether all cells are text.
        close: Closes the file; it is also closed if it cannot be used.

    Raises:
        ConfigurationError: If there are no headings, or one is there twice.
    """
    try:
        number, headings = _read_headings(name, rows)
    except ConfigurationError:
        close()
        raise
    return Table(
        name,
        _rows_below(headings, rows, number + 1, is_text=is_text),
        headings=tuple(heading for heading in headings if heading),
        notes=(note,) if note else (),
        close=close,
    )


def _read_headings(
    name: str, rows: Iterator[Sequence[Any] | None]
) -> tuple[int, list[str]]:
    """Return the number of the row of headings, and the headings."""
    number = 1
    for number, cells in enumerate(rows, start=1):  # noqa: B007 - used after it
        if cells is None:
            raise ConfigurationError(
                f"The headings of {name} cannot be read.",
                hint="Check the quotes in the first line.",
            )
        headings = _headings_in(cells)
        if headings:
            break
    else:
        raise ConfigurationError(
            f"{name} is empty.", hint="Add a row of headings and a row of values."
        )
    twice = repeated([heading for heading in headings if heading])
    if twice:
        letters = [
            _letter(place) for place, one in enumerate(headings) if one == twice[0]
        ]
        raise ConfigurationError(
            f"{name} has the heading {twice[0]!r} more than once "
            f"(columns {', '.join(letters)}).",
            hint="Rename or delete one of these columns.",
        )
    return number, headings


def _headings_in(cells: Sequence[object]) -> list[str]:
    """Return the headings of the columns, empty at the end and for blank cells."""
    values = [plain_value(cell) for cell in cells]
    headings = ["" if value is None else str(value).strip() for value in values]
    while headings and not headings[-1]:
        headings.pop()
    return headings


def _rows_below(
    headings: list[str],
    rows: Iterator[Sequence[Any] | None],
    first: int,
    *,
    is_text: bool,
) -> Iterator[TableRow]:
    width = len(headings)
    is_simple = all(headings)
    for number, cells in enumerate(rows, start=first):
        if cells is None:
            yield unreadable(
                number,
                None,
                "the quotes of the row do not match, or a cell is too long",
                'two quotes ("") for each quote inside of a cell',
            )
            continue
        if is_text:  # as `plain_value` does, and faster
            values = [cell if cell.strip() else None for cell in cells]
        else:
            values = [plain_value(cell) for cell in cells]
        if values.count(None) == len(values):
            continue
        if len(values) == width and is_simple and _EXCEL_ERRORS.isdisjoint(values):
            yield TableRow(number, dict(zip(headings, values, strict=False)))
        else:
            yield _irregular_row(number, headings, values, is_text=is_text)


def _irregular_row(
    number: int, headings: list[str], values: list[Any], *, is_text: bool
) -> TableRow:
    """Return a row that does not match its headings, or contains Excel's errors."""
    width = len(headings)
    problems = []
    if is_text and len(values) < width:
        reason = f"the row has fewer cells than headings: {len(values)} of {width}"
        suggestion = "a cell for each heading, which may be empty"
        problems.append(_problem(number, "", None, reason, suggestion))
    row: dict[str, object] = dict.fromkeys(filter(None, headings))
    for place, value in enumerate(values):
        heading = headings[place] if place < width else ""
        if value is None:
            continue
        if not heading:
            column = f"column {_letter(place)}"
            suggestion = "a heading for this column, or an empty cell"
            if is_text and place >= width:
                suggestion = "quotes around a text that contains the delimiter"
            reason = "the value is in a column without a heading"
            problems.append(_problem(number, column, value, reason, suggestion))
        elif isinstance(value, str) and value in _EXCEL_ERRORS:
            reason = f"the cell contains Excel's error {value}"
            suggestion = "another formula, or an empty cell"
            problems.append(_problem(number, heading, value, reason, suggestion))
        else:
            row[heading] = value
    return TableRow(number, row, tuple(problems))


def _letter(place: int) -> str:
    """Return the letters that a spreadsheet has for a column, A for place 0."""
    letters = ""
    place += 1
    while place:
        place, last = divmod(place - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters
