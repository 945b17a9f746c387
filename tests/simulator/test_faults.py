"""Each fault does what it says, where and as often as it is asked to."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook.simulator.disturbances import DISTURBANCES
from chili_notebook.simulator.faults import KINDS, Faults


@pytest.fixture
def set_fault(simulator, api):
    """Give what sets a fault from outside, as a person would."""

    def set_fault(name, **fields):
        body = {"name": name} | fields
        answer = api.post(f"{simulator.url}/simulator/faults", json=body)
        assert answer.status_code == 201, answer.text

    return set_fault


def test_every_kind_has_its_effect():
    """The table of faults and the table of effects name the same ones."""
    assert set(KINDS) - {"template_404"} == set(DISTURBANCES)


def test_slow(api, set_fault):
    """The answer is right, and takes as much longer as was asked."""
    set_fault("slow", seconds=0.05)
    answer = api.get("templates")
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.05


def test_throttled(api, set_fault):
    """A problem with 429 that says how long to wait."""
    set_fault("throttled", seconds=7)
    answer = api.get("templates")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["title"] == "Too Many Requests"
    assert "no GraFx" in answer.headers["x-simulated"]


def test_throttled_tokens(simulator, set_fault, ask, fields):
    """The token endpoint is throttled in Auth0's words, with its headers."""
    set_fault("throttled", path="/oauth/token", seconds=30)
    answer = ask(fields)
    assert answer.status_code == 429
    assert answer.json()["error"] == "too_many_requests"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert int(answer.headers["x-ratelimit-reset"]) == simulator.clock() + 30


@pytest.mark.parametrize("status", [502, 503])
def test_html_error(api, set_fault, status):
    """A gateway's page and no problem document."""
    set_fault("html_error", status=status)
    answer = api.get("templates")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_dropped(api, set_fault):
    """The connection ends before anything is answered; the next request is fine."""
    set_fault("dropped", count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        api.get("templates")
    assert api.get("templates").status_code == 200


def test_cut_short(api, set_fault):
    """The head promises more than comes before the connection ends."""
    set_fault("cut_short", count=1)
    with api.stream("GET", "templates") as answer:
        assert answer.status_code == 200
        promised = int(answer.headers["content-length"])
        got = []
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())
    assert 0 < len(b"".join(got)) < promised
    assert api.get("templates").status_code == 200


def test_token_expires(api, set_fault, ask, fields, template):
    """A token ends in the middle of polling; the one fetched then goes on with it."""
    before = ask(fields).json()["access_token"]
    start = api.post("output/png", json={"templateId": template["id"]}).json()
    info = start["links"]["taskInfo"]
    set_fault("token_expires")
    assert api.get("templates").status_code == 200
    assert [api.get(info).status_code for _ in range(2)] == [401, 401]
    after = ask(fields).json()["access_token"]
    assert after != before
    api.headers["Authorization"] = f"Bearer {after}"
    assert [api.get(info).status_code for _ in range(2)] == [202, 200]


def test_token_refused(api, set_fault, ask, fields):
    """401 stays though the endpoint gives a token, and the same one again."""
    set_fault("token_refused")
    for _ in range(3):
        answer = api.get("templates")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        token = ask(fields).json()["access_token"]
        assert api.headers["Authorization"] == f"Bearer {token}"


def test_words(api, set_fault):
    """A listing's types are words, and a problem's status is a text."""
    set_fault("words")
    types = {item["type"] for item in api.get("templates").json()["data"]}
    assert types == {"Item"}
    assert api.get("templates/nobody").json()["status"] == "500"


def test_numbers(api, set_fault, render):
    """Words of media and tasks are numbers (release note 2024-10-24)."""
    render()
    set_fault("numbers")
    assert {item["type"] for item in api.get("media").json()["data"]} == {0}
    assert {item["type"] for item in api.get("media/directory").json()["data"]} == {1}
    (task,) = api.get("output/tasks").json()["data"]
    assert (task["status"], task["source"], task["format"]) == (4, 0, 2)


def test_no_links(api, set_fault):
    """A listing and an item come without links."""
    set_fault("no_links")
    assert "links" not in api.get("templates").json()
    (item, *_) = api.get("media").json()["data"]
    assert set(api.get(f"media/{item['id']}").json()) == {"data"}


def test_template_404(api, set_fault):
    """A missing template is a 404, where GraFx's workshop notes a 500."""
    set_fault("template_404", count=1)
    assert [api.get("templates/nobody").status_code for _ in range(2)] == [404, 500]


def test_a_fault_keeps_to_its_paths_and_its_count(api, set_fault, simulator):
    """Other paths are left alone, and after its count so is this one."""
    set_fault("html_error", path="media*", count=2)
    assert api.get("templates").status_code == 200
    assert [api.get("media").status_code for _ in range(3)] == [503, 503, 200]
    assert simulator.faults.described() == []


def test_faults_add_up(api, set_fault):
    """A request meets every fault that is set for it."""
    set_fault("slow", seconds=0.02)
    set_fault("no_links")
    answer = api.get("templates")
    assert answer.elapsed.total_seconds() >= 0.02
    assert "links" not in answer.json()


def test_faults_are_told_and_taken_away(api, set_fault, simulator):
    """The control path lists what is set and what there is, and is never disturbed."""
    set_fault("dropped")
    url = f"{simulator.url}/simulator/faults"
    told = api.get(url).json()
    assert [fault["name"] for fault in told["set"]] == ["dropped"]
    assert set(told["known"]) == set(KINDS)
    assert api.delete(url).status_code == 204
    assert api.get("templates").status_code == 200


def test_a_fault_is_set_in_python(api, simulator):
    """The attribute does what the path does."""
    simulator.faults.add("html_error", path="templates", count=1, status=502)
    assert api.get("templates").status_code == 502
    simulator.faults.add("dropped")
    simulator.faults.clear()
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
        b'{"name": "html_error", "status": 1000}',
        b'{"name": "slow", "when": "now"}',
    ],
)
def test_a_fault_that_is_none_is_refused(simulator, api, body):
    """Unknown names, fields and numbers are a 400, and nothing is set."""
    answer = api.post(f"{simulator.url}/simulator/faults", content=body)
    assert answer.status_code == 400
    assert simulator.faults.described() == []


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
def test_a_fault_is_written_on_a_command_line(text, path, count):
    """NAME, PATH and COUNT stand between colons, and only the name must."""
    fault = Faults().parse(text)
    assert (fault.path, fault.count) == (path, count)


@pytest.mark.parametrize("text", ["", "unknown", "slow:*:0", "slow:*:many"])
def test_what_is_no_fault_is_an_error(text):
    """What cannot be read is an error before anything is served."""
    with pytest.raises(ValueError, match=r"fault|count|literal"):
        Faults().parse(text)
