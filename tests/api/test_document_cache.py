"""Documents of templates: fetched once per version, and never out of date."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook.errors import VariableError

DATE = "Wed, 04 Mar 2026 12:00:00 GMT"


class TemplateAPI:
    """An API with one template, whose version and layouts can be changed.

    Attributes:
        modified: What GraFx says when it was modified.
        layout: The ID of its layout.
        requests: The ends of the paths of all requests.
        date: The Date header of each response.
    """

    def __init__(self):
        self.modified = "2026-03-01T08:00:00Z"
        self.layout = "one"
        self.date = DATE
        self.requests = []

    def __call__(self, request):
        """Return the response to a request."""
        path = request.url.path.partition("/cp-abc-123/")[2]
        self.requests.append(path)
        headers = {"Date": self.date} if self.date else {}
        if path == "templates/1/download":
            body = {"layouts": [{"id": self.layout, "name": "one"}]}
        elif path == "templates/1":
            body = {"data": {"id": "1", "lastModifiedContentUtc": self.modified}}
        elif path.startswith("output/tasks"):
            return httpx.Response(200, content=b"png")
        else:
            body = {"data": {"taskId": "t"}}
        return httpx.Response(200, json=body, headers=headers)


@pytest.fixture
def api():
    """Return that API."""
    return TemplateAPI()


@pytest.fixture
def chili(client_of, api):
    """Return a client of it."""
    with client_of(api) as client:
        yield client


def test_document_is_fetched_once_for_many_outputs(chili, api):
    """Each further output asks only whether the template has changed."""
    template = chili.templates.get("1")
    for _output in range(5):
        chili.outputs.start(template, "png")
        chili.outputs.start("1", "png")
    assert api.requests.count("templates/1/download") == 1
    assert api.requests.count("templates/1") == 1 + 4 + 5


def test_changed_template_is_noticed(chili, api):
    """The next output uses the layout of the new document."""
    template = chili.templates.get("1")
    chili.outputs.start(template, "png", layout="one")
    api.modified, api.layout = "2026-03-02T08:00:00Z", "two"
    with pytest.raises(VariableError):
        chili.outputs.start(template, "png", layout="gone")
    chili.outputs.start(template, "png", layout="two")
    assert api.requests.count("templates/1/download") == 2


@pytest.mark.parametrize(
    ("modified", "date"),
    [
        (None, DATE),
        ("soon", DATE),
        ("2026-03-04T11:59:59Z", DATE),
        ("2027-01-01T00:00:00Z", DATE),
        ("2026-03-01T08:00:00Z", None),
        ("2026-03-01T08:00:00Z", "today"),
    ],
)
def test_document_without_a_safe_version_is_fetched_each_time(
    chili, api, modified, date
):
    """A template that was saved just now may be saved again in the same second."""
    api.modified, api.date = modified, date
    template = chili.templates.get("1")
    for layout in ("one", "two"):
        api.layout = layout
        chili.outputs.start(template, "png", layout=layout)
    assert api.requests.count("templates/1/download") == 2
