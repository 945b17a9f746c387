"""Proxies, certificates and retries, against real servers on loopback."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest

from chili_notebook.errors import ConfigurationError
from chili_notebook.http.transport import (
    ONCE,
    USER_AGENT,
    _certificates,
    no_answer_error,
    open_client,
    transport_for,
)
from fakes import Answer, Server

ELSEWHERE = "http://grafx.example.com/x"


@pytest.fixture
def proxy(monkeypatch):
    """Serve a proxy, and unset those of the machine that runs the test."""
    for key in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(key, raising=False)
        monkeypatch.delenv(key.lower(), raising=False)
    with Server(lambda _request: Answer(200, {})) as server:
        yield server


def get(url):
    """Send a GET through the transport for that URL."""
    with httpx.Client(transport=transport_for(url)) as client:
        return client.get(url)


@pytest.mark.parametrize("key", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
def test_proxy_of_each_variable_is_used(proxy, monkeypatch, key):
    """Every spelling that curl and requests know is honoured."""
    monkeypatch.setenv(key, proxy.url)
    assert get(ELSEWHERE).status_code == 200
    assert proxy.requests[0].path == ELSEWHERE


def test_proxy_may_have_no_scheme(proxy, monkeypatch):
    """``proxy.corp:3128`` works as it does in other programs."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url.removeprefix("http://"))
    assert get(ELSEWHERE).status_code == 200
    assert proxy.requests[0].path == ELSEWHERE


def test_https_uses_its_own_proxy(proxy, monkeypatch):
    """The proxy opens a tunnel to the host by its name."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    proxy.answer = lambda _request: Answer(502, b"")
    with pytest.raises(httpx.ProxyError):
        get("https://grafx.example.com/x")
    assert (proxy.requests[0].method, proxy.requests[0].path) == (
        "CONNECT",
        "grafx.example.com:443",
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached_without_a_proxy(proxy, monkeypatch, host):
    """The simulator works behind the proxy of a company."""
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    with Server(lambda _request: Answer(204, b"")) as server:
        assert get(server.url.replace("127.0.0.1", host)).status_code == 204
    assert proxy.requests == []


@pytest.mark.parametrize("excluded", ["*", "example.invalid", ".example.invalid"])
def test_hosts_in_no_proxy_are_reached_without_a_proxy(proxy, monkeypatch, excluded):
    """The name is looked up on this machine, which does not know it."""
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", excluded)
    with pytest.raises(httpx.ConnectError):
        get("http://grafx.example.invalid/x")
    assert proxy.requests == []


@pytest.fixture
def pauses():
    """Return the list of the pauses before retries; none of them takes time."""
    return []


@pytest.fixture
def get_from(pauses):
    """Return a function that sends a GET with retries to a server."""

    def get_from(server, **options):
        with open_client(server.url, sleep=pauses.append) as client:
            return client.get(server.url, **options)

    return get_from


def test_user_agent_names_the_package_and_httpx():
    """GraFx's support can find our requests in a log."""
    name, library = USER_AGENT.split(" ")
    assert name.startswith("chili_notebook/")
    assert library == f"python-httpx/{httpx.__version__}"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["16", "3600", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_response_that_asks_for_a_long_wait_is_returned(get_from, pauses, status, wait):
    """The caller gets the response, instead of a minute without a message."""
    with Server(lambda _request: Answer(status, b"", {"Retry-After": wait})) as server:
        response = get_from(server)
        assert response.headers["retry-after"] == wait
        assert len(server.requests) == 1
    assert pauses == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("wait", [None, "0", "3", "soon"])
def test_busy_server_is_asked_again_after_a_pause(get_from, pauses, status, wait):
    """The pause is that of the response, or a short one."""
    answers = [Answer(status, b"", {"Retry-After": wait}), Answer(200, b"")]
    with Server(lambda _request: answers.pop(0)) as server:
        assert get_from(server).status_code == 200
        assert len(server.requests) == 2
    (pause_s,) = pauses
    assert pause_s == 3 if wait == "3" else pause_s <= 1


@pytest.mark.parametrize("status", [429, 503])
def test_pauses_of_a_request_are_limited(get_from, pauses, status):
    """The sum of all pauses is at most twenty seconds."""
    with Server(lambda _request: Answer(status, b"", {"Retry-After": "15"})) as server:
        assert get_from(server).status_code == status
    assert pauses == [15.0, 5.0]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_last_response_is_returned_after_all_attempts(get_from, pauses, status):
    """It is not an error of the library that retries; the pauses grow."""
    with Server(lambda _request: Answer(status, b"")) as server:
        assert get_from(server).status_code == status
        assert len(server.requests) == 5
    assert len(pauses) == 4
    assert sum(pauses) <= 20


def test_lost_connection_is_raised_after_all_attempts(get_from, pauses):
    """The caller gets the last error of httpx."""
    with Server(lambda _request: None) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            get_from(server)
        assert len(server.requests) == 5
    assert len(pauses) == 4


@pytest.mark.parametrize("answer", [Answer(429, b""), Answer(502, b""), None])
def test_request_that_is_sent_once_is_not_retried(get_from, pauses, answer):
    """A poll has its own pauses, so the transport does not retry it."""
    with Server(lambda _request: answer) as server:
        with suppress(httpx.RemoteProtocolError):
            get_from(server, extensions=ONCE)
        assert len(server.requests) == 1
    assert pauses == []


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_error_without_a_response_states_what_may_have_happened(method, sent):
    """Only a request that changes something and was sent may be carried out."""
    error = httpx.ReadTimeout("") if sent else httpx.ConnectError("refused")
    failure = no_answer_error(method, httpx.URL("https://x.example/y"), error)
    assert failure.was_sent is sent
    assert ("may have carried" in failure.hint) == (sent and method == "POST")
    assert ("Nothing was sent" in failure.hint) == (not sent and method == "POST")


def test_certificates_are_read_again_only_if_their_place_changes(monkeypatch):
    """A change of SSL_CERT_FILE takes effect at once."""
    url = "https://cp-abc-123.chili-publish.online"
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    first = _certificates(None, None)
    transport_for(url)
    assert _certificates(None, None) is first
    monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")
    with pytest.raises(ConfigurationError, match="certificates of this machine"):
        transport_for(url)
