"""Previews of templates and projects: made when they are first asked for.

Pixel sizes are not published; these are the simulator's own.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.drawing.artwork import library
from chili_notebook.simulator.drawing.rendering import render_pages
from chili_notebook.simulator.drawing.values import RowError, resolve_values
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.task_answers import (
    answer_poll,
    answer_start,
)
from chili_notebook.simulator.tasks import FailedError, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from chili_notebook.simulator.documents import Stored
    from chili_notebook.simulator.drawing.artwork import Picture
    from chili_notebook.simulator.tasks import Task
    from chili_notebook.simulator.world import World

_WIDTHS_PX = {"thumbnail": 240, "medium": 640, "highest": 1280}
_LAYOUTS_SINCE = (2, 24, 0)
_KEPT = 500


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a preview is to show."""

    document_id: str
    revision: int
    kind: str
    layout_id: str
    page_id: str | None


def preview_routes(
    world: World, noun: str, scope: str, find: Callable[[Request], Stored]
) -> list[Route]:
    """Make the routes of the previews of a noun.

    Args:
        world: What the simulator holds.
        noun: ``templates`` or ``projects``.
        scope: The scope that reads them.
        find: Gives the one that a request names, or raises.
    """
    previews: dict[_Wish, Task] = {}

    async def preview(request: Request) -> Response:
        stored = find(request)
        wish = _wish(request, stored)
        task = previews.get(wish)
        if task is None:
            while len(previews) >= _KEPT:
                del previews[next(iter(previews))]
            make = partial(_paint, stored, wish, world.media.pictures())
            at = request.url.path.partition(f"/{noun}/")[2]
            query = f"?{request.url.query}" if request.url.query else ""
            task = world.tasks.start(make, f"{noun}/{at}{query}")
            previews[wish] = task
        else:  # who was given no link can only ask again
            await world.tasks.go_on(task)
            task.polls += 1
        if task.made is None:
            return answer_start(request, task, f"{noun}/preview/tasks", 202)
        return Response(task.made.content, media_type=task.made.content_type)

    async def poll(request: Request) -> Response:
        require_access(request, world.issuer, scope)
        task = world.tasks.get(request.path_params["task_id"])
        if task.job is not None:
            raise ProblemError(404, f"Task '{task.id}' is not found")
        return await answer_poll(request, world, task)

    at = f"{ROOT}/{noun}"
    return [
        Route(f"{at}/preview/tasks/{{task_id}}", poll),
        Route(f"{at}/{{id}}/preview", preview),
        Route(f"{at}/{{id}}/preview/{{kind}}", preview),
    ]


def _wish(request: Request, stored: Stored) -> _Wish:
    query = request.query_params
    kind = request.path_params.get("kind") or query.get("previewType", "medium")
    if kind not in _WIDTHS_PX:
        raise ProblemError(400, f"'{kind}' is no preview type of a document")
    document = stored.document
    layout_id, page_id = query.get("layoutId"), query.get("pageId")
    if layout_id is not None or page_id is not None:
        if _version(document) < _LAYOUTS_SINCE:
            raise ProblemError(
                400, "layoutId and pageId need a document of engine 2.24.0 or newer"
            )
        _require_id(document, "layouts", layout_id)
        _require_id(document, "pages", page_id)
    chosen = layout_id or str(document.get("selectedLayoutId"))
    return _Wish(stored.id, stored.revision, kind, chosen, page_id)


def _version(document: Mapping[str, Any]) -> tuple[int, ...]:
    parts = str(document.get("engineVersion")).split(".")
    return tuple(int(part) if part.isdecimal() else 0 for part in parts)


def _require_id(document: Mapping[str, Any], key: str, wanted: str | None) -> None:
    entries = document.get(key)
    ids = [
        entry.get("id")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    if wanted is not None and wanted not in ids:
        raise ProblemError(400, f"The document's {key} have no '{wanted}'")


def _paint(stored: Stored, wish: _Wish, pictures: Mapping[str, Picture]) -> Made:
    document: dict[str, Any] = stored.document
    if wish.page_id is not None:
        shown = [page for page in document["pages"] if page["id"] == wish.page_id]
        document = {**document, "pages": shown}
    try:
        with library(pictures):
            picture, *_ = render_pages(
                document,
                wish.layout_id,
                resolve_values(document, {}),
                pixels_wide=_WIDTHS_PX[wish.kind],
            )
    except (LookupError, RowError) as error:
        raise FailedError(f"There can be no preview: {error}", []) from error
    content = io.BytesIO()
    picture.save(content, "PNG")
    return Made(content.getvalue(), "image/png", f"{stored.name}.png")
