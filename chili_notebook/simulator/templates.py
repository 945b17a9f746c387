"""The templates' part of the API: list, read, document, preview."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, link, require_access
from chili_notebook.simulator.drawing.rendering import render_pages
from chili_notebook.simulator.drawing.values import resolve_values
from chili_notebook.simulator.listings import Cursors, page_of
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.tasks import Made

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.designs import Design
    from chili_notebook.simulator.server import Simulator
    from chili_notebook.simulator.tasks import Task

_PREVIEW_WIDTHS = {"thumbnail": 240, "medium": 640, "highest": 1280}


def template_routes(world: Simulator) -> list[Route]:
    """Make the routes of the templates."""
    cursors = Cursors()
    previews: dict[tuple[str, str], Task] = {}
    designs = enumerate(world.designs.values())
    items = [_item(number, design) for number, design in designs][::-1]

    async def listing(request: Request) -> JSONResponse:
        require_access(request, world.issuer, "template:list")
        return JSONResponse(page_of(request, items, path="templates", cursors=cursors))

    async def item(request: Request) -> JSONResponse:
        wanted = _design(request, world)
        (found,) = [item for item in items if item["id"] == wanted.id]
        return JSONResponse({"data": found, "links": {}})

    async def download(request: Request) -> JSONResponse:
        return JSONResponse(_design(request, world).document)

    async def preview(request: Request) -> Response:
        design = _design(request, world)
        kind = request.path_params.get("kind", "medium")
        if kind not in _PREVIEW_WIDTHS:
            raise ProblemError(400, f"'{kind}' is no preview type")
        task = previews.get((design.id, kind))
        if task is None or task.made is None:
            if task is None:
                task = world.tasks.start(partial(_paint, design, kind))
                previews[design.id, kind] = task
            body = {
                "data": {"taskId": task.id},
                "links": {
                    "taskInfo": link(request, f"templates/preview/tasks/{task.id}")
                },
            }
            return JSONResponse(body, 202)
        return Response(task.made.content, media_type=task.made.content_type)

    async def preview_task(request: Request) -> Response:
        require_access(request, world.issuer, "template:read")
        task = world.tasks.get(request.path_params["task_id"])
        task.polls += 1
        if task.polls <= world.polls_before_done:
            return Response(status_code=202)
        await run_in_threadpool(task.finish)
        (design_id, kind), *_ = [
            key for key, known in previews.items() if known is task
        ]
        download = link(request, f"templates/{design_id}/preview/{kind}")
        return JSONResponse(
            {"data": {"taskId": task.id}, "links": {"download": download}}
        )

    at = f"{ROOT}/templates"
    return [
        Route(at, listing),
        Route(f"{at}/preview/tasks/{{task_id}}", preview_task),
        Route(f"{at}/{{template_id}}", item),
        Route(f"{at}/{{template_id}}/download", download),
        Route(f"{at}/{{template_id}}/preview", preview),
        Route(f"{at}/{{template_id}}/preview/{{kind}}", preview),
    ]


def _item(number: int, design: Design) -> dict[str, Any]:
    # Words of release note 2026-03-30; times are ISO without zone, as GraFx's are.
    return {
        "id": design.id,
        "name": design.name,
        "relativePath": "/",
        "extension": None,
        "type": 0,
        "dateCreated": f"2026-0{number % 9 + 1}-12T09:30:00",
        "lastModifiedContentUtc": f"2026-10-{number % 28 + 1:02}T14:05:00",
    }


def _design(request: Request, world: Simulator) -> Design:
    require_access(request, world.issuer, "template:read")
    template_id = request.path_params["template_id"]
    design = world.designs.get(template_id)
    if design is None:
        # GraFx's workshop notes that a missing template answers 500 and not 404.
        raise ProblemError(500, f"Template '{template_id}' could not be loaded")
    return design


def _paint(design: Design, kind: str) -> Made:
    document = design.document
    picture, *_ = render_pages(
        document,
        document["selectedLayoutId"],
        resolve_values(document, {}),
        pixels_wide=_PREVIEW_WIDTHS[kind],
    )
    content = io.BytesIO()
    picture.save(content, "PNG")
    return Made(content.getvalue(), "image/png", f"{design.name}.png")
