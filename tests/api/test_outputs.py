"""Output tasks against a scripted API: what is no failure, and what stays resumable."""

from __future__ import annotations

import datetime as dt
import pickle
import signal
import threading
from dataclasses import replace

import httpx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from chili_notebook.api.client import Chili
from chili_notebook.api.files import File
from chili_notebook.api.output_polls import Pace
from chili_notebook.api.output_reports import (
    RecordError,
    Report,
    find_report,
    read_report,
    words_of,
)
from chili_notebook.auth.token_manager import TokenManager
from chili_notebook.errors import (
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    OutputExpiredError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    VariableError,
)
from chili_notebook.http.transport import RETRY
from fakes import Answer, Gate, Protector, Server

ROOT = "/grafx/api/v1/environment/cp-abc-123/"
REPORT_KEYS = st.sampled_from(["recordNumber", "RecordId", "errorList", "type", "x"])
FILE = {"Content-Type": "image/png", "Content-Disposition": 'a; filename="D:x.png"'}
PENDING = Answer(202, b"")
DONE = Answer(200, {"data": {"taskId": "t"}, "links": {}})
ONE = {"layouts": [{"id": "0", "name": "one"}]}
REPORTED = Answer(200, {"data": {"taskId": "t"}, "links": {"report": "../../report"}})
GATEWAY = Answer(503, b"<html>", {"Content-Type": "text/html"})


class API:
    """Starts one task, and answers its polls as it is told."""

    def __init__(self):
        self.polls = [DONE]
        self.starts = 0
        self.polled = 0
        self.started = Answer(200, {"data": {"taskId": "t"}})
        self.file = Answer(200, b"png", FILE)
        errors = [{"type": "TextOverflow", "details": "Headline."}]
        self.report = Answer(200, [{"recordNumber": 4, "errorList": errors}])

    def __call__(self, asked):
        """Answer a request."""
        path = asked.path.removeprefix(ROOT)
        if path == "templates/1":
            return Answer(200, {"data": {"id": "1", "name": "a"}})
        if path == "templates/1/download":
            return Answer(200, ONE)
        if path == "output/png":
            self.starts += 1
            return self.started
        if path == "output/tasks/t":
            self.polled += 1
            return self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]
        if path == "report":
            return self.report
        return self.file


@pytest.fixture
def api():
    """Give the script."""
    return API()


@pytest.fixture
def chili(api, clock, credentials, environment):
    """Give a client of that API that waits by the test's clock."""
    with Server(api) as server:
        source = TokenManager(Protector(), clock=clock)
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
            request = httpx.Request("GET", address)
            return httpx.Response(200, json=report, request=request)

    address = find_report("failed. Error report: https://x.example/report.")
    errors = read_report(Client(), address)
    assert all(isinstance(str(error), str) for error in errors)
    assert words_of(errors) == "" or errors


def test_a_report_is_read_in_both_spellings():
    """The documentation's keys and those seen by others say the same."""
    error = {"Type": "TextOverflow", "Details": "Headline."}

    class Client:
        def get(self, _address, **_):
            return httpx.Response(200, json=[{"RecordId": 4, "ErrorList": [error] * 8}])

    errors = read_report(Client(), find_report("see the report https://x.example/r"))
    assert (errors[0].record, len(errors)) == (4, 8)
    told = "record 4: a text does not fit its frame (Headline)"
    assert words_of(errors).splitlines() == [*[told] * 5, "and 3 more in the report"]


def test_a_report_shows_itself_by_record_and_in_words():
    """A table in a notebook, lines in a console, and a tuple in code."""
    report = Report(
        [
            RecordError(1, "ImageLoadFailed", "no <asset>"),
            RecordError(None, "Strange", ""),
        ]
    )
    shown, _ = DisplayFormatter().format(report)
    for cell in ("Record", "What", "Details", "an image could not be loaded", "1"):
        assert f">{cell}</t" in shown["text/html"]
    assert "no &lt;asset&gt;" in shown["text/html"]
    lines = ["record 1: an image could not be loaded (no <asset>)", "Strange"]
    assert shown["text/plain"].splitlines() == lines == str(report).splitlines()
    assert report == tuple(report) == pickle.loads(pickle.dumps(report))  # noqa: S301
    assert type(pickle.loads(pickle.dumps(report))) is Report  # noqa: S301
    assert DisplayFormatter().format(Report())[0]["text/plain"] == "()"


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


def test_an_interrupted_order_may_be_rendered_and_billed(chili, api, capsys):
    """Who stops the cell while the order is on its way learns what is not known."""
    gone = threading.Event()

    def interrupt(asked):
        if not asked.path.endswith("output/png"):
            return api(asked)
        api.starts += 1
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        assert gone.wait(10)
        return None

    with Server(interrupt) as server:
        there = replace(chili.environment, base_url=f"{server.url}/grafx")
        chili._source.sign_in(chili._source._credentials, there)
        with pytest.raises(KeyboardInterrupt):
            chili.outputs.create("1", "png")
        gone.set()
    told = capsys.readouterr().err
    assert "Whether the png was started is not known." in told
    assert "bill" in told
    assert 'chili.pages("output/tasks")' in told
    assert api.starts == 1


def test_an_interrupted_download_says_that_the_render_is_done(chili, capsys):
    """Whoever stops the download is told that the file is there to be fetched."""
    get = chili.get

    def interrupt(path, **options):
        if path.endswith("/download"):
            raise KeyboardInterrupt
        return get(path, **options)

    chili.get = interrupt
    with pytest.raises(KeyboardInterrupt):
        chili.outputs.create(ONE, "png")
    told = "The png is made: chili.outputs.task('t', 'png').wait() fetches it.\n"
    assert capsys.readouterr().err == told


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


def test_a_start_that_was_never_sent_is_no_riddle(chili, api):
    """Where there was no connection, nothing can have been rendered or billed."""
    with Server(api) as closed:
        there = replace(chili.environment, base_url=f"{closed.url}/grafx")
    chili._source.sign_in(chili._source._credentials, there)
    with pytest.raises(ConnectionFailedError, match="Nothing was sent") as caught:
        chili.outputs.start(ONE, "png")
    assert "bill" not in str(caught.value)
    assert "not known" not in str(caught.value)


@pytest.mark.parametrize("status", [404, 500])
def test_a_text_that_is_no_template_says_what_texts_are(chili, api, status):
    """A project's id is not taken for a template's without a word."""

    def answer(asked):
        missing = asked.path.endswith("templates/project-1")
        return Answer(status, {"title": "Error"}) if missing else api(asked)

    with Server(answer) as server:
        there = replace(chili.environment, base_url=f"{server.url}/grafx")
        chili._source.sign_in(chili._source._credentials, there)
        with pytest.raises((NotFoundError, ServerError)) as caught:
            chili.outputs.create("project-1", "png")
    assert "give a project itself" in caught.value.hint
    assert api.starts == 0


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (lambda outputs: outputs.create("1", None), VariableError),
        (lambda outputs: outputs.create("1", "png", timeout_s=None), None),
        (lambda outputs: outputs.create("1", "png", timeout_s="soon"), None),
        (lambda outputs: outputs.create("1", "png", timeout_s=float("nan")), None),
        (lambda outputs: outputs.task(None), None),
        (lambda outputs: outputs.task(" "), None),
        (lambda outputs: outputs.task(7), None),
    ],
)
def test_what_is_no_order_and_no_task_is_refused_at_once(chili, api, what, error):
    """Nothing of another library is raised, and no render is spent."""
    with pytest.raises(error or ConfigurationError):
        what(chili.outputs)
    assert api.starts == 0


def test_a_layout_and_a_task_may_be_given_themselves(chili, api):
    """What a listing or a start gave is as good as its id."""
    (layout,) = chili.templates.get("1").layouts()
    task = chili.outputs.start("1", "png", layout=layout)
    assert chili.outputs.task(task) == task
    assert chili.outputs.task(task, "PDF").format == "pdf"
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
    api.polls = [REPORTED]
    output = chili.outputs.create("1", "png")
    assert output.content == b"png"
    (error,) = output.report
    assert (error.record, error.type) == (4, "TextOverflow")
    told = capsys.readouterr().err
    first, second = told.splitlines()
    assert "without 1 of its records" in first
    assert second == "record 4: a text does not fit its frame (Headline)"


@pytest.mark.parametrize(
    "report",
    [
        *(None, GATEWAY, Answer(500, b"<html>"), Answer(200, b"<html>")),
        *(Answer(200, {"a": 1}), Answer(200, [{"a": 1}]), Answer(403, {})),
    ],
)
def test_a_report_that_cannot_be_read_is_told(chili, api, capsys, report):
    """A success that may lack records does not look like a whole one."""
    api.polls, good, api.report = [REPORTED], api.report, report
    output = chili.outputs.create("1", "png")
    assert (output.content, output.report) == (b"png", ())
    told = capsys.readouterr().err
    assert told.startswith("Some records may be missing from the png: its report ")
    assert told.count("\n") == 1
    assert "chili.outputs.task('t', 'png').wait() reads it again." in told
    api.report = good
    assert len(chili.outputs.task("t", "png").wait().report) == 1


def test_a_report_without_errors_is_not_worth_a_word(chili, api, capsys):
    """A whole success may have a report too."""
    api.polls, api.report = [REPORTED], Answer(200, [])
    assert chili.outputs.create("1", "png").report == ()
    assert capsys.readouterr().err == ""


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
    assert pauses[:-1] == sorted(pauses[:-1])
    assert pauses[-2] == 5.0
    assert sum(pauses) == pytest.approx(200)


@pytest.mark.parametrize(
    "hitch", [Answer(429, b"", {"Retry-After": "30"}), GATEWAY, None]
)
def test_hitches_do_not_stretch_the_limit_in_time(chili, api, clock, hitch):
    """Polls are not retried beneath the limit, and no pause goes past it."""
    chili._retry = RETRY
    chili.close()
    api.polls, began, pauses = [hitch], clock(), []

    def sleep(seconds):
        pauses.append(seconds)
        clock.advance(seconds)

    chili.sleep = sleep
    with pytest.raises(OutputTimeoutError, match=r"2 s\. The last poll failed"):
        chili.outputs.create("1", "png", timeout_s=2)
    assert clock() - began == pytest.approx(2)
    assert api.polled == len(pauses) + 1


def test_a_poll_that_hangs_does_not_stretch_the_limit_in_time(chili, api):
    """A poll is given up soon after there is no time for it any more."""
    gate = Gate(api)

    def answer(asked):
        return gate(asked) if asked.path.endswith("output/tasks/t") else api(asked)

    with Server(answer) as server:
        there = replace(chili.environment, base_url=f"{server.url}/grafx")
        chili._source.sign_in(chili._source._credentials, there)
        with pytest.raises(OutputTimeoutError, match="no answer in time"):
            chili.outputs.task("t").wait(timeout_s=0)
        gate.opened.set()


def test_a_poll_is_repeated_when_grafx_asks_for_it(chili, api):
    """Who is told to wait seven seconds does not ask before."""
    pauses = []
    chili.sleep = pauses.append
    asked = {"Retry-After": "7"}
    api.polls = [Answer(429, b"", asked), Answer(503, b"", asked), PENDING, DONE]
    assert chili.outputs.create("1", "png").content == b"png"
    assert pauses == [7.0, 7.0, 0.25]


@pytest.mark.parametrize(
    ("links", "task_id"),
    [
        ({}, ""),
        ({"taskInfo": f"{ROOT}preview/tasks/p1?a=b/c"}, "p1"),
    ],
)
def test_a_preview_that_is_not_ready_names_its_task(chili, api, links, task_id):
    """The id is the task's, and empty where GraFx has named none."""
    api.file = Answer(202, {"data": None, "links": links})
    with pytest.raises(OutputTimeoutError) as caught:
        chili.templates.get("1").preview("medium")
    assert caught.value.task_id == task_id


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
    assert "The png is made" in caught.value.hint
    assert "goes on" not in caught.value.hint
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


def test_a_video_is_no_larger_than_what_shows_it():
    """A Story, higher than any screen, is seen whole."""
    video = File(b"mp4", "video/mp4", "story.mp4")._repr_mimebundle_()["text/html"]
    assert 'style="max-width:100%;max-height:80vh"' in video
