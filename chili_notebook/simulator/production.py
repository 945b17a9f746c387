"""Makes the file of an output order: one record or many, one layout or several."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.drawing.formats import UnsupportedFormatError, encode
from chili_notebook.simulator.drawing.values import RowError, resolve_values
from chili_notebook.simulator.tasks import FailedError, Made

if TYPE_CHECKING:
    from chili_notebook.simulator.orders import Order

_ONE_MOMENT = (2026, 1, 1, 0, 0, 0)


def produce(order: Order) -> Made:
    """Make the file; several pictures come as a zip.

    Raises:
        FailedError: If a record cannot be made; all that fail are reported.
    """
    files: list[tuple[str, bytes, str]] = []
    report: list[dict[str, Any]] = []
    row: dict[str, str | None] = {}
    for number, given in enumerate(order.rows):
        row = {**row, **given}  # a key left out keeps the value of the row before
        try:
            values = resolve_values(order.document, row)
            for layout in order.layouts:
                content, kind = encode(order.document, layout, values, order.format)
                files.append((f"{len(files) + 1:05}.{order.format}", content, kind))
        except RowError as error:
            errors = [{"type": kind, "details": told} for kind, told in error.errors]
            report.append({"recordNumber": number, "errorList": errors})
        except (UnsupportedFormatError, LookupError) as error:
            raise FailedError(str(error), []) from error
    if report:
        first = report[0]["errorList"][0]
        raise FailedError(f"{first['type']}: {first['details']}", report)
    if len(files) == 1:
        (_, content, kind) = files[0]
        return Made(content, kind, f"{order.name}.{order.format}")
    return Made(_zip(files), "application/zip", f"{order.name}.zip")


def _zip(files: list[tuple[str, bytes, str]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content, _kind in files:
            archive.writestr(zipfile.ZipInfo(name, _ONE_MOMENT), content)
    return packed.getvalue()
