"""The media's part of the API that changes it: upload, rename, move and delete.

Folders and types are from the page "GraFx Media"; PATCH and DELETE are inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.bodies import json_object, sent_file, text_field
from chili_notebook.simulator.media_library import EXTENSIONS, UPLOADS
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.media_library import Asset
    from chili_notebook.simulator.world import World

_MOST_BYTES = 100_000_000  # the limit is not published
_SAME = {"jpeg": "jpg", "tiff": "tif"}


def media_change_routes(world: World) -> list[Route]:
    """Make the routes that change the media."""

    async def upload(request: Request) -> JSONResponse:
        require_access(request, world.issuer, "media:write")
        folder = _folder(request.query_params.get("folderPath", UPLOADS))
        sent = await sent_file(request, "file", _MOST_BYTES)
        stem, _, ending = sent.name.rpartition(".")
        extension = _SAME.get(ending.lower(), ending.lower())
        if extension not in EXTENSIONS or not stem:
            types = ", ".join(sorted(EXTENSIONS))
            raise ProblemError(400, f"'{sent.name}' is none of the types {types}")
        name = request.query_params.get("name", "").strip() or stem
        name = name.removesuffix(f".{ending}") or stem
        try:
            made = await run_in_threadpool(
                world.media.add, name, extension, folder, sent.content
            )
        except ValueError as error:
            raise ProblemError(
                400, f"'{sent.name}' cannot be read as {extension}"
            ) from error
        return JSONResponse({"data": asset_item(made), "links": {}}, 201)

    async def change(request: Request) -> JSONResponse:
        asset = named_asset(request, world, "media:write")
        body = json_object(await request.body(), "request")
        if not {"name", "folderPath"} & set(body):
            raise ProblemError(400, "name or folderPath is needed")
        name = text_field(body, "name") if "name" in body else asset.name
        if "folderPath" in body:
            asset.folder = _folder(text_field(body, "folderPath"))
        asset.name = name
        world.media.save()
        return JSONResponse({"data": asset_item(asset), "links": {}})

    async def delete(request: Request) -> Response:
        world.media.remove(named_asset(request, world, "media:write"))
        return Response(status_code=204)

    at = f"{ROOT}/media"
    return [
        Route(at, upload, methods=["POST"]),
        Route(f"{at}/{{id}}", change, methods=["PATCH"]),
        Route(f"{at}/{{id}}", delete, methods=["DELETE"]),
    ]


def named_asset(request: Request, world: World, scope: str) -> Asset:
    """Give the asset that a request names.

    Raises:
        ProblemError: If the request may not see it, or there is none.
    """
    require_access(request, world.issuer, scope)
    asset = world.media.assets.get(request.path_params["id"])
    if asset is None:
        raise ProblemError(404, f"Media '{request.path_params['id']}' is not found")
    return asset


def asset_item(asset: Asset) -> dict[str, Any]:
    """Describe an asset as the API does."""
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


def _folder(path: str) -> str:
    folder = "/" + path.strip("/ ")
    if folder == "/":
        raise ProblemError(400, "Files may not lie in the root folder")
    return folder
