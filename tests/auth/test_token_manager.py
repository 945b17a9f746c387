"""When the token of one session is requested, renewed, returned and forgotten."""

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
from fakes import (
    NOON,
    Answer,
    Clock,
    PausedEndpoint,
    Protector,
    forked_child,
    jwt,
    token_body,
    traceback_text,
)

DAY_S = 86_400
FAILURES = [
    Answer(503, b"<html>", {"Content-Type": "text/html"}),
    Answer(401, {"error": "access_denied"}),
    Answer(429, {}),
    Answer(302, b"", {"Location": "/elsewhere"}),
    Answer(200, b""),
]


@pytest.fixture
def protector():
    """Return what the token manager protects its secrets with."""
    return Protector()


@pytest.fixture
def renewals():
    """Return the tokens for which `on_renewal` was called."""
    return []


@pytest.fixture
def signed_out_manager(clock, protector, renewals):
    """Return a token manager before its first sign-in."""
    return TokenManager(
        protector, on_renewal=renewals.append, clock=clock, stopwatch=clock
    )


@pytest.fixture
def manager(signed_out_manager, credentials, environment):
    """Return a token manager that is signed in."""
    signed_out_manager.sign_in(credentials, environment)
    return signed_out_manager


@pytest.fixture
def manager_of_pasted_token(signed_out_manager):
    """Return a token manager with a pasted token that expires in a day."""
    signed_out_manager.sign_in(pasted_token(jwt(exp=NOON + DAY_S)), Environment())
    return signed_out_manager


class CountingClock(Clock):
    """A clock that sets an event after it was read `reads` times."""

    def __init__(self, reads, now=NOON):
        super().__init__(now)
        self.was_read_often_enough = threading.Event()
        self._reads_left = threading.Semaphore(reads - 1)

    def __call__(self):
        """Return the time."""
        if not self._reads_left.acquire(blocking=False):
            self.was_read_often_enough.set()
        return self.now


def pasted_token(text):
    """Return credentials that are an access token."""
    return Credentials(".env", Origin.ENV_FILE, access_token=Secret(text))


def text_of(token):
    """Return the text of a token."""
    return token.secret.reveal()


def test_manager_cannot_be_built_without_a_protector():
    """The protector is required, so that no token can be left unprotected."""
    with pytest.raises(TypeError, match="protector"):
        TokenManager()


def test_every_use_before_a_sign_in_raises(signed_out_manager):
    """The error says how to sign in; `peek` returns ``None``."""
    assert signed_out_manager.peek() is None
    assert not signed_out_manager.renewable
    for use in (
        signed_out_manager.require,
        signed_out_manager.current,
        signed_out_manager.renew,
    ):
        with pytest.raises(NotSignedInError, match="%chili_login"):
            use()


def test_sign_in_costs_one_token_request(
    signed_out_manager, credentials, environment, endpoint
):
    """The token is returned, and is the current one from then on."""
    token = signed_out_manager.sign_in(credentials, environment)
    assert text_of(token) == endpoint.issued[0]
    assert signed_out_manager.current() is signed_out_manager.peek() is token
    assert signed_out_manager.require() is token
    assert signed_out_manager.environment == environment
    assert signed_out_manager.renewable
    assert endpoint.grants == 1


def test_credentials_are_protected_before_the_request(
    protector, signed_out_manager, credentials, environment, token_server
):
    """When the endpoint is asked, the client secret is already protected."""
    protected_at_request = []

    def answer(_request):
        protected_at_request.extend(protector.credentials)
        return Answer(200, token_body())

    token_server.answer = answer
    signed_out_manager.sign_in(credentials, environment)
    assert protected_at_request == [credentials]


def test_credentials_that_cannot_be_protected_are_not_sent(
    protector, signed_out_manager, credentials, environment, endpoint
):
    """A secret that is too short to be masked raises before any request."""

    def refuse(_protected):
        raise ConfigurationError("too short")

    protector.on_protect = refuse
    with pytest.raises(ConfigurationError, match="too short"):
        signed_out_manager.sign_in(credentials, environment)
    assert endpoint.grants == 0
    assert signed_out_manager.peek() is None


@pytest.mark.parametrize(
    "get_new_token",
    [
        lambda manager: manager.renew(),
        lambda manager: manager.current(),
        lambda manager: manager.after_401(manager.require()),
    ],
    ids=["renew", "current", "after_401"],
)
def test_token_is_protected_before_anything_can_hold_it(
    protector, manager, clock, renewals, get_new_token
):
    """While a new token is being protected, the old one is still the current one."""
    old = manager.require()
    clock.advance(DAY_S - 1800)
    current_while_protecting = []
    protector.on_protect = lambda _token: current_while_protecting.append(
        (manager.peek(), list(renewals))
    )
    new = get_new_token(manager)
    assert new.secret != old.secret
    assert current_while_protecting == [(old, [])]
    assert protector.tokens == [old, new]


def test_token_that_cannot_be_protected_is_discarded(
    protector, signed_out_manager, credentials, environment
):
    """If the protector raises, nobody is signed in and nobody gets the token."""

    def refuse_token(protected):
        if protected is not credentials:
            raise ConfigurationError("too short")

    protector.on_protect = refuse_token
    with pytest.raises(ConfigurationError, match="too short"):
        signed_out_manager.sign_in(credentials, environment)
    assert signed_out_manager.peek() is None


def test_on_renewal_is_called_once_for_each_renewal_that_nobody_asked_for(
    manager, clock, renewals
):
    """A renewal inside a call or after a 401 is reported; sign-in and refresh are not.

    Their callers get the token as a result.
    """
    assert renewals == []
    clock.advance(DAY_S - 1800)
    manager.renew()
    assert renewals == []
    clock.advance(DAY_S - 1800)
    optional = manager.current()
    assert manager.current() is optional
    assert renewals == [optional]
    clock.advance(DAY_S)
    required = manager.current()
    assert renewals == [optional, required]
    clock.advance(DAY_S - 1800)
    after_401 = manager.after_401(required)
    assert manager.after_401(required) is after_401
    assert renewals == [optional, required, after_401]


def test_failed_sign_in_changes_nothing(
    manager, credentials, environment, endpoint, renewals
):
    """After a second sign-in that fails, the first one still works."""
    before = manager.current()
    endpoint.failing = Answer(401, {})
    other = replace(credentials, client_id="other")
    with pytest.raises(TokenRefusedError):
        manager.sign_in(other, replace(environment, name="cp-other"))
    assert manager.current() is before
    assert manager.environment == environment
    assert renewals == []


def test_no_token_is_requested_before_the_last_hour(manager, clock, endpoint):
    """For 23 hours every use returns the same token."""
    for _hour in range(23):
        assert text_of(manager.current()) == endpoint.issued[0]
        clock.advance(3600 - 1 / 23)
    assert endpoint.grants == 1


def test_token_is_renewed_once_in_the_last_hour(manager, clock, endpoint):
    """One token request returns the next token."""
    clock.advance(DAY_S - 3600)
    token = manager.current()
    assert manager.current() is token
    assert endpoint.issued == ["token-number-0", text_of(token)]
    assert endpoint.grants == 2


@pytest.mark.parametrize("failing", FAILURES, ids=lambda answer: answer.status)
def test_failed_renewal_in_the_last_hour_is_tolerated(
    manager, clock, endpoint, failing
):
    """While the old token works, a failing endpoint raises nothing."""
    before = manager.current()
    endpoint.failing = failing
    clock.advance(DAY_S - 3600)
    assert manager.current() is before
    endpoint.failing = None
    clock.advance(60)
    assert text_of(manager.current()) == endpoint.issued[1]


def test_token_that_cannot_be_protected_in_the_last_hour_is_tolerated(
    protector, manager, clock, endpoint
):
    """The old token, which is protected, is used instead."""
    before = manager.current()

    def refuse(_protected):
        raise ConfigurationError("too short")

    protector.on_protect = refuse
    clock.advance(DAY_S - 3600)
    assert manager.current() is before
    assert endpoint.grants == 2


def test_failed_renewal_is_repeated_once_a_minute(manager, clock, endpoint):
    """While the old token works, a failing endpoint is not asked at each call."""
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S - 3600)
    for _second in range(600):
        manager.current()
        clock.advance(1)
    assert endpoint.grants == 1 + 10


def test_short_lived_token_is_used_for_a_minute_before_a_renewal(
    signed_out_manager, clock, credentials, environment, endpoint
):
    """A token whose whole life is its last hour is not renewed at once."""
    endpoint.lifetime_s = 1800
    signed_out_manager.sign_in(credentials, environment)
    clock.advance(59)
    signed_out_manager.current()
    assert endpoint.grants == 1
    clock.advance(1)
    signed_out_manager.current()
    assert endpoint.grants == 2


@pytest.mark.parametrize("left_s", [60, -DAY_S])
@pytest.mark.parametrize("failing", FAILURES, ids=lambda answer: answer.status)
def test_failed_renewal_in_the_last_minute_raises(
    manager, clock, endpoint, left_s, failing
):
    """A token that may expire on its way is not used."""
    endpoint.failing = failing
    clock.advance(DAY_S - left_s)
    with pytest.raises(TokenError) as caught:
        manager.current()
    assert caught.value.hint
    endpoint.failing = None
    assert text_of(manager.current()) == endpoint.issued[1]


def test_required_renewal_does_not_wait_for_the_next_minute(manager, clock, endpoint):
    """The limit of one attempt a minute applies only while the old token works."""
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S - 70)
    manager.current()
    endpoint.failing = None
    clock.advance(20)
    assert text_of(manager.current()) == endpoint.issued[1]


def test_renewal_that_returns_the_same_token_keeps_its_expiry(manager, clock, endpoint):
    """A refresh that the endpoint's cache answers is not an error."""
    before = manager.current()
    clock.advance(1000)
    renewed = manager.renew()
    assert renewed.secret == before.secret
    assert renewed.expires_at == before.expires_at
    assert renewed.remaining_s(clock()) == DAY_S - 1000
    assert endpoint.grants == 2


def test_endpoint_that_caches_to_the_last_second_is_asked_a_few_times(
    manager, clock, token_server
):
    """Calls each second over the last ten minutes cost few token requests."""
    expiries = [NOON + DAY_S]
    requested_at = []

    def answer(_request):
        requested_at.append(clock())
        if clock() >= expiries[-1]:
            expiries.append(clock() + DAY_S)
        body = token_body(f"token-{len(expiries)}", expiries[-1] - clock())
        return Answer(200, body)

    token_server.answer = answer
    manager.renew()
    clock.advance(DAY_S - 600)
    for _second in range(600):
        assert text_of(manager.current()) == "token-1"
        clock.advance(1)
    assert len(requested_at) <= 1 + 10 + 7
    assert text_of(manager.current()) == "token-2"


def test_threads_share_one_token_request(manager, clock, endpoint, token_server):
    """Threads that need a token while one is requested wait for that one."""
    paused = token_server.answer = PausedEndpoint(endpoint)
    clock.advance(DAY_S)
    all_started = threading.Barrier(21)

    def use(_number):
        all_started.wait(10)
        return text_of(manager.current())

    with ThreadPoolExecutor(20) as pool:
        tokens = pool.map(use, range(20))
        all_started.wait(10)
        assert paused.received.wait(10)
        paused.may_answer.set()
        assert set(tokens) == {endpoint.issued[1]}
    assert endpoint.grants == 2


def test_waiting_threads_share_a_failure(
    credentials, environment, endpoint, token_server
):
    """A failing endpoint is asked once for all waiting threads."""
    many = 10
    clock = CountingClock(reads=1 + many)
    manager = TokenManager(Protector(), clock=clock, stopwatch=clock)
    manager.sign_in(credentials, environment)
    paused = token_server.answer = PausedEndpoint(endpoint)
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S)

    def use(_number):
        with pytest.raises(TokenRefusedError) as caught:
            manager.current()
        return caught.value.status_code

    with ThreadPoolExecutor(many) as pool:
        statuses = pool.map(use, range(many))
        assert clock.was_read_often_enough.wait(10)
        paused.may_answer.set()
        assert set(statuses) == {503}
    assert endpoint.grants <= 3  # the first, this one, and at most one of a late thread


def test_no_thread_waits_for_a_renewal_in_the_last_hour(
    manager, clock, endpoint, token_server
):
    """While one thread renews the token, the others use the old one."""
    paused = token_server.answer = PausedEndpoint(endpoint)
    clock.advance(DAY_S - 1800)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(manager.current)
        assert paused.received.wait(10)
        clock.advance(61)
        assert text_of(manager.current()) == endpoint.issued[0]
        paused.may_answer.set()
        assert text_of(renewing.result(10)) == endpoint.issued[1]
    assert endpoint.grants == 2


def test_rejected_token_is_replaced_once(manager, clock, endpoint):
    """Every caller with the rejected token gets the same new one."""
    rejected = manager.current()
    clock.advance(DAY_S - 1800)
    replacement = manager.after_401(rejected)
    assert text_of(replacement) == endpoint.issued[1]
    assert manager.after_401(rejected) is replacement
    assert endpoint.grants == 2


def test_rejected_token_from_the_cache_is_refetched_once_a_minute(
    manager, clock, endpoint
):
    """While the endpoint returns the rejected token, it is asked once a minute."""
    assert manager.after_401(manager.current()) is not None
    for _second in range(59):
        assert manager.after_401(manager.current()) is None
        clock.advance(1)
    assert endpoint.grants == 2
    clock.advance(1)
    assert manager.after_401(manager.current()) is not None
    assert endpoint.grants == 3


def test_clock_that_is_set_back_does_not_stop_the_refetches(
    credentials, environment, clock
):
    """The minute between two refetches is measured, and not read off a clock."""
    stopwatch = Clock(0)
    manager = TokenManager(Protector(), clock=clock, stopwatch=stopwatch)
    manager.sign_in(credentials, environment)
    assert manager.after_401(manager.current()) is not None
    clock.advance(-DAY_S)
    assert manager.after_401(manager.current()) is None
    stopwatch.advance(60)
    assert manager.after_401(manager.current()) is not None


def test_rejected_new_tokens_are_refetched_once_a_minute(manager, clock, token_server):
    """A repeated 401 does not cost a token request a call, even without a cache."""
    requested_at = []

    def answer_without_cache(_request):
        requested_at.append(clock())
        return Answer(200, token_body(f"fresh-{len(requested_at)}"))

    token_server.answer = answer_without_cache
    for _call in range(10):
        manager.after_401(manager.current())
        clock.advance(1)
    assert len(requested_at) == 1


def test_failed_refetch_after_a_401_raises(manager, endpoint):
    """The endpoint's reason is more useful than the API's 401."""
    endpoint.failing = Answer(403, {"error": "access_denied"})
    with pytest.raises(TokenRefusedError, match="access_denied"):
        manager.after_401(manager.current())


def test_threads_with_one_401_share_one_token_request(
    manager, clock, endpoint, token_server
):
    """Calls that are rejected at the same time are replayed with one new token."""
    rejected = manager.current()
    clock.advance(DAY_S - 1800)
    paused = token_server.answer = PausedEndpoint(endpoint)
    all_started = threading.Barrier(11)

    def use(_number):
        all_started.wait(10)
        return text_of(manager.after_401(rejected))

    with ThreadPoolExecutor(10) as pool:
        tokens = pool.map(use, range(10))
        all_started.wait(10)
        assert paused.received.wait(10)
        paused.may_answer.set()
        assert set(tokens) == {endpoint.issued[1]}
    assert endpoint.grants == 2


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_child_that_is_forked_during_a_token_request_can_make_its_own(
    manager, clock, endpoint, token_server
):
    """The lock that another thread of the parent holds does not block the child."""
    clock.advance(DAY_S - 30)
    paused = token_server.answer = PausedEndpoint(endpoint)
    with ThreadPoolExecutor(1) as pool:
        of_parent = pool.submit(manager.current)
        assert paused.received.wait(10)
        with forked_child(lambda: text_of(manager.current())) as result:
            paused.may_answer.set()
            assert result() == endpoint.issued[1]
        assert text_of(of_parent.result(10)) == endpoint.issued[1]
    assert endpoint.grants == 3


def test_sign_out_forgets_token_and_credentials(manager, endpoint):
    """Later uses raise an error with the reason of the sign-out."""
    manager.sign_out("You signed out.")
    assert manager.peek() is None
    assert not manager.renewable
    for use in (manager.require, manager.current, manager.renew):
        with pytest.raises(NotSignedInError, match=r"You signed out\."):
            use()
    assert endpoint.grants == 1


@pytest.mark.parametrize("left_s", [0, 1800])
def test_sign_out_during_a_renewal_discards_the_new_token(
    manager, clock, endpoint, token_server, left_s
):
    """The sign-out does not wait, and the token that arrives later is not stored.

    The caller gets the reason of the sign-out, and not the old token.
    """
    paused = token_server.answer = PausedEndpoint(endpoint)
    clock.advance(DAY_S - left_s)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(manager.current)
        assert paused.received.wait(10)
        manager.sign_out("You signed out.")
        paused.may_answer.set()
        with pytest.raises(NotSignedInError, match=r"You signed out\."):
            renewing.result(10)
    assert manager.peek() is None


def test_sign_out_during_a_sign_in_discards_the_token(
    signed_out_manager, credentials, environment, token_server, endpoint
):
    """A sign-in that is overtaken by a sign-out raises the sign-out's reason."""
    paused = token_server.answer = PausedEndpoint(endpoint)
    with ThreadPoolExecutor(1) as pool:
        signing_in = pool.submit(signed_out_manager.sign_in, credentials, environment)
        assert paused.received.wait(5)
        signed_out_manager.sign_out("You signed out meanwhile.")
        paused.may_answer.set()
        with pytest.raises(NotSignedInError, match="signed out meanwhile"):
            signing_in.result(10)
    assert signed_out_manager.peek() is None


def test_second_sign_in_resets_attempts_and_rejections(
    manager, clock, credentials, environment, endpoint
):
    """The limits of the session before do not apply to the new one."""
    manager.after_401(manager.current())
    manager.sign_in(credentials, environment)
    assert manager.after_401(manager.current()) is not None
    assert endpoint.grants == 4
    clock.advance(DAY_S - 3600)
    assert text_of(manager.current()) == endpoint.issued[1]


def test_pasted_token_is_used_until_it_expires(
    manager_of_pasted_token, protector, clock, endpoint
):
    """It is protected and never renewed; afterwards the error says what to do."""
    token = manager_of_pasted_token.current()
    assert protector.tokens == [token]
    clock.advance(DAY_S - 1)
    assert manager_of_pasted_token.current() is token
    assert not manager_of_pasted_token.renewable
    assert manager_of_pasted_token.after_401(token) is None
    clock.advance(1)
    with pytest.raises(TokenExpiredError, match="has expired") as caught:
        manager_of_pasted_token.current()
    assert "CHILI_ACCESS_TOKEN" in caught.value.hint
    assert endpoint.grants == 0


def test_pasted_token_cannot_be_renewed(manager_of_pasted_token):
    """The error of a refresh says which credentials it would need."""
    with pytest.raises(TokenExpiredError, match="by hand") as caught:
        manager_of_pasted_token.renew()
    assert "CHILI_CLIENT_SECRET" in caught.value.hint


def test_expired_pasted_token_is_refused_at_the_sign_in(manager):
    """The session before is unchanged."""
    before = manager.current()
    with pytest.raises(TokenExpiredError):
        manager.sign_in(pasted_token(jwt(exp=NOON - 1)), Environment())
    assert manager.current() is before


def test_opaque_pasted_token_never_expires(signed_out_manager, clock):
    """An unknown expiry is not assumed to be over."""
    token = signed_out_manager.sign_in(pasted_token("opaque-token"), Environment())
    clock.advance(1e9)
    assert signed_out_manager.current() is token


@pytest.mark.parametrize("failing", FAILURES, ids=lambda answer: answer.status)
@pytest.mark.parametrize("use", ["current", "after_401"])
def test_error_of_a_renewal_shows_neither_secret_nor_token(
    manager, clock, endpoint, failing, use
):
    """A verbose traceback of each failed token request contains neither of them."""
    endpoint.failing = failing
    token = manager.require()
    clock.advance(DAY_S)
    arguments = [token] if use == "after_401" else []
    with pytest.raises(TokenError) as caught:
        getattr(manager, use)(*arguments)
    shown = traceback_text(caught.value) + repr(vars(manager))
    assert CLIENT_SECRET not in shown
    assert endpoint.issued[0] not in shown


def test_stored_error_keeps_no_frames_alive(manager, clock, endpoint):
    """The error that waiting threads share does not hold the notebook's variables."""
    endpoint.failing = Answer(503, b"")
    clock.advance(DAY_S)
    with pytest.raises(TokenRefusedError):
        manager.current()
    errors = [item for item in vars(manager).values() if isinstance(item, TokenError)]
    assert [error.__traceback__ for error in errors] == [None]
