"""Texts and bodies of other programs, which may contain anything."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.http.reading import json_object, one_line, read_up_to, reason_of


@given(st.text() | st.integers() | st.none(), st.integers(1, 20))
@example("\u202egnp.exe", 20)
@example("a\u2028b\xadc", 20)
@example("\ud800", 20)
def test_any_text_becomes_one_printable_line(value, at_most):
    """It contains no line break, no reversed letters and no control codes."""
    line = one_line(value, at_most=at_most)
    assert line.isprintable()
    assert len(line) <= at_most
    line.encode()


def test_unprintable_letters_become_one_space():
    """Words stay apart; printable letters of every script stay as they are."""
    assert one_line("two\r\nlines \x1b[31m") == "two lines  [31m"
    assert one_line(" naïve 猫 🌶 ") == "naïve 猫 🌶"


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"<html>", b"\xff", b"[" * 9999])
def test_body_that_is_not_a_json_object_is_empty(body):
    """The problem document of an error may be missing."""
    assert json_object(httpx.Response(500, content=body)) == {}
    assert json_object(httpx.Response(500, json={"a": 1})) == {"a": 1}


@pytest.mark.parametrize("at_most", [0, 100, 1_000, 10_000])
def test_reading_stops_after_the_limit(at_most):
    """The caller sees by the length that the body is longer than the limit."""

    def chunks():
        for _ in range(20):
            yield b"x" * 50
        assert at_most >= 1_000

    whole = read_up_to(httpx.Response(200, content=chunks()), at_most)
    assert len(whole.content) == min(1_000, at_most + 50)
    with pytest.raises(RuntimeError):
        _ = whole.request  # which may contain a secret


def test_header_bytes_beyond_ascii_are_copied():
    """Other programs write the names of files in any encoding."""
    headers = [
        (b"X-Name", "Präsentation".encode(encoding))
        for encoding in ("utf-8", "latin-1")
    ]
    response = httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"x"))
    assert read_up_to(response, 10).headers.raw[:2] == headers


@pytest.mark.parametrize(
    "error",
    [
        httpx.InvalidURL("Invalid port: 's3cret'"),
        httpx.LocalProtocolError("Illegal header value b's3cret'"),
        UnicodeEncodeError("ascii", "s3cret\xfc", 6, 7, "not in range"),
    ],
)
def test_reason_quotes_no_password(error):
    """The texts of libraries quote parts of URLs and headers."""
    assert "s3cret" not in reason_of(error)
    wrapped = httpx.RemoteProtocolError(str(error))
    wrapped.__cause__ = httpx.InvalidURL(str(error))
    assert "s3cret" not in reason_of(wrapped)


def test_reason_of_a_timeout_is_described():
    """The text of httpx itself can be empty."""
    assert reason_of(httpx.ReadTimeout("timed out")) == "no response in time"
    assert reason_of(httpx.ConnectError("refused")) == "refused"
    assert reason_of(httpx.ReadError("")) == "ReadError"
