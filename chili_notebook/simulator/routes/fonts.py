"""The fonts: families, styles, files, previews and uploads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.rendering.fonts import (
    PREVIEW_SHAPES,
    Family,
    Style,
    draw_preview,
    font_key,
    read_file,
)
from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import read_upload, require_text
from chili_notebook.simulator.routes.task_responses import file_response
from chili_notebook.simulator.state.tasks import TaskFile

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.font_library import PendingFont

_MAX_BYTES = 100_000_000  # GraFx does not publish the limit
_FAMILIES = Envelope(last_links={"nextPage": None}, total=True, searched=("name",))
_STYLES = Envelope(last_links=None, total=False, searched=("name",))
_CREATED = "2026-01-05T10:00:00"


def font_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the fonts."""
    library = state.fonts

    async def list_families(request: Request) -> JSONResponse:
        require_access(request, state.issuer, "font:list")
        items = [_family_item(family) for family in library.families.values()]
        path = "font-families"
        return JSONResponse(
            make_page(request, path, lambda _: items, _FAMILIES, state.cursors)
        )

    async def list_styles(request: Request) -> JSONResponse:
        require_access(request, state.issuer, "font:list", "font:read")
        family_id = request.path_params["id"]
        family = library.families.get(family_id)
        if family is None:
            raise ProblemError(404, f"Font family '{family_id}' is not found")
        items = [_style_item(family, style) for style in family.styles]
        path = f"font-families/{family_id}/styles"
        return JSONResponse(
            make_page(request, path, lambda _: items, _STYLES, state.cursors)
        )

    def named(request: Request) -> tuple[Family, Style]:
        require_access(request, state.issuer, "font:read")
        style_id = request.path_params["id"]
        found = library.find_style(style_id)
        if found is None:
            raise ProblemError(404, f"Font style '{style_id}' is not found")
        return found

    async def read_style(request: Request) -> JSONResponse:
        return JSONResponse({"data": _style_item(*named(request)), "links": {}})

    async def download(request: Request) -> Response:
        family, style = named(request)
        return file_response(
            TaskFile(read_file(family, style), f"font/{_type_of(style)}", style.file)
        )

    async def preview(request: Request) -> Response:
        family, style = named(request)
        shape = request.path_params["shape"]
        if shape not in PREVIEW_SHAPES:
            raise ProblemError(400, f"'{shape}' is not a preview type of a font")
        content = draw_preview(font_key(family, style), shape)
        return Response(content, media_type="image/png")

    return [
        *_upload_routes(state),
        Route(f"{ROOT}/font-families", list_families),
        Route(f"{ROOT}/font-families/{{id}}/styles", list_styles),
        Route(f"{ROOT}/font-styles/{{id}}", read_style),
        Route(f"{ROOT}/font-styles/{{id}}/download", download),
        Route(f"{ROOT}/font-styles/{{id}}/preview/{{shape}}", preview),
    ]


def _upload_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the three steps of an upload."""
    library = state.fonts

    async def start_upload(request: Request) -> JSONResponse:
        require_access(request, state.issuer, "font:write")
        file = await read_upload(request, "file", _MAX_BYTES)
        batch_id, font = await run_in_threadpool(library.start, file.name, file.content)
        data = {"fontFamilies": [], "preloadedData": [_pending_item(font)]}
        return JSONResponse({"batchId": batch_id, "links": {}, "data": data})

    def pending(request: Request) -> tuple[str, list[PendingFont]]:
        require_access(request, state.issuer, "font:write")
        batch_id = request.path_params["id"]
        if batch_id not in library.batches:
            raise ProblemError(404, f"Batch '{batch_id}' is not found")
        return batch_id, library.batches[batch_id]

    async def name_upload(request: Request) -> JSONResponse:
        _batch_id, fonts = pending(request)
        by_id = {font.id: font for font in fonts}
        for item in _read_list(await request.body()):
            font = by_id.get(require_text(item, "fontStyleId"))
            if font is None:
                raise ProblemError(404, "The batch has no such font style")
            names = require_text(item, "familyName"), require_text(item, "styleName")
            library.rename(font, *names)
        return JSONResponse({"data": [_pending_item(font) for font in fonts]})

    async def confirm_upload(request: Request) -> Response:
        batch_id, fonts = pending(request)
        errors = [error for font in fonts for error in font.errors]
        if errors:
            raise ProblemError(400, "; ".join(errors))
        library.confirm(batch_id)
        return Response()

    temporary = f"{ROOT}/font-styles/temp"
    return [
        Route(temporary, start_upload, methods=["POST"]),
        Route(f"{temporary}/{{id}}", name_upload, methods=["PATCH"]),
        Route(f"{temporary}/{{id}}/confirm", confirm_upload, methods=["POST"]),
    ]


def _family_item(family: Family) -> dict[str, Any]:
    return {
        "id": family.id,
        "name": family.name,
        "fontStylesCount": len(family.styles),
        "dateCreated": _CREATED,
        "lastModifiedDate": _CREATED,
        "extensions": sorted({_type_of(style) for style in family.styles}),
    }


def _style_item(family: Family, style: Style) -> dict[str, Any]:
    return {
        "id": style.id,
        "name": style.name,
        "familyId": family.id,
        "familyName": family.name,
        "dateCreated": _CREATED,
        "extension": _type_of(style),
        "fileName": style.file,
        "fileSize": len(read_file(family, style)),
    }


def _pending_item(font: PendingFont) -> dict[str, Any]:
    return {
        "id": font.id,
        "name": font.style_name,
        "familyName": font.family_name,
        "fileName": font.file_name,
        "errors": font.errors,
        "canBeUploaded": not font.errors,
    }


def _type_of(style: Style) -> str:
    return style.file.rpartition(".")[2].lower()


def _read_list(content: bytes) -> list[dict[str, Any]]:
    try:
        items = json.loads(content)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise ProblemError(400, "The body must be a list of font styles")
    return items
