"""Convert single values to text: of Python, numpy and pandas, and of dirty tables.

What has more than one meaning is never guessed. The functions named ``suggest_…``
return what was probably meant, for a hint.
"""

from __future__ import annotations

import datetime as dt
import re
import time
import unicodedata
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

BOOLEANS = {
    **dict.fromkeys(("true", "yes", "1"), "true"),
    **dict.fromkeys(("false", "no", "0"), "false"),
}
"""The texts that mean a boolean without doubt, in lower case."""

_PROBABLY = {
    **dict.fromkeys(("y", "t", "on", "x", "ja", "oui", "si", "sí", "wahr", "vrai"), 1),
    **dict.fromkeys(("n", "f", "off", "nein", "non", "nee", "falsch", "faux"), 0),
}
_PLAIN = {str, int, bool, dt.date, type(None)}
_LONGEST = 60
_MOST_DIGITS = 1_000_000_000_000_000
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_NUMBER_INSIDE = re.compile(r"[+-]?[0-9.,'\u2019\s]*[0-9][.,]?")
# What belongs to the emoji before it; and the two letters of a flag.
_JOINED = re.compile("\u200d.|[\U0001f3fb-\U0001f3ff]")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_SPACES = re.compile(r"['\u2019_\s]")
_DAY = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?", re.ASCII
)
_DAY_FORMATS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y"),
    *("%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d", "%Y%m%d"),
    *("%d %B %Y", "%d %b %Y", "%d. %B %Y", "%d-%b-%Y", "%B %d, %Y", "%b %d, %Y"),
)


def to_python(value: Any) -> object:
    """Return a value of numpy, pandas or pyarrow as Python's own.

    Every kind of "no value" is ``None``: NaN, NaT, NA, and a null of pyarrow. A float
    of numpy becomes the decimal number that it prints, since the value of
    ``numpy.float32(0.1)`` is 0.10000000149.
    """
    if type(value) in _PLAIN:
        return value
    if callable(getattr(value, "as_py", None)):  # a scalar of pyarrow
        value = value.as_py()
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if getattr(value, "shape", ()):
        kind = ""  # an array or a column of a table is not one value
    if kind == "M":
        return _of_datetime64(value)
    if kind == "f":
        value = Decimal(str(value))
    elif kind in {"b", "i", "u"}:
        value = value.item()
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, float | dt.datetime) and value != value:  # noqa: PLR0124 - NaN, NaT
        return None
    return None if type(value).__name__ == "NAType" else value  # pandas.NA


def number_text(value: float | Decimal) -> str:
    """Return a number exactly and without an exponent, empty if it is not finite."""
    if isinstance(value, int) and -_MOST_DIGITS < value < _MOST_DIGITS:
        return str(int(value))
    if isinstance(value, float):
        text = repr(float(value))
        if value and "e" not in text and "n" not in text:
            return text
    number = Decimal(value if isinstance(value, int | Decimal) else repr(float(value)))
    if not number:
        number = number.copy_abs()  # GraFx need not know the negative zero
    return f"{number:f}" if number.is_finite() else ""


def is_number(text: str) -> bool:
    """Return whether GraFx reads a text as a number."""
    return _NUMBER.fullmatch(text) is not None


def day_text(text: str) -> str:
    """Return a day as GraFx reads it, empty if a text is not one without doubt."""
    match = _DAY.fullmatch(text)
    if match:
        with suppress(ValueError):
            return dt.date.fromisoformat(match[1]).isoformat()
    return ""


def has_time(moment: dt.datetime) -> bool:
    """Return whether a moment has a time of day, other than midnight."""
    nanosecond = getattr(moment, "nanosecond", 0)  # of pandas.Timestamp
    return moment.time() != dt.time() or bool(nanosecond)


def suggest_number(text: str) -> str:
    """Return the number that a text probably means, empty if it means none.

    If both are possible, ``1.234 or 1234`` is returned for ``1,234``.
    """
    with suppress(InvalidOperation):
        return number_text(Decimal(text.strip()))
    inside = _NUMBER_INSIDE.findall(text) if "%" not in text else []
    digits = _SPACES.sub("", inside[0]) if len(inside) == 1 else ""
    decimal = max(digits.rfind("."), digits.rfind(","))
    if decimal < 0:
        return digits if is_number(digits) else ""
    mark, other = digits[decimal], {".": ",", ",": "."}[digits[decimal]]
    whole = digits[:decimal].replace(other, "").replace(mark, "")
    fraction = digits[decimal + 1 :]
    if digits.count(mark) > 1:  # several can only group
        grouped = whole + fraction
        return grouped if is_number(grouped) and other not in digits else ""
    exact = f"{whole.strip('+') or 0}.{fraction or 0}"
    if not is_number(exact):
        return ""
    is_group = other not in digits and re.fullmatch(r"[+-]?[1-9]\d{0,2}", whole)
    if is_group and len(fraction) == 3:  # noqa: PLR2004 - thousands
        return f"{exact} or {whole}{fraction}"
    return exact


def suggest_day(text: str) -> str:
    """Return the days that a text probably means, empty if it means none."""
    text = text.strip()
    days: dict[str, None] = {}
    with suppress(ValueError):
        days[dt.datetime.fromisoformat(text).date().isoformat()] = None
    for pattern in _DAY_FORMATS:
        with suppress(ValueError):
            days[dt.date(*time.strptime(text, pattern)[:3]).isoformat()] = None
    return " or ".join(days)


def suggest_boolean(text: str) -> str:
    """Return the boolean that a text probably means, empty if it means none."""
    probably = _PROBABLY.get(text.strip().lower())
    return "" if probably is None else "true" if probably else "false"


# Marks, also those beside their letter as in Hindi, and what only formats others.
_UNSEEN = {"Mn", "Me", "Mc", "Cf"}


def count_characters(text: str) -> int:
    """Return the number of characters that a reader sees, line breaks included.

    GraFx does not say how it counts emoji and accents of several code points. This is
    the smallest of the possible numbers, so that no text is refused wrongly.
    """
    text = text.replace("\r\n", "\n")
    if text.isascii():
        return len(text)
    text = _JOINED.sub("", _FLAG.sub("-", unicodedata.normalize("NFC", text)))
    marks = sum(unicodedata.category(one) in _UNSEEN for one in text)
    return len(text) - marks


def can_be_sent(text: str) -> bool:
    """Return whether a text can be sent at all."""
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


def _of_datetime64(value: Any) -> object:
    """Return a moment of numpy, of any unit, as a date if it has no time of day."""
    try:
        day = value.astype("datetime64[D]")
    except OverflowError:  # from units that are shorter than a nanosecond
        return value
    if day != day:  # noqa: PLR0124 - NaT
        return None
    return (day if day == value else value.astype("datetime64[us]")).item()
