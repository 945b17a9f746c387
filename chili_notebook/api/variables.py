"""Rows of values for the variables of a template, checked and put as GraFx takes them.

GraFx's pages disagree on numbers ("Variable data printing with the output API": text
or null only; "Number variable": text or number), so everything goes out as text.
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

# GraFx Studio, "Data connectors": they are errors of their record.
_NEVER_EMPTY = {"number", "boolean"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def rows_of(variables: object) -> list[Row]:
    """Read what was given as the values of an output: one row, several, or nothing.

    Raises:
        VariableError: If it is none of these.
    """
    if variables is None or isinstance(variables, Mapping):
        return [variables] if variables else []
    rows = list(variables) if isinstance(variables, Iterable) else []
    if rows and all(isinstance(row, Mapping) for row in rows):
        return rows
    raise VariableError(
        "The variables are no rows of values.",
        hint='Give {"name": value}, or a list of these that is not empty; of a '
        'DataFrame, frame.to_dict("records").',
    )


def checked_rows(
    document: Mapping[str, Any], rows: Sequence[Row]
) -> list[dict[str, str | None]]:
    """Check rows of values against a document, before a render is spent on them.

    Args:
        document: The document of a template or project.
        rows: Values by variable name, a row for each record.

    Raises:
        VariableError: If a name is unknown, or a value not one that the variable takes.
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
    """Give one value as text, if the variable takes it."""
    name = variable.name
    text = _as_text(_plain(value))
    if text is None and value is not None:
        raise VariableError(
            f"The value of {name!r}{where} is of type {type(value).__name__}, and no "
            "value that can be sent.",
            hint="Give a text, a number, True or False, a date, or None for no value.",
        )
    if not text:
        if variable.required or variable.type.lower() in _NEVER_EMPTY:
            raise VariableError(
                f"The variable {name!r} needs a value{where}.",
                hint="Leave the variable out to keep the template's own value.",
            )
        return text
    if variable.allowed and text not in variable.allowed:
        raise VariableError(
            f"{value!r} is not a value of the list {name!r}{where}.",
            hint=f"Its values: {', '.join(map(repr, variable.allowed))}.",
        )
    wanted = _misfit(variable.type.lower(), text)
    if wanted:
        raise VariableError(
            f"{value!r} is not a value for the {variable.type} {name!r}{where}.",
            hint=f"Give {wanted}.",
        )
    return text


def _misfit(kind: str, text: str) -> str:
    """Say what a variable of this kind takes, empty if it takes the text."""
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


def _as_text(value: object) -> str | None:
    """Put a value as text, the one form that all pages agree on; ``None`` if none."""
    text = None
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | float | Decimal):
        number = Decimal(value if isinstance(value, int) else str(value))
        text = f"{number:f}" if number.is_finite() else None
    elif isinstance(value, dt.date):
        day = value.isoformat()[:10]  # GraFx's dates have no time of day
        text = day if _DAY.fullmatch(day) else None  # pandas has a date that is none
    return text if text is None or _can_be_sent(text) else None


def _plain(value: object) -> object:
    """Give Python's own value for a number or a boolean of numpy's."""
    item = getattr(value, "item", None)
    with suppress(TypeError, ValueError):  # an array of several
        return item() if callable(item) else value
    return value


def _can_be_sent(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # it holds half a character
        return False
    return True
