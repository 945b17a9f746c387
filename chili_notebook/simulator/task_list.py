"""The list of outputs: a record for each task, as Studio copies one to the clipboard.

Its path is inferred; the words are those of the page "Output tasks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.clock import iso_time
from chili_notebook.simulator.listings import Envelope, page_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.tasks import Task
    from chili_notebook.simulator.world import World

STATUSES = ("Started", "Pending", "Processing", "Failed", "Finished", "Error")
SOURCES = ("Template", "Project", "Document")

_ENVELOPE = Envelope(last_links=None, total=True, searched=("name", "id"))


async def list_tasks(request: Request, world: World, client_id: str) -> dict[str, Any]:
    """Give a page of the tasks that a client may see, the newest first."""
    known = {
        task.id: task
        for task in world.tasks.outputs()
        if task.job is not None and task.job.is_shown_to(client_id)
    }
    found = [_record(world, task) for task in known.values()]
    path = "output/tasks"
    page = page_of(request, path, lambda _: found, _ENVELOPE, world.cursors)
    shown = [known[record["id"]] for record in page["data"]]
    await world.tasks.go_on(*(task for task in shown if task.ready_at is not None))
    return page | {"data": [_record(world, task) for task in shown]}


def _record(world: World, task: Task) -> dict[str, Any]:
    job, made = task.job, task.made
    assert job is not None  # noqa: S101 - the tasks of previews are not listed
    return {
        "id": task.id,
        "name": job.name,
        "dateCreated": iso_time(task.created_at),
        "dateProcessed": None if task.done_at is None else iso_time(task.done_at),
        "format": job.format.upper(),
        "totalRecords": job.records,
        "totalSuccessfulRecords": made.records if made else 0,
        "status": _status(world, task),
        "source": job.source,
        "owner": f"{job.owner}@clients",
        "outputAvailable": world.tasks.has_file(task),
    }


def _status(world: World, task: Task) -> str:
    if task.done_at is not None:
        return "Finished" if task.made is not None else "Failed"
    if task.starts_at is not None:
        return "Pending" if world.clock() < task.starts_at else "Processing"
    return "Processing" if task.polls else "Pending"
