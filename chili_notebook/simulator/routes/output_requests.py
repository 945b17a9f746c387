"""Read and check the requests that start an output.

The limits and the types of rows are from the page "Variable data printing with the
output API"; the rows of data source variables, from the documentation of 2026-08-03.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.rendering.old_documents import convert_document
from chili_notebook.simulator.rendering.variable_values import (
    RecordFailedError,
    is_injected,
)
from chili_notebook.simulator.routes.output_settings import check_setting
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.projects import require_project
from chili_notebook.simulator.routes.request_bodies import read_json_object
from chili_notebook.simulator.state.output_settings import CONTINUE

if TYPE_CHECKING:
    from chili_notebook.simulator.state.documents import StoredDocument
    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.output_settings import Setting

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

_VERSION = re.compile(r"\d+(\.\d+){1,2}")
_MAX_ROWS = 10_000
_MAX_VARIABLES_BYTES = 10_000_000
_MAX_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class OutputRequest:
    """A valid request for an output.

    Attributes:
        name: The name of the template or project.
        format: The format.
        source: ``Template``, ``Project`` or ``Document``.
        document: The document.
        layouts: The IDs of the layouts.
        rows: One row for each record: values by the names of variables.
        injected: The rows of data source variables, by the names of the variables.
        records_per_file: The largest number of records in a PDF.
        watermark: A text to draw over the pictures.
        skips_failures: Whether records that fail are left out.
        scale: The scale of pictures. GraFx does not publish the unit of ``scaling``;
            here it is a percentage.
        fps: Frames per second of an animation.
        draws: Whether the files show the content of the document.
    """

    name: str
    format: str
    source: str
    document: Mapping[str, Any]
    layouts: tuple[str, ...]
    rows: tuple[Row, ...]
    injected: Mapping[str, Rows]
    records_per_file: int | None
    watermark: str | None
    skips_failures: bool
    scale: float
    fps: float | None
    draws: bool


def read_output_request(
    content: bytes,
    format: str,  # noqa: A002 - GraFx's word
    state: EnvironmentState,
    client_id: str,
) -> OutputRequest:
    """Read the body of a request that starts an output.

    Args:
        content: The body.
        format: The format.
        state: The state of the environment.
        client_id: The client, which can use its own projects.

    Raises:
        ProblemError: 400, 404, 413 or 500, as GraFx responds.
    """
    if len(content) > _MAX_BYTES:
        raise ProblemError(413, "The request is larger than 20 MB")
    body = read_json_object(content, "request")
    setting = _read_setting(body, format, state)
    stored, source = _find_stored(body, state, client_id)
    # Studio UI sends the ID of the template, and the unsaved document with it.
    document = _read_document(
        body.get("documentContent") or (stored and stored.document)
    )
    layouts = body.get("layoutsToExport") or [document.get("selectedLayoutId")]
    known = {str(layout.get("id")) for layout in document["layouts"]}
    if not isinstance(layouts, list) or not known.issuperset(map(str, layouts)):
        raise ProblemError(400, "layoutsToExport contains an unknown layout")
    engine = body.get("engineVersion")
    if engine is not None and not _VERSION.fullmatch(str(engine)):
        raise ProblemError(400, f"'{engine}' is not the version of an engine")
    rows, injected = _read_rows(body.get("variables"), document)
    watermark = None
    if setting.get("watermark") is True or state.sandbox:
        watermark = setting.get("watermarkText") or "Watermark"
    return OutputRequest(
        name=stored.name if stored else "Document",
        format=format,
        source=source,
        document=document,
        layouts=tuple(map(str, layouts)),
        rows=rows,
        injected=injected,
        records_per_file=_read_records_per_file(body, format),
        watermark=watermark,
        skips_failures=setting.get(CONTINUE) is True,
        scale=(setting.get("scaling") or 100) / 100,
        fps=setting.get("fps"),
        draws=state.draws,
    )


def _find_stored(
    body: Mapping[str, Any], state: EnvironmentState, client_id: str
) -> tuple[StoredDocument | None, str]:
    """Return the template or project that a request names, and the output's source."""
    template_id, project_id = body.get("templateId"), body.get("projectId")
    if template_id is not None and project_id is not None:
        raise ProblemError(400, "Either templateId or projectId must be provided")
    if project_id is not None:
        return require_project(state, str(project_id), client_id), "Project"
    if template_id is None:
        return None, "Document"
    template = state.templates.find(str(template_id))
    if template is None:
        raise ProblemError(400, f"Template '{template_id}' is not found")
    return template, "Template"


def _read_document(document: object) -> Mapping[str, Any]:
    layouts = document.get("layouts") if isinstance(document, dict) else None
    if (
        not isinstance(document, dict)
        or not isinstance(layouts, list)
        or not all(isinstance(layout, dict) for layout in layouts)
    ):
        raise ProblemError(
            400, "Either templateId, projectId or documentContent is required"
        )
    try:
        return convert_document(document)
    except RecordFailedError as error:
        raise ProblemError(400, str(error)) from error


def _read_rows(
    variables: object, document: Mapping[str, Any]
) -> tuple[tuple[Row, ...], dict[str, Rows]]:
    """Return a row for each record, and the rows of injected data sources."""
    if variables is None:
        return ({},), {}
    if not isinstance(variables, list) or not all(
        isinstance(row, dict) for row in variables
    ):
        raise ProblemError(400, "variables must be an array of objects")
    sources = {
        str(variable.get("name")): variable
        for variable in document.get("variables") or []
        if isinstance(variable, dict)
        and str(variable.get("type")).lower() == "datasource"
    }
    injected: dict[str, Rows] = {}
    rows: list[Row] = []
    for entry in variables:
        for name in sources.keys() & entry.keys():
            injected[name] = _read_injected(sources[name], entry[name])
        row = {name: value for name, value in entry.items() if name not in sources}
        if row or not entry:
            rows.append(row)
    sent = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
    count = len(rows) + sum(map(len, injected.values()))
    if count > _MAX_ROWS or len(sent.encode()) > _MAX_VARIABLES_BYTES:
        raise ProblemError(413, "variables has more than 10,000 rows or 10 MB")
    for number, row in enumerate(rows):
        for name, value in row.items():
            if value is not None and not isinstance(value, str):
                raise ProblemError(
                    400, f"The value of '{name}' in row {number} is not text or null"
                )
    return tuple(rows) or ({},), injected


def _read_injected(variable: Mapping[str, Any], rows: object) -> Rows:
    name = variable.get("name")
    if not is_injected(variable):
        raise ProblemError(400, f"The rows of '{name}' come from its data connector")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ProblemError(400, f"The value of '{name}' is not an array of objects")
    return rows


def _read_setting(body: dict[str, Any], kind: str, state: EnvironmentState) -> Setting:
    """Return the setting that is named or sent, or the default of the format."""
    setting_id, setting = body.get("outputSettingsId"), body.get("outputSettings")
    if setting_id is None and setting is None:
        return state.settings.default(kind)
    if setting_id is not None:
        settings = state.settings.all
        setting = settings.get(setting_id) if isinstance(setting_id, str) else None
    if not isinstance(setting, dict) or str(setting.get("type", kind)).lower() != kind:
        raise ProblemError(400, f"There is no such output setting for {kind}")
    return check_setting(setting)


def _read_records_per_file(body: dict[str, Any], kind: str) -> int | None:
    count = body.get("maxRecordsPerFile")
    if count is None:
        return None
    is_whole = isinstance(count, int) and not isinstance(count, bool)
    if kind != "pdf" or not is_whole or count < 1:
        raise ProblemError(400, "maxRecordsPerFile is for pdf, and must be 1 or more")
    return int(count)
