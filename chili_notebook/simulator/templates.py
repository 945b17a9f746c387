"""The templates' part of the API: list, read, make, change and delete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.bodies import json_object
from chili_notebook.simulator.document_previews import preview_routes
from chili_notebook.simulator.listings import Envelope, flag, folder_item, page_of
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.documents import Stored
    from chili_notebook.simulator.listings import Item, Query
    from chili_notebook.simulator.world import World

_ENVELOPE = Envelope(last_links={}, total=True)
_PARAMETER = "JsonObject templateJson"


def template_routes(world: World) -> list[Route]:
    """Make the routes of the templates."""
    calls = _Calls(world)
    at = f"{ROOT}/templates"
    return [
        Route(at, calls.listing),
        Route(at, calls.create, methods=["POST"]),
        Route(f"{at}/directory", calls.directory),
        *preview_routes(world, "templates", "template:read", calls.find),
        Route(f"{at}/{{id}}", calls.item),
        Route(f"{at}/{{id}}", calls.change, methods=["PUT"]),
        Route(f"{at}/{{id}}", calls.delete, methods=["DELETE"]),
        Route(f"{at}/{{id}}/download", calls.download),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    """What can be asked of the templates."""

    world: World

    async def listing(self, request: Request) -> JSONResponse:
        require_access(request, self.world.issuer, "template:list")

        def find(query: Query) -> list[Item]:
            folder = query.get("folder")
            items = map(_item, self.world.templates.newest_first())
            return [item for item in items if folder in {None, item["relativePath"]}]

        return JSONResponse(
            page_of(request, "templates", find, _ENVELOPE, self.world.cursors)
        )

    async def directory(self, request: Request) -> JSONResponse:
        require_access(request, self.world.issuer, "template:list")

        def find(_query: Query) -> list[Item]:
            folders = {entry.folder for entry in self.world.templates.newest_first()}
            return [folder_item(path, kind=1) for path in sorted(folders - {"/"})]

        return JSONResponse(
            page_of(request, "templates/directory", find, _ENVELOPE, self.world.cursors)
        )

    async def create(self, request: Request) -> JSONResponse:
        require_access(request, self.world.issuer, "template:write")
        document = json_object(await request.body(), _PARAMETER)
        name = request.query_params.get("name", "").strip()
        if not name:
            raise ProblemError(400, "name is needed")
        folder = _folder_path(request) or "/"
        made = self.world.templates.add(name, document, folder=folder)
        return _answer(made, 201)

    async def item(self, request: Request) -> JSONResponse:
        return _answer(_template(request, self.world, "template:read"))

    async def change(self, request: Request) -> JSONResponse:
        template = _template(request, self.world, "template:write")
        content = await request.body()
        name, folder = request.query_params.get("name"), _folder_path(request)
        if bool(content) == (name is not None or folder is not None):
            raise ProblemError(
                400, "Either a document or name and folderPath must be provided"
            )
        if name is not None and not name.strip():
            raise ProblemError(400, "name must not be empty")
        document = json_object(content, _PARAMETER) if content else None
        self.world.templates.change(
            template, name=name, folder=folder, document=document
        )
        return _answer(template)

    async def delete(self, request: Request) -> Response:
        template = _template(request, self.world, "template:write")
        if self.world.collections.holds(template.id):
            if not flag(request.query_params, "force"):
                raise ProblemError(
                    400, f"Template '{template.id}' is used in a collection"
                )
            self.world.collections.drop(template.id)
        self.world.templates.remove(template)
        return Response()

    async def download(self, request: Request) -> JSONResponse:
        return JSONResponse(_template(request, self.world, "template:read").document)

    def find(self, request: Request) -> Stored:
        return _template(request, self.world, "template:read")


def _item(template: Stored) -> dict[str, Any]:
    # The dates are those of release note 2026-03-30.
    return {
        "id": template.id,
        "name": template.name,
        "relativePath": template.folder,
        "extension": None,
        "type": 0,
        "dateCreated": template.created,
        "lastModifiedContentUtc": template.modified,
    }


def _answer(template: Stored, status: int = 200) -> JSONResponse:
    return JSONResponse({"data": _item(template), "links": {}}, status)


def _folder_path(request: Request) -> str | None:
    path = request.query_params.get("folderPath")
    return None if path is None else "/" + path.strip("/ ")


def _template(request: Request, world: World, scope: str) -> Stored:
    require_access(request, world.issuer, scope)
    template_id = request.path_params["id"]
    template = world.templates.find(template_id)
    if template is None:
        # GraFx's workshop notes that a missing template answers 500 and not 404.
        told = world.faults.take("template_404", request.url.path) is not None
        raise ProblemError(
            404 if told else 500, f"Template '{template_id}' could not be loaded"
        )
    return template
