"""Projects, which only the user or integration that made them can see
(page "Templates vs projects").
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.api.document_item import (
    DocumentItem,
    checked_document,
    checked_name,
)
from chili_notebook.api.ids import id_of, path_segment
from chili_notebook.api.items import item_reader
from chili_notebook.api.listing import Listing, find_item
from chili_notebook.api.responses import item_of, text_in, text_reader
from chili_notebook.api.templates import Template
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_methods

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.output_tasks import Output


def _template_id_in(raw: Mapping[str, Any]) -> str | None:
    template = raw.get("template")
    template_id = text_in(template, "id") if isinstance(template, dict) else None
    return template_id or text_in(raw, "templateId")


@dataclass(frozen=True, slots=True)
class Project(DocumentItem):
    """A project; in a notebook it shows its thumbnail, variables and layouts.

    GraFx may count the preview of a project as a render (release note 2026-08-07);
    ``chili.previews = False`` turns the automatic ones off.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        template_id: The ID of its template, if known.
        collection_id: The ID of the template collection that it came from, if known.
        user_interface_id: The ID of the user interface that edits it, if known.
        raw: The JSON object that GraFx sent.

    Example:
        project = chili.projects.create(template, name="Spring sale")
        project.output("png")
    """

    id: str
    name: str
    template_id: str | None
    collection_id: str | None
    user_interface_id: str | None
    raw: InitVar[Mapping[str, Any]]
    _client: InitVar[ApiClient]
    _render: InitVar[Callable[..., Output]]

    _readers = {  # noqa: RUF012 - of a base class that is not a dataclass
        "id": text_reader("id", ""),
        "name": text_reader("name", ""),
        "template_id": _template_id_in,
        "collection_id": text_reader("collectionId"),
        "user_interface_id": text_reader("userInterfaceId"),
    }

    @property
    def _path(self) -> str:
        return _path_of(self)

    @property
    def _document_path(self) -> str:
        return f"{self._path}/document"

    def save(self, document: Mapping[str, Any]) -> None:
        """Replace the project's document (workshop "Saving a project").

        Example:
            document = project.document()
            project.save(document)
        """
        self._client.put(self._document_path, json=checked_document(document))


@signed_in
@show_methods
class Projects:
    """This integration's own projects: ``chili.projects``.

    Example:
        chili.projects.list()
        project = chili.projects.create(template, name="Spring sale")
    """

    def __init__(self, client: ApiClient, render: Callable[..., Output]) -> None:
        self._client = client
        self._read = item_reader(Project, client, render)

    def list(self) -> Listing[Project]:
        """List this integration's own projects.

        Example:
            [project.name for project in chili.projects.list()]
        """
        return Listing(
            self._client,
            "projects",
            {},
            read=self._read,
            noun="projects",
            columns=[
                ("Name", lambda project: project.name),
                ("Id", lambda project: project.id),
                ("Template", lambda project: project.template_id),
            ],
        )

    def create(self, template: Template | str, *, name: str | None = None) -> Project:
        """Make a project of a template.

        Example:
            project = chili.projects.create(template, name="Spring sale")
        """
        template_id = id_of(template, Template, kind_name="template")
        body: dict[str, Any] = {"template": {"id": template_id}}
        if name:
            body["name"] = name
        return self._read(item_of(self._client.post("projects", json=body)))

    def get(self, project: Project | str) -> Project:
        """Fetch one project.

        Args:
            project: Its ID, its exact name, or a project, to read it again.

        Raises:
            NotListedError: If several projects have this name.
            NotFoundError: If there is no such project of this integration.

        Example:
            project = chili.projects.get(project.id)
        """
        path = _path_of(project)
        return find_item(
            project,
            lambda: self._read(item_of(self._client.get(path))),
            lambda _name: self.list(),
        )

    def rename(self, project: Project | str, name: str) -> None:
        """Change the name of a project.

        Raises:
            ConfigurationError: If the new name is blank, or not a text.

        Example:
            chili.projects.rename(project, "Summer sale")
        """
        self._client.patch(_path_of(project), json={"name": checked_name(name)})

    def delete(self, project: Project | str) -> None:
        """Delete a project.

        Example:
            project = chili.projects.create(template)
            chili.projects.delete(project)
        """
        self._client.delete(_path_of(project))


def _path_of(project: Project | str) -> str:
    project_id = id_of(project, Project, kind_name="project")
    return f"projects/{path_segment(project_id)}"
