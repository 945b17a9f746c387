"""Listings: search, sorting and paging, as in the API's reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chili_notebook.simulator.routes.authorization import environment_url
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.state.environment import Cursor

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.requests import Request

Item = Mapping[str, Any]
Query = Mapping[str, str]

_DEFAULT_LIMIT, _MAX_LIMIT = 50, 100
# GraFx does not publish the keys of sortBy for dates; these are the keys of the items.
_SORT_KEYS = {
    key.lower(): key
    for key in (
        "name",
        "id",
        "relativePath",
        "dateCreated",
        "lastModifiedContentUtc",
        "lastModifiedDate",
    )
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The envelope of a listing, which differs between GraFx's endpoints.

    Attributes:
        last_links: The ``links`` of the last page.
        total: Whether it contains the number of items.
        searched: The keys that ``search`` looks at.
    """

    last_links: Mapping[str, Any] | None
    total: bool
    searched: tuple[str, ...] = ("name", "relativePath", "id")


def make_page(
    request: Request,
    path: str,
    find: Callable[[Query], Sequence[Item]],
    envelope: Envelope,
    cursors: MutableMapping[str, Cursor],
) -> dict[str, Any]:
    """Return the page of a listing that a request asks for.

    Args:
        request: The request.
        path: The path of the listing in the environment.
        find: Returns the items for a query, before search, sorting and paging.
        envelope: The envelope of the listing.
        cursors: The positions of clients in listings, by token.

    Raises:
        ProblemError: 400 for invalid parameters, 410 for an unknown or old cursor.
    """
    query: Query = dict(request.query_params)
    token = query.get("nextPageToken")
    start = 0
    if token is not None:
        if "sortBy" in query or "sortOrder" in query:
            raise ProblemError(
                400,
                "Sorting options should not be provided when Next Page Token is "
                "provided",
            )
        cursor = cursors.get(token)
        if cursor is None or cursor.path != path:
            raise ProblemError(410, "The next page token is no longer valid")
        limits = {key: value for key, value in query.items() if key == "limit"}
        start, query = cursor.position, {**cursor.query, **limits}
    limit = _limit(query.get("limit"))
    found = _search(find(query), query.get("search", ""), envelope.searched)
    items = _sort(found, query)
    page = items[start : start + limit]
    links = envelope.last_links
    if start + limit < len(items):
        next_token = token_urlsafe(12)
        cursors[next_token] = Cursor(path, start + limit, query)
        parameters = urlencode({"limit": limit, "nextPageToken": next_token})
        links = {"nextPage": f"{environment_url(request, path)}?{parameters}"}
    total = {"total": len(items)} if envelope.total else {}
    return {"data": page, "pageSize": len(page), **total, "links": links}


def read_flag(query: Query, key: str) -> bool:
    """Return a parameter that is ``true`` or ``false``; false if it is missing.

    Raises:
        ProblemError: 400 for any other value.
    """
    word = query.get(key, "false").lower()
    if word not in {"true", "false"}:
        raise ProblemError(400, f"{key} must be true or false")
    return word == "true"


def folder_item(path: str, *, type: int | str) -> dict[str, Any]:  # noqa: A002 - GraFx's word
    """Return the item of a folder; its type is a number or a word."""
    parent, _, name = path.rpartition("/")
    return {
        "id": path,
        "name": name,
        "relativePath": parent or "/",
        "extension": None,
        "type": type,
    }


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    is_short = len(text) <= len(str(_MAX_LIMIT)) and text.isdecimal()
    if not is_short or not 0 < int(text) <= _MAX_LIMIT:
        raise ProblemError(400, f"limit must be from 1 to {_MAX_LIMIT}")
    return int(text)


def _search(items: Sequence[Item], text: str, keys: tuple[str, ...]) -> Sequence[Item]:
    if not text:
        return items
    return [
        item
        for item in items
        if any(text.lower() in str(item.get(key, "")).lower() for key in keys)
    ]


def _sort(items: Sequence[Item], query: Query) -> Sequence[Item]:
    by, order = query.get("sortBy"), query.get("sortOrder", "asc").lower()
    if by is None:
        return items
    key = _SORT_KEYS.get(by.lower())
    if key is None or order not in {"asc", "desc", "none"}:
        raise ProblemError(400, "sortBy or sortOrder has an unknown value")
    return sorted(
        items, key=lambda item: str(item.get(key)).lower(), reverse=order == "desc"
    )
