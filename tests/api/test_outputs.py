"""Output requests: what is checked before, and what is known after a lost response."""

from __future__ import annotations

import datetime as dt
import json
import signal
import threading

import httpx
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
        ("1", {"layout": []}),
        ("1", {"layout": ["one", "two"]}),
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
        ("1", {"settings": 7}),
        ("1", {"settings": {"quality": float("nan")}}),
        ("1", {"settings": {"type": "pdf"}}),
        ("1", {"settings": {"type": 7}}),
        ("1", {"engine_version": 2.27}),
        ("1", {"engine_version": " "}),
        ("1", {"max_records_per_file": 10}),
        ('{"layouts": ', {}),
        ("{}{}", {}),
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
        lambda outputs: outputs.settings.create("png", name="a", when=dt.date.max),
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
    """PNG is png, jpeg is jpg, and layout 0 is the layout whose ID is "0"."""
    assert chili.outputs.create("1", "PNG", layout=0).format == "png"
    assert chili.outputs.task("t", "JPEG").format == "jpg"
    assert chili.outputs.task("t", ".html").format == "html"


@pytest.mark.parametrize(("text", "closest"), [("pgn", "png"), ("pdff", "pdf")])
def test_misspelt_format_is_refused_with_the_closest(chili, text, closest):
    """The hint lists all formats, too."""
    with pytest.raises(ConfigurationError) as caught:
        chili.outputs.task("t", text)
    assert caught.value.hint.startswith(f"Use '{closest}'. Formats: pdf, jpg")


@pytest.fixture
def requests(client_of):
    """Return a client, and the list of the bodies of its output requests."""
    bodies = []

    def api(request):
        if request.method == "POST":
            bodies.append(json.loads(request.content))
            return httpx.Response(200, json={"data": {"taskId": f"t{len(bodies)}"}})
        if request.url.path.endswith("settings"):
            setting = {"id": "s", "name": "Records", "type": "PDF"}
            return httpx.Response(
                200, json={"data": [setting | {"dataSourceEnabled": True}]}
            )
        if request.url.path.endswith("download"):
            return httpx.Response(200, content=b"%PDF")
        return httpx.Response(200, json={"data": {"taskId": "t"}})

    with client_of(api) as client:
        yield client, bodies


TWO_LAYOUTS = {
    "layouts": [{"id": "0", "name": "one"}, {"id": "1", "name": "two"}],
    "variables": [
        {"name": "Title", "type": "shortText"},
        {"name": "Rows", "type": "dataSource", "value": {"type": "injected"}},
    ],
}


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({}, {}),
        ({"engine_version": "2.27.0"}, {"engineVersion": "2.27.0"}),
        ({"max_records_per_file": 50}, {"maxRecordsPerFile": 50}),
        ({"settings": "s"}, {"outputSettingsId": "s"}),
        (
            {"settings": {"watermark": True}},
            {"outputSettings": {"type": "PDF", "watermark": True}},
        ),
        ({"variables": {"Title": 1}}, {"variables": [{"Title": "1"}]}),
        (
            {"variables": pd.DataFrame({"Title": ["a", None]})},
            {"variables": [{"Title": "a"}, {"Title": None}]},
        ),
        (
            {"variables": {"Rows": [{"id": 1, "new": True}]}},
            {"variables": [{"Rows": [{"id": 1, "new": True}]}]},
        ),
    ],
)
def test_options_are_fields_of_the_request(requests, options, fields):
    """Each option has the name and the type that GraFx's own programs send."""
    client, bodies = requests
    client.outputs.start(TWO_LAYOUTS, "pdf", **options)
    expected = {"documentContent": TWO_LAYOUTS, "layoutsToExport": ["0"]}
    assert bodies == [expected | fields]


def test_several_layouts_make_one_output_each(requests):
    """All are started before the first is waited for, and shown as a table."""
    client, bodies = requests
    outputs = client.outputs.create(TWO_LAYOUTS, "pdf", layout=["two", "0"])
    assert [body["layoutsToExport"] for body in bodies] == [["1"], ["0"]]
    assert [output.task_id for output in outputs] == ["t1", "t2"]
    assert "t2.pdf" in outputs.bundle()["text/plain"]


def test_failure_of_one_layout_names_the_tasks_of_the_others(client_of):
    """They continue at GraFx, and have been ordered."""
    answers = iter(
        [httpx.Response(200, json={"data": {"taskId": "t1"}}), httpx.Response(500)]
    )
    with (
        client_of(lambda _request: next(answers)) as client,
        pytest.raises(ConnectionFailedError) as caught,
    ):
        client.outputs.start(TWO_LAYOUTS, "pdf", layout=["0", "1"])
    assert caught.value.hint.endswith("The tasks of the other layouts: t1.")


def test_document_may_be_the_text_of_its_json(requests):
    """A document that was read from a file need not be parsed before."""
    client, bodies = requests
    client.outputs.start(json.dumps(TWO_LAYOUTS), "pdf")
    assert bodies[0]["documentContent"] == TWO_LAYOUTS


def test_setting_that_cannot_make_the_output_is_refused(requests):
    """A setting is for one format; one with a data connector takes no data source."""
    client, bodies = requests
    setting = client.outputs.settings.list()[0]
    rows = {"Rows": [{"id": "1"}]}
    with pytest.raises(ConfigurationError, match="for the format 'pdf'"):
        client.outputs.start(TWO_LAYOUTS, "png", settings=setting)
    with pytest.raises(ConfigurationError, match="from a data connector"):
        client.outputs.start(TWO_LAYOUTS, "pdf", settings=setting, variables=rows)
    assert bodies == []


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
