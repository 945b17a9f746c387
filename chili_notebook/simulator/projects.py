"""The projects' part of the API; a project is there for the client that made it alone.

Which status a foreign project has is not published; here it is 404, as if it were none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.access import ROOT, require_access
from chili_notebook.simulator.bodies import json_object, text_field
from chili_notebook.simulator.document_previews import preview_routes
from chili_notebook.simulator.documents import project_document
from chili_notebook.simulator.listings import Envelope, page_of
from chili_notebook.simulator.problems import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.documents import Stored
    from chili_notebook.simulator.listings import Item, Query
    from chili_notebook.simulator.world import World

_ENVELOPE = Envelope(last_links={"nextPage": ""}, total=False)


def project_routes(world: World) -> list[Route]:
    """Make the routes of the projects."""
    calls = _Calls(world)
    at = f"{ROOT}/projects"
    return [
        Route(at, calls.listing),
        Route(at, calls.create, methods=["POST"]),
        *preview_routes(world, "projects", "myproject:read", calls.named),
        Route(f"{at}/{{id}}", calls.item),
        Route(f"{at}/{{id}}", calls.rename, methods=["PATCH"]),
        Route(f"{at}/{{id}}", calls.delete, methods=["DELETE"]),
        Route(f"{at}/{{id}}/document", calls.document),
        Route(f"{at}/{{id}}/document", calls.save, methods=["PUT"]),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    """What can be asked of the projects."""

    world: World

    def named(self, request: Request, scope: str = "myproject:read") -> Stored:
        grant = require_access(request, self.world.issuer, scope)
        return own_project(self.world, request.path_params["id"], grant.client_id)

    async def listing(self, request: Request) -> JSONResponse:
        owner = require_access(request, self.world.issuer, "myproject:list").client_id

        def find(_query: Query) -> list[Item]:
            everyones = self.world.projects.newest_first()
            return [_item(project) for project in everyones if project.owner == owner]

        return JSONResponse(
            page_of(request, "projects", find, _ENVELOPE, self.world.cursors)
        )

    async def create(self, request: Request) -> JSONResponse:
        owner = require_access(request, self.world.issuer, "myproject:write").client_id
        body = json_object(await request.body(), "request")
        named_template = body.get("template")
        if not isinstance(named_template, dict):
            raise ProblemError(400, "template is needed, as an object with an id")
        template = self.world.templates.find(text_field(named_template, "id"))
        if template is None:
            raise ProblemError(400, f"Template '{named_template['id']}' is not found")
        name = template.name if body.get("name") is None else text_field(body, "name")
        made = self.world.projects.add(
            name, project_document(template), owner=owner, template_id=template.id
        )
        # The status is not published; the workshop asks only whether it is a success.
        return JSONResponse(_item(made), 201)

    async def item(self, request: Request) -> JSONResponse:
        return JSONResponse(_item(self.named(request)))

    async def rename(self, request: Request) -> JSONResponse:
        project = self.named(request, "myproject:write")
        body = json_object(await request.body(), "request")
        self.world.projects.change(project, name=text_field(body, "name"))
        return JSONResponse(_item(project))

    async def delete(self, request: Request) -> Response:
        self.world.projects.remove(self.named(request, "myproject:write"))
        return Response(status_code=204)

    async def document(self, request: Request) -> JSONResponse:
        return JSONResponse(self.named(request).document)

    async def save(self, request: Request) -> Response:
        project = self.named(request, "myproject:write")
        saved = json_object(await request.body(), "JsonObject document")
        self.world.projects.change(project, document=saved)
        return Response(status_code=204)


def own_project(world: World, project_id: str, owner: str) -> Stored:
    """Give a project of a client.

    Raises:
        ProblemError: 404 if the client has no such project.
    """
    project = world.projects.find(project_id)
    if project is None or project.owner != owner:
        raise ProblemError(404, f"Project '{project_id}' is not found")
    return project


def _item(project: Stored) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "template": {"id": project.template_id},
        "collectionId": None,
        "userInterfaceId": None,
        "dateCreated": project.created,
        "lastModifiedDate": project.modified,
    }
