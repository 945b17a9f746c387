"""Outputs: templates and projects as pictures, PDFs, animations or pages."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from chili_notebook.answers import item_of, text_in
from chili_notebook.documents import checked_rows, choose_layout
from chili_notebook.errors import (
    UnexpectedAnswerError,
    VariableError,
)
from chili_notebook.resources.documented import Documented
from chili_notebook.resources.files import File
from chili_notebook.resources.output_settings import OutputSetting, OutputSettings
from chili_notebook.resources.output_tasks import await_download
from chili_notebook.resources.projects import Project

if TYPE_CHECKING:
    from chili_notebook.client import Chili

Format = Literal["pdf", "jpg", "png", "gif", "mp4", "html"]
Row = Mapping[str, Any]
Document = Mapping[str, Any]

_MOST_ROWS = 10_000
_MOST_VARIABLES_BYTES = 10_000_000
_MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Output(File):
    """A finished output; in a notebook it shows itself.

    Attributes:
        format: What was asked for.
        task_id: GraFx's id of the task that made it.
    """

    format: str
    task_id: str


class Outputs:
    """``chili.outputs``."""

    def __init__(self, client: Chili) -> None:
        self._client = client
        self.settings = OutputSettings(client)

    def create(  # noqa: PLR0913 - each is named at the call
        self,
        source: Documented | Document | str,
        format: Format,  # noqa: A002 - GraFx's word
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: str | int | None = None,
        settings: OutputSetting | str | None = None,
        timeout_s: float = 300.0,
    ) -> Output:
        """Render something and wait for the file.

        Args:
            source: A template, its id, a project, or a whole document.
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            variables: Values by variable name; a list of such rows makes a batch.
            layout: A layout's id or name; by default the one the template opens with.
            settings: An output setting, or its id; by default the format's default one.
            timeout_s: How long to wait, in seconds.

        Raises:
            VariableError: If a variable or layout is not the template's.
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time; `wait` can go on.
        """
        format = _format(format)  # noqa: A001 - GraFx's word
        task_id = self.start(
            source, format, variables=variables, layout=layout, settings=settings
        )
        return self.wait(task_id, format, timeout_s=timeout_s)

    def start(
        self,
        source: Documented | Document | str,
        format: Format,  # noqa: A002
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: str | int | None = None,
        settings: OutputSetting | str | None = None,
    ) -> str:
        """Start rendering and give the task's id.

        It is never repeated by itself: a second start may be billed as a second render.
        """
        format = _format(format)  # noqa: A001 - GraFx's word
        body, document = self._source(source)
        wanted = None if layout is None else str(layout)
        body["layoutsToExport"] = [choose_layout(document, wanted)]
        if variables:
            rows = [variables] if isinstance(variables, Mapping) else variables
            if not all(isinstance(row, Mapping) for row in rows):
                raise VariableError(
                    "The variables are no rows of values.",
                    hint='Give {"name": value}, or a list of these.',
                )
            body["variables"] = checked_rows(document, rows)
        if settings:
            by_id = settings if isinstance(settings, str) else settings.id
            body["outputSettingsId"] = by_id
        _require_small(body)
        response = self._client.post(f"output/{format}", json=body)
        task_id = text_in(item_of(response), "taskId")
        if not task_id:
            raise UnexpectedAnswerError("GraFx started an output without a task id.")
        return task_id

    def _source(
        self, source: Documented | Document | str
    ) -> tuple[dict[str, Any], Document]:
        """Give what names a source in an order, and its document."""
        if isinstance(source, Mapping):
            return {"documentContent": dict(source)}, source
        if isinstance(source, str):
            source = self._client.templates.get(source)
        if not isinstance(source, Documented):
            raise VariableError(
                f"A {type(source).__name__} cannot be rendered.",
                hint="Give a template, its id, a project, or a document.",
            )
        kind = "projectId" if isinstance(source, Project) else "templateId"
        return {kind: source.id}, source.document()

    def wait(
        self,
        task_id: str,
        format: Format,  # noqa: A002
        *,
        timeout_s: float = 300.0,
    ) -> Output:
        """Wait for a task and give its file.

        Raises:
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time.
        """
        download = await_download(self._client, task_id, format, timeout_s=timeout_s)
        name = f"{task_id}.{format}"
        response = self._client.get(download)
        return Output.read(response, name=name, format=format, task_id=task_id)


def _format(text: str) -> Format:
    """Read a format as people write it."""
    for known in get_args(Format):
        if text.lower() == known:
            return known  # type: ignore[no-any-return]
    raise VariableError(
        f"{text!r} is not an output format.",
        hint=f"Formats: {', '.join(get_args(Format))}.",
    )


def _require_small(body: Mapping[str, Any]) -> None:
    """Refuse what GraFx refuses ("Variable data printing with the output API")."""
    rows = body.get("variables", ())
    size = len(json.dumps(body))
    if (
        len(rows) > _MOST_ROWS
        or size > _MOST_BYTES
        or (rows and len(json.dumps(rows)) > _MOST_VARIABLES_BYTES)
    ):
        raise VariableError(
            f"The order is too large: {len(rows):,} rows, {size:,} bytes.",
            hint="GraFx takes 10,000 rows or 10 MB of variables, and 20 MB in all. "
            "Send the rows in several outputs.",
        )
