"""What one request tells about the environment."""

from __future__ import annotations

import pytest

from chili_notebook.auth.environment import Environment
from chili_notebook.auth.environment_check import CheckStatus, check_environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.tokens import Token
from fakes import TRICKLES, Answer, RawServer, Server

SECRET = "zq9-live-token-zq9"
LISTING = Answer(200, {"data": [], "pageSize": 0, "links": {}})


def make_token(*scopes):
    """Return a token with these scopes; without any they are unknown."""
    return Token(Secret(SECRET), 0.0, None, None, frozenset(scopes) if scopes else None)


def check(server, *scopes, **options):
    """Check the environment at this server."""
    environment = Environment("cp-abc-123", "", f"{server.url}/grafx")
    return check_environment(environment, make_token(*scopes), **options)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (LISTING, CheckStatus.ANSWERED),
        (Answer(200, []), CheckStatus.ANSWERED),
        (Answer(404, {"status": 404}), CheckStatus.UNKNOWN_ENVIRONMENT),
        (Answer(404, "<h1>Not found</h1>"), CheckStatus.UNKNOWN_ENVIRONMENT),
        (Answer(401, {"status": 401}), CheckStatus.TOKEN_NOT_ACCEPTED),
        (Answer(403, {"status": 403}), CheckStatus.NO_PERMISSION),
        (Answer(200, "<h1>Log in to the Wi-Fi</h1>"), CheckStatus.UNUSABLE_ANSWER),
        (Answer(200, "[" * 100_000), CheckStatus.UNUSABLE_ANSWER),
        (Answer(204), CheckStatus.UNUSABLE_ANSWER),
        (Answer(302, headers={"Location": "/login"}), CheckStatus.UNUSABLE_ANSWER),
        (Answer(429, headers={"Retry-After": "1"}), CheckStatus.UNUSABLE_ANSWER),
        (Answer(502), CheckStatus.UNUSABLE_ANSWER),
        (Answer(503), CheckStatus.UNUSABLE_ANSWER),
        (None, CheckStatus.NOT_REACHED),
    ],
)
def test_each_answer_has_its_status(answer, status):
    """One request is made, whatever the answer; only a listing is an answer."""
    with Server(lambda _request: answer) as server:
        result = check(server)
    assert result.status is status
    assert result.has_failed is (status is not CheckStatus.ANSWERED)
    assert bool(result.text) is bool(result.hint) is result.has_failed
    (request,) = server.requests
    assert request.method == "GET"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(result)


def test_redirect_to_another_host_is_not_followed():
    """The token is not sent elsewhere."""
    with Server(lambda _request: LISTING) as other:
        redirect = Answer(307, headers={"Location": other.url})
        with Server(lambda _request: redirect) as server:
            assert check(server).status is CheckStatus.UNUSABLE_ANSWER
    assert other.requests == []


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        ((), "templates"),
        (("media:list", "template:list"), "templates"),
        (("media:list", "template:read"), "media"),
        (("myproject:list",), "projects"),
        (("font:list",), "font-families"),
        (("output:static",), "settings"),
    ],
)
def test_request_is_one_that_the_token_may_make(scopes, path):
    """A token for renders only is not shown as faulty because it may not list."""
    with Server(lambda _request: LISTING) as server:
        check(server, *scopes)
    expected = f"/grafx/api/v1/environment/cp-abc-123/{path}?limit=1"
    assert [request.path for request in server.requests] == [expected]


@pytest.mark.parametrize(
    ("base_url", "text"),
    [
        ("http://127.0.0.1:9/grafx", "127.0.0.1:9 was not reached"),
        ("https://cp-typo.invalid/grafx", "cp-typo.invalid was not reached"),
        ("http://cp-abc.example/grafx", "was not sent"),
    ],
)
def test_host_that_is_not_reached_is_named(base_url, text):
    """The check never raises; plain http to another machine is not even tried."""
    result = check_environment(Environment("cp-abc", "", base_url), make_token())
    assert result.status is CheckStatus.NOT_REACHED
    assert text in result.text
    assert result.hint


def test_unknown_host_is_most_likely_a_wrong_name():
    """The hint begins with what newcomers get wrong."""
    environment = Environment("cp-typo", "", "https://cp-typo.invalid/grafx")
    hint = check_environment(environment, make_token()).hint
    assert hint.startswith("Check the environment's name")


@pytest.mark.parametrize("proxy", ["http://", "nothing://x:y@[", "socks4://h:1"])
def test_unusable_proxy_is_a_result(monkeypatch, proxy):
    """A setting that no client can use does not raise either."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    environment = Environment("cp", "", "https://cp.chili-publish.online/grafx")
    result = check_environment(environment, make_token())
    assert result.status is CheckStatus.NOT_REACHED


def test_server_that_never_ends_its_answer_is_given_up():
    """The time limit counts for the whole answer."""
    first, again = TRICKLES["body"]
    with RawServer(first, again) as server:
        assert check(server, time_limit_s=0.2).status is CheckStatus.NOT_REACHED
