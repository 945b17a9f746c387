"""Reading the API's answers, as far as the documentation disagrees with itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.api.responses import (
    body_of,
    item_of,
    links_of,
    moment_in,
    text_in,
)
from chili_notebook.errors import UnexpectedAnswerError

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


def answer(status=200, **content):
    """Give an answer to a GET."""
    request = httpx.Request("GET", "https://x.example/grafx/api/v1/things?q=1")
    return httpx.Response(status, request=request, **content)


@given(JSON)
@example({"data": None, "links": None})
@example({"data": []})
def test_any_json_is_an_item_or_a_clear_error(body):
    """Items are found wrapped and bare; links are always a mapping."""
    response = answer(content=json.dumps(body))
    assert isinstance(links_of(response), dict)
    try:
        item = item_of(response)
    except UnexpectedAnswerError:
        assert not isinstance(body, dict) or not isinstance(
            body.get("data", body), dict
        )
    else:
        assert item in (body, body.get("data"))


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_told_with_its_type(body):
    """A gateway's page is called by its media type and size, never shown."""
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
def test_ids_are_texts_however_they_are_sent(value, text):
    """A number stands for its digits; other types for nothing."""
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
def test_moments_have_a_zone(value, moment):
    """.NET's times are read, with and without zone; anything else is no moment."""
    assert moment_in({"at": value}, "at") == moment
    read = moment_in({"at": value, "or": "2020-01-01"}, "missing", "at", "or")
    assert read.utcoffset() is not None
    assert (read == moment) is (moment is not None)
    assert read.utcoffset() in {timedelta(0), timedelta(hours=2)}
