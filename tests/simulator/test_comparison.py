"""Tests of the comparison with an OpenAPI document, such as an environment serves."""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatchcase
from importlib.util import find_spec

import pytest
from starlette.routing import Route

from chili_notebook.simulator.comparison import (
    BODIES,
    QUERIES,
    Difference,
    compare_with,
    format_table,
)
from chili_notebook.simulator.openapi import SpecificationError, read_operations
from chili_notebook.simulator.routes.authorization import ROOT
from chili_notebook.simulator.server.app import make_app

PREFIX = "/api/v1/environment/{environment}"
HERE, THERE = "only in the simulator", "only in the document"
ITEM = {"properties": {"Id": {}, "owner": {}}}
ENVELOPE = {
    "properties": {
        "data": {"type": "array", "items": {"allOf": [{"$ref": "#/parts/item"}]}},
        "pageSize": {"type": "integer"},
    }
}
ORDER = {"properties": {"templateId": {}, "Priority": {}}}
LIMIT = {"name": "Limit", "in": "query"}
COLOUR = {"name": "colour", "in": "query"}


def in_version_3():
    """Return a document of version 3, with references."""
    listing = {
        "parameters": [LIMIT, {"$ref": "#/parts/colour"}],
        "responses": {
            "200": {"content": {"application/json": {"schema": ENVELOPE}}},
            "404": {"content": {"application/json": {"schema": ORDER}}},
        },
    }
    order = {"requestBody": {"content": {"application/json": {"schema": ORDER}}}}
    paths = {
        f"{PREFIX}/templates": {"get": listing, "delete": {}},
        f"{PREFIX}/templates/{{templateId}}": {"get": {}},
        f"{PREFIX}/output/pdf": {"post": order},
        f"{PREFIX}/labels": {"get": {}, "parameters": 7, "summary": "Labels"},
    }
    parts = {"colour": COLOUR, "item": ITEM}
    return {"openapi": "3.0.4", "paths": paths, "parts": parts}


def in_version_2():
    """Return the same document in version 2, where paths are after a base path."""
    listing = {
        "parameters": [COLOUR],
        "responses": {"200": {"schema": {"$ref": "#/parts/envelope"}}},
    }
    paths = {
        f"{PREFIX}/templates": {"parameters": [LIMIT], "get": listing, "delete": {}},
        f"{PREFIX}/templates/{{templateId}}": {"get": {}},
        f"{PREFIX}/output/pdf": {
            "post": {"parameters": [{"name": "b", "in": "body", "schema": ORDER}]}
        },
        f"{PREFIX}/labels": {"get": {}},
    }
    parts = {"envelope": ENVELOPE, "item": ITEM}
    return {"swagger": "2.0", "basePath": "/grafx", "paths": paths, "parts": parts}


def write(tmp_path, document):
    """Write a document, and return its path."""
    path = tmp_path / "swagger.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("document", [in_version_2(), in_version_3()], ids=["2", "3"])
def test_differences_are_found_in_all_parts(tmp_path, document):
    """Routes, methods, query parameters, fields of bodies and of responses differ."""
    found = set(compare_with(write(tmp_path, document)))
    environment = "/v1/environment/{environment}"
    listing, order = f"GET {environment}/templates", f"POST {environment}/output/pdf"
    assert {
        Difference(f"GET {environment}/labels", "route", "", THERE),
        Difference(f"GET {environment}/connectors", "route", "", HERE),
        Difference(f"DELETE {environment}/templates", "method", "", THERE),
        Difference(f"POST {environment}/templates", "method", "", HERE),
        Difference(listing, "query parameter", "colour", THERE),
        Difference(listing, "query parameter", "sortby", HERE),
        Difference(listing, "response field", "data.owner", THERE),
        Difference(listing, "response field", "data.name", HERE),
        Difference(order, "body field", "priority", THERE),
        Difference(order, "body field", "variables", HERE),
    } <= found
    equal = {"limit", "data", "data.id", "pagesize", "templateid"}
    assert not equal & {difference.name for difference in found}
    names = {difference.operation for difference in found}
    assert f"GET {environment}/templates/{{id}}" not in names
    assert f"POST {environment}/output/{{format}}" not in names


def test_listed_names_belong_to_routes(shared_simulator):
    """Every listed operation is one of the simulator's, so that none is outdated."""
    operations = [
        f"{method} {route.path.removeprefix(f'{ROOT}/')}"
        for route in make_app(shared_simulator.state).routes
        if isinstance(route, Route)
        for method in route.methods
    ]
    for pattern in (*QUERIES, *BODIES):
        assert any(fnmatchcase(operation, pattern) for operation in operations), pattern


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe{", "not a text in UTF-8"),
        (b"\xff\xfd", "not a text in UTF-8"),
        (b"{", "not an OpenAPI document"),
        (b"[" * 100_000, "not an OpenAPI document"),
        (b"[]", "not an OpenAPI document"),
        (b'{"openapi": "3.0.0"}', "not an OpenAPI document"),
        (b'{"openapi": "3.0.0", "paths": []}', "not an OpenAPI document"),
    ],
)
def test_other_files_are_refused(tmp_path, content, reason):
    """The error names the file and the reason."""
    path = tmp_path / "swagger.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SpecificationError, match=reason) as caught:
        compare_with(path)
    assert str(path) in str(caught.value)


def test_yaml_is_read_if_a_library_for_it_is_installed(tmp_path):
    """Without one, the document must be in JSON."""
    path = tmp_path / "swagger.yaml"
    path.write_text("openapi: 3.0.4\npaths:\n  /api/v1/ping:\n    get: {}\n")
    if find_spec("yaml") is None:
        with pytest.raises(SpecificationError, match="in JSON"):
            compare_with(path)
    else:
        assert Difference("GET /v1/ping", "route", "", THERE) in compare_with(path)
        path.write_text("openapi: 3.0.4\npaths: {5: {get: {}}, null: {get: {}}}\n")
        assert Difference("GET 5", "route", "", THERE) in compare_with(path)


@pytest.mark.parametrize(
    "base",
    [
        {"basePath": "/grafx/api/v1"},
        {"servers": [{"url": "/grafx/api/v1/"}]},
        {"servers": [{"url": "https://cp-abc-123.example/grafx/api/v1"}]},
    ],
)
def test_paths_may_be_after_a_base_path(tmp_path, base):
    """The base path can contain the version; a route can be a reference."""
    document = in_version_3() | base
    short = {
        path.removeprefix("/api/v1"): entry for path, entry in document["paths"].items()
    }
    entry = "/environment/{environment}/templates"
    document["parts"]["templates"] = short.pop(entry)
    document["paths"] = short | {entry: {"$ref": "#/parts/templates"}}
    found = compare_with(write(tmp_path, document))
    assert found == compare_with(write(tmp_path, in_version_3()))


def test_document_may_be_in_utf_16_and_its_names_never_control_a_terminal(tmp_path):
    """PowerShell saves in UTF-16; a name may contain an escape sequence."""
    path = tmp_path / "swagger.json"
    document = {"openapi": "3.0.4", "paths": {"/api/\x1b[31m\nred": {"get": {}}}}
    path.write_text(json.dumps(document), "utf-16")
    assert "GET /?[31m?red" in format_table(compare_with(path))


def test_parts_of_a_wrong_type_are_ignored(tmp_path):
    """References in a circle and values of wrong types are like missing parts."""
    circle = {"$ref": "#/circle"}
    operation = {
        "parameters": [7, circle],
        "requestBody": {"content": {"application/json": {"schema": circle}}},
        "responses": {"200": circle, "x": None},
    }
    document = {
        "openapi": 3,
        "circle": {"allOf": [circle], "properties": {"a": circle}},
        "paths": {
            f"{PREFIX}/templates": {"get": operation, "put": []},
            "/api/v1/info": None,
        },
    }
    found = compare_with(write(tmp_path, document))
    put = "PUT /v1/environment/{environment}/templates"
    assert Difference(put, "method", "", THERE) in found


def test_command_prints_a_table_and_sets_the_exit_code(tmp_path):
    """The code is 1 with differences, and 2 with a message for another file."""
    document = write(tmp_path, in_version_3())
    command = [sys.executable, "-m", "chili_notebook.simulator", "--compare"]
    done = subprocess.run(
        [*command, document], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == f"{format_table(compare_with(document))}\n"
    document.write_text("{}")
    done = subprocess.run(
        [*command, document], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "not an OpenAPI document" in done.stderr
    assert "Traceback" not in done.stderr


def test_references_in_many_circles_are_read_once(tmp_path):
    """A schema that names itself a hundred times does not take hours."""
    circle = {"$ref": "#/components/schemas/A"}
    responses = {"200": {"content": {"a": {"schema": circle}}}}
    schema = {"allOf": [dict(circle) for _ in range(100)], "properties": {"id": {}}}
    document = {
        "openapi": "3.0.0",
        "paths": {"/api/v1/x": {"get": {"responses": responses}}},
        "components": {"schemas": {"A": schema}},
    }
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    (operation,) = read_operations(path)
    assert operation.response == {"id"}
