"""Templates, projects and collections: made, changed, previewed and deleted."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops


@pytest.fixture
def document(api, template):
    """Give the document of the first template."""
    return api.get(f"templates/{template['id']}/download").json()


@pytest.fixture
def picture(api, finish):
    """Give what fetches a preview as a picture, once it is made."""

    def picture(path, **params):
        started = api.get(path, params=params)
        assert started.status_code == 202, started.text
        done = finish(started.json()["links"]["taskInfo"])
        again = api.get(path, params=params)
        assert api.get(done.json()["links"]["download"]).content == again.content
        return Image.open(BytesIO(again.content))

    return picture


def test_a_template_is_made_of_a_document(api, document):
    """POST keeps the document under a name, and answers 201 with the template."""
    query = {"name": "A.B & C", "folderPath": "Flyers/2026"}
    made = api.post("templates", params=query, json=document)
    assert made.status_code == 201
    item = made.json()["data"]
    assert item["name"] == "A.B & C"
    assert item["relativePath"] == "/Flyers/2026"
    assert api.get(f"templates/{item['id']}/download").json() == document
    assert api.get("templates").json()["data"][0] == item
    in_folder = api.get("templates", params={"folder": "/Flyers/2026"}).json()
    assert in_folder["data"] == [item]
    (folder,) = api.get("templates/directory").json()["data"]
    assert (folder["name"], folder["type"]) == ("2026", 1)


def test_a_template_is_renamed_or_moved_or_saved(api, simulator, template, document):
    """PUT changes the name, the folder or the document, and only that."""
    at = f"templates/{template['id']}"
    renamed = api.put(at, params={"name": "Renamed"}).json()["data"]
    assert renamed == template | {"name": "Renamed"}
    moved = api.put(at, params={"folderPath": "/Old"}).json()["data"]
    assert moved == renamed | {"relativePath": "/Old"}
    document["variables"].clear()
    simulator.clock.advance(60)
    saved = api.put(at, json=document).json()["data"]
    assert saved["lastModifiedContentUtc"] > moved["dateCreated"]
    assert saved | {"lastModifiedContentUtc": ""} == moved | {
        "lastModifiedContentUtc": ""
    }
    assert api.get(f"{at}/download").json() == document


def test_a_template_in_a_collection_is_deleted_by_force(api, tag):
    """Without force it stays (API reference, 2022); with it the collection shrinks."""
    (collection,) = api.get("template-collections").json()["data"]
    assert [member["id"] for member in collection["templates"]] == [tag["id"]]
    at = f"templates/{tag['id']}"
    assert api.delete(at).status_code == 400
    assert api.get(at).status_code == 200
    assert api.delete(at, params={"force": "true"}).status_code == 200
    assert api.get(at).status_code == 500
    after = api.get(f"template-collections/{collection['id']}").json()
    assert after["templates"] == []


def test_a_template_in_no_collection_is_deleted(api, template):
    """DELETE answers 200, and the template is gone from the listing."""
    assert api.delete(f"templates/{template['id']}").status_code == 200
    assert template not in api.get("templates").json()["data"]


def test_a_collection_is_made_and_deleted(api):
    """A new collection is empty and listed, until it is deleted."""
    made = api.post("template-collections", json={"name": "Autumn"})
    assert made.status_code == 201
    assert made.json() in api.get("template-collections").json()["data"]
    assert api.delete(f"template-collections/{made.json()['id']}").status_code == 204
    assert made.json() not in api.get("template-collections").json()["data"]


def test_a_preview_is_of_a_layout_or_a_page(api, picture):
    """A preview shows the layoutId and pageId asked for (release note 2026-05-21)."""
    query = {"search": "social"}
    (social,) = api.get("templates", params=query).json()["data"]
    layouts = api.get(f"templates/{social['id']}/download").json()["layouts"]
    path = f"templates/{social['id']}/preview/thumbnail"
    shapes = set()
    for layout in layouts:
        shown = picture(path, layoutId=layout["id"])
        assert shown.width == 240
        assert shown.height == round(240 * layout["height"] / layout["width"])
        shapes.add(shown.size)
    assert len(shapes) == 3

    (card,) = api.get("templates", params={"search": "business"}).json()["data"]
    pages = api.get(f"templates/{card['id']}/download").json()["pages"]
    path = f"templates/{card['id']}/preview/thumbnail"
    front, back = (picture(path, pageId=page["id"]) for page in pages)
    assert ImageChops.difference(front, back).getbbox()


@pytest.mark.parametrize("key", ["layoutId", "pageId"])
@pytest.mark.parametrize("engine", ["2.23.9", "1.0", None])
def test_an_older_document_has_no_preview_of_a_layout(api, document, key, engine):
    """Before engine 2.24.0 the parameters are refused (release note 2026-05-21)."""
    document["engineVersion"] = engine
    made = api.post("templates", params={"name": "Old"}, json=document).json()
    place = {"layoutId": document["layouts"], "pageId": document["pages"]}[key]
    path = f"templates/{made['data']['id']}/preview/medium"
    assert api.get(path, params={key: place[0]["id"]}).status_code == 400
    assert api.get(path).status_code == 202


@pytest.mark.parametrize("key", ["layoutId", "pageId"])
def test_a_preview_of_what_is_not_there_is_refused(api, template, key):
    """An id that the document does not have is a 400."""
    path = f"templates/{template['id']}/preview/medium"
    assert api.get(path, params={key: "nobody"}).status_code == 400


def test_a_preview_comes_to_who_only_asks_again(api, template):
    """Without the link to its task a preview is there after a while all the same."""
    path = f"templates/{template['id']}/preview/thumbnail"
    answers = [api.get(path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 200]
    assert answers[-1].headers["content-type"] == "image/png"


def test_a_saved_document_has_a_new_preview(api, template, document, picture):
    """What was painted before a change is not shown after it."""
    path = f"templates/{template['id']}/preview/thumbnail"
    before = picture(path)
    for layout in document["layouts"]:
        layout["fillColorEnabled"] = False
    api.put(f"templates/{template['id']}", json=document)
    assert ImageChops.difference(before, picture(path)).getbbox()


def test_a_preview_that_cannot_be_made_fails_its_task(api, finish):
    """A template without layouts has a task that ends with a problem."""
    made = api.post("templates", params={"name": "Empty"}, json={}).json()["data"]
    started = api.get(f"templates/{made['id']}/preview").json()
    failed = finish(started["links"]["taskInfo"])
    assert failed.status_code == 500
    assert "no preview" in failed.json()["detail"]


def test_there_are_two_projects_to_begin_with(api):
    """The client that comes with the simulator owns two; each is of a template."""
    projects = api.get("projects").json()["data"]
    assert len(projects) == 2
    for project in projects:
        template = api.get(f"templates/{project['template']['id']}").json()["data"]
        document = api.get(f"projects/{project['id']}/document").json()
        properties = {"type": "project", "templateId": template["id"]}
        assert document["properties"] == properties
        assert document != api.get(f"templates/{template['id']}/download").json()


def test_a_project_is_made_renamed_saved_and_deleted(api, template, document):
    """The life of a project, each step answered as its page says."""
    body = {"template": {"id": template["id"]}, "name": "Mine"}
    made = api.post("projects", json=body)
    assert made.is_success
    project = made.json()
    assert project["name"] == "Mine"
    assert project["template"] == {"id": template["id"]}
    at = f"projects/{project['id']}"
    assert api.patch(at, json={"name": "Ours"}).json() == project | {"name": "Ours"}
    document["variables"].clear()
    saved = api.put(f"{at}/document", json=document)
    assert (saved.status_code, saved.content) == (204, b"")
    assert api.get(f"{at}/document").json() == document
    assert api.get(f"templates/{template['id']}/download").json() != document
    assert api.delete(at).status_code == 204
    assert api.get(at).status_code == 404


def test_a_project_takes_its_templates_name(api, template):
    """Without a name a project is called as its template is."""
    made = api.post("projects", json={"template": {"id": template["id"]}}).json()
    assert made["name"] == template["name"]


def test_a_project_is_rendered_with_its_own_document(api, render):
    """An output of a project shows what the project says, not its template."""
    (project, *_) = api.get("projects").json()["data"]
    own = render(projectId=project["id"]).json()["links"]["download"]
    plain = render(templateId=project["template"]["id"]).json()["links"]["download"]
    assert api.get(own).content != api.get(plain).content


def test_a_projects_preview_is_made_when_it_is_asked_for(api, picture):
    """Projects have previews as templates have; both nouns know each other's tasks."""
    (project, *_) = api.get("projects").json()["data"]
    path = f"projects/{project['id']}/preview/thumbnail"
    task = api.get(path).json()["data"]["taskId"]
    assert api.get(f"templates/preview/tasks/{task}").status_code == 202
    assert picture(path).width == 240
