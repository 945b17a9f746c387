"""Tests of the faults: the effect of each, and how they are activated."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook.simulator.server.fault_effects import EFFECTS
from chili_notebook.simulator.state.faults import KINDS, Faults


@pytest.fixture
def add_fault(simulator, api):
    """Return a function that activates a fault over HTTP."""

    def add_fault(name, **options):
        body = {"name": name} | options
        response = api.post(f"{simulator.url}/simulator/faults", json=body)
        assert response.status_code == 201, response.text

    return add_fault


def test_every_kind_of_fault_has_an_effect():
    """The kinds and the effects have the same names."""
    assert set(KINDS) - {"template_404"} == set(EFFECTS)


def test_slow_and_no_links_apply_together(api, add_fault):
    """A request is affected by all faults that match it."""
    add_fault("slow", seconds=0.05)
    add_fault("no_links")
    response = api.get("templates")
    assert response.elapsed.total_seconds() >= 0.05
    assert response.status_code == 200
    assert "links" not in response.json()
    (item, *_) = api.get("media").json()["data"]
    assert set(api.get(f"media/{item['id']}").json()) == {"data"}


def test_throttled_responds_with_429_and_retry_after(api, add_fault):
    """The API responds with a problem that says how long to wait."""
    add_fault("throttled", seconds=7)
    response = api.get("templates")
    assert response.status_code == 429
    assert response.headers["retry-after"] == "7"
    assert response.json()["title"] == "Too Many Requests"


def test_throttled_token_endpoint_responds_as_auth0(
    simulator, add_fault, request_token, token_fields
):
    """The token endpoint responds with Auth0's body and rate limit headers."""
    add_fault("throttled", path="/oauth/token", seconds=30)
    response = request_token(token_fields)
    assert response.status_code == 429
    assert response.json()["error"] == "too_many_requests"
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert int(response.headers["x-ratelimit-reset"]) == simulator.clock() + 30


def test_html_error_responds_with_a_page(api, add_fault):
    """The response is an HTML page with the given status."""
    add_fault("html_error", status=502)
    response = api.get("templates")
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<html>")


def test_dropped_closes_the_connection_without_response(api, add_fault):
    """The request fails; the next request succeeds."""
    add_fault("dropped", count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        api.get("templates")
    assert api.get("templates").status_code == 200


def test_cut_short_closes_the_connection_in_the_body(api, add_fault):
    """The body is shorter than the Content-Length header."""
    add_fault("cut_short", count=1)
    with api.stream("GET", "templates") as response:
        assert response.status_code == 200
        length = int(response.headers["content-length"])
        chunks = []
        with pytest.raises(httpx.RemoteProtocolError):
            chunks.extend(response.iter_raw())
    assert 0 < len(b"".join(chunks)) < length
    assert api.get("templates").status_code == 200


def test_token_expires_during_polling(
    api, add_fault, request_token, token_fields, template
):
    """Polls fail with 401 until the client has a new token."""
    before = request_token(token_fields).json()["access_token"]
    started = api.post("output/png", json={"templateId": template["id"]}).json()
    url = started["links"]["taskInfo"]
    add_fault("token_expires")
    assert api.get("templates").status_code == 200
    assert [api.get(url).status_code for _ in range(2)] == [401, 401]
    after = request_token(token_fields).json()["access_token"]
    assert after != before
    api.headers["Authorization"] = f"Bearer {after}"
    assert [api.get(url).status_code for _ in range(2)] == [202, 200]


def test_token_refused_stays_with_the_same_token(
    api, add_fault, request_token, token_fields
):
    """The API responds with 401, and the token endpoint returns the same token."""
    add_fault("token_refused")
    for _ in range(2):
        response = api.get("templates")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        token = request_token(token_fields).json()["access_token"]
        assert api.headers["Authorization"] == f"Bearer {token}"


def test_words_replaces_numbers(api, add_fault):
    """The types in a listing are words, and the status of a problem is text."""
    add_fault("words")
    types = {item["type"] for item in api.get("templates").json()["data"]}
    assert types == {"Item"}
    assert api.get("templates/nobody").json()["status"] == "500"


def test_numbers_replaces_words(api, add_fault, create_output):
    """The words of media and tasks are numbers (release note 2024-10-24)."""
    create_output()
    add_fault("numbers")
    assert {item["type"] for item in api.get("media").json()["data"]} == {0}
    assert {item["type"] for item in api.get("media/directory").json()["data"]} == {1}
    (task,) = api.get("output/tasks").json()["data"]
    assert (task["status"], task["source"], task["format"]) == (4, 0, 2)


def test_template_404_changes_the_status_of_a_missing_template(api, add_fault):
    """The status is 404 instead of the 500 of GraFx's workshop."""
    add_fault("template_404", count=1)
    assert [api.get("templates/nobody").status_code for _ in range(2)] == [404, 500]


def test_fault_affects_its_paths_and_count_only(api, add_fault, simulator):
    """Other paths are not affected, and the fault ends after its count."""
    add_fault("html_error", path="media*", count=2)
    assert api.get("templates").status_code == 200
    assert [api.get("media").status_code for _ in range(3)] == [503, 503, 200]
    assert simulator.state.faults.describe() == []


def test_faults_can_be_listed_and_cleared_over_http(api, add_fault, simulator):
    """The control endpoint itself is not affected by faults."""
    add_fault("dropped")
    url = f"{simulator.url}/simulator/faults"
    body = api.get(url).json()
    assert [fault["name"] for fault in body["active"]] == ["dropped"]
    assert set(body["known"]) == set(KINDS)
    assert api.delete(url).status_code == 204
    assert api.get("templates").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b"{}",
        b'{"name": "unknown"}',
        b'{"name": "slow", "count": 0}',
        b'{"name": "slow", "count": true}',
        b'{"name": "slow", "seconds": -1}',
        b'{"name": "slow", "seconds": "long"}',
        b'{"name": "slow", "seconds": NaN}',
        b'{"name": "slow", "path": "\\ud800"}',
        b'{"name": "html_error", "status": 1000}',
        b'{"name": "slow", "when": "now"}',
    ],
)
def test_invalid_fault_is_refused(shared_simulator, body):
    """Unknown names and options and invalid values are a 400."""
    url = f"{shared_simulator.url}/simulator/faults"
    assert httpx.post(url, content=body).status_code == 400
    assert httpx.get(url).json()["active"] == []


@pytest.mark.parametrize(
    ("text", "path", "count"),
    [
        ("dropped", "*", None),
        ("dropped:output/*", "output/*", None),
        ("dropped:output/*:3", "output/*", 3),
        ("dropped::3", "*", 3),
        ("token_expires", "output/tasks/*", 1),
    ],
)
def test_fault_can_be_given_as_text(text, path, count):
    """The text has a name, and optionally a path and a count."""
    fault = Faults().parse(text)
    assert (fault.path, fault.count) == (path, count)


@pytest.mark.parametrize("text", ["", "unknown", "slow:*:0", "slow:*:many"])
def test_invalid_text_of_a_fault_is_an_error(text):
    """A text that is not a fault raises ValueError."""
    with pytest.raises(ValueError, match=r"fault|count"):
        Faults().parse(text)
