"""Compare the simulator with the OpenAPI document of a GraFx environment.

The simulator's routes and response fields are those of the running application. Its
query parameters and body fields are listed here. Names are compared without case.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import astuple, dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import httpx
from starlette.routing import Route

from chili_notebook.simulator.openapi import (
    MAX_DEPTH,
    METHODS,
    Operation,
    api_path,
    read_operations,
)
from chili_notebook.simulator.routes.authorization import ENVIRONMENT, ROOT
from chili_notebook.simulator.server.app import make_app
from chili_notebook.simulator.state.clock import Clock
from chili_notebook.simulator.state.environment import EnvironmentState
from chili_notebook.simulator.state.token_issuer import AUDIENCE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PAGE = "limit nextPageToken sortBy sortOrder search"
_SETTING = (
    "name description default watermark watermarkText dataSourceEnabled "
    "continueBatchOutputAfterFailure fps maxFileSizeInKiloBytes quality scaling"
)
# Patterns of operations, with the names of their parameters or fields.
QUERIES = {
    "GET templates": f"{_PAGE} folder",
    "GET projects": _PAGE,
    "GET media": f"{_PAGE} folder includeFolders includeItemsFromSubfolders",
    "GET */directory": _PAGE,
    "GET font-families": _PAGE,
    "GET font-families/{id}/styles": _PAGE,
    "GET brand-kits": _PAGE,
    "GET user-interfaces": _PAGE,
    "GET output/settings": _PAGE,
    "GET output/tasks": _PAGE,
    "GET media/{id}/preview": "previewType",
    "GET */{id}/preview": "previewType layoutId pageId",
    "GET [tp]*/{id}/preview/{type}": "layoutId pageId",
    "POST templates": "name folderPath",
    "PUT templates/{id}": "name folderPath",
    "POST media": "name folderPath",
}
BODIES = {
    "POST projects": "template name",
    "PATCH projects/{id}": "name",
    "POST media": "file",
    "PATCH media/{id}": "name folderPath",
    "POST font-styles/temp": "file",
    "PATCH font-styles/temp/{id}": "fontStyleId familyName styleName",
    "PUT brand-kits/{id}": "name fonts colors characterStyles paragraphStyles media "
    "themes",
    "POST output/settings/{format}": _SETTING,
    "PUT output/settings/{id}": _SETTING,
    "POST output/{format}": "outputSettingsId outputSettings layoutsToExport "
    "templateId projectId documentContent engineVersion variables maxRecordsPerFile",
}
_HERE, _THERE = "only in the simulator", "only in the document"
_PARAMETER = re.compile(r"\{[^}]*\}")
_WORDS = ("{format}", "{type}", "{shape}")  # a document can have a path for each word


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """A difference between the simulator and the document.

    Attributes:
        operation: The method and the path.
        what: ``route``, ``method``, ``query parameter`` or the like.
        name: The name of the parameter or field; empty for a route or a method.
        where: Which of the two has it.
    """

    operation: str
    what: str
    name: str
    where: str


def compare_with(path: Path) -> list[Difference]:
    """Return the differences between the simulator and an OpenAPI document.

    Raises:
        SpecificationError: If the file cannot be read, or is not such a document.
    """
    there, here = read_operations(path), asyncio.run(_describe_simulator())
    found: set[Difference] = set()
    only_here = set(here)
    for theirs in there:
        ours = next((one for one in here if _is_same(one, theirs)), None)
        if ours is None:
            found.add(_difference(theirs, here, _THERE))
            continue
        only_here.discard(ours)
        pairs = {
            "query parameter": (ours.query, theirs.query),
            "body field": (ours.body, theirs.body),
        }
        if ours.response and theirs.response:
            pairs["response field"] = (ours.response, theirs.response)
        found |= {
            Difference(str(theirs), what, name, _HERE if name in mine else _THERE)
            for what, (mine, other) in pairs.items()
            for name in mine ^ other
        }
    found |= {_difference(one, there, _HERE) for one in only_here}
    return sorted(found)


def format_table(differences: Iterable[Difference]) -> str:
    """Return the differences as a table of text."""
    cells: list[tuple[str, ...]] = [("Operation", "What", "Name", "Where")]
    cells += map(astuple, differences)
    rows = [[_printable(cell) for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _printable(text: str) -> str:
    """Return a text of the document without what would control a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _difference(one: Operation, others: Iterable[Operation], where: str) -> Difference:
    is_known = any(_plain(one.path) == _plain(other.path) for other in others)
    return Difference(str(one), "method" if is_known else "route", "", where)


def _is_same(ours: Operation, theirs: Operation) -> bool:
    mine, other = _plain(ours.path), _plain(theirs.path)
    if ours.path.endswith(_WORDS):
        mine, other = mine.rpartition("/")[0], other.rpartition("/")[0]
    return ours.method == theirs.method and mine == other


def _plain(path: str) -> str:
    return _PARAMETER.sub("{}", path).lower()


async def _describe_simulator() -> list[Operation]:
    state = EnvironmentState(Clock())
    app, client = make_app(state), state.integration
    fields = {"grant_type": "client_credentials", "audience": AUDIENCE}
    secrets = {"client_id": client.client_id, "client_secret": client.client_secret}
    token = state.issuer.grant(fields | secrets)["access_token"]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"http://simulator{ROOT.format(environment=ENVIRONMENT)}/",
        headers={"Authorization": f"Bearer {token}"},
    ) as session:
        return [
            await _describe(session, method, route.path)
            for route in app.routes
            if isinstance(route, Route) and "/api/" in route.path
            for method in METHODS & (route.methods or set())
        ]


async def _describe(session: httpx.AsyncClient, method: str, path: str) -> Operation:
    inner = path.removeprefix(f"{ROOT}/")
    response = await _response_fields(session, inner) if method == "GET" else set()
    return Operation(
        method,
        api_path(path),
        _listed(QUERIES, f"{method} {inner}"),
        _listed(BODIES, f"{method} {inner}"),
        frozenset(response),
    )


def _listed(table: dict[str, str], operation: str) -> frozenset[str]:
    names = (table[key] for key in table if fnmatchcase(operation, key))
    return frozenset(next(names, "").lower().split())


async def _response_fields(session: httpx.AsyncClient, path: str) -> set[str]:
    """Return the fields of a response, for the first item of its listing."""
    listing, found, rest = path.partition("/{id}")
    if path.endswith(("/download", "/document")):
        return set()  # a file or a document
    if found:
        page = await session.get(listing)
        items = page.json().get("data") if page.is_success else None
        path = f"{listing}/{items[0]['id']}{rest}" if items else path
    if "{" in path:
        return set()
    fields: set[str] = set()
    for query in ({}, {"limit": "1"}):  # a short page has a link to the next one
        response = await session.get(path, params=query)
        if "json" in response.headers.get("content-type", ""):
            fields |= _names(response.json(), MAX_DEPTH)
    return fields


def _names(value: Any, depth: int) -> set[str]:
    if isinstance(value, list):
        return set[str]().union(*(_names(entry, depth) for entry in value))
    found: set[str] = set()
    if isinstance(value, dict) and depth:
        for name, inner in value.items():
            nested = _names(inner, depth - 1)
            found |= {name.lower(), *(f"{name.lower()}.{one}" for one in nested)}
    return found
