"""Reads what an output is to be made of, and refuses what GraFx refuses.

Limits and types of rows are from the page "Variable data printing with the output API".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.bodies import json_object
from chili_notebook.simulator.output_settings import (
    Choices,
    checked_setting,
    choices_of,
)
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.projects import own_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chili_notebook.simulator.documents import Stored
    from chili_notebook.simulator.output_settings import Setting
    from chili_notebook.simulator.world import World

Row = dict[str, str | None]

_MOST_ROWS = 10_000
_MOST_VARIABLES_BYTES = 10_000_000
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What an output is to be made of.

    Attributes:
        name: What it is of.
        format: Its format.
        source: ``Template``, ``Project`` or ``Document``.
        document: The document.
        layouts: The ids of the layouts.
        rows: A record each: values by the names of variables.
        choices: What its setting decides.
        records_per_file: How many records a PDF holds at most.
    """

    name: str
    format: str
    source: str
    document: Mapping[str, Any]
    layouts: tuple[str, ...]
    rows: tuple[Row, ...] = ({},)
    choices: Choices = field(default_factory=Choices)
    records_per_file: int | None = None


def read_order(content: bytes, kind: str, world: World, client_id: str) -> Order:
    """Read the body of a request that starts an output.

    Args:
        content: The body.
        kind: The format.
        world: What the simulator holds.
        client_id: Whose projects it may name.

    Raises:
        ProblemError: 400, 404, 413 or 500, as GraFx answers.
    """
    if len(content) > _MOST_BYTES:
        raise ProblemError(413, "The request is larger than 20 MB")
    body = json_object(content, "request")
    setting = _setting(body, kind, world)
    stored, source = find_stored(body, world, client_id)
    # Studio UI sends both: what is stored, and its document as it stands unsaved.
    document = read_document(
        body.get("documentContent") or (stored and stored.document)
    )
    layouts = body.get("layoutsToExport") or [document.get("selectedLayoutId")]
    known = [layout.get("id") for layout in document["layouts"]]
    if not isinstance(layouts, list) or any(item not in known for item in layouts):
        raise ProblemError(400, "layoutsToExport holds an id that is no layout's")
    return Order(
        name=stored.name if stored else "Document",
        format=kind,
        source=source,
        document=document,
        layouts=tuple(layouts),
        rows=_rows(body.get("variables"), document),
        choices=choices_of(setting, sandbox=world.sandbox),
        records_per_file=_records_per_file(body, kind),
    )


def find_stored(
    named: Mapping[str, Any], world: World, client_id: str
) -> tuple[Stored | None, str]:
    """Give the template or project that an order names, and what it is.

    Raises:
        ProblemError: 400 for both or for no template of ours, 404 for no project.
    """
    template_id, project_id = named.get("templateId"), named.get("projectId")
    if template_id is not None and project_id is not None:
        raise ProblemError(400, "Either templateId or projectId must be provided")
    if project_id is not None:
        return own_project(world, str(project_id), client_id), "Project"
    if template_id is None:
        return None, "Document"
    template = world.templates.find(str(template_id))
    if template is None:
        raise ProblemError(400, f"Template '{template_id}' is not found")
    return template, "Template"


def read_document(document: object) -> dict[str, Any]:
    """Give a document that has layouts to choose from.

    Raises:
        ProblemError: 400 if it has none.
    """
    layouts = document.get("layouts") if isinstance(document, dict) else None
    if (
        not isinstance(document, dict)
        or not isinstance(layouts, list)
        or not all(isinstance(layout, dict) for layout in layouts)
    ):
        raise ProblemError(
            400, "Either templateId, projectId or documentContent is needed"
        )
    return document


def _rows(given: object, document: Mapping[str, Any]) -> tuple[Row, ...]:
    if given is None:
        return ({},)
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise ProblemError(400, "variables must be an array of objects")
    sent = json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()
    sources = {
        str(variable.get("name"))
        for variable in document.get("variables") or []
        if isinstance(variable, dict) and variable.get("type") == "dataSource"
    }
    rows = [row for whole in given for row in _source_rows(whole, sources)]
    if len(rows) > _MOST_ROWS or len(sent) > _MOST_VARIABLES_BYTES:
        raise ProblemError(413, "variables holds more than 10,000 rows or 10 MB")
    for number, row in enumerate(rows):
        for name, value in row.items():
            if value is not None and not isinstance(value, str):
                raise ProblemError(
                    400, f"The value of '{name}' in row {number} is not text or null"
                )
    return tuple(rows) or ({},)


def _source_rows(row: dict[str, Any], sources: Iterable[str]) -> list[dict[str, Any]]:
    """Give the rows that Studio UI puts under the name of a data source."""
    for name in sources:
        inner = row.get(name)
        if isinstance(inner, list) and all(isinstance(each, dict) for each in inner):
            others = {key: value for key, value in row.items() if key != name}
            return [others | each for each in inner]
    return [row]


def _setting(body: dict[str, Any], kind: str, world: World) -> Setting:
    """Give the setting that is named or sent along, or the format's default."""
    setting_id, sent = body.get("outputSettingsId"), body.get("outputSettings")
    if setting_id is None and sent is None:
        return world.settings.default(kind)
    settings = world.settings.all
    if setting_id is not None:
        sent = settings.get(setting_id) if isinstance(setting_id, str) else None
    if not isinstance(sent, dict) or str(sent.get("type", kind)).lower() != kind:
        raise ProblemError(400, f"There is no such output setting for {kind}")
    return checked_setting(sent)


def _records_per_file(body: dict[str, Any], kind: str) -> int | None:
    most = body.get("maxRecordsPerFile")
    if most is None:
        return None
    if kind != "pdf" or isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ProblemError(400, "maxRecordsPerFile is for pdf, and is 1 or more")
    return most
