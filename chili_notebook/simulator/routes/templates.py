"""The templates: list, read, create, change, delete and previews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, folder_item, make_page
from chili_notebook.simulator.routes.previews import preview_routes
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import read_json_object

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.routes.listings import Item, Query
    from chili_notebook.simulator.state.documents import StoredDocument
    from chili_notebook.simulator.state.environment import EnvironmentState

_ENVELOPE = Envelope(last_links={}, total=True)
_PARAMETER = "JsonObject templateJson"


def template_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the templates."""
    calls = _Calls(state)
    path = f"{ROOT}/templates"
    return [
        Route(path, calls.list),
        Route(path, calls.create, methods=["POST"]),
        Route(f"{path}/directory", calls.list_folders),
        *preview_routes(state, "templates", "template:read", calls.named),
        Route(f"{path}/{{id}}", calls.read),
        Route(f"{path}/{{id}}", calls.change, methods=["PUT"]),
        Route(f"{path}/{{id}}", calls.delete, methods=["DELETE"]),
        Route(f"{path}/{{id}}/download", calls.download),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    state: EnvironmentState

    async def list(self, request: Request) -> JSONResponse:
        require_access(request, self.state.issuer, "template:list")

        def find(query: Query) -> list[Item]:
            folder = query.get("folder")
            items = map(_item, self.state.templates.newest_first())
            return [item for item in items if folder in {None, item["relativePath"]}]

        return JSONResponse(
            make_page(request, "templates", find, _ENVELOPE, self.state.cursors)
        )

    async def list_folders(self, request: Request) -> JSONResponse:
        require_access(request, self.state.issuer, "template:list")
        folders = {entry.folder for entry in self.state.templates.newest_first()}
        items = [folder_item(path, type=1) for path in sorted(folders - {"/"})]
        path = "templates/directory"
        return JSONResponse(
            make_page(request, path, lambda _: items, _ENVELOPE, self.state.cursors)
        )

    async def create(self, request: Request) -> JSONResponse:
        require_access(request, self.state.issuer, "template:write")
        document = read_json_object(await request.body(), _PARAMETER)
        name = request.query_params.get("name", "").strip()
        if not name:
            raise ProblemError(400, "name is required")
        folder = _read_folder(request) or "/"
        template = self.state.templates.add(name, document, folder=folder)
        return _response(template, 201)

    async def read(self, request: Request) -> JSONResponse:
        return _response(self.named(request))

    async def change(self, request: Request) -> JSONResponse:
        template = self.named(request, "template:write")
        content = await request.body()
        name, folder = request.query_params.get("name"), _read_folder(request)
        if bool(content) == (name is not None or folder is not None):
            raise ProblemError(
                400, "Either a document or name and folderPath must be provided"
            )
        if name is not None and not name.strip():
            raise ProblemError(400, "name must not be empty")
        document = read_json_object(content, _PARAMETER) if content else None
        self.state.templates.change(
            template, name=name, folder=folder, document=document
        )
        return _response(template)

    async def delete(self, request: Request) -> Response:
        self.state.templates.remove(self.named(request, "template:write"))
        return Response()

    async def download(self, request: Request) -> JSONResponse:
        return JSONResponse(self.named(request).document)

    def named(self, request: Request, scope: str = "template:read") -> StoredDocument:
        require_access(request, self.state.issuer, scope)
        template_id = request.path_params["id"]
        template = self.state.templates.find(template_id)
        if template is None:
            # GraFx responds with 500 instead of 404 ("Workshop 09").
            is_404 = self.state.faults.take("template_404", request.url.path)
            raise ProblemError(
                404 if is_404 else 500, f"Template '{template_id}' could not be loaded"
            )
        return template


def _item(template: StoredDocument) -> dict[str, Any]:
    # The dates are from release note 2026-03-30.
    return {
        "id": template.id,
        "name": template.name,
        "relativePath": template.folder,
        "extension": None,
        "type": 0,
        "dateCreated": template.created,
        "lastModifiedContentUtc": template.modified,
    }


def _response(template: StoredDocument, status: int = 200) -> JSONResponse:
    return JSONResponse({"data": _item(template), "links": {}}, status)


def _read_folder(request: Request) -> str | None:
    path = request.query_params.get("folderPath")
    return None if path is None else "/" + path.strip("/ ")
