"""Tests of the requests that start an output: sources, limits, rows and settings."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from chili_notebook.simulator import Simulator
from simulator_api import download_of, open_client, wait_for_task


@pytest.fixture
def picture(api, create_output):
    """Return a function that returns the PNG of the price tag as a picture."""

    def picture(**body):
        return Image.open(BytesIO(download_of(api, create_output(**body)).content))

    return picture


@pytest.fixture
def change_default(api):
    """Return a function that changes the default setting of a format."""

    def change_default(kind, **fields):
        settings = api.get("output/settings").json()["data"]
        (default,) = [s for s in settings if s["type"] == kind and s["default"]]
        response = api.put(f"output/settings/{default['id']}", json=fields)
        assert response.status_code == 200, response.text

    return change_default


def differs_everywhere(one, other):
    """Return whether two pictures differ in each quarter."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    x, y = difference.width // 2, difference.height // 2
    corners = [(left, top) for left in (0, x) for top in (0, y)]
    return all(
        difference.crop((left, top, left + x, top + y)).getbbox()
        for left, top in corners
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 500),
        (b"{}", 400),
        (b'{"templateId": "nobody"}', 400),
        (b'{"templateId": "TAG", "projectId": "any"}', 400),
        (b'{"templateId": "TAG", "layoutsToExport": ["nobody"]}', 400),
        (b'{"templateId": "TAG", "outputSettingsId": "nobody"}', 400),
        (b'{"templateId": "TAG", "outputSettings": {"fps": true}}', 400),
        (b'{"templateId": "TAG", "variables": {}}', 400),
        (b'{"templateId": "TAG", "variables": [{"a": 1}]}', 400),
        (b'{"templateId": "TAG", "variables": [' + b"{}," * 10_000 + b"{}]}", 413),
        (b'{"templateId": "TAG", "variables": [' + b"{}," * 9_999 + b"{}]}", 200),
        (b" " * 20_000_001, 413),
    ],
    ids=lambda value: str(value)[:60],
)
def test_request_is_checked_before_a_task_starts(
    shared_api, shared_price_tag, body, status
):
    """Invalid bodies, IDs, values and sizes are refused."""
    content = body.replace(b"TAG", shared_price_tag["id"].encode())
    assert shared_api.post("output/png", content=content).status_code == status


@pytest.mark.parametrize(
    ("letter", "count", "status"),
    [("x", 9_999_980, 200), ("ü", 4_999_980, 200), ("ü", 5_000_000, 413)],
)
def test_variables_have_at_most_10_mb_of_utf8(
    shared_api, shared_price_tag, letter, count, status
):
    """The size is that of the UTF-8 text, in any alphabet."""
    variables = [{"Product": letter * count}]
    body = {"templateId": shared_price_tag["id"], "variables": variables}
    content = json.dumps(body, ensure_ascii=False).encode()
    assert shared_api.post("output/pdf", content=content).status_code == status


def test_document_can_be_larger_than_the_limit_of_variables(
    shared_api, shared_price_tag
):
    """10 MB is the limit for the variables alone (release note 2026-07-10)."""
    document = shared_api.get(f"templates/{shared_price_tag['id']}/download").json()
    large = document | {"padding": "x" * 15_000_000}
    body = {"documentContent": large, "variables": [{}]}
    assert shared_api.post("output/png", json=body).status_code == 200


@pytest.mark.parametrize("count", [0, "2", 1.5, True])
def test_records_per_file_is_a_whole_number(shared_api, shared_price_tag, count):
    """Other values of maxRecordsPerFile are refused."""
    body = {"templateId": shared_price_tag["id"], "maxRecordsPerFile": count}
    assert shared_api.post("output/pdf", json=body).status_code == 400


def test_document_content_replaces_the_document_of_the_template(
    shared_api, shared_price_tag, create_shared_output
):
    """DocumentContent works without a template, and before the one that is named."""
    document = shared_api.get(f"templates/{shared_price_tag['id']}/download").json()
    plain = download_of(shared_api, create_shared_output()).content
    same = create_shared_output(documentContent=document)
    assert download_of(shared_api, same).content == plain
    for variable in document["variables"]:
        if variable["name"] == "Product":
            variable["value"] = "Figs"
    other = create_shared_output(
        documentContent=document, templateId=shared_price_tag["id"]
    )
    assert download_of(shared_api, other).content != plain


def with_data_source(document, kind="injected"):
    """Return a document with a required data source variable."""
    value = {"type": kind}
    source = {"id": "s", "type": "dataSource", "name": "Goods", "isRequired": True}
    return document | {"variables": [*document["variables"], source | {"value": value}]}


@pytest.mark.parametrize(
    ("variables", "records"),
    [
        ([{"Goods": [{"id": 1, "name": "Figs"}, {"id": 2, "name": None}]}], 1),
        ([{"Goods": [{"id": 1}]}, {"Product": "Figs"}, {"Product": "Dates"}], 2),
        ([{"Goods": [{"id": 1}], "Product": "Figs"}, {}], 2),
    ],
)
def test_rows_of_a_data_source_are_not_records(
    api, price_tag, create_output, variables, records
):
    """Injected rows have any types, and yield one output (2026-08-03)."""
    document = with_data_source(api.get(f"templates/{price_tag['id']}/download").json())
    done = create_output("pdf", documentContent=document, variables=variables)
    assert f"/Count {records}".encode() in download_of(api, done).content


@pytest.mark.parametrize("variables", [None, [{}], [{"Goods": []}]])
def test_required_data_source_needs_a_row(
    shared_api, shared_price_tag, create_shared_output, variables
):
    """Without one the output fails, and the report says what is missing."""
    document = shared_api.get(f"templates/{shared_price_tag['id']}/download").json()
    sent = {"documentContent": with_data_source(document), "variables": variables}
    problem = create_shared_output(**sent).json()
    report = shared_api.get(problem["detail"].split("Error report: ")[1]).json()
    assert report[0]["errorList"][0]["type"] == "MissingVariableValue"
    from_connector = with_data_source(document, "connector")
    done = create_shared_output(documentContent=from_connector)
    assert done.status_code == 200


@pytest.mark.parametrize(
    ("kind", "rows"), [("injected", "Figs"), ("injected", ["Figs"]), ("connector", [])]
)
def test_data_source_takes_rows_only_if_they_are_injected(
    shared_api, shared_price_tag, kind, rows
):
    """Other values are refused, and so are rows for a data connector."""
    document = shared_api.get(f"templates/{shared_price_tag['id']}/download").json()
    sent = with_data_source(document, kind)
    body = {"documentContent": sent, "variables": [{"Goods": rows}]}
    assert shared_api.post("output/pdf", json=body).status_code == 400


@pytest.mark.parametrize(("version", "status"), [("2.27.0", 200), ("newest", 400)])
def test_engine_version_can_be_overridden(
    shared_api, shared_price_tag, version, status
):
    """The version of the engine has two or three numbers."""
    body = {"templateId": shared_price_tag["id"], "engineVersion": version}
    assert shared_api.post("output/png", json=body).status_code == status


def test_sandbox_output_has_a_watermark(picture):
    """Outputs of a sandbox always have a watermark (page "Sandbox")."""
    with Simulator(sandbox=True) as simulator, open_client(simulator) as api:
        assert simulator.variables()["CHILI_ENVIRONMENT_TYPE"] == "sandbox"
        (tag,) = api.get("templates", params={"search": "price tag"}).json()["data"]
        started = api.post("output/png", json={"templateId": tag["id"]}).json()
        done = wait_for_task(api, started["links"]["taskInfo"])
        marked = Image.open(BytesIO(download_of(api, done).content))
    assert differs_everywhere(picture(), marked)


def test_watermark_of_a_setting_is_drawn(api, picture):
    """A setting can be named, sent, or the default."""
    plain = picture()
    fields = {"watermark": True, "watermarkText": "Proof"}
    created = api.post("output/settings/png", json={"name": "New"} | fields).json()
    named = picture(outputSettingsId=created["id"])
    assert named.tobytes() == picture(outputSettings=fields).tobytes()
    assert differs_everywhere(plain, named)
    other = picture(outputSettings=fields | {"watermarkText": "Draft"})
    assert other.tobytes() != named.tobytes()
    api.put(f"output/settings/{created['id']}", json={"default": True})
    assert picture().tobytes() == named.tobytes()


def test_scaling_of_a_setting_changes_the_size(picture, change_default):
    """50 % halves both sides."""
    width, height = picture().size
    change_default("PNG", scaling=50)
    assert picture().size == pytest.approx((width / 2, height / 2), abs=2)


def test_fps_of_a_setting_changes_the_number_of_frames(
    api, create_output, change_default
):
    """A GIF with few frames per second has fewer frames."""
    (banner,) = api.get("templates", params={"search": "banner"}).json()["data"]

    def count_frames():
        done = create_output("gif", templateId=banner["id"])
        return Image.open(BytesIO(download_of(api, done).content)).n_frames

    default = count_frames()
    change_default("GIF", fps=5)
    assert count_frames() < default
