"""Read the operations of an OpenAPI document, version 2.0 or 3.x."""

from __future__ import annotations

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
MAX_DEPTH = 3
"""How deep the fields of a response are read."""

_MAX_STEPS = 8  # references can form a circle

Json = dict[str, Any]


class SpecificationError(Exception):
    """A file is not an OpenAPI document."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a route. Its names are in lower case.

    Attributes:
        method: Its method.
        path: Its path after ``/api``.
        query: Its query parameters.
        body: The fields of its body.
        response: The fields of its successful responses; empty if they are unknown.
    """

    method: str
    path: str
    query: frozenset[str]
    body: frozenset[str]
    response: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def read_operations(path: Path) -> list[Operation]:
    """Return the operations of an OpenAPI document.

    Raises:
        SpecificationError: If the file cannot be read, or is not such a document.
    """
    document = _read_file(path)
    base, reader = _base_path(document), _Reader(document)
    return [
        reader.operation(method.upper(), f"{base}{route_path}", route, operation)
        for route_path, entry in document["paths"].items()
        for route in [reader.resolve(entry)]
        for method, operation in route.items()
        if method.upper() in METHODS
    ]


def _base_path(document: Json) -> str:
    """Return the path before all paths, of version 2.0 or 3.x; may be empty."""
    servers = [_mapping(one).get("url") for one in _list(document.get("servers"))]
    urls = [document.get("basePath"), *servers]
    address = next((url for url in urls if isinstance(url, str)), "")
    _, _, rest = address.rpartition("://")
    return address.rstrip("/") if rest == address else f"/{rest}".rstrip("/")


def api_path(path: str) -> str:
    """Return the part of a path after ``/api``."""
    _, found, rest = path.partition("/api/")
    return f"/{rest}" if found else path


def _read_file(path: Path) -> Json:
    try:
        content = path.read_bytes()
        # PowerShell saves in UTF-16, with a mark at the start.
        is_utf_16 = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
        text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise SpecificationError(f"{path} cannot be read: {reason}.") from error
    except ValueError as error:
        raise SpecificationError(f"{path} is not a text in UTF-8.") from error
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = _read_yaml(text)
    is_openapi = isinstance(document, dict) and {"swagger", "openapi"} & document.keys()
    if not is_openapi or not isinstance(document.get("paths"), dict):
        raise SpecificationError(f"{path} is not an OpenAPI document in JSON.")
    return _mapping(document)


def _read_yaml(text: str) -> Any:
    """Read YAML; return ``None`` if that fails or no library for it is installed."""
    if text.lstrip().startswith(("{", "[")):
        return None  # broken JSON, which is read for a long time as YAML
    try:
        return import_module("yaml").safe_load(text)
    except Exception:  # noqa: BLE001 - the library need not be there to name its errors
        return None


class _Reader:
    """Read the parts of one document; a part of a wrong type is like a missing one."""

    def __init__(self, document: Json) -> None:
        self._document = document
        # Many references to one schema must not be followed again and again.
        self._known: dict[tuple[int, int, int], frozenset[str]] = {}

    def operation(self, method: str, path: str, route: Json, raw: object) -> Operation:
        raw = _mapping(raw)
        parameters = [
            self.resolve(entry)
            for entry in (
                *_list(route.get("parameters")),
                *_list(raw.get("parameters")),
            )
        ]
        query, form = (
            {
                str(one.get("name")).lower()
                for one in parameters
                if one.get("in") == kind
            }
            for kind in ("query", "formData")
        )
        body = self._content(raw.get("requestBody"), 1)
        for one in parameters:
            if one.get("in") == "body":
                body |= self._content(one, 1)
        response: set[str] = set()
        for status, entry in _mapping(raw.get("responses")).items():
            if str(status).startswith("2"):
                response |= self._content(entry, MAX_DEPTH)
        return Operation(
            method,
            api_path(path),
            frozenset(query),
            frozenset(body | form),
            frozenset(response),
        )

    def _content(self, entry: object, depth: int) -> set[str]:
        """Return the fields of a body, in the form of version 2.0 or 3.x."""
        resolved = self.resolve(entry)
        media = _mapping(resolved.get("content")).values()
        return set[str]().union(
            *(self._fields(_mapping(one).get("schema"), depth) for one in media),
            self._fields(resolved.get("schema"), depth),
        )

    def _fields(self, raw: object, depth: int, steps: int = _MAX_STEPS) -> set[str]:
        """Return the fields of a schema and of the schemas in it: ``data.name``."""
        if not depth or not steps:
            return set()
        key = id(raw), depth, steps  # the document keeps each part alive
        if key not in self._known:
            self._known[key] = frozenset(self._read_fields(raw, depth, steps))
        return set(self._known[key])

    def _read_fields(self, raw: object, depth: int, steps: int) -> set[str]:
        schema = self.resolve(raw)
        found: set[str] = set()
        parts = [schema.get("items")]
        for key in ("allOf", "anyOf", "oneOf"):
            parts += _list(schema.get(key))
        for part in parts:
            found |= self._fields(part, depth, steps - 1)
        for name, inner in _mapping(schema.get("properties")).items():
            nested = self._fields(inner, depth - 1, steps - 1)
            found |= {name.lower(), *(f"{name.lower()}.{one}" for one in nested)}
        return found

    def resolve(self, entry: object) -> Json:
        """Return an entry, or what it refers to in the document."""
        for _ in range(_MAX_STEPS):
            reference = _mapping(entry).get("$ref")
            if not isinstance(reference, str):
                break
            entry = self._document
            for key in reference.removeprefix("#/").split("/"):
                entry = _mapping(entry).get(key.replace("~1", "/").replace("~0", "~"))
        return _mapping(entry)


def _mapping(value: object) -> Json:
    if not isinstance(value, dict):
        return {}
    return {str(key): entry for key, entry in value.items()}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
