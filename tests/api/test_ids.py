"""IDs in paths: each is one segment of its path, or an error."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook import FontStyle, Media, Template
from chili_notebook.api.ids import path_segment
from chili_notebook.api.items import item_reader
from chili_notebook.errors import ConfigurationError, UnexpectedAnswerError

ROOT = "/grafx/api/v1/environment/cp-abc-123/"
PIECES = [
    *["a", "ü", "0", "..", ".", "/", "\\", "?", "#", "&", ";", ":", "@", " ", "\n"],
    *["%", "%2e", "%2E%2e", "%2f", "%5c", "%00", "%252e", "\0", "\ud800"],
    *["https://evil.example", "\u2025", "\uff0e", "\u2215"],
]
ids = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()
X = {"id": "x", "name": "X"}
STYLE = dict.fromkeys(field.name for field in fields(FontStyle)) | X
CALLS = {
    "templates/{}": lambda chili, one: chili.templates.get(one),
    "templates/{}/download": lambda chili, one: replace(
        item_reader(Template, chili)({}), id=one
    ).document(),
    "projects/{}": lambda chili, one: chili.projects.delete(one),
    "media/{}": lambda chili, one: chili.media.get(one),
    "output/settings/{}": lambda chili, one: chili.outputs.settings.delete(one),
    "output/tasks/{}": lambda chili, one: chili.outputs.task(one).wait(),
    "templates/x/preview/{}": lambda chili, one: item_reader(Template, chili)(
        X
    ).preview(one),
    "media/x/preview/{}": lambda chili, one: item_reader(Media, chili)(X).preview(one),
    "font-styles/x/preview/{}": lambda chili, one: FontStyle(
        **STYLE, _client=chili
    ).preview(one),
}


@given(st.sampled_from(list(CALLS)), ids)
@example("templates/{}", "..")
@example("templates/{}", "/")
@example("templates/{}", "..\\..\\x")
@example("templates/{}", "a/../../../b")
@example("templates/{}", "\ud800")
@example("templates/{}", "x?force=true#y")
def test_id_is_one_segment_of_the_path_or_refused(client_of, path, one):
    """The server decodes the segment to the same ID, and no other path is called."""
    sent = []

    def api(request):
        sent.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"id": "x", "data": {"id": "x"}})

    try:
        with suppress(UnexpectedAnswerError):  # an item is not the file of an output
            CALLS[path](client_of(api), one)
    except ConfigurationError:
        assert sent == []
        return
    before, after = path.split("{}")
    assert sent[0].startswith(ROOT + before)
    assert sent[0].endswith(after)
    segment = sent[0].removeprefix(ROOT + before).removesuffix(after)
    assert unquote(segment) == one
    assert not set(segment) & set("/\\?#&;: \n")
    assert not {".", ".."} & set(unquote(segment).replace("\\", "/").split("/"))


@pytest.mark.parametrize("wrong", ["", " ", ".", "..", "a/../b", "\ud800", None, 7])
def test_error_for_a_wrong_segment_has_a_hint(wrong):
    """The message names what was expected, and the hint where to find one."""
    with pytest.raises(ConfigurationError, match="is not a valid ID") as caught:
        path_segment(wrong)
    assert caught.value.hint == "Copy the ID from a listing."
    with pytest.raises(ConfigurationError, match="is not a valid type of preview"):
        path_segment(wrong, kind_name="type of preview")


@pytest.mark.parametrize("format", ["png?x=1", "png/../../x", "..", "png#", "", None])
def test_format_of_a_setting_is_one_segment_of_the_path_or_refused(client_of, format):  # noqa: A002 - GraFx's word
    """A format cannot change the rest of the path or the query."""
    sent = []

    def api(request):
        sent.append(request.url)
        return httpx.Response(200, json={"id": "x"})

    try:
        client_of(api).outputs.settings.create(format, name="a")
    except ConfigurationError:
        assert sent == []
        return
    assert sent[0].query == b""
    assert unquote(sent[0].raw_path.decode()) == f"{ROOT}output/settings/{format}"
