"""Format numbers, dates and rich texts as text frames show them."""

from __future__ import annotations

import html
import re
from calendar import day_name, month_name
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

_TOKEN = re.compile(r"'[^']*'|y+|M+|d+|E+")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_LINE_END = re.compile(r"<br\s*/?>|</(?:p|div|li|h\d)\s*>", re.IGNORECASE)
_SHORT = 3  # letters of a short name
_MOST_DECIMALS = 12


def format_number(variable: Mapping[str, Any], number: Decimal) -> str:
    """Format a number with the decimals and separators of its variable."""
    decimals = min(int(variable.get("numberOfDecimals") or 0), _MOST_DECIMALS)
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, part = f"{rounded:,f}".partition(".")
    whole = whole.replace(",", str(variable.get("thousandsSeparator") or ""))
    separator = str(variable.get("decimalSeparator") or ".")
    return whole + separator + part if part else whole


def format_date(variable: Mapping[str, Any], date: dt.date) -> str:
    """Format a date by the ``displayFormat`` of its variable, in English."""
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
            return month_name[date.month][:letters]
        case "M":
            return f"{date.month:0{size}}"
        case "d":
            return f"{date.day:0{size}}"
        case _:
            return day_name[date.weekday()][:letters]


def strip_markup(markup: str) -> str:
    """Return a rich text without its markup."""
    lines = _LINE_END.sub("\n", markup)
    return html.unescape(_TAG.sub("", lines)).rstrip("\n")
