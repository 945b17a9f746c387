"""Tests of the previews of templates and projects."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from simulator_api import wait_for_task


def preview_of(api, path, **query):
    """Return a preview as a picture, once it is rendered."""
    started = api.get(path, params=query)
    assert started.status_code == 202, started.text
    done = wait_for_task(api, started.json()["links"]["taskInfo"])
    picture = api.get(done.json()["links"]["download"])
    assert picture.headers["content-type"] == "image/png"
    assert api.get(path, params=query).content == picture.content
    return Image.open(BytesIO(picture.content))


@pytest.fixture
def document(api, template):
    """Return the document of the first template."""
    return api.get(f"templates/{template['id']}/download").json()


def test_preview_shows_the_layout_or_the_page(api):
    """LayoutId and pageId select what is shown (release note 2026-05-21)."""
    (social,) = api.get("templates", params={"search": "social"}).json()["data"]
    layouts = api.get(f"templates/{social['id']}/download").json()["layouts"]
    path = f"templates/{social['id']}/preview/thumbnail"
    sizes = set()
    for layout in layouts:
        picture = preview_of(api, path, layoutId=layout["id"])
        height = round(240 * layout["height"] / layout["width"])
        assert picture.size == (240, height)
        sizes.add(picture.size)
    assert len(sizes) == 3
    (card,) = api.get("templates", params={"search": "business"}).json()["data"]
    pages = api.get(f"templates/{card['id']}/download").json()["pages"]
    path = f"templates/{card['id']}/preview/thumbnail"
    front, back = (preview_of(api, path, pageId=page["id"]) for page in pages)
    assert ImageChops.difference(front, back).getbbox()


@pytest.mark.parametrize("key", ["layoutId", "pageId"])
@pytest.mark.parametrize("engine", ["2.23.9", None])
def test_old_documents_have_no_previews_of_layouts(api, document, key, engine):
    """Before engine 2.24.0 the parameters are refused (release note 2026-05-21)."""
    document["engineVersion"] = engine
    created = api.post("templates", params={"name": "Old"}, json=document).json()
    entry = {"layoutId": document["layouts"], "pageId": document["pages"]}[key][0]
    path = f"templates/{created['data']['id']}/preview/medium"
    assert api.get(path, params={key: entry["id"]}).status_code == 400
    assert api.get(path).status_code == 202


@pytest.mark.parametrize("query", [{"layoutId": "nobody"}, {"pageId": "nobody"}])
def test_preview_of_an_unknown_layout_or_page_is_refused(shared_api, query):
    """An ID that the document does not contain is a 400."""
    (template, *_) = shared_api.get("templates").json()["data"]
    path = f"templates/{template['id']}/preview/medium"
    assert shared_api.get(path, params=query).status_code == 400


def test_preview_is_ready_after_repeated_requests(api, template):
    """A client that does not poll the task can repeat its request."""
    path = f"templates/{template['id']}/preview/thumbnail"
    responses = [api.get(path) for _ in range(4)]
    assert [response.status_code for response in responses] == [202, 202, 202, 200]


def test_saved_document_has_a_new_preview(api, template, document):
    """The preview of the previous document is not used again."""
    path = f"templates/{template['id']}/preview/thumbnail"
    before = preview_of(api, path)
    for layout in document["layouts"]:
        layout["fillColorEnabled"] = False
    api.put(f"templates/{template['id']}", json=document)
    assert ImageChops.difference(before, preview_of(api, path)).getbbox()


def test_preview_that_cannot_be_rendered_fails_its_task(api):
    """The task of a template without layouts ends with a problem, without a report."""
    created = api.post("templates", params={"name": "Empty"}, json={}).json()["data"]
    started = api.get(f"templates/{created['id']}/preview").json()
    failed = wait_for_task(api, started["links"]["taskInfo"])
    assert failed.status_code == 500
    assert "preview cannot be rendered" in failed.json()["detail"]
    assert "http://" not in failed.json()["detail"]


def test_project_has_a_preview(api):
    """The task of a project can be polled at templates too, as the workshop does."""
    (project, *_) = api.get("projects").json()["data"]
    path = f"projects/{project['id']}/preview/thumbnail"
    task = api.get(path).json()["data"]["taskId"]
    assert api.get(f"templates/preview/tasks/{task}").status_code == 202
    assert preview_of(api, path).width == 240
