"""The handle on the token: by hand, and with httpx, its async client and requests."""

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
from chili_notebook.display.wording import spell_duration
from chili_notebook.errors import InsecureURLError, NotSignedInError, TokenError
from conftest import CLIENT_SECRET
from fakes import NOON, Answer, Gate, Protector, Server, shown_by

DAY_S = 86_400
URL = "https://cp-abc-123.chili-publish.online/grafx/api/v1/info"


@pytest.fixture
def source(clock, credentials, environment):
    """Give a source that is signed in."""
    source = TokenManager(Protector(), clock=clock)
    source.sign_in(credentials, environment)
    return source


@pytest.fixture
def handle(source):
    """Give the handle on its token."""
    return ChiliToken(source)


@pytest.fixture
def api(endpoint):
    """Serve an API that takes only the newest token that was issued."""

    def check(asked):
        fits = asked.headers.get("authorization") == f"Bearer {endpoint.issued[-1]}"
        return Answer(200 if fits else 401, {})

    with Server(check) as server:
        yield server


class Async:
    """Drives an async flow as if it were a sync one."""

    def __init__(self, runner, flow):
        self._runner, self._flow = runner, flow

    def __next__(self):
        """Run to the first request."""
        return self._runner.run(self._step(None))

    def send(self, response):
        """Run on to the next request."""
        try:
            return self._runner.run(self._step(response))
        except StopAsyncIteration:
            raise StopIteration from None

    async def _step(self, response):
        return await self._flow.asend(response)


@pytest.fixture(params=["sync", "async"])
def begin(request):
    """Begin a flow by hand, once as httpx's client and once as its async one does."""
    if request.param == "sync":
        yield ChiliToken.sync_auth_flow
        return
    with asyncio.Runner() as runner:
        yield lambda handle, asked: Async(runner, handle.async_auth_flow(asked))


def answer(flow, status):
    """Answer a flow's request; give what it sends next, if anything."""
    try:
        return flow.send(httpx.Response(status))
    except StopIteration:
        return None


def bearer(request):
    """Give the token that a request carries."""
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


def test_a_flow_signs_and_ends(begin, handle, endpoint):
    """A request that is answered is sent once, with the token at hand."""
    request = httpx.Request("GET", URL)
    flow = begin(handle, request)
    assert next(flow) is request
    assert bearer(request) == endpoint.issued[0]
    assert answer(flow, 200) is None
    assert endpoint.grants == 1


@pytest.mark.parametrize("status", [302, 400, 403, 404, 429, 500])
def test_a_flow_replays_for_no_other_status(begin, handle, endpoint, status):
    """Only a 401 is about the token."""
    flow = begin(handle, httpx.Request("GET", URL))
    next(flow)
    assert answer(flow, status) is None
    assert endpoint.grants == 1


def test_a_flow_refetches_and_replays_once(begin, handle, endpoint, clock):
    """One 401 costs one grant and one replay; a second one is the caller's."""
    clock.advance(DAY_S - 3601)
    flow = begin(handle, httpx.Request("POST", URL, json={"a": 1}))
    next(flow)
    clock.advance(2)
    replayed = answer(flow, 401)
    assert bearer(replayed) == endpoint.issued[1]
    assert replayed.content == b'{"a":1}'
    assert answer(flow, 401) is None
    assert endpoint.grants == 2


def test_a_lasting_401_costs_one_grant_for_many_calls(begin, handle, endpoint):
    """What stays unwelcome is not replayed again within the minute."""
    sent = 0
    for _call in range(10):
        flow = begin(handle, httpx.Request("GET", URL))
        asked = next(flow)
        while asked is not None:
            sent += 1
            asked = answer(flow, 401)
    assert sent == 11
    assert endpoint.grants == 2


def test_a_stream_that_is_used_up_is_not_replayed(begin, handle, endpoint):
    """Half a body is never sent."""
    flow = begin(handle, httpx.Request("POST", URL, content=iter([b"once"])))
    next(flow)
    assert answer(flow, 401) is None
    assert endpoint.grants == 1


def test_a_stream_that_can_be_rewound_is_replayed(begin, handle, endpoint):
    """Who says that a body can be sent again gets through a 401 like all others."""
    files, rewindable = {"file": ("a.png", io.BytesIO(b"red"))}, {REWINDABLE: True}
    request = httpx.Request("POST", URL, files=files, extensions=rewindable)
    flow = begin(handle, request)
    first = b"".join(next(flow).stream)
    assert b"red" in first
    assert b"".join(answer(flow, 401).stream) == first
    assert answer(flow, 401) is None
    assert endpoint.grants == 2


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/x", "http://example.com/", "ftp://x/"]
)
def test_a_flow_never_signs_what_goes_in_the_clear(begin, handle, url):
    """The token leaves over https or to this machine."""
    request = httpx.Request("GET", url)
    with pytest.raises(InsecureURLError, match="not sent") as caught:
        next(begin(handle, request))
    assert "Authorization" not in request.headers
    assert caught.value.hint


def test_a_flow_without_a_session_says_so(begin, clock):
    """An unsigned request is not sent in its place."""
    with pytest.raises(NotSignedInError):
        next(
            begin(
                ChiliToken(TokenManager(Protector(), clock=clock)),
                httpx.Request("GET", URL),
            )
        )


def test_httpx_takes_the_handle(handle, api, endpoint):
    """httpx.get(url, auth=chili_token) gets through a 401 by itself."""
    answers = [Answer(401, {}), Answer(200, {})]
    api.answer = lambda _asked: answers.pop(0)
    response = httpx.post(api.url, json={"a": 1}, auth=handle)
    assert response.status_code == 200
    assert [asked.json() for asked in api.asked] == [{"a": 1}, {"a": 1}]
    assert endpoint.grants == 2


def test_httpxs_async_client_takes_the_handle(handle, api):
    """httpx.AsyncClient(auth=chili_token) works, call after call."""

    async def fetch():
        async with httpx.AsyncClient(auth=handle) as client:
            answers = [await client.get(api.url) for _call in range(3)]
        return [answer.status_code for answer in answers]

    assert asyncio.run(fetch()) == [200, 200, 200]


def test_requests_takes_the_handle(handle, api):
    """requests.get(url, auth=chili_token) works, and never in the clear."""
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
def test_a_redirect_to_another_host_loses_the_token(handle, get):
    """Where GraFx's storage stands, the token is not told."""
    with Server(lambda _asked: Answer(200, {})) as storage:
        elsewhere = storage.url.replace("127.0.0.1", "localhost")
        moved = Answer(302, b"", {"Location": f"{elsewhere}/file"})
        with Server(lambda _asked: moved) as api:
            assert get(api.url, handle).status_code == 200
    assert "authorization" in api.asked[0].headers
    assert "authorization" not in storage.asked[0].headers


def test_threads_and_coroutines_together_cost_one_grant(
    handle, source, clock, endpoint, token_server
):
    """However many wait in whatever way, the endpoint is asked once."""
    gate = token_server.answer = Gate(endpoint)
    clock.advance(DAY_S)

    async def sign():
        request = await anext(handle.async_auth_flow(httpx.Request("GET", URL)))
        return bearer(request)

    async def together(pool):
        threads = [pool.submit(str, handle) for _thread in range(10)]
        signing = [asyncio.create_task(sign()) for _task in range(30)]
        turns = 0
        while not gate.reached.is_set() or turns < 10:
            await asyncio.sleep(0)  # the loop turns, so it is not blocked
            turns += 1
        assert not any(task.done() for task in signing)
        gate.opened.set()
        return [*await asyncio.gather(*signing), *(t.result(10) for t in threads)]

    with ThreadPoolExecutor(10) as pool:
        assert set(asyncio.run(together(pool))) == {endpoint.issued[1]}
    assert endpoint.grants == 2
    assert source.is_fresh()


def test_a_refetch_after_a_401_does_not_stop_the_event_loop(
    handle, clock, endpoint, token_server
):
    """Other coroutines go on while one waits for its new token."""
    gate = token_server.answer = Gate(endpoint)

    async def replay():
        flow = handle.async_auth_flow(httpx.Request("GET", URL))
        await anext(flow)
        clock.advance(DAY_S - 1800)
        replaying = asyncio.create_task(anext_after_401(flow))
        assert await asyncio.to_thread(gate.reached.wait, 10)
        gate.opened.set()
        return bearer(await replaying)

    async def anext_after_401(flow):
        return await flow.asend(httpx.Response(401))

    assert asyncio.run(replay()) == endpoint.issued[1]


def test_a_text_of_the_handle_is_a_token_that_is_valid_now(handle, clock, endpoint):
    """Each way of making a text, as GraFx's own snippets do, gives the newest token."""
    clock.advance(DAY_S)
    first, second = endpoint.issued[0], str(handle)
    assert second == endpoint.issued[1] != first
    assert f"Bearer {handle}" == "Bearer " + handle == f"Bearer {second}"
    assert "%s" % handle == f"{handle}" == format(handle) == second  # noqa: UP031 - people write it
    assert handle + "\n" == f"{second}\n"
    assert f"{handle:>40}" == f"{second:>40}"


def test_a_text_without_a_session_says_so(clock):
    """An f-string never gets an empty token."""
    handle = ChiliToken(TokenManager(Protector(), clock=clock))
    for use in (str, lambda h: f"Bearer {h}", lambda h: "Bearer " + h):
        with pytest.raises(NotSignedInError):
            use(handle)
    assert repr(handle) == "<GraFx token: not signed in>"
    assert handle.expired


def test_the_handle_tells_end_time_left_and_scopes(handle, clock):
    """What the card shows can be read from code."""
    ends = datetime.fromtimestamp(NOON, UTC) + timedelta(days=1)
    assert handle.expires_at == ends
    assert handle.expires_at.tzinfo is UTC
    clock.advance(400)
    assert handle.expires_in == 86_000
    assert handle.scopes == {"template:list", "template:read", "output:static"}
    assert not handle.expired
    clock.advance(DAY_S)
    assert handle.expired
    assert handle.expires_in == 0


def test_looking_at_the_handle_asks_nothing(handle, clock, endpoint):
    """Attributes and repr speak of the token at hand, and never fetch."""
    clock.advance(DAY_S)
    assert repr(handle)
    assert handle.expires_at
    assert handle.expired
    assert endpoint.grants == 1


def test_a_repr_shows_no_token(handle, source, endpoint):
    """A handle as the last line of a cell shows what is left, and a fingerprint."""
    fingerprint = source.held().fingerprint
    assert repr(handle) == f"<GraFx token #{fingerprint}: 24 h 00 min left, 3 scopes>"
    shown = repr(vars(handle)) + repr([handle]) + f"{handle!r}"
    assert endpoint.issued[0] not in shown


def test_a_repr_says_what_is_not_known(clock):
    """An opaque token has neither end nor scopes."""
    source = TokenManager(Protector(), clock=clock)
    opaque = Credentials(".env", Origin.ENV_FILE, access_token=Secret("opaque-token"))
    source.sign_in(opaque, Environment())
    handle = ChiliToken(source)
    assert repr(handle).endswith(": expiry unknown, scopes unknown>")
    assert (handle.expires_at, handle.expires_in, handle.scopes) == (None, None, None)


@pytest.mark.parametrize("store", [pickle.dumps, copy.deepcopy])
def test_a_handle_is_not_pickled(handle, clock, store):
    """Neither a signed-in handle nor an empty one becomes a file."""
    for item in (handle, ChiliToken(TokenManager(Protector(), clock=clock))):
        with pytest.raises(TypeError, match="pickled"):
            store(item)


@pytest.mark.parametrize("left", [0, 3601])
def test_no_error_inside_a_call_shows_secret_or_token(
    handle, api, clock, endpoint, left
):
    """A fetch that fails in the middle of httpx's frames shows neither of them."""
    clock.advance(DAY_S - left)
    old = endpoint.issued[0]
    api.answer = lambda _asked: Answer(401, {})
    endpoint.failing = Answer(503, b"")
    with pytest.raises(TokenError) as caught:
        httpx.get(api.url, auth=handle)
    shown = shown_by(caught.value)
    assert CLIENT_SECRET not in shown
    assert old not in shown


def test_signing_follows_a_second_sign_in(handle, source, credentials, environment):
    """The name in the notebook stays bound, whoever signs in next."""
    other = Credentials("the form", Origin.FORM, access_token=Secret("another-token"))
    source.sign_in(other, replace(environment, name="cp-other"))
    assert str(handle) == "another-token"
    source.sign_in(credentials, environment)
    assert str(handle) == "token-number-0"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (79_045, "21 h 57 min"),
        (864_000, "240 h 00 min"),
    ],
)
def test_durations_are_said_in_two_units(seconds, said):
    """A time left is as exact as people need it."""
    assert spell_duration(seconds) == said
