"""Listings: search, sorting and cursors, as the API's reference describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chili_notebook.simulator.access import link
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

Item = Mapping[str, Any]
Query = Mapping[str, str]

_DEFAULT_LIMIT, _LARGEST_LIMIT = 50, 100
# How dates are spelled in sortBy is not published; these are the items' own keys.
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
_CURSORS_KEPT = 1000
_CURSOR_LIVES_S = 3600  # how long is not published


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a listing is wrapped; GraFx's are not all alike.

    Attributes:
        last_links: The ``links`` of its last page.
        total: Whether it tells how many items there are.
        searched: The keys in which ``search`` looks.
    """

    last_links: Mapping[str, Any] | None
    total: bool
    searched: tuple[str, ...] = ("name", "relativePath", "id")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a listing stands."""

    path: str
    position: int
    query: Query
    saved_at: float


class Cursors:
    """The listings that somebody is in the middle of.

    Args:
        clock: Gives seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[str, _Place] = {}

    def save(self, path: str, position: int, query: Query) -> str:
        """Keep where a listing stands and give its token; the oldest are dropped."""
        while len(self._open) >= _CURSORS_KEPT:
            del self._open[next(iter(self._open))]
        token = token_urlsafe(12)
        self._open[token] = _Place(path, position, query, self._clock())
        return token

    def find(self, path: str, token: str) -> tuple[int, Query]:
        """Give where a listing stands.

        Raises:
            ProblemError: 410 if the token is unknown, too old or another listing's.
        """
        place = self._open.get(token)
        oldest = self._clock() - _CURSOR_LIVES_S
        if place is None or place.path != path or place.saved_at < oldest:
            raise ProblemError(410, "The next page token is no longer valid")
        return place.position, place.query


def page_of(
    request: Request,
    path: str,
    find: Callable[[Query], Sequence[Item]],
    envelope: Envelope,
    cursors: Cursors,
) -> dict[str, Any]:
    """Give one page of a listing as the request asks for it.

    Args:
        request: The request.
        path: The listing's path in the environment.
        find: Gives the items for a query, before search, sorting and paging.
        envelope: How the listing is wrapped.
        cursors: Where the other listings stand.

    Raises:
        ProblemError: 400 for parameters that do not go together, 410 for an old cursor.
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
        start, saved = cursors.find(path, token)
        query = {**saved, **{k: v for k, v in query.items() if k == "limit"}}
    limit = _limit(query.get("limit"))
    found = _matching(find(query), query.get("search", ""), envelope.searched)
    wanted = _sorted(found, query)
    shown = wanted[start : start + limit]
    links = envelope.last_links
    if start + limit < len(wanted):
        following = cursors.save(path, start + limit, query)
        search = urlencode({"limit": limit, "nextPageToken": following})
        links = {"nextPage": f"{link(request, path)}?{search}"}
    total = {"total": len(wanted)} if envelope.total else {}
    return {"data": shown, "pageSize": len(shown), **total, "links": links}


def flag(query: Query, key: str) -> bool:
    """Read a parameter that is ``true`` or ``false``; false if it is not there.

    Raises:
        ProblemError: 400 for any other word.
    """
    word = query.get(key, "false").lower()
    if word not in {"true", "false"}:
        raise ProblemError(400, f"{key} must be true or false")
    return word == "true"


def folder_item(path: str, *, kind: int | str) -> dict[str, Any]:
    """Describe a folder; listings tell its type by number or in words."""
    parent, _, name = path.rpartition("/")
    return {
        "id": path,
        "name": name,
        "relativePath": parent or "/",
        "extension": None,
        "type": kind,
    }


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    short = len(text) <= len(str(_LARGEST_LIMIT)) and text.isdecimal()
    if not short or not 0 < int(text) <= _LARGEST_LIMIT:
        raise ProblemError(400, f"limit must be from 1 to {_LARGEST_LIMIT}")
    return int(text)


def _matching(
    items: Sequence[Item], search: str, keys: tuple[str, ...]
) -> Sequence[Item]:
    if not search:
        return items
    sought = search.lower()
    return [
        item
        for item in items
        if any(sought in str(item.get(key, "")).lower() for key in keys)
    ]


def _sorted(items: Sequence[Item], query: Query) -> Sequence[Item]:
    by, order = query.get("sortBy"), query.get("sortOrder", "asc").lower()
    if by is None:
        return items
    key = _SORT_KEYS.get(by.lower())
    if key is None or order not in {"asc", "desc", "none"}:
        raise ProblemError(400, "sortBy or sortOrder has a value that is not known")
    return sorted(
        items, key=lambda item: str(item.get(key)).lower(), reverse=order == "desc"
    )
