"""What holds a document of GraFx Studio: the templates and the projects.

The templates come from ``designs/``; the first two projects are made of two of them.
"""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from chili_notebook.simulator.clock import iso_time
from chili_notebook.simulator.designs import load_designs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chili_notebook.simulator.shelf import Shelf

Document = dict[str, Any]

_FIRST_PROJECTS = (
    ("Harvest supper, rained in", "Harvest supper flyer", "Place", "The old barn"),
    ("Voucher for Anselm", "Gift voucher", "For", "For Anselm"),
)


@dataclass(slots=True)
class Stored:
    """A template or a project.

    Attributes:
        id: Its GUID.
        name: What people call it.
        document: Its document.
        created: When it was made, in ISO.
        modified: When its content last changed, in ISO.
        folder: Where a template lies.
        owner: The client id of whom a project belongs to.
        template_id: What a project was made of.
        revision: Counts its changes.
    """

    id: str
    name: str
    document: Document
    created: str
    modified: str
    folder: str = "/"
    owner: str | None = None
    template_id: str | None = None
    revision: int = 0


class Documents:
    """All templates, or all projects.

    Args:
        name: The name under which they are kept.
        shelf: Where they are kept.
        clock: Gives seconds since the epoch.
        first: Those to begin with, where none were kept.

    Raises:
        ValueError: If what was kept cannot be read.
    """

    def __init__(
        self,
        name: str,
        shelf: Shelf,
        clock: Callable[[], float],
        first: Iterable[Stored],
    ) -> None:
        self._name, self._shelf, self._clock = name, shelf, clock
        kept = shelf.read_entries(name, {"id": str, "name": str, "document": dict})
        try:
            entries = first if kept is None else [Stored(**entry) for entry in kept]
        except TypeError as error:
            raise ValueError(f"{name}.json: {error}") from error
        self._entries = {entry.id: entry for entry in entries}
        self._save()

    def find(self, document_id: str) -> Stored | None:
        """Give one by its id."""
        return self._entries.get(document_id)

    def newest_first(self) -> list[Stored]:
        """Give all of them."""
        return list(self._entries.values())[::-1]

    def add(
        self,
        name: str,
        document: Document,
        *,
        folder: str = "/",
        owner: str | None = None,
        template_id: str | None = None,
    ) -> Stored:
        """Keep a new one."""
        now = iso_time(self._clock())
        entry = Stored(
            str(uuid4()), name, document, now, now, folder, owner, template_id
        )
        self._entries[entry.id] = entry
        self._save()
        return entry

    def change(
        self,
        entry: Stored,
        *,
        name: str | None = None,
        folder: str | None = None,
        document: Document | None = None,
    ) -> None:
        """Give one another name, folder or document."""
        entry.name = name or entry.name
        entry.folder = folder or entry.folder
        if document is not None:
            entry.document = document
            entry.modified = iso_time(self._clock())
        entry.revision += 1
        self._save()

    def remove(self, entry: Stored) -> None:
        """Forget one."""
        del self._entries[entry.id]
        self._save()

    def _save(self) -> None:
        if self._shelf.keeps:
            kept = [asdict(entry) for entry in self._entries.values()]
            self._shelf.write(self._name, kept)


def first_templates() -> list[Stored]:
    """Give the designs as templates, with dates of their own."""
    return [
        Stored(
            design.id,
            design.name,
            design.document,
            created=f"2026-0{number % 9 + 1}-12T09:30:00",
            modified=f"2026-10-{number % 28 + 1:02}T14:05:00",
        )
        for number, design in enumerate(load_designs())
    ]


def first_projects(templates: Documents, owner: str) -> list[Stored]:
    """Give two projects of a client, each a template with one text changed."""
    by_name = {template.name: template for template in templates.newest_first()}
    return [
        _first_project(name, by_name[of], variable, text, owner)
        for name, of, variable, text in _FIRST_PROJECTS
        if of in by_name
    ]


def project_document(template: Stored) -> Document:
    """Give a template's document as a project's own."""
    document = copy.deepcopy(template.document)
    document["properties"] = {"type": "project", "templateId": template.id}
    return document


def _first_project(
    name: str, template: Stored, variable: str, text: str, owner: str
) -> Stored:
    document = project_document(template)
    for entry in document["variables"]:
        if entry["name"] == variable:
            entry["value"] = text
    return Stored(
        str(uuid5(NAMESPACE_URL, f"simulated project {name}")),
        name,
        document,
        created="2026-09-01T08:15:00",
        modified="2026-09-02T16:40:00",
        owner=owner,
        template_id=template.id,
    )
