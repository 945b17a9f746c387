"""Error reports of outputs: which records failed, and of what ("Output tasks").

Where a report is stands in the text of the failure; its keys are spelled in two ways.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.answers import whole_number_in
from chili_notebook.errors import ChiliError
from chili_notebook.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chili_notebook.calls import Calls

_URL = r"https?://[^\s\"'<>]+[^\s\"'<>.,;:)]"
_REPORT = re.compile(rf"\s*\b(?:error )?report:?\s*({_URL})\.?", re.IGNORECASE)
_LARGEST = 20_000_000
_SHOWN = 3
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

    def __str__(self) -> str:
        words = _IN_WORDS.get(re.sub(r"[^a-z]", "", self.type.lower()), self.type)
        where = "" if self.record is None else f"record {self.record}: "
        return f"{where}{words}" + (f" ({self.details})" if self.details else "")


def find_report(detail: str) -> str:
    """Give the address that a failure's text calls its report, empty if none."""
    return next(iter(_REPORT.findall(detail)), "")


def without_report(detail: str) -> str:
    """Give a failure's text without the address of its report, which few can open."""
    return _REPORT.sub("", detail).strip()


def read_report(client: Calls, address: str) -> tuple[RecordError, ...]:
    """Give an error report, if it can be had.

    A report that cannot be read is none: the failure itself is what must be told.

    Args:
        client: What asks.
        address: Where the report is; empty if that is not known.
    """
    if not address:
        return ()
    try:
        response = client.get(address, at_most=_LARGEST)
        records = json.loads(response.content)
    except (ChiliError, ValueError, RecursionError):
        return ()
    return tuple(
        RecordError(
            whole_number_in(entry, "recordnumber"),
            one_line(error.get("type")),
            one_line(error.get("details")),
        )
        for entry in _objects(records)
        for error in _objects(entry.get("errorlist"))
    )


def words_of(report: Sequence[RecordError]) -> str:
    """Say what the first errors of a report are, empty without one."""
    told = "; ".join(map(str, report[:_SHOWN]))
    more = len(report) - _SHOWN
    return f"{told}{f'; and {more} more' if more > 0 else ''}." if told else ""


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
