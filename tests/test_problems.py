"""Errors of the API's answers: their class, their words, their hints."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook import errors
from chili_notebook.errors import APIError
from chili_notebook.problems import error_from
from chili_notebook.secret import Secret
from chili_notebook.tokens import Token
from fakes import NOON

SIGNED = {"Authorization": "Bearer a-token"}


def answer(status=200, **content):
    """Give an answer to a GET."""
    request = httpx.Request(
        "GET", "https://x.example/grafx/api/v1/things?q=1", headers=SIGNED
    )
    return httpx.Response(status, request=request, **content)


def token(scopes):
    """Give a token with these scopes."""
    return Token(Secret("zq9"), NOON, None, None, scopes)


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


@given(st.integers(400, 599), st.binary(max_size=50))
def test_any_error_answer_is_an_error_of_ours(status, body):
    """Whatever a gateway puts into the body, the status is told."""
    error = error_from(answer(status, content=body), token=None)
    assert isinstance(error, APIError)
    assert "\n" not in error.message
    assert str(status) in error.message
