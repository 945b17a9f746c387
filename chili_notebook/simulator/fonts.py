"""The fonts' part of the API: families, styles and previews; read only.

GraFx's upload in three steps is left out.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.drawing.font_samples import SHAPES, draw_sample
from chili_notebook.simulator.drawing.fonts import FAMILIES, Family, Style, font_key
from chili_notebook.simulator.listings import Envelope, page_of
from chili_notebook.simulator.problems import ProblemError
from chili_notebook.simulator.task_answers import answer_file
from chili_notebook.simulator.tasks import Made

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.world import World

_FAMILIES = Envelope(last_links={"nextPage": None}, total=True, searched=("name",))
_STYLES = Envelope(last_links=None, total=False, searched=("name",))
_CREATED = "2026-01-05T10:00:00"


def font_routes(world: World) -> list[Route]:
    """Make the routes of the fonts."""
    styles = {
        style.id: (family, style) for family in FAMILIES for style in family.styles
    }

    async def families(request: Request) -> JSONResponse:
        require_access(request, world.issuer, "font:list")
        items = [_family_item(family) for family in FAMILIES]
        return JSONResponse(
            page_of(request, "font-families", lambda _: items, _FAMILIES, world.cursors)
        )

    async def styles_of(request: Request) -> JSONResponse:
        require_access(request, world.issuer, "font:list", "font:read")
        family_id = request.path_params["id"]
        family = next((f for f in FAMILIES if f.id == family_id), None)
        if family is None:
            raise ProblemError(404, f"Font family '{family_id}' is not found")
        items = [_style_item(family, style) for style in family.styles]
        path = f"font-families/{family_id}/styles"
        return JSONResponse(
            page_of(request, path, lambda _: items, _STYLES, world.cursors)
        )

    def named(request: Request) -> tuple[Family, Style]:
        require_access(request, world.issuer, "font:read")
        style_id = request.path_params["id"]
        if style_id not in styles:
            raise ProblemError(404, f"Font style '{style_id}' is not found")
        return styles[style_id]

    async def style(request: Request) -> JSONResponse:
        return JSONResponse({"data": _style_item(*named(request)), "links": {}})

    async def download(request: Request) -> Response:
        family, style = named(request)
        return answer_file(Made(_content(family, style), "font/ttf", style.file))

    async def preview(request: Request) -> Response:
        family, style = named(request)
        shape = request.path_params["shape"]
        if shape not in SHAPES:
            raise ProblemError(400, f"'{shape}' is no preview of a font")
        sample = draw_sample(font_key(family, style), shape)
        return Response(sample, media_type="image/png")

    return [
        Route(f"{ROOT}/font-families", families),
        Route(f"{ROOT}/font-families/{{id}}/styles", styles_of),
        Route(f"{ROOT}/font-styles/{{id}}", style),
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
        "fileSize": len(_content(family, style)),
    }


@cache
def _content(family: Family, style: Style) -> bytes:
    return (resources.files(family.package) / "files" / style.file).read_bytes()
