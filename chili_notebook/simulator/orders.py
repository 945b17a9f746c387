"""Reads what an output is to be made of, and refuses what GraFx refuses.

Limits and types of rows are from the page "Variable data printing with the output API".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.designs import Design
    from chili_notebook.simulator.output_settings import Setting

_MOST_ROWS = 10_000
_MOST_VARIABLES_BYTES = 10_000_000
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What an output is to be made of."""

    name: str
    format: str
    document: Mapping[str, Any]
    layouts: tuple[str, ...]
    rows: tuple[Mapping[str, str | None], ...]


def read_order(
    content: bytes,
    kind: str,
    *,
    designs: Mapping[str, Design],
    settings: Mapping[str, Setting],
) -> Order:
    """Read the body of a request that starts an output.

    Raises:
        ProblemError: 400, 413 or 500, as GraFx answers.
    """
    body = _body(content)
    _require_setting(body, kind, settings)
    design = None
    if body.get("templateId") is not None:
        design = designs.get(str(body["templateId"]))
        if design is None:
            raise ProblemError(400, f"Template '{body['templateId']}' is not found")
    # Studio UI sends both: the template, and its document as it stands unsaved.
    document = body.get("documentContent") or (design and design.document)
    if not isinstance(document, dict) or not isinstance(document.get("layouts"), list):
        raise ProblemError(400, "Either templateId or documentContent is needed")
    known = [layout.get("id") for layout in document["layouts"]]
    layouts = body.get("layoutsToExport") or [document.get("selectedLayoutId")]
    if not isinstance(layouts, list) or any(item not in known for item in layouts):
        raise ProblemError(400, "layoutsToExport holds an id that is no layout's")
    name = design.name if design else "Document"
    return Order(name, kind, document, tuple(layouts), _rows(body.get("variables")))


def _rows(rows: object) -> tuple[dict[str, str | None], ...]:
    if rows is None:
        return ({},)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProblemError(400, "variables must be an array of objects")
    if len(rows) > _MOST_ROWS or len(json.dumps(rows)) > _MOST_VARIABLES_BYTES:
        raise ProblemError(413, "variables holds more than 10,000 rows or 10 MB")
    for number, row in enumerate(rows):
        for name, value in row.items():
            if value is not None and not isinstance(value, str):
                raise ProblemError(
                    400, f"The value of '{name}' in row {number} is not text or null"
                )
    return tuple(rows) or ({},)


def _body(content: bytes) -> dict[str, Any]:
    if len(content) > _MOST_BYTES:
        raise ProblemError(413, "The request is larger than 20 MB")
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ProblemError(
            500, 'Failed to read parameter "request" from the request body as JSON.'
        )
    return body


def _require_setting(
    body: dict[str, Any], kind: str, settings: Mapping[str, Setting]
) -> None:
    setting_id = body.get("outputSettingsId")
    if setting_id is None:
        return
    setting = settings.get(setting_id) if isinstance(setting_id, str) else None
    if setting is None or setting["type"] != kind.upper():
        raise ProblemError(400, f"outputSettingsId is no setting for {kind}")
