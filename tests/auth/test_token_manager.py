"""The token's life in one session: when it is fetched, and when it is left alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chili_notebook.auth.credentials import Credentials, Origin
from chili_notebook.auth.environment import Environment
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import (
    ConfigurationError,
    NotSignedInError,
    TokenError,
    TokenExpiredError,
    TokenRefusedError,
)
from conftest import CLIENT_SECRET
from fakes import NOON, Answer, Clock, Gate, Protector, jwt, shown_by, token_body

DAY_S = 86_400
FAILURES = [
    Answer(503, b"<html>", {"Content-Type": "text/html"}),
    Answer(401, {"error": "access_denied"}),
    Answer(429, {}),
    Answer(302, b"", {"Location": "/elsewhere"}),
    Answer(200, b""),
]


@pytest.fixture
def source(clock, credentials, environment):
    """Give a source that is signed in."""
    source = TokenManager(Protector(), clock=clock)
    source.sign_in(credentials, environment)
    return source


@pytest.fixture
def ready(clock):
    """Give a source with a ready token that ends in a day."""
    source = TokenManager(Protector(), clock=clock)
    token = Secret(jwt(exp=NOON + DAY_S))
    source.sign_in(
        Credentials(".env", Origin.ENV_FILE, access_token=token), Environment()
    )
    return source


class WatchedClock(Clock):
    """A clock that tells when enough callers have looked at it."""

    def __init__(self, looks, now=NOON):
        super().__init__(now)
        self.enough = threading.Event()
        self._left = threading.Semaphore(looks - 1)

    def __call__(self):
        """Give the time."""
        if not self._left.acquire(blocking=False):
            self.enough.set()
        return self.now


def text_of(token):
    """Give a token's text."""
    return token.secret.reveal()


def test_before_a_sign_in_every_use_says_so(clock):
    """There is no token to hand out, and the error says how to get one."""
    source = TokenManager(Protector(), clock=clock)
    assert source.peek() is None
    assert not source.renewable
    for use in (source.held, source.current, source.renew):
        with pytest.raises(NotSignedInError, match="%chili_login"):
            use()


def test_a_sign_in_costs_one_grant_and_is_told(
    clock, credentials, environment, endpoint
):
    """The first token is there at once, and whoever listens gets it."""
    source, told = TokenManager(Protector(), clock=clock), []
    source.on_token = told.append
    token = source.sign_in(credentials, environment)
    assert told == [token]
    assert source.current() is source.peek() is source.held() is token
    assert source.environment == environment
    assert endpoint.grants == 1


def test_a_sign_in_that_fails_changes_nothing(
    source, credentials, environment, endpoint
):
    """Who mistypes the second sign-in keeps the first."""
    before, told = source.current(), []
    source.on_token = told.append
    endpoint.failing = Answer(401, {})
    other = replace(credentials, client_id="other")
    with pytest.raises(TokenRefusedError):
        source.sign_in(other, replace(environment, name="cp-other"))
    assert source.current() is before
    assert source.environment == environment
    assert told == []


def test_outside_the_last_hour_nothing_is_asked(source, clock, endpoint):
    """A token is used for the whole day that it lives."""
    for _hour in range(23):
        assert text_of(source.current()) == endpoint.issued[0]
        clock.advance(3600 - 1 / 23)
    assert endpoint.grants == 1


def test_in_the_last_hour_a_new_token_is_fetched(source, clock, endpoint):
    """One grant brings the next token, and the listener is told."""
    told = []
    source.on_token = told.append
    clock.advance(DAY_S - 3600)
    token = source.current()
    assert source.current() is token
    assert endpoint.issued == ["token-number-0", text_of(token)]
    assert endpoint.grants == 2
    assert told == [token]


@pytest.mark.parametrize("failing", FAILURES, ids=lambda answer: answer.status)
def test_in_the_last_hour_a_failure_is_tolerated(source, clock, endpoint, failing):
    """While the old token works nobody hears of an endpoint that is down."""
    before = source.current()
    endpoint.failing = failing
    clock.advance(DAY_S - 3600)
    assert source.current() is before
    endpoint.failing = None
    clock.advance(60)
    assert text_of(source.current()) == endpoint.issued[1]


def test_while_the_old_token_works_there_is_one_attempt_a_minute(
    source, clock, endpoint
):
    """An endpoint that is down is not asked at every call."""
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S - 3600)
    for _second in range(600):
        source.current()
        clock.advance(1)
    assert endpoint.grants == 1 + 10


def test_a_token_that_was_just_fetched_is_not_asked_for_again(
    clock, credentials, environment, endpoint
):
    """A short-lived token is used at least a minute before the next attempt."""
    endpoint.lifetime_s = 1800
    source = TokenManager(Protector(), clock=clock)
    source.sign_in(credentials, environment)
    clock.advance(59)
    source.current()
    assert endpoint.grants == 1
    clock.advance(1)
    source.current()
    assert endpoint.grants == 2


@pytest.mark.parametrize("left", [60, -DAY_S])
@pytest.mark.parametrize("failing", FAILURES, ids=lambda answer: answer.status)
def test_in_the_last_minute_a_failure_is_told(source, clock, endpoint, left, failing):
    """A token that may die on its way is not handed out."""
    endpoint.failing = failing
    clock.advance(DAY_S - left)
    with pytest.raises(TokenError) as caught:
        source.current()
    assert caught.value.hint
    endpoint.failing = None
    assert text_of(source.current()) == endpoint.issued[1]


def test_in_the_last_minute_earlier_attempts_do_not_count(source, clock, endpoint):
    """The pause of a minute is for tokens that still work."""
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S - 70)
    source.current()
    endpoint.failing = None
    clock.advance(20)
    assert text_of(source.current()) == endpoint.issued[1]


def test_the_same_token_again_is_a_normal_answer(source, clock, endpoint):
    """A refresh that the endpoint's cache answers costs one grant and moves no end."""
    before = source.current()
    clock.advance(1000)
    renewed = source.renew()
    assert renewed.secret == before.secret
    assert renewed.expires_at == before.expires_at
    assert renewed.remaining_s(clock()) == DAY_S - 1000
    assert endpoint.grants == 2


def test_a_cache_that_serves_to_the_last_second_is_no_loop(source, clock, token_server):
    """Calls every second over the last ten minutes cost few grants, and end well."""
    ends = [NOON + DAY_S]
    asked = []

    def stubborn(_asked):
        asked.append(clock())
        if clock() >= ends[-1]:
            ends.append(clock() + DAY_S)
        return Answer(200, token_body(f"token-{len(ends)}", ends[-1] - clock()))

    token_server.answer = stubborn
    source.renew()
    clock.advance(DAY_S - 600)
    for _second in range(600):
        assert text_of(source.current()) == "token-1"
        clock.advance(1)
    assert len(asked) <= 1 + 10 + 7
    assert text_of(source.current()) == "token-2"


def test_many_threads_cost_one_grant(source, clock, endpoint, token_server):
    """Whoever needs a token while one is being fetched waits for that one."""
    gate = token_server.answer = Gate(endpoint)
    clock.advance(DAY_S)
    begun = threading.Barrier(21)

    def use(_number):
        begun.wait(10)
        return text_of(source.current())

    with ThreadPoolExecutor(20) as pool:
        tokens = pool.map(use, range(20))
        begun.wait(10)
        assert gate.reached.wait(10)
        gate.opened.set()
        assert set(tokens) == {endpoint.issued[1]}
    assert endpoint.grants == 2


def test_those_who_wait_share_a_failure(
    credentials, environment, endpoint, token_server
):
    """An endpoint that is down is asked once for all who wait, not by each in turn."""
    many = 10
    clock = WatchedClock(looks=1 + many)
    source = TokenManager(Protector(), clock=clock)
    source.sign_in(credentials, environment)
    gate = token_server.answer = Gate(endpoint)
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S)

    def use(_number):
        with pytest.raises(TokenRefusedError) as caught:
            source.current()
        return caught.value.status_code

    with ThreadPoolExecutor(many) as pool:
        statuses = pool.map(use, range(many))
        assert clock.enough.wait(10)
        gate.opened.set()
        assert set(statuses) == {503}
    assert endpoint.grants <= 3  # the first, this one, and at most one latecomer's


def test_in_the_last_hour_nobody_waits_for_a_fetch(
    source, clock, endpoint, token_server
):
    """While one thread fetches, the others go on with the token that works."""
    gate = token_server.answer = Gate(endpoint)
    clock.advance(DAY_S - 1800)
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(source.current)
        assert gate.reached.wait(10)
        clock.advance(61)
        assert text_of(source.current()) == endpoint.issued[0]
        gate.opened.set()
        assert text_of(fetching.result(10)) == endpoint.issued[1]
    assert endpoint.grants == 2


def test_after_a_401_there_is_one_refetch(source, clock, endpoint):
    """A rejected token is replaced once, and everybody who had it gets the new one."""
    rejected = source.current()
    clock.advance(DAY_S - 1800)
    replacement = source.after_401(rejected)
    assert text_of(replacement) == endpoint.issued[1]
    assert source.after_401(rejected) is replacement
    assert endpoint.grants == 2


def test_a_rejected_token_from_the_cache_is_not_asked_for_over_and_over(
    source, clock, endpoint
):
    """While GraFx serves the token that its API rejects, it is asked once a minute."""
    assert source.after_401(source.current()) is not None
    for _second in range(59):
        assert source.after_401(source.current()) is None
        clock.advance(1)
    assert endpoint.grants == 2
    clock.advance(1)
    assert source.after_401(source.current()) is not None
    assert endpoint.grants == 3


def test_new_tokens_that_are_all_rejected_are_not_fetched_over_and_over(
    source, clock, token_server
):
    """A 401 that lasts is no reason for a grant a call, with or without a cache."""
    grants = []

    def without_cache(_asked):
        grants.append(clock())
        return Answer(200, token_body(f"fresh-{len(grants)}"))

    token_server.answer = without_cache
    for _call in range(10):
        source.after_401(source.current())
        clock.advance(1)
    assert len(grants) <= 2


def test_a_refetch_that_fails_after_a_401_is_told(source, endpoint):
    """The endpoint's reason is worth more than the API's 401."""
    endpoint.failing = Answer(403, {"error": "access_denied"})
    with pytest.raises(TokenRefusedError, match="access_denied"):
        source.after_401(source.current())


def test_many_threads_with_one_401_cost_one_grant(
    source, clock, endpoint, token_server
):
    """Calls that are rejected side by side are replayed with one new token."""
    rejected = source.current()
    clock.advance(DAY_S - 1800)
    gate = token_server.answer = Gate(endpoint)
    begun = threading.Barrier(11)

    def use(_number):
        begun.wait(10)
        return text_of(source.after_401(rejected))

    with ThreadPoolExecutor(10) as pool:
        tokens = pool.map(use, range(10))
        begun.wait(10)
        assert gate.reached.wait(10)
        gate.opened.set()
        assert set(tokens) == {endpoint.issued[1]}
    assert endpoint.grants == 2


def test_signed_out_means_forgotten(source, endpoint):
    """Token and credentials are gone, and who asks is told why."""
    source.sign_out("You signed out.")
    assert source.peek() is None
    assert not source.renewable
    for use in (source.held, source.current, source.renew):
        with pytest.raises(NotSignedInError, match=r"You signed out\."):
            use()
    assert endpoint.grants == 1


def test_a_fetch_under_way_does_not_undo_a_sign_out(
    source, clock, endpoint, token_server
):
    """What comes back after the sign-out is not kept."""
    gate = token_server.answer = Gate(endpoint)
    clock.advance(DAY_S)
    with ThreadPoolExecutor(2) as pool:
        fetching = pool.submit(source.current)
        assert gate.reached.wait(10)
        leaving = pool.submit(source.sign_out, "You signed out.")
        gate.opened.set()
        leaving.result(10)
        fetching.exception(10)
    assert source.peek() is None


def test_a_second_sign_in_begins_anew(
    source, clock, credentials, environment, endpoint
):
    """Attempts and rejections of the session before do not count."""
    source.after_401(source.current())
    source.sign_in(credentials, environment)
    assert source.after_401(source.current()) is not None
    assert endpoint.grants == 4
    clock.advance(DAY_S - 3600)
    assert text_of(source.current()) == endpoint.issued[1]


def test_a_ready_token_is_used_until_it_ends(ready, clock, endpoint):
    """It is never renewed, and its end is told with what to do."""
    token = ready.current()
    clock.advance(DAY_S - 1)
    assert ready.current() is token
    assert not ready.renewable
    assert ready.after_401(token) is None
    clock.advance(1)
    with pytest.raises(TokenExpiredError, match="has expired") as caught:
        ready.current()
    assert "CHILI_ACCESS_TOKEN" in caught.value.hint
    assert endpoint.grants == 0


def test_a_ready_token_cannot_be_renewed(ready):
    """A refresh says what is needed for one."""
    with pytest.raises(TokenExpiredError, match="by hand") as caught:
        ready.renew()
    assert "CHILI_CLIENT_SECRET" in caught.value.hint


def test_an_ended_ready_token_is_refused_at_the_sign_in(source):
    """A token of yesterday is told before the first call, and changes nothing."""
    before = source.current()
    old = Credentials(".env", Origin.ENV_FILE, access_token=Secret(jwt(exp=NOON - 1)))
    with pytest.raises(TokenExpiredError):
        source.sign_in(old, Environment())
    assert source.current() is before


def test_an_opaque_ready_token_never_ends_by_itself(clock):
    """Of what nobody says nothing is assumed."""
    source = TokenManager(Protector(), clock=clock)
    opaque = Credentials(".env", Origin.ENV_FILE, access_token=Secret("opaque"))
    token = source.sign_in(opaque, Environment())
    clock.advance(1e9)
    assert source.current() is token


@pytest.mark.parametrize("failing", FAILURES, ids=lambda answer: answer.status)
@pytest.mark.parametrize("use", ["current", "after_401"])
def test_no_error_shows_the_secret_or_the_token(source, clock, endpoint, failing, use):
    """Verbose tracebacks of every way to a failed fetch find neither."""
    endpoint.failing = failing
    token = source.held()
    clock.advance(DAY_S)
    arguments = [token] if use == "after_401" else []
    with pytest.raises(TokenError) as caught:
        getattr(source, use)(*arguments)
    shown = shown_by(caught.value) + repr(vars(source))
    assert CLIENT_SECRET not in shown
    assert endpoint.issued[0] not in shown


def test_an_error_that_is_shared_keeps_no_frames_alive(source, clock, endpoint):
    """What the source remembers of a failure does not hold the notebook's variables."""
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S)
    with pytest.raises(TokenRefusedError):
        source.current()
    kept = [item for item in vars(source).values() if isinstance(item, TokenError)]
    assert [error.__traceback__ for error in kept] in ([], [None])


def test_who_signs_out_meanwhile_stays_signed_out(
    credentials, environment, clock, token_server, endpoint
):
    """A token that arrives after a sign-out is thrown away, and nobody waits for it."""
    source = TokenManager(Protector(), clock=clock)
    gate = token_server.answer = Gate(endpoint)
    with ThreadPoolExecutor(1) as pool:
        signing_in = pool.submit(source.sign_in, credentials, environment)
        assert gate.reached.wait(5)
        source.sign_out("signed out meanwhile")
        gate.opened.set()
        with pytest.raises(NotSignedInError, match="signed out meanwhile"):
            signing_in.result()
    assert source.peek() is None


def test_a_token_is_protected_before_anybody_has_it(credentials, environment, clock):
    """Whoever protects it sees it first; if that fails, nothing has changed."""
    source = TokenManager(Protector(), clock=clock)
    seen = []

    def protect(token):
        seen.append((token, source.peek()))
        raise ConfigurationError("too short")

    source.protect = protect
    with pytest.raises(ConfigurationError):
        source.sign_in(credentials, environment)
    assert [held for _, held in seen] == [None]
    assert source.peek() is None
