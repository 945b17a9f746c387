"""How a task answers who polls it: the same for outputs and for previews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from chili_notebook.simulator.access import link
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.tasks import Made, Task
    from chili_notebook.simulator.world import World


async def finish_if_ready(world: World, task: Task) -> bool:
    """Do a task's work once its time has come; tell whether it is done."""
    if task.done_at is None and world.tasks.is_ready(task):
        await run_in_threadpool(task.finish, world.clock())
    return task.done_at is not None


async def answer_poll(request: Request, world: World, task: Task) -> Response:
    """Answer a poll: 202 without a body, then 200 with links.

    Raises:
        ProblemError: 500 if the work failed; its detail ends with the report's URL.
    """
    task.polls += 1
    if not await finish_if_ready(world, task):
        return Response(status_code=202)
    # Nobody publishes where the report is; this place is inferred.
    report = link(request, f"output/tasks/{task.id}/report")
    if task.failure is not None:
        raise ProblemError(
            500,
            f"{task.failure.message} Error report: {report}",
            title=task.failure.message,
            kind="Chili.Simulator.OutputFailedException",
        )
    links = {"download": link(request, task.file_path)}
    if task.made is not None and task.made.report:
        links["report"] = report
    return JSONResponse({"data": {"taskId": task.id}, "links": links})


def answer_start(request: Request, task: Task, poll_path: str, status: int) -> Response:
    """Answer who started a task with where to poll it."""
    links = {"taskInfo": link(request, f"{poll_path}/{task.id}")}
    return JSONResponse({"data": {"taskId": task.id}, "links": links}, status)


def answer_file(made: Made) -> Response:
    """Answer with a file under its name."""
    name = made.file_name.encode("ascii", "replace").decode()
    plain = "".join("'" if c == '"' or not c.isprintable() else c for c in name)
    return Response(
        made.content,
        media_type=made.content_type,
        headers={"Content-Disposition": f'attachment; filename="{plain}"'},
    )
