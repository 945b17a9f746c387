"""How requests leave this machine, seen by a proxy that is really asked."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook.errors import ConfigurationError
from chili_notebook.http.transport import (
    RETRY,
    USER_AGENT,
    _certificates,
    client_for,
    transport_for,
    unanswered,
)
from fakes import Answer, Server

ELSEWHERE = "http://grafx.example.com/x"


@pytest.fixture
def proxy(monkeypatch):
    """Serve a proxy, and forget those of the machine that the test runs on."""
    for key in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(key, raising=False)
        monkeypatch.delenv(key.lower(), raising=False)
    with Server(lambda _asked: Answer(200, {})) as server:
        yield server


def get(url):
    """Send a GET through the transport for that URL."""
    with httpx.Client(transport=transport_for(url)) as client:
        return client.get(url)


@pytest.mark.parametrize("key", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_the_proxy_that_is_set_is_asked(proxy, monkeypatch, key):
    """Each spelling that curl and requests know is honoured."""
    monkeypatch.setenv(key, proxy.url)
    assert get(ELSEWHERE).status_code == 200
    assert proxy.asked[0].path == ELSEWHERE


def test_a_proxy_without_a_scheme_is_one_all_the_same(proxy, monkeypatch):
    """``proxy.corp:3128`` works here as it does everywhere else."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removeprefix("http://"))
    assert get(ELSEWHERE).status_code == 200
    assert proxy.asked[0].path == ELSEWHERE


def test_https_goes_through_its_own_proxy(proxy, monkeypatch):
    """A tunnel is asked for by the host's name."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    proxy.answer = lambda _asked: Answer(502, b"")
    with pytest.raises(httpx.ProxyError):
        get("https://grafx.example.com/x")
    assert (proxy.asked[0].method, proxy.asked[0].path) == (
        "CONNECT",
        "grafx.example.com:443",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_never_reached_through_a_proxy(proxy, monkeypatch, host):
    """The simulator works behind every company's proxy."""
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    with Server(lambda _asked: Answer(204, b"")) as server:
        assert get(server.url.replace("127.0.0.1", host)).status_code == 204
    assert proxy.asked == []


@pytest.mark.parametrize("spared", ["*", "example.invalid", ".example.invalid"])
def test_hosts_that_are_spared_go_direct(proxy, monkeypatch, spared):
    """NO_PROXY is honoured: the name is looked up here, where nobody knows it."""
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", spared)
    with pytest.raises(httpx.ConnectError):
        get("http://grafx.example.invalid/x")
    assert proxy.asked == []


def test_requests_say_who_asks():
    """GraFx's support can tell our requests, and the library's version, from a log."""
    name, library = USER_AGENT.split(" ")
    assert name.startswith("chili_notebook/")
    assert library == f"python-httpx/{httpx.__version__}"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["16", "3600", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_in_silence_for_longer_than_makes_sense(status, asked):
    """An answer that asks to wait for long is given at once, with its wish."""
    answer = Answer(status, b"", {"Retry-After": asked})
    with Server(lambda _asked: answer) as server:
        with client_for(server.url, RETRY) as client:
            response = client.get(server.url)
        assert response.headers["retry-after"] == asked
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("asked", [None, "0", "soon"])
def test_what_passes_soon_is_waited_for(status, asked):
    """An answer that asks for little or nothing is asked for again."""
    answers = [Answer(status, b"", {"Retry-After": asked}), Answer(200, b"")]
    retry = RETRY.copy_with(backoff_factor=0.0)
    with Server(lambda _asked: answers.pop(0)) as server:
        with client_for(server.url, retry) as client:
            assert client.get(server.url).status_code == 200
        assert len(server.asked) == 2


def test_what_does_not_pass_is_given_after_all_tries():
    """The last answer is what the caller sees, and no error of another library."""
    retry = RETRY.copy_with(backoff_factor=0.0)
    with Server(lambda _asked: Answer(429, b"")) as server:
        with client_for(server.url, retry) as client:
            assert client.get(server.url).status_code == 429
        assert len(server.asked) == 5


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_without_an_answer_says_what_may_have_come_of_it(method, sent):
    """Only what changes something, and was sent, may have been carried out."""
    error = httpx.ReadTimeout("") if sent else httpx.ConnectError("refused")
    failure = unanswered(method, httpx.URL("https://x.example/y"), error)
    hint = failure.hint
    assert failure.was_sent is sent
    assert ("may have carried" in hint) == (sent and method == "POST")
    assert ("Nothing was sent" in hint) == (not sent and method == "POST")


def test_certificates_are_kept_until_others_are_set(monkeypatch):
    """What SSL_CERT_FILE says counts at once, and nothing is read twice."""
    there = "https://cp-abc-123.chili-publish.online"
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    kept = _certificates(None, None)
    transport_for(there)
    assert _certificates(None, None) is kept
    monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")
    with pytest.raises(ConfigurationError, match="certificates of this machine"):
        transport_for(there)
