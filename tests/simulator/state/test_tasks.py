"""Tests of tasks whose work takes long or fails, and of their lifetimes."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial

import pytest

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.state.tasks import OutputInfo, TaskFile
from chili_notebook.simulator.state.worker import THREAD_NAME
from simulator_api import open_client

PATH = "output/tasks/{id}/download"


@dataclass
class BlockedWork:
    """Work that runs until the test releases it."""

    release: threading.Event = field(default_factory=threading.Event)
    runs: int = 0

    def __call__(self):
        """Run until the event is set."""
        self.runs += 1
        assert self.release.wait(60)
        return TaskFile(b"done", "text/plain", "done.txt")


@pytest.fixture
def blocked_work():
    """Return work that is released at the end of the test."""
    work = BlockedWork()
    yield work
    work.release.set()


def start_outputs(simulator, work, count=1, seconds=0):
    """Start outputs at the same time, and return their tasks."""
    tasks = simulator.state.tasks
    tasks.polls_before_done, tasks.render_seconds, tasks.slots = 0, seconds, count
    output = OutputInfo("Slow", "pdf", "Template", simulator.integration.client_id, 1)
    return [tasks.start(work, PATH, output) for _ in range(count)]


def test_poll_does_not_wait_for_running_work(simulator, api, blocked_work):
    """Polls are answered with 202 until the work is done, and it runs only once."""
    simulator.state.tasks.wait_s = 0.01
    (task,) = start_outputs(simulator, blocked_work)
    url = f"output/tasks/{task.id}"
    assert [api.get(url).status_code for _ in range(3)] == [202] * 3
    assert api.get(f"{url}/download").status_code == 400
    (item,) = api.get("output/tasks").json()["data"]
    assert item["status"] == "Processing"
    blocked_work.release.set()
    while (done := api.get(url)).status_code == 202:
        pass
    assert api.get(done.json()["links"]["download"]).content == b"done"
    assert blocked_work.runs == 1


def test_list_waits_once_for_all_running_tasks(simulator, api, blocked_work):
    """The list of twenty running tasks responds as fast as that of one."""
    simulator.state.tasks.wait_s = 0.3
    assert simulator.state.tasks.wait_s * 20 > api.timeout.read
    start_outputs(simulator, blocked_work, count=20)
    items = api.get("output/tasks").json()["data"]
    assert {item["status"] for item in items} == {"Processing"}


def test_stop_does_not_wait_for_running_work(blocked_work):
    """The server stops while work is running, and its thread is a daemon."""
    with Simulator() as simulator, open_client(simulator) as api:
        simulator.state.tasks.wait_s = 0.01
        (task,) = start_outputs(simulator, blocked_work)
        assert api.get(f"output/tasks/{task.id}").status_code == 202
    assert blocked_work.runs == 1
    assert not blocked_work.release.is_set()
    assert all(t.daemon for t in threading.enumerate() if t.name == THREAD_NAME)


def test_unexpected_error_in_work_fails_the_task(simulator, api):
    """The problem names the class of the error but not its text."""
    (task,) = start_outputs(simulator, partial(int, "my-secret"))
    problem = api.get(f"output/tasks/{task.id}")
    assert problem.status_code == 500
    assert problem.json()["detail"] == "The simulator failed: ValueError."
    assert api.get("output/tasks").json()["data"][0]["status"] == "Failed"


def test_outputs_wait_for_free_slots(simulator, api, price_tag):
    """With two slots of ten seconds, three outputs take twenty seconds."""
    simulator.state.tasks.render_seconds, simulator.state.tasks.slots = 10, 2
    body = {"templateId": price_tag["id"]}
    urls = [
        api.post("output/png", json=body).json()["links"]["taskInfo"] for _ in range(3)
    ]

    def statuses():
        words = [item["status"] for item in api.get("output/tasks").json()["data"]]
        return words[::-1], [api.get(url).status_code for url in urls]

    assert statuses() == (["Processing", "Processing", "Pending"], [202, 202, 202])
    simulator.clock.advance(9)
    assert statuses()[1] == [202, 202, 202]
    assert api.get(f"{urls[0]}/download").status_code == 400
    simulator.clock.advance(1)
    assert api.get(f"{urls[0]}/download").status_code == 200
    assert statuses() == (["Finished", "Finished", "Processing"], [200, 200, 202])
    simulator.clock.advance(10)
    assert statuses() == (["Finished"] * 3, [200, 200, 200])


def test_free_slot_is_used_immediately(simulator, api, price_tag):
    """An output that is started when a slot is free does not wait."""
    simulator.state.tasks.render_seconds, simulator.state.tasks.slots = 10, 1
    body = {"templateId": price_tag["id"]}
    api.post("output/png", json=body)
    simulator.clock.advance(10)
    url = api.post("output/png", json=body).json()["links"]["taskInfo"]
    simulator.clock.advance(10)
    assert api.get(url).status_code == 200


def test_drawing_begins_before_the_render_time_is_over(simulator, api, blocked_work):
    """The work of an output that takes time starts with it, and is done later."""
    (task,) = start_outputs(simulator, blocked_work, seconds=10)
    while not blocked_work.runs:
        pass
    blocked_work.release.set()
    assert api.get(f"output/tasks/{task.id}").status_code == 202
    simulator.clock.advance(10)
    done = api.get(f"output/tasks/{task.id}").json()
    assert api.get(done["links"]["download"]).content == b"done"


def test_oldest_files_are_removed_if_there_are_too_many(simulator, api):
    """The files together have at most 300 MB; a removed file is 410."""
    content = b"x" * 120_000_000
    work = partial(TaskFile, content, "text/plain", "x.txt")
    tasks = start_outputs(simulator, work, count=3)
    urls = [f"output/tasks/{task.id}" for task in tasks]
    assert [api.get(url).status_code for url in urls] == [200] * 3
    assert [simulator.state.tasks.has_file(task) for task in tasks] == [0, 1, 1]
    assert api.get(f"{urls[0]}/download").status_code == 410


def test_file_lives_four_hours_and_task_seven_days(
    simulator, api, create_output, request_token, token_fields
):
    """Afterwards the download is 410, and later the task is 404."""
    url = create_output().json()["links"]["download"]
    for status, seconds in ((200, 0), (410, 4 * 3600), (404, 7 * 86_400)):
        simulator.clock.advance(seconds)
        token = request_token(token_fields).json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        assert api.get(url).status_code == status
