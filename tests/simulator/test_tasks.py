"""Tasks whose work takes its time, or fails: what who polls them is told."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from functools import partial

import pytest

from chili_notebook.simulator import Simulator
from chili_notebook.simulator.tasks import Job, Made

PLACE = "output/tasks/{id}/download"


@dataclass
class Work:
    """Work that goes on until it is let go, and counts how often it was begun."""

    goes_on: threading.Event = field(default_factory=threading.Event)
    begun: int = 0

    def __call__(self):
        """Do it."""
        self.begun += 1
        assert self.goes_on.wait(60)
        return Made(b"done", "text/plain", "done.txt")


@pytest.fixture
def work():
    """Give a work that is let go at the end at the latest."""
    work = Work()
    yield work
    work.goes_on.set()


def started(simulator, work, count=1):
    """Start outputs that are due at once, and give their tasks."""
    simulator.polls_before_done, simulator.tasks.render_seconds = 0, 0
    simulator.tasks.slots = count
    owner = simulator.integration.client_id
    job = Job("Slow", "pdf", "Template", owner, 1)
    return [simulator.tasks.start(work, PLACE, job) for _ in range(count)]


def test_who_polls_does_not_wait_for_the_work(simulator, api, finish, work):
    """Until a render has ended its task is 202, as GraFx's is (page "Output tasks")."""
    simulator.tasks.patience_s = 0.01
    (task,) = started(simulator, work)
    info = f"output/tasks/{task.id}"
    assert [api.get(info).status_code for _ in range(3)] == [202] * 3
    assert api.get(f"{info}/download").status_code == 400
    (listed,) = api.get("output/tasks").json()["data"]
    assert listed["status"] == "Processing"
    assert work.begun == 1
    work.goes_on.set()
    assert api.get(finish(info).json()["links"]["download"]).content == b"done"
    assert work.begun == 1


def test_a_listing_waits_once_for_all_tasks(simulator, api, work):
    """Twenty renders that are at work hold a listing up no longer than one."""
    simulator.tasks.patience_s = 0.3
    assert simulator.tasks.patience_s * 20 > api.timeout.read
    started(simulator, work, count=20)
    listed = api.get("output/tasks").json()["data"]
    assert {task["status"] for task in listed} == {"Processing"}


def test_the_server_ends_while_work_goes_on(connect, work):
    """Nothing waits at the end for a render that takes long, nor does the process."""
    with Simulator() as simulator, connect(simulator) as api:
        simulator.tasks.patience_s = 0.01
        (task,) = started(simulator, work)
        assert api.get(f"output/tasks/{task.id}").status_code == 202
    assert work.begun == 1
    assert not work.goes_on.is_set()
    assert all(t.daemon for t in threading.enumerate() if t.name == "Simulated work")


def test_work_that_breaks_fails_its_task(simulator, api):
    """What the simulator did not foresee is told by its kind, without the value."""
    (task,) = started(simulator, partial(int, "my-secret"))
    problem = api.get(f"output/tasks/{task.id}")
    assert problem.status_code == 500
    assert problem.json()["detail"] == "The simulator failed: ValueError."
    assert api.get("output/tasks").json()["data"][0]["status"] == "Failed"


def test_an_error_leads_to_a_report_only_where_there_is_one(
    api, render, finish, monkeypatch
):
    """A format without an encoder, and a preview that fails, have no report."""
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    made = api.post("templates", params={"name": "Empty"}, json={}).json()["data"]
    started = api.get(f"templates/{made['id']}/preview").json()
    for problem in (render("mp4"), finish(started["links"]["taskInfo"])):
        assert problem.status_code == 500
        assert "http://" not in problem.json()["detail"]
    failed = render(variables=[{"Price": "much"}]).json()["detail"]
    assert api.get(failed.split("Error report: ")[1]).status_code == 200
