"""Progress: one display that is updated in place, and nothing where nobody watches."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from IPython.utils.capture import capture_output

from chili_notebook.display.progress import LiveLine, Progress
from fakes import Clock


@pytest.fixture
def front_end(shell):
    """Return the content of a request from a front-end whose user can answer."""
    content = {"allow_stdin": True}
    shell.kernel = SimpleNamespace(get_parent=lambda _channel: {"content": content})
    return content


def run(*seconds, text="Rendering PNG output", **options):
    """Update a progress after each of these pauses; return what was shown."""
    clock = Clock()
    with capture_output() as captured, Progress(text, clock=clock) as progress:
        for pause_s in seconds:
            clock.advance(pause_s)
            progress.update(**options)
    assert (captured.stdout, captured.stderr) == ("", "")
    return captured._outputs


@pytest.mark.usefixtures("front_end")
def test_slow_work_is_one_display_that_has_the_duration_at_the_end():
    """Each update replaces the line before, and the last one stays."""
    shown = run(1, 2, 70)
    assert [output["update"] for output in shown] == [False, True, True]
    assert len({output["transient"]["display_id"] for output in shown}) == 1
    first, second, last = (output["data"] for output in shown)
    assert "Rendering PNG output … 0:03" in first["text/html"]
    assert "1:13" in second["text/html"]
    assert last["text/plain"] == "Rendering PNG output: 1:13"


@pytest.mark.usefixtures("front_end")
def test_the_line_is_updated_once_per_second():
    """Many updates do not become many messages."""
    assert len(run(3, *[0.125] * 16)) == 4


@pytest.mark.usefixtures("front_end")
def test_a_known_part_is_a_bar_and_the_text_is_escaped():
    """The name of an uploaded file is never markup."""
    shown, last = run(3, text="Uploading <b>.png", done=0.5)
    assert '<progress value="0.50"></progress>' in shown["data"]["text/html"]
    assert "progress" not in last["data"]["text/html"]
    assert all("&lt;b&gt;" in output["data"]["text/html"] for output in (shown, last))


@pytest.mark.usefixtures("front_end")
def test_quick_work_shows_nothing():
    """Work of less than two seconds needs no progress."""
    assert run(0.5, 0.5) == []


def test_a_run_that_nobody_watches_shows_nothing(front_end):
    """In nbconvert and papermill nothing is left in the notebook."""
    front_end["allow_stdin"] = False
    assert run(3, 3) == []


@pytest.mark.usefixtures("front_end")
def test_a_worker_thread_shows_nothing():
    """Many renders at the same time would show many lines."""
    shown = []
    thread = threading.Thread(target=lambda: shown.extend(run(3, 3)))
    thread.start()
    thread.join()
    assert shown == []


def test_a_terminal_gets_one_line(monkeypatch):
    """A terminal cannot update a display, so it gets one line without a time."""
    written = []
    terminal = SimpleNamespace(isatty=lambda: True, write=written.append)
    monkeypatch.setattr("sys.stderr", terminal)
    clock = Clock()
    with Progress("Rendering PNG output", clock=clock) as progress:
        for _ in range(3):
            clock.advance(3)
            progress.update()
    assert written == ["Rendering PNG output …\n"]


def show_lines(*seconds, clock=None):
    """Show a new line after each of these pauses; return what was captured."""
    clock = clock or Clock()
    with capture_output() as captured, LiveLine(clock=clock) as line:
        for number, pause_s in enumerate(seconds):
            clock.advance(pause_s)
            line.show(f"{number} done", f"<p>{number} done</p>")
    assert captured.stderr == ""
    return captured


@pytest.mark.usefixtures("front_end")
def test_a_live_line_is_one_display_with_two_updates_a_second():
    """The newest line is shown at the end, so a saved notebook has the result."""
    shown = show_lines(1, *[0.125] * 9)._outputs
    assert [output["update"] for output in shown] == [False, True, True, True]
    texts = [output["data"]["text/plain"] for output in shown]
    assert texts == ["0 done", "4 done", "8 done", "9 done"]


@pytest.mark.usefixtures("front_end")
def test_the_same_line_is_not_shown_again():
    """A run that waits sends no messages."""
    clock = Clock()
    with capture_output() as captured, LiveLine(clock=clock) as line:
        for _ in range(5):
            clock.advance(1)
            line.show("waiting", "<p>waiting</p>")
    assert len(captured._outputs) == 1


def test_a_live_line_is_printed_every_half_minute_where_nobody_watches(front_end):
    """Logs of scheduled runs show that it goes on."""
    front_end["allow_stdin"] = False
    captured = show_lines(*[10] * 7)
    assert captured.stdout == "2 done\n5 done\n"
    assert captured._outputs == []


def test_a_terminal_shows_a_live_line_in_place(monkeypatch):
    """The newest line stays."""
    written = []
    terminal = SimpleNamespace(
        isatty=lambda: True, write=written.append, flush=lambda: None
    )
    monkeypatch.setattr("sys.stdout", terminal)
    clock = Clock()
    with LiveLine(clock=clock) as line:
        for pause_s, text in ((1, "10 done"), (1, "9 left"), (0, "0 left")):
            clock.advance(pause_s)
            line.show(text, "")
    assert written == ["\r10 done", "\r9 left ", "\r0 left \n"]
