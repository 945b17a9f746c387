"""The time limit of whole requests, over real sockets."""

from __future__ import annotations

import time

import httpx
import pytest

from chili_notebook.http.time_limit import LimitedBody, TimeLimit
from chili_notebook.http.transport import transport_for
from fakes import TRICKLES, Answer, RawServer, Server


def get(url):
    """Send a GET through a transport that respects the limit."""
    with httpx.Client(transport=transport_for(url), timeout=20) as client:
        return client.get(url)


@pytest.mark.parametrize("trickle", TRICKLES.values(), ids=TRICKLES)
def test_request_ends_whatever_trickles(trickle):
    """It ends with the error of a timeout."""
    started_at = time.monotonic()
    with (
        RawServer(*trickle) as server,
        pytest.raises(httpx.TimeoutException),
        TimeLimit(0.3),
    ):
        get(server.url)
    assert 0.3 <= time.monotonic() - started_at < 10


def test_nothing_is_sent_after_the_limit():
    """A request that begins too late ends at once."""
    with Server(lambda _request: Answer(200)) as server:
        with pytest.raises(httpx.ConnectTimeout), TimeLimit(0):
            get(server.url)
        assert server.requests == []


def test_limit_inside_another_one_cannot_extend_it():
    """The shorter limit counts, and it ends with its block."""
    with Server(lambda _request: Answer(200)) as server:
        with TimeLimit(0), TimeLimit(60), pytest.raises(httpx.ConnectTimeout):
            get(server.url)
        with TimeLimit(60):
            with TimeLimit(0), pytest.raises(httpx.ConnectTimeout):
                get(server.url)
            assert get(server.url).status_code == 200


def test_large_body_may_take_longer_if_it_arrives_fast():
    """The limit is for a server that trickles, and not for a large file."""
    body = b"x" * 30
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 330\r\n\r\n"
    with RawServer(head + body, body) as server, TimeLimit(0.3, slowest_bytes_s=100):
        assert len(get(server.url).content) == 330


def test_time_between_two_pieces_does_not_count():
    """A limit can be entered again, and its time goes on where it ended."""
    with Server(lambda _request: Answer(200)) as server:
        limit = TimeLimit(60)
        with limit:
            left_s = limit.left_s
            assert get(server.url).status_code == 200
        assert 0 < limit.left_s < left_s
        with limit:
            assert get(server.url).status_code == 200


def test_body_that_is_read_later_has_the_limit_of_its_request():
    """A stream that trickles ends too, although its block is over."""
    limit = TimeLimit(0.3)
    with (
        RawServer(*TRICKLES["body"]) as server,
        httpx.Client(transport=transport_for(server.url)) as client,
    ):
        with limit:
            request = client.build_request("GET", server.url)
            response = client.send(request, stream=True)
        response.stream = LimitedBody(response.stream, limit)
        with pytest.raises(httpx.ReadTimeout):
            response.read()
