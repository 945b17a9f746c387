"""Outputs: render templates, projects and documents to pictures, PDFs and animations
(pages "Output tasks" and "Variable data printing with the output API").
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chili_notebook.api.document_item import DocumentItem
from chili_notebook.api.documents import choose_layout
from chili_notebook.api.ids import describe, id_of, path_segment
from chili_notebook.api.output_settings import OutputSetting, OutputSettings
from chili_notebook.api.output_tasks import (
    Format,
    InterruptedOutputError,
    Output,
    OutputTask,
    Pace,
    checked_format,
    is_from_grafx,
    seconds_of,
)
from chili_notebook.api.projects import Project
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.api.templates import Template, Templates
from chili_notebook.api.variables import Row, checked_rows, rows_of
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_methods
from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    ServerError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.documents import Layout

Document = Mapping[str, Any]

_MOST_ROWS = 10_000
_MOST_VARIABLES_BYTES = 10_000_000
_MOST_BYTES = 20_000_000


@signed_in
@show_methods
class Outputs:
    """Render templates, projects and documents: ``chili.outputs``.

    Attributes:
        settings: The environment's output settings.

    Example:
        output = chili.outputs.create(template, "png")
        output.save("renders/")
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._pace = Pace()
        self.settings = OutputSettings(client)

    def create(  # noqa: PLR0913 - each is named at the call
        self,
        source: DocumentItem | Document | str,
        format: Format,  # noqa: A002 - GraFx's word
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: Layout | str | int | None = None,
        settings: OutputSetting | str | None = None,
        timeout_s: float = 300.0,
    ) -> Output:
        """Render something and wait for the file.

        Args:
            source: A template or its ID, a project, or a whole document.
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            variables: Values by variable name. A list of such rows makes a batch.
            layout: A layout, its ID or its name; by default the selected one.
            settings: An output setting, or its ID; by default the format's default.
            timeout_s: How long to wait, in seconds.

        Raises:
            ConfigurationError: If the source, the format, the setting or the timeout
                cannot be used, or the output request is too large.
            VariableError: If the template has no such variable, value or layout.
            OutputFailedError: If GraFx cannot make the output.
            OutputTimeoutError: If it is not ready in time. Its task continues.
            ConnectionFailedError: If the response to the output request was lost.

        Example:
            chili.outputs.create(template, "png", layout=template.layouts()[0])
            chili.outputs.create(template, "pdf").save("renders/")
        """
        seconds_of(timeout_s)  # checked before the render starts
        task = self.start(
            source, format, variables=variables, layout=layout, settings=settings
        )
        return task.wait(timeout_s=timeout_s)

    def start(
        self,
        source: DocumentItem | Document | str,
        format: Format,  # noqa: A002
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: Layout | str | int | None = None,
        settings: OutputSetting | str | None = None,
    ) -> OutputTask:
        """Start to render something, and return at once; the arguments are `create`'s.

        The output request is sent once and never repeated, since GraFx may bill a
        second one.

        Raises:
            ConfigurationError: If the source, the format or the setting cannot be
                used, or the output request is too large.
            VariableError: If the template has no such variable, value or layout.
            ConnectionFailedError: If the response to the output request was lost.

        Example:
            task = chili.outputs.start(template, "pdf")
            output = task.wait()
        """
        format = checked_format(format)  # noqa: A001 - GraFx's word
        body, document = self._request_for(source)
        body["layoutsToExport"] = [choose_layout(document, layout)]
        if rows := rows_of(variables):
            body["variables"] = checked_rows(document, rows)
        if settings is not None:
            body["outputSettingsId"] = _setting_id(settings)
        _require_small(body)
        return self.task(self._send_request(format, body), format)

    def task(
        self,
        task: OutputTask | str,
        format: Format | None = None,  # noqa: A002
    ) -> OutputTask:
        """Return a task that was started earlier, here or in another notebook.

        Args:
            task: GraFx's ID of the task, as errors and outputs show it, or the task.
            format: The format of the output, if it is known.

        Raises:
            ConfigurationError: If `task` is neither a task nor an ID, or GraFx has no
                such format.

        Example:
            task_id = chili.outputs.start(template, "png").id
            chili.outputs.task(task_id).wait()
        """
        known = task.format if isinstance(task, OutputTask) else None
        if format is not None:
            known = checked_format(format)
        task_id = id_of(task, OutputTask, kind_name="task")
        path_segment(task_id)  # a wrong ID is an error here, not at the first poll
        return OutputTask(task_id, known, self._client, self._pace)

    def _send_request(self, format: Format, body: dict[str, Any]) -> str:  # noqa: A002
        """Send an output request once, and return the ID of its task."""
        tasks = f'{self._client.name}.pages("output/tasks")'
        unknown = f"It is unknown whether GraFx started this {format.upper()} output."
        hint = (
            "GraFx may render and bill it, so it is not sent again automatically. "
            f"Check {tasks} before you repeat it."
        )
        try:
            response = self._client.post(f"output/{format}", json=body)
            task_id = text_in(item_of(response), "taskId")
        except KeyboardInterrupt:
            raise InterruptedOutputError(unknown, hint=hint) from None
        except (ConnectionFailedError, UnexpectedAnswerError) as error:
            if isinstance(error, ConnectionFailedError) and not error.was_sent:
                raise
            reason = error.message
        except ServerError as error:
            if is_from_grafx(error):
                raise
            reason = error.message
        else:
            if task_id:
                return task_id
            reason = "The response has no task ID."
        raise ConnectionFailedError(f"{unknown} {reason}", hint=hint)

    def _request_for(
        self, source: DocumentItem | Document | str
    ) -> tuple[dict[str, Any], Document]:
        """Return the part of a request that names its source, and the document."""
        if isinstance(source, Mapping):
            return {"documentContent": dict(source)}, source
        if isinstance(source, str):
            source = self._template(source)
        if not isinstance(source, DocumentItem):
            raise ConfigurationError(
                f"Expected something to render, got {describe(source)}.",
                hint="Pass a template or its ID, a project, or a document.",
            )
        key = "projectId" if isinstance(source, Project) else "templateId"
        return {key: source.id}, source.document()

    def _template(self, template_id: str) -> Template:
        try:
            return Templates(self._client, self.create).get(template_id)
        except (NotFoundError, ServerError) as error:
            if isinstance(error, NotFoundError) or is_from_grafx(error):
                error.hint += " A text is the ID of a template; pass a project itself."
            raise


def _setting_id(setting: object) -> str:
    if isinstance(setting, OutputSetting):
        return setting.id
    if isinstance(setting, str) and setting:
        return setting
    raise ConfigurationError(
        f"Expected an output setting or its ID, got {describe(setting)}.",
        hint="Pass one of chili.outputs.settings.list(), or its ID.",
    )


def _require_small(body: Mapping[str, Any]) -> None:
    """Raise an error for an output request that GraFx would refuse as too large.

    The limits are those of the page "Variable data printing with the output API".
    """
    rows = body.get("variables", [])
    size = _json_size(body)
    if (
        len(rows) > _MOST_ROWS
        or size > _MOST_BYTES
        or _json_size(rows) > _MOST_VARIABLES_BYTES
    ):
        raise ConfigurationError(
            f"The output request is too large: {len(rows):,} rows, {size:,} bytes.",
            hint="GraFx takes 10,000 rows or 10 MB of variables, and 20 MB in total. "
            "Send the rows in several outputs.",
        )


def _json_size(content: object) -> int:
    """Return the number of bytes of something as JSON.

    Raises:
        ConfigurationError: If it cannot be serialized as JSON.
    """
    try:
        text = json.dumps(
            content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        reason = type(error).__name__
    raise ConfigurationError(
        f"The document cannot be serialized as JSON ({reason}).",
        hint="Use only texts, numbers, True, False, None, lists and objects.",
    )
