"""Read the variables' values of one record, and format them.

An empty text or ``None`` clears a text, a list, an image or a date; a number or a
boolean cannot be empty (GraFx Studio, "Data connectors"). A variable that is missing
in the row has the template's value. A data source variable only needs a row, which an
output injects or its data connector supplies (documentation of 2026-08-03).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from calendar import day_name
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PIL import Image

from chili_notebook.simulator.rendering.formatting import (
    format_date,
    format_number,
    strip_markup,
)
from chili_notebook.simulator.rendering.pictures import (
    SAMPLE_PICTURES,
    Picture,
    find_picture,
)

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# A limit with a time of day is not read: its day depends on a time zone.
_LIMIT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T00:00(?::00(?:\.0+)?)?Z?)?")
# What belongs to the emoji before it; and the two letters of a flag.
_JOINED = re.compile("\u200d.|[\U0001f3fb-\U0001f3ff]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_TEXTS = {"shorttext", "longtext", "richtext"}

_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    KeyError,
    MemoryError,
    TypeError,
    ValueError,
    Image.DecompressionBombError,
)

Value = str | bool | Decimal | dt.date | None


@dataclass(frozen=True, slots=True)
class RecordError:
    """An entry of GraFx's error report: the type of the error, and the details."""

    type: str
    details: str


class RecordFailedError(Exception):
    """A record cannot be rendered.

    Attributes:
        errors: All of its errors.
    """

    def __init__(self, errors: Sequence[RecordError]) -> None:
        self.errors = errors
        super().__init__("; ".join(error.details for error in errors))


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one record.

    Attributes:
        by_id: The value of each variable, by the variable's ID. The value of an image
            is the ID of its picture.
        texts: The same as text frames show them.
        pictures: The media, by ID.
    """

    by_id: Mapping[str, Value]
    texts: Mapping[str, str]
    pictures: Mapping[str, Picture]


@contextmanager
def reading_document() -> Iterator[None]:
    """Raise `RecordFailedError` for any error that a malformed document causes."""
    try:
        yield
    except _UNREADABLE as error:
        details = f"The document cannot be read: {type(error).__name__}, {error}."
        raise RecordFailedError(
            [RecordError("DocumentLoadActionFailed", details)]
        ) from error


class _ValueError(Exception):
    """A value cannot be used; `type` is the type of the error in GraFx's report."""

    def __init__(self, details: str, type: str = "InvalidVariableValue") -> None:  # noqa: A002 - GraFx's word
        self.type = type
        super().__init__(details)


@reading_document()
def resolve_values(
    document: Mapping[str, Any],
    row: Mapping[str, Any],
    pictures: Mapping[str, Picture] = SAMPLE_PICTURES,
) -> Values:
    """Return the value of each variable for one row of an output request.

    Args:
        document: The document with its variables.
        row: Values by the variables' names, and the rows of injected data sources;
            unknown names are ignored.
        pictures: The media, by ID.

    Raises:
        RecordFailedError: If values are missing or cannot be used; it names all.
    """
    by_id: dict[str, Value] = {}
    texts: dict[str, str] = {}
    errors: list[RecordError] = []
    for variable in document.get("variables") or []:
        name, kind = _name(variable), str(variable.get("type", "")).lower()
        if kind == "group":
            continue
        try:
            if kind == "datasource":
                _require_row(variable, row.get(name))
                continue
            text = row[name] if name in row else _own_value(variable)
            value = _read(variable, kind, text, pictures)
        except _ValueError as error:
            errors.append(RecordError(error.type, f"Variable '{name}': {error}."))
            continue
        by_id[variable["id"]] = value
        texts[variable["id"]] = _format(variable, value)
    if errors:
        raise RecordFailedError(errors)
    return Values(by_id, texts, pictures)


def _name(variable: Mapping[str, Any]) -> str:
    return str(variable.get("name") or variable.get("label") or "")


def _own_value(variable: Mapping[str, Any]) -> str | None:
    """Return the template's value as a row would contain it."""
    found = (variable.get(key) for key in ("value", "selected", "resolved"))
    value = next((each for each in found if each is not None), None)
    if isinstance(value, Mapping):
        keys = ("value", "assetId", "mediaId")
        value = next((value[key] for key in keys if key in value), None)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def is_injected(variable: Mapping[str, Any]) -> bool:
    """Return whether the rows of a data source variable come with the output."""
    value = variable.get("value")
    kind = value.get("type") if isinstance(value, Mapping) else None
    return str(kind).lower() == "injected"


def _require_row(variable: Mapping[str, Any], rows: Any) -> None:
    if variable.get("isRequired") and is_injected(variable) and not rows:
        raise _ValueError("it is required and has no row", "MissingVariableValue")


def _read(
    variable: Mapping[str, Any],
    kind: str,
    text: str | None,
    pictures: Mapping[str, Picture],
) -> Value:
    if not text or (kind not in _TEXTS and not text.strip()):
        if variable.get("isRequired") and _is_shown(variable):
            raise _ValueError("it is required and has no value", "MissingVariableValue")
        if kind in {"number", "boolean"}:
            raise _ValueError(f"a {kind} cannot be empty")
        return "" if kind in _TEXTS else None
    if kind == "image":
        picture = find_picture(pictures, text)
        if picture is None:
            raise _ValueError(f"the media has no asset '{text}'", "ImageLoadFailed")
        return picture.id
    return _READERS.get(kind, _read_text)(variable, text)


def _is_shown(variable: Mapping[str, Any]) -> bool:
    visibility = variable.get("visibility")
    if isinstance(visibility, Mapping):
        return visibility.get("type") != "invisible"
    return variable.get("isVisible") is not False and not variable.get("isHidden")


def _read_text(variable: Mapping[str, Any], text: str) -> str:
    text = text.replace("\r\n", "\n")
    most = variable.get("maxCharacters")
    count = _count(text)
    if most and count > most:
        raise _ValueError(f"it has {count} characters, and {most} are allowed")
    return text


def _count(text: str) -> int:
    """Return the number of characters as a reader counts them.

    GraFx does not say how it counts emoji and accents of several code points.
    """
    text = _JOINED.sub("", _FLAG.sub("-", unicodedata.normalize("NFC", text)))
    unseen = {"Mn", "Me", "Mc", "Cf"}
    return sum(unicodedata.category(one) not in unseen for one in text)


def _read_markup(variable: Mapping[str, Any], text: str) -> str:
    return _read_text(variable, strip_markup(text))


def _read_list(variable: Mapping[str, Any], text: str) -> str:
    if text not in {_item_value(item) for item in variable.get("items") or []}:
        raise _ValueError(f"'{text}' is not an item of the list")
    available = variable.get("availableItems")
    if available and text not in available:
        raise _ValueError(f"'{text}' is an item of the list that is not available")
    return text


def _read_boolean(_variable: Mapping[str, Any], text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise _ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true"


def _read_number(variable: Mapping[str, Any], text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise _ValueError(f"'{text}' is not a number")
    number = Decimal(text)
    least, most = variable.get("minValue"), variable.get("maxValue")
    if least is not None and number < Decimal(str(least)):
        raise _ValueError(f"{text} is less than {least}")
    if most is not None and number > Decimal(str(most)):
        raise _ValueError(f"{text} is more than {most}")
    return number


def _read_date(variable: Mapping[str, Any], text: str) -> dt.date:
    try:
        date = dt.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        date = None
    if date is None:
        raise _ValueError(f"'{text}' is not a date as yyyy-MM-dd")
    first, last = _limit(variable, "startDate"), _limit(variable, "endDate")
    if first and date < first:
        raise _ValueError(f"{text} is before {first}")
    if last and date > last:
        raise _ValueError(f"{text} is after {last}")
    excluded = {str(day).lower() for day in variable.get("excludedDays") or []}
    if day_name[date.weekday()].lower() in excluded:
        raise _ValueError(f"{text} is a {day_name[date.weekday()]}")
    return date


def _limit(variable: Mapping[str, Any], key: str) -> dt.date | None:
    """Read an absolute limit; relative ones would make renders depend on the day."""
    limit = variable.get(key)
    value = limit.get("value") if isinstance(limit, Mapping) else limit
    match = _LIMIT.fullmatch(value) if isinstance(value, str) else None
    return dt.date.fromisoformat(match[1]) if match else None


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Value]] = {
    "list": _read_list,
    "boolean": _read_boolean,
    "number": _read_number,
    "date": _read_date,
    "richtext": _read_markup,
}


def _item_value(item: Any) -> str:
    return str(item.get("value") if isinstance(item, Mapping) else item)


def _format(variable: Mapping[str, Any], value: Value) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, Decimal):
        text = format_number(variable, value)
    elif isinstance(value, dt.date):
        text = format_date(variable, value)
    else:
        text = next(
            (
                str(item["displayValue"])
                for item in variable.get("items") or []
                if isinstance(item, Mapping)
                and item.get("displayValue")
                and item.get("value") == value
            ),
            value,
        )
    return _affix(variable, "prefix") + text + _affix(variable, "suffix")


def _affix(variable: Mapping[str, Any], key: str) -> str:
    affix = variable.get(key)
    return str(affix.get("value") or "") if isinstance(affix, Mapping) else ""
