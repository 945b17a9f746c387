"""The client against the simulator, over a real socket: the main job and its faults."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import requests

from chili_notebook import Output, login
from chili_notebook.errors import (
    ConfigurationError,
    OutputFailedError,
    OutputTimeoutError,
    VariableError,
)


@pytest.fixture
def template(chili):
    """Give the template that the quickstart renders."""
    return chili.templates.list(search="social")[0]


def test_templates_are_listed_found_and_read(chili):
    """A listing gives every template, a search the matching ones, get the same one."""
    everything = list(chili.templates.list())
    assert len(everything) >= 6
    wanted = everything[2]
    assert chili.templates.get(wanted.id) == wanted
    assert wanted in list(chili.templates.list(search=wanted.name))
    names = [t.name for t in chili.templates.list(sort_by="name", sort_order="desc")]
    assert names == sorted(names, key=str.lower, reverse=True)


def test_a_listing_pages_and_is_lazy(chili, simulator):
    """Nothing is fetched before it is looked at, and then only what is needed."""
    before = len(simulator.state.requests)
    listing = chili.pages("templates", {"limit": 2})
    assert len(simulator.state.requests) == before
    assert listing[0]
    assert len(simulator.state.requests) == before + 1
    total = len(list(chili.templates.list()))
    assert len(list(listing)) == total
    assert len(listing[1:4]) == 3
    assert listing[-1]["id"] == list(listing)[-1]["id"]
    with pytest.raises(IndexError):
        listing[total]


def test_a_listing_shows_its_first_rows_as_a_table(chili):
    """In a notebook a listing is a table with the total below it."""
    bundle = chili.templates.list()._repr_mimebundle_()
    total = len(list(chili.templates.list()))
    assert bundle["text/html"].count("<tr>") == min(total, 10) + 1
    assert f"of {total} templates" in bundle["text/plain"]


def test_variables_and_layouts_are_told(template):
    """A template tells what an output can set, and which layouts it has."""
    variables, layouts = template.variables(), template.layouts()
    assert variables
    assert all(variable.name and variable.type for variable in variables)
    assert any(layout.selected for layout in layouts)
    assert "<table>" in variables._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("png", b"\x89PNG"),
        ("jpg", b"\xff\xd8"),
        ("pdf", b"%PDF"),
        ("gif", b"GIF8"),
        ("html", b"<"),
    ],
)
def test_an_output_is_a_file_of_its_format(chili, template, kind, start, tmp_path):
    """create() gives the finished file, which saves under its own name or any."""
    output = chili.outputs.create(template, kind)
    assert output.content.lstrip().startswith(start)
    assert output.save(tmp_path) == tmp_path / output.file_name
    saved = output.save(tmp_path / "deep" / f"file.{kind}")
    assert saved.read_bytes() == output.content
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_variables_change_the_picture(chili, template):
    """Another value of a text variable gives another picture."""
    (name, *_) = [v.name for v in template.variables() if v.type == "shortText"]
    plain = chili.outputs.create(template, "png")
    other = chili.outputs.create(template, "png", variables={name: "Something else"})
    assert plain.content != other.content


def test_a_layout_is_chosen_by_name_or_id(chili, template):
    """Each layout renders to its own picture."""
    pictures = {
        chili.outputs.create(template, "png", layout=layout.name).content
        for layout in template.layouts()
    }
    assert len(pictures) == len(template.layouts())
    by_id = template.layouts()[-1].id
    assert chili.outputs.create(template.id, "png", layout=by_id).content in pictures


def test_wrong_names_are_refused_before_a_render_is_spent(chili, template, simulator):
    """An unknown variable, list value, layout or format starts no output."""
    lists = [v for v in template.variables() if v.allowed]
    before = [r for r in simulator.state.requests if r.method == "POST"]
    for wrong in (
        {"variables": {"No such variable": "x"}},
        {"variables": {lists[0].name: "no such value"}} if lists else {"layout": "?"},
        {"layout": "no such layout"},
        {"variables": {template.variables()[0].name: object()}},
    ):
        with pytest.raises(VariableError):
            chili.outputs.create(template, "png", **wrong)
    with pytest.raises(VariableError, match="Formats"):
        chili.outputs.create(template, "tiff")
    assert [r for r in simulator.state.requests if r.method == "POST"] == before


def test_a_png_shows_itself_in_the_notebook():
    """An output gives its picture to the notebook, and text to everything else."""
    output = Output(b"\x89PNG...", "image/png", "a.png", format="png", task_id="t")
    bundle, metadata = output._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}
    assert "a.png" in bundle["text/plain"]
    assert metadata == {}


def test_what_grafx_cannot_make_says_why(chili, template, monkeypatch):
    """A failed task is an error with GraFx's reason and the task's id."""
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)  # no encoder is installed
    with pytest.raises(OutputFailedError) as caught:
        chili.outputs.create(template, "mp4")
    assert caught.value.task_id
    assert "video" in caught.value.message.lower()


def test_a_batch_whose_report_is_lost_does_not_look_whole(chili, simulator, capsys):
    """Records may be missing, which is said; waiting again reads the report."""
    tag = chili.templates.list(search="price tag")[0]
    lenient = chili.outputs.settings.create(
        "pdf", name="Lenient", continueBatchOutputAfterFailure=True
    )
    rows = [{"Product": "A"}, {"Product": "B", "Picture": "no-such-picture"}]
    simulator.state.faults.add("html_error", path="*/report", status=500)
    output = chili.outputs.create(tag, "pdf", variables=rows, settings=lenient)
    assert output.report == ()
    assert "Some records may be missing from the PDF output" in capsys.readouterr().err
    simulator.state.faults.clear()
    again = chili.outputs.task(output.task_id, "pdf").wait()
    assert [error.record for error in again.report] == [1]


def test_a_failed_batch_has_a_line_for_each_record(chili, template):
    """Eight records that fail are lines that can be read, and none is lost."""
    name = next(v.name for v in template.variables() if v.type == "image")
    rows = [{name: f"no-such-picture-{number}"} for number in range(8)]
    with pytest.raises(OutputFailedError) as caught:
        chili.outputs.create(template, "pdf", variables=rows)
    *lines, more = caught.value.hint.splitlines()
    for number, line in enumerate(lines):
        assert line.startswith(f"record {number}: an image could not be loaded")
    assert more == f"and {8 - len(lines)} more in the report"
    assert len(caught.value.report) == 8


def test_waiting_ends_and_can_go_on(chili, template, simulator):
    """After the time allowed the task is named, and its id picks it up again."""
    simulator.state.tasks.polls_before_done = 10_000
    with pytest.raises(OutputTimeoutError) as caught:
        chili.outputs.create(template, "png", timeout_s=20)
    simulator.state.tasks.polls_before_done = 0
    again = chili.outputs.task(caught.value.task_id).wait()
    assert again.content.startswith(b"\x89PNG")


def test_a_token_that_ends_in_mid_poll_is_replaced(chili, template, simulator):
    """A render longer than the token's life ends well, with one more grant."""
    simulator.state.tasks.polls_before_done = 30
    simulator.clock.advance(86_400 - 40)
    grants = simulator.state.issuer.grants
    assert chili.outputs.create(template, "png").content
    assert grants < simulator.state.issuer.grants <= grants + 2


def test_the_handle_signs_requests_of_other_libraries(chili):
    """chili_token works with requests, httpx and httpx's async client."""
    url = f"{chili.environment.base_url}/api/v1/environment/cp-demo-001/templates"

    async def fetch():
        async with httpx.AsyncClient(auth=chili.token) as client:
            return (await client.get(url)).status_code

    assert requests.get(url, auth=chili.token, timeout=10).status_code == 200
    assert httpx.get(url, auth=chili.token).status_code == 200
    assert asyncio.run(fetch()) == 200


def test_many_threads_cost_one_grant(chili, simulator):
    """Twenty threads that need a new token at once ask for it once."""
    simulator.clock.advance(86_400)
    grants = simulator.state.issuer.grants
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: chili.get("templates"), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert simulator.state.issuer.grants == grants + 1


def test_login_without_ipython(simulator, monkeypatch):
    """login() signs in from the process environment and gives the client."""
    for key, value in simulator.variables().items():
        monkeypatch.setenv(key, value)
    with login() as chili:
        assert len(list(chili.templates.list())) >= 6


def test_login_to_the_demo():
    """login(demo=True) starts a simulator by itself, and says that it is one."""
    with login(demo=True) as chili:
        assert chili.environment.kind == "simulated"
        assert chili.templates.list()


def test_login_names_what_is_missing(tmp_path, monkeypatch):
    """Without credentials login() raises, naming the keys and where it looked."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="CHILI_CLIENT_SECRET"):
        login()
    with pytest.raises(ConfigurationError, match="does not exist"):
        login(env_file=str(Path("no.env")))


@pytest.mark.parametrize("bad", ["", " ", ".", ".."])
def test_no_id_climbs_out_of_its_path(chili, bad):
    """What cannot be an id is refused before it is sent."""
    with pytest.raises(ConfigurationError, match="not a valid ID"):
        chili.templates.get(bad)
