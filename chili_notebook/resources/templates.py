"""Studio templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.answers import body_of, item_of, moment_in, text_in
from chili_notebook.documents import (
    LAYOUT_COLUMNS,
    VARIABLE_COLUMNS,
    Layout,
    Variable,
    read_layouts,
    read_variables,
)
from chili_notebook.errors import UnexpectedAnswerError
from chili_notebook.listing import Listing
from chili_notebook.resources.paths import segment
from chili_notebook.tables import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chili_notebook.client import Chili


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the environment.

    Attributes:
        id: GraFx's id.
        name: Its name.
        relative_path: Its folder, if told.
        created: When it was made, if told.
        modified: When its content last changed, if told.
        raw: What GraFx sent.
    """

    id: str
    name: str
    relative_path: str | None
    created: datetime | None
    modified: datetime | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        """Fetch its document, as JSON.

        Raises:
            UnexpectedAnswerError: If GraFx answers with something else.
        """
        document = body_of(self._client.get(f"{_path(self.id)}/download"))
        if not isinstance(document, dict):
            raise UnexpectedAnswerError(
                f"The document of template {self.id} is no object."
            )
        return document

    def variables(self) -> Rows[Variable]:
        """Give the variables that an output can set."""
        return Rows(read_variables(self.document()), VARIABLE_COLUMNS)

    def layouts(self) -> Rows[Layout]:
        """Give the layouts that an output can show."""
        return Rows(read_layouts(self.document()), LAYOUT_COLUMNS)


class Templates:
    """``chili.templates``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def list(
        self,
        *,
        search: str | None = None,
        sort_by: str | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
    ) -> Listing[Template]:
        """List templates.

        Args:
            search: Part of the name, of the relative path or of the id.
            sort_by: ``name``, ``id`` or ``relativePath``.
            sort_order: ``asc`` or ``desc``.
        """
        return Listing(
            self._client,
            "templates",
            {"search": search, "sortBy": sort_by, "sortOrder": sort_order},
            read=self._read,
            noun="templates",
            columns=[
                ("Name", lambda template: template.name),
                ("Id", lambda template: template.id),
                ("Modified", lambda template: template.modified),
            ],
        )

    def get(self, template_id: str) -> Template:
        """Give one template.

        Raises:
            APIError: If there is none; GraFx's documentation notes that a missing
                template is answered with 500.
        """
        return self._read(item_of(self._client.get(_path(template_id))))

    def _read(self, raw: Mapping[str, Any]) -> Template:
        template_id = text_in(raw, "id")
        if not template_id:
            raise UnexpectedAnswerError("GraFx sent a template without an id.")
        return Template(
            id=template_id,
            name=text_in(raw, "name") or "",
            relative_path=text_in(raw, "relativePath"),
            created=moment_in(raw, "dateCreated"),
            modified=moment_in(raw, "lastModifiedContentUtc", "lastModifiedDate"),
            raw=raw,
            _client=self._client,
        )


def _path(template_id: str) -> str:
    return f"templates/{segment(template_id)}"
