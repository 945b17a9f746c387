"""Error reports of outputs: which records failed, and why (page "Output tasks").

The URL of a report is part of the text of the failure. Its keys have two spellings: the
documentation's ``recordNumber``, and ``RecordId`` as other programs have seen it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.api.responses import body_of, whole_number_in
from chili_notebook.display.tables import html_table
from chili_notebook.errors import ChiliError, UnexpectedAnswerError
from chili_notebook.http.reading import one_line

if TYPE_CHECKING:
    from chili_notebook.api.base import ApiClient

_URL = r"https?://[^\s\"'<>]+[^\s\"'<>.,;:)]"
_REPORT = re.compile(rf"\s*\b(?:error )?report:?\s*({_URL})\.?", re.IGNORECASE)
_LINES = 5
_IN_WORDS = {
    "textoverflow": "a text does not fit its frame",
    "imageloadfailed": "an image could not be loaded",
    "fontloadfailed": "a font could not be loaded",
    "missingcharacter": "a font lacks a character",
    "missingcharacterinfont": "a font lacks a character",
    "barcodeempty": "a barcode is empty",
    "barcodevalidationerror": "a barcode's value is not valid",
    "invalidvariablevalue": "a variable's value is not valid",
    "missingvariablevalue": "a required variable has no value",
    "documentloadactionfailed": "an action failed as the document was loaded",
    "actionfailed": "an action failed",
    "novisiblepages": "no page is visible",
}


@dataclass(frozen=True, slots=True)
class RecordError:
    """One thing that went wrong with one record.

    As a text it numbers the row as people do, from 1.

    Attributes:
        record: The number of the record as GraFx counts, from 0, if known.
        type: GraFx's name of the error, such as ``TextOverflow``.
        details: GraFx's description; may be empty.

    Example:
        report = chili.outputs.create(template, "pdf").report
        [(error.record, error.reason) for error in report]
    """

    record: int | None
    type: str
    details: str

    @property
    def reason(self) -> str:
        """What went wrong, in plain words; for unknown types GraFx's name.

        Example:
            output = chili.outputs.create(template, "pdf")
            [error.reason for error in output.report]
        """
        key = re.sub(r"[^a-z]", "", self.type.lower())
        return _IN_WORDS.get(key, self.type) or "an unknown error"

    @property
    def explanation(self) -> str:
        """What went wrong in plain words, with GraFx's description.

        Example:
            output = chili.outputs.create(template, "pdf")
            [error.explanation for error in output.report]
        """
        details = self.details.rstrip(".")
        return self.reason + (f" ({details})" if details else "")

    def __str__(self) -> str:
        row = _row(self)
        where = "" if row is None else f"row {row}: "
        return where + self.explanation


class OutputReport(tuple[RecordError, ...]):
    """What went wrong with which record; in a notebook it shows itself as a table.

    A batch has one if its output setting continues after a failure.

    Example:
        setting = chili.outputs.settings.create(
            "pdf", name="Continue", continueBatchOutputAfterFailure=True
        )
        rows = [{"Name": "Ada"}, {"Name": "Grace"}]
        batch = chili.outputs.create(template, "pdf", variables=rows, settings=setting)
        batch.report  # empty if every record was rendered
    """

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        rows = [[_row(error), error.reason, error.details] for error in self]
        table = html_table(["Row", "What", "Details"], rows)
        return {"text/html": table, "text/plain": str(self) or repr(self)}

    def _repr_pretty_(self, printer: Any, _cycle: object) -> None:
        # Without this method IPython shows it as it shows tuples.
        printer.text(str(self) or repr(self))


def _row(error: RecordError) -> int | None:
    return None if error.record is None else error.record + 1


def find_report_url(detail: str) -> str:
    """Return the URL of the report that a failure's text contains, empty if none."""
    return next(iter(_REPORT.findall(detail)), "")


def without_report_url(detail: str) -> str:
    """Return a failure's text without the URL of its report, which needs the token."""
    return _REPORT.sub("", detail).strip()


def fetch_report(client: ApiClient, address: str) -> OutputReport:
    """Return the error report at an address.

    Raises:
        ChiliError: If it cannot be fetched, or is not a report.
    """
    records = body_of(client.get(address))
    report = OutputReport(
        RecordError(
            whole_number_in(entry, "recordnumber"),
            one_line(error.get("type")),
            one_line(error.get("details")),
        )
        for entry in _objects_in(records)
        for error in _objects_in(entry.get("errorlist"))
    )
    if report or records == []:
        return report
    raise UnexpectedAnswerError("GraFx's response is not a report of errors by record.")


def read_report(client: ApiClient, address: str) -> OutputReport:
    """Return the error report of a failure, empty if it cannot be read.

    A problem with the report must not hide the failure itself.

    Args:
        client: The client that fetches it.
        address: Its address; empty if that is not known.
    """
    try:
        return fetch_report(client, address) if address else OutputReport()
    except ChiliError:
        return OutputReport()


def summarize(report: tuple[RecordError, ...]) -> str:
    """Return the first errors of a report, one in each line; empty without errors."""
    lines = [str(error) for error in report[:_LINES]]
    more = len(report) - _LINES
    return "\n".join([*lines, f"and {more} more in the report"] if more > 0 else lines)


def _objects_in(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list, with their keys in lower case."""
    items = value if isinstance(value, list) else []
    objects = [
        {str(key).lower(): item for key, item in entry.items()}
        for entry in items
        if isinstance(entry, Mapping)
    ]
    for entry in objects:
        if "recordid" in entry:
            entry.setdefault("recordnumber", entry["recordid"])
    return objects
