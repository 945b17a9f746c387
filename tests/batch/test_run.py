"""Running a batch: what is ordered once, what is adopted, and what is waited for."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from IPython.utils.capture import capture_output
from render_service import RenderService

from chili_notebook.api.api_errors import InterruptedCallError
from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    VariableError,
)

STATES = ["invalid", "ready", "running", "done", "failed", "unknown", "kept"]


def counts(batch):
    """Return the counts that are not 0."""
    return {state: count for state, count in batch.counts.items() if count}


def is_order(request):
    """Return whether a request is an order."""
    return request.method == "POST"


def test_each_row_is_ordered_once_and_saved_under_its_name(service, prepare):
    """Every row has a file; the same cells again order nothing."""
    batch = prepare(20).run()
    assert counts(batch) == {"done": 20}
    assert list(batch.counts) == STATES
    assert service.order_count == 20
    assert {path.name for path in Path("out").glob("*.jpg")} == {
        f"s{number}.jpg" for number in range(20)
    }
    assert batch[3].path == Path("out/s3.jpg")
    assert (batch[3].number, batch[3].state, batch[3].error) == (4, "done", "")
    assert batch[3].values["Product"] == "Jam 3"
    assert service.tasks[batch[3].task_id].body["variables"][0]["Product"] == "Jam 3"
    again = prepare(20)
    assert counts(again) == {"done": 20, "kept": 20}
    assert "20 done before" in repr(again)
    again.run()
    assert service.order_count == 20


def test_few_requests_are_sent_for_each_output(service, prepare):
    """The document is fetched once, and polls are few."""
    prepare(60).run(concurrency=8)
    assert (
        sum(request == "GET templates/t/download" for request in service.requests) == 1
    )
    assert len(service.requests) <= 6 * 60


def test_a_sample_orders_no_more_than_its_limit(service, prepare):
    """`limit` is a number of renders, and the next run does the rest."""
    batch = prepare(10)
    batch.run(limit=3)
    assert (service.order_count, counts(batch)) == (3, {"ready": 7, "done": 3})
    batch.run()
    assert counts(batch) == {"done": 10, "kept": 3}
    assert service.ordered_products == {f"Jam {number}" for number in range(10)}


def test_no_more_tasks_are_in_flight_than_allowed(service, prepare):
    """`concurrency` limits the tasks that are ordered and not done."""
    in_flight = []

    def watch(request):
        if is_order(request):
            now = service.clock.now
            running = [task for task in service.tasks.values() if task.ready_at > now]
            in_flight.append(len(running) + 1)

    service.fault = watch
    prepare(20).run(concurrency=3)
    assert max(in_flight) == 3


def test_an_interrupted_run_is_adopted_by_the_next(service, prepare):
    """Running tasks are waited for, and only the missing rows are ordered."""
    batch = prepare(10)
    rows = batch.as_completed(concurrency=4)
    next(rows)
    rows.close()
    left = counts(batch)
    assert left["done"] >= 1
    assert left["running"] >= 1
    assert left["ready"] >= 1
    again = prepare(10)
    assert f"{left['running']} running" in repr(again)
    again.run()
    assert again.counts["done"] == 10
    assert service.order_count == 10


def test_an_interrupt_says_in_one_line_how_to_continue(service, prepare):
    """There is no traceback of frames, and nothing is waited for."""
    service.render_s = 1e9

    def after(path, row):
        """Never called."""

    batch = prepare(10)
    _interrupt_main_thread_when(service, lambda: service.order_count >= 8)
    with pytest.raises(InterruptedCallError) as caught:
        batch.run(after=after)
    assert "8 are running at GraFx" in caught.value.message
    assert "run()" in caught.value.hint
    assert len(caught.value._render_traceback_()) == 2
    assert counts(batch) == {"ready": 2, "running": 8}


def _interrupt_main_thread_when(service, condition):
    import _thread

    interrupted = []

    def watch(_request):
        if condition() and not interrupted:
            interrupted.append(True)
            _thread.interrupt_main()

    service.fault = watch


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(504, content=b""),
        httpx.Response(500, content=b"<html>"),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={"data": {}}),
    ],
)
def test_an_order_without_an_answer_is_unknown_and_not_repeated(service, prepare, lost):
    """GraFx may have rendered it, so only `retry_unknown` orders it again."""
    lose = [lost]

    def fault(request):
        if is_order(request) and b"Jam 2" in request.content and lose:
            service._order(json.loads(request.content))
            answer = lose.pop()
            if isinstance(answer, Exception):
                raise answer
            return answer
        return None

    service.fault = fault
    batch = prepare(5).run()
    assert counts(batch) == {"done": 4, "unknown": 1}
    assert [row.values["sku"] for row in batch.unknown] == ["s2"]
    assert batch.unknown[0].error
    again = prepare(5)
    assert "run(retry_unknown=True)" in repr(again)
    again.run()
    assert service.order_count == 5
    again.run(retry_unknown=True)
    assert service.order_count == 6
    assert again.counts["done"] == 5


@pytest.mark.parametrize(
    "refused",
    [
        httpx.ConnectError("refused"),
        httpx.Response(503, content=b"<html>"),
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(503, headers={"Retry-After": "7"}),
        httpx.Response(500, json={"title": "Internal Server Error", "status": 500}),
    ],
)
def test_an_hour_of_downtime_is_survived(service, prepare, refused):
    """No row is lost, unknown or ordered twice, and few requests are sent."""
    began = service.clock.now + 3
    hour_of = []

    def fault(request):
        if began <= service.clock.now < began + 3600:
            hour_of.append(request.method)
            if isinstance(refused, Exception):
                raise refused
            return refused
        return None

    service.fault = fault
    batch = prepare(40).run(concurrency=8)
    assert counts(batch) == {"done": 40}
    assert service.order_count == 40
    assert 0 < len(hour_of) < 600


def test_patience_ends_and_the_run_can_be_continued(service, prepare):
    """After `patience_s` without GraFx the run ends with an error and a hint."""
    service.fault = lambda _request: (
        httpx.Response(503) if service.order_count >= 3 else None
    )
    batch = prepare(10)
    with pytest.raises(ConnectionFailedError, match="could not be reached") as caught:
        batch.run(patience_s=600)
    assert "run()" in caught.value.hint
    assert batch.counts["unknown"] == 0
    service.fault = lambda _request: None
    batch.run()
    assert batch.counts["done"] == 10
    assert service.order_count == 10


def test_retry_after_slows_all_calls_together(service, prepare):
    """After a 429 nothing is sent before the time that GraFx asks for."""
    sent = []

    def fault(_request):
        sent.append(service.clock.now)
        if len(sent) == 20:
            return httpx.Response(429, headers={"Retry-After": "90"})
        return None

    service.fault = fault
    batch = prepare(20).run(concurrency=4)
    assert batch.counts["done"] == 20
    refused_at = sent[19]
    in_between = [moment for moment in sent[30:] if moment < refused_at + 90]
    assert in_between == []


def test_an_error_that_no_order_survives_ends_the_run(service, prepare):
    """A 403 is raised; the rows stay ready, and nothing is unknown."""
    service.fault = lambda request: (
        httpx.Response(403, json={"title": "Forbidden"}) if is_order(request) else None
    )
    batch = prepare(5)
    with pytest.raises(ForbiddenError):
        batch.run()
    assert counts(batch) == {"ready": 5}


def test_failures_are_listed_and_not_ordered_again(service, prepare):
    """GraFx's reason is with the row; `retry_failed` orders it again."""
    service.fail = lambda values: (
        "No picture 'x'." if values[0]["Product"] == "Jam 1" else None
    )
    batch = prepare(4).run()
    assert counts(batch) == {"done": 3, "failed": 1}
    (failed,) = batch.failures
    assert (failed.number, failed.error) == (2, "No picture 'x'.")
    assert prepare(4).run().counts["failed"] == 1
    assert service.order_count == 4
    service.fail = lambda _values: None
    again = prepare(4)
    again.run(retry_failed=True)
    assert again.counts["done"] == 4


def test_an_order_that_grafx_refuses_has_failed(service, prepare):
    """A 400 for one row does not end the others."""
    service.fault = lambda request: (
        httpx.Response(400, json={"title": "Bad Request", "detail": "No."})
        if is_order(request) and b"Jam 1" in request.content
        else None
    )
    batch = prepare(3).run()
    assert counts(batch) == {"done": 2, "failed": 1}
    assert batch.failures[0].error == "No."


def test_expired_outputs_are_ordered_again(service, prepare):
    """A file that GraFx no longer stores is not waited for."""
    batch = prepare(3)
    rows = batch.as_completed(concurrency=3)
    next(rows)
    rows.close()
    done = batch.counts["done"]
    service.clock.advance(5 * 3600)
    again = prepare(3).run()
    assert again.counts["done"] == 3
    assert service.order_count == 3 + (3 - done)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
def test_a_deleted_or_cut_file_is_fetched_again(service, prepare, damage):
    """Within four hours it is downloaded again; later it is rendered again."""
    prepare(3).run()
    damage(Path("out/s1.jpg"))
    again = prepare(3)
    assert counts(again) == {"done": 2, "kept": 2, "running": 1}
    again.run()
    assert Path("out/s1.jpg").read_bytes().startswith(b"\xff\xd8")
    assert service.order_count == 3
    damage(Path("out/s1.jpg"))
    service.clock.advance(5 * 3600)
    last = prepare(3)
    assert counts(last) == {"done": 2, "kept": 2, "ready": 1}
    last.run()
    assert service.order_count == 4


def test_rows_come_as_they_are_completed(prepare):
    """`as_completed` yields done and failed rows, those of earlier runs first."""
    batch = prepare(6)
    batch.run(limit=2)
    rows = list(batch.as_completed())
    assert len(rows) == 6
    assert [row.number for row in rows[:2]] == [1, 2]
    assert {row.state for row in rows} == {"done"}


def test_after_is_called_with_each_file_and_repeated_after_an_error(service, prepare):
    """A row whose `after` fails is not done, so the next run repeats it."""
    seen = []

    def after(path, row):
        seen.append((path.name, row.number, row.state, path.exists()))
        if row.number == 2 and len(seen) < 4:
            message = "no"
            raise ValueError(message)

    batch = prepare(3)
    with pytest.raises(ConfigurationError, match=r"row 2: ValueError: no"):
        batch.run(after=after)
    assert counts(batch) == {"done": 2, "running": 1}
    batch.run(after=after)
    assert batch.counts["done"] == 3
    assert sorted(seen[:3]) == [(f"s{n}.jpg", n + 1, "done", True) for n in range(3)]
    assert service.order_count == 3


def test_a_run_with_invalid_rows_orders_nothing_unless_they_are_skipped(
    service, prepare
):
    """Nobody pays for a part of a table by mistake."""
    rows = [{"sku": "a", "Product": "Jam"}, {"sku": "b", "Product": ""}]
    batch = prepare(rows)
    with pytest.raises(VariableError, match="1 row has a problem") as caught:
        batch.run()
    assert "skip_invalid=True" in caught.value.hint
    assert service.order_count == 0
    assert counts(batch.run(skip_invalid=True)) == {"invalid": 1, "done": 1}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"limit": -1}, "limit must be a whole number from 0"),
        ({"limit": 1.5}, "limit must be"),
        ({"concurrency": 0}, "concurrency must be a whole number from 1"),
        ({"patience_s": "long"}, "patience_s must be a number of seconds"),
        ({"patience_s": -1}, "patience_s must be"),
        ({"skip_invalid": "no"}, "skip_invalid must be True or False"),
        ({"retry_unknown": 1}, "retry_unknown must be"),
        ({"profile": 5}, "profile must be a text"),
        ({"after": 3}, "not a function"),
        ({"executor": 3}, "Expected an executor"),
    ],
)
def test_wrong_arguments_of_a_run_are_errors(service, prepare, arguments, reason):
    """They are found before anything is ordered."""
    with pytest.raises(ConfigurationError, match=reason):
        prepare().run(**arguments)
    assert service.order_count == 0


def test_the_ledger_holds_no_token(prepare):
    """What is in the folder can be shared."""
    prepare(3).run()
    for path in Path("out").iterdir():
        assert b"a.b.c" not in path.read_bytes()


def test_a_task_that_grafx_forgets_is_not_paid_twice(prepare):
    """A task that is unknown just after its order fails, and is not ordered again."""
    service = RenderService()

    def fault(request):
        if "/output/tasks/" in request.url.path:
            return httpx.Response(404, json={"title": "Not Found"})
        return None

    service.fault = fault
    batch = prepare(2, chili=service.client()).run()
    assert (service.order_count, counts(batch)) == (2, {"failed": 2})


def test_a_token_that_expires_in_the_middle_is_fetched_once(simulator, signed_in):
    """All threads share one token request, and no row is lost."""
    simulator.state.tasks.render_seconds = 2.0
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="Market price tag")[0]
        rows = [{"Product": f"Jam {number}", "Price": "2"} for number in range(12)]
        batch = chili.outputs.batch(template, rows, "png", folder="out")
        batch.run(limit=4)
        before = simulator.request_counts["POST /oauth/token"]
        simulator.clock.advance(25 * 3600)
        batch.run(concurrency=8)
    assert batch.counts["done"] == 12
    assert simulator.request_counts["POST /oauth/token"] == before + 1


def test_a_contact_sheet_shows_the_saved_files(simulator, signed_in):
    """Pictures are small, and a file that is not a picture has a reason instead."""
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="Market price tag")[0]
        rows = [{"Product": f"Jam {number}", "Price": "2"} for number in range(3)]
        for kind in ("jpg", "pdf", "html"):
            options = {"folder": f"out-{kind}", "name": "{row}"}
            batch = chili.outputs.batch(template, rows, kind, **options)
            entries = batch.run().gallery(at_most=2).entries
            assert [entry.caption for entry in entries] == [
                f"00001.{kind}",
                f"00002.{kind}",
            ]
            assert all(len(entry.picture) < 200_000 for entry in entries)
            assert bool(entries[0].picture) == (kind != "html")
            assert bool(entries[0].problem) == (kind == "html")


def test_the_last_line_of_a_run_stays_in_the_notebook(simulator, signed_in, shell):
    """Where a user looks, one display is updated, and has the result at the end."""
    content = {"allow_stdin": True}
    shell.kernel = SimpleNamespace(get_parent=lambda _channel: {"content": content})
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="Market price tag")[0]
        rows = [{"Product": f"Jam {number}", "Price": "2"} for number in range(3)]
        batch = chili.outputs.batch(template, rows, "png", folder="out")
        with capture_output() as captured:
            batch.run()
        failing = [{"Product": "Brie 🧀", "Price": "2"}]
        with capture_output() as failed:
            chili.outputs.batch(template, failing, "png", folder="failing").run()
    shown = captured._outputs
    assert len({output["transient"]["display_id"] for output in shown}) == 1
    text = shown[-1]["data"]["text/plain"]
    assert text.startswith("3 of 3 done, 0 failed, 3 ordered in this run, in ")
    assert text in shown[-1]["data"]["text/html"]
    end = failed._outputs[-1]["data"]["text/plain"]
    assert end.startswith("0 of 1 done, 1 failed, 1 ordered in this run, in ")


def test_an_unknown_argument_of_as_completed_is_an_error(service, prepare):
    """It takes the arguments of `run`, and names them."""
    with pytest.raises(ConfigurationError, match="no argument 'concurency'") as caught:
        prepare().as_completed(concurency=3)
    assert "concurrency" in caught.value.hint
    assert service.order_count == 0


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_missing_report_does_not_lose_the_file(service, prepare, status):
    """The report is about a file that is done, and has been paid for."""

    def fault(request):
        if request.url.path.endswith("/report"):
            return httpx.Response(status, json={"title": "No", "status": status})
        task_id = request.url.path.rpartition("/")[2]
        task = service.tasks.get(task_id)
        if task is None or service.clock() < task.ready_at:
            return None
        links = {"report": f"output/tasks/{task_id}/report"}
        return httpx.Response(200, json={"data": {"taskId": task_id}, "links": links})

    service.fault = fault
    assert counts(prepare(2).run()) == {"done": 2}


def test_a_task_id_that_is_returned_twice_is_used_once(service, prepare):
    """Otherwise two rows would have the same picture."""

    def fault(request):
        if is_order(request) and service.orders:
            service.orders.append(json.loads(request.content))
            return httpx.Response(200, json={"data": {"taskId": "task-1"}})
        return None

    service.fault = fault
    batch = prepare(3).run()
    assert counts(batch) == {"done": 1, "unknown": 2}
    assert "task-1 twice" in batch.unknown[0].error


@pytest.mark.parametrize(
    ("fault_of", "state"),
    [
        (lambda path: path.endswith("/download") and "tasks" in path, "running"),
        (lambda path: path.endswith("/tasks/task-1"), "running"),
        (lambda path: path.endswith("/output/jpg"), "ready"),
    ],
)
def test_patience_ends_for_one_call_that_fails_while_others_work(
    service, prepare, fault_of, state
):
    """A run never waits longer than `patience_s` without an end, and is resumable."""

    def fault(request):
        return httpx.Response(503) if fault_of(request.url.path) else None

    service.fault = fault
    batch = prepare(3)
    with pytest.raises(ConnectionFailedError, match="2 min"):
        batch.run(patience_s=120)
    assert batch.counts[state]
    service.fault = lambda _request: None
    assert counts(batch.run())["done"] == 3
    assert service.order_count == 3


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "image/jpeg"),
        (b" <html>Sign in</html>", "text/html; charset=utf-8"),
        (b'{"title": "x"}', "application/problem+json"),
    ],
)
def test_a_download_without_a_file_is_not_saved(
    service, prepare, content, content_type
):
    """The page of a proxy is not a picture; the task stays, and is fetched later."""
    service.make, service.content_type = lambda _task: content, content_type
    batch = prepare(1)
    with pytest.raises(ConnectionFailedError, match="not a file"):
        batch.run(patience_s=60)
    service.make, service.content_type = lambda _task: b"\xff\xd8\xff", "text/plain"
    assert counts(batch.run()) == {"done": 1}
    assert service.order_count == 1


def test_a_new_task_that_is_not_found_yet_is_waited_for_in_the_next_run(
    service, prepare
):
    """A run that adopts a task just after its order does not pay for it twice."""
    batch = prepare(1)
    polls = []

    def fault(request):
        if "/output/tasks/" not in request.url.path:
            return None
        polls.append(request)
        if len(polls) == 1:
            raise KeyboardInterrupt
        return httpx.Response(404) if len(polls) < 4 else None

    service.fault = fault
    with pytest.raises(KeyboardInterrupt):
        batch.run()
    assert counts(batch) == {"running": 1}
    assert counts(batch.run()) == {"done": 1}
    assert service.order_count == 1
