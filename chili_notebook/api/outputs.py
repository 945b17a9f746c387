"""Outputs: templates and projects as pictures, PDFs, animations or pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from chili_notebook.api.document_item import Documented
from chili_notebook.api.documents import choose_layout
from chili_notebook.api.ids import id_of, segment
from chili_notebook.api.output_polls import Pace, is_word_of_grafx, seconds_of
from chili_notebook.api.output_settings import OutputSetting, OutputSettings
from chili_notebook.api.output_tasks import Output, OutputTask
from chili_notebook.api.projects import Project
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.api.variables import Row, checked_rows, rows_of
from chili_notebook.errors import (
    ConnectionFailedError,
    NotFoundError,
    ServerError,
    UnexpectedAnswerError,
    VariableError,
)

if TYPE_CHECKING:
    from chili_notebook.api.client import Chili
    from chili_notebook.api.documents import Layout

Format = Literal["pdf", "jpg", "png", "gif", "mp4", "html"]
Document = Mapping[str, Any]

_MOST_ROWS = 10_000
_MOST_VARIABLES_BYTES = 10_000_000
_MOST_BYTES = 20_000_000


class Outputs:
    """``chili.outputs``."""

    def __init__(self, client: Chili) -> None:
        self._client = client
        self._pace = Pace()
        self.settings = OutputSettings(client)

    def create(  # noqa: PLR0913 - each is named at the call
        self,
        source: Documented | Document | str,
        format: Format,  # noqa: A002 - GraFx's word
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: Layout | str | int | None = None,
        settings: OutputSetting | str | None = None,
        timeout_s: float = 300.0,
    ) -> Output:
        """Render something and wait for the file.

        Args:
            source: A template, its id, a project, or a whole document.
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            variables: Values by variable name; a list of such rows makes a batch.
            layout: A layout, its id or its name; by default the one that the template
                opens with.
            settings: An output setting, or its id; by default the format's default one.
            timeout_s: How long to wait, in seconds.

        Raises:
            ConfigurationError: If an id or the time is none.
            VariableError: If a variable or layout is not the template's.
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time; its task can be waited for
                again.
            ConnectionFailedError: If the order's answer was lost on the way.
        """
        seconds_of(timeout_s)  # before a render is spent on it
        task = self.start(
            source, format, variables=variables, layout=layout, settings=settings
        )
        return task.wait(timeout_s=timeout_s)

    def start(
        self,
        source: Documented | Document | str,
        format: Format,  # noqa: A002
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: Layout | str | int | None = None,
        settings: OutputSetting | str | None = None,
    ) -> OutputTask:
        """Start rendering; arguments are those of `create`.

        It is never repeated by itself: a second start may be billed as a second render.

        Raises:
            VariableError: If a variable or layout is not the template's.
            ConnectionFailedError: If the answer was lost on the way.
        """
        format = _format(format)  # noqa: A001 - GraFx's word
        body, document = self._source(source)
        body["layoutsToExport"] = [choose_layout(document, layout)]
        if rows := rows_of(variables):
            body["variables"] = checked_rows(document, rows)
        if settings is not None:
            body["outputSettingsId"] = _setting_id(settings)
        _require_small(body)
        return self.task(self._order(format, body), format)

    def task(
        self,
        task: OutputTask | str,
        format: Format | None = None,  # noqa: A002
    ) -> OutputTask:
        """Come back to a task that was started earlier.

        Args:
            task: GraFx's id of it, as errors and outputs tell it, or the task itself.
            format: What it makes, if that is known.

        Raises:
            ConfigurationError: If it is no task.
        """
        known = task.format if isinstance(task, OutputTask) else None
        if format is not None:
            known = _format(format)
        task_id = id_of(task, OutputTask, what="task")
        segment(task_id)  # what can be no id is told here, and not by the first poll
        return OutputTask(task_id, known, self._client, self._pace)

    def _order(self, format: Format, body: dict[str, Any]) -> str:  # noqa: A002
        """Send an order once, and give the id of its task."""
        where = f'{self._client.name}.pages("output/tasks")'
        look = (
            "GraFx may render and bill it all the same, so it is not sent again by "
            f"itself. Look at {where} before you repeat it."
        )
        riddle = f"Whether the {format} was started is not known."
        try:
            task_id = text_in(
                item_of(self._client.post(f"output/{format}", json=body)), "taskId"
            )
        except KeyboardInterrupt:
            sys.stderr.write(f"{riddle} {look}\n")
            raise
        except (ConnectionFailedError, UnexpectedAnswerError) as error:
            if isinstance(error, ConnectionFailedError) and not error.was_sent:
                raise
            lost = error.message
        except ServerError as error:
            if is_word_of_grafx(error):
                raise
            lost = error.message  # a gateway's word, and not GraFx's
        else:
            if task_id:
                return task_id
            lost = "The answer has no task id."
        raise ConnectionFailedError(f"{riddle} {lost}", hint=look)

    def _source(
        self, source: Documented | Document | str
    ) -> tuple[dict[str, Any], Document]:
        """Give what names a source in an order, and its document."""
        if isinstance(source, Mapping):
            return {"documentContent": dict(source)}, source
        if isinstance(source, str):
            source = self._template(source)
        if not isinstance(source, Documented):
            raise VariableError(
                f"A {type(source).__name__} cannot be rendered.",
                hint="Give a template, its id, a project, or a document.",
            )
        kind = "projectId" if isinstance(source, Project) else "templateId"
        return {kind: source.id}, source.document()

    def _template(self, template_id: str) -> Documented:
        try:
            return self._client.templates.get(template_id)
        except (NotFoundError, ServerError) as error:
            if isinstance(error, NotFoundError) or is_word_of_grafx(error):
                error.hint += " A text is a template's id here: give a project itself."
            raise


def _format(text: object) -> Format:
    """Read a format as people write it."""
    for known in get_args(Format):
        if isinstance(text, str) and text.strip().lower() == known:
            return known  # type: ignore[no-any-return]
    raise VariableError(
        f"{text!r} is not an output format.",
        hint=f"Formats: {', '.join(get_args(Format))}.",
    )


def _setting_id(setting: object) -> str:
    if isinstance(setting, OutputSetting):
        return setting.id
    if isinstance(setting, str) and setting:
        return setting
    raise VariableError(
        f"A {type(setting).__name__} is no output setting.",
        hint="Give one of chili.outputs.settings.list(), or its id.",
    )


def _require_small(body: Mapping[str, Any]) -> None:
    """Refuse what GraFx refuses ("Variable data printing with the output API")."""
    rows = body.get("variables", [])
    size = _size_of(body)
    if (
        len(rows) > _MOST_ROWS
        or size > _MOST_BYTES
        or _size_of(rows) > _MOST_VARIABLES_BYTES
    ):
        raise VariableError(
            f"The order is too large: {len(rows):,} rows, {size:,} bytes.",
            hint="GraFx takes 10,000 rows or 10 MB of variables, and 20 MB in all. "
            "Send the rows in several outputs.",
        )


def _size_of(content: object) -> int:
    """Give the bytes that JSON takes as it is sent.

    Raises:
        VariableError: If it cannot be put as JSON.
    """
    try:
        text = json.dumps(
            content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        why = type(error).__name__
    raise VariableError(
        f"The document cannot be sent as JSON ({why}).",
        hint="It may hold texts, numbers, True, False, None, lists and objects.",
    )
