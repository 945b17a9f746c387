"""Cache the documents of templates that are rendered repeatedly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from chili_notebook.api.document_item import document_in
from chili_notebook.api.ids import path_segment
from chili_notebook.api.responses import item_of, moment_in, text_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.templates import Template

_MOST_DOCUMENTS = 32
_MODIFIED = "lastModifiedContentUtc"
# A template that is saved twice within this time may keep its time of modification.
_SETTLED = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Entry:
    modified: str
    document: Mapping[str, Any]


class DocumentCache:
    """Returns the current document of a template with as little transfer as possible.

    A document is used again if GraFx says that the template has not been modified
    since, which costs one small request. Its time of modification is read before the
    document, so that the document is never older than it.
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._entries: dict[str, _Entry] = {}
        self._lock = Lock()

    def document_of(
        self, template: Template, *, is_fresh: bool = False
    ) -> Mapping[str, Any]:
        """Return the document of a template, which must not be changed.

        Args:
            template: The template.
            is_fresh: Whether the template has just been fetched.

        Raises:
            APIError: If the template or its document cannot be fetched.
        """
        path = f"templates/{path_segment(template.id)}"
        entry = self._entries.get(template.id)
        modified = text_in(template.raw, _MODIFIED) or ""
        if entry is not None:
            if not is_fresh:
                modified = text_in(item_of(self._client.get(path)), _MODIFIED) or ""
            if modified == entry.modified:
                return entry.document
        response = self._client.get(f"{path}/download")
        document = document_in(response, item_id=template.id)
        with self._lock:
            self._entries.pop(template.id, None)
            if _is_settled(modified, response):
                self._entries[template.id] = _Entry(modified, document)
            if len(self._entries) > _MOST_DOCUMENTS:
                del self._entries[next(iter(self._entries))]
        return document


def _is_settled(modified: str, response: httpx.Response) -> bool:
    """Return whether a later change must have another time of modification."""
    moment = moment_in({_MODIFIED: modified}, _MODIFIED)
    try:
        now = parsedate_to_datetime(response.headers["date"])
        return moment is not None and now - moment > _SETTLED
    except (KeyError, TypeError, ValueError):
        return False
