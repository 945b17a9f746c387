"""Anything that GraFx, or a proxy in its place, may answer: items or clear errors.

Answers have the forms of the documentation, of its contradictions, and no form at all.
Each is read and shown as people read and show it.
"""

from __future__ import annotations

import json
import re

import httpx
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chili_notebook.errors import ChiliError

ROOT = "https://cp-abc-123.chili-publish.online/grafx/api/v1/environment/cp-abc-123/"
KEYS = re.findall(
    r"\w+",
    """
    data links nextPage total pageSize id name type relativePath extension width height
    dateCreated lastModifiedContentUtc lastModifiedDate template templateId default
    format description watermark watermarkText dataSourceEnabled fontStylesCount
    extensions familyId familyName fileName fileSize taskId taskInfo download title
    detail status errors traceId message variables layouts selectedLayoutId items value
    selected defaultValue assetId label isRequired intent recordNumber RecordId
    errorList details error collectionId userInterfaceId colors color guid isActive
    totalRenders
    """,
)
WORDS = [
    *["", "1", "x", "../x", "PNG", "list", "image", "2026-01-01T00:00:00", "Item"],
    *["9" * 5000, "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "\ud800"],
    *[
        f"{ROOT}x?nextPageToken=1",
        "https://evil.example/x",
        "//evil.example",
        "https://xn--",
    ],
    *[
        "http://[",
        "https://a:99999999/",
        "javascript:x",
        "\x00",
        "ü\n<b>",
        "a" * 70_000,
    ],
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 0, 1, 1e999, float("nan"), 1.5])
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=6
        )
    ),
    max_leaves=25,
)
ITEMS = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8)
ANSWERS = (
    JSON
    | ITEMS
    | st.fixed_dictionaries(
        {"data": st.lists(ITEMS, max_size=4) | ITEMS, "links": JSON}
    )
)


def show(item):
    """Return what a notebook shows, after a check that it can be sent."""
    bundle = item._repr_mimebundle_()
    json.dumps(bundle, ensure_ascii=False).encode()
    if isinstance(bundle, tuple):
        bundle, _metadata = bundle
    assert isinstance(bundle["text/plain"], str)
    assert repr(item)
    return bundle


def read_listing(listing):
    """Show a listing and its first items, and return all of its items."""
    show(listing)
    for item in listing[:3]:
        assert repr(item)
        if hasattr(item, "_repr_mimebundle_"):
            show(item)
    return list(listing)


READS = {
    "templates": lambda chili: read_listing(chili.templates.list()),
    "template": lambda chili: show(chili.templates.get("1")),
    "variables": lambda chili: show(chili.templates.get("1").variables()),
    "layouts": lambda chili: show(chili.templates.get("1").layouts()),
    "projects": lambda chili: read_listing(chili.projects.list()),
    "project": lambda chili: show(chili.projects.create("1")),
    "media": lambda chili: read_listing(chili.media.list()),
    "medium": lambda chili: show(chili.media.get("1")),
    "fonts": lambda chili: read_listing(chili.fonts.list()),
    "styles": lambda chili: [read_listing(one.styles()) for one in chili.fonts.list()],
    "settings": lambda chili: read_listing(chili.outputs.settings.list()),
    "brand kits": lambda chili: read_listing(chili.brand_kits.list()),
    "brand kit": lambda chili: show(chili.brand_kits.get("1")),
    "folders": lambda chili: read_listing(chili.media.folders()),
    "usage": lambda chili: chili.usage(),
    "setting": lambda chili: chili.outputs.settings.create("png", name="a"),
    "info": lambda chili: chili.info(),
    "pages": lambda chili: read_listing(chili.pages("things")),
    "frame": lambda chili: chili.templates.list().to_frame(),
    "gallery": lambda chili: show(chili.media.list().gallery()),
    "preview": lambda chili: show(chili.templates.get("1").preview()),
    "output": lambda chili: show(chili.outputs.create("1", "png")),
}


@settings(max_examples=200)
@given(
    st.sampled_from(list(READS)),
    st.lists(ANSWERS, min_size=1, max_size=4),
    st.sampled_from([200, 200, 200, 202, 400, 404, 410, 500]),
)
@example("media", [{"data": [{"width": "9" * 5000, "name": "\ud800"}]}], 200)
@example("variables", [{"id": 1, "variables": [{"value": "\ud800"}]}], 200)
@example("pages", [{"data": [], "links": {"nextPage": "http://["}}], 200)
@example("pages", [{"data": [], "links": {"nextPage": "a" * 70_000}}], 200)
@example("preview", [{"id": 1, "links": {"download": "http://["}}], 200)
@example("output", [{"id": 1, "taskId": "../x", "layouts": [{"id": 0}]}], 200)
@example("output", [{"id": 1, "taskId": "\ud800", "layouts": [{"id": 0}]}], 200)
def test_any_json_is_shown_or_is_a_clear_error(client_of, read, bodies, status):
    """Each method reads any response, or raises an error of the package in one line."""
    count = 0

    def api(request):
        nonlocal count
        body = bodies[count % len(bodies)]
        count += 1
        assert count < 500
        assert request.url.host
        return httpx.Response(status, content=json.dumps(body).encode())

    try:
        READS[read](client_of(api))
    except ChiliError as error:
        texts = [error.message, *error.hint.splitlines()]
    else:
        return
    assert all(text.isprintable() for text in texts), texts
    assert len(texts[0]) < 2000
