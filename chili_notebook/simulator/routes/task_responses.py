"""Responses about tasks, which are the same for outputs and previews."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from chili_notebook.simulator.routes.authorization import environment_url
from chili_notebook.simulator.routes.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.tasks import Task, TaskFile


def named_task(request: Request, state: EnvironmentState) -> Task:
    """Return the task that a request names.

    Raises:
        ProblemError: 404 if it does not exist.
    """
    task_id = request.path_params["task_id"]
    task = state.tasks.find(task_id)
    if task is None:
        raise ProblemError(404, f"Task '{task_id}' is not found")
    return task


def started_response(
    request: Request, task: Task, poll_path: str, status: int
) -> Response:
    """Return the response to a request that has started a task."""
    links = {"taskInfo": environment_url(request, f"{poll_path}/{task.id}")}
    return JSONResponse({"data": {"taskId": task.id}, "links": links}, status)


async def poll_response(
    request: Request, state: EnvironmentState, task: Task
) -> Response:
    """Return the response to a poll: 202 without a body, then 200 with links.

    Raises:
        ProblemError: 500 if the task has failed. The detail ends with the URL of the
            error report, if there is one.
    """
    task.polls += 1
    await state.tasks.proceed(task)
    if task.done_at is None:
        return Response(status_code=202)
    # GraFx does not publish the URL of the report; this one is inferred.
    report_url = environment_url(request, f"output/tasks/{task.id}/report")
    if task.failure is not None:
        message = task.failure.message
        has_report = bool(task.failure.report)
        raise ProblemError(
            500,
            f"{message} Error report: {report_url}" if has_report else message,
            title=message,
            type_uri="Chili.Simulator.OutputFailedException",
        )
    links = {"download": environment_url(request, task.file_path)}
    if task.file is not None and task.file.report:
        links["report"] = report_url
    return JSONResponse({"data": {"taskId": task.id}, "links": links})


def file_response(file: TaskFile) -> Response:
    """Return the response with a file and its name."""
    name = "".join(
        "'" if c == '"' or not c.isprintable() else c for c in file.file_name
    )
    ascii_name = name.encode("ascii", "replace").decode()
    disposition = f'attachment; filename="{ascii_name}"'
    if ascii_name != name:
        disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        file.content,
        media_type=file.content_type,
        headers={"Content-Disposition": disposition},
    )
