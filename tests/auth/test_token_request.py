"""The token request over a real socket, and what each response means."""

from __future__ import annotations

import gzip
import json
import signal
import threading
import time
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
from fakes import (
    NOON,
    TRICKLES,
    Answer,
    RawServer,
    Server,
    jwt,
    token_body,
    traceback_text,
)

LIVE = "zq9-live-token-zq9"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def fetch(credentials, environment, token_server, clock):
    """Return a function that requests a token, and sets the endpoint's response."""

    def fetch(answer=None, **changes):
        if answer is not None:
            token_server.answer = lambda _request: answer
        return fetch_token(credentials, replace(environment, **changes), clock=clock)

    return fetch


def test_request_is_the_documented_one(fetch, token_server):
    """It is one POST, whose JSON body has exactly the four documented fields."""
    fetch()
    (request,) = token_server.requests
    assert (request.method, request.path) == ("POST", "/oauth/token")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("chili_notebook/")
    assert "authorization" not in request.headers
    assert request.json() == {
        "grant_type": "client_credentials",
        "audience": AUDIENCE,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


def test_audience_of_the_environment_is_sent(fetch, token_server):
    """The value of CHILI_AUDIENCE is in the body."""
    fetch(audience="https://staging.example.com")
    assert token_server.requests[0].json()["audience"] == "https://staging.example.com"


def test_response_becomes_a_token(fetch, endpoint):
    """Its expiry is counted from the time of the request."""
    token = fetch()
    assert token.secret.reveal() == endpoint.issued[0]
    assert (token.obtained_at, token.expires_at) == (NOON, NOON + 86_400)


def test_compressed_response_is_read(fetch):
    """A gateway may compress the response."""
    compressed = gzip.compress(json.dumps(token_body(LIVE)).encode())
    token = fetch(Answer(200, compressed, {"Content-Encoding": "gzip"}))
    assert token.secret.reveal() == LIVE


@pytest.mark.parametrize("wrong_by_s", [-50_000, 0, 50_000])
def test_expiry_is_corrected_by_the_servers_date(fetch, clock, wrong_by_s):
    """The time left is right even if this machine's clock is wrong."""
    clock.now = NOON + wrong_by_s
    body = token_body(jwt(exp=NOON + 3000))
    token = fetch(Answer(200, body, {"Date": formatdate(NOON, usegmt=True)}))
    assert token.remaining_s(clock()) == 3000


@pytest.mark.parametrize(
    "date", [None, "yesterday", "", "Fri, 99 Jan 2027 08:00:00 GMT"]
)
def test_without_a_valid_date_the_expiry_is_not_corrected(fetch, date):
    """A missing or malformed Date header is not an error."""
    token = fetch(Answer(200, token_body(jwt(exp=NOON + 3000)), {"Date": date}))
    assert token.remaining_s(NOON) == 3000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(fetch, status):
    """The secret is sent to no other URL that the endpoint names."""
    with Server(lambda _request: Answer(200, token_body())) as other:
        with pytest.raises(TokenResponseError, match="redirect") as caught:
            fetch(Answer(status, b"", {"Location": f"{other.url}/oauth/token"}))
        assert other.requests == []
    assert "CHILI_TOKEN_URL" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.1/token", "http://example.com/token", "ftp://x/", "", "https:"],
)
def test_secret_is_not_sent_over_plain_http(fetch, url):
    """Any URL but https and loopback raises before a connection is made."""
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
def test_impossible_host_raises_an_error_that_names_the_key(fetch, url):
    """A typing error in CHILI_TOKEN_URL is a ChiliError without the secret."""
    with pytest.raises(ChiliError) as caught:
        fetch(token_url=url)
    assert "CHILI_TOKEN_URL" in str(caught.value)
    assert CLIENT_SECRET not in traceback_text(caught.value)


@pytest.mark.parametrize(
    ("status", "answer", "causes"),
    [
        (400, {"error": "invalid_request"}, ["CHILI_CLIENT_ID", "CHILI_AUDIENCE"]),
        (
            401,
            {"error": "access_denied", "error_description": "Unauthorized"},
            [
                "another integration",
                "rotated",
                "incompletely",
                "is really the client ID",
            ],
        ),
        (403, {"error": "access_denied"}, ["CHILI_AUDIENCE", "disabled"]),
        (404, {}, ["CHILI_TOKEN_URL"]),
        (429, {"error": "too_many_requests"}, ["Too many", "in a few minutes"]),
        (500, {}, ["Try again later"]),
        (503, {}, ["Try again later"]),
    ],
)
def test_refusal_names_the_client_id_its_source_and_the_likely_causes(
    fetch, status, answer, causes
):
    """The message contains the end of the client ID, the hint says what to check."""
    with pytest.raises(TokenRefusedError) as caught:
        fetch(Answer(status, answer))
    error = caught.value
    assert error.status_code == status
    assert error.error == answer.get("error", "")
    assert "…WXYZ, from .env" in error.message
    assert CLIENT_ID not in str(error)
    assert all(cause in error.hint for cause in causes)
    assert all(text in error.message for text in answer.values())


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
def test_refusal_with_any_body_is_a_refusal(fetch, answer):
    """A gateway's page or a malformed body does not change what the status means."""
    with pytest.raises(TokenRefusedError) as caught:
        fetch(answer)
    assert caught.value.status_code == answer.status
    assert "<" not in str(caught.value)


@pytest.mark.parametrize(
    ("retry_after", "time"),
    [
        ("30", "in 30 s"),
        ("3600", "in 1 h 00 min"),
        ("172800", "tomorrow"),
        ("9" * 400, "tomorrow"),
        ("soon", "in a few minutes"),
    ],
)
def test_hint_contains_the_time_to_wait(fetch, retry_after, time):
    """A Retry-After header of up to a day is in the hint, in words."""
    with pytest.raises(TokenRefusedError) as caught:
        fetch(Answer(429, {}, {"Retry-After": retry_after}))
    assert f"Try again {time}." in caught.value.hint


def test_description_that_repeats_the_secret_is_masked_and_shortened(fetch):
    """An echo of the request shows no secret, no control characters and few lines."""
    echo = f"bad\r\n\x1b[31m {CLIENT_SECRET} " + "x" * 5000
    with pytest.raises(TokenRefusedError) as caught:
        fetch(Answer(401, {"error": CLIENT_SECRET, "error_description": echo}))
    assert CLIENT_SECRET not in traceback_text(caught.value)
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
def test_response_that_is_not_a_token_raises_an_error_without_it(fetch, answer):
    """Neither the error nor its frames contain the response or the secret."""
    with pytest.raises(TokenResponseError, match="endpoint's response") as caught:
        fetch(answer)
    assert caught.value.hint
    shown = traceback_text(caught.value)
    assert LIVE not in shown
    assert CLIENT_SECRET not in shown
    assert "guest network" not in shown


def test_closed_connection_raises_and_the_request_is_not_repeated(
    fetch, token_server, environment
):
    """The error names the endpoint's host, and the secret is sent only once."""
    token_server.answer = lambda _request: None
    with pytest.raises(TokenRequestError) as caught:
        fetch()
    assert environment.token_host in caught.value.message
    assert "CHILI_TOKEN_URL" in caught.value.hint
    assert CLIENT_SECRET not in traceback_text(caught.value)
    assert len(token_server.requests) == 1


def test_refused_connection_raises_an_error_without_the_secret(fetch):
    """The error has no cause, whose frames would hold the secret."""
    with Server(lambda _request: None) as stopped:
        url = f"{stopped.url}/oauth/token"
    with pytest.raises(TokenRequestError, match="could not be reached") as caught:
        fetch(token_url=url)
    assert CLIENT_SECRET not in traceback_text(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_interrupted_request_shows_no_secret(fetch, token_server):
    """The traceback of an interrupt contains no frame that holds the secret."""
    is_interrupted = threading.Event()

    def interrupt(_request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        is_interrupted.wait(10)

    token_server.answer = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        fetch()
    is_interrupted.set()
    assert CLIENT_SECRET not in traceback_text(caught.value)


@pytest.mark.parametrize("trickle", TRICKLES.values(), ids=TRICKLES)
def test_request_ends_in_time_whatever_trickles(credentials, environment, trickle):
    """One byte after the other does not keep the request waiting."""
    with (
        RawServer(*trickle) as server,
        pytest.raises(TokenRequestError, match="no response in time") as caught,
    ):
        fetch_token(
            credentials,
            replace(environment, token_url=f"{server.url}/oauth/token"),
            clock=time.time,
            time_limit_s=0.5,
        )
    assert CLIENT_SECRET not in traceback_text(caught.value)


def test_header_bytes_beyond_ascii_do_not_matter(credentials, environment):
    """A gateway before the endpoint may add a header in any encoding."""
    body = json.dumps(token_body(LIVE)).encode()
    head = f"HTTP/1.1 200 OK\r\nX-Name: Präsent\r\nContent-Length: {len(body)}\r\n\r\n"
    with RawServer(head.encode("latin-1") + body) as server:
        url = f"{server.url}/oauth/token"
        token = fetch_token(
            credentials, replace(environment, token_url=url), clock=time.time
        )
    assert token.secret.reveal() == LIVE


def test_malformed_compression_is_a_token_request_error(fetch):
    """A body that cannot be decompressed counts as a failed request."""
    with pytest.raises(TokenRequestError):
        fetch(Answer(200, b"not compressed", {"Content-Encoding": "gzip"}))


def test_pasted_token_cannot_request_another(environment, clock, token_server):
    """Without a client secret nothing is sent."""
    pasted = Credentials(".env", Origin.ENV_FILE, access_token=Secret(LIVE))
    with pytest.raises(NotSignedInError):
        fetch_token(pasted, environment, clock=clock)
    assert token_server.requests == []


def test_function_is_called_between_request_and_response(
    credentials, environment, token_server
):
    """The caller can use the time that the endpoint takes."""
    is_called = threading.Event()

    def answer(_request):
        assert is_called.wait(5)
        return Answer(200, token_body())

    token_server.answer = answer
    fetch_token(credentials, environment, clock=time.time, on_sent=is_called.set)
    assert is_called.is_set()
