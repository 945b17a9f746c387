"""What no answer could hold is refused before it is kept, and no secret is told."""

from __future__ import annotations

import json
from io import BytesIO

import httpx
import pytest
from PIL import Image

HALF = b'"\\ud800"'
NO_JSON = [HALF, b'"\xed\xa0\x80"', b"NaN", b"-Infinity", b"1e999"]
DEEP = b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.fixture
def png():
    """Give a small picture."""
    target = BytesIO()
    Image.new("RGB", (9, 9)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize("value", NO_JSON)
def test_a_value_that_is_not_in_json_is_not_kept(api, template, value):
    """A document, a project or a setting that could not be read again is refused."""
    paths = ("templates", "projects", "output/settings")
    before = [api.get(path).json() for path in paths]
    named = b'{"template": {"id": "%s"}, "name": ' % template["id"].encode()
    for method, path, body in (
        ("POST", "templates?name=New", b'{"x": ' + value + b"}"),
        ("PUT", f"templates/{template['id']}", b'{"x": ' + value + b"}"),
        ("POST", "projects", named + value + b"}"),
        ("POST", "output/settings/png", b'{"name": "a", "b": ' + value + b"}"),
        ("POST", "output/png", b'{"documentContent": {"x": ' + value + b"}}"),
    ):
        assert api.request(method, path, content=body).status_code == 400
    assert [api.get(path).json() for path in paths] == before
    assert api.get(f"templates/{template['id']}/download").status_code == 200


def test_the_simulators_own_paths_take_no_such_value(simulator):
    """A fault whose path could not be told is not set."""
    url = f"{simulator.url}/simulator/faults"
    for fault in (
        b'{"name": "slow", "path": %s}' % HALF,
        b'{"name": %s}' % HALF,
        b'{"name": "slow", "seconds": NaN}',
    ):
        assert httpx.post(url, content=fault).status_code == 400
    assert httpx.get(url).json()["set"] == []


@pytest.mark.parametrize("body", [b'{"client_secret": "my-secret-\\ud800"}', DEEP])
def test_a_secret_that_cannot_be_read_is_not_told(simulator, fields, body):
    """The token endpoint answers in its own words, and the connection goes on."""
    sent = json.dumps(fields).encode()[:-1] + b", " + body[1:]
    headers = {"Content-Type": "application/json"}
    with httpx.Client(base_url=simulator.url) as client:
        answer = client.post("/oauth/token", content=sent, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"
        assert "my-secret" not in answer.text
        assert client.post("/oauth/token", json=fields).status_code == 200


def test_a_failure_of_its_own_tells_no_value(simulator, api):
    """Only the kind of error is told, and that the connection ends with it."""
    simulator.issuer.holder = int
    answer = api.get("templates", headers={"Authorization": "Bearer my-secret"})
    assert answer.status_code == 500
    assert answer.json()["detail"] == "The simulator failed: ValueError."
    assert answer.headers["connection"] == "close"
    del simulator.issuer.holder
    assert api.get("templates").status_code == 200


def test_a_files_name_that_cannot_be_told_is_mended(api, png):
    """A charset of Python's own in a form breaks no listing."""
    head = b"--x\r\nContent-Disposition: form-data; name=file; filename*="
    name = b"unicode_escape''%5Cud800.png\r\n\r\n"
    body = head + name + png + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    sent = api.post("media", content=body, headers=headers)
    assert sent.json()["data"]["name"] == "?"
    assert api.get("media").status_code == 200


def test_a_name_that_is_an_ending_alone_is_none(api, png):
    """A file that is to be called ``.png`` keeps the name that it has."""
    sent = api.post(
        "media", params={"name": ".png"}, files={"file": ("red.png", png)}
    ).json()
    assert sent["data"]["name"] == "red"


def test_a_cursor_is_its_listings_own_and_gets_old(api, simulator):
    """On another listing, or after an hour, a cursor is gone."""
    following = api.get("templates", params={"limit": 2}).json()["links"]["nextPage"]
    token = httpx.URL(following).params["nextPageToken"]
    assert api.get("media", params={"nextPageToken": token}).status_code == 410
    assert api.get(following).status_code == 200
    simulator.clock.advance(3600)
    assert api.get(following).status_code == 200
    simulator.clock.advance(1)
    assert api.get(following).status_code == 410


def test_a_name_beyond_ascii_is_told_in_full(api, template, finish):
    """A download has its name in ASCII, and as it is for who reads RFC 6266."""
    name = 'Größe ⚡ "x"'
    api.put(f"templates/{template['id']}", params={"name": name})
    start = api.post("output/pdf", json={"templateId": template["id"]}).json()
    done = finish(start["links"]["taskInfo"]).json()
    told = api.get(done["links"]["download"]).headers["content-disposition"]
    plain = "filename=\"Gr??e ? 'x'.pdf\""
    assert told.startswith(f"attachment; {plain}; ")
    assert told.endswith("filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%9A%A1%20%27x%27.pdf")


@pytest.mark.parametrize("side", ["width", "height", "both"])
def test_a_frame_without_measure_is_refused(api, tag, finish, side):
    """A document whose frame is as large as a number can be fails its record."""
    document = api.get(f"templates/{tag['id']}/download").json()
    for placed in document["layouts"][0]["frameProperties"]:
        sides = ("width", "height") if side == "both" else (side,)
        placed.update(dict.fromkeys(sides, 1e308 if side != "both" else 1e9))
    start = api.post("output/png", json={"documentContent": document}).json()
    detail = finish(start["links"]["taskInfo"]).json()["detail"]
    assert detail.startswith("DocumentLoadActionFailed")
