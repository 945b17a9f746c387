"""Check values for the variables of a template, and convert them to what GraFx takes.

An error here costs nothing; the same error at GraFx costs a render. GraFx's pages
contradict each other on numbers ("Variable data printing with the output API": text or
null only; "Number variable": text or number), so all values are sent as text. Only the
rows of a data source variable keep the types of JSON.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, Final

from chili_notebook.api.documents import DAYS, Limits, Variable, read_variables
from chili_notebook.api.media import Media
from chili_notebook.api.responses import text_in
from chili_notebook.api.values import (
    BOOLEANS,
    day_text,
    has_time,
    is_number,
    number_text,
    suggest_boolean,
    suggest_day,
    suggest_number,
    to_python,
)
from chili_notebook.display.tables import Rows
from chili_notebook.display.wording import closest_name, list_names
from chili_notebook.errors import VariableError

Row = Mapping[str, Any]

# Without a value they are errors of their record (page "Data connectors").
_NEVER_EMPTY = {"number", "boolean"}
_TEXTS = {"shorttext", "longtext", "richtext"}
_LINES = 5
_FEW = 3
_LONGEST = 60


class ProblemKind(Enum):
    """What is wrong with a value.

    Example:
        try:
            template.output("png", variables={"No such name": 1})
        except errors.VariableError as error:
            [problem.kind for problem in error.problems]
    """

    UNKNOWN_VARIABLE = "unknown variable"
    NOT_SETTABLE = "cannot be set here"
    MISSING_VALUE = "missing value"
    NOT_IN_LIST = "not in the list"
    WRONG_TYPE = "wrong type"
    AMBIGUOUS = "ambiguous"
    OUT_OF_RANGE = "out of range"
    TOO_LONG = "too long"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Problem:
    """A value that a template does not take.

    Attributes:
        row: The number of its row as people count, from 1; ``None`` if it is not about
            one of several rows.
        column: The name of the variable, or of the table's column.
        value: The value.
        kind: What is wrong, for programs.
        reason: What is wrong, for people.
        suggestion: What to use instead; may be empty.

    Example:
        try:
            template.output("png", variables={"No such name": 1})
        except errors.VariableError as error:
            [problem.reason for problem in error.problems]
    """

    row: int | None
    column: str
    value: object
    kind: ProblemKind
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        where = "" if self.row is None else f"Row {self.row}, "
        return f"{where}{self.column!r}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row after the check.

    Attributes:
        values: The values by variable as they are sent to GraFx, without those that
            have a problem.
        problems: What is wrong with the row; empty for a valid row.
    """

    values: dict[str, Any]
    problems: tuple[Problem, ...]


def _shown_value(problem: Problem) -> str:
    value = problem.value
    return value if isinstance(value, str) else describe_value(value)


# Functions with names, because the problems are pickled with their columns.
PROBLEM_COLUMNS: Final = (
    ("Row", attrgetter("row")),
    ("Column", attrgetter("column")),
    ("Value", _shown_value),
    ("Problem", attrgetter("reason")),
    ("Suggestion", attrgetter("suggestion")),
)


class RowChecker:
    """Checks rows of values against the variables of one document.

    Make one for a whole table: everything that depends on the document is prepared
    here, since `check` runs for each of 100,000 rows.

    Attributes:
        variables: The variables that a row can set, by name.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        known = read_variables(document)
        self.variables = {one.name: one for one in known if one.rows_from is None}
        self._data_sources = {one.name: one for one in known if one.rows_from}
        self._labels = {text_in(one.raw, "label"): one.name for one in known}
        self._converters = {
            name: _converter(variable) for name, variable in self.variables.items()
        }
        self._needed = [
            name
            for name, variable in self.variables.items()
            if variable.required and variable.visible and variable.value in (None, "")
        ]

    def check(
        self,
        row: Row,
        *,
        number: int | None = None,
        inherited: Collection[str] = (),
    ) -> CheckedRow:
        """Return a row as it is sent to GraFx, with everything that is wrong with it.

        Args:
            row: Values by variable. Every kind of "no value" clears the variable; a
                variable that is left out has the template's own value.
            number: The number of the row for its problems.
            inherited: The variables that have a value already. In one output, a row has
                the values of the row before for what it leaves out.
        """
        values: dict[str, Any] = {}
        problems = []
        for name, value in row.items():
            convert = self._converters.get(name)
            if convert is None:
                problems.append(self._unknown(name, value, number))
                continue
            try:
                values[name] = convert(value)
            except _RefusedError as refused:
                problems.append(
                    Problem(
                        number,
                        name,
                        value,
                        refused.kind,
                        refused.reason,
                        refused.suggestion,
                    )
                )
        for name in self._needed:
            if name not in row and name not in inherited:
                missing = _missing(self.variables[name])
                problems.append(
                    Problem(number, name, None, missing.kind, missing.reason)
                )
        return CheckedRow(values, tuple(problems))

    def _unknown(self, name: object, value: object, number: int | None) -> Problem:
        column = str(name)
        data_source = self._data_sources.get(column)
        if data_source is not None:
            kind, suggestion = ProblemKind.NOT_SETTABLE, ""
            if data_source.rows_from == "connector":
                reason = "its rows come from its data connector"
            else:
                reason = "a data source takes its rows apart from other values"
                suggestion = "one mapping with only its name and a list of rows"
        else:
            kind = ProblemKind.UNKNOWN_VARIABLE
            reason = f"the template has no variable {column!r}"
            closest = self._labels.get(column) or closest_name(column, self.variables)
            suggestion = (
                repr(closest) if closest else f"one of {list_names(self.variables)}"
            )
        return Problem(number, column, value, kind, reason, suggestion)


class _RefusedError(Exception):
    """A variable does not take a value."""

    def __init__(self, kind: ProblemKind, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.suggestion = suggestion


_Convert = Callable[[Any], str | None]
_Read = Callable[[Any], str]


def _converter(variable: Variable) -> _Convert:
    """Return the function that converts the values of a variable."""
    kind = variable.type.lower()
    is_text = kind in _TEXTS
    needs_value = variable.required or kind in _NEVER_EMPTY
    read = _READERS.get(kind, _text_reader)(variable)

    def convert(value: Any) -> str | None:
        if type(value) is not str:
            value = to_python(value)
        if value is None or (
            isinstance(value, str) and not (value if is_text else value.strip())
        ):
            if needs_value:
                raise _missing(variable)
            return "" if is_text and value is not None else None
        return read(value)

    return convert


def _missing(variable: Variable) -> _RefusedError:
    return _RefusedError(
        ProblemKind.MISSING_VALUE,
        f"the {variable.type} variable needs a value",
        ""
        if variable.value in (None, "")
        else "the template's own value: leave it out",
    )


def _as_text(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, str):
        if not value.isascii() and not _can_be_sent(value):
            raise _RefusedError(
                ProblemKind.WRONG_TYPE, "the text contains a lone surrogate"
            )
        return str.__str__(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        text = number_text(value)
        if text:
            return text
    elif isinstance(value, dt.datetime):
        return _day_of(value)
    elif isinstance(value, dt.date):
        return value.isoformat()
    raise _RefusedError(
        ProblemKind.WRONG_TYPE,
        f"{describe_value(value)} cannot be sent",
        "a text, a number, True or False, a date, or None for no value",
    )


def _text_reader(variable: Variable) -> _Read:
    longest = variable.limits.max_characters
    single_line = variable.type.lower() == "shorttext"

    def read(value: Any) -> str:
        text = _as_text(value)
        if longest is not None and len(text) > longest:
            count = len(text.replace("\r\n", "\n"))
            if count > longest:
                raise _RefusedError(
                    ProblemKind.TOO_LONG,
                    f"the text has {count} characters",
                    f"at most {longest} characters",
                )
        if single_line and ("\n" in text or "\r" in text):
            raise _RefusedError(
                ProblemKind.WRONG_TYPE,
                "a single-line text cannot contain a line break",
                "a text of one line",
            )
        return text

    return read


def _list_reader(variable: Variable) -> _Read:
    allowed = frozenset(variable.allowed)
    by_label = {label: value for value, label in variable.labels.items()}

    def read(value: Any) -> str:
        text = _as_text(value)
        if text in allowed or not allowed:
            return text
        if isinstance(value, float | Decimal) and value == int(value):
            whole = number_text(int(value))  # a column with gaps has 1.0 for 1
            if whole in allowed:
                return whole
        reason = f"{text!r} is not in the list"
        if text in by_label:
            reason = f"{text!r} is the label of a value and not the value"
        elif text in variable.labels or text in _all_items(variable):
            reason = f"{text!r} is in the list, but not available now"
        closest = by_label.get(text) or closest_name(text, variable.allowed)
        raise _RefusedError(
            ProblemKind.NOT_IN_LIST,
            reason,
            repr(closest) if closest else f"one of {list_names(variable.allowed)}",
        )

    return read


def _boolean_reader(_variable: Variable) -> _Read:
    def read(value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if isinstance(value, int | float | Decimal) and value in (0, 1):
            text = str(int(value))
        known = BOOLEANS.get(text.lower())
        if known is not None:
            return known
        probably = suggest_boolean(text)
        raise _RefusedError(
            ProblemKind.AMBIGUOUS if probably else ProblemKind.WRONG_TYPE,
            f"{describe_value(value)} is not a value for a boolean",
            probably or "true or false",
        )

    return read


def _number_reader(variable: Variable) -> _Read:
    limits = variable.limits
    is_limited = limits.min_value is not None or limits.max_value is not None

    def read(value: Any) -> str:
        text = ""
        if isinstance(value, str):
            stripped = value.strip()
            text = stripped if is_number(stripped) else ""
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            text = number_text(value)
        if not text:
            probably = suggest_number(value) if isinstance(value, str) else ""
            raise _RefusedError(
                ProblemKind.AMBIGUOUS if probably else ProblemKind.WRONG_TYPE,
                f"{describe_value(value)} is not a number with a point and without "
                "grouping",
                probably or "a number such as 12.5",
            )
        if is_limited:
            _require_between(Decimal(text), limits)
        return text

    return read


def _date_reader(variable: Variable) -> _Read:
    limits = variable.limits
    is_limited = bool(limits.first_day or limits.last_day or limits.excluded_days)

    def read(value: Any) -> str:
        text = ""
        if isinstance(value, str):
            text = day_text(value.strip())
        elif isinstance(value, dt.datetime):
            text = _day_of(value)
        elif isinstance(value, dt.date):
            text = value.isoformat()
        if not text:
            probably = suggest_day(value) if isinstance(value, str) else ""
            raise _RefusedError(
                ProblemKind.AMBIGUOUS if probably else ProblemKind.WRONG_TYPE,
                f"{describe_value(value)} is not a day as yyyy-MM-dd",
                probably or "a date, or a text such as 2026-12-31",
            )
        if is_limited:
            _require_possible(dt.date.fromisoformat(text), limits)
        return text

    return read


def _image_reader(_variable: Variable) -> _Read:
    def read(value: Any) -> str:
        if isinstance(value, Media):
            if value.type == "directory" or not value.id:
                raise _RefusedError(
                    ProblemKind.WRONG_TYPE,
                    f"{value.name!r} is a folder",
                    "one of its files",
                )
            return value.id
        if isinstance(value, str):
            return _as_text(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)  # a file can be named 4711
        raise _RefusedError(
            ProblemKind.WRONG_TYPE,
            f"{describe_value(value)} is not an image",
            "an item of chili.media.list(), its ID or its name",
        )

    return read


_READERS: Final[Mapping[str, Callable[[Variable], _Read]]] = {
    "list": _list_reader,
    "boolean": _boolean_reader,
    "number": _number_reader,
    "date": _date_reader,
    "image": _image_reader,
}


def _require_between(number: Decimal, limits: Limits) -> None:
    least, most = limits.min_value, limits.max_value
    if least is not None and number < least:
        reason, suggestion = f"{number} is less than {least}", f"{least} or more"
    elif most is not None and number > most:
        reason, suggestion = f"{number} is more than {most}", f"{most} or less"
    else:
        return
    raise _RefusedError(ProblemKind.OUT_OF_RANGE, reason, suggestion)


def _require_possible(day: dt.date, limits: Limits) -> None:
    weekday = DAYS[day.weekday()]
    if limits.first_day and day < limits.first_day:
        reason, suggestion = (
            f"{day} is before {limits.first_day}",
            f"{limits.first_day} or later",
        )
    elif limits.last_day and day > limits.last_day:
        reason, suggestion = (
            f"{day} is after {limits.last_day}",
            f"{limits.last_day} or earlier",
        )
    elif weekday in limits.excluded_days:
        excluded = ", ".join(limits.excluded_days)
        reason, suggestion = (
            f"{day} is a {weekday}",
            f"a day that is not excluded ({excluded})",
        )
    else:
        return
    raise _RefusedError(ProblemKind.OUT_OF_RANGE, reason, suggestion)


def _day_of(moment: dt.datetime) -> str:
    """Return the day of a moment. A date of GraFx has no time of day."""
    day = moment.date().isoformat()
    if has_time(moment):
        raise _RefusedError(
            ProblemKind.AMBIGUOUS, f"{moment} has a time of day", f"{day}"
        )
    return day


def _all_items(variable: Variable) -> set[object]:
    items = variable.raw.get("items")
    return {
        item.get("value") if isinstance(item, Mapping) else item
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, str | Mapping)
    }


def _can_be_sent(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # it contains a lone surrogate
        return False
    return True


def describe_value(value: object) -> str:
    """Return what messages call a value that is not taken."""
    if isinstance(value, str | bool):
        text = repr(value)
    elif isinstance(value, int | float | Decimal):
        text = number_text(value) or str(value)
    else:
        return f"a value of the type {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def rows_of(variables: object) -> list[Row]:
    """Return the rows of values of an output: one row, several, or none at all.

    Raises:
        VariableError: If `variables` is neither a mapping nor a non-empty list of them.
    """
    if variables is None or isinstance(variables, Mapping):
        return [variables] if variables else []
    rows = list(variables) if isinstance(variables, Iterable) else []
    if rows and all(isinstance(row, Mapping) for row in rows):
        return rows
    raise VariableError(
        "`variables` must be a mapping or a non-empty list of mappings.",
        hint='Pass {"name": value}, or a list of these; of a DataFrame, '
        'frame.to_dict("records").',
    )


def check_variables(document: Mapping[str, Any], variables: object) -> list[Any]:
    """Return the values of an output request, after checking them all.

    Args:
        document: The document of a template or project.
        variables: Values by variable name, or a list of such rows.

    Raises:
        VariableError: If a name is unknown, or a variable does not take its value. It
            has all problems of all rows.
    """
    rows = rows_of(variables)
    checker = RowChecker(document)
    several = not isinstance(variables, Mapping) and len(rows) > 1
    inherited: set[str] = set()
    checked = []
    problems: list[Problem] = []
    for number, row in enumerate(rows or [{}], start=1):
        result = checker.check(
            row, number=number if several else None, inherited=inherited
        )
        inherited.update(map(str, row))
        checked.append(result.values)
        problems += result.problems
    if problems:
        raise problems_error(problems)
    return checked if rows else []


def problems_error(problems: Collection[Problem]) -> VariableError:
    """Return the error that reports problems: all as data, the first ones as text."""
    found = list(problems)
    rows = {problem.row for problem in found}
    if len(found) <= _FEW:
        message = " ".join(f"{problem}." for problem in found)
    else:
        lines = "".join(f"\n  {problem}." for problem in found[:_LINES])
        where = f" in {len(rows):,} rows" if len(rows) > 1 else ""
        message = f"{len(found):,} values do not fit the template{where}.{lines}"
        if len(found) > _LINES:
            message += f"\n  and {len(found) - _LINES:,} more in `problems`"
    suggestions = {problem.suggestion: None for problem in found if problem.suggestion}
    hint = " ".join(f"Use {one}." for one in [*suggestions][:_FEW])
    return VariableError(
        message,
        hint=hint or "Correct the values.",
        problems=Rows(found, PROBLEM_COLUMNS),
    )
