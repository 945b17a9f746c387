"""Projects, each seen only by the user or integration that made it
("Templates vs projects").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chili_notebook.api.document_item import Documented, checked_document
from chili_notebook.api.ids import id_of, segment
from chili_notebook.api.listing import Listing
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.api.templates import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.api.client import Chili


@dataclass(frozen=True, slots=True)
class Project(Documented):
    """A project of this integration; in a notebook it shows what it is made of.

    Attributes:
        id: GraFx's id.
        name: Its name.
        template_id: The template that it was made of, if told.
        collection_id: The template collection that it came from, if told.
        user_interface_id: The user interface that it is edited with, if told.
        raw: What GraFx sent.
    """

    id: str
    name: str
    template_id: str | None
    collection_id: str | None
    user_interface_id: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)
    _client: Chili = field(repr=False, compare=False)

    @property
    def _path(self) -> str:
        return _path(self)

    @property
    def _document_path(self) -> str:
        return f"{self._path}/document"

    def save(self, document: Mapping[str, Any]) -> None:
        """Put another document into the project (workshop "Saving a project")."""
        self._client.put(self._document_path, json=checked_document(document))


class Projects:
    """``chili.projects``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def list(self) -> Listing[Project]:
        """List this integration's own projects."""
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
        """Make a project of a template, or of its id."""
        template_id = id_of(template, Template, what="template")
        body: dict[str, Any] = {"template": {"id": template_id}}
        if name:
            body["name"] = name
        return self._read(item_of(self._client.post("projects", json=body)))

    def get(self, project: Project | str) -> Project:
        """Give one project by its id, or one at hand as it is now."""
        return self._read(item_of(self._client.get(_path(project))))

    def rename(self, project: Project | str, name: str) -> None:
        """Give a project another name."""
        self._client.patch(_path(project), json={"name": name})

    def delete(self, project: Project | str) -> None:
        """Delete a project."""
        self._client.delete(_path(project))

    def _read(self, raw: Mapping[str, Any]) -> Project:
        template = raw.get("template")
        template_id = text_in(template, "id") if isinstance(template, dict) else None
        return Project(
            id=text_in(raw, "id") or "",
            name=text_in(raw, "name") or "",
            template_id=template_id or text_in(raw, "templateId"),
            collection_id=text_in(raw, "collectionId"),
            user_interface_id=text_in(raw, "userInterfaceId"),
            raw=raw,
            _client=self._client,
        )


def _path(project: Project | str) -> str:
    return f"projects/{segment(id_of(project, Project, what='project'))}"
