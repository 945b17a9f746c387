"""Studio templates ("Environment API", workshop and release notes)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.document_item import Documented, checked_document
from chili_notebook.api.ids import id_of, segment
from chili_notebook.api.listing import Listing
from chili_notebook.api.responses import entry_type_in, item_of, moment_in, text_in
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chili_notebook.api.client import Chili


@dataclass(frozen=True, slots=True)
class Template(Documented):
    """A template of the environment; in a notebook it shows what it is made of.

    Attributes:
        id: GraFx's id.
        name: Its name.
        relative_path: Its folder, if told.
        type: ``item`` or ``directory``, if told.
        created: When it was made, if told.
        modified: When its content last changed, if told.
        raw: What GraFx sent.
    """

    id: str
    name: str
    relative_path: str | None
    type: str | None
    created: datetime | None
    modified: datetime | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    @property
    def _path(self) -> str:
        return _path(self)

    @property
    def _document_path(self) -> str:
        return f"{self._path}/download"


class Templates:
    """``chili.templates``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def list(
        self,
        *,
        search: str | None = None,
        folder: str | None = None,
        sort_by: str | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
    ) -> Listing[Template]:
        """List templates.

        Args:
            search: Part of the name, of the relative path or of the id.
            folder: A folder, such as ``/Campaigns``.
            sort_by: ``name``, ``id`` or ``relativePath``.
            sort_order: ``asc`` or ``desc``.
        """
        params = {"search": search, "folder": folder}
        params |= {"sortBy": sort_by, "sortOrder": sort_order}
        return Listing(
            self._client,
            "templates",
            params,
            read=self._read,
            noun="templates",
            columns=[
                ("Name", lambda template: template.name),
                ("Id", lambda template: template.id),
                ("Modified", lambda template: template.modified),
            ],
        )

    def get(self, template: Template | str) -> Template:
        """Give one template by its id, or one at hand as it is now.

        Raises:
            APIError: If there is none; GraFx's workshop notes that a missing template
                is answered with 500.
        """
        return self._read(item_of(self._client.get(_path(template))))

    def create(
        self, document: Mapping[str, Any], *, name: str, folder: str = "/"
    ) -> Template:
        """Make a template of a document."""
        params = {"name": name, "folderPath": folder}
        body = checked_document(document)
        response = self._client.post("templates", params=params, json=body)
        return self._read(item_of(response))

    def update(self, template: Template | str, document: Mapping[str, Any]) -> None:
        """Put another document into a template."""
        self._client.put(_path(template), json=checked_document(document))

    def rename(self, template: Template | str, name: str) -> None:
        """Give a template another name.

        Raises:
            ConfigurationError: If the name is blank.
        """
        if not name.strip():
            raise ConfigurationError("The new name is blank.", hint="Give another.")
        self._client.put(_path(template), params={"name": name})

    def delete(self, template: Template | str, *, force: bool = False) -> None:
        """Delete a template; one that a collection uses only with `force`."""
        params = {"force": "true"} if force else {}
        self._client.delete(_path(template), params=params)

    def _read(self, raw: Mapping[str, Any]) -> Template:
        return Template(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            relative_path=text_in(raw, "relativePath"),
            type=entry_type_in(raw),
            created=moment_in(raw, "dateCreated"),
            modified=moment_in(raw, "lastModifiedContentUtc", "lastModifiedDate"),
            raw=raw,
            _client=self._client,
        )


def _path(template: Template | str) -> str:
    return f"templates/{segment(id_of(template, Template, what='template'))}"
