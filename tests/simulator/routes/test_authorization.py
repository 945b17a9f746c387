"""Tests of the access checks: token, environment, scope, and private projects."""

from __future__ import annotations

from contextlib import contextmanager

import httpx
import pytest

from chili_notebook.simulator.state.token_issuer import SCOPES
from simulator_api import token_fields_of

# The errors of a request, in the order of the checks: the token ("Environment API"),
# the environment (API reference, 2022), the scope (release note 2023-06-19), the ID
# ("Workshop 09") and the body (API reference, 2022).
STATUSES = {"token": 401, "environment": 404, "scope": 403, "id": 500, "body": 400}
ERRORS = tuple(STATUSES)
# GraFx does not publish which call needs which scope; these are inferred.
NEEDED_SCOPES = [
    ("GET", "templates", "template:list"),
    ("GET", "templates/nobody/download", "template:read"),
    ("GET", "templates/preview/tasks/nobody", "template:read"),
    ("POST", "templates", "template:write"),
    ("DELETE", "templates/nobody", "template:write"),
    ("GET", "projects", "myproject:list"),
    ("GET", "projects/nobody", "myproject:read"),
    ("PATCH", "projects/nobody", "myproject:write"),
    ("GET", "media/nobody", "media:read"),
    ("POST", "media", "media:write"),
    ("DELETE", "media/nobody", "media:write"),
    ("GET", "font-families", "font:list"),
    ("GET", "font-styles/nobody", "font:read"),
    ("POST", "output/pdf", "output:static"),
    ("POST", "output/html", "output:static"),
    ("POST", "output/mp4", "output:animated"),
]


@contextmanager
def headers_with_scopes(simulator, scopes):
    """Return the Authorization header of a new client with the given scopes."""
    issuer = simulator.state.issuer
    integration = simulator.register(scopes)
    token = issuer.grant(token_fields_of(integration))["access_token"]
    yield {"Authorization": f"Bearer {token}"}
    del issuer.integrations[integration.client_id]


@pytest.fixture
def status_with(shared_simulator, shared_api):
    """Return a function that returns the status of a call with the given scopes."""

    def status_with(method, path, scopes):
        with headers_with_scopes(shared_simulator, scopes) as headers:
            return shared_api.request(method, path, headers=headers).status_code

    return status_with


@pytest.mark.parametrize("first", range(len(ERRORS)), ids=ERRORS)
def test_first_error_in_the_order_of_checks_is_the_response(
    shared_simulator, shared_api, first
):
    """A request with several errors gets the response for the first of them."""
    errors = ERRORS[first:]
    template = shared_api.get("templates").json()["data"][0]["id"]
    environment = "cp-nope-000" if "environment" in errors else "cp-demo-001"
    item = "nobody" if "id" in errors else template
    scopes = () if "scope" in errors else ("template:write",)
    with headers_with_scopes(shared_simulator, scopes) as headers:
        if "token" in errors:
            headers["Authorization"] += "x"
        root = f"{shared_simulator.url}/grafx/api/v1/environment/{environment}"
        response = shared_api.put(f"{root}/templates/{item}", headers=headers)
    assert response.status_code == STATUSES[ERRORS[first]]


def test_401_is_a_problem_with_www_authenticate(shared_api):
    """A request without a token gets a problem document and the header."""
    response = httpx.get(shared_api.base_url.join("templates"))
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"
    assert set(response.json()) == {"type", "title", "status", "traceId"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic {}", "{}"])
@pytest.mark.parametrize(
    "path",
    ["templates", "media/x/download", "output/tasks/x", "output/tasks/x/download"],
)
def test_every_call_needs_a_bearer(shared_api, path, header):
    """Downloads and polls need it too ("Environment API", Workshop 14)."""
    token = shared_api.headers["Authorization"].removeprefix("Bearer ")
    headers = {"Authorization": header.format(token)}
    assert shared_api.get(path, headers=headers).status_code == 401


def test_token_expires_after_its_lifetime(simulator, api):
    """An expired token is a 401."""
    simulator.clock.advance(86_400)
    assert api.get("templates").status_code == 401


def test_name_of_the_environment_is_case_insensitive(shared_simulator, shared_api):
    """Studio UI compares the name without case."""
    url = f"{shared_simulator.url}/grafx/api/v1/environment/CP-Demo-001/templates"
    assert shared_api.get(url).status_code == 200


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED_SCOPES)
def test_call_needs_its_scope(status_with, method, path, scope):
    """The scope is enough, and all other scopes together are not."""
    assert status_with(method, path, (scope,)) != 403
    assert status_with(method, path, set(SCOPES) - {scope}) == 403


@pytest.mark.parametrize("path", ["output/tasks", "output/tasks/nobody"])
def test_tasks_need_one_of_two_scopes(status_with, path):
    """The scope of static or of animated outputs is enough."""
    assert status_with("GET", path, ("output:static",)) != 403
    assert status_with("GET", path, ("output:animated",)) != 403
    assert status_with("GET", path, ("template:read", "media:read")) == 403


def test_list_of_media_needs_two_scopes(status_with):
    """The guide on media connectors says that a listing needs both."""
    assert status_with("GET", "media", ("media:list",)) == 403
    assert status_with("GET", "media", ("media:read",)) == 403
    assert status_with("GET", "media", ("media:list", "media:read")) == 200


@pytest.mark.parametrize(
    "path", ["settings", "connectors", "user-interfaces", "output/settings"]
)
def test_calls_without_a_known_scope_need_none(status_with, path):
    """Any valid token is enough."""
    assert status_with("GET", path, ()) == 200


def test_project_is_visible_to_its_owner_only(shared_simulator, shared_api):
    """Another client gets 404 for the project and its outputs."""
    (project, *_) = shared_api.get("projects").json()["data"]
    body = {"projectId": project["id"]}
    url = shared_api.post("output/png", json=body).json()["links"]["taskInfo"]
    with headers_with_scopes(shared_simulator, SCOPES) as headers:
        assert shared_api.get("projects", headers=headers).json()["data"] == []
        for method, path in (
            ("GET", f"projects/{project['id']}"),
            ("DELETE", f"projects/{project['id']}"),
            ("PUT", f"projects/{project['id']}/document"),
            ("GET", f"projects/{project['id']}/preview"),
            ("GET", url),
            ("GET", f"{url}/download"),
        ):
            response = shared_api.request(method, path, headers=headers)
            assert response.status_code == 404
        refused = shared_api.post("output/png", json=body, headers=headers)
        assert refused.status_code == 404
        tasks = shared_api.get("output/tasks", headers=headers).json()["data"]
        assert [task for task in tasks if task["source"] == "Project"] == []
    assert shared_api.get(f"projects/{project['id']}").json() == project


def test_output_of_a_template_is_visible_to_all_clients(shared_simulator, shared_api):
    """Another client can poll and list it ("Output tasks")."""
    (template, *_) = shared_api.get("templates").json()["data"]
    body = {"templateId": template["id"]}
    started = shared_api.post("output/png", json=body).json()
    with headers_with_scopes(shared_simulator, ("output:static",)) as headers:
        url = started["links"]["taskInfo"]
        assert shared_api.get(url, headers=headers).status_code == 202
        tasks = shared_api.get("output/tasks", headers=headers).json()["data"]
    assert started["data"]["taskId"] in [task["id"] for task in tasks]
