"""Reading whatever GraFx, or something in its place, may send: objects or clear errors.

Answers are in the shapes of the documentation, of its own disagreements with itself,
and of no shape at all; each is read as people read it, and shown as a notebook shows
it.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, timedelta, timezone

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chili_notebook.api.api_errors import error_from
from chili_notebook.api.client import Chili
from chili_notebook.api.documents import choose_layout, read_layouts, read_variables
from chili_notebook.api.files import File
from chili_notebook.api.output_reports import read_report, words_of
from chili_notebook.api.responses import (
    entry_type_in,
    item_of,
    link_in,
    links_of,
    moment_in,
    whole_number_in,
)
from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import (
    APIError,
    ChiliError,
    UnexpectedAnswerError,
    VariableError,
)
from chili_notebook.http.transport import RETRY
from fakes import Clock, Protector

BASE = "https://cp-abc-123.chili-publish.online/grafx"
ROOT = f"{BASE}/api/v1/environment/cp-abc-123/"
KEYS = re.findall(
    r"\w+",
    """
    data links nextPage total pageSize id name type relativePath extension width height
    dateCreated lastModifiedContentUtc lastModifiedDate template templateId default
    format description watermark watermarkText dataSourceEnabled fontStylesCount
    extensions familyId familyName fileName fileSize taskId taskInfo download title
    detail status errors traceId message variables layouts selectedLayoutId items value
    selected defaultValue assetId label isRequired intent recordNumber RecordId
    errorList details error collectionId userInterfaceId
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
NAMED = ITEMS.map(lambda item: {"id": "1", "name": "a"} | item)
ANSWERS = (
    JSON
    | ITEMS
    | st.fixed_dictionaries(
        {"data": st.lists(ITEMS, max_size=4) | ITEMS, "links": JSON}
    )
)
thorough = settings(deadline=None, max_examples=200)
quick = settings(deadline=None)


def answer(body, status=200):
    """Give an answer to a GET of things."""
    request = httpx.Request("GET", f"{ROOT}things?q=1", headers={"Authorization": "x"})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, request=request, content=content)


class Babel:
    """Answers each request with the next of some bodies, again and again."""

    def __init__(self, bodies, status=200):
        self.bodies, self.status = list(bodies), status
        self.count = 0

    def __call__(self, request):
        """Answer a request."""
        body = self.bodies[self.count % len(self.bodies)]
        self.count += 1
        assert self.count < 500
        assert request.url.host
        return httpx.Response(self.status, content=json.dumps(body).encode())


def client_of(grafx):
    """Give a client before that server, for which waiting takes no time."""
    clock = Clock()
    source = TokenManager(Protector(), clock=clock)
    environment = Environment("cp-abc-123", "production", BASE)
    source.sign_in(
        Credentials(".env", Origin.ENV_FILE, access_token=Secret("a.b.c")), environment
    )
    chili = Chili(source, retry=RETRY.copy_with(total=0), sleep=clock.advance)
    transport = httpx.MockTransport(grafx)
    chili._http = (environment.base_url, httpx.Client(transport=transport))
    return chili


def show(thing):
    """Show a thing as a notebook does: what cannot be sent to one, cannot be shown."""
    bundle = thing._repr_mimebundle_()
    json.dumps(bundle, ensure_ascii=False).encode()
    assert isinstance(bundle["text/plain"], str)
    assert repr(thing)
    return bundle


def look_through(listing):
    """Read a listing as people do, and show it and its first items."""
    show(listing)
    items = listing[:3]
    for item in items:
        assert repr(item)
        if hasattr(item, "_repr_mimebundle_"):
            show(item)
    return list(listing)


READS = {
    "templates": lambda chili: look_through(chili.templates.list()),
    "template": lambda chili: show(chili.templates.get("1")),
    "variables": lambda chili: show(chili.templates.get("1").variables()),
    "layouts": lambda chili: show(chili.templates.get("1").layouts()),
    "projects": lambda chili: look_through(chili.projects.list()),
    "project": lambda chili: show(chili.projects.create("1")),
    "media": lambda chili: look_through(chili.media.list()),
    "medium": lambda chili: show(chili.media.get("1")),
    "fonts": lambda chili: look_through(chili.fonts.list()),
    "styles": lambda chili: [look_through(one.styles()) for one in chili.fonts.list()],
    "settings": lambda chili: look_through(chili.outputs.settings.list()),
    "default": lambda chili: chili.outputs.settings.default("png"),
    "setting": lambda chili: chili.outputs.settings.get("1"),
    "connectors": lambda chili: look_through(chili.connectors()),
    "interfaces": lambda chili: look_through(chili.user_interfaces()),
    "info": lambda chili: chili.info(),
    "pages": lambda chili: look_through(chili.pages("things")),
    "frame": lambda chili: chili.templates.list().to_frame(),
    "gallery": lambda chili: show(chili.media.list().gallery()),
    "preview": lambda chili: show(chili.templates.get("1").preview()),
    "output": lambda chili: show(chili.outputs.create("1", "png")),
}


@thorough
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
def test_any_json_is_read_and_shown_or_is_a_clear_error(read, bodies, status):
    """What is no listing, item or document of GraFx's raises nothing but our errors."""
    grafx = Babel(bodies, status)
    try:
        READS[read](client_of(grafx))
    except ChiliError as error:
        said = [error.message, error.hint]
    else:
        return
    assert all(text.isprintable() for text in said), said
    assert len(said[0]) < 2000


@quick
@given(ANSWERS, st.integers(400, 599))
def test_any_problem_is_an_error_in_printable_words(body, status):
    """Title, detail, fields and trace id are told in one line, whatever they hold."""
    error = error_from(answer(body, status), token=None)
    assert isinstance(error, APIError)
    str(error).encode()
    assert error.message.isprintable()


@quick
@given(ITEMS.filter(lambda item: "data" not in item))
def test_an_item_is_the_same_wrapped_or_bare(item):
    """Templates come wrapped and projects bare; both envelopes are opened."""
    bare, wrapped = answer(item), answer({"data": item, "links": {}})
    assert repr(item_of(wrapped)) == repr(item_of(bare)) == repr(item_of(wrapped))


@quick
@given(JSON)
def test_links_are_a_url_or_empty_or_an_error(body):
    """null, {}, absent and strange links are no links; what is no URL is told."""
    response = answer({"data": [], "links": body})
    assert isinstance(links_of(response), dict)
    try:
        link = link_in(response, "nextPage", base_url=BASE)
    except UnexpectedAnswerError:
        return
    assert not link or httpx.URL(link).is_absolute_url


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@quick
@given(st.datetimes(), st.none() | ZONES, st.sampled_from(["{}", "{}0", "{}Z"]))
def test_moments_are_aware_however_they_are_spelled(moment, zone, spelled):
    """With zone or without, with .NET's seventh digit or Z: never without a zone."""
    moment = moment.replace(microsecond=123_456)
    text = spelled.format(moment.isoformat())
    expected = moment.replace(tzinfo=UTC)
    if zone is not None and not spelled.endswith("Z"):
        text += moment.replace(tzinfo=zone).isoformat()[26:]
        expected = moment.replace(tzinfo=zone)
    read = moment_in({"at": text}, "at")
    assert read == expected
    assert read.utcoffset() == expected.utcoffset()


@quick
@given(JSON)
@example("9" * 5000)
@example("\u0663")
@example(10**400)
def test_a_number_is_whole_or_none(value):
    """A size is a number from 0, also as a text; anything else is not told."""
    number = whole_number_in({"width": value}, "width")
    if number is not None:
        assert number == int(value) >= 0
        assert not isinstance(value, bool | float)


@quick
@given(JSON | ITEMS)
def test_any_document_has_variables_and_layouts(document):
    """A document of any shape is read, and a layout of it is chosen or said to lack."""
    document = document if isinstance(document, dict) else {"variables": document}
    for variable in read_variables(document):
        assert isinstance(variable.name, str)
        assert all(isinstance(value, str) for value in variable.allowed)
    names = [layout.name for layout in read_layouts(document)]
    for wanted in (None, "x", *names):
        with suppress(VariableError):
            assert choose_layout(document, wanted)


@quick
@given(JSON)
def test_any_error_report_is_records_or_none(body):
    """What is no report is none; what is one can be told in a line."""
    report = read_report(client_of(Babel([body])), f"{ROOT}report")
    for error in report:
        assert error.record is None or isinstance(error.record, int)
        str(error).encode()
    assert (words_of(report) == "") == (not report)


@pytest.mark.parametrize("depth", [500, 900, 960, 980, 1000, 5000, 100_000])
@pytest.mark.parametrize("shape", ['{{"data": {}}}', '{{"errors": {{"a": {}}}}}', "{}"])
def test_depth_is_no_failure_of_its_own(depth, shape):
    """JSON that is nested without end is read or refused, in errors too."""
    body = shape.format("[" * depth + "]" * depth).encode()
    assert isinstance(error_from(answer(body, 500), token=None), APIError)
    for read in (item_of, links_of):
        with suppress(UnexpectedAnswerError):
            assert isinstance(read(answer(body)), dict)


@given(
    st.binary(max_size=30),
    st.text(max_size=20).map(lambda t: t.encode("utf-8", "replace")),
)
def test_any_file_shows_itself(content, kind):
    """A file of any type is a bundle with a text, and nothing runs in it."""
    response = httpx.Response(200, content=content, headers=[(b"Content-Type", kind)])
    bundle = show(File.read(response, name="x"))
    assert "<script" not in bundle.get("text/html", "")


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (0, "item"),
        ("Item", "item"),
        (1, "directory"),
        ("1", "directory"),
        ("DIRECTORY", "directory"),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_a_type_is_a_word_however_it_is_told(told, read):
    """The reference of 2022 numbers what newer code spells out."""
    assert entry_type_in({"type": told}) == read
