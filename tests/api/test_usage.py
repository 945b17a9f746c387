"""The Platform API: where the token is sent, and what is read without access."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook.api.brand_kits import BrandColor, Swatches
from chili_notebook.errors import (
    ConfigurationError,
    ForbiddenError,
    ServerError,
    UnexpectedAnswerError,
)

SUBSCRIPTION = {"guid": "g1", "name": "Main", "isActive": True}


def platform(answers):
    """Return an API with answers by path, and the list of its requests."""
    requests = []

    def api(request):
        requests.append(request)
        status, body = answers.get(request.url.path, (404, {}))
        return httpx.Response(status, json=body)

    return api, requests


@pytest.mark.parametrize("wrap", [lambda items: items, lambda items: {"data": items}])
def test_token_is_sent_to_the_platform_api_of_grafx(client_of, wrap):
    """Lists may be bare or wrapped; renders that may not be read are blank."""
    api, requests = platform(
        {
            "/api/v1/subscriptions": (200, wrap([SUBSCRIPTION, {"guid": "g2"}])),
            "/api/v1/subscriptions/g1": (200, {"storageUsed": 5}),
            "/api/v1/subscriptions/g1/renders": (
                200,
                wrap([{"date": "2026-01", "totalRenders": 3}]),
            ),
            "/api/v1/subscriptions/g2": (403, {}),
            "/api/v1/subscriptions/g2/renders": (403, {}),
        }
    )
    frame = client_of(api).usage()
    assert list(frame["id"]) == ["g1", "g2"]
    assert (frame["renders"][0], frame["storage_used"][0]) == (3, 5)
    assert frame["renders"].isna().tolist() == [False, True]
    assert {request.url.host for request in requests} == {"api.chiligrafx.com"}
    assert all("authorization" in request.headers for request in requests)
    assert requests[2].url.params["groupBy"] == "month"


@pytest.mark.parametrize("status", [401, 403])
def test_token_without_access_is_a_clear_error(client_of, status):
    """The error names the Platform API; the session is not reported as refused."""
    refusals = []
    api, _requests = platform({"/api/v1/subscriptions": (status, {})})
    with pytest.raises(ForbiddenError, match="Platform API") as caught:
        client_of(api, on_refusal=refusals.append).usage()
    assert caught.value.status_code == status
    assert "administrator" in caught.value.hint
    assert refusals == []


@pytest.mark.parametrize(("failures", "is_error"), [(2, False), (3, True)])
def test_sporadic_500_is_asked_again(client_of, failures, is_error):
    """The Platform API sometimes fails; a third failure in a row is an error."""
    left = [failures]

    def api(_request):
        left[0] -= 1
        return httpx.Response(500 if left[0] >= 0 else 200, json=[])

    if is_error:
        with pytest.raises(ServerError):
            client_of(api).usage()
    else:
        assert client_of(api).usage().empty


def test_other_answer_is_an_error(client_of):
    """A response that is not a list is not shown as an empty table."""
    api, _requests = platform({"/api/v1/subscriptions": (200, {"data": {}})})
    with pytest.raises(UnexpectedAnswerError, match="not a list"):
        client_of(api).usage()


def test_token_of_another_environment_is_not_sent_to_grafx(client_of):
    """An environment at another address has tokens that are not GraFx's."""
    api, requests = platform({})
    client = client_of(api, base_url="https://proxy.example/grafx")
    with pytest.raises(ConfigurationError, match="GraFx's own addresses"):
        client.usage()
    assert requests == []


def test_only_a_hexadecimal_value_becomes_a_style():
    """A value from GraFx cannot add a style or a script to the table."""
    evil = 'red;background:url("https://x.example")'
    colors = [BrandColor("1", "<b>", "hex", value) for value in (evil, "#fff")]
    html = Swatches(colors, [("Name", lambda color: color.name)]).bundle()["text/html"]
    assert html.count("background:") == 2  # one as escaped text
    assert html.count("<span") == 1
    assert "<b>" not in html
