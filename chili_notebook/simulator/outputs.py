"""The outputs' part of the API: start, poll, download, error report.

Answers are those that Studio UI reads; the report is as the page "Output tasks" says.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, link, require_access
from chili_notebook.simulator.orders import read_order
from chili_notebook.simulator.output_settings import default_settings, setting_routes
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.production import produce

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.server import Simulator

SCOPE_OF = {
    "pdf": "output:static",
    "jpg": "output:static",
    "png": "output:static",
    "html": "output:static",
    "gif": "output:animated",
    "mp4": "output:animated",
}


def output_routes(world: Simulator) -> list[Route]:
    """Make the routes of the outputs."""
    settings = default_settings(SCOPE_OF)

    async def start(request: Request) -> JSONResponse:
        kind = request.path_params["format"]
        if kind not in SCOPE_OF:
            raise ProblemError(404, f"There is no output format '{kind}'")
        require_access(request, world.issuer, SCOPE_OF[kind])
        order = read_order(
            await request.body(), kind, designs=world.designs, settings=settings
        )
        task = world.tasks.start(partial(produce, order))
        return JSONResponse(
            {
                "data": {"taskId": task.id},
                "links": {"taskInfo": link(request, f"output/tasks/{task.id}")},
            }
        )

    async def poll(request: Request) -> Response:
        require_access(request, world.issuer, *SCOPE_OF.values())
        task = world.tasks.get(request.path_params["task_id"])
        task.polls += 1
        if task.polls <= world.polls_before_done:
            return Response(status_code=202)
        await run_in_threadpool(task.finish)
        at = f"output/tasks/{task.id}"
        if task.failure is not None:
            report = link(request, f"{at}/report")
            raise ProblemError(
                500,
                f"{task.failure.message} Error report: {report}",
                title=task.failure.message,
                kind="Chili.Simulator.OutputFailedException",
            )
        links = {"download": link(request, f"{at}/download")}
        return JSONResponse({"data": {"taskId": task.id}, "links": links})

    async def download(request: Request) -> Response:
        require_access(request, world.issuer, *SCOPE_OF.values())
        made = world.tasks.file(request.path_params["task_id"])
        name = made.file_name.encode("ascii", "replace").decode().replace('"', "'")
        return Response(
            made.content,
            media_type=made.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def report(request: Request) -> JSONResponse:
        require_access(request, world.issuer, *SCOPE_OF.values())
        task = world.tasks.get(request.path_params["task_id"])
        if task.failure is None:
            raise ProblemError(404, "The task has no error report")
        return JSONResponse(task.failure.report)

    at = f"{ROOT}/output"
    return [
        *setting_routes(world, settings),
        Route(f"{at}/tasks/{{task_id}}", poll),
        Route(f"{at}/tasks/{{task_id}}/download", download),
        Route(f"{at}/tasks/{{task_id}}/report", report),
        Route(f"{at}/{{format}}", start, methods=["POST"]),
    ]
