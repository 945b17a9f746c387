"""One PDF of many rows: cut into requests under GraFx's limits, and joined again.

A request has several records in its `variables`. A record keeps the value of the
record before for each variable that it leaves out (page "Variable data printing with
the output API"), so nothing is left out that an earlier record of its request has.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from chili_notebook.api.output_options import MOST_ROWS
from chili_notebook.batch.order import to_json
from chili_notebook.batch.records import RowState
from chili_notebook.batch.requests import refuse_links
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import save_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chili_notebook.api.variables import RowChecker
    from chili_notebook.batch.ledger import Ledger
    from chili_notebook.batch.order import OrderForm
    from chili_notebook.batch.records import Job, Preparation

_PART_BYTES = 1 << 20


def checked_merge(merge: object, form: OrderForm) -> str:
    """Return the name of the merged PDF, empty without one.

    Raises:
        ConfigurationError: If it is not the name of a PDF, or pypdf is missing.
    """
    if merge is None:
        return ""
    if (
        not isinstance(merge, str)
        or PurePath(merge).name != merge
        or PurePath(merge).suffix.lower() != ".pdf"
        or "\\" in merge
    ):
        raise ConfigurationError(
            f"{merge!r} is not the name of a PDF in the folder.",
            hint='Use a name such as merge="catalogue.pdf".',
        )
    if form.format != "pdf":
        raise ConfigurationError(
            f"Only PDFs can be merged, not {form.format.upper()} outputs.",
            hint='Use the format "pdf", or leave out merge.',
        )
    try:
        import pypdf  # noqa: F401 - only to find out now whether it is installed
    except ImportError:
        raise ConfigurationError(
            "Merging PDFs needs the library pypdf.",
            hint="Install it with: pip install 'chili-notebook[batch]'",
        ) from None
    return merge


def assign_requests(
    ledger: Ledger, form: OrderForm, checker: RowChecker, merge: str
) -> None:
    """Cut the valid rows of a plan into requests, and assign a file to each request."""
    stem = PurePath(merge).stem
    for number, request in enumerate(_requests(ledger, form, checker), start=1):
        file = f"{stem}.parts/{number:04}.pdf"
        sent = "".join(sent for _position, sent in request)
        ledger.assign_request(
            request, key=file.casefold(), file=file, fingerprint=form.fingerprint(sent)
        )


def _requests(
    ledger: Ledger, form: OrderForm, checker: RowChecker
) -> Iterator[list[tuple[int, str]]]:
    """Yield for each request the positions of its rows, and what is sent of each."""
    request: list[tuple[int, str]] = []
    size = 0
    known: dict[str, object] = {}
    for position, sent in ledger.valid_rows():
        values = json.loads(sent)
        own = {name: checker.own_values[name] for name in known.keys() - values}
        explicit = to_json({**own, **values})
        length = len(explicit.encode()) + 1
        if request and (len(request) == MOST_ROWS or not form.fits(size + length)):
            yield request
            request, size, known = [], 0, {}
            explicit = to_json(values)
            length = len(explicit.encode()) + 1
        request.append((position, explicit))
        size += length
        known |= values
    if request:
        yield request


def merge_parts(ledger: Ledger, preparation: Preparation) -> None:
    """Join the PDFs of all requests in the order of the rows, if all are done.

    Raises:
        ConfigurationError: If a part is not a PDF, or the file cannot be written.
    """
    import pypdf

    others = [state for state in RowState if state is not RowState.DONE]
    if any(map(ledger.job_count, others)) or not ledger.job_count(RowState.DONE):
        return
    writer = pypdf.PdfWriter()
    for job in _parts(ledger):
        part = ledger.folder / job.file
        try:
            writer.append(part)
        except (OSError, pypdf.errors.PyPdfError) as error:
            raise ConfigurationError(
                f"{part} cannot be joined ({type(error).__name__}).",
                hint="Delete it and run the batch again: it is fetched again, or "
                "rendered again after four hours.",
            ) from None
    target = ledger.folder / preparation.merge
    refuse_links(target)
    save_stream(_pieces_of(writer), target, default_name=target.name)
    ledger.set_meta("merged", [preparation.id])


def _parts(ledger: Ledger) -> Iterator[Job]:
    after = -1
    while jobs := ledger.jobs(RowState.DONE, after=after):
        yield from jobs
        after = jobs[-1].position


def _pieces_of(writer: Any) -> Iterator[bytes]:
    from tempfile import SpooledTemporaryFile

    with SpooledTemporaryFile(_PART_BYTES) as file:
        writer.write(file)
        file.seek(0)
        while piece := file.read(_PART_BYTES):
            yield piece
