"""Outputs of the simulator: batches, failed records, waiting, videos and PDF pages."""

from __future__ import annotations

import io
import sys
import zipfile
from base64 import b64decode

import pytest
from PIL import Image

from chili_notebook.errors import (
    ConfigurationError,
    OutputFailedError,
    OutputTimeoutError,
)


@pytest.fixture
def price_tag(chili):
    """Return a template with a picture variable that each record can set."""
    return chili.templates.list(search="price tag")[0]


@pytest.fixture
def banner(chili):
    """Return an animated template."""
    return chili.templates.list(search="banner")[0]


def test_document_is_rendered_without_a_saved_template(chili, template):
    """A document that was edited in code can be rendered directly."""
    document = template.document()
    (headline,) = (
        variable for variable in document["variables"] if variable["name"] == "Headline"
    )
    headline["value"] = "Another headline"
    expected = chili.outputs.create(
        template, "png", variables={"Headline": "Another headline"}
    )
    assert chili.outputs.create(document, "png").content == expected.content


def test_failed_batch_reports_each_record(chili, template):
    """The error has all failed records; its hint shows five of them, a line each."""
    pictures = [{"Photo": f"no-such-picture-{number}"} for number in range(8)]
    with pytest.raises(OutputFailedError) as caught:
        chili.outputs.create(template, "png", variables=[{}, *pictures])
    assert [(error.record, error.type) for error in caught.value.report] == [
        (number, "ImageLoadFailed") for number in range(1, 9)
    ]
    *lines, last_line = caught.value.hint.splitlines()
    assert last_line == "and 3 more in the report"
    assert len(lines) == 5
    for number, line in enumerate(lines, start=2):
        assert line.startswith(f"row {number}: an image could not be loaded")


def test_batch_leaves_failed_records_out_if_the_setting_allows_it(
    chili, price_tag, continue_after_failure, capsys
):
    """The output has the other records, and its report lists the missing one."""
    output = chili.outputs.create(
        price_tag,
        "pdf",
        variables=[{}, {"Picture": "no-such-picture"}, {"Picture": "honey-jar"}],
        settings=continue_after_failure,
    )
    assert output.content.startswith(b"%PDF")
    assert [error.record for error in output.report] == [1]
    assert "without 1 of its rows" in capsys.readouterr().err


def test_report_that_cannot_be_read_is_a_warning(
    chili, simulator, price_tag, continue_after_failure, capsys
):
    """The warning says that records may be missing; `wait` reads the report again."""
    simulator.state.faults.add("html_error", path="*/report", status=500)
    output = chili.outputs.create(
        price_tag,
        "pdf",
        variables=[{"Product": "A"}, {"Product": "B", "Picture": "no-such-picture"}],
        settings=continue_after_failure,
    )
    assert output.report == ()
    assert "Some rows may be missing from the PDF output" in capsys.readouterr().err
    simulator.state.faults.clear()
    same_output = chili.outputs.task(output.task_id, "pdf").wait()
    assert [error.record for error in same_output.report] == [1]


def test_output_can_be_fetched_after_a_timeout(chili, template, simulator):
    """The error has the ID of the task, with which it can be waited for again."""
    simulator.state.tasks.polls_before_done = 10_000
    with pytest.raises(OutputTimeoutError) as caught:
        chili.outputs.create(template, "png", timeout_s=20)
    simulator.state.tasks.polls_before_done = 0
    output = chili.outputs.task(caught.value.task_id).wait()
    assert output.content.startswith(b"\x89PNG")


def test_token_is_renewed_during_a_render(chili, template, simulator):
    """A render that continues into the last hour of the token costs one new token."""
    simulator.state.tasks.polls_before_done = 30
    simulator.clock.advance(86_400 - 3600 - 40)
    grants = simulator.state.issuer.grants
    task = chili.outputs.start(template, "png")
    assert simulator.state.issuer.grants == grants
    started_at = simulator.clock()
    assert task.wait().content.startswith(b"\x89PNG")
    assert simulator.clock() - started_at > 40
    assert simulator.state.issuer.grants == grants + 1


def test_video_is_shown_and_saved(chili, banner, tmp_path):
    """A notebook plays an mp4 output, and `save` writes the same bytes."""
    output = chili.outputs.create(banner, "mp4")
    html = output._repr_mimebundle_()[0]["text/html"]
    assert html.startswith("<video controls")
    assert 'src="data:video/mp4;base64,' in html
    saved = output.save(tmp_path)
    assert saved.suffix == ".mp4"
    assert saved.read_bytes() == output.content


def test_batch_of_videos_is_a_zip(chili, price_tag):
    """Several records make an archive of mp4 files (release note 2025-05-08)."""
    output = chili.outputs.create(price_tag, "mp4", variables=[{}, {}])
    archive = zipfile.ZipFile(io.BytesIO(output.content))
    assert [name[-4:] for name in archive.namelist()] == [".mp4", ".mp4"]


def test_simulator_without_an_encoder_fails_only_for_mp4(chili, banner, monkeypatch):
    """The error has the reason and the ID of the task; a gif can be made."""
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(
        OutputFailedError, match=r"video \(mp4\).*imageio-ffmpeg"
    ) as caught:
        chili.outputs.create(banner, "mp4")
    assert caught.value.task_id
    assert chili.outputs.create(banner, "gif").content.startswith(b"GIF8")


def test_pdf_shows_its_first_page(chili, template):
    """The page is a JPEG that is not blank, with a longer side of 800 pixels."""
    bundle, _metadata = chili.outputs.create(template, "pdf")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/jpeg"}
    page = Image.open(io.BytesIO(b64decode(bundle["image/jpeg"])))
    assert max(page.size) == 800
    assert len(page.convert("L").getcolors(256)) > 20


def test_pdf_of_several_pages_shows_the_first_ones(chili, template):
    """Six pages are not shown as if they were one."""
    output = chili.outputs.create(template, "pdf", variables=[{}] * 6)
    bundle, _metadata = output._repr_mimebundle_()
    assert bundle["text/html"].count("data:image/jpeg;base64,") == 4
    assert ">page 1 of 6<" in bundle["text/html"]


def test_table_in_place_of_the_template_is_refused(chili, template):
    """Swapped arguments are not looked up as the ID of a template."""
    with pytest.raises(ConfigurationError, match="name of a table") as caught:
        chili.outputs.batch("a.csv", template, "png", folder="renders")
    assert caught.value.hint == "Pass the template first, then the table."
