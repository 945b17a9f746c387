"""The outputs: start, poll, list, download and error report.

Responses are those that Studio UI reads. The report and the words of the list are
those of the page "Output tasks"; the path of the list is inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.output_files import make_output
from chili_notebook.simulator.routes.output_requests import read_output_request
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.task_responses import (
    file_response,
    named_task,
    poll_response,
    started_response,
)
from chili_notebook.simulator.state.clock import iso_time
from chili_notebook.simulator.state.output_settings import FORMATS
from chili_notebook.simulator.state.tasks import OutputInfo

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.tasks import Task

TASK_STATUSES = ("Started", "Pending", "Processing", "Failed", "Finished", "Error")
TASK_SOURCES = ("Template", "Project", "Document")

_STATIC, _ANIMATED = "output:static", "output:animated"
_ANIMATED_FORMATS = {"gif", "mp4"}
_SMALL_BYTES = 100_000  # read in less time than a thread needs to start
_ENVELOPE = Envelope(last_links=None, total=True, searched=("name", "id"))


def output_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the outputs."""
    calls = _Calls(state)
    path = f"{ROOT}/output"
    return [
        Route(f"{path}/tasks", calls.list),
        Route(f"{path}/tasks/{{task_id}}", calls.poll),
        Route(f"{path}/tasks/{{task_id}}/download", calls.download),
        Route(f"{path}/tasks/{{task_id}}/report", calls.read_report),
        Route(f"{path}/{{format}}", calls.start, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    state: EnvironmentState

    async def start(self, request: Request) -> Response:
        kind = request.path_params["format"]
        if kind not in FORMATS:
            raise ProblemError(404, f"There is no output format '{kind}'")
        scope = _ANIMATED if kind in _ANIMATED_FORMATS else _STATIC
        client_id = require_access(request, self.state.issuer, scope).client_id
        content = await request.body()
        read = partial(read_output_request, content, kind, self.state, client_id)
        is_small = len(content) < _SMALL_BYTES
        output = read() if is_small else await run_in_threadpool(read)
        info = OutputInfo(
            output.name, output.format, output.source, client_id, len(output.rows)
        )
        make = partial(make_output, output, self.state.media.pictures())
        task = self.state.tasks.start(make, "output/tasks/{id}/download", info)
        return started_response(request, task, "output/tasks", 200)

    async def poll(self, request: Request) -> Response:
        return await poll_response(request, self.state, self._named(request))

    async def list(self, request: Request) -> JSONResponse:
        client_id = require_access(
            request, self.state.issuer, _STATIC, _ANIMATED
        ).client_id
        tasks = {
            task.id: task
            for task in self.state.tasks.outputs()
            if task.output is not None and task.output.is_visible_to(client_id)
        }
        items = [self._item(task) for task in tasks.values()]
        path, cursors = "output/tasks", self.state.cursors
        page = make_page(request, path, lambda _: items, _ENVELOPE, cursors)
        listed = [tasks[item["id"]] for item in page["data"]]
        await self.state.tasks.proceed(*(t for t in listed if t.ready_at is not None))
        return JSONResponse(page | {"data": [self._item(task) for task in listed]})

    async def download(self, request: Request) -> Response:
        task = self._named(request)
        await self.state.tasks.proceed(task)
        if task.file is None:
            raise ProblemError(400, f"Task '{task.id}' has no output")
        if not self.state.tasks.has_file(task):
            raise ProblemError(410, "The output is no longer available")
        return file_response(task.file)

    async def read_report(self, request: Request) -> JSONResponse:
        task = self._named(request)
        result = task.failure or task.file
        if result is None or not result.report:
            raise ProblemError(404, "The task has no error report")
        return JSONResponse(list(result.report))

    def _named(self, request: Request) -> Task:
        token = require_access(request, self.state.issuer, _STATIC, _ANIMATED)
        task = named_task(request, self.state)
        if task.output is None or not task.output.is_visible_to(token.client_id):
            raise ProblemError(404, f"Task '{task.id}' is not found")
        return task

    def _item(self, task: Task) -> dict[str, Any]:
        output, file = task.output, task.file
        assert output is not None  # noqa: S101 - the tasks of previews are not listed
        return {
            "id": task.id,
            "name": output.name,
            "dateCreated": iso_time(task.created_at),
            "dateProcessed": None if task.done_at is None else iso_time(task.done_at),
            "format": output.format.upper(),
            "totalRecords": output.records,
            "totalSuccessfulRecords": file.records if file else 0,
            "status": self._status(task),
            "source": output.source,
            "owner": f"{output.owner}@clients",
            "outputAvailable": self.state.tasks.has_file(task),
        }

    def _status(self, task: Task) -> str:
        if task.done_at is not None:
            return "Finished" if task.file is not None else "Failed"
        if task.starts_at is not None:
            has_started = self.state.clock() >= task.starts_at
            return "Processing" if has_started else "Pending"
        return "Processing" if task.polls else "Pending"
