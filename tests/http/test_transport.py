"""Proxies, certificates and retries, against real servers on loopback."""

from __future__ import annotations

import re
import shutil
import ssl
from contextlib import suppress

import certifi
import httpx
import pytest

from chili_notebook.errors import ConfigurationError
from chili_notebook.http.reading import reason_of
from chili_notebook.http.transport import (
    ONCE,
    USER_AGENT,
    certificates,
    hint_for,
    no_response_error,
    open_client,
    retry_after_s,
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
    failure = no_response_error(method, httpx.URL("https://x.example/y"), error)
    assert failure.was_sent is sent
    assert ("may have carried" in failure.hint) == (sent and method == "POST")
    assert ("Nothing was sent" in failure.hint) == (not sent and method == "POST")


@pytest.mark.parametrize("separator", ["#", "/", "?", "://"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(
    proxy, monkeypatch, scheme, separator
):
    """No part of the password is in the message, the hint or a frame."""
    del proxy
    monkeypatch.setenv(
        "ALL_PROXY", f"{scheme}://jane:s3cret{separator}PW99@127.0.0.1:9"
    )
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        transport_for("https://grafx.example.com/x")
    error = caught.value
    assert error.__cause__ is error.__context__ is None
    assert not re.search("s3cret|PW99", str(error))


def test_hint_fits_what_is_wrong_with_the_proxy(proxy, monkeypatch):
    """A password must be encoded, and ``socks://`` is written ``socks5://``."""
    del proxy
    for url, hint in {
        "http://jane:a#b@127.0.0.1:9": "Percent-encode",
        "http://127.0.0.1:port": "Check HTTPS_PROXY",
        "socks://127.0.0.1:9/": "Write socks5://",
        "SOCKS4://127.0.0.1:9": "Write socks5://",
    }.items():
        monkeypatch.setenv("ALL_PROXY", url)
        with pytest.raises(ConfigurationError) as caught:
            transport_for("https://grafx.example.com/x")
        assert hint in caught.value.hint


def certificate_error(code):
    """Return the error of httpx for a certificate that is not valid."""
    cause = ssl.SSLCertVerificationError()
    cause.verify_code, cause.verify_message = code, "the reason of OpenSSL"
    error = httpx.ConnectError("[SSL] unreadable")
    error.__cause__ = cause
    return error


def test_hint_for_an_unknown_issuer_says_where_certificates_are_read_from():
    """The users of `requests` know another variable, which httpx does not read."""
    error = certificate_error(20)
    assert reason_of(error) == "its certificate is not valid: the reason of OpenSSL"
    failure = no_response_error("GET", httpx.URL("https://x.example/y"), error)
    for name in ("SSL_CERT_FILE", "truststore", "REQUESTS_CA_BUNDLE"):
        assert name in failure.hint
    assert "SSL_CERT_FILE" not in hint_for(certificate_error(10), also="the name")
    assert "date" in hint_for(certificate_error(10), also="the name")


def test_error_of_a_redirect_names_the_url_that_it_led_to():
    """The environment's own host is not blamed for the failure of another one."""
    request = httpx.Request("GET", "https://storage.example/file")
    error = httpx.ConnectError("refused", request=request)
    failure = no_response_error("GET", httpx.URL("https://x.example/y"), error)
    assert failure.message == "GET storage.example/file got no response (refused)."


class OtherContext:
    """A class that can be used in place of `ssl.SSLContext`."""

    options = verify_flags = 0

    def __init__(self, _protocol):
        self.locations = []

    def load_verify_locations(self, *locations):
        """Record where certificates are."""
        self.locations += locations


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """Return a file of certificates that SSL_CERT_FILE names."""
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    bundle = tmp_path / "ca.pem"
    shutil.copy(certifi.where(), bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    return bundle


def test_certificates_are_read_once(bundle):
    """Reading them takes longer than most calls."""
    assert bundle.exists()
    assert certificates() is certificates()


def test_certificates_are_read_again_after_a_change(bundle, tmp_path, monkeypatch):
    """A repaired file, another file and another class take effect at once."""
    before = certificates()
    with bundle.open("a") as file:
        file.write("# changed\n")
    after_change = certificates()
    other = tmp_path / "other.pem"
    shutil.copy(bundle, other)
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    after_move = certificates()
    monkeypatch.setenv("SSL_CERT_FILE", "")
    without_variable = certificates()
    # As truststore does.
    monkeypatch.setattr(ssl, "SSLContext", OtherContext)
    with_other_class = certificates()
    contexts = [before, after_change, after_move, without_variable, with_other_class]
    assert len(set(map(id, contexts))) == 5
    assert isinstance(with_other_class, OtherContext)


@pytest.mark.parametrize("content", [None, b"", b"\x30\x82\x00"])
def test_unreadable_certificates_raise_an_error(tmp_path, monkeypatch, content):
    """The error names the variables, and the form that the file must have."""
    path = tmp_path / "ca.cer"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match="certificates of this") as caught:
        transport_for("https://cp-abc-123.chili-publish.online")
    assert "PEM" in caught.value.hint


def test_certificates_are_not_read_for_plain_http_alone(monkeypatch, proxy):
    """Reading them takes longer than a request to this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    with httpx.Client(transport=transport_for(proxy.url, for_redirects=False)) as http:
        assert http.get(proxy.url).status_code == 200
    for url, options in (
        (proxy.url, {}),
        ("https://grafx.example.com", {"for_redirects": False}),
    ):
        with pytest.raises(ConfigurationError, match="certificates"):
            transport_for(url, **options)


def test_transport_for_plain_http_alone_trusts_no_server():
    """A redirect to https would not be checked by any certificate."""
    transport = transport_for("http://127.0.0.1", for_redirects=False)
    context = transport._pool._ssl_context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs() == []


def test_client_keeps_no_cookies():
    """A cookie of one response is not sent with the next call; one's own cookie is."""
    answer = Answer(200, {}, headers={"Set-Cookie": "session=of-the-server"})
    with Server(lambda _request: answer) as server, open_client(server.url) as client:
        client.get(server.url)
        client.get(server.url)
        client.get(server.url, headers={"Cookie": "own=1"})
    assert [request.headers.get("cookie") for request in server.requests] == [
        None,
        None,
        "own=1",
    ]


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("30", 30), ("", 0), ("soon", 0), ("9" * 400, 86_400), ("99999999", 86_400)],
)
def test_time_to_wait_is_a_day_at_most(header, wait_s):
    """Whatever a server asks for, the number can be shown."""
    assert retry_after_s(httpx.Response(429, headers={"Retry-After": header})) == wait_s
