"""Error reports of outputs: which records failed, and of what ("Output tasks").

Where a report is stands in the text of the failure; its keys are spelled in two ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.api.responses import body_of, whole_number_in
from chili_notebook.display.tables import html_table
from chili_notebook.errors import ChiliError, UnexpectedAnswerError
from chili_notebook.http.foreign import one_line

if TYPE_CHECKING:
    from chili_notebook.api.base import Calls

_URL = r"https?://[^\s\"'<>]+[^\s\"'<>.,;:)]"
_REPORT = re.compile(rf"\s*\b(?:error )?report:?\s*({_URL})\.?", re.IGNORECASE)
_LARGEST = 20_000_000
_SHOWN = 5
_IN_WORDS = {
    "textoverflow": "a text does not fit its frame",
    "imageloadfailed": "an image could not be loaded",
    "fontloadfailed": "a font could not be loaded",
    "missingcharacter": "a font lacks a character",
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

    Attributes:
        record: The record's number, from 0, if told.
        type: GraFx's word for it, such as ``TextOverflow``.
        details: What GraFx says of it.
    """

    record: int | None
    type: str
    details: str

    @property
    def words(self) -> str:
        """What went wrong, in plain words; GraFx's own where there are none."""
        return _IN_WORDS.get(re.sub(r"[^a-z]", "", self.type.lower()), self.type)

    def __str__(self) -> str:
        where = "" if self.record is None else f"record {self.record}: "
        details = self.details.rstrip(".")
        return f"{where}{self.words}" + (f" ({details})" if details else "")


class Report(tuple[RecordError, ...]):
    """What went wrong with which record; a table in a notebook, else lines."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        rows = [[error.record, error.words, error.details] for error in self]
        table = html_table(["Record", "What", "Details"], rows)
        return {"text/html": table, "text/plain": str(self) or repr(self)}

    def _repr_pretty_(self, printer: Any, _cycle: object) -> None:
        printer.text(str(self) or repr(self))  # else IPython's for tuples comes first


def find_report(detail: str) -> str:
    """Give the address that a failure's text calls its report, empty if none."""
    return next(iter(_REPORT.findall(detail)), "")


def without_report(detail: str) -> str:
    """Give a failure's text without the address of its report, which few can open."""
    return _REPORT.sub("", detail).strip()


def fetch_report(client: Calls, address: str) -> Report:
    """Give the error report at an address.

    Raises:
        ChiliError: If it cannot be had, or is none.
    """
    records = body_of(client.get(address, at_most=_LARGEST))
    report = Report(
        RecordError(
            whole_number_in(entry, "recordnumber"),
            one_line(error.get("type")),
            one_line(error.get("details")),
        )
        for entry in _objects(records)
        for error in _objects(entry.get("errorlist"))
    )
    if report or records == []:
        return report
    raise UnexpectedAnswerError("GraFx's answer is no report of errors by record.")


def read_report(client: Calls, address: str) -> Report:
    """Give an error report, if it can be had.

    A report that cannot be read is none: the failure itself is what must be told.

    Args:
        client: What asks.
        address: Where the report is; empty if that is not known.
    """
    try:
        return fetch_report(client, address) if address else Report()
    except ChiliError:
        return Report()


def words_of(report: tuple[RecordError, ...]) -> str:
    """Say what the first errors of a report are, a line each; empty without one."""
    lines = [str(error) for error in report[:_SHOWN]]
    more = len(report) - _SHOWN
    return "\n".join([*lines, f"and {more} more in the report"] if more > 0 else lines)


def _objects(value: object) -> list[dict[str, Any]]:
    """Give the objects in a list, their keys in small letters."""
    found = value if isinstance(value, list) else []
    objects = [
        {str(key).lower(): item for key, item in entry.items()}
        for entry in found
        if isinstance(entry, Mapping)
    ]
    for entry in objects:
        if "recordid" in entry:
            entry.setdefault("recordnumber", entry["recordid"])
    return objects
