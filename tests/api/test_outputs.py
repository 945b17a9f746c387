"""Output requests: what is checked before, and what is known after a lost response."""

from __future__ import annotations

import datetime as dt
import signal
import threading

import pandas as pd
import pytest

from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    ServerError,
    VariableError,
)
from fakes import Answer, Server

DOCUMENT = {"layouts": [{"id": "0", "name": "one"}]}
GATEWAY = Answer(503, b"<html>", {"Content-Type": "text/html"})


@pytest.fixture
def chili(output_server, connect):
    """Return a client of the API that starts one task."""
    with connect(output_server) as client:
        yield client


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("1", {"variables": "x"}),
        ("1", {"variables": ["x"]}),
        ("1", {"variables": []}),
        ("1", {"variables": pd.DataFrame({"Title": ["a"]})}),
        ("1", {"layout": 7}),
        ({"layouts": []}, {}),
    ],
)
def test_output_that_cannot_be_rendered_is_refused_before_a_request(
    chili, api, source, options
):
    """Wrong rows and a missing layout cost no render."""
    with pytest.raises(VariableError) as caught:
        chili.outputs.create(source, "png", **options)
    assert caught.value.hint
    assert api.output_requests == 0


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (None, {}),
        (object(), {}),
        ("1", {"settings": {"id": "1"}}),
        (DOCUMENT | {"a": dt.date(2026, 3, 1)}, {}),
        (DOCUMENT | {"a": float("nan")}, {}),
        (DOCUMENT | {"a": "\ud800"}, {}),
    ],
)
def test_argument_of_the_wrong_kind_is_a_configuration_error(
    chili, api, source, options
):
    """A wrong source, a wrong setting and a value outside JSON cost no render."""
    with pytest.raises(ConfigurationError) as caught:
        chili.outputs.create(source, "png", **options)
    assert caught.value.hint
    assert api.output_requests == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda outputs: outputs.create("1", None),
        lambda outputs: outputs.create("1", "tiff"),
        lambda outputs: outputs.settings.create("tiff", name="a"),
        lambda outputs: outputs.create("1", "png", timeout_s=None),
        lambda outputs: outputs.create("1", "png", timeout_s="soon"),
        lambda outputs: outputs.create("1", "png", timeout_s=float("nan")),
        lambda outputs: outputs.task(None),
        lambda outputs: outputs.task(" "),
        lambda outputs: outputs.task(7),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(chili, api, call):
    """A wrong format, timeout or task costs no render."""
    with pytest.raises(ConfigurationError):
        call(chili.outputs)
    assert api.output_requests == 0


def test_format_and_layout_are_normalised(chili):
    """PNG is png, and layout 0 is the layout whose ID is "0"."""
    assert chili.outputs.create("1", "PNG", layout=0).format == "png"


def test_layouts_and_tasks_may_be_passed_themselves(chili, api):
    """An item can be used in place of its ID."""
    (layout,) = chili.templates.get("1").layouts()
    task = chili.outputs.start("1", "png", layout=layout)
    assert chili.outputs.task(task) == task
    assert chili.outputs.task(task, "PDF").format == "pdf"
    assert api.output_requests == 1


def test_start_returns_the_task(chili, api):
    """The caller can wait for a started output at any time."""
    task = chili.outputs.start("1", "png")
    assert (task.id, task.format, api.output_requests) == ("t", "png", 1)
    assert repr(task) == "OutputTask(id='t', format='png')"
    assert task.wait().content == b"png"


@pytest.mark.parametrize(
    "answer",
    [
        *(None, GATEWAY, Answer(502, {"title": "Bad Gateway"})),
        *(Answer(200, {}), Answer(200, {"data": {"taskId": None}})),
        *(Answer(200, {"data": None}), Answer(200, []), Answer(200, b"<html>")),
        Answer(302, b"", {"Location": "http:host/x"}),
    ],
)
def test_output_whose_response_is_lost_may_have_been_billed(chili, api, answer):
    """The request is sent once; the error names what is unknown and where to look."""
    api.start = answer
    with pytest.raises(ConnectionFailedError, match="unknown whether") as caught:
        chili.outputs.start("1", "png")
    assert "bill" in caught.value.hint
    assert 'chili.pages("output/tasks")' in caught.value.hint
    assert api.output_requests == 1


def test_output_that_was_not_requested_cannot_have_been_billed(connect, api):
    """If there is no connection, the error states that nothing was sent."""
    with Server(api) as closed:
        pass
    with pytest.raises(ConnectionFailedError, match="Nothing was sent") as caught:
        connect(closed).outputs.start(DOCUMENT, "png")
    assert not caught.value.was_sent
    assert "bill" not in str(caught.value)
    assert "unknown" not in str(caught.value)


def test_output_that_grafx_refuses_raises_the_reason(chili, api):
    """A refusal is not an unknown outcome."""
    api.start = Answer(500, {"title": "No such layout"})
    with pytest.raises(ServerError, match="No such layout"):
        chili.outputs.start("1", "png")


def test_output_whose_request_is_interrupted_may_have_been_billed(connect, api):
    """A user who stops the cell while the request is sent reads what is unknown."""
    interrupted = threading.Event()

    def answer(request):
        if not request.path.endswith("output/png"):
            return api(request)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        assert interrupted.wait(10)
        return None

    with Server(answer) as server:
        with pytest.raises(KeyboardInterrupt, match="unknown whether") as caught:
            connect(server).outputs.create("1", "png")
        interrupted.set()
    assert 'chili.pages("output/tasks")' in str(caught.value)


@pytest.mark.parametrize("status", [404, 500])
def test_unknown_template_id_may_be_that_of_a_project(chili, api, status):
    """The hint is to pass the project itself, because an ID is that of a template."""
    api.template = Answer(status, {"title": "Error"})
    with pytest.raises((NotFoundError, ServerError)) as caught:
        chili.outputs.create("project-1", "png")
    assert "pass a project itself" in caught.value.hint
    assert api.output_requests == 0


def test_limit_counts_bytes_as_they_are_sent(chili, api):
    """Rows in other scripts are not counted as JSON would escape them."""
    rows = [{"Title": "茶" * 400}] * 6_000
    document = DOCUMENT | {"variables": [{"name": "Title", "type": "shortText"}]}
    assert chili.outputs.start(document, "png", variables=rows).id == "t"
    with pytest.raises(ConfigurationError, match="too large"):
        chili.outputs.start(document, "png", variables=rows * 2)
    assert api.output_requests == 1
