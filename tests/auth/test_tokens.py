"""Reading tokens, their expiry and their freshness, without a server."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chili_notebook.auth.secret import Secret
from chili_notebook.auth.tokens import (
    ADVISORY_S,
    MANDATORY_S,
    Freshness,
    Token,
    freshness,
    jwt_claims,
    read_pasted_token,
    token_from_response,
)
from chili_notebook.errors import TokenResponseError
from fakes import NOON, jwt, token_body

DAY_S = 86_400
MARK = "zq9-live-token-zq9"

json_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Bearer", "bearer", MARK, jwt(exp=NOON), 10**400, 1e308])
)
json_values = st.recursive(
    json_scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def read(body, content_type="application/json", *, asked_at=NOON, server_date=None):
    """Read the response to a request that was made at noon."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return token_from_response(
        body, content_type, asked_at=asked_at, server_date=server_date
    )


def token_until(expires_at, *, obtained_at=NOON):
    """Return a token with this expiry."""
    return Token(Secret("t"), obtained_at, expires_at, None, None)


def test_documented_response_becomes_a_token():
    """The response on GraFx's page becomes a token with expiry and scopes."""
    token = read(token_body())
    assert token.secret == Secret("token-0123456789")
    assert token.obtained_at == NOON
    assert token.expires_at == NOON + DAY_S
    assert token.lifetime_s == DAY_S
    assert token.scopes == {"template:list", "template:read", "output:static"}


@pytest.mark.parametrize(
    "more",
    [
        {"token_type": "bearer"},
        {"token_type": "BEARER"},
        {"expires_in": 86_400.0},
        {"id_token": 1, "whatever": [None]},
    ],
)
def test_harmless_differences_are_accepted(more):
    """Case of the type, seconds as a float and unknown fields change nothing."""
    assert read(token_body(**more)) == read(token_body())


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/json",
        "application/vnd.grafx.token+json",
    ],
)
def test_every_json_content_type_is_accepted(content_type):
    """A response without a content type, or with parameters in it, is read as well."""
    assert read(token_body(), content_type).expires_at == NOON + DAY_S


def test_byte_order_mark_before_the_json_is_accepted():
    """A byte-order mark, as some proxies add it, is skipped."""
    assert read(b"\xef\xbb\xbf" + json.dumps(token_body()).encode()).scopes


@pytest.mark.parametrize(
    ("scope", "claim", "scopes"),
    [
        ("a:read  b:list ", None, {"a:read", "b:list"}),
        ("", "c:read", set()),
        (None, "c:read d:read", {"c:read", "d:read"}),
        (None, None, None),
        (None, ["c:read"], None),
    ],
)
def test_scopes_come_from_the_response_or_else_from_the_token(scope, claim, scopes):
    """Without both, the scopes are unknown, which is not the same as no scopes."""
    assert read(token_body(jwt(scope=claim), scope=scope)).scopes == scopes


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"access_token": None}, "access_token is missing"),
        ({"access_token": 7}, "access_token"),
        ({"access_token": ""}, "access_token"),
        ({"access_token": [MARK]}, "access_token"),
        ({"access_token": f"{MARK}\n"}, "characters that a header cannot contain"),
        ({"access_token": f"{MARK} x"}, "characters that a header cannot contain"),
        ({"access_token": f"{MARK}é"}, "characters that a header cannot contain"),
        ({"access_token": f"{MARK}\x7f"}, "characters that a header cannot contain"),
        ({"token_type": None}, "token_type is missing"),
        ({"token_type": ["Bearer"]}, "token_type"),
        ({"token_type": "mac"}, "token_type is not Bearer"),
        ({"expires_in": None}, "expires_in is missing"),
        ({"expires_in": "86400"}, "expires_in is not a number"),
        ({"expires_in": True}, "expires_in is not a number"),
        ({"expires_in": {}}, "expires_in is not a number"),
        ({"expires_in": 0}, "expires_in is not a lifetime"),
        ({"expires_in": -1}, "negative"),
        ({"expires_in": 10**400}, "too long"),
        ({"scope": ["a:read"]}, "scope is not a text"),
        ({"scope": 1}, "scope is not a text"),
    ],
)
def test_error_names_the_malformed_field(more, reason):
    """The message names the field and shows no token; the hint says what to check."""
    with pytest.raises(TokenResponseError, match=reason) as caught:
        read(token_body(MARK) | more)
    assert "CHILI_TOKEN_URL" in caught.value.hint
    assert MARK not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"<html>Sign in</html>", "text/html; charset=utf-8", "text/html"),
        (b"<html>Sign in</html>", "application/json", "not a complete JSON object"),
        (b"", "application/json", "empty"),
        (b" \r\n", "", "empty"),
        (json.dumps(token_body(MARK)).encode()[:-9], "", "not a complete JSON object"),
        (json.dumps(token_body(MARK)).encode(), "text/plain", "text/plain"),
        (b"null", "application/json", "not a complete JSON object"),
        (b'["a"]', "application/json", "not a complete JSON object"),
        (b"\xff\xfe\x00", "application/json", "not a complete JSON object"),
        (b"[" * 100_000, "application/json", "not a complete JSON object"),
        (b'{"expires_in": NaN}', "application/json", "not a complete JSON object"),
        (b'{"expires_in": 1' + b"0" * 5000 + b"}", "", "not a complete JSON object"),
    ],
)
def test_error_describes_a_body_that_is_not_a_json_object(body, content_type, reason):
    """The message says what kind of body it is, and never contains the body."""
    with pytest.raises(TokenResponseError, match=reason) as caught:
        read(body, content_type)
    assert MARK not in str(caught.value)
    assert "<html>" not in str(caught.value)


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "x/y", ";"]))
def test_random_bytes_raise_a_token_response_error(body, content_type):
    """No body raises any other error."""
    with pytest.raises(TokenResponseError):
        read(body, content_type)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "access_token": json_values,
            "token_type": st.just("Bearer") | json_values,
            "expires_in": st.integers(1, DAY_S) | json_values,
            "scope": st.text(max_size=9) | json_values,
        },
    ),
    st.none() | st.floats(0, 1e11),
)
@example(token_body(MARK, expires_in=float("inf")), None)
@example(token_body(MARK), -1e300)
def test_any_json_is_a_valid_token_or_an_error_without_it(answer, server_date):
    """A token has a valid expiry; an error contains no text that might be a token."""
    try:
        token = read(answer, server_date=server_date)
    except TokenResponseError as error:
        shown = f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
        assert MARK not in shown
    else:
        assert token.secret.reveal() == answer["access_token"]
        assert NOON < token.expires_at <= NOON + answer["expires_in"]
        assert token.lifetime_s >= token.expires_at - NOON
        assert token.secret.reveal() not in repr(token).split(", obtained_at")[0]


@given(st.dictionaries(st.sampled_from(["exp", "iat", "scope"]), json_values))
def test_any_claims_of_the_token_are_accepted(claims):
    """Strange claims never make a valid response unusable."""
    token = read(token_body(jwt(**claims)))
    assert math.isfinite(token.expires_at)
    assert token.lifetime_s > 0


@pytest.mark.parametrize("clock_error_s", [0, -2 * DAY_S, 2 * DAY_S])
@pytest.mark.parametrize(
    ("expires_in", "exp_in", "left"), [(5000, 7000, 5000), (7000, 5000, 5000)]
)
def test_expiry_is_the_earlier_of_expires_in_and_exp_by_the_servers_clock(
    clock_error_s, expires_in, exp_in, left
):
    """The time left is right even if this machine's clock is wrong."""
    body = token_body(jwt(exp=NOON + exp_in), expires_in)
    asked_at = NOON + clock_error_s
    token = read(body, asked_at=asked_at, server_date=NOON)
    assert token.remaining_s(asked_at) == left
    assert not token.expired(asked_at)


@pytest.mark.parametrize(
    "exp", [None, True, "1800000000", -1, 0, 1e300, float("nan"), [NOON]]
)
def test_exp_claim_that_is_not_a_moment_is_ignored(exp):
    """The expiry then comes from the response's expires_in."""
    assert read(token_body(jwt(exp=exp))).expires_at == NOON + DAY_S


def test_lifetime_of_a_cached_token_is_counted_from_its_issue():
    """A token that the endpoint returns again has its full lifetime, not the rest."""
    body = token_body(jwt(iat=NOON - 20 * 3600, exp=NOON + 4 * 3600), 4 * 3600)
    assert read(body).lifetime_s == DAY_S


def test_pasted_jwt_has_the_expiry_and_scopes_of_its_claims():
    """Without a response, the token's own claims are used."""
    token = read_pasted_token(
        Secret(jwt(iat=NOON - 60, exp=NOON + 60, scope="a b")), now=NOON
    )
    assert (token.expires_at, token.lifetime_s, token.scopes) == (
        NOON + 60,
        120,
        {"a", "b"},
    )


def test_pasted_opaque_token_has_an_unknown_expiry():
    """An unknown expiry never counts as expired."""
    token = read_pasted_token(Secret("opaque-token"), now=NOON)
    assert (token.expires_at, token.lifetime_s, token.scopes) == (None, None, None)
    assert token.remaining_s(NOON) is None
    assert not token.expired(NOON + 1e9)
    assert freshness(token, NOON + 1e9) is Freshness.FRESH


def test_pasted_token_that_no_header_can_contain_is_refused():
    """A line break inside the token is an error, which does not contain the token."""
    with pytest.raises(TokenResponseError, match="access token") as caught:
        read_pasted_token(Secret(f"{MARK}\n{MARK}"), now=NOON)
    assert MARK not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", "..", "a.!!!.c", "a.bnVsbA.c", "a.WzFd.c", "a.gICA.c"]
)
def test_text_that_is_not_a_jwt_has_no_claims(text):
    """A text that only looks like a JWT is an opaque token."""
    assert jwt_claims(text) == {}


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (DAY_S, Freshness.FRESH),
        (ADVISORY_S + 1, Freshness.FRESH),
        (ADVISORY_S, Freshness.ADVISORY),
        (MANDATORY_S + 1, Freshness.ADVISORY),
        (MANDATORY_S, Freshness.MANDATORY),
        (0, Freshness.MANDATORY),
        (-DAY_S, Freshness.MANDATORY),
    ],
)
def test_freshness_changes_in_the_last_hour_and_in_the_last_minute(left, state):
    """A refetch is optional in the last hour and required in the last minute."""
    assert freshness(token_until(NOON + DAY_S), NOON + DAY_S - left) is state


def test_token_obtained_in_its_last_seconds_is_used_for_half_of_them():
    """An endpoint that returns such a token is not asked at each call."""
    token = token_until(NOON + 40)
    assert freshness(token, NOON) is Freshness.ADVISORY
    assert freshness(token, NOON + 20) is Freshness.MANDATORY


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e5))
def test_freshness_never_improves_with_time(life, one, other):
    """A token only ages, and an expired one must be replaced."""
    order = list(Freshness)
    token = token_until(NOON + life)
    earlier, later = sorted((one, other))
    before, after = (freshness(token, NOON + at) for at in (earlier, later))
    assert order.index(before) <= order.index(after)
    if token.expired(NOON + later):
        assert after is Freshness.MANDATORY
        assert token.remaining_s(NOON + later) == 0


def test_repr_of_a_token_hides_it():
    """A token can be shown in a traceback."""
    token = read(token_body(MARK))
    assert MARK not in repr(token)
    assert token.fingerprint == Secret(MARK).fingerprint
