"""What settings, queries and the environment decide of an output."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.drawing.formats import encode
from chili_notebook.simulator.drawing.values import resolve_values


@pytest.fixture
def picture(api, finish, tag):
    """Give what makes a picture of the price tag, by either kind of endpoint."""

    def picture(path="output/png", **query):
        if query:
            query = {"templateId": tag["id"], "layoutToExport": "0"} | query
            start = api.post(path, params=query)
        else:
            start = api.post(path, json={"templateId": tag["id"]})
        assert start.status_code == 200, start.text
        done = finish(start.json()["links"]["taskInfo"])
        content = api.get(done.json()["links"]["download"]).content
        return Image.open(BytesIO(content))

    return picture


@pytest.fixture
def change(api):
    """Give what changes the default setting of a format."""

    def change(kind, **fields):
        settings = api.get("output/settings").json()["data"]
        (default,) = [s for s in settings if s["type"] == kind and s["default"]]
        answer = api.put(f"output/settings/{default['id']}", json=fields)
        assert answer.status_code == 200, answer.text

    return change


def has_watermark(plain, marked):
    """Tell whether two pictures differ in each quarter."""
    differing = ImageChops.difference(plain.convert("RGB"), marked.convert("RGB"))
    x, y = differing.width // 2, differing.height // 2
    corners = [(left, top) for left in (0, x) for top in (0, y)]
    return all(
        differing.crop((left, top, left + x, top + y)).getbbox()
        for left, top in corners
    )


def test_a_sandbox_marks_every_output(picture, connect, tag):
    """Output of a sandbox has a watermark always (page "Sandbox"); it signs in so."""
    with Simulator(sandbox=True) as simulator, connect(simulator) as api:
        assert simulator.variables()["CHILI_ENVIRONMENT_TYPE"] == "sandbox"
        for name, query in (
            ("output/png", {}),
            ("output/image", {"outputType": "png", "templateId": tag["id"]}),
        ):
            body = {} if query else {"templateId": tag["id"]}
            info = api.post(name, params=query, json=body or None).json()
            while (done := api.get(info["links"]["taskInfo"])).status_code == 202:
                pass
            content = api.get(done.json()["links"]["download"]).content
            assert has_watermark(picture(), Image.open(BytesIO(content)))


def test_the_older_endpoints_follow_the_default_setting(picture, change):
    """Watermark and scale of the format's default are theirs too."""
    plain = picture("output/image", outputType="png")
    assert plain.convert("RGB").tobytes() == picture().convert("RGB").tobytes()
    change("PNG", watermark=True, watermarkText="PROOF")
    marked = picture("output/image", outputType="png")
    assert has_watermark(plain, marked)
    assert marked.tobytes() == picture().tobytes()


def test_a_picture_has_the_scale_that_is_asked_for(picture, change):
    """``pixelRatio`` of a query and ``scaling`` of a setting work together."""
    width, height = picture().size
    twice = picture("output/image", outputType="png", pixelRatio="2").size
    assert twice == pytest.approx((width * 2, height * 2), abs=2)
    change("PNG", scaling=50)
    half = picture().size
    assert half == pytest.approx((width / 2, height / 2), abs=2)
    same = picture("output/image", outputType="png", pixelRatio="2").size
    assert same == pytest.approx((width, height), abs=2)


def test_a_picture_has_a_largest_scale():
    """Whatever is asked for, ten times as large is the most."""
    blank = {
        "pages": [{"id": "p", "frames": []}],
        "layouts": [{"id": "l", "width": 60_000, "height": 40_000}],
    }
    content, _ = encode(blank, "l", resolve_values(blank, {}), "png", scale=1e308)
    assert Image.open(BytesIO(content)).size == (600, 400)


def test_a_film_has_the_pace_that_is_asked_for(api, picture, change):
    """``fps`` of a query goes before ``fps`` of a setting, from slow to fast."""
    query = {"search": "banner"}
    (banner,) = api.get("templates", params=query).json()["data"]
    film = {"outputType": "gif", "templateId": banner["id"]}

    def frames(**more):
        return picture("output/animation", **film, **more).n_frames

    usual = frames()
    change("GIF", fps=5)
    slow = frames()
    assert slow < usual < frames(fps="30")
    assert frames(fps="5") == slow


@pytest.mark.parametrize(
    "wrong",
    [
        {"fps": "abc"},
        {"fps": True},
        {"scaling": 0},
        {"scaling": -50},
        {"quality": []},
        {"watermark": "yes"},
    ],
)
def test_a_setting_has_fields_of_their_types(api, tag, wrong):
    """What is no number or truth is refused in a setting, kept or sent along."""
    named = {"name": "New"} | wrong
    assert api.post("output/settings/gif", json=named).status_code == 400
    order = {"templateId": tag["id"], "outputSettings": wrong}
    assert api.post("output/gif", json=order).status_code == 400


@pytest.mark.parametrize(
    ("letter", "count", "status"),
    [("ü", 2_000_000, 200), ("ü", 4_999_980, 200), ("ü", 5_000_000, 413)],
)
def test_variables_are_measured_as_they_are_sent(api, tag, letter, count, status):
    """Ten megabytes of UTF-8 are the limit, in any alphabet."""
    body = {"templateId": tag["id"], "variables": [{"First name": letter * count}]}
    content = json.dumps(body, ensure_ascii=False).encode()
    assert api.post("output/pdf", content=content).status_code == status


def test_rows_may_come_under_the_name_of_a_data_source(api, tag, finish):
    """Studio UI's form of variables gives a record for each row of the source."""
    document = api.get(f"templates/{tag['id']}/download").json()
    source = {"id": "staff", "type": "dataSource", "name": "Goods"}
    document["variables"].append(source)
    rows = [{"Product": "Figs"}, {"Product": "Dates"}]
    order = {"documentContent": document, "variables": [{"Goods": rows, "Unit": "1"}]}
    start = api.post("output/pdf", json=order)
    assert start.status_code == 200, start.text
    done = finish(start.json()["links"]["taskInfo"])
    content = api.get(done.json()["links"]["download"]).content
    assert b"/Count 2" in content
    (task, *_) = api.get("output/tasks").json()["data"]
    assert task["totalRecords"] == 2
    order["variables"] = [{"Other": rows}]
    assert api.post("output/pdf", json=order).status_code == 400
