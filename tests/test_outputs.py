"""Output tasks against a scripted API: what is no failure, and what stays resumable."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.client import Chili
from chili_notebook.errors import OutputFailedError, OutputTimeoutError, VariableError
from chili_notebook.resources.output_reports import fetch_report, hint_of
from chili_notebook.token_source import TokenSource
from chili_notebook.transport import RETRY
from fakes import Answer, Server

ROOT = "/grafx/api/v1/environment/cp-abc-123/"
REPORT_KEYS = st.sampled_from(["recordNumber", "RecordId", "errorList", "type", "x"])
FILE = {"Content-Type": "image/png", "Content-Disposition": 'a; filename="D:x.png"'}
PENDING = Answer(202, b"")
DONE = Answer(200, {"data": {"taskId": "t"}, "links": {}})
GATEWAY = Answer(503, b"<html>", {"Content-Type": "text/html"})


class API:
    """Starts one task, and answers its polls as it is told."""

    def __init__(self):
        self.polls = [DONE]
        self.starts = 0

    def __call__(self, asked):
        """Answer a request."""
        path = asked.path.removeprefix(ROOT)
        if path == "templates/1":
            return Answer(200, {"data": {"id": "1", "name": "a"}})
        if path == "templates/1/download":
            return Answer(200, {"layouts": [{"id": "0", "name": "one"}]})
        if path == "output/png":
            self.starts += 1
            return Answer(200, {"data": {"taskId": "t"}})
        if path == "output/tasks/t":
            return self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        return Answer(200, b"png", FILE)


@pytest.fixture
def api():
    """Give the script."""
    return API()


@pytest.fixture
def chili(api, clock, credentials, environment):
    """Give a client of that API that waits by the test's clock."""
    with Server(api) as server:
        source = TokenSource(clock=clock)
        there = replace(environment, base_url=f"{server.url}/grafx")
        source.sign_in(credentials, there)
        patient = RETRY.copy_with(total=0)
        with Chili(source, retry=patient, sleep=clock.advance) as client:
            yield client


@pytest.mark.parametrize(
    "hitch",
    [GATEWAY, None, Answer(429, b""), Answer(204, b""), Answer(500, b"<html>")],
)
def test_a_hitch_in_polling_is_no_failure(chili, api, hitch):
    """A gateway, a cut line and a 429 say nothing of the task: polling goes on."""
    api.polls = [PENDING, hitch, PENDING, DONE]
    assert chili.outputs.create("1", "png").content == b"png"
    assert api.starts == 1


def test_a_task_that_failed_says_why(chili, api):
    """A 500 with a problem is GraFx's word on the task."""
    api.polls = [PENDING, Answer(500, {"detail": "TextOverflow", "status": "500"})]
    with pytest.raises(OutputFailedError, match="TextOverflow") as caught:
        chili.outputs.create("1", "png")
    assert caught.value.task_id == "t"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(REPORT_KEYS, inner),
    )
)
def test_any_report_is_read_or_passed_over(report):
    """Whatever JSON stands at the address, the failure itself is what is told."""

    class Client:
        def get(self, address, **_):
            assert address == "https://x.example/report"
            return httpx.Response(200, json=report)

    errors = fetch_report(Client(), "failed. Error report: https://x.example/report.")
    assert all(isinstance(str(error), str) for error in errors)
    assert hint_of(errors) == "" or errors


def test_a_report_is_read_in_both_spellings():
    """The documentation's keys and those seen by others say the same."""
    error = {"Type": "TextOverflow", "Details": "Headline"}

    class Client:
        def get(self, _address, **_):
            return httpx.Response(200, json=[{"RecordId": 4, "ErrorList": [error] * 5}])

    errors = fetch_report(Client(), "see https://x.example/r")
    assert (errors[0].record, len(errors)) == (4, 5)
    told = "record 4: a text does not fit its frame (Headline)"
    assert hint_of(errors) == f"{told}; {told}; {told}; and 2 more."


def test_a_task_that_is_unknown_says_so(chili, api):
    """A 404 while polling keeps the task's id in the error."""
    api.polls = [Answer(404, {"detail": "no task"})]
    with pytest.raises(OutputFailedError, match="does not know the task t"):
        chili.outputs.wait("t", "png")


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (None, {}),
        (object(), {}),
        ("1", {"variables": "x"}),
        ("1", {"variables": ["x"]}),
        ("1", {"layout": 7}),
        ({"layouts": []}, {}),
    ],
)
def test_what_cannot_be_rendered_is_refused_before_a_render_is_spent(
    chili, api, source, options
):
    """A wrong source, rows that are none, a layout that is not there."""
    with pytest.raises(VariableError):
        chili.outputs.create(source, "png", **options)
    assert api.starts == 0


def test_people_may_write_formats_and_layouts_as_they_like(chili):
    """PNG is png, and layout 0 is the layout whose id is "0"."""
    assert chili.outputs.create("1", "PNG", layout=0).format == "png"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a;b.png"', "a;b.png"),
        ("attachment; FILENAME = plain.png", "plain.png"),
        ("attachment; filename*=UTF-8''na%C3%AFve.png", "naïve.png"),
        ('attachment; filename="../../.bashrc"', "bashrc"),
        (f'attachment; filename="{"x" * 300}.png"', "x" * 146 + ".png"),
        ("attachment", "t.png"),
    ],
)
def test_the_name_of_a_file_is_read_and_tamed(chili, monkeypatch, disposition, name):
    """Any spelling of RFC 6266 gives a plain, short name that is not hidden."""
    monkeypatch.setitem(FILE, "Content-Disposition", disposition)
    assert chili.outputs.create("1", "png").file_name == name


def test_an_end_of_patience_names_what_goes_on_waiting(chili, api):
    """The error keeps the task, and the line that picks it up again."""
    api.polls = [GATEWAY]
    with pytest.raises(OutputTimeoutError, match=r"outputs\.wait\('t', 'png'\)"):
        chili.outputs.create("1", "png", timeout_s=20)
    assert api.starts == 1


def test_an_interrupt_names_what_goes_on_waiting(chili, api, capsys):
    """Whoever stops the cell is told how to come back to the render."""

    def interrupt(_seconds):
        raise KeyboardInterrupt

    api.polls = [PENDING]
    chili.sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        chili.outputs.create("1", "png")
    assert "outputs.wait('t', 'png')" in capsys.readouterr().err


def test_a_file_name_cannot_leave_its_folder(chili, tmp_path):
    """What GraFx calls a file is a name and never a path, on any system."""
    output = chili.outputs.create("1", "png")
    assert output.file_name == "x.png"
    assert output.save(tmp_path).parent == tmp_path
