"""Stored documents of GraFx Studio: templates and projects."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chili_notebook.simulator.state.clock import iso_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Document = dict[str, Any]


@dataclass(slots=True)
class StoredDocument:
    """A template or a project.

    Attributes:
        id: Its GUID.
        name: Its name.
        document: Its document.
        created: When it was created, in ISO format.
        modified: When its document last changed, in ISO format.
        folder: The folder of a template.
        owner: The client ID of a project's owner.
        template_id: The template of a project.
        revision: The number of its changes.
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


class DocumentStore:
    """All templates, or all projects.

    Args:
        clock: Returns seconds since the epoch.
        entries: The first entries.
    """

    def __init__(
        self, clock: Callable[[], float], entries: Iterable[StoredDocument]
    ) -> None:
        self._clock = clock
        self._entries = {entry.id: entry for entry in entries}

    def find(self, document_id: str) -> StoredDocument | None:
        """Return the entry with an ID."""
        return self._entries.get(document_id)

    def newest_first(self) -> list[StoredDocument]:
        """Return all entries."""
        return list(self._entries.values())[::-1]

    def add(
        self,
        name: str,
        document: Document,
        *,
        folder: str = "/",
        owner: str | None = None,
        template_id: str | None = None,
    ) -> StoredDocument:
        """Add an entry."""
        now = iso_time(self._clock())
        entry = StoredDocument(
            str(uuid4()), name, document, now, now, folder, owner, template_id
        )
        self._entries[entry.id] = entry
        return entry

    def change(
        self,
        entry: StoredDocument,
        *,
        name: str | None = None,
        folder: str | None = None,
        document: Document | None = None,
    ) -> None:
        """Change the name, folder or document of an entry."""
        entry.name = name or entry.name
        entry.folder = folder or entry.folder
        if document is not None:
            entry.document = document
            entry.modified = iso_time(self._clock())
        entry.revision += 1

    def remove(self, entry: StoredDocument) -> None:
        """Remove an entry."""
        del self._entries[entry.id]


def project_document(template: StoredDocument) -> Document:
    """Return a copy of a template's document for a project."""
    document = copy.deepcopy(template.document)
    document["properties"] = {"type": "project", "templateId": template.id}
    return document
