"""Signed requests to one environment, against a scripted server on loopback."""

from __future__ import annotations

import posixpath
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook import File
from chili_notebook.api.client import Chili
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import (
    APIError,
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    InsecureURLError,
    NotFoundError,
    NotSignedInError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from chili_notebook.http.urls import is_loopback
from fakes import (
    Answer,
    PausedEndpoint,
    Protector,
    RawServer,
    Server,
    forked_child,
    traceback_text,
)

HOST = "cp-abc-123.chili-publish.online"
BASE = "/grafx/"
ROOT = f"{BASE}api/v1/environment/cp-abc-123/"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("templates", ROOT + "templates"),
        ("templates?limit=2", ROOT + "templates?limit=2"),
        ("/api/v1/info", "/grafx/api/v1/info"),
    ],
)
def test_paths_are_relative_to_the_environment_or_the_base(chili, server, path, sent):
    """A path is inside the environment; with a slash it is under the base URL."""
    assert chili.get(path).json()["path"] == sent
    assert (
        server.requests[-1].headers["authorization"].startswith("Bearer token-number-")
    )


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_method_sends_the_request_it_is_named_after(chili, method):
    """`chili.get` sends GET and returns the response of httpx, and so on."""
    response = getattr(chili, method)("x")
    assert isinstance(response, httpx.Response)
    assert response.json()["method"] == method.upper()


def test_full_url_of_the_same_origin_gets_the_token(chili, server):
    """The links in GraFx's responses are full URLs, and requests to them are signed."""
    chili.get(f"{server.url}/grafx/anything")
    assert "authorization" in server.requests[-1].headers


def test_another_host_never_gets_the_token(chili):
    """A full URL of another host is requested without the token."""
    with Server(lambda _request: Answer(200, {})) as other:
        chili.get(f"{other.url}/file")
    assert "authorization" not in other.requests[0].headers


def test_redirect_to_another_host_is_followed_without_the_token(chili, server):
    """A download that redirects to a storage host is followed without the token."""
    with Server(lambda _request: Answer(200, b"bytes")) as storage:
        server.answer = lambda _: Answer(302, b"", {"Location": f"{storage.url}/f"})
        assert chili.get("media/1/download").content == b"bytes"
    assert "authorization" not in storage.requests[0].headers


def test_redirect_over_plain_http_is_refused(chili, server):
    """No redirect leads over plain http to another machine."""
    server.answer = lambda _request: Answer(
        302, b"", {"Location": "http://192.0.2.1/f"}
    )
    with pytest.raises(InsecureURLError, match="plain http"):
        chili.get("media/1/download")


def test_post_is_not_redirected(chili, server):
    """A request that changes something is not sent to another URL."""
    with Server(lambda _request: Answer(200, {})) as other:
        server.answer = lambda _request: Answer(307, b"", {"Location": other.url})
        with pytest.raises(APIError):
            chili.post("output/png", json={})
        assert other.requests == []


@pytest.mark.parametrize("path", ["../cp-other/templates", "templates/%2e%2e/x", "./x"])
def test_dot_segments_are_refused_before_anything_is_sent(chili, server, path):
    """No path leads out of the environment."""
    with pytest.raises(ConfigurationError):
        chili.get(path)
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/x", "https://user:secret@192.0.2.1/x", "ftp://192.0.2.1/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unsafe_urls_are_refused_before_anything_is_sent(client_of, url, method):
    """Plain http to another machine, a password in the URL, another protocol."""
    sent = []
    with pytest.raises(InsecureURLError) as caught:
        client_of(sent.append).request(method, url)
    assert sent == []
    assert "secret@" not in str(caught.value)


PIECES = [
    *["a", "ü", "0", "..", ".", "/", "\\", "//", "?", "#", "&", ";", ":", "@", " "],
    *["%", "%2e", "%2E%2e", "%2f", "%5c", "%00", "%0a", "%252e", "\n", "\t", "\0"],
    *["\ud800", "https:", "http:", "HTTPS://", "evil.example", "127.0.0.1", "["],
    *["localhost", "xn--", "\u2025", "\uff0e", "\u2215", f"https://{HOST}", BASE],
]
paths = st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text()


@given(paths, st.sampled_from(["GET", "POST", "DELETE"]))
@example("//evil.example/x", "GET")
@example("/\\evil.example", "GET")
@example("..\\..\\cp-other\\templates", "GET")
@example("templates/%2e%2e%5c..", "GET")
@example("%2e%2e#", "GET")
@example("..#/x", "GET")
@example("https://evil.example", "GET")
@example("@evil.example", "GET")
@example("https://xn--/", "GET")
@example(f"https://{HOST}@evil.example/", "GET")
@example(f"https://{HOST}:443/grafx/x", "GET")
def test_path_stays_inside_the_environment_or_is_refused(client_of, path, method):
    """Only a full URL leads elsewhere, and only the same origin gets the token."""
    sent = []

    def api(request):
        sent.append(request)
        return httpx.Response(200)

    try:
        client_of(api).request(method, path)
    except ChiliError:
        assert sent == []
        return
    (request,) = sent
    assert request.url.scheme == "https" or is_loopback(request.url.host)
    origin = (request.url.scheme, request.url.host, request.url.port)
    assert ("authorization" in request.headers) == (origin == ("https", HOST, None))
    if re.match(r"[a-z][a-z0-9+.-]*://", path, re.IGNORECASE):
        return
    assert request.url.host == HOST
    raw_path = request.url.raw_path.decode().partition("?")[0]
    decoded = posixpath.normpath(unquote(raw_path).replace("\\", "/"))
    assert f"{decoded}/".startswith(BASE if path.startswith("/") else ROOT)


def test_problem_document_becomes_an_error_with_its_fields(chili, server):
    """Status, detail, field errors and trace ID of GraFx are in the error."""
    problem = {
        "title": "Not Found",
        "status": "404",
        "detail": "Environment 'x' is not found",
        "traceId": "00-abc-01",
    }
    headers = {"Content-Type": "application/problem+json"}
    server.answer = lambda _request: Answer(404, problem, headers)
    with pytest.raises(NotFoundError, match="Environment 'x' is not found") as caught:
        chili.get("templates")
    assert (caught.value.status_code, caught.value.trace_id) == (404, "00-abc-01")


def test_on_refusal_is_called_with_each_error(connect, server):
    """The session is called before the caller gets the error."""
    refused = []
    server.answer = lambda _request: Answer(403, {})
    with connect(server, on_refusal=refused.append) as chili:
        with pytest.raises(ForbiddenError) as caught:
            chili.get("media")
        with pytest.raises(ForbiddenError), chili.stream("GET", "media"):
            pass
    assert refused[0] is caught.value
    assert len(refused) == 2


def test_request_is_replayed_once_after_401(chili, server, endpoint):
    """One 401 costs one token request; the caller gets the response of the replay."""
    answers = [Answer(401, {}), Answer(200, {"ok": True})]
    server.answer = lambda _request: answers.pop(0)
    assert chili.post("projects", json={"a": 1}).json() == {"ok": True}
    assert endpoint.grants == 2
    assert [request.json() for request in server.requests] == [{"a": 1}, {"a": 1}]


def test_second_401_is_an_error_that_explains_the_token_cache(chili, server):
    """The hint has the time of the next new token, which new permissions also need."""
    server.answer = lambda _request: Answer(401, {})
    with pytest.raises(UnauthorizedError) as caught:
        chili.get("templates")
    assert len(server.requests) == 2
    assert "at about" in caught.value.hint
    assert "permissions" in caught.value.hint


def test_hint_for_401_of_another_host_states_that_no_token_was_sent(chili):
    """Another token would not help there."""
    with (
        Server(lambda _request: Answer(401, {})) as other,
        pytest.raises(UnauthorizedError) as caught,
    ):
        chili.get(f"{other.url}/file")
    assert "was not sent there" in caught.value.hint


@pytest.mark.parametrize("fault", [429, 502, 503, 504, None])
def test_safe_methods_are_retried(chili, server, fault):
    """A busy server, a gateway's error and a lost connection are tried again."""
    answers = [Answer(fault, b"", {"Retry-After": "0"}) if fault else None, Answer(200)]
    server.answer = lambda _request: answers.pop(0)
    assert chili.get("templates").status_code == 200


@pytest.mark.parametrize("fault", [429, 502, 503, 504])
def test_post_is_never_retried(chili, server, fault):
    """A render that may have started is not started twice."""
    server.answer = lambda _request: Answer(fault, b"<html>", {"Retry-After": "0"})
    with pytest.raises((ServerError, TooManyRequestsError)):
        chili.post("output/png", json={})
    assert len(server.requests) == 1


def test_post_whose_response_is_lost_is_not_repeated(chili, server):
    """The error states that GraFx may have carried the request out."""
    server.answer = lambda _request: None
    with pytest.raises(ConnectionFailedError, match="may have carried") as caught:
        chili.post("output/png", json={})
    assert caught.value.was_sent
    assert len(server.requests) == 1


def test_error_for_429_has_the_time_to_wait(chili, server):
    """The time is in the hint, and in a field of the error."""
    server.answer = lambda _request: Answer(429, b"", {"Retry-After": "3600"})
    with pytest.raises(TooManyRequestsError) as caught:
        chili.post("output/png", json={})
    assert caught.value.hint == "GraFx asks to wait for 1 h 00 min."
    assert caught.value.retry_after_s == 3600


def test_stream_returns_the_response_unread(chili, server):
    """A large file need not be read at once."""
    server.answer = lambda _request: Answer(200, b"x" * 100_000)
    with chili.stream("GET", "media/1/download") as response:
        assert not response.is_stream_consumed
        assert sum(map(len, response.iter_bytes())) == 100_000


def test_stream_raises_for_an_error_status_unless_it_is_accepted(chili, server):
    """A failed download is not a file; polls accept some error statuses."""
    server.answer = lambda _request: Answer(404, {"detail": "gone"})
    with pytest.raises(NotFoundError, match="gone"), chili.stream("GET", "x"):
        pass
    assert chili.get("x", accepted={404}).status_code == 404


class CutOff(httpx.SyncByteStream):
    """A body whose connection is lost."""

    def __iter__(self):
        yield b'{"data": ['
        raise httpx.RemoteProtocolError("the line was cut")


@pytest.mark.parametrize("status", [200, 500])
def test_response_that_is_cut_off_is_a_connection_error(client_of, status):
    """The connection is lost in the middle of a body or of an error page."""
    chili = client_of(lambda _request: httpx.Response(status, stream=CutOff()))
    with pytest.raises(ConnectionFailedError if status == 200 else ServerError):
        chili.get("templates")


@pytest.mark.parametrize(
    "answer", [httpx.ConnectError("refused"), httpx.Response(200, stream=CutOff())]
)
def test_connections_that_failed_are_closed(clock, credentials, environment, answer):
    """They are closed when the call ends, and not when the garbage is collected."""

    class Network(httpx.BaseTransport):
        is_closed = False

        def handle_request(self, _request):
            if isinstance(answer, Exception):
                raise answer
            return answer

        def close(self):
            self.is_closed = True

    source = TokenManager(Protector(), clock=clock, stopwatch=clock)
    source.sign_in(credentials, environment)
    network = Network()
    chili = Chili(source, transport=network, sleep=clock.advance)
    with pytest.raises(ConnectionFailedError):
        chili.post("templates")
    assert network.is_closed


def test_interrupted_call_shows_no_token(chili, server, endpoint):
    """A user can stop a call that waits; its error holds no frame of httpx."""
    is_interrupted = threading.Event()

    def interrupt(_request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        is_interrupted.wait(10)

    server.answer = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        chili.get("templates")
    is_interrupted.set()
    assert endpoint.issued[0] not in traceback_text(caught.value)


def test_call_without_a_sign_in_raises_not_signed_in(clock):
    """A form that was not sent is not reported as a wrong address."""
    chili = Chili(TokenManager(Protector(), clock=clock, stopwatch=clock))
    with pytest.raises(NotSignedInError, match="chili_login"):
        chili.get("templates")
    with pytest.raises(NotSignedInError, match="chili_login"):
        chili.get("../x")


def test_call_without_an_environment_names_the_key_to_set(
    clock, credentials, environment
):
    """A token alone is enough to sign in, so the first call raises the error."""
    source = TokenManager(Protector(), clock=clock, stopwatch=clock)
    source.sign_in(credentials, replace(environment, name="", base_url=""))
    with pytest.raises(ConfigurationError, match="CHILI_ENVIRONMENT"):
        Chili(source).get("templates")


def test_closed_client_can_be_used_again(chili):
    """`close` closes the open connections; the next call opens a new one."""
    chili.get("a")
    chili.close()
    assert chili.get("b").status_code == 200


def test_after_a_failed_call_the_next_one_uses_what_is_set_by_then(
    monkeypatch, clock, credentials, environment
):
    """A user who repairs the proxy's variables need not sign in again."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    source = TokenManager(Protector(), clock=clock, stopwatch=clock)
    source.sign_in(credentials, environment)
    with (
        Server(lambda _request: Answer(502, b"")) as proxy,
        Chili(source, sleep=clock.advance) as chili,
    ):
        with pytest.raises(ConnectionFailedError):
            chili.get("templates")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ConnectionFailedError):
            chili.get("templates")
        assert proxy.requests[0].method == "CONNECT"


def test_after_a_sign_in_the_next_call_uses_what_is_set_by_then(
    monkeypatch, server, clock, credentials, environment
):
    """Certificates that cannot be read are noticed when connections are opened."""
    environment = replace(environment, base_url=f"{server.url}/grafx")
    source = TokenManager(Protector(), clock=clock, stopwatch=clock)
    source.sign_in(credentials, environment)
    with Chili(source) as chili:
        chili.get("a")
        monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")
        assert chili.get("a").status_code == 200
        monkeypatch.delenv("SSL_CERT_FILE")
        source.sign_in(credentials, environment)
        monkeypatch.setenv("SSL_CERT_FILE", "missing.pem")
        with pytest.raises(ConfigurationError, match="certificates"):
            chili.get("a")


def test_a_failed_call_does_not_disturb_the_others(connect):
    """The connections of a failed call are closed when the last call has used them."""
    answers = {"/grafx/good": Answer(200, b"x" * 300_000), "/grafx/bad": None}
    with (
        Server(lambda request: answers[request.path]) as server,
        connect(server) as chili,
        chili.stream("GET", "/good") as response,
    ):
        with pytest.raises(ConnectionFailedError):
            chili.post("/bad")
        assert sum(map(len, response.iter_bytes())) == 300_000


@pytest.mark.parametrize(
    "location", ["http:host/x", "http://[", "https://jane:s3c#ret@h/", "\\\\x:y\\"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_what_is_not_a_url_is_an_error_of_ours(
    chili, server, method, location
):
    """It does not matter whether the redirect is followed."""
    server.answer = lambda _request: Answer(302, b"", {"Location": location})
    with pytest.raises(ChiliError) as caught:
        chili.request(method, "x")
    assert "s3c" not in str(caught.value)
    if isinstance(caught.value, ConnectionFailedError):
        assert caught.value.was_sent


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_header_bytes_beyond_ascii_do_not_matter(connect, encoding, status):
    """The response to an output request is read, whatever a gateway adds to it."""
    head = (
        f"HTTP/1.1 {status} Präsent\r\nContent-Type: text/ä\r\n"
        'Content-Disposition: a; filename="Präsentation.pdf"\r\nRetry-After: ä\r\n'
        "ETag: ä\r\nSet-Cookie: ä=ä\r\nContent-Length: 2\r\n\r\n{}"
    )
    with RawServer(head.encode(encoding)) as server, connect(server) as chili:
        response = chili.post("output/png", json={}, accepted={404, 500})
        file = File.from_response(response, name="x")
    assert response.json() == {}
    assert file.file_name.endswith("sentation.pdf")


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"search": "\ud800"}},
        {"json": {"name": "\ud800"}},
        {"json": float("nan")},
        {"headers": {"X": "\ud800"}},
        {"content": "\ud800"},
    ],
)
def test_a_request_that_cannot_be_built_is_not_sent(chili, server, options):
    """The error does not say that GraFx may have carried it out."""
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        chili.post("output/png", **options)
    assert server.requests == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_texts_with_impossible_characters_raise_errors_of_ours(chili, text):
    """No error of a library appears when a file is saved or uploaded."""
    file = File(b"x", "image/png", "x.png")
    for use in (
        lambda: file.save(text),
        lambda: chili.media.upload(f"{text}.png"),
    ):
        with pytest.raises(ChiliError) as caught:
            use()
        str(caught.value).encode()


@pytest.mark.parametrize(
    "url",
    ["https://jane:s3c#ret@h/x", "https://jane:s3c/ret@h/x", "https://s3c:ret]@h"],
)
def test_a_wrong_address_is_not_quoted(chili, url):
    """No part of a password appears in the message."""
    with pytest.raises(ChiliError) as caught:
        chili.get(url)
    assert "s3c" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_workers_get_their_own_answers(chili):
    """No process reads an answer from a connection of another one."""

    def ask(worker):
        asked = [f"templates/{worker}-{number}" for number in range(20)]
        return [chili.get(path).json()["path"] == ROOT + path for path in asked]

    assert all(ask("before"))  # it leaves an open connection
    with ExitStack() as children:
        results = [
            children.enter_context(forked_child(partial(ask, worker)))
            for worker in range(4)
        ]
        assert all(ask("parent"))
        assert all(all(result()) for result in results)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_child_that_is_forked_during_a_call_can_make_calls(connect, server):
    """The connections of a parent's thread do not block a child, nor a child of it."""
    paused = PausedEndpoint(server.answer)
    with Server(paused) as slow, connect(slow) as client, ThreadPoolExecutor(1) as pool:
        of_parent = pool.submit(client.get, "a")
        assert paused.received.wait(10)

        def ask_in_child_and_grandchild():
            own = client.get("b").json()["path"]
            with forked_child(lambda: client.get("c").json()["path"]) as result:
                return [own, result()]

        with forked_child(ask_in_child_and_grandchild) as result:
            paused.may_answer.set()
            assert result() == [ROOT + "b", ROOT + "c"]
        assert of_parent.result(10).json()["path"] == ROOT + "a"


def test_proxy_of_the_environment_variables_is_used(
    monkeypatch, clock, credentials, environment
):
    """HTTPS_PROXY is honoured, although the retrying transport is our own."""
    with Server(lambda _request: Answer(502, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        source = TokenManager(Protector(), clock=clock, stopwatch=clock)
        source.sign_in(credentials, environment)
        with (
            pytest.raises(ConnectionFailedError),
            Chili(source, sleep=clock.advance) as chili,
        ):
            chili.get("templates")
    assert proxy.requests[0].method == "CONNECT"


def test_no_error_contains_the_token_in_a_frame(chili, server, endpoint):
    """Verbose tracebacks and debuggers find no token in the frames of an error."""
    server.answer = lambda _request: None
    with pytest.raises(ConnectionFailedError) as caught:
        chili.get("templates")
    error = caught.value
    assert error.__context__ is None
    frame = error.__traceback__
    while frame is not None:
        if "chili_notebook" in frame.tb_frame.f_code.co_filename:
            assert endpoint.issued[0] not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next


@pytest.mark.parametrize(
    ("method", "hint"),
    [("GET", "Run the cell again."), ("POST", "GraFx may have carried it out. Check")],
)
def test_interrupted_request_shows_no_frames(client_of, method, hint):
    """A user who stops a listing or a request reads two lines."""

    def interrupt(_request):
        raise KeyboardInterrupt

    with client_of(interrupt) as client, pytest.raises(KeyboardInterrupt) as caught:
        client.request(method, "templates")
    first, second = caught.value._render_traceback_()
    assert first == "KeyboardInterrupt: You interrupted a request to GraFx."
    assert second.startswith(f"→ {hint}")


@pytest.mark.parametrize(
    "call",
    [
        lambda chili: chili.templates.rename("t", "new"),
        lambda chili: chili.media.delete("m"),
        lambda chili: chili.media.move("m", "/Brand"),
        lambda chili: chili.brand_kits.update("k", name="new"),
        lambda chili: chili.post("templates/t/anything"),
    ],
)
def test_web_page_is_no_success_of_a_call_that_changes_something(client_of, call):
    """The page of a proxy does not mean that GraFx has changed anything."""

    def api(request):
        if request.method == "GET":
            return httpx.Response(200, json={"id": "k", "name": "Kit"})
        return httpx.Response(200, html="<html>Sign in to the proxy</html>")

    with pytest.raises(UnexpectedAnswerError, match="is a web page") as caught:
        call(client_of(api))
    assert "before you repeat it" in caught.value.hint


@pytest.mark.parametrize("options", [{"jsn": 1}, {"json": {}, "jsn": 1}])
def test_an_unknown_option_is_named(chili, options):
    """The JSON is not blamed for a misspelt name."""
    with pytest.raises(TypeError, match="jsn"):
        chili.post("x", **options)
