"""The media: list, read, download, previews, upload, rename, move and delete.

Folders and types are from the page "GraFx Media"; PATCH and DELETE are inferred.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from cachetools import FIFOCache
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import (
    Envelope,
    folder_item,
    make_page,
    read_flag,
)
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import (
    read_json_object,
    read_upload,
    require_text,
)
from chili_notebook.simulator.routes.task_responses import (
    file_response,
    named_task,
    poll_response,
    started_response,
)
from chili_notebook.simulator.state.media_library import (
    EXTENSIONS,
    UPLOAD_FOLDER,
    encode_png,
)
from chili_notebook.simulator.state.tasks import TaskFile

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.rendering.pictures import Picture
    from chili_notebook.simulator.routes.listings import Item, Query
    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.media_library import Asset, MediaLibrary
    from chili_notebook.simulator.state.tasks import Task

_ENVELOPE = Envelope(last_links=None, total=True)
_MAX_BYTES = 100_000_000  # GraFx does not publish the limit
_MAX_PREVIEWS = 500
_LONGEST_PX = {
    "thumbnail": 240,
    "medium": 640,
    "highest": 1600,
    "highestOrVector": 1600,
    "fullOrVector": None,
    "x4096": 4096,
}
_SAME_EXTENSIONS = {"jpeg": "jpg", "tiff": "tif"}
_CONTENT_TYPES = {
    "ai": "application/postscript",
    "eps": "application/postscript",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "psd": "image/vnd.adobe.photoshop",
    "tif": "image/tiff",
}


def media_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the media."""
    calls = _Calls(state)
    path = f"{ROOT}/media"
    return [
        Route(path, calls.list),
        Route(path, calls.upload, methods=["POST"]),
        Route(f"{path}/directory", calls.list_folders),
        Route(f"{path}/preview/tasks/{{task_id}}", calls.poll_preview),
        Route(f"{path}/{{id}}", calls.read),
        Route(f"{path}/{{id}}", calls.change, methods=["PATCH"]),
        Route(f"{path}/{{id}}", calls.delete, methods=["DELETE"]),
        Route(f"{path}/{{id}}/download", calls.download),
        Route(f"{path}/{{id}}/preview", calls.preview),
        Route(f"{path}/{{id}}/preview/{{type}}", calls.preview),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    state: EnvironmentState
    previews: FIFOCache[tuple[str, str], Task] = field(
        default_factory=lambda: FIFOCache(_MAX_PREVIEWS)
    )

    async def list(self, request: Request) -> JSONResponse:
        self._require_list_access(request)
        find = partial(_find, self.state.media)
        return JSONResponse(
            make_page(request, "media", find, _ENVELOPE, self.state.cursors)
        )

    async def list_folders(self, request: Request) -> JSONResponse:
        self._require_list_access(request)
        items = _folder_items(self.state.media)
        path = "media/directory"
        return JSONResponse(
            make_page(request, path, lambda _: items, _ENVELOPE, self.state.cursors)
        )

    async def upload(self, request: Request) -> JSONResponse:
        require_access(request, self.state.issuer, "media:write")
        folder = _read_folder(request.query_params.get("folderPath", UPLOAD_FOLDER))
        file = await read_upload(request, "file", _MAX_BYTES)
        stem, _, ending = file.name.rpartition(".")
        extension = _SAME_EXTENSIONS.get(ending.lower(), ending.lower())
        if extension not in EXTENSIONS or not stem:
            types = ", ".join(sorted(EXTENSIONS))
            raise ProblemError(400, f"'{file.name}' is not one of the types {types}")
        name = request.query_params.get("name", "").strip() or stem
        name = name.removesuffix(f".{ending}") or stem
        try:
            asset = await run_in_threadpool(
                self.state.media.add, name, extension, folder, file.content
            )
        except ValueError as error:
            raise ProblemError(
                400, f"'{file.name}' cannot be read as {extension}"
            ) from error
        # GraFx's media connector reads the ID of the bare item.
        return JSONResponse(_asset_item(asset), 201)

    async def read(self, request: Request) -> JSONResponse:
        asset = self._named(request, "media:read")
        return JSONResponse({"data": _asset_item(asset), "links": {}})

    async def change(self, request: Request) -> JSONResponse:
        asset = self._named(request, "media:write")
        body = read_json_object(await request.body(), "request")
        if not {"name", "folderPath"} & set(body):
            raise ProblemError(400, "name or folderPath is required")
        name = require_text(body, "name") if "name" in body else asset.name
        if "folderPath" in body:
            asset.folder = _read_folder(require_text(body, "folderPath"))
        asset.name = name
        return JSONResponse({"data": _asset_item(asset), "links": {}})

    async def delete(self, request: Request) -> Response:
        self.state.media.remove(self._named(request, "media:write"))
        return Response(status_code=204)

    async def download(self, request: Request) -> Response:
        asset = self._named(request, "media:read")
        content = asset.content
        if content is None:
            content = await run_in_threadpool(encode_png, asset.picture)
        name = f"{asset.name}.{asset.extension}"
        return file_response(TaskFile(content, _CONTENT_TYPES[asset.extension], name))

    async def preview(self, request: Request) -> Response:
        asset = self._named(request, "media:read")
        parameter = request.query_params.get("previewType", "medium")
        kind = request.path_params.get("type") or parameter
        if kind not in _LONGEST_PX:
            raise ProblemError(400, f"'{kind}' is not a preview type of a media item")
        task = self.previews.get((asset.id, kind))
        if task is None:
            make = partial(_make_preview, asset.picture, kind)
            task = self.state.tasks.start(make, f"media/{asset.id}/preview/{kind}")
            self.previews[asset.id, kind] = task
        # GraFx's media connector does not poll the task; it repeats this request.
        task.polls += 1
        await self.state.tasks.proceed(task)
        if task.file is None:
            return started_response(request, task, "media/preview/tasks", 202)
        return Response(task.file.content, media_type=task.file.content_type)

    async def poll_preview(self, request: Request) -> Response:
        require_access(request, self.state.issuer, "media:read")
        task = named_task(request, self.state)
        return await poll_response(request, self.state, task)

    def _named(self, request: Request, scope: str) -> Asset:
        require_access(request, self.state.issuer, scope)
        asset_id = request.path_params["id"]
        asset = self.state.media.assets.get(asset_id)
        if asset is None:
            raise ProblemError(404, f"Media '{asset_id}' is not found")
        return asset

    def _require_list_access(self, request: Request) -> None:
        # The guide on media connectors says that a listing needs both scopes.
        require_access(request, self.state.issuer, "media:list")
        require_access(request, self.state.issuer, "media:read")


def _find(media: MediaLibrary, query: Query) -> list[Item]:
    """Return the items of a folder, with or without its subfolders, or all items."""
    folder = query.get("folder")
    is_deep = folder is None or read_flag(query, "includeItemsFromSubfolders")
    root = "/" + (folder or "").strip("/")

    def is_included(parent: str) -> bool:
        is_below = parent.startswith(root.rstrip("/") + "/")
        return parent == root or (is_deep and is_below)

    items: list[Item] = []
    if read_flag(query, "includeFolders"):
        folders = _folder_items(media)
        items = [item for item in folders if is_included(item["relativePath"])]
    assets = media.assets.values()
    return items + [_asset_item(asset) for asset in assets if is_included(asset.folder)]


def _folder_items(media: MediaLibrary) -> list[Item]:
    return [folder_item(path, type="Directory") for path in sorted(media.folders())]


def _asset_item(asset: Asset) -> dict[str, Any]:
    return {
        "id": asset.id,
        "name": asset.name,
        "relativePath": asset.folder,
        "extension": asset.extension,
        "type": "Item",
        "width": asset.width,
        "height": asset.height,
        "metaData": {},
    }


def _read_folder(path: str) -> str:
    folder = "/" + path.strip("/ ")
    if folder == "/":
        raise ProblemError(400, "Files cannot be stored in the root folder")
    return folder


def _make_preview(picture: Picture, kind: str) -> TaskFile:
    content = encode_png(picture, _LONGEST_PX[kind])
    return TaskFile(content, "image/png", f"{picture.name}.png")
