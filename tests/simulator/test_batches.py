"""Outputs beyond one picture: batches, watermarks, partial success, time and slots."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import pytest
from PIL import Image

NAMES = ["Honey", "Pears", "Coffee", "Olives", "Bread"]
ROWS = [{"Product": name, "Price": f"{n}.50"} for n, name in enumerate(NAMES)]
BAD = {"Price": "dear"}
CONTINUE = "continueBatchOutputAfterFailure"


@pytest.fixture
def batch(api, render, tag):
    """Give what renders rows of the price tag; its answer and its file."""

    def batch(kind, rows, **body):
        done = render(kind, templateId=tag["id"], variables=rows, **body)
        links = done.json().get("links", {})
        file = api.get(links["download"]) if "download" in links else None
        return done, file

    return batch


@pytest.fixture
def setting(api):
    """Give what makes an output setting and gives its id."""

    def setting(kind, **fields):
        made = api.post(f"output/settings/{kind}", json={"name": "Made"} | fields)
        assert made.status_code == 201, made.text
        return made.json()["id"]

    return setting


def pages_of(pdf):
    """Count the pages of a PDF."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_rows_of_a_pdf_are_pages_of_one_file(batch):
    """Five records make one PDF of five pages ("Variable data printing")."""
    _done, file = batch("pdf", ROWS)
    assert file.headers["content-type"] == "application/pdf"
    assert pages_of(file.content) == len(ROWS)


def test_a_pdf_is_split_after_so_many_records(batch):
    """So many records make several PDFs in a zip (release note 2026-02-03)."""
    _done, file = batch("pdf", ROWS, maxRecordsPerFile=2)
    assert file.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(BytesIO(file.content))
    assert [pages_of(archive.read(name)) for name in archive.namelist()] == [2, 2, 1]
    _done, whole = batch("pdf", ROWS, maxRecordsPerFile=5)
    assert whole.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize("most", [0, "2", 1.5, True])
def test_a_number_of_records_that_is_none_is_refused(api, tag, most):
    """A file holds a whole number of records, from 1."""
    body = {"templateId": tag["id"], "maxRecordsPerFile": most}
    assert api.post("output/pdf", json=body).status_code == 400


def test_the_table_of_a_pdf_leads_to_its_objects(batch):
    """Each entry of the cross-reference table is where its object begins."""
    _done, file = batch("pdf", ROWS[:2])
    pdf = file.content
    start = int(re.search(rb"startxref\n(\d+)\n", pdf)[1])
    entries = re.findall(rb"(\d{10}) 00000 n", pdf[start:])
    for number, offset in enumerate(entries, start=1):
        assert pdf[int(offset) :].startswith(b"%d 0 obj\n" % number)


def test_a_setting_lays_its_watermark_over_the_output(api, batch, setting):
    """The watermark of a setting, named or sent along, is in the picture."""
    _done, plain = batch("png", [{}])
    marked = setting("png", watermark=True, watermarkText="Proof")
    other = setting("png", watermark=True, watermarkText="Draft")
    inline = {"type": "PNG", "watermark": True, "watermarkText": "Proof"}
    _done, named = batch("png", [{}], outputSettingsId=marked)
    _done, different = batch("png", [{}], outputSettingsId=other)
    _done, sent = batch("png", [{}], outputSettings=inline)
    assert named.content == sent.content
    assert len({plain.content, named.content, different.content}) == 3
    api.put(f"output/settings/{marked}", json={"watermark": False})
    _done, without = batch("png", [{}], outputSettingsId=marked)
    assert without.content == plain.content


def test_there_is_one_default_for_each_format(api, setting):
    """A new default takes the place of the old one, and is used (2024-01-25)."""
    marked = setting("png", default=True, watermark=True, watermarkText="Proof")
    listed = api.get("output/settings").json()["data"]
    defaults = [s["id"] for s in listed if s["type"] == "PNG" and s["default"]]
    assert defaults == [marked]
    old = next(s for s in listed if s["type"] == "PNG" and not s["default"])
    assert api.delete(f"output/settings/{old['id']}").status_code == 204
    assert old not in api.get("output/settings").json()["data"]


def test_a_new_default_is_used(batch, setting):
    """An output that names no setting has the format's default."""
    _done, plain = batch("png", [{}])
    setting("png", default=True, watermark=True, watermarkText="Proof")
    _done, marked = batch("png", [{}])
    assert marked.content != plain.content


def test_a_setting_keeps_what_it_is_given(api, setting):
    """Fields of any format stay; the id and the type cannot be changed."""
    made = setting("jpg", quality=80, description="for the shop")
    at = f"output/settings/{made}"
    changed = api.put(at, json={"id": "x", "type": "PDF", "scaling": 2}).json()
    assert changed["id"] == made
    assert (changed["type"], changed["quality"], changed["scaling"]) == ("JPG", 80, 2)
    assert api.get(at).json() == changed


def test_a_setting_is_of_one_format(api, tag, setting):
    """A setting of another format is refused."""
    body = {"templateId": tag["id"], "outputSettingsId": setting("pdf")}
    assert api.post("output/png", json=body).status_code == 400


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_a_batch_goes_on_after_a_failure_if_the_setting_says_so(
    api, batch, setting, kind
):
    """Records that fail are left out and reported; the task is a success."""
    rows = [ROWS[0], ROWS[1] | BAD, ROWS[2]]
    goes_on = setting(kind, **{CONTINUE: True})
    done, file = batch(kind, rows, outputSettingsId=goes_on)
    assert done.status_code == 200
    (record,) = api.get(done.json()["links"]["report"]).json()
    assert record["recordNumber"] == 1
    assert record["errorList"][0]["type"] == "InvalidVariableValue"
    if kind == "pdf":
        assert pages_of(file.content) == 2
    else:
        assert len(zipfile.ZipFile(BytesIO(file.content)).namelist()) == 2
    (task, *_) = api.get("output/tasks").json()["data"]
    assert (task["totalRecords"], task["totalSuccessfulRecords"]) == (3, 2)


def test_a_batch_stops_at_a_failure_by_default(batch):
    """Without that setting one bad record fails the whole batch."""
    failed, file = batch("png", [ROWS[0], ROWS[1] | BAD])
    assert failed.status_code == 500
    assert file is None


def test_a_batch_of_which_nothing_can_be_made_fails(batch, setting):
    """If no record is left there is no success, whatever the setting says."""
    goes_on = setting("pdf", **{CONTINUE: True})
    failed, _file = batch("pdf", [BAD, BAD], outputSettingsId=goes_on)
    assert failed.status_code == 500


def test_a_whole_success_has_no_report(api, batch):
    """Without a failure no report is linked, and there is none."""
    done, _file = batch("png", [{}])
    assert set(done.json()["links"]) == {"download"}
    task = done.json()["data"]["taskId"]
    assert api.get(f"output/tasks/{task}/report").status_code == 404


def test_a_key_left_out_keeps_the_value_of_the_row_before(batch):
    """A row without keys is as the one before; null clears (VDP page)."""
    _done, file = batch("png", [{"Picture": "pear-pair"}, {}, {"Picture": None}])
    archive = zipfile.ZipFile(BytesIO(file.content))
    first, second, third = (archive.read(name) for name in archive.namelist())
    assert first == second != third


def test_tasks_are_listed_as_records(api, batch, simulator):
    """The newest is first, with the fields and words of the page "Output tasks"."""
    batch("png", [{}])
    batch("pdf", [BAD])
    simulator.clock.advance(4 * 3600 - 1)
    failed, made = api.get("output/tasks").json()["data"]
    assert made == {
        "id": made["id"],
        "name": "Market price tag",
        "dateCreated": "2027-01-15T08:00:00",
        "dateProcessed": "2027-01-15T08:00:00",
        "format": "PNG",
        "totalRecords": 1,
        "totalSuccessfulRecords": 1,
        "status": "Finished",
        "source": "Template",
        "owner": f"{simulator.integration.client_id}@clients",
        "outputAvailable": True,
    }
    assert (failed["status"], failed["outputAvailable"]) == ("Failed", False)
    simulator.clock.advance(1)
    available = [t["outputAvailable"] for t in api.get("output/tasks").json()["data"]]
    assert available == [False, False]
    assert (
        len(api.get("output/tasks", params={"search": made["id"]}).json()["data"]) == 1
    )


def test_outputs_take_their_time_in_slots(api, simulator, tag):
    """With two slots of ten seconds, three outputs take twenty by the clock."""
    simulator.tasks.render_seconds, simulator.tasks.slots = 10, 2
    tasks = [
        api.post("output/png", json={"templateId": tag["id"]}).json()["links"][
            "taskInfo"
        ]
        for _ in range(3)
    ]

    def seen():
        statuses = [task["status"] for task in api.get("output/tasks").json()["data"]]
        return statuses[::-1], [api.get(task).status_code for task in tasks]

    assert seen() == (["Processing", "Processing", "Pending"], [202, 202, 202])
    simulator.clock.advance(9)
    assert seen()[1] == [202, 202, 202]
    assert api.get(f"{tasks[0]}/download").status_code == 400
    simulator.clock.advance(1)
    assert api.get(f"{tasks[0]}/download").status_code == 200
    assert seen() == (["Finished", "Finished", "Processing"], [200, 200, 202])
    simulator.clock.advance(10)
    assert seen() == (["Finished"] * 3, [200, 200, 200])


def test_a_free_slot_is_taken_at_once(api, simulator, tag):
    """Who asks when a slot is free does not wait for what was before."""
    simulator.tasks.render_seconds, simulator.tasks.slots = 10, 1
    body = {"templateId": tag["id"]}
    api.post("output/png", json=body)
    simulator.clock.advance(10)
    info = api.post("output/png", json=body).json()["links"]["taskInfo"]
    simulator.clock.advance(10)
    assert api.get(info).status_code == 200


@pytest.mark.parametrize("given", ["0", "id"])
def test_the_older_endpoint_for_pictures_is_there(api, finish, tag, given):
    """output/image takes its parameters in the query ("Workshop 13")."""
    document = api.get(f"templates/{tag['id']}/download").json()
    layout = "0" if given == "0" else document["layouts"][0]["id"]
    query = {"templateId": tag["id"], "outputType": "jpg", "layoutToExport": layout}
    started = api.post("output/image", params=query | {"pixelRatio": "1"})
    assert started.status_code == 200
    done = finish(started.json()["links"]["taskInfo"])
    assert api.get(done.json()["links"]["download"]).content.startswith(b"\xff\xd8")


def test_the_older_endpoints_take_a_document(api, finish, tag):
    """A document in the body stands for an id (API reference, 2022)."""
    document = api.get(f"templates/{tag['id']}/download").json()
    query = {"outputType": "gif", "fps": "10"}
    started = api.post("output/animation", params=query, json=document)
    done = finish(started.json()["links"]["taskInfo"])
    assert api.get(done.json()["links"]["download"]).content.startswith(b"GIF8")


def test_html_has_its_experimental_path_too(api, simulator, tag, finish):
    """The path of release note 2024-01-25 starts the same output."""
    url = f"{simulator.url}/grafx/api/experimental/environment/cp-demo-001/output/html"
    started = api.post(url, json={"templateId": tag["id"]})
    done = finish(started.json()["links"]["taskInfo"])
    assert b"<html" in api.get(done.json()["links"]["download"]).content


def test_a_template_and_a_project_are_one_too_many(api, tag):
    """An output is of one of them."""
    body = {"templateId": tag["id"], "projectId": "any"}
    assert api.post("output/png", json=body).status_code == 400


def test_all_layouts_of_an_order_are_in_its_file(api, render):
    """Several layouts of a template are pages of a PDF, and pictures of a zip."""
    (social,) = api.get("templates", params={"search": "social"}).json()["data"]
    document = api.get(f"templates/{social['id']}/download").json()
    layouts = [layout["id"] for layout in document["layouts"]]
    done = render("pdf", templateId=social["id"], layoutsToExport=layouts)
    assert pages_of(api.get(done.json()["links"]["download"]).content) == 3
    done = render("jpg", templateId=social["id"], layoutsToExport=layouts[1:])
    archive = zipfile.ZipFile(
        BytesIO(api.get(done.json()["links"]["download"]).content)
    )
    shapes = [Image.open(archive.open(name)).size for name in archive.namelist()]
    assert len(set(shapes)) == 2
