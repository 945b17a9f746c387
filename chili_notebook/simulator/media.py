"""The media's part of the API: list, read, download and previews."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.listings import Envelope, flag, folder_item, page_of
from chili_notebook.simulator.media_library import picture_png
from chili_notebook.simulator.media_uploads import (
    asset_item,
    media_change_routes,
    named_asset,
)
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.task_answers import (
    answer_file,
    answer_poll,
    answer_start,
)
from chili_notebook.simulator.tasks import Made

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.drawing.artwork import Picture
    from chili_notebook.simulator.listings import Item, Query
    from chili_notebook.simulator.media_library import MediaLibrary
    from chili_notebook.simulator.tasks import Task
    from chili_notebook.simulator.world import World

_ENVELOPE = Envelope(last_links=None, total=True)
_LONGEST_PX = {
    "thumbnail": 240,
    "medium": 640,
    "highest": 1600,
    "highestOrVector": 1600,
    "fullOrVector": None,
    "x4096": 4096,
}
_CONTENT_TYPES = {
    "ai": "application/postscript",
    "eps": "application/postscript",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "psd": "image/vnd.adobe.photoshop",
    "tif": "image/tiff",
}


def media_routes(world: World) -> list[Route]:
    """Make the routes of the media."""
    calls = _Calls(world)
    at = f"{ROOT}/media"
    return [
        Route(at, calls.listing),
        Route(f"{at}/directory", calls.directory),
        Route(f"{at}/preview/tasks/{{task_id}}", calls.poll),
        *media_change_routes(world),
        Route(f"{at}/{{id}}", calls.item),
        Route(f"{at}/{{id}}/download", calls.download),
        Route(f"{at}/{{id}}/preview", calls.preview),
        Route(f"{at}/{{id}}/preview/{{kind}}", calls.preview),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    """What can be asked of the media."""

    world: World
    previews: dict[tuple[str, str], Task] = field(default_factory=dict)

    async def listing(self, request: Request) -> JSONResponse:
        _require_listing(request, self.world)
        return JSONResponse(
            page_of(
                request,
                "media",
                partial(_found, self.world.media),
                _ENVELOPE,
                self.world.cursors,
            )
        )

    async def directory(self, request: Request) -> JSONResponse:
        _require_listing(request, self.world)

        def find(_query: Query) -> list[Item]:
            return [
                folder_item(path, kind="Directory")
                for path in sorted(self.world.media.folders())
            ]

        return JSONResponse(
            page_of(request, "media/directory", find, _ENVELOPE, self.world.cursors)
        )

    async def item(self, request: Request) -> JSONResponse:
        asset = named_asset(request, self.world, "media:read")
        return JSONResponse({"data": asset_item(asset), "links": {}})

    async def download(self, request: Request) -> Response:
        asset = named_asset(request, self.world, "media:read")
        content = await run_in_threadpool(self.world.media.content, asset)
        kind = _CONTENT_TYPES[asset.extension]
        return answer_file(Made(content, kind, f"{asset.name}.{asset.extension}"))

    async def preview(self, request: Request) -> Response:
        asset = named_asset(request, self.world, "media:read")
        asked = request.path_params.get("kind")
        kind = asked or request.query_params.get("previewType", "medium")
        if kind not in _LONGEST_PX:
            raise ProblemError(400, f"'{kind}' is no preview type of a media item")
        task = self.previews.get((asset.id, kind))
        if task is None:
            task = self.world.tasks.start(
                partial(_paint, self.world.media.picture(asset), kind),
                f"media/{asset.id}/preview/{kind}",
            )
            self.previews[asset.id, kind] = task
        # GraFx's connector only asks again, so asking counts as a poll.
        task.polls += 1
        await self.world.tasks.go_on(task)
        if task.made is None:
            return answer_start(request, task, "media/preview/tasks", 202)
        return Response(task.made.content, media_type=task.made.content_type)

    async def poll(self, request: Request) -> Response:
        require_access(request, self.world.issuer, "media:read")
        task = self.world.tasks.get(request.path_params["task_id"])
        return await answer_poll(request, self.world, task)


def _require_listing(request: Request, world: World) -> None:
    # The guide on media connectors says that a listing needs both.
    require_access(request, world.issuer, "media:list")
    require_access(request, world.issuer, "media:read")


def _found(media: MediaLibrary, query: Query) -> list[Item]:
    """Give what a listing is of: a folder, with or without what is below it, or all."""
    folder = query.get("folder")
    deep = folder is None or flag(query, "includeItemsFromSubfolders")
    above = "/" + (folder or "").strip("/")

    def shown(parent: str) -> bool:
        below = parent.startswith(above.rstrip("/") + "/")
        return parent == above or (deep and below)

    items: list[Item] = []
    if flag(query, "includeFolders"):
        folders = [
            folder_item(path, kind="Directory") for path in sorted(media.folders())
        ]
        items = [item for item in folders if shown(item["relativePath"])]
    assets = media.assets.values()
    return items + [asset_item(asset) for asset in assets if shown(asset.folder)]


def _paint(picture: Picture, kind: str) -> Made:
    content = picture_png(picture, _LONGEST_PX[kind])
    return Made(content, "image/png", f"{picture.name}.png")
