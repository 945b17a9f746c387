"""Make the names of files from the columns of a table."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from chili_notebook.api.file_names import (
    bare_name,
    content_type_of,
    suffixes_like,
    suffixes_of,
)
from chili_notebook.api.ids import describe
from chili_notebook.api.values import number_text
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROW: Final = "row"
_DEFAULT = "{row}"
_PARTS = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
# "{price:05.2f}" and "{name!r}", but not a column "16:9" or "Size: cm".
_FORMATTED = re.compile(
    r"(.+?)(?:![rsa])?(?:![rsa]|:[<>^=].*|:0\d.*|:[\d.,]*[bcdeEfFgGnosxX%])"
)
_HINT = 'Use text and columns in braces, such as "{sku}" or "tag-{sku}-{colour}".'
_SAFE = re.compile(r"\w[\w .()+-]{0,98}[\w)]|\w", re.ASCII)
_NOT_ON_WINDOWS = re.compile(r'[<>"|?*]')
_DEVICES = {
    *("CON", "PRN", "AUX", "NUL"),
    *(f"{port}{number}" for port in ("COM", "LPT") for number in range(10)),
}


class NamePattern:
    """A pattern for file names, such as ``{sku}``.

    Columns are in braces; ``{row}`` is the number of the row, and ``{{`` a brace.

    Args:
        text: The pattern; empty for the number of the row.
        suffix: The suffix of the files, such as ``.jpg``.

    Attributes:
        columns: The columns that it uses.

    Raises:
        ConfigurationError: If it is malformed, or a path.
    """

    def __init__(self, text: str, *, suffix: str) -> None:
        if not isinstance(text, str):
            raise ConfigurationError(
                f"Expected a pattern for file names, got {describe(text)}.", hint=_HINT
            )
        self._suffix = suffix
        self._texts: list[str] = [""]  # before, between and after the columns
        fields: list[str] = []
        end = 0
        for part in _PARTS.finditer(text.strip() or _DEFAULT):
            self._texts[-1] += part.string[end : part.start()]
            end = part.end()
            if part[1] is None:
                self._texts[-1] += _literal_brace(part)
            else:
                fields.append(_checked_field(part[1], part.string))
                self._texts.append("")
        self._texts[-1] += (text.strip() or _DEFAULT)[end:]
        self._fields = tuple(fields)
        self.columns = tuple(dict.fromkeys(one for one in fields if one != _ROW))
        self._refuse_paths(text)
        self._take_suffix(text)

    def name(self, number: int, values: Mapping[str, object]) -> str:
        """Return the file name of a row, empty if its values make none.

        It is safe on every system: never a path, never hidden, and not too long. Two
        rows can have the same name; compare their keys.
        """
        text = self._texts[0]
        for field, after in zip(self._fields, self._texts[1:], strict=True):
            value = values.get(field)
            if field == _ROW and value is None:
                value = f"{number:05}"
            text += (value if type(value) is str else _text_of(value)) + after
        if text.lower().endswith(self._suffix):
            text = text[: -len(self._suffix)]
        if not _SAFE.fullmatch(text):
            text = bare_name(_NOT_ON_WINDOWS.sub("-", normalize("NFC", text)))
            text = text.rstrip(". ")
        if text.partition(".")[0].rstrip().upper() in _DEVICES:  # of Windows
            text = f"_{text}"
        return f"{text}{self._suffix}" if text else ""

    @staticmethod
    def key(name: str) -> str:
        """Return what two names share that are one file on some system."""
        return normalize("NFC", normalize("NFC", name).casefold())

    def _refuse_paths(self, text: str) -> None:
        if any(mark in literal for mark in "/\\" for literal in self._texts):
            raise ConfigurationError(
                f"The pattern {text!r} for file names contains a path.",
                hint="Set the folder with `folder`, and use - in place of a slash.",
            )

    def _take_suffix(self, text: str) -> None:
        """Take ``.jpeg`` from ``{sku}.jpeg``, and refuse ``{sku}.png`` for a JPG."""
        end = self._texts[-1]
        expected = suffixes_like(f"x{self._suffix}") or (self._suffix,)
        for suffix in expected:
            if end.lower().endswith(suffix):
                self._texts[-1] = end[: -len(suffix)]
                self._suffix = suffix
                return
        known = suffixes_of(content_type_of(f"x{end}"))
        if known and end.lower().endswith(known):
            raise ConfigurationError(
                f"The pattern {text!r} for file names does not end with "
                f"{self._suffix}, as the outputs do.",
                hint="Leave out the ending.",
            )


def _literal_brace(part: re.Match[str]) -> str:
    """Return the brace that a doubled one means."""
    if len(part[0]) == 1:
        raise ConfigurationError(
            f"The pattern {part.string!r} for file names has a single {part[0]!r}.",
            hint=f"{_HINT} Write {part[0] * 2!r} for a brace in the name.",
        )
    return part[0][0]


def _checked_field(field: str, pattern: str) -> str:
    if not field.strip():
        raise ConfigurationError(
            f"The pattern {pattern!r} for file names has braces without a column.",
            hint=_HINT,
        )
    formatted = _FORMATTED.fullmatch(field)
    if formatted:
        raise ConfigurationError(
            f"The pattern {pattern!r} for file names contains a format: "
            f"{{{field}}}. Values are used as they are in the table.",
            hint=f"Use {{{formatted[1]}}}, and format the values in the table.",
        )
    return field


def _text_of(value: object) -> str:
    """Return a value that is not a text as part of a file name."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H-%M-%S}"
    if isinstance(value, date):
        return value.isoformat()
    name = getattr(value, "name", None)  # of a media item
    return name if isinstance(name, str) else str(value)
