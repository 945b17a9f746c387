"""What templates and projects have in common: a document that can be rendered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.documents import (
    LAYOUT_COLUMNS,
    VARIABLE_COLUMNS,
    Layout,
    Variable,
    read_layouts,
    read_variables,
)
from chili_notebook.api.ids import describe, id_of, path_segment
from chili_notebook.api.items import Item
from chili_notebook.api.previews import SHOWN_TIMEOUT_S, fetch_preview
from chili_notebook.api.problems import PROBLEM_COLUMNS
from chili_notebook.api.responses import body_of
from chili_notebook.api.variables import check_variables
from chili_notebook.display.tables import Rows
from chili_notebook.errors import (
    ChiliError,
    ConfigurationError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from chili_notebook.api.files import File
    from chili_notebook.api.output_tasks import Format, Output
    from chili_notebook.api.problems import Problem

PreviewType = Literal["thumbnail", "medium", "highest"]


class DocumentItem(Item):
    """An item of the environment that has a document: a template or a project.

    Example:
        template = chili.templates.list(search="card")[0]
        template.output("pdf", variables={"Name": "Ada"})
    """

    __slots__ = ()

    id: str
    name: str

    @property
    def _path(self) -> str:
        """The path of the item."""
        raise NotImplementedError

    @property
    def _document_path(self) -> str:
        """The path of its document."""
        raise NotImplementedError

    def document(self) -> dict[str, Any]:
        """Fetch the document as JSON.

        Raises:
            UnexpectedAnswerError: If GraFx responds with something else.

        Example:
            document = template.document()
            chili.outputs.create(document, "png")
        """
        response = self._client.get(self._document_path)
        return document_in(response, item_id=self.id)

    def variables(self) -> Rows[Variable]:
        """Return the variables that an output can set.

        Example:
            [variable.name for variable in template.variables()]
        """
        return Rows(read_variables(self.document()), VARIABLE_COLUMNS)

    def layouts(self) -> Rows[Layout]:
        """Return the layouts that an output can show.

        Example:
            layout = template.layouts()[0]
            chili.outputs.create(template, "png", layout=layout)
        """
        return Rows(read_layouts(self.document()), LAYOUT_COLUMNS)

    def preview(
        self,
        type: PreviewType = "medium",  # noqa: A002 - GraFx's word
        layout_id: Layout | str | None = None,
        page_id: str | None = None,
        *,
        timeout_s: float = 60.0,
    ) -> File:
        """Return a picture of it (release note 2026-05-21 for layouts and pages).

        Args:
            type: ``thumbnail``, ``medium`` or ``highest``.
            layout_id: A layout, or its ID; by default the one that it opens with.
            page_id: The ID of a page.
            timeout_s: How long to wait, in seconds.

        Raises:
            OutputTimeoutError: If GraFx has not made it in time.

        Example:
            template.preview("highest", layout_id=template.layouts()[-1])
        """
        if layout_id is not None:
            layout_id = id_of(layout_id, Layout, kind_name="layout")
        return fetch_preview(
            self._client,
            f"{self._path}/preview/{path_segment(type, kind_name='type of preview')}",
            name=f"{self.name or self.id}.png",
            timeout_s=timeout_s,
            params={"layoutId": layout_id, "pageId": page_id},
        )

    def thumbnail(self, *, timeout_s: float = 60.0) -> File:
        """Return a small picture of it.

        Example:
            template.thumbnail().save("pictures/")
        """
        return self.preview("thumbnail", timeout_s=timeout_s)

    def check(self, variables: Any) -> Rows[Problem]:
        """Return everything that is wrong with values, without rendering anything.

        Args:
            variables: The values as for an output: a mapping, a list of them, or a
                DataFrame.

        Raises:
            VariableError: If they are neither.

        Example:
            template.check({"No such name": 1})
        """
        checked = check_variables(self.document(), variables)
        return Rows(checked.problems, PROBLEM_COLUMNS)

    def output(self, format: Format, **options: Any) -> Output:  # noqa: A002
        """Render it and wait for the file.

        Args:
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            options: The options of ``chili.outputs.create``: ``variables``, ``layout``
                (one; for several call that), ``settings``, ``engine_version``,
                ``max_records_per_file`` and ``timeout_s``.

        Raises:
            VariableError: If it has no such variable, value or layout.
            OutputFailedError: If GraFx cannot make the output.
            OutputTimeoutError: If it is not ready in time. Its task continues.

        Example:
            template.output("pdf").save("renders/")
        """
        return self._render(self, format, **options)

    def sheet(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write a sheet to fill in, for ``chili.outputs.batch``, and return its path.

        The variables are its columns. Its first row is an example with the template's
        own values. An Excel sheet has drop-downs for lists, checks numbers and dates,
        and describes each variable in a comment; required ones are bold, and those
        that are invisible in GraFx Studio are italic. Read-only variables are left out.

        Args:
            path: A path that ends with ``.xlsx`` or ``.csv``, or a folder.
            overwrite: Whether a sheet that has been filled in is replaced.

        Raises:
            ConfigurationError: If the sheet has been filled in, cannot be written, or
                needs openpyxl, which is not installed.

        Example:
            template.sheet("sheets/products.xlsx", overwrite=True)
        """
        # The one import from a later sub-package, so that a template has this method.
        from chili_notebook.batch.sheet import write_sheet

        return write_sheet(self.document(), path, name=self.name, overwrite=overwrite)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        parts = [f"<p><b>{escape(self.name)}</b><br><code>{escape(self.id)}</code></p>"]
        try:
            if self._client.previews:
                url = escape(self.thumbnail(timeout_s=SHOWN_TIMEOUT_S).as_data_url())
                parts.append(f'<img alt="" src="{url}" style="max-height:240px">')
        except ChiliError as error:
            parts.append(f"<p>No thumbnail: {escape(error.message)}</p>")
        try:
            document = self.document()
        except ChiliError as error:
            parts.append(f"<p>No document: {escape(error.message)}</p>")
        else:
            variables = Rows(read_variables(document), VARIABLE_COLUMNS)
            layouts = Rows(read_layouts(document), LAYOUT_COLUMNS)
            parts.append(variables.bundle(caption="Variables")["text/html"])
            parts.append(layouts.bundle(caption="Layouts")["text/html"])
        return {"text/plain": repr(self), "text/html": "".join(parts)}


def checked_name(name: object) -> str:
    """Return the new name of a template or a project.

    Raises:
        ConfigurationError: If it is not a text, or blank.
    """
    if not isinstance(name, str):
        raise ConfigurationError(
            f"Expected a name, got {describe(name)}.", hint="Pass a text."
        )
    if not name.strip():
        raise ConfigurationError(
            "The new name is blank.", hint="Pass a name with at least one letter."
        )
    return name


def checked_document(document: object) -> dict[str, Any]:
    """Return a document as it is sent.

    Args:
        document: A mapping, or its JSON as text.

    Raises:
        ConfigurationError: If it is not a document.
    """
    if isinstance(document, Mapping):
        return dict(document)
    if isinstance(document, str):
        with suppress(ValueError, RecursionError):
            content = json.loads(document)
            if isinstance(content, dict):
                return content
        message = "The text is not the JSON of a document."
    else:
        message = f"Expected a document, got {describe(document)}."
    raise ConfigurationError(
        message,
        hint="Pass a dict, such as document() of a template or a project returns.",
    )


def document_in(response: httpx.Response, *, item_id: str) -> dict[str, Any]:
    """Return the document in a response, which may be JSON in a text of JSON.

    Raises:
        UnexpectedAnswerError: If GraFx responds with something else.
    """
    document = body_of(response)
    if isinstance(document, str):
        with suppress(ValueError, RecursionError):
            document = json.loads(document)
    if isinstance(document, dict):
        return document
    raise UnexpectedAnswerError(f"The document of {item_id} is not a JSON object.")
