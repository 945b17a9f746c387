"""Tests of the calls that create, change, render and delete projects."""

from __future__ import annotations

from simulator_api import download_of


def test_two_sample_projects_are_changed_templates(shared_api):
    """The simulator's own client has two projects with documents of their own."""
    projects = shared_api.get("projects").json()["data"]
    assert len(projects) == 2
    for project in projects:
        template_id = project["template"]["id"]
        original = shared_api.get(f"templates/{template_id}/download").json()
        document = shared_api.get(f"projects/{project['id']}/document").json()
        properties = {"type": "project", "templateId": template_id}
        assert document["properties"] == properties
        assert document["variables"] != original["variables"]


def test_project_is_created_renamed_saved_and_deleted(api, template):
    """Each call changes the project and not its template."""
    original = api.get(f"templates/{template['id']}/download").json()
    body = {"template": {"id": template["id"]}, "name": "Mine"}
    project = api.post("projects", json=body).json()
    assert project["name"] == "Mine"
    assert project["template"] == {"id": template["id"]}
    path = f"projects/{project['id']}"
    renamed = api.patch(path, json={"name": "Ours"}).json()
    assert renamed == project | {"name": "Ours"}
    document = original | {"variables": []}
    saved = api.put(f"{path}/document", json=document)
    assert (saved.status_code, saved.content) == (204, b"")
    assert api.get(f"{path}/document").json() == document
    assert api.get(f"templates/{template['id']}/download").json() == original
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_project_without_a_name_has_that_of_its_template(api, template):
    """The name is optional."""
    created = api.post("projects", json={"template": {"id": template["id"]}}).json()
    assert created["name"] == template["name"]


def test_output_of_a_project_has_its_own_document(api, create_output):
    """The output differs from the output of the template."""
    (project, *_) = api.get("projects").json()["data"]
    own = create_output(projectId=project["id"])
    plain = create_output(templateId=project["template"]["id"])
    assert download_of(api, own).content != download_of(api, plain).content
