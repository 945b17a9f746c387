"""Check rows of values for the variables of a template, and convert them to text.

GraFx's pages contradict each other on numbers ("Variable data printing with the output
API": text or null only; "Number variable": text or number), so all values are sent as
text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from chili_notebook.api.documents import Variable, read_variables
from chili_notebook.errors import VariableError

Row = Mapping[str, Any]

# Without a value they are errors of their record (page "Data connectors").
_NEVER_EMPTY = {"number", "boolean"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


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


def checked_rows(
    document: Mapping[str, Any], rows: Sequence[Row]
) -> list[dict[str, str | None]]:
    """Return rows of values as text, after checking them against a document.

    An error here costs nothing; the same error at GraFx costs a render.

    Args:
        document: The document of a template or project.
        rows: Values by variable name, one row for each record.

    Raises:
        VariableError: If a name is unknown, or a variable does not take its value.
    """
    known = {variable.name: variable for variable in read_variables(document)}
    checked = []
    for number, row in enumerate(rows):
        where = f" in row {number}" if len(rows) > 1 else ""
        for name in row:
            if name not in known:
                raise VariableError(
                    f"The template has no variable {name!r}{where}.",
                    hint=f"Its variables: {', '.join(map(repr, known)) or 'none'}.",
                )
        checked.append(
            {name: _checked(known[name], value, where) for name, value in row.items()}
        )
    return checked


def _checked(variable: Variable, value: object, where: str) -> str | None:
    """Return one value as text, if the variable takes it."""
    name = variable.name
    text = _to_text(_to_python(value))
    if text is None and value is not None:
        kind = type(value).__name__
        reason = "it contains a lone surrogate" if kind == "str" else f"type {kind}"
        raise VariableError(
            f"The value of {name!r}{where} cannot be sent ({reason}).",
            hint="Use a text, a number, True or False, a date, or None for no value.",
        )
    if not text:
        if variable.required or variable.type.lower() in _NEVER_EMPTY:
            raise VariableError(
                f"The variable {name!r} needs a value{where}.",
                hint="Leave out the variable to use the template's own value.",
            )
        return text
    if variable.allowed and text not in variable.allowed:
        raise VariableError(
            f"{value!r} is not in the list {name!r}{where}.",
            hint=f"Its values: {', '.join(map(repr, variable.allowed))}.",
        )
    expected = _expected_instead(variable.type.lower(), text)
    if expected:
        raise VariableError(
            f"{value!r} is not a value for the {variable.type} {name!r}{where}.",
            hint=f"Use {expected}.",
        )
    return text


def _expected_instead(kind: str, text: str) -> str:
    """Return what a variable of this type takes, empty if it takes the text."""
    if kind == "number" and not _NUMBER.fullmatch(text):
        return 'a number such as 12.5 or "12.5", with a point and without grouping'
    if kind == "boolean" and text.lower() not in ("true", "false"):
        return "True or False"
    if kind == "date" and not _is_day(text):
        return 'a date, or a text such as "2026-12-31"'
    return ""


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return _DAY.fullmatch(text) is not None


def _to_text(value: object) -> str | None:
    """Return a value as text, ``None`` if that is impossible."""
    text = None
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | float | Decimal):
        number = Decimal(value if isinstance(value, int) else str(value))
        text = f"{number:f}" if number.is_finite() else None
    elif isinstance(value, dt.date):
        day = value.isoformat()[:10]  # a date in GraFx has no time of day
        text = day if _DAY.fullmatch(day) else None  # pandas.NaT is a date too
    return text if text is None or _can_be_sent(text) else None


def _to_python(value: object) -> object:
    """Return a number or a boolean of numpy as Python's own."""
    item = getattr(value, "item", None)
    with suppress(TypeError, ValueError):  # an array has several items
        return item() if callable(item) else value
    return value


def _can_be_sent(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # it contains a lone surrogate
        return False
    return True
