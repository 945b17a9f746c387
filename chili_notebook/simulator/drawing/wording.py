"""Numbers, dates and marked up texts as a text frame shows them. Pure."""

from __future__ import annotations

import html
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

_TOKEN = re.compile(r"'[^']*'|y+|M+|d+|E+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINE_END = re.compile(r"<br\s*/?>|</(?:p|div|li|h\d)\s*>", re.IGNORECASE)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_SHORT = 3  # letters of a short name
_MOST_DECIMALS = 12


def number_text(variable: Mapping[str, Any], number: Decimal) -> str:
    """Put a number with its variable's decimals and separators."""
    decimals = min(int(variable.get("numberOfDecimals") or 0), _MOST_DECIMALS)
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, part = f"{rounded:,f}".partition(".")
    whole = whole.replace(",", str(variable.get("thousandsSeparator") or ""))
    separator = str(variable.get("decimalSeparator") or ".")
    return whole + separator + part if part else whole


def date_text(variable: Mapping[str, Any], date: dt.date) -> str:
    """Put a date in its variable's ``displayFormat``, in English."""
    pattern = str(variable.get("displayFormat") or "yyyy-MM-dd")
    return _TOKEN.sub(lambda match: _date_part(match[0], date), pattern)


def _date_part(token: str, date: dt.date) -> str:
    size = len(token)
    letters = None if size > _SHORT else _SHORT
    match token[0]:
        case "'":
            return token[1:-1] or "'"
        case "y":
            return f"{date.year:04}" if size >= _SHORT else f"{date.year % 100:02}"
        case "M" if size >= _SHORT:
            return _MONTHS[date.month - 1][:letters]
        case "M":
            return f"{date.month:0{size}}"
        case "d":
            return f"{date.day:0{size}}"
        case _:
            return _DAYS[date.weekday()][:letters]


def plain_text(markup: str) -> str:
    """Give a rich text without its markup, which the simulator does not style."""
    lines = _LINE_END.sub("\n", markup)
    return html.unescape(_TAG.sub("", lines)).rstrip("\n")
