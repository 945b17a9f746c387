"""The token handle: as a text, and as auth of httpx, its async client and requests."""

from __future__ import annotations

import asyncio
import copy
import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests

from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.handle import REWINDABLE, ChiliToken
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import InsecureURLError, NotSignedInError, TokenError
from conftest import CLIENT_SECRET
from fakes import NOON, Answer, PausedEndpoint, Protector, Server, traceback_text

DAY_S = 86_400
URL = "https://cp-abc-123.chili-publish.online/grafx/api/v1/info"


@pytest.fixture
def manager(clock, credentials, environment):
    """Return a token manager that is signed in."""
    manager = TokenManager(Protector(), clock=clock, stopwatch=clock)
    manager.sign_in(credentials, environment)
    return manager


@pytest.fixture
def handle(manager):
    """Return the handle on its token."""
    return ChiliToken(manager)


@pytest.fixture
def signed_out_handle(clock):
    """Return a handle without a token."""
    return ChiliToken(TokenManager(Protector(), clock=clock, stopwatch=clock))


@pytest.fixture
def api(endpoint):
    """Serve an API that accepts only the newest token."""

    def check(request):
        authorization = request.headers.get("authorization")
        return Answer(200 if authorization == f"Bearer {endpoint.issued[-1]}" else 401)

    with Server(check) as server:
        yield server


class BlockingFlow:
    """Drives an async auth flow like a sync one."""

    def __init__(self, runner, flow):
        self._runner, self._flow = runner, flow

    def __next__(self):
        """Run up to the first request."""
        return self._runner.run(self._send(None))

    def send(self, response):
        """Run up to the next request."""
        try:
            return self._runner.run(self._send(response))
        except StopAsyncIteration:
            raise StopIteration from None

    async def _send(self, response):
        return await self._flow.asend(response)


@pytest.fixture(params=["sync", "async"])
def begin_flow(request):
    """Return a function that begins an auth flow, sync and async."""
    if request.param == "sync":
        yield ChiliToken.sync_auth_flow
        return
    with asyncio.Runner() as runner:
        yield lambda handle, sent: BlockingFlow(runner, handle.async_auth_flow(sent))


def respond(flow, status):
    """Respond to a flow's request; return its next request, or ``None``."""
    try:
        return flow.send(httpx.Response(status))
    except StopIteration:
        return None


def token_of(request):
    """Return the token in a request."""
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


def test_flow_signs_the_request_and_ends_after_a_success(begin_flow, handle, endpoint):
    """A request that succeeds is sent once, with the current token."""
    request = httpx.Request("GET", URL)
    flow = begin_flow(handle, request)
    assert next(flow) is request
    assert token_of(request) == endpoint.issued[0]
    assert respond(flow, 200) is None
    assert endpoint.grants == 1


@pytest.mark.parametrize("status", [302, 400, 403, 404, 429, 500])
def test_flow_replays_after_no_status_but_401(begin_flow, handle, endpoint, status):
    """Any other status ends the flow, without a token request."""
    flow = begin_flow(handle, httpx.Request("GET", URL))
    next(flow)
    assert respond(flow, status) is None
    assert endpoint.grants == 1


def test_token_is_refetched_once_after_401(begin_flow, handle, endpoint, clock):
    """One 401 costs one token request and one replay; a second 401 is returned."""
    clock.advance(DAY_S - 3601)
    flow = begin_flow(handle, httpx.Request("POST", URL, json={"a": 1}))
    next(flow)
    clock.advance(2)
    replayed = respond(flow, 401)
    assert token_of(replayed) == endpoint.issued[1]
    assert replayed.content == b'{"a":1}'
    assert respond(flow, 401) is None
    assert endpoint.grants == 2


def test_repeated_401_costs_one_token_request_a_minute(begin_flow, handle, endpoint):
    """Ten calls that are all rejected cause one replay and one token request."""
    sent = 0
    for _call in range(10):
        flow = begin_flow(handle, httpx.Request("GET", URL))
        request = next(flow)
        while request is not None:
            sent += 1
            request = respond(flow, 401)
    assert sent == 11
    assert endpoint.grants == 2


def test_consumed_stream_is_not_replayed(begin_flow, handle, endpoint):
    """A body that cannot be sent again is never sent in part."""
    flow = begin_flow(handle, httpx.Request("POST", URL, content=iter([b"once"])))
    next(flow)
    assert respond(flow, 401) is None
    assert endpoint.grants == 1


def test_rewindable_stream_is_replayed(begin_flow, handle, endpoint):
    """A body that is marked as rewindable is sent again after a 401."""
    files, extensions = {"file": ("a.png", io.BytesIO(b"red"))}, {REWINDABLE: True}
    request = httpx.Request("POST", URL, files=files, extensions=extensions)
    flow = begin_flow(handle, request)
    first = b"".join(next(flow).stream)
    assert b"red" in first
    assert b"".join(respond(flow, 401).stream) == first
    assert respond(flow, 401) is None
    assert endpoint.grants == 2


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/x", "http://example.com/", "ftp://x/"]
)
def test_token_is_not_sent_over_plain_http(begin_flow, handle, url):
    """Any URL but https and loopback raises an error before the request is signed."""
    request = httpx.Request("GET", url)
    with pytest.raises(InsecureURLError, match="The token was not sent") as caught:
        next(begin_flow(handle, request))
    assert "Authorization" not in request.headers
    assert caught.value.hint


def test_flow_raises_if_nobody_is_signed_in(begin_flow, signed_out_handle):
    """An unsigned request is never sent."""
    with pytest.raises(NotSignedInError):
        next(begin_flow(signed_out_handle, httpx.Request("GET", URL)))


def test_handle_is_auth_for_httpx(handle, api, endpoint):
    """`httpx.post(url, auth=chili_token)` succeeds after one 401."""
    answers = [Answer(401, {}), Answer(200, {})]
    api.answer = lambda _request: answers.pop(0)
    response = httpx.post(api.url, json={"a": 1}, auth=handle)
    assert response.status_code == 200
    assert [request.json() for request in api.requests] == [{"a": 1}, {"a": 1}]
    assert endpoint.grants == 2


def test_handle_is_auth_for_the_async_client_of_httpx(handle, api):
    """`httpx.AsyncClient(auth=chili_token)` signs every call."""

    async def fetch():
        async with httpx.AsyncClient(auth=handle) as client:
            responses = [await client.get(api.url) for _call in range(3)]
        return [response.status_code for response in responses]

    assert asyncio.run(fetch()) == [200, 200, 200]


def test_handle_is_auth_for_requests(handle, api):
    """`requests.get(url, auth=chili_token)` is signed, except over plain http."""
    assert requests.get(api.url, auth=handle, timeout=10).status_code == 200
    with pytest.raises(InsecureURLError):
        requests.get("http://192.0.2.1/", auth=handle, timeout=10)


@pytest.mark.parametrize(
    "get",
    [
        lambda url, handle: httpx.get(url, auth=handle, follow_redirects=True),
        lambda url, handle: requests.get(url, auth=handle, timeout=10),
    ],
    ids=["httpx", "requests"],
)
def test_token_is_not_sent_to_another_host_by_a_redirect(handle, get):
    """GraFx's storage, to which downloads are redirected, gets no token."""
    with Server(lambda _request: Answer(200, {})) as storage:
        storage_url = storage.url.replace("127.0.0.1", "localhost")
        redirect = Answer(302, b"", {"Location": f"{storage_url}/file"})
        with Server(lambda _request: redirect) as api:
            assert get(api.url, handle).status_code == 200
    assert "authorization" in api.requests[0].headers
    assert "authorization" not in storage.requests[0].headers


def test_threads_and_coroutines_share_one_token_request(
    handle, manager, clock, endpoint, token_server
):
    """The endpoint is asked once, and the event loop is not blocked meanwhile."""
    paused = token_server.answer = PausedEndpoint(endpoint)
    clock.advance(DAY_S)

    async def sign():
        request = await anext(handle.async_auth_flow(httpx.Request("GET", URL)))
        return token_of(request)

    async def sign_together(pool):
        threads = [pool.submit(str, handle) for _thread in range(10)]
        tasks = [asyncio.create_task(sign()) for _task in range(30)]
        iterations = 0
        while not paused.received.is_set() or iterations < 10:
            await asyncio.sleep(0)  # the event loop still runs
            iterations += 1
        assert not any(task.done() for task in tasks)
        paused.may_answer.set()
        return [*await asyncio.gather(*tasks), *(t.result(10) for t in threads)]

    with ThreadPoolExecutor(10) as pool:
        assert set(asyncio.run(sign_together(pool))) == {endpoint.issued[1]}
    assert endpoint.grants == 2
    assert manager.is_fresh()


def test_refetch_after_401_does_not_block_the_event_loop(
    handle, clock, endpoint, token_server
):
    """Other coroutines run while one waits for its new token."""
    paused = token_server.answer = PausedEndpoint(endpoint)

    async def respond_401(flow):
        return await flow.asend(httpx.Response(401))

    async def replay():
        flow = handle.async_auth_flow(httpx.Request("GET", URL))
        await anext(flow)
        clock.advance(DAY_S - 1800)
        replaying = asyncio.create_task(respond_401(flow))
        assert await asyncio.to_thread(paused.received.wait, 10)
        paused.may_answer.set()
        return token_of(await replaying)

    assert asyncio.run(replay()) == endpoint.issued[1]


def test_text_of_the_handle_is_a_valid_token(handle, clock, endpoint):
    """`str`, f-strings, `%` and `+` return the newest token, as snippets use them."""
    clock.advance(DAY_S)
    first, second = endpoint.issued[0], str(handle)
    assert second == endpoint.issued[1] != first
    assert f"Bearer {handle}" == "Bearer " + handle == f"Bearer {second}"
    assert "%s" % handle == f"{handle}" == format(handle) == second  # noqa: UP031 - people write it
    assert handle + "\n" == f"{second}\n"
    assert f"{handle:>40}" == f"{second:>40}"


def test_text_of_a_signed_out_handle_raises(signed_out_handle):
    """An f-string never contains an empty token; `repr` does not raise."""
    for use in (str, lambda h: f"Bearer {h}", lambda h: "Bearer " + h):
        with pytest.raises(NotSignedInError):
            use(signed_out_handle)
    assert repr(signed_out_handle) == "<GraFx token: not signed in>"
    assert signed_out_handle.expired


def test_attributes_are_expiry_time_left_and_scopes(handle, clock):
    """Code can read what the card shows."""
    expires_at = datetime.fromtimestamp(NOON, UTC) + timedelta(days=1)
    assert handle.expires_at == expires_at
    assert handle.expires_at.tzinfo is UTC
    clock.advance(400)
    assert handle.expires_in == 86_000
    assert handle.scopes == {"template:list", "template:read", "output:static"}
    assert not handle.expired
    clock.advance(DAY_S)
    assert handle.expired
    assert handle.expires_in == 0


def test_reading_attributes_requests_no_token(handle, clock, endpoint):
    """Attributes and `repr` describe the current token, also an expired one."""
    clock.advance(DAY_S)
    assert repr(handle)
    assert handle.expires_at
    assert handle.expired
    assert endpoint.grants == 1


def test_repr_shows_a_fingerprint_and_no_token(handle, manager, endpoint):
    """A handle as the last line of a cell shows time left, scopes and fingerprint."""
    fingerprint = manager.require().fingerprint
    assert repr(handle) == f"<GraFx token #{fingerprint}: 24 h 00 min left, 3 scopes>"
    shown = repr(vars(handle)) + repr([handle]) + f"{handle!r}"
    assert endpoint.issued[0] not in shown


def test_repr_of_an_opaque_token_says_what_is_unknown(clock):
    """Expiry and scopes of a pasted opaque token are unknown."""
    manager = TokenManager(Protector(), clock=clock, stopwatch=clock)
    opaque = Credentials(".env", Origin.ENV_FILE, access_token=Secret("opaque-token"))
    manager.sign_in(opaque, Environment())
    handle = ChiliToken(manager)
    assert repr(handle).endswith(": expiry unknown, scopes unknown>")
    assert (handle.expires_at, handle.expires_in, handle.scopes) == (None, None, None)


@pytest.mark.parametrize("key", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_token_for_this_machine_is_not_sent_to_a_proxy(handle, api, monkeypatch, key):
    """The clients of httpx and requests would send it to the proxy in plain text."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Server(lambda _request: Answer(200)) as proxy:
        monkeypatch.setenv(key, proxy.url)
        for get in (httpx.get, requests.get):
            with pytest.raises(InsecureURLError, match="proxy") as caught:
                get(api.url, auth=handle)
            assert "NO_PROXY=127.0.0.1" in caught.value.hint
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for get in (httpx.get, requests.get):
            assert get(api.url, auth=handle).status_code == 200
        assert proxy.requests == []


def test_handle_cannot_be_pickled(handle, signed_out_handle):
    """Pickling raises a TypeError, whether somebody is signed in or not."""
    for item in (handle, signed_out_handle):
        assert copy.deepcopy({"auth": item})["auth"] is item
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(item)


@pytest.mark.parametrize("left_s", [0, 3601])
def test_error_inside_a_call_shows_neither_secret_nor_token(
    handle, api, clock, endpoint, left_s
):
    """A token request that fails between httpx's frames shows neither of them."""
    clock.advance(DAY_S - left_s)
    old_token = endpoint.issued[0]
    api.answer = lambda _request: Answer(401, {})
    endpoint.failing = Answer(503, b"")
    with pytest.raises(TokenError) as caught:
        httpx.get(api.url, auth=handle)
    shown = traceback_text(caught.value)
    assert CLIENT_SECRET not in shown
    assert old_token not in shown


def test_handle_follows_a_second_sign_in(handle, manager, credentials, environment):
    """The same handle returns the token of whatever sign-in was the last."""
    other = Credentials("the form", Origin.FORM, access_token=Secret("another-token"))
    manager.sign_in(other, replace(environment, name="cp-other"))
    assert str(handle) == "another-token"
    manager.sign_in(credentials, environment)
    assert str(handle) == "token-number-0"


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"json": {"a": 1}}, b'{"a": 1}'),
        ({"data": io.BytesIO(b"a file")}, b"a file"),
        ({"files": {"f": b"multipart"}}, b"multipart"),
        ({}, b""),
    ],
)
def test_requests_replays_once_after_401(handle, api, endpoint, body, sent):
    """One 401 costs one token request, and the whole body is sent again."""
    answers = [Answer(401, {}), Answer(200, {})]
    api.answer = lambda _request: answers.pop(0)
    response = requests.post(api.url, auth=handle, timeout=10, **body)
    assert response.status_code == 200
    assert [item.status_code for item in response.history] == [401]
    first, second = api.requests
    assert sent in first.body
    assert first.body == second.body
    assert "authorization" in second.headers
    assert endpoint.grants == 2


def test_requests_returns_a_second_401(handle, api, endpoint):
    """Ten calls that are all rejected cause one replay and one token request."""
    api.answer = lambda _request: Answer(401, {})
    for _call in range(10):
        assert requests.get(api.url, auth=handle, timeout=10).status_code == 401
    assert len(api.requests) == 11
    assert endpoint.grants == 2


def test_requests_does_not_replay_what_cannot_be_sent_again(handle, api, endpoint):
    """A body that was consumed is never sent in part."""
    api.answer = lambda _request: Answer(401, {})
    body = iter([b"once"])
    requests.post(api.url, data=body, auth=handle, timeout=10)
    assert endpoint.grants == 1


def test_requests_does_not_replay_to_another_origin(handle, endpoint):
    """A 401 of the host that a redirect leads to renews no token."""
    with Server(lambda _request: Answer(401, {})) as storage:
        redirect = Answer(302, b"", {"Location": f"{storage.url}/file"})
        with Server(lambda _request: redirect) as api:
            answer = requests.get(api.url, auth=handle, timeout=10)
    assert answer.status_code == 401
    assert len(storage.requests) == 1
    assert endpoint.grants == 1


def test_threads_share_one_token_request_after_401(handle, api, clock, endpoint):
    """The calls of `requests` in ten threads all succeed with one new token."""
    rejected = f"Bearer {endpoint.issued[0]}"
    clock.advance(DAY_S - 3601)  # the endpoint issues another token 2 s later

    def check(request):
        if request.headers["authorization"] != rejected:
            return Answer(200, {})
        clock.advance(2)
        return Answer(401, {})

    api.answer = check

    def call(_number):
        return requests.get(api.url, auth=handle, timeout=10).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(call, range(20))) == {200}
    assert endpoint.grants == 2
