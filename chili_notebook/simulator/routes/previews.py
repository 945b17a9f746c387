"""Previews of templates and projects, which are rendered on the first request.

GraFx does not publish the sizes in pixels; the sizes here are the simulator's own.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cachetools import FIFOCache
from starlette.responses import Response
from starlette.routing import Route

from chili_notebook.simulator.rendering.old_documents import convert_document
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.variable_values import (
    RecordFailedError,
    resolve_values,
)
from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.task_responses import (
    named_task,
    poll_response,
    started_response,
)
from chili_notebook.simulator.state.tasks import TaskFailedError, TaskFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from chili_notebook.simulator.rendering.pictures import Picture
    from chili_notebook.simulator.state.documents import StoredDocument
    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.tasks import Task

_WIDTHS_PX = {"thumbnail": 240, "medium": 640, "highest": 1280}
_LAYOUT_PREVIEWS_SINCE = (2, 24, 0)
_MAX_PREVIEWS = 500


@dataclass(frozen=True, slots=True)
class _PreviewKey:
    """The parameters of a preview; the same key has the same picture."""

    document_id: str
    revision: int
    type: str
    layout_id: str
    page_id: str | None


def preview_routes(
    state: EnvironmentState,
    noun: str,
    scope: str,
    find: Callable[[Request], StoredDocument],
) -> list[Route]:
    """Return the routes of the previews of templates or projects.

    Args:
        state: The state of the environment.
        noun: ``templates`` or ``projects``.
        scope: The scope that previews need.
        find: Returns the template or project that a request names, or raises.
    """
    previews: FIFOCache[_PreviewKey, Task] = FIFOCache(_MAX_PREVIEWS)

    async def preview(request: Request) -> Response:
        stored = find(request)
        key = _read_key(request, stored)
        task = previews.get(key)
        if task is None:
            make = partial(_render, stored, key, state.media.pictures())
            path = request.url.path.partition(f"/{noun}/")[2]
            query = f"?{request.url.query}" if request.url.query else ""
            task = state.tasks.start(make, f"{noun}/{path}{query}")
            previews[key] = task
        else:
            # A client that does not poll the task repeats this request.
            await state.tasks.proceed(task)
            task.polls += 1
        if task.file is None:
            return started_response(request, task, f"{noun}/preview/tasks", 202)
        return Response(task.file.content, media_type=task.file.content_type)

    async def poll(request: Request) -> Response:
        require_access(request, state.issuer, scope)
        task = named_task(request, state)
        if task.output is not None:
            raise ProblemError(404, f"Task '{task.id}' is not found")
        return await poll_response(request, state, task)

    path = f"{ROOT}/{noun}"
    return [
        Route(f"{path}/preview/tasks/{{task_id}}", poll),
        Route(f"{path}/{{id}}/preview", preview),
        Route(f"{path}/{{id}}/preview/{{type}}", preview),
    ]


def _read_key(request: Request, stored: StoredDocument) -> _PreviewKey:
    query = request.query_params
    kind = request.path_params.get("type") or query.get("previewType", "medium")
    if kind not in _WIDTHS_PX:
        raise ProblemError(400, f"'{kind}' is not a preview type of a document")
    document = stored.document
    layout_id, page_id = query.get("layoutId"), query.get("pageId")
    if layout_id is not None or page_id is not None:
        if _engine_version(document) < _LAYOUT_PREVIEWS_SINCE:
            raise ProblemError(
                400, "layoutId and pageId need a document of engine 2.24.0 or newer"
            )
        _require_id(document, "layouts", layout_id)
        _require_id(document, "pages", page_id)
    selected = layout_id or str(document.get("selectedLayoutId"))
    return _PreviewKey(stored.id, stored.revision, kind, selected, page_id)


def _engine_version(document: Mapping[str, Any]) -> tuple[int, ...]:
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
        raise ProblemError(400, f"The document's {key} do not contain '{wanted}'")


def _render(
    stored: StoredDocument, key: _PreviewKey, pictures: Mapping[str, Picture]
) -> TaskFile:
    document = convert_document(stored.document)
    if key.page_id is not None:
        pages = [page for page in document["pages"] if page["id"] == key.page_id]
        document = {**document, "pages": pages}
    try:
        picture, *_ = render_pages(
            document,
            key.layout_id,
            resolve_values(document, {}, pictures),
            pixels_wide=_WIDTHS_PX[key.type],
        )
    except (LookupError, RecordFailedError) as error:
        raise TaskFailedError(f"The preview cannot be rendered: {error}") from error
    content = io.BytesIO()
    picture.save(content, "PNG")
    return TaskFile(content.getvalue(), "image/png", f"{stored.name}.png")
