"""What templates and projects have in common: a document, and what comes of it."""

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
from chili_notebook.api.ids import id_of, said_of, segment
from chili_notebook.api.previews import fetch_preview
from chili_notebook.api.responses import body_of
from chili_notebook.display.tables import Rows
from chili_notebook.errors import (
    ChiliError,
    ConfigurationError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from chili_notebook.api.client import Chili
    from chili_notebook.api.files import File
    from chili_notebook.api.output_tasks import Output
    from chili_notebook.api.outputs import Format

PreviewType = Literal["thumbnail", "medium", "highest"]
LARGEST_DOCUMENT = 100_000_000


class Documented:
    """Something of the environment that has a document."""

    __slots__ = ()

    id: str
    name: str
    raw: Mapping[str, Any]
    _client: Chili

    @property
    def _path(self) -> str:
        """Where it is."""
        raise NotImplementedError

    @property
    def _document_path(self) -> str:
        """Where its document is."""
        raise NotImplementedError

    def document(self) -> dict[str, Any]:
        """Fetch its document, as JSON.

        Raises:
            UnexpectedAnswerError: If GraFx answers with something else.
        """
        path = self._document_path
        document = body_of(self._client.get(path, at_most=LARGEST_DOCUMENT))
        if not isinstance(document, dict):
            raise UnexpectedAnswerError(f"The document of {self.id} is no object.")
        return document

    def variables(self) -> Rows[Variable]:
        """Give the variables that an output can set."""
        return Rows(read_variables(self.document()), VARIABLE_COLUMNS)

    def layouts(self) -> Rows[Layout]:
        """Give the layouts that an output can show."""
        return Rows(read_layouts(self.document()), LAYOUT_COLUMNS)

    def preview(
        self,
        type: PreviewType = "medium",  # noqa: A002 - GraFx's word
        layout_id: Layout | str | None = None,
        page_id: str | None = None,
    ) -> File:
        """Give a picture of it (release note 2026-05-21 for layouts and pages).

        Args:
            type: ``thumbnail``, ``medium`` or ``highest``.
            layout_id: A layout, or its id; by default the one it opens with.
            page_id: The id of a page.

        Raises:
            OutputTimeoutError: If GraFx has not made it within a minute.
        """
        if layout_id is not None:
            layout_id = id_of(layout_id, Layout, what="layout")
        return fetch_preview(
            self._client,
            f"{self._path}/preview/{segment(type, what='a type of preview')}",
            name=f"{self.name or self.id}.png",
            params={"layoutId": layout_id, "pageId": page_id},
        )

    def thumbnail(self) -> File:
        """Give a small picture of it."""
        return self.preview("thumbnail")

    def output(self, format: Format, **options: Any) -> Output:  # noqa: A002
        """Render it; options are those of ``chili.outputs.create``."""
        return self._client.outputs.create(self, format, **options)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        told = [f"<p><b>{escape(self.name)}</b><br><code>{escape(self.id)}</code></p>"]
        try:
            picture = self.thumbnail().as_data_url()
            told.append(f'<img alt="" src="{picture}" style="max-height:240px">')
        except ChiliError as error:
            told.append(f"<p>No thumbnail: {escape(error.message)}</p>")
        try:
            document = self.document()
        except ChiliError as error:
            told.append(f"<p>No document: {escape(error.message)}</p>")
        else:
            variables = Rows(read_variables(document), VARIABLE_COLUMNS)
            layouts = Rows(read_layouts(document), LAYOUT_COLUMNS)
            told.append(variables.bundle(caption="Variables")["text/html"])
            told.append(layouts.bundle(caption="Layouts")["text/html"])
        return {"text/plain": repr(self), "text/html": "".join(told)}


def checked_document(document: object) -> dict[str, Any]:
    """Give a document as it is sent.

    Raises:
        ConfigurationError: If it is none.
    """
    if isinstance(document, Mapping):
        return dict(document)
    raise ConfigurationError(
        f"{said_of(document)} is no document.",
        hint="Give a dict, such as document() of a template or a project gives.",
    )
