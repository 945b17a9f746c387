"""The fonts: families, styles, files and previews."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.rendering.fonts import (
    FAMILIES,
    PREVIEW_SHAPES,
    Family,
    Style,
    draw_preview,
    font_key,
)
from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.task_responses import file_response
from chili_notebook.simulator.state.tasks import TaskFile

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState

_FAMILIES = Envelope(last_links={"nextPage": None}, total=True, searched=("name",))
_STYLES = Envelope(last_links=None, total=False, searched=("name",))
_CREATED = "2026-01-05T10:00:00"


def font_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the fonts."""
    styles = {
        style.id: (family, style) for family in FAMILIES for style in family.styles
    }

    async def list_families(request: Request) -> JSONResponse:
        require_access(request, state.issuer, "font:list")
        items = [_family_item(family) for family in FAMILIES]
        path = "font-families"
        return JSONResponse(
            make_page(request, path, lambda _: items, _FAMILIES, state.cursors)
        )

    async def list_styles(request: Request) -> JSONResponse:
        require_access(request, state.issuer, "font:list", "font:read")
        family_id = request.path_params["id"]
        family = next((f for f in FAMILIES if f.id == family_id), None)
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
        if style_id not in styles:
            raise ProblemError(404, f"Font style '{style_id}' is not found")
        return styles[style_id]

    async def read_style(request: Request) -> JSONResponse:
        return JSONResponse({"data": _style_item(*named(request)), "links": {}})

    async def download(request: Request) -> Response:
        family, style = named(request)
        return file_response(
            TaskFile(_read_file(family, style), "font/ttf", style.file)
        )

    async def preview(request: Request) -> Response:
        family, style = named(request)
        shape = request.path_params["shape"]
        if shape not in PREVIEW_SHAPES:
            raise ProblemError(400, f"'{shape}' is not a preview type of a font")
        content = draw_preview(font_key(family, style), shape)
        return Response(content, media_type="image/png")

    return [
        Route(f"{ROOT}/font-families", list_families),
        Route(f"{ROOT}/font-families/{{id}}/styles", list_styles),
        Route(f"{ROOT}/font-styles/{{id}}", read_style),
        Route(f"{ROOT}/font-styles/{{id}}/download", download),
        Route(f"{ROOT}/font-styles/{{id}}/preview/{{shape}}", preview),
    ]


def _family_item(family: Family) -> dict[str, Any]:
    return {
        "id": family.id,
        "name": family.name,
        "fontStylesCount": len(family.styles),
        "dateCreated": _CREATED,
        "lastModifiedDate": _CREATED,
        "extensions": ["ttf"],
    }


def _style_item(family: Family, style: Style) -> dict[str, Any]:
    return {
        "id": style.id,
        "name": style.name,
        "familyId": family.id,
        "familyName": family.name,
        "dateCreated": _CREATED,
        "extension": "ttf",
        "fileName": style.file,
        "fileSize": len(_read_file(family, style)),
    }


@cache
def _read_file(family: Family, style: Style) -> bytes:
    return (resources.files(family.package) / "files" / style.file).read_bytes()
