"""Errors of the API: their class, their message, their hint, their data."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook import errors
from chili_notebook.api.api_errors import error_from, guess_scope
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.tokens import Token
from chili_notebook.errors import APIError
from fakes import NOON

SIGNED = {"Authorization": "Bearer a-token"}
API = "https://x.example/grafx/api/v1/"


def answer(status=200, *, method="GET", path="things?q=1", **content):
    """Return a response to a signed request."""
    request = httpx.Request(method, API + path, headers=SIGNED)
    return httpx.Response(status, request=request, **content)


def token(scopes, expires_at=None):
    """Return a token with these scopes and this expiry."""
    return Token(Secret("zq9"), NOON, expires_at, None, scopes)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, APIError),
        (401, errors.UnauthorizedError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (409, APIError),
        (410, APIError),
        (413, APIError),
        (422, APIError),
        (429, errors.TooManyRequestsError),
        (500, errors.ServerError),
        (503, errors.ServerError),
    ],
)
def test_each_status_has_its_error(status, kind):
    """The class follows the status; the message names the request without its query."""
    error = error_from(answer(status, json={"title": "Oh"}), token=None)
    assert type(error) is kind
    assert error.status_code == status
    assert error.message == f"GraFx responded {status} to GET /grafx/api/v1/things: Oh"


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        ({"title": "T", "detail": "D"}, "D"),
        ({"title": "T", "detail": None}, "T"),
        ({"message": "M"}, "M"),
        ({"detail": "two\r\nlines \x1b[31m"}, "two lines  [31m"),
        ({"detail": ["D"]}, "Bad Request"),
        ([], "Bad Request"),
    ],
)
def test_reason_of_grafx_is_one_line_of_the_message(problem, reason):
    """The reason is the detail, the title or the status, without line breaks."""
    error = error_from(answer(400, json=problem), token=None)
    assert error.message.endswith(f": {reason}")


def test_fields_of_a_problem_document_are_attributes():
    """Title, detail and trace ID can be read from the error."""
    problem = {"title": "T", "detail": "D", "traceId": "00-a-01", "status": "404"}
    error = error_from(answer(404, json=problem), token=None)
    assert (error.title, error.detail, error.trace_id) == ("T", "D", "00-a-01")
    assert "CHILI_ENVIRONMENT" in error.hint


def test_long_detail_is_shortened():
    """A page of text in a field does not fill the cell."""
    error = error_from(answer(400, json={"detail": "x" * 10_000}), token=None)
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    ("current", "listed"),
    [
        (token(frozenset({"b:read", "a:list"})), "scopes: a:list b:read."),
        (token(frozenset()), "scopes: none."),
        (token(None), "scopes: unknown."),
        (None, "scopes: unknown."),
    ],
)
def test_403_lists_the_scopes_of_the_token(current, listed):
    """A user who lacks a permission sees which ones the token has."""
    assert listed in error_from(answer(403), token=current).hint


@pytest.mark.parametrize(
    ("current", "missing"),
    [
        (None, ""),
        (token(None), ""),
        (token(frozenset({"media:read"})), "media:list"),
        (token(frozenset({"media:list"})), ""),
    ],
)
def test_403_names_the_scope_that_is_probably_needed(current, missing):
    """The hint always names it; the field only if the token certainly lacks it."""
    error = error_from(answer(403, path="environment/cp-a/media"), token=current)
    assert error.hint.startswith("Such a call probably needs media:list. ")
    assert error.scope == missing


def failure_hint(status=500, problem="zq", **asked):
    """Return the hint for the failure of a request."""
    body = {"json": {"detail": problem, "traceId": "00-a-01"}} if problem else {}
    return error_from(answer(status, **asked, **body), token=None).hint


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("below", ["", "/download", "/preview/medium"])
def test_hint_for_500_of_a_template_is_that_it_is_missing(method, below):
    """GraFx responds with 500 for a missing one; the hint also has the trace ID."""
    path = f"environment/cp-a/templates/nope{below}"
    hint = failure_hint(method=method, path=path)
    assert "no such template" in hint
    assert "00-a-01" in hint


@pytest.mark.parametrize(
    "asked",
    [
        {"status": 503},
        {"problem": ""},
        {"path": "environment/cp-a/templates"},
        {"path": "environment/cp-a/templates/preview/tasks/1"},
        {"path": "environment/cp-a/projects/1"},
        {"path": "templates/1"},
    ],
)
def test_hint_for_other_failures_does_not_mention_a_template(asked):
    """The page of a gateway, a listing and another noun have a general hint."""
    hint = failure_hint(**{"path": "environment/cp-a/templates/1"} | asked)
    assert hint.startswith("GraFx, or a gateway before it, failed.")


@pytest.mark.parametrize(
    ("path", "advice"),
    [("output/png", "10,000 rows"), ("media", "smaller"), ("templates", "less in one")],
)
def test_hint_for_413_names_what_to_make_smaller(path, advice):
    """The hint differs for rows, for files and for other requests."""
    sent = answer(413, method="POST", path=f"environment/cp-a/{path}")
    assert advice in error_from(sent, token=None).hint


def test_hint_for_401_names_only_a_time_in_the_future():
    """In the last hour of a token a new one is available at once."""
    ends = token(None, NOON + 3600)
    early = error_from(answer(401), token=ends, now=NOON - 1)
    late = error_from(answer(401), token=ends, now=NOON)
    assert "at about" in early.hint
    assert "at about" not in late.hint


def test_hint_for_401_of_an_own_access_token_names_its_key():
    """Such a token cannot be fetched again, so the user must set another one."""
    error = error_from(answer(401), token=token(None, NOON + 1800), renewable=False)
    assert "CHILI_ACCESS_TOKEN" in error.hint
    assert "same token" not in error.hint


@given(st.integers(400, 599), st.binary(max_size=50))
def test_any_error_answer_is_an_api_error(status, body):
    """Whatever the body contains, the message is one line with the status."""
    error = error_from(answer(status, content=body), token=None)
    assert isinstance(error, APIError)
    assert error.message.isprintable()
    assert str(status) in error.message


@given(
    st.dictionaries(
        st.sampled_from(["title", "detail", "message", "traceId", "errors"]),
        st.text() | st.dictionaries(st.text(), st.text()) | st.integers(),
    )
)
def test_any_problem_document_is_a_printable_message(problem):
    """Title, detail, fields and trace ID break no line, whatever they contain."""
    error = error_from(answer(500, json=problem), token=None)
    str(error).encode()
    assert error.message.isprintable()
    assert error.hint.isprintable()


def test_field_errors_are_in_the_message():
    """ASP.NET lists what is wrong with each field."""
    problem = {"title": "Invalid", "errors": {"limit": ["too large"]}}
    message = error_from(answer(400, json=problem), token=None).message
    assert message.endswith("Invalid (limit: ['too large'])")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "media", "media:list"),
        ("GET", "fonts/1", "font:read"),
        ("PATCH", "projects/1", "myproject:write"),
        ("POST", "output/gif", "output:animated"),
        ("POST", "output/png", "output:static"),
        ("GET", "connectors", ""),
    ],
)
def test_needed_scope_is_derived_from_the_path(method, path, scope):
    """No scope is returned for calls whose scope is unknown."""
    assert guess_scope(method, f"/api/v1/environment/cp-a/{path}") == scope
    assert guess_scope(method, f"/api/v1/{path}") == ""


@pytest.mark.parametrize("key", ["title", "detail", "message", "errors"])
def test_token_that_a_gateway_repeats_is_not_in_the_error(key):
    """No part of it remains, although a long message is shortened."""
    value = "abcdefghij" * 80
    text = f"Refused: Authorization: Bearer {value}"
    problem = {key: {"header": text} if key == "errors" else text}
    request = httpx.Request("GET", API, headers={"Authorization": f"Bearer {value}"})
    error = error_from(httpx.Response(500, request=request, json=problem), token=None)
    assert "Bearer ***" in error.message
    assert (
        "abcdefghij" not in f"{error.message} {error.hint} {error.title} {error.detail}"
    )
