"""Tests of the token endpoint: its cache, its claims and its errors."""

from __future__ import annotations

import base64
import json

import httpx
import pytest

SCOPES = ("template:list", "template:read")
DEEP_JSON = b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def test_token_response_has_the_documented_fields(request_token, token_fields):
    """The response has a bearer, its seconds and scopes ("Generating a token")."""
    response = request_token(token_fields)
    body = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 86_400
    assert len(body["scope"].split()) == 17


def test_form_body_is_accepted(simulator, token_fields):
    """The page "Integrations" shows the request as a form."""
    response = httpx.post(f"{simulator.url}/oauth/token", data=token_fields)
    assert response.status_code == 200


def test_token_is_a_jwt_with_claims(request_token, token_fields, simulator):
    """The claims contain the client, the audience and the times."""
    payload = request_token(token_fields).json()["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["sub"] == f"{token_fields['client_id']}@clients"
    assert claims["aud"] == "https://chiligrafx.com"
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims["iat"] == simulator.clock()


def test_token_is_cached_until_an_hour_before_its_expiry(
    request_token, token_fields, simulator
):
    """The same token is returned with the remaining seconds, and then a new one."""
    first = request_token(token_fields).json()
    simulator.clock.advance(86_400 - 3_601)
    assert request_token(token_fields).json() == first | {"expires_in": 3_601}
    simulator.clock.advance(1)
    assert request_token(token_fields).json()["access_token"] != first["access_token"]


def test_changed_scopes_are_in_the_next_token_only(
    request_token, token_fields, simulator
):
    """A cached token keeps its scopes."""
    before = request_token(token_fields).json()
    simulator.integration.scopes = SCOPES
    assert request_token(token_fields).json() == before
    simulator.clock.advance(86_400 - 3_600)
    assert request_token(token_fields).json()["scope"] == "template:list template:read"


REFUSALS = [
    (
        {"grant_type": None, "client_id": None},
        (400, "invalid_request", "Missing required parameter: grant_type"),
    ),
    (
        {"grant_type": "password"},
        (403, "unsupported_grant_type", "Unsupported grant type: password"),
    ),
    (
        {"client_id": None, "audience": "x"},
        (401, "invalid_client", "Missing client_id"),
    ),
    ({"client_id": "nobody", "audience": "x"}, (401, "access_denied", "Unauthorized")),
    (
        {"client_secret": "wrong", "audience": "x"},
        (401, "access_denied", "Unauthorized"),
    ),
    (
        {"audience": "x"},
        (403, "access_denied", "Service not enabled within domain: x"),
    ),
    (
        {"audience": None},
        (
            403,
            "access_denied",
            "Non-global clients are not allowed access to APIv1",
        ),
    ),
]


@pytest.mark.parametrize(("changes", "refusal"), REFUSALS)
def test_refusal_has_the_order_and_texts_of_auth0(
    simulator, request_token, token_fields, changes, refusal
):
    """Grant type, client, secret and audience are checked in this order."""
    fields = {k: v for k, v in (token_fields | changes).items() if v is not None}
    url = f"{simulator.url}/oauth/token"
    for response in (request_token(fields), httpx.post(url, data=fields)):
        body = response.json()
        error, description = body["error"], body["error_description"]
        assert (response.status_code, error, description) == refusal


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"\xff", b'{"client_secret": "my-secret-\\ud800"}', DEEP_JSON],
    ids=["empty", "list", "cut", "binary", "surrogate", "deep"],
)
def test_unreadable_body_is_refused_without_its_text(simulator, token_fields, body):
    """The response is a 400 that does not repeat the body."""
    headers = {"Content-Type": "application/json"}
    with httpx.Client(base_url=simulator.url) as client:
        response = client.post("/oauth/token", content=body, headers=headers)
        assert response.status_code == 400
        assert response.json()["error"] == "invalid_request"
        assert "my-secret" not in response.text
        assert client.post("/oauth/token", json=token_fields).status_code == 200
