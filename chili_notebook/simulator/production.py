"""Makes the file of an output order: one record or many, one layout or several."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.drawing.artwork import library
from chili_notebook.simulator.drawing.formats import (
    CONTENT_TYPES,
    add_pages,
    encode,
)
from chili_notebook.simulator.drawing.pdf import PdfFile
from chili_notebook.simulator.drawing.values import RowError, Values, resolve_values
from chili_notebook.simulator.drawing.video import UnsupportedFormatError
from chili_notebook.simulator.tasks import FailedError, Made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.drawing.artwork import Picture
    from chili_notebook.simulator.orders import Order, Row

_ONE_MOMENT = (2026, 1, 1, 0, 0, 0)


class _Pictures:
    """A file for each record and layout."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._files: list[bytes] = []

    def add(self, values: Values) -> None:
        """Add a record; all of it, or nothing when it fails."""
        order, choices = self._order, self._order.choices
        self._files += [
            encode(
                order.document,
                layout,
                values,
                order.format,
                watermark=choices.watermark,
                scale=choices.scale,
                fps=choices.fps,
            )[0]
            for layout in order.layouts
        ]

    def files(self) -> list[bytes]:
        """Give the files."""
        return self._files


class _Pages:
    """The pages of all records, in one PDF or in as many as the order wants."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._books: list[PdfFile] = []
        self._records = 0

    def add(self, values: Values) -> None:
        """Add a record; all of it, or nothing when it fails."""
        order = self._order
        full = order.records_per_file or self._records + 1
        book = PdfFile() if self._records % full == 0 else self._books[-1]
        before = len(book)
        try:
            for layout in order.layouts:
                watermark = order.choices.watermark
                add_pages(book, order.document, layout, values, watermark=watermark)
        except RowError:
            book.keep(before)
            raise
        if not before:
            self._books.append(book)
        self._records += 1

    def files(self) -> list[bytes]:
        """Give the files."""
        return [book.content() for book in self._books]


def produce(order: Order, pictures: Mapping[str, Picture]) -> Made:
    """Make the file; several files come as a zip.

    Args:
        order: What to make.
        pictures: The media, by id.

    Raises:
        FailedError: If a record cannot be made and the others are not wanted without
            it, or if none can; all that fail are reported.
    """
    made = _Pages(order) if order.format == "pdf" else _Pictures(order)
    report: list[dict[str, Any]] = []
    row: Row = {}
    for number, given in enumerate(order.rows):
        row = {**row, **given}  # a key left out keeps the value of the row before
        try:
            with library(pictures):
                made.add(resolve_values(order.document, row))
        except RowError as error:
            errors = [{"type": kind, "details": told} for kind, told in error.errors]
            report.append({"recordNumber": number, "errorList": errors})
        except (UnsupportedFormatError, LookupError) as error:
            raise FailedError(str(error), []) from error
    records = len(order.rows) - len(report)
    if report and not (order.choices.skips_failures and records):
        first = report[0]["errorList"][0]
        raise FailedError(f"{first['type']}: {first['details']}", report)
    files = made.files()
    content, kind, ending = files[0], CONTENT_TYPES[order.format], order.format
    if len(files) > 1:
        content, kind, ending = _zip(files, order.format), "application/zip", "zip"
    return Made(content, kind, f"{order.name}.{ending}", records, report)


def _zip(files: list[bytes], ending: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for number, content in enumerate(files, start=1):
            entry = zipfile.ZipInfo(f"{number:05}.{ending}", _ONE_MOMENT)
            archive.writestr(entry, content)
    return packed.getvalue()
