"""Studio templates (page "Environment API", its workshop and release notes)."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Any, Literal

from chili_notebook.api.document_item import (
    DocumentItem,
    checked_document,
    checked_name,
)
from chili_notebook.api.ids import id_of, path_segment
from chili_notebook.api.items import item_reader
from chili_notebook.api.listing import Listing, find_item
from chili_notebook.api.package_contents import package_template
from chili_notebook.api.packages import Installation, install_package
from chili_notebook.api.responses import entry_type_in, item_of, moment_in, text_reader
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_methods

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.output_tasks import Output
    from chili_notebook.api.transfers import Transfer
    from chili_notebook.display.tables import Rows


@dataclass(frozen=True, slots=True)
class Template(DocumentItem):
    """A template; in a notebook it shows its thumbnail, variables and layouts.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        relative_path: Its folder, if GraFx names it.
        type: ``item`` or ``directory``, if GraFx names it.
        created: When it was made, if known.
        modified: When its content last changed, if known.
        raw: The JSON object that GraFx sent.

    Example:
        template = chili.templates.list()[0]
        template.variables()
    """

    id: str
    name: str
    relative_path: str | None
    type: str | None
    created: datetime | None
    modified: datetime | None
    raw: InitVar[Mapping[str, Any]]
    _client: InitVar[ApiClient]
    _render: InitVar[Callable[..., Output]]

    _readers = {  # noqa: RUF012 - of a base class that is not a dataclass
        "id": text_reader("id", ""),
        "name": text_reader("name", ""),
        "relative_path": text_reader("relativePath"),
        "type": entry_type_in,
        "created": lambda raw: moment_in(raw, "dateCreated"),
        "modified": lambda raw: moment_in(
            raw, "lastModifiedContentUtc", "lastModifiedDate"
        ),
    }

    @property
    def _path(self) -> str:
        return _path_of(self)

    @property
    def _document_path(self) -> str:
        return f"{self._path}/download"


@signed_in
@show_methods
class Templates:
    """The environment's Studio templates: ``chili.templates``.

    Example:
        chili.templates.list(search="card")
        template = chili.templates.list(search="card")[0]
    """

    def __init__(self, client: ApiClient, render: Callable[..., Output]) -> None:
        self._client = client
        self._read = item_reader(Template, client, render)

    def list(
        self,
        search: str | None = None,
        *,
        folder: str | None = None,
        sort_by: str | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
    ) -> Listing[Template]:
        """List templates.

        Args:
            search: A part of the name, of the relative path or of the ID.
            folder: A folder, such as ``/Campaigns``.
            sort_by: ``name``, ``id`` or ``relativePath``.
            sort_order: ``asc`` or ``desc``.

        Example:
            chili.templates.list(search="card", sort_by="name")
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
        """Fetch one template.

        Args:
            template: Its ID, its exact name, or a template, to read it again.

        Raises:
            NotListedError: If several templates have this name.
            APIError: If there is no such template. GraFx's workshop notes that a
                missing template has the status 500.

        Example:
            template = chili.templates.get("Business card")
        """
        path = _path_of(template)
        return find_item(
            template, lambda: self._read(item_of(self._client.get(path))), self.list
        )

    def create(
        self, document: Mapping[str, Any], *, name: str, folder: str = "/"
    ) -> Template:
        """Make a template of a document.

        Raises:
            ConfigurationError: If the name is blank, or something is of a wrong type.

        Example:
            copy = chili.templates.create(template.document(), name="Copy")
        """
        params = {"name": checked_name(name), "folderPath": folder}
        body = checked_document(document)
        response = self._client.post("templates", params=params, json=body)
        return self._read(item_of(response))

    def update(self, template: Template | str, document: Mapping[str, Any]) -> None:
        """Replace the document of a template.

        Example:
            copy = chili.templates.create(template.document(), name="Copy")
            chili.templates.update(copy, template.document())
        """
        self._client.put(_path_of(template), json=checked_document(document))

    def rename(self, template: Template | str, name: str) -> None:
        """Change the name of a template.

        Raises:
            ConfigurationError: If the new name is blank, or not a text.

        Example:
            copy = chili.templates.create(template.document(), name="Copy")
            chili.templates.rename(copy, "Spring sale")
        """
        params = {"name": checked_name(name)}
        self._client.put(_path_of(template), params=params)

    def delete(self, template: Template | str, *, force: bool = False) -> None:
        """Delete a template.

        Args:
            template: The template, or its ID.
            force: Delete it even if a collection uses it (release note 2023-05-16).

        Example:
            copy = chili.templates.create(template.document(), name="Copy")
            chili.templates.delete(copy)
        """
        params = {"force": "true"} if force else {}
        self._client.delete(_path_of(template), params=params)

    def package(self, template: Template | str, path: str | Path) -> Rows[Transfer]:
        """Write a template with its fonts and media to a folder or a zip.

        The package contains the document, the original files of GraFx Media and all
        styles of the font families that the document uses. It contains no credentials
        and no addresses. Files of other connectors are not in it. Mind the licenses of
        the fonts.

        Args:
            template: The template, its ID or its exact name.
            path: The path of a new folder, or of a zip, which ends with ``.zip``.

        Returns:
            A table of what is in the package, and of what is missing in the
            environment.

        Raises:
            ConfigurationError: If the package cannot be written there.

        Example:
            chili.templates.package("Business card", "packages/card.zip")
        """
        return package_template(self._client, self.get(template), path)

    def install(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        folder: str | None = None,
        replace: bool = False,
        dry_run: bool = False,
    ) -> Installation:
        """Make a template of a package, with its fonts and media.

        A file of the media library with the same name and content is used, and so is a
        font with the same family and style. Everything else is uploaded. The document
        gets the IDs of this environment. An equal template is left as it is.

        Args:
            path: The path of the package.
            name: The name of the template; by default the one in the package.
            folder: The folder of the template; by default the one in the package.
            replace: Replace the document of a template with this name.
            dry_run: Change nothing, and show what would happen.

        Raises:
            ConfigurationError: If the package is damaged, the document needs a newer
                engine or a connector that is missing, a template has this name, or
                GraFx refuses a font.

        Example:
            chili.templates.package("Business card", "packages/card")
            chili.templates.install("packages/card", name="Card 2", dry_run=True)
        """
        return install_package(
            self._client,
            self,
            path,
            name=name,
            folder=folder,
            replace=replace,
            dry_run=dry_run,
        )


def _path_of(template: Template | str) -> str:
    template_id = id_of(template, Template, kind_name="template")
    return f"templates/{path_segment(template_id)}"
