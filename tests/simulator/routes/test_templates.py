"""Tests of the calls that create, change and delete templates."""

from __future__ import annotations

import pytest


@pytest.fixture
def document(api, template):
    """Return the document of the first template."""
    return api.get(f"templates/{template['id']}/download").json()


def test_template_is_created_from_a_document(api, document):
    """The template is listed first, with its name, folder and document."""
    query = {"name": "A.B & C", "folderPath": "Flyers/2026"}
    created = api.post("templates", params=query, json=document)
    assert created.status_code == 201
    item = created.json()["data"]
    assert (item["name"], item["relativePath"]) == ("A.B & C", "/Flyers/2026")
    assert api.get(f"templates/{item['id']}/download").json() == document
    assert api.get("templates").json()["data"][0] == item
    in_folder = api.get("templates", params={"folder": "/Flyers/2026"}).json()
    assert in_folder["data"] == [item]
    (folder,) = api.get("templates/directory").json()["data"]
    assert (folder["name"], folder["type"]) == ("2026", 1)


def test_template_is_renamed_moved_and_saved(api, simulator, template, document):
    """PUT changes the name, the folder or the document, and nothing else."""
    path = f"templates/{template['id']}"
    renamed = api.put(path, params={"name": "Renamed"}).json()["data"]
    assert renamed == template | {"name": "Renamed"}
    moved = api.put(path, params={"folderPath": "/Old"}).json()["data"]
    assert moved == renamed | {"relativePath": "/Old"}
    document["variables"].clear()
    simulator.clock.advance(60)
    saved = api.put(path, json=document).json()["data"]
    key = "lastModifiedContentUtc"
    assert saved[key] > moved["dateCreated"]
    assert saved == moved | {key: saved[key]}
    assert api.get(f"{path}/download").json() == document


def test_template_is_deleted(api, template):
    """DELETE responds with 200, and the template is no longer listed."""
    assert api.delete(f"templates/{template['id']}").status_code == 200
    assert template not in api.get("templates").json()["data"]
