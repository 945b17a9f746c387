"""Check the rows of injected data source variables, and convert them to JSON.

An output request has one object for each such variable, with the name of the variable
and a list of its rows (the requests of GraFx Studio UI). The rows are what the template
selects from; they do not multiply the output.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from chili_notebook.api.frames import is_frame, read_frame
from chili_notebook.api.problems import Problem, ProblemKind, RefusedError
from chili_notebook.api.responses import text_in
from chili_notebook.api.values import (
    BOOLEANS,
    can_be_sent,
    day_text,
    describe_value,
    has_time,
    is_number,
    suggest_boolean,
    suggest_day,
    suggest_number,
    to_python,
)
from chili_notebook.display.wording import closest_name

if TYPE_CHECKING:
    from chili_notebook.api.documents import Variable

_TOO_DEEP: Final = RefusedError(
    ProblemKind.WRONG_TYPE, "the value is nested too deeply"
)
# The Python types of the values of a column besides text, by GraFx's column type.
_TAKES: Final[Mapping[str, tuple[type, ...]]] = {
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "date": (dt.date,),
    "singleline": (str, bool, int, float, Decimal, dt.date),
    "multiline": (str, bool, int, float, Decimal, dt.date),
}


def check_data_source(
    variable: Variable, rows: object
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the rows of a data source variable as JSON, and what is wrong with them.

    Args:
        variable: The variable.
        rows: Its rows, each a mapping.
    """
    if is_frame(rows):
        rows = read_frame(rows).rows
    items = list(rows) if isinstance(rows, Iterable) else []
    is_list = isinstance(rows, Iterable) and not isinstance(rows, str | bytes | Mapping)
    if not is_list or not all(isinstance(item, Mapping) for item in items):
        reason = f"{describe_value(rows)} is not a list of rows"
        suggestion = "a list of mappings, or a DataFrame"
        kind = ProblemKind.WRONG_TYPE
        return [], [Problem(None, variable.name, rows, kind, reason, suggestion)]
    if variable.required and not items:
        kind = ProblemKind.MISSING_VALUE
        reason = "the data source needs at least one row"
        return [], [Problem(None, variable.name, rows, kind, reason)]
    model = _Model.of(variable)
    problems = list(model.check_ids(items))
    checked = []
    for number, item in enumerate(items, start=1):
        values = {}
        for name, value in item.items():
            column = str(name)
            try:
                model.require_known(column, item)
                values[column] = _json_value(value, model.types.get(column, ""))
            except (RefusedError, RecursionError) as error:
                refused = error if isinstance(error, RefusedError) else _TOO_DEEP
                where = f"{variable.name}: {column}"
                problems.append(refused.as_problem(number, where, value))
        checked.append(values)
    return checked, problems


@dataclass(frozen=True, slots=True)
class _Model:
    """The columns of a data source variable, as its template describes them.

    Attributes:
        name: The name of the variable.
        types: GraFx's type of each column, by name; may be empty.
        id_name: The column that identifies a row; may be empty.
    """

    name: str
    types: Mapping[str, str]
    id_name: str

    @classmethod
    def of(cls, variable: Variable) -> _Model:
        value = variable.raw.get("value")
        source = value if isinstance(value, Mapping) else {}
        listed = source.get("model")
        columns = listed if isinstance(listed, list) else []
        types = {
            text_in(column, "name") or "": (text_in(column, "type") or "").lower()
            for column in columns
            if isinstance(column, Mapping)
        }
        return cls(variable.name, types, text_in(source, "itemIdPropertyName") or "")

    def require_known(self, column: str, item: Mapping[str, Any]) -> None:
        """Raise an error for a misspelt column.

        GraFx ignores other columns that the template does not use.
        """
        if column in self.types:
            return
        closest = closest_name(
            column, [name for name in self.types if name not in item]
        )
        if closest:
            raise RefusedError(
                ProblemKind.UNKNOWN_VARIABLE,
                f"the data source has no column {column!r}",
                repr(closest),
            )

    def check_ids(self, items: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
        """Yield a problem for each row without an ID, or with the ID of another row."""
        if not self.id_name:
            return
        where = f"{self.name}: {self.id_name}"
        seen: dict[str, int] = {}
        for number, item in enumerate(items, start=1):
            row_id = to_python(item.get(self.id_name))
            if row_id in (None, ""):
                reason = "the row has no ID"
                yield Problem(number, where, row_id, ProblemKind.MISSING_VALUE, reason)
                continue
            first = seen.setdefault(str(row_id), number)
            if first != number:
                reason = f"row {first} has the same ID"
                yield Problem(
                    number, where, row_id, ProblemKind.AMBIGUOUS, reason, "unique IDs"
                )


def _json_value(value: Any, kind: str) -> Any:
    """Return a value as JSON, by the type of its column; empty if that is unknown."""
    value = to_python(value)
    if isinstance(value, str):
        return _read_text(value, kind)
    takes = _TAKES.get(kind, (object,))
    is_truth = kind == "number" and isinstance(value, bool)
    if kind == "boolean" and isinstance(value, float | Decimal | int):
        value = bool(value) if value in (0, 1) else value  # of a column with gaps
    if value is not None and (is_truth or not isinstance(value, takes)):
        raise _refused(value, kind)
    return _as_json(value, kind)


def _as_json(value: Any, kind: str) -> Any:
    """Return a value as JSON; a date without a time of day as its day."""
    if isinstance(value, bool | None):
        return value
    if isinstance(value, int | float | Decimal) and math.isfinite(value):
        return _number(value)
    if isinstance(value, dt.date):
        is_day = not isinstance(value, dt.datetime) or not has_time(value)
        return value.isoformat()[:10] if is_day else value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json_value(one, "") for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(one, "") for one in value]
    raise _refused(value, kind)


def _read_text(text: str, kind: str) -> Any:
    """Return a text as a value of the type of its column, if it is unambiguous."""
    if not can_be_sent(text):
        raise RefusedError(ProblemKind.WRONG_TYPE, "the text contains a lone surrogate")
    text = str.__str__(text)
    stripped = text.strip()
    if kind not in {"number", "boolean", "date"}:
        return text
    if not stripped:
        return None
    if kind == "number":
        if is_number(stripped):
            return _number(Decimal(stripped))
        raise _refused(text, kind, suggest_number(text))
    if kind == "boolean":
        if stripped.lower() in BOOLEANS:
            return BOOLEANS[stripped.lower()] == "true"
        raise _refused(text, kind, suggest_boolean(text))
    day = day_text(stripped)
    if not day:
        raise _refused(text, kind, suggest_day(text))
    return day


def _number(value: float | Decimal) -> float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return int(value) if isinstance(value, int) else float(value)


def _refused(value: object, kind: str, probably: str = "") -> RefusedError:
    return RefusedError(
        ProblemKind.AMBIGUOUS if probably else ProblemKind.WRONG_TYPE,
        f"{describe_value(value)} is not a value for a column of the type "
        f"{kind or 'JSON'}",
        probably,
    )
