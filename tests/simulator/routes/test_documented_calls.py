"""Tests of the status and envelope of each call, with the page that documents it.

The pages are those of GraFx's public documentation. "inferred" means that they do not
document the fact; some facts are only in the code of Studio UI or other clients.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest


@dataclass(frozen=True)
class Case:
    """A request, its response, and the page that documents it."""

    method: str
    path: str
    status: int
    envelope: str
    page: str
    sent: dict = field(default_factory=dict)

    def __str__(self):
        """Return the name of the case in a report."""
        return f"{self.method} {self.path} is {self.status} ({self.page})"


def envelope_of(response):
    """Return the name of the envelope of a response."""
    if not response.content:
        return "empty"
    if "json" not in response.headers["content-type"]:
        return response.headers["content-type"].split(";")[0]
    body = response.json()
    if response.headers["content-type"] == "application/problem+json":
        assert {"type", "title", "status", "traceId"} <= set(body)
        assert body["status"] == response.status_code
        return "problem"
    if "taskId" in (body.get("data") or {}):
        return f"task with {' '.join(body['links'])}"
    if isinstance(body.get("data"), list):
        assert body.get("pageSize", len(body["data"])) == len(body["data"])
        total = " and total" if "total" in body else ""
        links = json.dumps(body["links"]) if "links" in body else "no"
        return f"list, {links} links{total}"
    return "wrapped" if set(body) == {"data", "links"} else "bare"


def ids_of(simulator, client):
    """Return an ID of each noun, for the paths of the cases."""

    def first(path):
        return client.get(path).json()["data"][0]["id"]

    family = first("font-families")
    return {
        "url": simulator.url,
        "template": first("templates"),
        "project": first("projects"),
        "media": first("media"),
        "family": family,
        "style": first(f"font-families/{family}/styles"),
        "setting": first("output/settings"),
    }


@pytest.fixture(scope="module")
def ids(shared_simulator, shared_api):
    """Return the IDs of the shared simulator."""
    return ids_of(shared_simulator, shared_api)


REFERENCE = "API reference, 2022"
GUIDE = "Environment API, endpoints"
UI = "Studio UI's calls"
ORDER = {"layoutsToExport": []}
READS = [
    Case("GET", "{url}/grafx/api/v1/info", 200, "wrapped", REFERENCE),
    Case("GET", "templates", 200, "list, {} links and total", REFERENCE),
    Case("GET", "templates/", 200, "list, {} links and total", "inferred"),
    Case("GET", "templates/directory", 200, "list, {} links and total", REFERENCE),
    Case("GET", "templates/{template}", 200, "wrapped", "Workshop 09"),
    Case("GET", "templates/nobody", 500, "problem", "Workshop 09"),
    Case("GET", "templates/{template}/download", 200, "bare", GUIDE),
    Case("GET", "templates/{template}/preview", 202, "task with taskInfo", REFERENCE),
    Case(
        "GET",
        "templates/{template}/preview/fullOrVector",
        400,
        "problem",
        "Media connector example",
    ),
    Case("GET", "templates/preview/tasks/nobody", 404, "problem", REFERENCE),
    Case("GET", "projects", 200, 'list, {"nextPage": ""} links', REFERENCE),
    Case("GET", "projects/{project}", 200, "bare", "Workshop 10"),
    Case("GET", "projects/nobody", 404, "problem", "Templates and projects"),
    Case("GET", "projects/{project}/document", 200, "bare", UI),
    Case("GET", "projects/{project}/preview/medium", 202, "task with taskInfo", GUIDE),
    Case("GET", "media", 200, "list, null links and total", REFERENCE),
    Case("GET", "media/directory", 200, "list, null links and total", REFERENCE),
    Case("GET", "media/{media}", 200, "wrapped", "Media connector example"),
    Case("GET", "media/nobody", 404, "problem", "inferred"),
    Case("GET", "media/{media}/preview/huge", 400, "problem", "inferred"),
    Case(
        "GET",
        "media/{media}/preview?previewType=thumbnail",
        202,
        "task with taskInfo",
        "Media connector example",
    ),
    Case("GET", "media?includeFolders=maybe", 400, "problem", "inferred"),
    Case(
        "GET",
        "font-families",
        200,
        'list, {"nextPage": null} links and total',
        "Release note 2023-08-24",
    ),
    Case(
        "GET",
        "font-families/{family}/styles",
        200,
        "list, null links",
        "Studio toolbar",
    ),
    Case("GET", "font-families/nobody/styles", 404, "problem", "inferred"),
    Case("GET", "font-styles/{style}", 200, "wrapped", "Release note 2023-08-24"),
    Case("GET", "font-styles/nobody", 404, "problem", "inferred"),
    Case("GET", "font-styles/{style}/download", 200, "font/ttf", "inferred"),
    Case("GET", "font-styles/{style}/preview/square", 200, "image/png", "Studio SDK"),
    Case("GET", "font-styles/{style}/preview/round", 400, "problem", "inferred"),
    Case("GET", "output/settings", 200, "list, {} links", UI),
    Case("GET", "output/settings/{setting}", 200, "bare", UI),
    Case("GET", "output/settings/nobody", 404, "problem", "inferred"),
    Case("GET", "output/tasks", 200, "list, null links and total", "inferred"),
    Case("GET", "output/tasks/nobody", 404, "problem", REFERENCE),
    Case("GET", "output/tasks/nobody/download", 404, "problem", REFERENCE),
    Case("GET", "connectors", 200, "list, no links", UI),
    Case("GET", "user-interfaces", 200, "list, null links", UI),
    Case("GET", "settings", 200, "bare", "Versioning"),
    Case("GET", "nowhere", 404, "problem", REFERENCE),
    Case("PATCH", "templates", 405, "problem", "inferred"),
    Case("POST", "output/tiff", 404, "problem", "inferred", {"json": {}}),
]
REFUSALS = [
    Case("POST", "templates?name=a", 500, "problem", REFERENCE, {"content": b"{"}),
    Case("POST", "templates?name=a", 500, "problem", REFERENCE, {"content": b"[]"}),
    Case("POST", "templates", 400, "problem", "inferred", {"json": {}}),
    Case("PUT", "templates/{template}?name=a", 400, "problem", REFERENCE, {"json": {}}),
    Case("PUT", "templates/{template}", 400, "problem", REFERENCE),
    Case("PUT", "templates/{template}", 500, "problem", REFERENCE, {"content": b"{"}),
    Case("PUT", "templates/nobody?name=a", 500, "problem", "Workshop 09"),
    Case("DELETE", "templates/nobody", 500, "problem", "Workshop 09"),
    Case("POST", "projects", 400, "problem", "Release note 2023-06-19", {"json": {}}),
    Case(
        "POST",
        "projects",
        400,
        "problem",
        "Release note 2023-06-19",
        {"json": {"template": {"id": "nobody"}}},
    ),
    Case("PATCH", "projects/{project}", 400, "problem", "inferred", {"json": {}}),
    Case(
        "PUT",
        "projects/{project}/document",
        500,
        "problem",
        UI,
        {"content": b"nothing"},
    ),
    Case("POST", "media", 400, "problem", "GraFx Media", {"content": b"no form"}),
    Case("PATCH", "media/{media}", 400, "problem", "inferred", {"json": {}}),
    Case(
        "PATCH",
        "media/{media}",
        400,
        "problem",
        "GraFx Media",
        {"json": {"folderPath": "/"}},
    ),
    Case("POST", "output/settings/tiff", 404, "problem", "inferred", {"json": {}}),
    Case("POST", "output/settings/pdf", 400, "problem", "inferred", {"json": {}}),
    Case(
        "POST",
        "output/settings/pdf",
        400,
        "problem",
        "inferred",
        {"json": {"name": "a", "watermark": "yes"}},
    ),
    Case("DELETE", "output/settings/{setting}", 400, "problem", "inferred"),
    Case(
        "PUT",
        "output/settings/{setting}",
        400,
        "problem",
        "Release note 2024-01-25",
        {"json": {"default": False}},
    ),
    Case(
        "POST",
        "output/pdf",
        404,
        "problem",
        "Templates and projects",
        {"json": {"projectId": "nobody"}},
    ),
    Case(
        "POST",
        "output/png",
        400,
        "problem",
        "Release note 2026-02-03",
        {"json": {"documentContent": {"layouts": []}, "maxRecordsPerFile": 2} | ORDER},
    ),
]


@pytest.mark.parametrize("case", READS + REFUSALS, ids=str)
def test_call_has_the_documented_response(shared_api, ids, case):
    """Each call has its status and its envelope."""
    response = shared_api.request(case.method, case.path.format(**ids), **case.sent)
    assert response.status_code == case.status, response.text
    assert envelope_of(response) == case.envelope


TASK = "task with taskInfo"
NAMED = {"json": {"name": "Another name"}}
SAVED = {"json": {"layouts": [], "selectedLayoutId": "0"}}
NOTE = {"files": {"file": ("note.pdf", b"%PDF-1.4")}}
WRITES = [
    Case("POST", "templates?name=a&folderPath=/", 201, "wrapped", REFERENCE, SAVED),
    Case("PUT", "templates/{template}", 200, "wrapped", REFERENCE, SAVED),
    Case("PUT", "templates/{template}?name=a", 200, "wrapped", REFERENCE),
    Case("PUT", "templates/{template}?folderPath=/a", 200, "wrapped", REFERENCE),
    Case("DELETE", "templates/{template}", 200, "empty", REFERENCE),
    Case(
        "POST",
        "projects",
        201,
        "bare",
        "Workshop 10",
        {"json": {"template": {"id": "{template}"}}},
    ),
    Case("PATCH", "projects/{project}", 200, "bare", "Release note 2023-05-16", NAMED),
    Case("PUT", "projects/{project}/document", 204, "empty", "Workshop 13", SAVED),
    Case("DELETE", "projects/{project}", 204, "empty", GUIDE),
    Case(
        "POST", "media?folderPath=/Upload", 201, "bare", "GraFx's media connector", NOTE
    ),
    Case("PATCH", "media/{media}", 200, "wrapped", "Release note 2026-03-08", NAMED),
    Case("DELETE", "media/{media}", 204, "empty", "inferred"),
    Case("POST", "output/settings/pdf", 201, "bare", "Release note 2024-03-06", NAMED),
    Case(
        "PUT",
        "output/settings/{setting}",
        200,
        "bare",
        "Release note 2024-03-06",
        NAMED,
    ),
    *(
        Case("POST", path, 200, TASK, page, {"json": {"templateId": "{template}"}})
        for path, page in (
            ("output/pdf", REFERENCE),
            ("output/png", UI),
            ("output/jpg", UI),
            ("output/gif", UI),
            ("output/mp4", UI),
            ("output/html", "Release note 2024-01-25"),
        )
    ),
]


@pytest.mark.parametrize("case", WRITES, ids=str)
def test_change_has_the_documented_response(simulator, api, case):
    """Each call that changes something has its status and its envelope."""
    named = ids_of(simulator, api)
    sent = case.sent
    if "json" in sent:
        body = json.dumps(sent["json"]).replace("{template}", named["template"])
        sent = {"json": json.loads(body)}
    response = api.request(case.method, case.path.format(**named), **sent)
    assert response.status_code == case.status, response.text
    assert envelope_of(response) == case.envelope


@pytest.mark.parametrize(
    ("path", "status", "uri"),
    [
        ("media?limit=0", 400, "https://tools.ietf.org/html/rfc7231#section-6.5.1"),
        ("media/nobody", 404, "https://tools.ietf.org/html/rfc7231#section-6.5.4"),
        (
            "media?nextPageToken=stale",
            410,
            "https://tools.ietf.org/html/rfc7231#section-6.5.9",
        ),
        ("templates/nobody", 500, "https://httpstatuses.io/500"),
    ],
)
def test_problem_has_the_documented_type(shared_api, path, status, uri):
    """The URIs are those of the API reference of 2022."""
    problem = shared_api.get(path).json()
    assert (problem["status"], problem["type"]) == (status, uri)
