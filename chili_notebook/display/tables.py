"""Small tables for notebooks, as HTML and as plain text."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
_WIDEST = 100
_SHORT = 20
_BREAKS = {" ", "-"}
_LEFT = 'style="text-align:left"'  # notebooks align the cells to the right
_LEFT_IN_ONE_LINE = 'style="text-align:left;white-space:nowrap"'
_LEFT_AND_WIDE = 'style="text-align:left;min-width:12em"'


class Rows(list[T]):
    """A list that shows itself as a table, in a notebook and when it is printed.

    Args:
        items: The items of the list.
        columns: The heading and the value of each column. The rows can be pickled if
            these functions can.

    Example:
        variables = template.variables()
        [variable.name for variable in variables]
    """

    def __init__(
        self, items: Sequence[T], columns: Sequence[tuple[str, Callable[[T], object]]]
    ) -> None:
        super().__init__(items)
        self._columns = columns

    def bundle(self, *, caption: str = "") -> dict[str, str]:
        """Return the table as HTML and as text, by media type.

        Example:
            print(template.variables().bundle()["text/plain"])
        """
        return table_bundle(
            [heading for heading, _field in self._columns],
            [[field(item) for _heading, field in self._columns] for item in self],
            caption=caption,
        )

    def __str__(self) -> str:
        return self.bundle()["text/plain"]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.bundle()

    def _repr_pretty_(self, printer: Any, _cycle: object) -> None:
        # Without this method IPython shows it as it shows lists.
        printer.text(str(self))


def table_bundle(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, caption: str = ""
) -> dict[str, str]:
    """Return a table as HTML and as text, by media type."""
    return {
        "text/html": html_table(headings, rows, caption=caption),
        "text/plain": text_table(headings, rows, caption=caption),
    }


def html_table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, caption: str = ""
) -> str:
    """Return an HTML table with escaped cells."""
    head = "".join(f"<th {_LEFT}>{escape(_cell(heading))}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(map(_html_cell, row)) + "</tr>" for row in rows)
    title = f"<caption {_LEFT}>{escape(caption)}</caption>" if caption else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_cell(value: object) -> str:
    text = _cell(value)
    style = _LEFT
    if len(text) > _SHORT:
        style = _LEFT_AND_WIDE  # otherwise it has one word in a line of a wide table
    elif _BREAKS & {*text}:
        style = _LEFT_IN_ONE_LINE  # otherwise dates and codes break at their hyphens
    return f"<td {style}>{escape(text)}</td>"


def text_table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, caption: str = ""
) -> str:
    """Return a table of aligned columns; long cells are shortened."""
    cells = [[_shorten(_cell(cell)) for cell in row] for row in (headings, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join([*lines, caption] if caption else lines)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        with suppress(OverflowError, ValueError):  # the year 1, west of UTC
            value = value.astimezone()
        return f"{value:%Y-%m-%d %H:%M}"
    # JSON can contain a lone surrogate, which cannot be sent to a notebook.
    return "" if value is None else str(value).encode("utf-8", "replace").decode()


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
