"""Outputs: render templates, projects and documents to pictures, PDFs and animations
(pages "Output tasks" and "Variable data printing with the output API").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Unpack, overload

from chili_notebook.api.document_cache import DocumentCache
from chili_notebook.api.document_item import DocumentItem, checked_document
from chili_notebook.api.documents import choose_layout
from chili_notebook.api.ids import describe, id_of, path_segment
from chili_notebook.api.output_options import (
    OutputOptions,
    option_fields,
    require_no_data_source,
    require_small,
)
from chili_notebook.api.output_settings import OutputSetting, OutputSettings
from chili_notebook.api.output_tasks import (
    Format,
    Output,
    OutputTask,
    checked_format,
    is_from_grafx,
    seconds_of,
    start_task,
)
from chili_notebook.api.pace import Pace
from chili_notebook.api.problems import problems_error
from chili_notebook.api.projects import Project
from chili_notebook.api.templates import Template, Templates
from chili_notebook.api.variables import check_variables
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_methods
from chili_notebook.display.tables import Rows
from chili_notebook.errors import (
    ChiliError,
    ConfigurationError,
    NotFoundError,
    ServerError,
    VariableError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.documents import Layout
    from chili_notebook.batch.batch import Batch

Document = Mapping[str, Any]
Source = DocumentItem | Document | str
SeveralLayouts = list[Any] | tuple[Any, ...]

OUTPUT_COLUMNS = (
    ("File", attrgetter("file_name")),
    ("Type", attrgetter("content_type")),
    ("Task", attrgetter("task_id")),
)


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
        self._documents = DocumentCache(client)
        self.settings = OutputSettings(client)

    @overload
    def create(
        self,
        source: Source,
        format: Format,
        *,
        layout: Layout | str | int | None = None,
        timeout_s: float = 300.0,
        **options: Unpack[OutputOptions],
    ) -> Output: ...

    @overload
    def create(
        self,
        source: Source,
        format: Format,
        *,
        layout: SeveralLayouts,
        timeout_s: float = 300.0,
        **options: Unpack[OutputOptions],
    ) -> Rows[Output]: ...

    def create(  # noqa: PLR0913 - each is named at the call
        self,
        source: Source,
        format: Format,  # noqa: A002 - GraFx's word
        *,
        variables: Any = None,
        layout: Layout | str | int | SeveralLayouts | None = None,
        settings: OutputSetting | str | Mapping[str, Any] | None = None,
        engine_version: str | None = None,
        max_records_per_file: int | None = None,
        timeout_s: float = 300.0,
    ) -> Output | Rows[Output]:
        """Render something and wait for the file.

        Everything is checked before the render starts.

        Args:
            source: A template or its ID, a project, or a whole document.
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            variables: Values by variable name. A list of such rows, or a DataFrame,
                makes a batch. ``{"Products": [{"id": "1", "name": "Soap"}]}`` sets the
                rows of a data source variable, which make one output. An image is a
                media item, its ID or its name; GraFx looks for it when it renders.
            layout: A layout, its ID or its name; by default the selected one. A list of
                layouts makes a list of outputs, one of each.
            settings: An output setting, its ID, or a mapping of its fields; by default
                the format's default.
            engine_version: The version of GraFx's engine, such as ``2.27.0``; by
                default the one of the document.
            max_records_per_file: At most so many records in a PDF; more make a zip of
                several PDFs (release note 2026-02-03).
            timeout_s: How long to wait, in seconds.

        Raises:
            ConfigurationError: If the source, the format, an option or the timeout
                cannot be used, or the output request is too large.
            VariableError: If the template has no such variable, value or layout. It has
                all problems of all values.
            OutputFailedError: If GraFx cannot make the output.
            OutputTimeoutError: If it is not ready in time. Its task continues.
            ConnectionFailedError: If the response to the output request was lost.

        Example:
            chili.outputs.create(template, "png", layout=template.layouts()[0])
            chili.outputs.create(template, "pdf").save("renders/")
        """
        deadline = self._client.stopwatch() + seconds_of(timeout_s)
        started = self._start(
            source,
            format,
            layout,
            {
                "variables": variables,
                "settings": settings,
                "engine_version": engine_version,
                "max_records_per_file": max_records_per_file,
            },
        )
        if isinstance(started, OutputTask):
            return started.wait(timeout_s=timeout_s)
        outputs = []
        for number, task in enumerate(started):
            left_s = deadline - self._client.stopwatch()
            with _naming_the_others(started[:number] + started[number + 1 :]):
                outputs.append(task.wait(timeout_s=max(left_s, 0.0)))
        return Rows(outputs, OUTPUT_COLUMNS)

    @overload
    def start(
        self,
        source: Source,
        format: Format,
        *,
        layout: Layout | str | int | None = None,
        **options: Unpack[OutputOptions],
    ) -> OutputTask: ...

    @overload
    def start(
        self,
        source: Source,
        format: Format,
        *,
        layout: SeveralLayouts,
        **options: Unpack[OutputOptions],
    ) -> list[OutputTask]: ...

    def start(  # noqa: PLR0913 - each is named at the call
        self,
        source: Source,
        format: Format,  # noqa: A002
        *,
        variables: Any = None,
        layout: Layout | str | int | SeveralLayouts | None = None,
        settings: OutputSetting | str | Mapping[str, Any] | None = None,
        engine_version: str | None = None,
        max_records_per_file: int | None = None,
    ) -> OutputTask | list[OutputTask]:
        """Start to render something, and return at once; the arguments are `create`'s.

        The output request is sent once and never repeated, since GraFx may bill a
        second one.

        Raises:
            ConfigurationError: If the source, the format or an option cannot be used,
                or the output request is too large.
            VariableError: If the template has no such variable, value or layout.
            ConnectionFailedError: If the response to the output request was lost.

        Example:
            task = chili.outputs.start(template, "pdf")
            output = task.wait()
        """
        options: OutputOptions = {
            "variables": variables,
            "settings": settings,
            "engine_version": engine_version,
            "max_records_per_file": max_records_per_file,
        }
        return self._start(source, format, layout, options)

    def _start(
        self,
        source: Source,
        format: Format,  # noqa: A002
        layout: Layout | str | int | SeveralLayouts | None,
        options: OutputOptions,
    ) -> OutputTask | list[OutputTask]:
        """Check everything, and send one request for each layout."""
        format = checked_format(format)  # noqa: A001 - GraFx's word
        body, document = self._request_for(source)
        body |= option_fields(format, options)
        several = isinstance(layout, list | tuple)
        layouts = layout if isinstance(layout, list | tuple) else [layout]
        layout_ids = [choose_layout(document, one) for one in layouts]
        if not layout_ids:
            raise VariableError(
                "The list of layouts is empty.", hint="Use None for the selected one."
            )
        checked = check_variables(document, options.get("variables"))
        if checked.problems:
            raise problems_error(checked.problems)
        if checked.has_data_source:
            require_no_data_source(options.get("settings"))
        if checked.values:
            body["variables"] = checked.values
        require_small(body)
        source_id = body.get("templateId", body.get("projectId"))
        kind = (format, source_id, len(checked.values).bit_length())
        tasks: list[OutputTask] = []
        for layout_id in layout_ids:
            with _naming_the_others(tasks):
                request = body | {"layoutsToExport": [layout_id]}
                task_id = start_task(self._client, format, request)
            started_at = self._client.stopwatch()
            tasks.append(
                OutputTask(task_id, format, self._client, self._pace, kind, started_at)
            )
        return tasks if several else tasks[0]

    def batch(  # noqa: PLR0913 - each is named at the call
        self,
        source: Source,
        table: object,
        format: Format,  # noqa: A002
        *,
        folder: str | Path,
        name: str | None = None,
        columns: Mapping[str, str | None] | None = None,
        layout: Layout | str | int | None = None,
        settings: OutputSetting | str | Mapping[str, Any] | None = None,
        merge: str | None = None,
    ) -> Batch:
        """Prepare one output for each row of a table; `Batch.run` renders them.

        Nothing is rendered here: all rows are checked, and their problems are in
        ``problems``. Files that an earlier batch has saved in the folder are kept, if
        their row, the template, the layout and the settings are the same.

        Args:
            source: A template or its ID, a project, or a whole document.
            table: The path of a ``.csv``, ``.tsv``, ``.xlsx``, ``.parquet`` or
                ``.jsonl`` file, a DataFrame, or any iterable of mappings.
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            folder: Where the files and the ledger are stored.
            name: A pattern for the names of the files, such as ``{sku}``; by default
                the number of the row.
            columns: The variables of columns with another name; ``None`` in place of
                a variable for a column that is not used.
            layout: A layout, its ID or its name; by default the selected one.
            settings: An output setting, its ID, or a mapping of its fields; by default
                the format's default.
            merge: The name of one PDF with the pages of all rows.

        Raises:
            ConfigurationError: If an argument or the table cannot be used, the folder
                belongs to another template, or another process uses it.
            VariableError: If the template has no such layout.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.run()
        """
        # A batch uses these classes, so it can only be imported when it is needed.
        from chili_notebook.batch.batch import prepare
        from chili_notebook.batch.order import OrderForm
        from chili_notebook.batch.tables import refuse_table_name

        refuse_table_name(source)
        format = checked_format(format)  # noqa: A001 - GraFx's word
        body, document = self._request_for(source)
        body["layoutsToExport"] = [choose_layout(document, layout)]
        body |= option_fields(format, {"settings": settings})
        require_small(body)
        form = OrderForm(
            self._client,
            format,
            body,
            document,
            source_id=str(body.get("templateId") or body.get("projectId") or ""),
            source_name=getattr(source, "name", None)
            or str(body.get("templateId", "")),
        )
        return prepare(
            form, table, folder=folder, name=name, columns=columns, merge=merge
        )

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
        return OutputTask(task_id, known, self._client, self._pace, None, None)

    def _request_for(self, source: Source) -> tuple[dict[str, Any], Document]:
        """Return the part of a request that names its source, and the document."""
        is_text = isinstance(source, str) and source.lstrip().startswith("{")
        if is_text or isinstance(source, Mapping):
            content = checked_document(source)
            return {"documentContent": content}, content
        is_fresh = isinstance(source, str)
        if isinstance(source, str):
            source = self._template(source)
        if isinstance(source, Template):
            document = self._documents.document_of(source, is_fresh=is_fresh)
            return {"templateId": source.id}, document
        if isinstance(source, Project):
            return {"projectId": source.id}, source.document()
        raise ConfigurationError(
            f"Expected something to render, got {describe(source)}.",
            hint="Pass a template or its ID, a project, or a document.",
        )

    def _template(self, template_id: str) -> Template:
        try:
            return Templates(self._client, self.create).get(template_id)
        except (NotFoundError, ServerError) as error:
            if isinstance(error, NotFoundError) or is_from_grafx(error):
                error.hint += " A text is the ID of a template; pass a project itself."
            raise


@contextmanager
def _naming_the_others(tasks: Sequence[OutputTask]) -> Iterator[None]:
    """Add the IDs of the other tasks to an error, since they continue."""
    try:
        yield
    except ChiliError as error:
        if tasks:
            ids = ", ".join(task.id for task in tasks)
            error.hint = f"{error.hint} The tasks of the other layouts: {ids}.".strip()
        raise
