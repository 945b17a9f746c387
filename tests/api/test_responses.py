"""Responses of the API: every documented form, and answers of any form."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.api.api_errors import error_from
from chili_notebook.api.responses import (
    body_of,
    entry_type_in,
    item_of,
    link_in,
    links_in,
    moment_in,
    text_in,
    whole_number_in,
)
from chili_notebook.errors import APIError, UnexpectedAnswerError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "links", "title", "detail", "id"]),
            inner,
            max_size=3,
        )
    ),
)


BASE = "https://cp-abc-123.chili-publish.online/grafx"


def answer(status=200, **content):
    """Return a response to a GET request."""
    request = httpx.Request("GET", "https://x.example/grafx/api/v1/things?q=1")
    return httpx.Response(status, request=request, **content)


@given(JSON)
@example({"data": None, "links": None})
@example({"data": []})
def test_item_is_read_wrapped_or_bare_or_is_an_error(body):
    """Items are found in both envelopes; links are always a mapping."""
    response = answer(content=json.dumps(body))
    assert isinstance(links_in(body), dict)
    try:
        item = item_of(response)
    except UnexpectedAnswerError:
        assert not isinstance(body, dict) or not isinstance(
            body.get("data", body), dict
        )
    else:
        assert item in (body, body.get("data"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff"])
def test_answer_that_is_not_json_is_described_by_its_type(body):
    """The error names the media type and the size of a gateway's page, and no text."""
    response = answer(content=body, headers={"Content-Type": "text/html; charset=x"})
    with pytest.raises(
        UnexpectedAnswerError, match=r"not JSON \(text/html, "
    ) as caught:
        body_of(response)
    assert caught.value.hint
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", ""),
        (7, "7"),
        (True, None),
        (1.5, None),
        (None, None),
        ([], None),
    ],
)
def test_text_may_be_sent_as_a_number(value, text):
    """A whole number becomes its digits; every other type is not a text."""
    assert text_in({"key": value}, "key") == text
    assert text_in({}, "key") is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T14:00:00+02:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.0000000Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("yesterday", None),
        (1_800_000_000, None),
        (None, None),
    ],
)
def test_moments_have_a_time_zone(value, moment):
    """.NET's times are read with and without one; anything else is not a moment."""
    assert moment_in({"at": value}, "at") == moment
    read = moment_in({"at": value, "or": "2020-01-01"}, "missing", "at", "or")
    assert read.utcoffset() is not None
    assert (read == moment) is (moment is not None)
    assert read.utcoffset() in {timedelta(0), timedelta(hours=2)}


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(), st.none() | ZONES, st.sampled_from(["{}", "{}0", "{}Z"]))
def test_moments_are_aware_in_every_spelling(moment, zone, spelling):
    """With a zone or without, with .NET's seventh digit or with Z."""
    moment = moment.replace(microsecond=123_456)
    text = spelling.format(moment.isoformat())
    expected = moment.replace(tzinfo=UTC)
    if zone is not None and not spelling.endswith("Z"):
        text += moment.replace(tzinfo=zone).isoformat()[26:]
        expected = moment.replace(tzinfo=zone)
    read = moment_in({"at": text}, "at")
    assert read == expected
    assert read.utcoffset() == expected.utcoffset()


@given(JSON | st.text())
@example("/x?nextPageToken=1")
@example("//evil.example")
@example("A:")
@example("http://[")
@example("https://a:99999999/")
@example("a" * 70_000)
def test_link_is_a_full_url_or_empty_or_an_error(link):
    """null, {} and absent links are empty; a text that is not a URL is an error."""
    response = answer(content=json.dumps({"links": {"nextPage": link}}))
    with suppress(UnexpectedAnswerError):
        url = link_in(response, "nextPage", base_url=BASE)
        assert not url or httpx.URL(url).is_absolute_url


@given(JSON)
@example("9" * 5000)
@example("\u0663")
@example(10**400)
def test_number_is_a_whole_number_or_none(value):
    """A size is a number from 0, which may be sent as text."""
    number = whole_number_in({"width": value}, "width")
    if number is not None:
        assert number == int(value) >= 0
        assert not isinstance(value, bool | float)


@pytest.mark.parametrize(
    ("value", "entry_type"),
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
def test_type_is_a_word_or_its_number(value, entry_type):
    """The reference of 2022 has numbers for what newer pages spell out."""
    assert entry_type_in({"type": value}) == entry_type


@pytest.mark.parametrize("depth", [500, 900, 960, 980, 1000, 5000, 100_000])
@pytest.mark.parametrize("form", ['{{"data": {}}}', '{{"errors": {{"a": {}}}}}', "{}"])
def test_deeply_nested_json_is_read_or_refused(depth, form):
    """No depth raises an error of Python, also in the body of an error."""
    body = form.format("[" * depth + "]" * depth).encode()
    assert isinstance(error_from(answer(500, content=body), token=None), APIError)
    with suppress(UnexpectedAnswerError):
        assert isinstance(item_of(answer(content=body)), dict)
