"""How a task answers who polls it: the same for outputs and for previews."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from chili_notebook.simulator.access import link
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.tasks import Made, Task
    from chili_notebook.simulator.world import World


async def answer_poll(request: Request, world: World, task: Task) -> Response:
    """Answer a poll: 202 without a body, then 200 with links.

    Raises:
        ProblemError: 500 if the work failed; its detail ends with the URL of a report,
            if there is one.
    """
    task.polls += 1
    await world.tasks.go_on(task)
    if task.done_at is None:
        return Response(status_code=202)
    # Nobody publishes where the report is; this place is inferred.
    report = link(request, f"output/tasks/{task.id}/report")
    if task.failure is not None:
        message = task.failure.message
        raise ProblemError(
            500,
            f"{message} Error report: {report}" if task.failure.report else message,
            title=message,
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
    name = "".join(
        "'" if c == '"' or not c.isprintable() else c for c in made.file_name
    )
    plain = name.encode("ascii", "replace").decode()
    named = f'attachment; filename="{plain}"'
    if plain != name:
        named += f"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        made.content,
        media_type=made.content_type,
        headers={"Content-Disposition": named},
    )
