"""The values of one row: what a render shows for each variable. Pure.

An empty text or ``None`` clears a text, a list, an image or a date; a number or a
boolean cannot be empty (GraFx Studio, "Data connectors"). What a row leaves out keeps
the template's own value.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PIL import Image

from chili_notebook.simulator.drawing.artwork import find_picture
from chili_notebook.simulator.drawing.wording import date_text, number_text, plain_text

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NOT_SETTABLE = {"group", "datasource"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_UNREADABLE = (
    *(ArithmeticError, AttributeError, KeyError, MemoryError, TypeError, ValueError),
    Image.DecompressionBombError,
)

Value = str | bool | Decimal | dt.date | None


class RowError(Exception):
    """A row that cannot be rendered, with every reason.

    Attributes:
        errors: Pairs of GraFx's word for the kind of error and the details.
    """

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(details for _, details in errors))


@dataclass(frozen=True, slots=True)
class Values:
    """What each variable holds, by the variable's id.

    Attributes:
        held: The values; an image is the id of its picture, a list its selected value.
        texts: What a text frame shows for them.
    """

    held: Mapping[str, Value]
    texts: Mapping[str, str]


@contextmanager
def reading_document() -> Iterator[None]:
    """Report a document that is not as documents are, instead of breaking on it."""
    try:
        yield
    except _UNREADABLE as error:
        told = f"The document cannot be read: {type(error).__name__}, {error}."
        raise RowError([("DocumentLoadActionFailed", told)]) from error


class _InvalidError(Exception):
    """Why a value cannot be used, with GraFx's word for it."""

    def __init__(self, details: str, kind: str = "InvalidVariableValue") -> None:
        self.kind = kind
        super().__init__(details)


@reading_document()
def resolve_values(
    document: Mapping[str, Any], row: Mapping[str, str | None]
) -> Values:
    """Give the value of each variable for one row of an output request.

    Args:
        document: The document with its variables.
        row: Values by the variables' names; unknown names are passed over.

    Raises:
        RowError: If values are missing or cannot be used; names all of them.
    """
    held: dict[str, Value] = {}
    texts: dict[str, str] = {}
    errors: list[tuple[str, str]] = []
    for variable in document.get("variables") or []:
        name, kind = _name(variable), str(variable.get("type", "")).lower()
        if kind in _NOT_SETTABLE:
            continue
        given = row[name] if name in row else _own_value(variable)
        try:
            value = _read(variable, kind, given)
        except _InvalidError as error:
            errors.append((error.kind, f"Variable '{name}': {error}."))
            continue
        held[variable["id"]] = value
        texts[variable["id"]] = _shown(variable, value)
    if errors:
        raise RowError(errors)
    return Values(held, texts)


def _name(variable: Mapping[str, Any]) -> str:
    return str(variable.get("name") or variable.get("label") or "")


def _own_value(variable: Mapping[str, Any]) -> str | None:
    """Give the template's value in the form that a row has."""
    value = variable.get("value", variable.get("selected"))
    if isinstance(value, Mapping):
        value = value.get("value", value.get("assetId"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _read(variable: Mapping[str, Any], kind: str, given: str | None) -> Value:
    if not given or (kind not in {"shorttext", "longtext"} and not given.strip()):
        if variable.get("isRequired"):
            raise _InvalidError(
                "it is required and has no value", "MissingVariableValue"
            )
        if kind in {"number", "boolean"}:
            raise _InvalidError(f"a {kind} cannot be empty")
        return "" if kind in {"shorttext", "longtext"} else None
    return _READERS.get(kind, _read_text)(variable, given)


def _read_text(_variable: Mapping[str, Any], given: str) -> str:
    return given.replace("\r\n", "\n")


def _read_markup(variable: Mapping[str, Any], given: str) -> str:
    return plain_text(_read_text(variable, given))


def _read_list(variable: Mapping[str, Any], given: str) -> str:
    if given not in {_item_value(item) for item in variable.get("items") or []}:
        raise _InvalidError(f"'{given}' is not an item of the list")
    return given


def _read_image(_variable: Mapping[str, Any], given: str) -> str:
    picture = find_picture(given)
    if picture is None:
        raise _InvalidError(f"the media has no asset '{given}'", "ImageLoadFailed")
    return picture.id


def _read_boolean(_variable: Mapping[str, Any], given: str) -> bool:
    if given.lower() not in {"true", "false"}:
        raise _InvalidError(f"'{given}' is neither true nor false")
    return given.lower() == "true"


def _read_number(variable: Mapping[str, Any], given: str) -> Decimal:
    if not _NUMBER.fullmatch(given):
        raise _InvalidError(f"'{given}' is not a number")
    number = Decimal(given)
    least, most = variable.get("minValue"), variable.get("maxValue")
    if least is not None and number < Decimal(str(least)):
        raise _InvalidError(f"{given} is less than {least}")
    if most is not None and number > Decimal(str(most)):
        raise _InvalidError(f"{given} is more than {most}")
    return number


def _read_date(variable: Mapping[str, Any], given: str) -> dt.date:
    try:
        date = dt.date.fromisoformat(given) if _DATE.fullmatch(given) else None
    except ValueError:
        date = None
    if date is None:
        raise _InvalidError(f"'{given}' is not a date as yyyy-MM-dd")
    first, last = _limit(variable, "startDate"), _limit(variable, "endDate")
    if first and date < first:
        raise _InvalidError(f"{given} is before {first}")
    if last and date > last:
        raise _InvalidError(f"{given} is after {last}")
    if _DAYS[date.weekday()] in (variable.get("excludedDays") or []):
        raise _InvalidError(f"{given} is a {_DAYS[date.weekday()].title()}")
    return date


def _limit(variable: Mapping[str, Any], key: str) -> dt.date | None:
    """Read an absolute limit; a relative one would make renders depend on the day."""
    limit = variable.get(key)
    value = limit.get("value") if isinstance(limit, Mapping) else limit
    return dt.date.fromisoformat(value) if isinstance(value, str) else None


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Value]] = {
    "list": _read_list,
    "image": _read_image,
    "boolean": _read_boolean,
    "number": _read_number,
    "date": _read_date,
    "richtext": _read_markup,
}


def _item_value(item: Any) -> str:
    return str(item.get("value") if isinstance(item, Mapping) else item)


def _shown(variable: Mapping[str, Any], value: Value) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        shown = "true" if value else "false"
    elif isinstance(value, Decimal):
        shown = number_text(variable, value)
    elif isinstance(value, dt.date):
        shown = date_text(variable, value)
    else:
        shown = next(
            (
                str(item["displayValue"])
                for item in variable.get("items") or []
                if isinstance(item, Mapping)
                and item.get("displayValue")
                and item.get("value") == value
            ),
            value,
        )
    return _affix(variable, "prefix") + shown + _affix(variable, "suffix")


def _affix(variable: Mapping[str, Any], key: str) -> str:
    affix = variable.get(key)
    return str(affix.get("value") or "") if isinstance(affix, Mapping) else ""
