"""Errors of the API's answers: their class, their words, their hints."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook import errors
from chili_notebook.api.api_errors import error_from
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.tokens import Token
from chili_notebook.errors import APIError
from fakes import NOON

SIGNED = {"Authorization": "Bearer a-token"}


API = "https://x.example/grafx/api/v1/"


def answer(status=200, *, method="GET", path="things?q=1", **content):
    """Give an answer to a GET, or to another request."""
    request = httpx.Request(method, API + path, headers=SIGNED)
    return httpx.Response(status, request=request, **content)


def token(scopes, expires_at=None):
    """Give a token with these scopes, and this end."""
    return Token(Secret("zq9"), NOON, expires_at, None, scopes)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequestError),
        (401, errors.UnauthorizedError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (409, APIError),
        (410, errors.GoneError),
        (413, errors.ContentTooLargeError),
        (422, errors.UnprocessableContentError),
        (429, errors.TooManyRequestsError),
        (500, errors.ServerError),
        (503, errors.ServerError),
    ],
)
def test_each_status_has_its_error(status, kind):
    """The class follows the status, and what was asked is told without its query."""
    error = error_from(answer(status, json={"title": "Oh"}), token=None)
    assert type(error) is kind
    assert error.status_code == status
    assert error.message == f"GraFx answered {status} to GET /grafx/api/v1/things: Oh"


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ({"title": "T", "detail": "D"}, "D"),
        ({"title": "T", "detail": None}, "T"),
        ({"message": "M"}, "M"),
        ({"detail": "two\r\nlines \x1b[31m"}, "two lines  [31m"),
        ({"detail": ["D"]}, "Bad Request"),
        ([], "Bad Request"),
    ],
)
def test_what_grafx_says_is_told_in_one_line(problem, said):
    """Detail, title or the reason; foreign text breaks no line and moves no cursor."""
    error = error_from(answer(400, json=problem), token=None)
    assert error.message.endswith(f": {said}")


def test_a_problem_documents_fields_are_kept():
    """Title, detail and trace id can be read from the error."""
    problem = {"title": "T", "detail": "D", "traceId": "00-a-01", "status": "404"}
    error = error_from(answer(404, json=problem), token=None)
    assert (error.title, error.detail, error.trace_id) == ("T", "D", "00-a-01")
    assert "CHILI_ENVIRONMENT" in error.hint


def test_an_endless_detail_is_cut():
    """A page in a field does not fill the cell."""
    error = error_from(answer(400, json={"detail": "x" * 10_000}), token=None)
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    ("held", "listed"),
    [
        (token(frozenset({"b:read", "a:list"})), "scopes: a:list b:read."),
        (token(frozenset()), "scopes: none."),
        (token(None), "scopes: unknown."),
        (None, "scopes: unknown."),
    ],
)
def test_403_tells_the_scopes_at_hand(held, listed):
    """Who lacks a permission sees which there are."""
    assert listed in error_from(answer(403), token=held).hint


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        (None, ""),
        (token(None), ""),
        (token(frozenset({"media:read"})), "media:list"),
        (token(frozenset({"media:list"})), ""),
    ],
)
def test_403_says_which_scope_is_probably_needed(held, lacking):
    """The belief is told whatever is known of the token; only knowledge is data."""
    error = error_from(answer(403, path="environment/cp-a/media"), token=held)
    assert error.hint.startswith("Such a call probably needs media:list. ")
    assert error.scope == lacking


def failure_hint(status=500, problem="zq", **asked):
    """Give the hint for an answer about what may be missing."""
    told = {"json": {"detail": problem, "traceId": "00-a-01"}} if problem else {}
    return error_from(answer(status, **asked, **told), token=None).hint


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("below", ["", "/download", "/preview/medium"])
def test_500_for_a_template_says_that_it_is_probably_missing(method, below):
    """Whatever is done to a missing template; the trace id is told besides."""
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
def test_another_failure_is_not_blamed_on_a_template(asked):
    """A gateway, a listing, a task and other nouns tell nothing of a template."""
    hint = failure_hint(**{"path": "environment/cp-a/templates/1"} | asked)
    assert hint.startswith("GraFx, or a gateway before it, failed.")


@pytest.mark.parametrize(
    ("path", "told"),
    [("output/png", "10,000 rows"), ("media", "smaller"), ("templates", "less of it")],
)
def test_413_speaks_of_what_was_sent(path, told):
    """Rows are rows, and a file is a file."""
    sent = answer(413, method="POST", path=f"environment/cp-a/{path}")
    assert told in error_from(sent, token=None).hint


def test_401_tells_no_time_that_is_past():
    """In the last hour of a token a new one can be had, and no moment is told."""
    ends = token(None, NOON + 3600)
    early = error_from(answer(401), token=ends, now=NOON - 1)
    late = error_from(answer(401), token=ends, now=NOON)
    assert "at about" in early.hint
    assert "at about" not in late.hint


def test_401_for_a_ready_token_says_what_it_came_from():
    """Nothing was refetched, and nothing can be."""
    error = error_from(answer(401), token=token(None, NOON + 1800), renewable=False)
    assert "CHILI_ACCESS_TOKEN" in error.hint
    assert "again until" not in error.hint


@given(st.integers(400, 599), st.binary(max_size=50))
def test_any_error_answer_is_an_error_of_ours(status, body):
    """Whatever a gateway puts into the body, the status is told."""
    error = error_from(answer(status, content=body), token=None)
    assert isinstance(error, APIError)
    assert "\n" not in error.message
    assert str(status) in error.message
