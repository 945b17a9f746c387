"""The outputs' part of the API: start, poll, list, download, error report.

Answers are those that Studio UI reads; the report is as the page "Output tasks" says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.orders import read_order
from chili_notebook.simulator.output_settings import FORMATS, setting_routes
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.production import produce
from chili_notebook.simulator.query_orders import FORMATS as QUERY_FORMATS
from chili_notebook.simulator.query_orders import read_query_order
from chili_notebook.simulator.task_answers import (
    answer_file,
    answer_poll,
    answer_start,
)
from chili_notebook.simulator.task_list import list_tasks
from chili_notebook.simulator.tasks import Job

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.identity import Grant
    from chili_notebook.simulator.orders import Order
    from chili_notebook.simulator.tasks import Task
    from chili_notebook.simulator.world import World

STATIC, ANIMATED = "output:static", "output:animated"

_ANIMATED = {"gif", "mp4", "animation"}
_EXPERIMENTAL = ROOT.replace("/v1/", "/experimental/")


def output_routes(world: World) -> list[Route]:
    """Make the routes of the outputs."""

    async def start(request: Request) -> Response:
        kind = request.path_params.get("format", "html")
        if kind not in FORMATS and kind not in QUERY_FORMATS:
            raise ProblemError(404, f"There is no output format '{kind}'")
        scope = ANIMATED if kind in _ANIMATED else STATIC
        grant = require_access(request, world.issuer, scope)
        order = await _order(request, kind, world, grant)
        job = Job(
            order.name, order.format, order.source, grant.client_id, len(order.rows)
        )
        task = world.tasks.start(
            partial(produce, order, world.media.pictures()),
            "output/tasks/{id}/download",
            job,
        )
        return answer_start(request, task, "output/tasks", 200)

    async def poll(request: Request) -> Response:
        return await answer_poll(request, world, _task(request, world))

    async def listing(request: Request) -> JSONResponse:
        grant = require_access(request, world.issuer, STATIC, ANIMATED)
        return JSONResponse(await list_tasks(request, world, grant.client_id))

    async def download(request: Request) -> Response:
        task = _task(request, world)
        await world.tasks.go_on(task)
        return answer_file(world.tasks.file(task))

    async def report(request: Request) -> JSONResponse:
        task = _task(request, world)
        told = task.failure or task.made
        if told is None or not told.report:
            raise ProblemError(404, "The task has no error report")
        return JSONResponse(list(told.report))

    at = f"{ROOT}/output"
    return [
        *setting_routes(world),
        Route(f"{at}/tasks", listing),
        Route(f"{at}/tasks/{{task_id}}", poll),
        Route(f"{at}/tasks/{{task_id}}/download", download),
        Route(f"{at}/tasks/{{task_id}}/report", report),
        Route(f"{at}/{{format}}", start, methods=["POST"]),
        Route(f"{_EXPERIMENTAL}/output/html", start, methods=["POST"]),
    ]


async def _order(request: Request, kind: str, world: World, grant: Grant) -> Order:
    content = await request.body()
    if kind in QUERY_FORMATS:
        query = dict(request.query_params)
        return read_query_order(query, content, kind, world, grant.client_id)
    return await run_in_threadpool(read_order, content, kind, world, grant.client_id)


def _task(request: Request, world: World) -> Task:
    """Give the task that a request names; one of a project is its owner's alone."""
    grant = require_access(request, world.issuer, STATIC, ANIMATED)
    task = world.tasks.get(request.path_params["task_id"])
    if task.job is None or not task.job.is_shown_to(grant.client_id):
        raise ProblemError(404, f"Task '{task.id}' is not found")
    return task
