"""Previews that GraFx makes when they are first requested."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook.errors import ConfigurationError, OutputTimeoutError

ROOT = "/grafx/api/v1/environment/cp-abc-123/"


def preview_api(answers):
    """Return an API with these answers to requests for previews."""
    asked = []

    def api(request):
        if "preview" not in request.url.path:
            return httpx.Response(200, json={"id": "1", "name": "a", "layouts": []})
        asked.append(request.url.path)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return api, asked


@pytest.mark.parametrize(
    ("links", "task_id"),
    [({}, ""), ({"taskInfo": f"{ROOT}preview/tasks/p1?a=b/c"}, "p1")],
)
def test_preview_that_is_not_ready_is_a_timeout_with_the_task_id(
    client_of, links, task_id
):
    """The ID is empty where GraFx has named no task."""
    pending = httpx.Response(202, json={"data": None, "links": links})
    api, _asked = preview_api([pending])
    chili = client_of(api)
    started_at = chili.clock()
    with pytest.raises(OutputTimeoutError, match="after 60 s") as caught:
        chili.templates.get("1").preview("medium")
    assert caught.value.task_id == task_id
    assert chili.clock() - started_at == pytest.approx(60)


def test_preview_is_fetched_from_the_link_of_its_task(client_of):
    """The task is polled until it links to the picture."""
    api, asked = preview_api(
        [
            httpx.Response(202, json={"links": {"taskInfo": f"{ROOT}preview/tasks/p"}}),
            httpx.Response(202),
            httpx.Response(200, json={"links": {"download": f"{ROOT}preview/file"}}),
            httpx.Response(200, content=b"png", headers={"Content-Type": "image/png"}),
        ]
    )
    preview = client_of(api).templates.get("1").preview("thumbnail")
    assert (preview.content, preview.file_name) == (b"png", "a.png")
    paths = [path.rpartition("cp-abc-123/")[2] for path in asked]
    assert paths == [
        "templates/1/preview/thumbnail",
        *["preview/tasks/p"] * 2,
        "preview/file",
    ]


@pytest.mark.parametrize("timeout_s", ["soon", None, float("nan")])
def test_timeout_that_is_no_number_is_refused_before_a_request(client_of, timeout_s):
    """The error names the argument."""
    api, requested = preview_api([httpx.Response(202)])
    template = client_of(api).templates.get("1")
    with pytest.raises(ConfigurationError, match="not a number of seconds"):
        template.preview(timeout_s=timeout_s)
    assert requested == []


@pytest.mark.parametrize("noun", ["templates", "media"])
def test_item_that_shows_itself_waits_only_five_seconds(client_of, noun):
    """A cell that ends with an item is not delayed by a slow preview."""
    api, _asked = preview_api([httpx.Response(202)])
    chili = client_of(api)
    item = getattr(chili, noun).get("1")
    started_at = chili.clock()
    bundle = item._repr_mimebundle_()
    assert "was not ready after 5 s" in str(bundle)
    assert chili.clock() - started_at == pytest.approx(5)


def test_an_interrupted_preview_names_the_preview(client_of):
    """A user who stops the cell sees two lines instead of the frames of the wait."""
    api, _asked = preview_api([httpx.Response(202)])
    chili = client_of(api)
    template = chili.templates.get("1")

    def interrupt(_seconds):
        raise KeyboardInterrupt

    chili.sleep = interrupt
    with pytest.raises(KeyboardInterrupt, match=r"waiting for the preview .*\.png"):
        template.preview()


def test_automatic_previews_can_be_turned_off(client_of):
    """A project shows its variables without its picture, which may cost a render."""
    paths = []

    def api(request):
        paths.append(request.url.path.rpartition("/")[2])
        return httpx.Response(200, json={"id": "1", "name": "a", "variables": []})

    with client_of(api) as client:
        project = client.projects.get("1")
        client.previews = False
        assert "<img" not in project._repr_mimebundle_()["text/html"]
        assert project.check({"a": 1})[0].column == "a"
    assert paths == ["1", "document", "document"]
