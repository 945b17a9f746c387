"""Who may call what: the order of the checks, and the scope of each call."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from chili_notebook.simulator.identity import SCOPES

# What can be wrong with a request, in the order in which it is looked at: the token
# ("Environment API"), the environment (its 404 in the reference of 2022), the scope
# (release note 2023-06-19), the id ("Workshop 09") and the body (the reference again).
STATUSES = {"token": 401, "environment": 404, "scope": 403, "id": 500, "body": 400}
WRONGS = tuple(STATUSES)
# GraFx does not publish which call needs which scope; this is inferred from the names.
NEEDED = [
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
    ("GET", "template-collections", "template_collection:list"),
    ("GET", "template-collections/nobody", "template_collection:read"),
    ("POST", "output/pdf", "output:static"),
    ("POST", "output/html", "output:static"),
    ("POST", "output/mp4", "output:animated"),
    ("POST", "output/image", "output:static"),
    ("POST", "output/animation", "output:animated"),
]


@pytest.fixture
def status_with(standing, reader):
    """Give what tells the status of a call of a client with the given scopes."""

    def status(method, path, scopes):
        with bearer_of(standing, scopes) as headers:
            return reader.request(method, path, headers=headers).status_code

    return status


@contextmanager
def bearer_of(simulator, scopes):
    """Give the header of a new client, which is gone afterwards."""
    integration = simulator.issuer.register(scopes)
    fields = {
        "grant_type": "client_credentials",
        "audience": "https://chiligrafx.com",
        "client_id": integration.client_id,
        "client_secret": integration.client_secret,
    }
    yield {"Authorization": f"Bearer {simulator.issuer.answer(fields)['access_token']}"}
    del simulator.issuer.integrations[integration.client_id]


@pytest.mark.parametrize("first", range(len(WRONGS)), ids=WRONGS)
def test_checks_come_in_one_order(standing, reader, first):
    """Whatever else is wrong with it, a request is answered by the first of these."""
    wrongs = WRONGS[first:]
    template = reader.get("templates").json()["data"][0]["id"]
    place = "cp-nope-000" if "environment" in wrongs else "cp-demo-001"
    named = "nobody" if "id" in wrongs else template
    scopes = () if "scope" in wrongs else ("template:write",)
    with bearer_of(standing, scopes) as headers:
        if "token" in wrongs:
            headers["Authorization"] += "x"
        url = f"{standing.url}/grafx/api/v1/environment/{place}/templates/{named}"
        answer = reader.put(url, headers=headers)
    assert answer.status_code == STATUSES[WRONGS[first]]


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED)
def test_a_call_needs_its_scope(status_with, method, path, scope):
    """Its own scope lets it through, and all of the others together do not."""
    assert status_with(method, path, (scope,)) != 403
    assert status_with(method, path, set(SCOPES) - {scope}) == 403


@pytest.mark.parametrize("path", ["output/tasks", "output/tasks/nobody"])
def test_either_output_scope_reads_tasks(status_with, path):
    """Tasks are read with the scope of still or of animated outputs."""
    assert status_with("GET", path, ("output:static",)) != 403
    assert status_with("GET", path, ("output:animated",)) != 403
    assert status_with("GET", path, ("template:read", "media:read")) == 403


def test_a_listing_of_media_needs_two_scopes(status_with):
    """Media are listed with list and read together (guide on media connectors)."""
    assert status_with("GET", "media", ("media:list",)) == 403
    assert status_with("GET", "media", ("media:read",)) == 403
    assert status_with("GET", "media", ("media:list", "media:read")) == 200


@pytest.mark.parametrize(
    "path", ["settings", "connectors", "user-interfaces", "output/settings"]
)
def test_what_no_scope_is_known_for_needs_none(status_with, path):
    """Any valid token reads what the 17 public scopes do not name."""
    assert status_with("GET", path, ()) == 200


def test_a_project_is_its_owners_alone(standing, reader):
    """Another client does not see it at all (page "Templates and projects")."""
    (project, *_) = reader.get("projects").json()["data"]
    done = reader.post("output/png", json={"projectId": project["id"]}).json()
    info = done["links"]["taskInfo"]
    with bearer_of(standing, SCOPES) as headers:
        assert reader.get("projects", headers=headers).json()["data"] == []
        for method, path in (
            ("GET", f"projects/{project['id']}"),
            ("DELETE", f"projects/{project['id']}"),
            ("PUT", f"projects/{project['id']}/document"),
            ("GET", f"projects/{project['id']}/preview"),
            ("GET", info),
            ("GET", f"{info}/download"),
        ):
            answer = reader.request(method, path, headers=headers)
            assert answer.status_code == 404
        body = {"projectId": project["id"]}
        refused = reader.post("output/png", json=body, headers=headers)
        assert refused.status_code == 404
        tasks = reader.get("output/tasks", headers=headers).json()["data"]
        assert tasks == []
    assert reader.get(f"projects/{project['id']}").json() == project


def test_an_output_of_a_template_is_shared(standing, reader):
    """Another client may poll and list what came from a template ("Output tasks")."""
    (template, *_) = reader.get("templates").json()["data"]
    start = reader.post("output/png", json={"templateId": template["id"]}).json()
    with bearer_of(standing, ("output:static",)) as headers:
        info = start["links"]["taskInfo"]
        assert reader.get(info, headers=headers).status_code == 202
        listed = reader.get("output/tasks", headers=headers).json()["data"]
    assert start["data"]["taskId"] in [task["id"] for task in listed]
