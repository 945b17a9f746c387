"""Output tasks against a scripted API: what is no failure, and what stays resumable."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import httpx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chili_notebook.client import Chili
from chili_notebook.errors import (
    ChiliError,
    ConnectionFailedError,
    OutputExpiredError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    VariableError,
)
from chili_notebook.resources.output_reports import (
    find_report,
    read_report,
    words_of,
)
from chili_notebook.resources.output_tasks import Pace
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
        self.started = Answer(200, {"data": {"taskId": "t"}})
        self.file = Answer(200, b"png", FILE)

    def __call__(self, asked):
        """Answer a request."""
        path = asked.path.removeprefix(ROOT)
        if path == "templates/1":
            return Answer(200, {"data": {"id": "1", "name": "a"}})
        if path == "templates/1/download":
            return Answer(200, {"layouts": [{"id": "0", "name": "one"}]})
        if path == "output/png":
            self.starts += 1
            return self.started
        if path == "output/tasks/t":
            return self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if path == "report":
            errors = [{"type": "TextOverflow", "details": "Headline"}]
            return Answer(200, [{"recordNumber": 4, "errorList": errors}])
        return self.file


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
    detail = f"TextOverflow. Error report: https://x.example{ROOT}report."
    api.polls = [PENDING, Answer(500, {"detail": detail, "status": "500"})]
    with pytest.raises(OutputFailedError, match=r"png: TextOverflow\.\n") as caught:
        chili.outputs.create("1", "png")
    assert caught.value.task_id == "t"
    assert "https" not in str(caught.value)


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

    address = find_report("failed. Error report: https://x.example/report.")
    errors = read_report(Client(), address)
    assert all(isinstance(str(error), str) for error in errors)
    assert words_of(errors) == "" or errors


def test_a_report_is_read_in_both_spellings():
    """The documentation's keys and those seen by others say the same."""
    error = {"Type": "TextOverflow", "Details": "Headline"}

    class Client:
        def get(self, _address, **_):
            return httpx.Response(200, json=[{"RecordId": 4, "ErrorList": [error] * 5}])

    errors = read_report(Client(), find_report("see the report https://x.example/r"))
    assert (errors[0].record, len(errors)) == (4, 5)
    told = "record 4: a text does not fit its frame (Headline)"
    assert words_of(errors) == f"{told}; {told}; {told}; and 2 more."


def test_a_task_that_is_unknown_says_so(chili, api):
    """A 404 while polling keeps the task's id in the error."""
    api.polls = [Answer(404, {"detail": "no task"})]
    with pytest.raises(OutputFailedError, match="does not know the task t"):
        chili.outputs.task("t").wait()


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (None, {}),
        (object(), {}),
        ("1", {"variables": "x"}),
        ("1", {"variables": ["x"]}),
        ("1", {"variables": []}),
        ("1", {"variables": pd.DataFrame({"Title": ["a"]})}),
        ("1", {"settings": {"id": "1"}}),
        ({"layouts": [{"id": "0"}], "a": dt.date(2026, 3, 1)}, {}),
        ({"layouts": [{"id": "0"}], "a": float("nan")}, {}),
        ({"layouts": [{"id": "0"}], "a": "\ud800"}, {}),
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
    with pytest.raises(
        OutputTimeoutError, match=r"outputs\.task\('t', 'png'\)\.wait\(\)"
    ):
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
    assert "outputs.task('t', 'png').wait()" in capsys.readouterr().err


def test_a_file_name_cannot_leave_its_folder(chili, tmp_path):
    """What GraFx calls a file is a name and never a path, on any system."""
    output = chili.outputs.create("1", "png")
    assert output.file_name == "x.png"
    assert output.save(tmp_path).parent == tmp_path


@pytest.mark.parametrize(
    "answer",
    [
        *(None, GATEWAY, Answer(502, {"title": "Bad Gateway"})),
        *(Answer(200, {}), Answer(200, {"data": {"taskId": None}})),
        *(Answer(200, {"data": None}), Answer(200, []), Answer(200, b"<html>")),
    ],
)
def test_a_start_whose_answer_is_lost_may_have_been_billed(chili, api, answer):
    """It is sent once, and the error says what is not known and where to look."""
    api.started = answer
    with pytest.raises(ConnectionFailedError, match="is not known") as caught:
        chili.outputs.start("1", "png")
    assert "bill" in caught.value.hint
    assert api.starts == 1


def test_a_start_that_grafx_refuses_is_no_riddle(chili, api):
    """Its own word on the order is what is told."""
    api.started = Answer(500, {"title": "No such layout"})
    with pytest.raises(ServerError, match="No such layout"):
        chili.outputs.start("1", "png")


def test_a_task_can_be_come_back_to_by_its_id_alone(chili, api):
    """Who lost everything but the id gets the file, under GraFx's name for it."""
    output = chili.outputs.task("t").wait()
    assert (output.content, output.format, output.task_id) == (b"png", None, "t")
    assert output.file_name == "x.png"
    assert api.starts == 0


def test_a_start_gives_the_task(chili, api):
    """What is started is waited for when one likes."""
    task = chili.outputs.start("1", "png")
    assert (task.id, task.format, api.starts) == ("t", "png", 1)
    assert repr(task) == "OutputTask(id='t', format='png')"
    assert task.wait().content == b"png"


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_no_longer_kept_says_so(chili, api, status):
    """After four hours the task is still known, and its file is gone."""
    api.file = Answer(status, {"detail": "no longer available"})
    with pytest.raises(OutputExpiredError, match="no longer has the file") as caught:
        chili.outputs.task("t", "png").wait()
    assert caught.value.task_id == "t"


def test_a_partial_success_gives_the_file_and_the_report(chili, api, capsys):
    """What could be made is there; which records are not in it is said and kept."""
    api.polls = [
        Answer(200, {"data": {"taskId": "t"}, "links": {"report": "../../report"}})
    ]
    output = chili.outputs.create("1", "png")
    assert output.content == b"png"
    (error,) = output.report
    assert (error.record, error.type) == (4, "TextOverflow")
    told = capsys.readouterr().err
    assert "without 1 of its records: record 4: a text does not fit" in told


def test_polls_come_close_together_at_first(chili, api, clock):
    """A quick render is seen quickly, and a slow one is not asked after for ever."""
    api.polls = [PENDING]
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        clock.advance(seconds)

    chili.sleep = sleep
    with pytest.raises(OutputTimeoutError):
        chili.outputs.create("1", "png", timeout_s=200)
    assert pauses[0] == 0.25
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5.0


def test_the_pace_follows_the_renders_of_the_session():
    """What takes a minute is asked after less often than what takes a second."""
    pace = Pace()
    assert pace.pause("mp4", 0.0) == 0.25
    pace.note("mp4", 24.0)
    assert pace.pause("mp4", 0.0) == 3.0
    assert pace.pause("png", 0.0) == 0.25
    pace.note("mp4", 8.0)
    assert pace.pause("mp4", 0.0) == 2.0
    assert pace.pause("mp4", 3600.0) == 5.0


@pytest.mark.parametrize("status", [400, 401, 403, 429, 503])
def test_a_render_that_is_done_is_not_lost_with_its_download(chili, api, status):
    """Whatever keeps the file away, the error names what goes on waiting for it."""
    api.file = Answer(status, {"detail": "not now"})
    with pytest.raises(ChiliError) as caught:
        chili.outputs.create("1", "png")
    assert "chili.outputs.task('t', 'png').wait()" in caught.value.hint
    api.file = Answer(200, b"png", FILE)
    assert chili.outputs.task("t", "png").wait().content == b"png"
    assert api.starts == 1


@pytest.mark.parametrize("poll", [Answer(401, {}), Answer(403, {}), Answer(200, b"<")])
def test_a_poll_that_is_refused_says_how_to_go_on(chili, api, poll):
    """A lost permission or a proxy's page is no reason to render again."""
    api.polls = [PENDING, poll]
    with pytest.raises(ChiliError) as caught:
        chili.outputs.create("1", "png")
    assert "chili.outputs.task('t', 'png').wait()" in caught.value.hint


def test_the_hint_calls_the_client_by_its_name(chili, api):
    """In a notebook with profiles ``chili`` may be another environment."""
    chili.name = "chili_acme"
    api.polls = [PENDING]
    with pytest.raises(OutputTimeoutError, match=r"chili_acme\.outputs\.task"):
        chili.outputs.create("1", "png", timeout_s=1)


def test_only_what_is_called_a_report_is_one(chili, api):
    """An address in a failure's text is part of what is told, and is not fetched."""
    detail = "Image https://cdn.example/a.png could not be loaded."
    assert find_report(detail) == ""
    api.polls = [Answer(500, {"detail": detail})]
    with pytest.raises(OutputFailedError, match=r"cdn\.example/a\.png could not be"):
        chili.outputs.create("1", "png")


def test_the_limit_counts_bytes_as_they_are_sent(chili, api):
    """Rows in other scripts are not refused for how JSON might have escaped them."""
    rows = [{"Title": "茶" * 400}] * 6_000
    document = {
        "layouts": [{"id": "0"}],
        "variables": [{"name": "Title", "type": "shortText"}],
    }
    assert chili.outputs.start(document, "png", variables=rows).id == "t"
    with pytest.raises(VariableError, match="too large"):
        chili.outputs.start(document, "png", variables=rows * 2)
    assert api.starts == 1


def test_a_media_type_cannot_be_markup(chili, monkeypatch):
    """What a server calls a file stands in HTML, and is a media type or none."""
    monkeypatch.setitem(FILE, "Content-Type", 'video/"><script>alert(1)</script>')
    output = chili.outputs.create("1", "png")
    assert output.content_type == "application/octet-stream"
    assert "script" not in str(output._repr_mimebundle_())
