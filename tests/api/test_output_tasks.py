"""Waiting for outputs: what is not a failure, and how to continue after one."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from chili_notebook.errors import (
    ChiliError,
    OutputExpiredError,
    OutputFailedError,
    OutputTimeoutError,
)
from fakes import (
    TRICKLES,
    Answer,
    Clock,
    PausedEndpoint,
    RawServer,
    Server,
)

REPORT_URL = "https://x.example/grafx/api/v1/environment/cp-abc-123/report"
PENDING = Answer(202, b"")
DONE = Answer(200, {"data": {"taskId": "t"}, "links": {}})
REPORTED = Answer(200, {"data": {"taskId": "t"}, "links": {"report": "../../report"}})
GATEWAY = Answer(503, b"<html>", {"Content-Type": "text/html"})
WAIT_AGAIN = "chili.outputs.task('t', 'png').wait()"


@pytest.fixture
def chili(output_server, connect):
    """Return a client of the API that starts one task."""
    with connect(output_server) as client:
        yield client


@contextmanager
def recorded_sleep(connect, server, clock, **options):
    """Return a client and the list of its pauses."""
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        clock.advance(seconds)

    with connect(server, sleep=sleep, **options) as client:
        yield client, pauses


@pytest.mark.parametrize(
    "fault",
    [GATEWAY, None, Answer(429, b""), Answer(204, b""), Answer(500, b"<html>")],
)
def test_polling_continues_after_a_fault(chili, api, fault):
    """A gateway's error, a lost connection and a 429 do not end the wait."""
    api.polls = [PENDING, fault, PENDING, DONE]
    assert chili.outputs.create("1", "png").content == b"png"
    assert api.output_requests == 1


def test_failed_task_raises_the_reason_and_its_report(chili, api):
    """A 500 with a problem document is GraFx's own reason."""
    detail = f"TextOverflow. Error report: {REPORT_URL}."
    api.polls = [PENDING, Answer(500, {"detail": detail, "status": "500"})]
    with pytest.raises(OutputFailedError, match=r"output: TextOverflow\.\n") as caught:
        chili.outputs.create("1", "png")
    assert caught.value.task_id == "t"
    assert "https" not in str(caught.value)


def test_unknown_task_is_named_in_the_error(chili, api):
    """A 404 while polling means that GraFx does not know the task."""
    api.polls = [Answer(404, {"detail": "no task"})]
    with pytest.raises(OutputFailedError, match="does not know the task t"):
        chili.outputs.task("t").wait()


def test_timeout_has_the_line_that_waits_again(chili, api):
    """The error has the ID of the task and the line that waits for it."""
    api.polls = [GATEWAY]
    with pytest.raises(OutputTimeoutError) as caught:
        chili.outputs.create("1", "png", timeout_s=20)
    assert WAIT_AGAIN in caught.value.hint
    assert caught.value.task_id == "t"
    assert api.output_requests == 1


def test_hint_uses_the_name_of_the_client(connect, output_server, api):
    """In a notebook with profiles, ``chili`` may be another environment."""
    api.polls = [PENDING]
    with (
        connect(output_server, name="chili_acme") as client,
        pytest.raises(OutputTimeoutError, match=r"chili_acme\.outputs\.task"),
    ):
        client.outputs.create("1", "png", timeout_s=1)


def test_interrupt_while_waiting_says_how_to_wait_again(connect, output_server, api):
    """A user who stops the cell reads how to get the render later, and no frames."""

    def interrupt(_seconds):
        raise KeyboardInterrupt

    api.polls = [PENDING]
    with (
        connect(output_server, sleep=interrupt) as client,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.outputs.create("1", "png")
    assert WAIT_AGAIN in str(caught.value)
    assert caught.value._render_traceback_() == [
        "KeyboardInterrupt: You stopped waiting for the PNG output.",
        f"→ The task continues at GraFx: {WAIT_AGAIN} waits for it again.",
    ]


def test_interrupted_download_says_that_the_output_is_ready(
    connect, output_server, api
):
    """The render is done, and the message has the line that fetches it."""
    api.file = Answer(503, b"")  # so that the client sleeps before it tries again

    def interrupt(_seconds):
        raise KeyboardInterrupt

    with (
        connect(output_server, sleep=interrupt) as client,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        client.outputs.task("t", "png").wait()
    assert caught.value.hint == f"The PNG output is ready: {WAIT_AGAIN} fetches it."


@pytest.mark.parametrize("status", [400, 401, 403, 429, 503])
def test_failed_download_has_the_line_that_fetches_the_output(chili, api, status):
    """No second render is needed."""
    file, api.file = api.file, Answer(status, {"detail": "not now"})
    with pytest.raises(ChiliError) as caught:
        chili.outputs.create("1", "png")
    assert f"The PNG output is ready: {WAIT_AGAIN}" in caught.value.hint
    assert "continues" not in caught.value.hint
    api.file = file
    assert chili.outputs.task("t", "png").wait().content == b"png"
    assert api.output_requests == 1


@pytest.mark.parametrize("poll", [Answer(401, {}), Answer(403, {}), Answer(200, b"<")])
def test_refused_poll_has_the_line_that_waits_again(chili, api, poll):
    """The task continues, so a second render is not needed."""
    api.polls = [PENDING, poll]
    with pytest.raises(ChiliError) as caught:
        chili.outputs.create("1", "png")
    assert WAIT_AGAIN in caught.value.hint


@pytest.mark.parametrize("status", [404, 410])
def test_file_that_is_no_longer_stored_is_expired(chili, api, status):
    """After four hours GraFx still knows the task, but has deleted its file."""
    api.file = Answer(status, {"detail": "no longer available"})
    with pytest.raises(OutputExpiredError, match="no longer stores") as caught:
        chili.outputs.task("t", "png").wait()
    assert caught.value.task_id == "t"


def test_task_is_found_again_by_its_id_alone(chili, api):
    """The ID is enough to get the file, under GraFx's name for it."""
    output = chili.outputs.task("t").wait()
    assert (output.content, output.format, output.task_id) == (b"png", None, "t")
    assert output.file_name == "D-x.png"
    assert api.output_requests == 0


def test_partial_success_returns_the_file_and_the_report(chili, api, capsys):
    """The missing records are printed, and are in the output's report."""
    api.polls = [REPORTED]
    output = chili.outputs.create("1", "png")
    assert output.content == b"png"
    (error,) = output.report
    assert (error.record, error.type) == (4, "TextOverflow")
    first, second = capsys.readouterr().err.splitlines()
    assert "without 1 of its rows" in first
    assert second == "row 5: a text does not fit its frame (Headline)"


@pytest.mark.parametrize(
    "report",
    [
        *(None, GATEWAY, Answer(500, b"<html>"), Answer(200, b"<html>")),
        *(Answer(200, {"a": 1}), Answer(200, [{"a": 1}]), Answer(403, {})),
    ],
)
def test_report_that_cannot_be_read_is_a_warning(chili, api, capsys, report):
    """An output that may lack records does not look complete."""
    api.polls, good, api.report = [REPORTED], api.report, report
    output = chili.outputs.create("1", "png")
    assert (output.content, output.report) == (b"png", ())
    printed = capsys.readouterr().err
    assert printed.startswith("Some rows may be missing from the PNG output: its ")
    assert printed.count("\n") == 1
    assert f"{WAIT_AGAIN} reads it again." in printed
    api.report = good
    assert len(chili.outputs.task("t", "png").wait().report) == 1


def test_empty_report_prints_nothing(chili, api, capsys):
    """A complete success may have a report too."""
    api.polls, api.report = [REPORTED], Answer(200, [])
    assert chili.outputs.create("1", "png").report == ()
    assert capsys.readouterr().err == ""


def test_a_slow_render_prints_nothing(connect, output_server, api, capsys):
    """Where no notebook shows it, the progress of a render is not an output."""
    api.polls = [PENDING] * 20 + [DONE]
    with connect(output_server) as client:
        client.outputs.create("1", "png")
    assert capsys.readouterr() == ("", "")


def test_polls_become_rarer_as_time_passes(connect, output_server, api, clock):
    """A quick render is noticed quickly, a slow one is polled every five seconds."""
    api.polls = [PENDING]
    with (
        recorded_sleep(connect, output_server, clock) as (client, pauses),
        pytest.raises(OutputTimeoutError),
    ):
        client.outputs.create("1", "png", timeout_s=200)
    assert pauses[0] < 0.2
    assert pauses[:-1] == sorted(pauses[:-1])
    assert pauses[-2] == 5.0
    assert sum(pauses) == pytest.approx(200)


@pytest.mark.parametrize(
    "fault", [Answer(429, b"", {"Retry-After": "30"}), GATEWAY, None]
)
def test_faults_do_not_extend_the_timeout(connect, output_server, api, clock, fault):
    """Polls are not retried inside the timeout, and no pause goes beyond it."""
    api.polls, started_at = [fault], clock()
    with (
        recorded_sleep(connect, output_server, clock) as (client, pauses),
        pytest.raises(OutputTimeoutError, match=r"2 s\. The last poll failed"),
    ):
        client.outputs.create("1", "png", timeout_s=2)
    assert clock() - started_at == pytest.approx(2)
    assert api.poll_count == len(pauses)


def test_poll_that_hangs_does_not_extend_the_timeout(connect, api):
    """A poll is ended soon after the timeout."""
    paused = PausedEndpoint(api)

    def answer(request):
        return (
            paused(request) if request.path.endswith("output/tasks/t") else api(request)
        )

    with Server(answer) as server, connect(server) as client:
        with pytest.raises(OutputTimeoutError, match="no response in time"):
            client.outputs.task("t").wait(timeout_s=0)
        paused.may_answer.set()


def test_pause_is_that_of_the_retry_after_header(connect, output_server, api, clock):
    """After a response with Retry-After: 7 the next poll is seven seconds later."""
    headers = {"Retry-After": "7"}
    api.polls = [Answer(429, b"", headers), Answer(503, b"", headers), PENDING, DONE]
    with recorded_sleep(connect, output_server, clock) as (client, pauses):
        assert client.outputs.create("1", "png").content == b"png"
    assert sum(pauses[1:5]) == 14.0
    assert api.poll_count == 4


@pytest.mark.parametrize("trickle", TRICKLES.values(), ids=TRICKLES)
def test_a_wait_ends_in_time_whatever_trickles(connect, trickle):
    """A poll that gets one byte after the other is one that failed."""
    with (
        RawServer(*trickle) as server,
        connect(server) as client,
        pytest.raises(OutputTimeoutError, match="was not ready"),
    ):
        client.outputs.task("t", "png").wait(timeout_s=0)


@pytest.mark.parametrize("change_s", [-86_400, 86_400])
def test_a_change_of_the_clock_does_not_change_the_wait(
    connect, clock, output_server, api, change_s
):
    """A wait of 20 seconds takes 20 seconds, whatever the clock shows."""
    stopwatch = Clock(0)

    def sleep(seconds):
        stopwatch.advance(seconds)
        clock.advance(change_s)

    api.polls = [PENDING]
    with (
        connect(output_server, sleep=sleep, stopwatch=stopwatch) as client,
        pytest.raises(OutputTimeoutError),
    ):
        client.outputs.task("t", "png").wait(timeout_s=20)
    assert stopwatch() == pytest.approx(20)
