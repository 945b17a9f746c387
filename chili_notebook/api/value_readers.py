"""Convert the values of each type of variable to text, by GraFx's pages on variables.

GraFx's pages contradict each other on numbers ("Variable data printing with the output
API": text or null only; "Number variable": text or number), so all values are sent as
text. A value without doubt is converted; everything else is refused with a suggestion.
"""

from __future__ import annotations

import datetime as dt
import html
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from chili_notebook.api.documents import DAYS, Limits, Variable
from chili_notebook.api.media_items import Media
from chili_notebook.api.problems import ProblemKind, RefusedError
from chili_notebook.api.values import (
    BOOLEANS,
    can_be_sent,
    count_characters,
    day_text,
    describe_value,
    has_time,
    is_number,
    number_text,
    suggest_boolean,
    suggest_day,
    suggest_number,
    to_python,
)
from chili_notebook.display.wording import closest_name, list_names

# Without a value they are errors of their record (page "Data connectors").
_NEVER_EMPTY = {"number", "boolean"}
_TEXTS = {"shorttext", "longtext", "richtext"}
_TAG = re.compile(r"<[^>]*>")

Convert = Callable[[Any], str | None]
_Read = Callable[[Any], str]


def converter_of(variable: Variable) -> Convert:
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
                raise missing_value(variable)
            return "" if is_text and value is not None else None
        return read(value)

    return convert


def missing_value(variable: Variable) -> RefusedError:
    """Return the error for a variable without a value."""
    return RefusedError(
        ProblemKind.MISSING_VALUE,
        f"the {variable.type} variable needs a value",
        ""
        if variable.value in (None, "")
        else "a value, or leave it out: then the output has the template's own",
    )


def _as_text(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, str):
        if not value.isascii() and not can_be_sent(value):
            raise RefusedError(
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
    raise RefusedError(
        ProblemKind.WRONG_TYPE,
        f"{describe_value(value)} cannot be sent",
        "a text, a number, True or False, a date, or None for no value",
    )


def _text_reader(variable: Variable) -> _Read:
    longest = variable.limits.max_characters
    kind = variable.type.lower()
    single_line, has_markup = kind == "shorttext", kind == "richtext"

    def read(value: Any) -> str:
        text = _as_text(value)
        if longest is not None and len(text) > longest:
            plain = html.unescape(_TAG.sub("", text)) if has_markup else text
            count = count_characters(plain)
            if count > longest:
                raise RefusedError(
                    ProblemKind.TOO_LONG,
                    f"the text has {count} characters",
                    f"at most {longest} characters",
                )
        if single_line and ("\n" in text or "\r" in text):
            raise RefusedError(
                ProblemKind.WRONG_TYPE,
                "a single-line text cannot contain a line break",
                "a text of one line",
            )
        return text

    return read


def _list_reader(variable: Variable) -> _Read:
    allowed = frozenset(variable.allowed)
    by_label = {label: value for value, label in variable.labels.items()}
    available = {label: one for label, one in by_label.items() if one in allowed}

    def read(value: Any) -> str:
        text = _as_text(value)
        if text in allowed or not allowed:
            return text
        whole = _whole_text(value)
        if whole and whole in allowed:
            return whole
        reason = f"{text!r} is not in the list"
        if text in by_label:
            reason = f"{text!r} is the label of a value and not the value"
        elif text in variable.labels or text in _all_items(variable):
            reason = f"{text!r} is in the list, but not available now"
        closest = by_label.get(text) or closest_name(text, variable.allowed)
        closest = closest or available.get(closest_name(text, available), "")
        raise RefusedError(
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
        raise RefusedError(
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
            raise RefusedError(
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
            raise RefusedError(
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
                raise RefusedError(
                    ProblemKind.WRONG_TYPE,
                    f"{value.name!r} is a folder",
                    "one of its files",
                )
            return value.id
        if isinstance(value, str):
            return _as_text(value)
        whole = _whole_text(value)
        if whole:  # a file can be named 4711
            return whole
        raise RefusedError(
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


def _whole_text(value: object) -> str:
    """Return a whole number as text, empty if it is not one.

    A column of numbers with gaps has 1.0 for 1.
    """
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        return ""
    is_whole = math.isfinite(value) and value == int(value)
    return number_text(int(value)) if is_whole else ""


def _require_between(number: Decimal, limits: Limits) -> None:
    least, most = limits.min_value, limits.max_value
    if least is not None and number < least:
        reason, suggestion = f"{number} is less than {least}", f"{least} or more"
    elif most is not None and number > most:
        reason, suggestion = f"{number} is more than {most}", f"{most} or less"
    else:
        return
    raise RefusedError(ProblemKind.OUT_OF_RANGE, reason, suggestion)


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
    raise RefusedError(ProblemKind.OUT_OF_RANGE, reason, suggestion)


def _day_of(moment: dt.datetime) -> str:
    """Return the day of a moment. A date of GraFx has no time of day."""
    day = moment.date().isoformat()
    if has_time(moment):
        raise RefusedError(
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
