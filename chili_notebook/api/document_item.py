"""What templates and projects have in common: a document that can be rendered."""

from __future__ import annotations

from collections.abc import Mapping
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
from chili_notebook.api.responses import body_of
from chili_notebook.display.tables import Rows
from chili_notebook.errors import (
    ChiliError,
    ConfigurationError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from chili_notebook.api.files import File
    from chili_notebook.api.output_tasks import Format, Output

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
            UnexpectedAnswerError: If GraFx answers with something else.

        Example:
            document = template.document()
            chili.outputs.create(document, "png")
        """
        document = body_of(self._client.get(self._document_path))
        if not isinstance(document, dict):
            message = f"The document of {self.id} is not a JSON object."
            raise UnexpectedAnswerError(message)
        return document

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

    def output(self, format: Format, **options: Any) -> Output:  # noqa: A002
        """Render it and wait for the file.

        Args:
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            options: The options of ``chili.outputs.create``.

        Example:
            template.output("pdf").save("renders/")
        """
        return self._render(self, format, **options)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        parts = [f"<p><b>{escape(self.name)}</b><br><code>{escape(self.id)}</code></p>"]
        try:
            picture = self.thumbnail(timeout_s=SHOWN_TIMEOUT_S).as_data_url()
            parts.append(f'<img alt="" src="{picture}" style="max-height:240px">')
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

    Raises:
        ConfigurationError: If it is not a document.
    """
    if isinstance(document, Mapping):
        return dict(document)
    raise ConfigurationError(
        f"Expected a document, got {describe(document)}.",
        hint="Pass a dict, such as document() of a template or a project returns.",
    )
