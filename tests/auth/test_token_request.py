"""One POST to the token endpoint, over a real socket, and what each answer means."""

from __future__ import annotations

import gzip
import json
import signal
import threading
from dataclasses import replace
from email.utils import formatdate

import pytest

from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import AUDIENCE
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_request import fetch_token
from chili_notebook.errors import (
    ChiliError,
    InsecureURLError,
    NotSignedInError,
    TokenRefusedError,
    TokenRequestError,
    TokenResponseError,
)
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import NOON, Answer, Server, jwt, shown_by, token_body

LIVE = "zq9-live-token-zq9"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def fetch(credentials, environment, token_server, clock):
    """Ask the endpoint, which is to give this answer."""

    def ask(answer=None, **changes):
        if answer is not None:
            token_server.answer = lambda _asked: answer
        return fetch_token(credentials, replace(environment, **changes), clock=clock)

    return ask


def test_the_request_is_as_grafx_documents_it(fetch, token_server):
    """One POST, whose JSON body has exactly the four documented fields."""
    fetch()
    (asked,) = token_server.asked
    assert (asked.method, asked.path) == ("POST", "/oauth/token")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["user-agent"].startswith("chili_notebook/")
    assert "authorization" not in asked.headers
    assert asked.json() == {
        "grant_type": "client_credentials",
        "audience": AUDIENCE,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


def test_the_audience_can_be_another(fetch, token_server):
    """CHILI_AUDIENCE goes into the body."""
    fetch(audience="https://staging.example.com")
    assert token_server.asked[0].json()["audience"] == "https://staging.example.com"


def test_the_answer_becomes_a_token(fetch, endpoint):
    """Token, end and scopes are those of the answer, counted from the asking."""
    token = fetch()
    assert token.secret.reveal() == endpoint.issued[0]
    assert (token.obtained_at, token.expires_at) == (NOON, NOON + 86_400)


def test_a_packed_answer_is_read(fetch):
    """A gateway may compress what passes through it."""
    packed = gzip.compress(json.dumps(token_body(LIVE)).encode())
    token = fetch(Answer(200, packed, {"Content-Encoding": "gzip"}))
    assert token.secret.reveal() == LIVE


@pytest.mark.parametrize("wrong_by_s", [-50_000, 0, 50_000])
def test_the_servers_date_sets_the_tokens_end_right(fetch, clock, wrong_by_s):
    """A wrong clock on this machine makes no token dead or immortal."""
    clock.now = NOON + wrong_by_s
    body = token_body(jwt(exp=NOON + 3000))
    token = fetch(Answer(200, body, {"Date": formatdate(NOON, usegmt=True)}))
    assert token.remaining_s(clock()) == 3000


@pytest.mark.parametrize(
    "date", [None, "yesterday", "", "Fri, 99 Jan 2027 08:00:00 GMT"]
)
def test_without_a_date_the_clock_is_taken_as_it_is(fetch, date):
    """A missing or broken header costs the correction and nothing else."""
    token = fetch(Answer(200, token_body(jwt(exp=NOON + 3000)), {"Date": date}))
    assert token.remaining_s(NOON) == 3000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(fetch, status):
    """The secret goes to the endpoint and to no other place that it names."""
    with Server(lambda _asked: Answer(200, token_body())) as other:
        with pytest.raises(TokenResponseError, match="redirect") as caught:
            fetch(Answer(status, b"", {"Location": f"{other.url}/oauth/token"}))
        assert other.asked == []
    assert "CHILI_TOKEN_URL" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.1/token", "http://example.com/token", "ftp://x/", "", "https:"],
)
def test_the_secret_leaves_over_https_or_not_at_all(fetch, url):
    """Plain http to another machine is refused before a connection is made."""
    with pytest.raises(InsecureURLError, match="CHILI_TOKEN_URL") as caught:
        fetch(token_url=url)
    assert caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "https://a..b/token",
        f"https://{'a' * 64}.example.com/token",
        "https://xn--/token",
        "https://example.com\x7f/token",
    ],
)
def test_a_host_that_cannot_be_is_told_as_such(fetch, url):
    """A slip in CHILI_TOKEN_URL is an error of ours that shows no secret."""
    with pytest.raises(ChiliError) as caught:
        fetch(token_url=url)
    assert "CHILI_TOKEN_URL" in str(caught.value)
    assert CLIENT_SECRET not in shown_by(caught.value)


@pytest.mark.parametrize(
    ("status", "answer", "causes"),
    [
        (400, {"error": "invalid_request"}, ["CHILI_CLIENT_ID", "CHILI_AUDIENCE"]),
        (
            401,
            {"error": "access_denied", "error_description": "Unauthorized"},
            ["another integration", "rotated", "incompletely", "in its place"],
        ),
        (403, {"error": "access_denied"}, ["CHILI_AUDIENCE", "disabled"]),
        (404, {}, ["CHILI_TOKEN_URL"]),
        (429, {"error": "too_many_requests"}, ["Too many", "in a few minutes"]),
        (500, {}, ["Try again later"]),
        (503, {}, ["Try again later"]),
    ],
)
def test_a_refusal_names_the_id_its_source_and_the_likely_causes(
    fetch, status, answer, causes
):
    """Who is refused sees which id was sent, where it came from and what to check."""
    with pytest.raises(TokenRefusedError) as caught:
        fetch(Answer(status, answer))
    error = caught.value
    assert error.status_code == status
    assert error.error == answer.get("error", "")
    assert "…WXYZ, from .env" in error.message
    assert CLIENT_ID not in str(error)
    assert all(cause in error.hint for cause in causes)
    assert all(said in error.message for said in answer.values())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, b"<html><h1>Blocked</h1>", HTML),
        Answer(502, b"<html>", HTML),
        Answer(401, b""),
        Answer(401, b"null"),
        Answer(401, [1]),
        Answer(401, {"error": {"code": 7}, "error_description": None}),
        Answer(401, b"[" * 100_000),
    ],
)
def test_a_refusal_in_any_shape_is_a_refusal(fetch, answer):
    """A gateway's page or a broken body changes nothing of what the status says."""
    with pytest.raises(TokenRefusedError) as caught:
        fetch(answer)
    assert caught.value.status_code == answer.status
    assert "<" not in str(caught.value)


def test_a_time_to_wait_is_told(fetch):
    """Retry-After is put into words."""
    with pytest.raises(TokenRefusedError, match="in 30 s"):
        fetch(Answer(429, {}, {"Retry-After": "30"}))


def test_what_the_endpoint_echoes_is_masked_and_cut(fetch):
    """A description that repeats the request shows no secret and fills no cell."""
    echo = f"bad\r\n\x1b[31m {CLIENT_SECRET} " + "x" * 5000
    with pytest.raises(TokenRefusedError) as caught:
        fetch(Answer(401, {"error": CLIENT_SECRET, "error_description": echo}))
    assert CLIENT_SECRET not in shown_by(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Sign in to the guest network</html>", HTML),
        Answer(200, b""),
        Answer(204, b""),
        Answer(200, json.dumps(token_body(LIVE))[:-9]),
        Answer(200, token_body(LIVE), {"Content-Type": "text/plain"}),
        Answer(200, token_body(LIVE, expires_in=-1)),
        Answer(200, token_body(LIVE, token_type="mac")),
        Answer(200, token_body(f"{LIVE}\n")),
        Answer(200, token_body(LIVE, padding="x" * 1_000_000)),
        Answer(200, {"access_token": LIVE}),
    ],
    ids=lambda answer: str(answer.body)[:40],
)
def test_an_answer_that_is_no_token_is_told_without_showing_it(fetch, answer):
    """No error about a malformed answer holds a token, in no frame either."""
    with pytest.raises(TokenResponseError, match="endpoint's answer") as caught:
        fetch(answer)
    assert caught.value.hint
    shown = shown_by(caught.value)
    assert LIVE not in shown
    assert CLIENT_SECRET not in shown
    assert "guest network" not in shown


def test_a_cut_line_is_told_and_nothing_is_sent_twice(fetch, token_server, environment):
    """An endpoint that hangs up is named; the secret is not sent again by itself."""
    token_server.answer = lambda _asked: None
    with pytest.raises(TokenRequestError) as caught:
        fetch()
    assert environment.token_host in caught.value.message
    assert "CHILI_TOKEN_URL" in caught.value.hint
    assert CLIENT_SECRET not in shown_by(caught.value)
    assert len(token_server.asked) == 1


def test_an_endpoint_that_is_not_there_is_told(fetch):
    """A refused connection names the host, and holds no frame with the secret."""
    with Server(lambda _asked: None) as gone:
        url = f"{gone.url}/oauth/token"
    with pytest.raises(TokenRequestError, match="could not be reached") as caught:
        fetch(token_url=url)
    assert CLIENT_SECRET not in shown_by(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_an_interrupt_shows_no_secret(fetch, token_server):
    """Who stops a sign-in that hangs gets no frame that holds the secret."""
    gone = threading.Event()

    def interrupt(_asked):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        gone.wait(10)

    token_server.answer = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        fetch()
    gone.set()
    assert CLIENT_SECRET not in shown_by(caught.value)


def test_a_body_that_cannot_be_unpacked_is_told(fetch):
    """A broken compression is an error of ours."""
    with pytest.raises(ChiliError):
        fetch(Answer(200, b"not packed", {"Content-Encoding": "gzip"}))


def test_a_ready_token_asks_for_nothing(environment, clock, token_server):
    """Without a client secret there is nothing to send."""
    ready = Credentials(".env", Origin.ENV_FILE, access_token=Secret(LIVE))
    with pytest.raises(NotSignedInError):
        fetch_token(ready, environment, clock=clock)
    assert token_server.asked == []
