"""The projects: list, read, create, change, delete and previews.

A project is visible only to the client that created it. GraFx does not publish the
status for other clients; here it is 404.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.previews import preview_routes
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import (
    read_json_object,
    require_text,
)
from chili_notebook.simulator.state.documents import project_document

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.documents import StoredDocument
    from chili_notebook.simulator.state.environment import EnvironmentState

_ENVELOPE = Envelope(last_links={"nextPage": ""}, total=False)


def project_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the projects."""
    calls = _Calls(state)
    path = f"{ROOT}/projects"
    return [
        Route(path, calls.list),
        Route(path, calls.create, methods=["POST"]),
        *preview_routes(state, "projects", "myproject:read", calls.named),
        Route(f"{path}/{{id}}", calls.read),
        Route(f"{path}/{{id}}", calls.rename, methods=["PATCH"]),
        Route(f"{path}/{{id}}", calls.delete, methods=["DELETE"]),
        Route(f"{path}/{{id}}/document", calls.read_document),
        Route(f"{path}/{{id}}/document", calls.save_document, methods=["PUT"]),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    state: EnvironmentState

    async def list(self, request: Request) -> JSONResponse:
        owner = require_access(request, self.state.issuer, "myproject:list").client_id
        projects = self.state.projects.newest_first()
        items = [_item(project) for project in projects if project.owner == owner]
        return JSONResponse(
            make_page(
                request, "projects", lambda _: items, _ENVELOPE, self.state.cursors
            )
        )

    async def create(self, request: Request) -> JSONResponse:
        owner = require_access(request, self.state.issuer, "myproject:write").client_id
        body = read_json_object(await request.body(), "request")
        reference = body.get("template")
        if not isinstance(reference, dict):
            raise ProblemError(400, "template is required, as an object with an id")
        template = self.state.templates.find(require_text(reference, "id"))
        if template is None:
            raise ProblemError(400, f"Template '{reference['id']}' is not found")
        has_name = body.get("name") is not None
        name = require_text(body, "name") if has_name else template.name
        project = self.state.projects.add(
            name, project_document(template), owner=owner, template_id=template.id
        )
        # GraFx does not publish the status; the workshop accepts any success.
        return JSONResponse(_item(project), 201)

    async def read(self, request: Request) -> JSONResponse:
        return JSONResponse(_item(self.named(request)))

    async def rename(self, request: Request) -> JSONResponse:
        project = self.named(request, "myproject:write")
        body = read_json_object(await request.body(), "request")
        self.state.projects.change(project, name=require_text(body, "name"))
        return JSONResponse(_item(project))

    async def delete(self, request: Request) -> Response:
        self.state.projects.remove(self.named(request, "myproject:write"))
        return Response(status_code=204)

    async def read_document(self, request: Request) -> JSONResponse:
        return JSONResponse(self.named(request).document)

    async def save_document(self, request: Request) -> Response:
        project = self.named(request, "myproject:write")
        document = read_json_object(await request.body(), "JsonObject document")
        self.state.projects.change(project, document=document)
        return Response(status_code=204)

    def named(self, request: Request, scope: str = "myproject:read") -> StoredDocument:
        token = require_access(request, self.state.issuer, scope)
        return require_project(self.state, request.path_params["id"], token.client_id)


def require_project(
    state: EnvironmentState, project_id: str, owner: str
) -> StoredDocument:
    """Return a project of a client.

    Raises:
        ProblemError: 404 if the client has no such project.
    """
    project = state.projects.find(project_id)
    if project is None or project.owner != owner:
        raise ProblemError(404, f"Project '{project_id}' is not found")
    return project


def _item(project: StoredDocument) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "template": {"id": project.template_id},
        "collectionId": None,
        "userInterfaceId": None,
        "dateCreated": project.created,
        "lastModifiedDate": project.modified,
    }
