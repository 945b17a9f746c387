"""Tests of output files: batches, zips, error reports and the list of tasks."""

from __future__ import annotations

import re
import sys
import zipfile
from io import BytesIO

import pytest
from PIL import Image

from chili_notebook.simulator import Simulator
from simulator_api import (
    download_of,
    find_price_tag,
    make_output_function,
    open_client,
    wait_for_task,
)

NAMES = ["Honey", "Pears", "Coffee", "Olives", "Bread"]
ROWS = [{"Product": name, "Price": f"{n}.50"} for n, name in enumerate(NAMES)]
INVALID_ROW = {"Price": "dear"}


@pytest.fixture
def download_output(shared_api, create_shared_output):
    """Return a function that makes an output of rows, and returns its file."""

    def download_output(kind, rows, **body):
        done = create_shared_output(kind, variables=rows, **body)
        assert done.status_code == 200, done.text
        return download_of(shared_api, done)

    return download_output


@pytest.fixture
def skip_failures(shared_api):
    """Return a function that creates a setting which skips failures of records."""

    def skip_failures(kind):
        fields = {"name": "New", "continueBatchOutputAfterFailure": True}
        created = shared_api.post(f"output/settings/{kind}", json=fields)
        return created.json()["id"]

    return skip_failures


def count_pages(pdf):
    """Return the number of pages of a PDF."""
    return len(re.findall(rb"/Type /Page\b", pdf))


def files_in(response):
    """Return the files of a zip."""
    assert response.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(BytesIO(response.content))
    return [archive.read(name) for name in archive.namelist()]


def test_output_is_started_polled_and_downloaded(shared_api, shared_price_tag):
    """200 with a task, 202 without a body, 200 with a link, then the file."""
    started = shared_api.post("output/png", json={"templateId": shared_price_tag["id"]})
    url = started.json()["links"]["taskInfo"]
    assert shared_api.get(f"{url}/download").status_code == 400
    done = wait_for_task(shared_api, url)
    assert set(done.json()["links"]) == {"download"}
    file = download_of(shared_api, done)
    assert file.headers["content-type"] == "image/png"
    assert file.headers["content-disposition"].endswith('"Market price tag.png"')
    assert file.content.startswith(b"\x89PNG")
    assert shared_api.get(f"{url}/report").status_code == 404


@pytest.mark.parametrize("kind", ["png", "jpg", "pdf", "gif", "html", "mp4"])
def test_output_without_drawing_is_a_small_valid_file(kind):
    """Equal requests have equal files, other values have another file."""
    with Simulator(draws=False) as simulator, open_client(simulator) as api:
        create = make_output_function(api, find_price_tag(api))
        same, again, other = (
            download_of(api, create(kind, variables=[{"Product": name}]))
            for name in ("Figs", "Figs", "Dates")
        )
        assert create(kind, variables=[INVALID_ROW]).status_code == 500
    assert same.content == again.content != other.content
    assert len(same.content) < 5000
    if kind in {"png", "jpg", "gif"}:
        Image.open(BytesIO(same.content)).load()
    if kind == "pdf":
        assert count_pages(same.content) == 1


def test_name_of_a_download_can_have_any_characters(api, price_tag, create_output):
    """The header has an ASCII name, and the full name as in RFC 6266."""
    name = 'Größe ⚡ "x"'
    api.put(f"templates/{price_tag['id']}", params={"name": name})
    header = download_of(api, create_output("pdf")).headers["content-disposition"]
    assert header == (
        "attachment; filename=\"Gr??e ? 'x'.pdf\"; "
        "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%9A%A1%20%27x%27.pdf"
    )


def test_records_of_a_pdf_are_pages_of_one_file(download_output):
    """Five records are a PDF with five pages ("Variable data printing")."""
    file = download_output("pdf", ROWS)
    assert file.headers["content-type"] == "application/pdf"
    assert count_pages(file.content) == len(ROWS)


def test_records_per_file_split_a_pdf(download_output):
    """More records than maxRecordsPerFile are a zip of PDFs (2026-02-03)."""
    files = files_in(download_output("pdf", ROWS, maxRecordsPerFile=2))
    assert [count_pages(file) for file in files] == [2, 2, 1]
    whole = download_output("pdf", ROWS, maxRecordsPerFile=5)
    assert whole.headers["content-type"] == "application/pdf"


def test_cross_reference_table_of_a_pdf_is_correct(download_output):
    """Each entry is the position of its object."""
    pdf = download_output("pdf", ROWS[:2]).content
    start = int(re.search(rb"startxref\n(\d+)\n", pdf)[1])
    entries = re.findall(rb"(\d{10}) 00000 n", pdf[start:])
    assert entries
    for number, offset in enumerate(entries, start=1):
        assert pdf[int(offset) :].startswith(b"%d 0 obj\n" % number)


def test_missing_key_has_the_value_of_the_previous_row(download_output):
    """A row without keys is like the previous row; null clears a value."""
    rows = [{"Picture": "pear-pair"}, {}, {"Picture": None}]
    first, second, third = files_in(download_output("png", rows))
    assert first == second != third


def test_several_layouts_are_pages_or_pictures(shared_api, create_shared_output):
    """The layouts of a template are pages of a PDF, or pictures in a zip."""
    (social,) = shared_api.get("templates", params={"search": "social"}).json()["data"]
    document = shared_api.get(f"templates/{social['id']}/download").json()
    layouts = [layout["id"] for layout in document["layouts"]]
    body = {"templateId": social["id"], "layoutsToExport": layouts}
    pdf = download_of(shared_api, create_shared_output("pdf", **body))
    assert count_pages(pdf.content) == 3
    files = files_in(download_of(shared_api, create_shared_output("jpg", **body)))
    assert len({Image.open(BytesIO(file)).size for file in files}) == 3


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_failed_records_are_skipped_if_the_setting_says_so(
    shared_api, create_shared_output, skip_failures, kind
):
    """The other records are in the file, and the report has the failed one."""
    rows = [ROWS[0], ROWS[1] | INVALID_ROW, ROWS[2]]
    setting = skip_failures(kind)
    done = create_shared_output(kind, variables=rows, outputSettingsId=setting)
    assert done.status_code == 200
    (record,) = shared_api.get(done.json()["links"]["report"]).json()
    assert record["recordNumber"] == 1
    assert record["errorList"][0]["type"] == "InvalidVariableValue"
    file = download_of(shared_api, done)
    is_pdf = kind == "pdf"
    assert (count_pages(file.content) if is_pdf else len(files_in(file))) == 2
    task = shared_api.get("output/tasks").json()["data"][0]
    assert (task["totalRecords"], task["totalSuccessfulRecords"]) == (3, 2)


def test_failed_record_fails_the_task_by_default(shared_api, create_shared_output):
    """The problem ends with the URL of a report that has all failed records."""
    failed = create_shared_output(variables=[{}, INVALID_ROW, {}])
    problem = failed.json()
    assert failed.status_code == problem["status"] == 500
    report = shared_api.get(problem["detail"].split("Error report: ")[1]).json()
    # A missing key has the value of the previous row.
    assert [record["recordNumber"] for record in report] == [1, 2]
    assert report[0]["errorList"][0]["type"] == "InvalidVariableValue"


@pytest.mark.parametrize(("kind", "status"), [("pdf", 200), ("png", 500)])
def test_missing_picture_does_not_fail_a_batch_of_pdfs(
    shared_api, create_shared_output, kind, status
):
    """Its record is reported, and the others are in the file (2026-08-03)."""
    rows = [{"Picture": "nowhere"}, {"Picture": "citrus"}]
    done = create_shared_output(kind, variables=rows)
    assert done.status_code == status
    if status == 200:
        (record,) = shared_api.get(done.json()["links"]["report"]).json()
        assert record["errorList"][0]["type"] == "ImageLoadFailed"
        assert count_pages(download_of(shared_api, done).content) == 1
    assert create_shared_output(kind, variables=rows[:1]).status_code == 500


def test_character_that_the_font_does_not_have_fails_the_record(create_shared_output):
    """The report names the frame and the character."""
    failed = create_shared_output(variables=[{"Product": "Figs 漢"}])
    detail = failed.json()["detail"]
    assert detail.startswith("MissingCharacterInFont: Frame 'Product'")
    assert "U+6F22" in detail


def test_task_without_a_successful_record_fails(create_shared_output, skip_failures):
    """The setting does not matter if all records fail."""
    body = {"variables": [INVALID_ROW], "outputSettingsId": skip_failures("pdf")}
    assert create_shared_output("pdf", **body).status_code == 500


def test_mp4_without_an_encoder_fails_without_a_report(
    create_shared_output, monkeypatch
):
    """The problem names the missing package and no URL."""
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    failed = create_shared_output("mp4")
    assert failed.status_code == 500
    assert "imageio-ffmpeg" in failed.json()["detail"]
    assert "http://" not in failed.json()["detail"]


@pytest.mark.parametrize("sides", [("width",), ("height",), ("width", "height")])
def test_huge_frame_fails_the_record(
    shared_api, shared_price_tag, create_shared_output, sides
):
    """A document with a frame of a huge size is an error of the record."""
    document = shared_api.get(f"templates/{shared_price_tag['id']}/download").json()
    for placement in document["layouts"][0]["frameProperties"]:
        placement.update(dict.fromkeys(sides, 1e308 if len(sides) == 1 else 1e9))
    detail = create_shared_output(documentContent=document).json()["detail"]
    assert detail.startswith("DocumentLoadActionFailed")


def test_list_of_tasks_has_the_documented_fields(api, create_output, simulator):
    """The newest is first, with the words of the page "Output tasks"."""
    create_output("png")
    create_output("pdf", variables=[INVALID_ROW])
    simulator.clock.advance(4 * 3600 - 1)
    failed, finished = api.get("output/tasks").json()["data"]
    assert finished == {
        "id": finished["id"],
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
    found = api.get("output/tasks", params={"search": finished["id"]}).json()["data"]
    assert len(found) == 1
