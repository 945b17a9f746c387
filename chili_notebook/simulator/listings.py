"""Listings: search, sorting and cursors, as the API's reference describes them."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chili_notebook.simulator.access import link
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

_DEFAULT_LIMIT, _LARGEST_LIMIT = 50, 100
_SORT_KEYS = {"name": "name", "id": "id", "relativepath": "relativePath"}
_CURSORS_KEPT = 1000


class Cursors:
    """The listings that somebody is in the middle of."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, Mapping[str, str]]] = {}

    def save(self, position: int, query: Mapping[str, str]) -> str:
        """Keep where a listing stands and give its token; the oldest are dropped."""
        while len(self._open) >= _CURSORS_KEPT:
            del self._open[next(iter(self._open))]
        token = token_urlsafe(12)
        self._open[token] = (position, query)
        return token

    def find(self, token: str) -> tuple[int, Mapping[str, str]]:
        """Give where a listing stands.

        Raises:
            ProblemError: 410 if the token is unknown or too old.
        """
        if token not in self._open:
            raise ProblemError(410, "The next page token is no longer valid")
        return self._open[token]


def page_of(
    request: Request,
    items: Sequence[Mapping[str, Any]],
    *,
    path: str,
    cursors: Cursors,
) -> dict[str, Any]:
    """Give one page of `items` as the request asks for it.

    Raises:
        ProblemError: 400 for parameters that do not go together, 410 for an old cursor.
    """
    query: Mapping[str, str] = dict(request.query_params)
    token = query.get("nextPageToken")
    start = 0
    if token is not None:
        if "sortBy" in query or "sortOrder" in query:
            raise ProblemError(
                400,
                "Sorting options should not be provided when Next Page Token is "
                "provided",
            )
        start, saved = cursors.find(token)
        query = {**saved, **{k: v for k, v in query.items() if k == "limit"}}
    limit = _limit(query.get("limit"))
    wanted = _sorted(_matching(items, query.get("search", "")), query)
    shown = wanted[start : start + limit]
    links = {}
    if start + limit < len(wanted):
        following = cursors.save(start + limit, query)
        search = urlencode({"limit": limit, "nextPageToken": following})
        links["nextPage"] = f"{link(request, path)}?{search}"
    return {
        "data": shown,
        "pageSize": len(shown),
        "total": len(wanted),
        "links": links,
    }


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LIMIT
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST_LIMIT:
        raise ProblemError(400, f"limit must be from 1 to {_LARGEST_LIMIT}")
    return int(text)


def _matching(
    items: Sequence[Mapping[str, Any]], search: str
) -> list[Mapping[str, Any]]:
    sought = search.lower()
    keys = ("name", "relativePath", "id")
    return [
        item
        for item in items
        if any(sought in str(item.get(key, "")).lower() for key in keys)
    ]


def _sorted(
    items: list[Mapping[str, Any]], query: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    by, order = query.get("sortBy"), query.get("sortOrder", "asc").lower()
    if by is None:
        return items
    key = _SORT_KEYS.get(by.lower())
    if key is None or order not in {"asc", "desc", "none"}:
        raise ProblemError(400, "sortBy or sortOrder has a value that is not known")
    return sorted(
        items, key=lambda item: str(item[key]).lower(), reverse=order == "desc"
    )
