"""Make the file of an output, with one or more records and layouts."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.rendering.file_formats import (
    CONTENT_TYPES,
    add_pages,
    encode,
)
from chili_notebook.simulator.rendering.pdf import PdfFile
from chili_notebook.simulator.rendering.variable_values import (
    RecordFailedError,
    Values,
    resolve_values,
)
from chili_notebook.simulator.rendering.video import UnsupportedFormatError
from chili_notebook.simulator.state.tasks import TaskFailedError, TaskFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.rendering.pictures import Picture
    from chili_notebook.simulator.routes.output_requests import OutputRequest, Row

_ZIP_DATE = (2026, 1, 1, 0, 0, 0)


class _PictureFiles:
    """A file for each record and layout."""

    def __init__(self, request: OutputRequest) -> None:
        self._request = request
        self._files: list[bytes] = []

    def add(self, values: Values) -> None:
        """Add a record; all of it, or nothing if it fails."""
        request = self._request
        self._files += [
            encode(
                request.document,
                layout,
                values,
                request.format,
                watermark=request.watermark,
                scale=request.scale,
                fps=request.fps,
                draws=request.draws,
            )
            for layout in request.layouts
        ]

    def files(self) -> list[bytes]:
        """Return the files."""
        return self._files


class _PdfFiles:
    """The pages of all records, in one PDF or more."""

    def __init__(self, request: OutputRequest) -> None:
        self._request = request
        self._pdfs: list[PdfFile] = []
        self._records = 0

    def add(self, values: Values) -> None:
        """Add a record; all of it, or nothing if it fails."""
        request = self._request
        records_per_file = request.records_per_file or len(request.rows)
        is_new = self._records % records_per_file == 0
        pdf = PdfFile() if is_new else self._pdfs[-1]
        pages_before = len(pdf)
        try:
            for layout in request.layouts:
                add_pages(
                    pdf,
                    request.document,
                    layout,
                    values,
                    watermark=request.watermark,
                    draws=request.draws,
                )
        except RecordFailedError:
            pdf.truncate(pages_before)
            raise
        if is_new:
            self._pdfs.append(pdf)
        self._records += 1

    def files(self) -> list[bytes]:
        """Return the files."""
        return [pdf.content() for pdf in self._pdfs]


def make_output(request: OutputRequest, pictures: Mapping[str, Picture]) -> TaskFile:
    """Make the file of an output; several files are a zip.

    Args:
        request: The request.
        pictures: The media, by ID.

    Raises:
        TaskFailedError: If a record fails and the setting does not skip failures, or
            if all records fail. The report contains all failed records.
    """
    output = _PdfFiles(request) if request.format == "pdf" else _PictureFiles(request)
    report: list[dict[str, Any]] = []
    only_pictures = True
    row: Row = dict(request.injected)
    for number, changes in enumerate(request.rows):
        row = {**row, **changes}  # a missing key has the value of the previous row
        try:
            output.add(resolve_values(request.document, row, pictures))
        except RecordFailedError as error:
            errors = [{"type": e.type, "details": e.details} for e in error.errors]
            report.append({"recordNumber": number, "errorList": errors})
            only_pictures &= {e.type for e in error.errors} == {"ImageLoadFailed"}
        except (UnsupportedFormatError, LookupError) as error:
            raise TaskFailedError(str(error)) from error
    records = len(request.rows) - len(report)
    # A picture that cannot be loaded does not fail a batch of PDFs (2026-08-03).
    is_batch_of_pdfs = request.format == "pdf" and len(request.rows) > 1
    skips = request.skips_failures or (is_batch_of_pdfs and only_pictures)
    if report and not (skips and records):
        first = report[0]["errorList"][0]
        raise TaskFailedError(f"{first['type']}: {first['details']}", report)
    files = output.files()
    content, extension = files[0], request.format
    content_type = CONTENT_TYPES[request.format]
    if len(files) > 1:
        content, extension = _zip(files, request.format), "zip"
        content_type = "application/zip"
    file_name = f"{request.name}.{extension}"
    return TaskFile(content, content_type, file_name, records, report)


def _zip(files: list[bytes], extension: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for number, file in enumerate(files, start=1):
            entry = zipfile.ZipInfo(f"{number:05}.{extension}", _ZIP_DATE)
            archive.writestr(entry, file)
    return content.getvalue()
