"""What is wrong with values, as data, as a table and as an error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from chili_notebook.api.values import describe_value
from chili_notebook.display.tables import Rows
from chili_notebook.errors import VariableError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINES = 5


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
    UNKNOWN_COLUMN = "unknown column"
    FILE_NAME = "file name"
    SAME_FILE_NAME = "same file name"
    TOO_LARGE = "too large"


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
        row = "" if self.row is None else f"Row {self.row}"
        column = repr(self.column) if self.column else ""
        where = ", ".join(filter(None, [row, column]))
        return f"{where}: {self.reason}" if where else self.reason


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


class RefusedError(Exception):
    """A variable does not take a value."""

    def __init__(self, kind: ProblemKind, reason: str, suggestion: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.suggestion = suggestion

    def as_problem(self, row: int | None, column: str, value: object) -> Problem:
        """Return it with the place of the value."""
        return Problem(row, column, value, self.kind, self.reason, self.suggestion)


def problem_line(problem: Problem) -> str:
    """Return a problem with what to use instead, as sentences in one line."""
    suggestion = f" Use {problem.suggestion}." if problem.suggestion else ""
    return f"{problem}.{suggestion}"


def problems_error(problems: Iterable[Problem]) -> VariableError:
    """Return the error that reports problems: all as data, the first ones as text."""
    found = list(problems)
    if len(found) == 1:
        (problem,) = found
        message, hint = f"{problem}.", "Correct the value."
        if problem.suggestion:
            hint = f"Use {problem.suggestion}."
    else:
        rows = {problem.row for problem in found}
        lines = "".join(f"\n  {problem_line(problem)}" for problem in found[:_LINES])
        where = f" in {len(rows):,} rows" if len(rows) > 1 else ""
        message = f"{len(found):,} values do not fit the template{where}.{lines}"
        if len(found) > _LINES:
            message += f"\n  and {len(found) - _LINES:,} more in `problems`"
        hint = "Correct these values."
        kinds = {problem.kind for problem in found}
        if len(rows) > 1 and ProblemKind.UNKNOWN_VARIABLE in kinds:
            hint = (
                "Correct these values, or use chili.outputs.batch(…, columns={…}) for "
                "a table with other headings."
            )
    return VariableError(message, hint=hint, problems=Rows(found, PROBLEM_COLUMNS))
