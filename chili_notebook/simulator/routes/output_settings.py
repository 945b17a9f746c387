"""The output settings: list, read, create, change and delete.

Bodies are those of Studio UI's calls: the listing is wrapped, a setting is bare. The
name ``continueBatchOutputAfterFailure`` is inferred from the page "Output settings".
GraFx does not publish the statuses of the calls that change a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chili_notebook.simulator.routes.authorization import ROOT, require_access
from chili_notebook.simulator.routes.listings import Envelope, make_page
from chili_notebook.simulator.routes.problems import ProblemError
from chili_notebook.simulator.routes.request_bodies import (
    read_json_object,
    require_text,
)
from chili_notebook.simulator.state.output_settings import (
    CONTINUE,
    FORMATS,
    empty_setting,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from chili_notebook.simulator.state.environment import EnvironmentState
    from chili_notebook.simulator.state.output_settings import Setting

_ENVELOPE = Envelope(last_links={}, total=False)
_FIELD_TYPES: dict[str, type] = {
    "description": str,
    "default": bool,
    "watermark": bool,
    "watermarkText": str,
    "dataSourceEnabled": bool,
    CONTINUE: bool,
}
_NUMBER_FIELDS = ("fps", "maxFileSizeInKiloBytes", "quality", "scaling")


def check_setting(setting: Setting) -> Setting:
    """Return a setting whose fields have the right types.

    Raises:
        ProblemError: 400 if a field does not.
    """
    for key, field_type in _FIELD_TYPES.items():
        if key in setting and not isinstance(setting[key], field_type):
            raise ProblemError(400, f"{key} must be {field_type.__name__}")
    for key in _NUMBER_FIELDS:
        number = setting.get(key)
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if number is not None and not (is_number and number > 0):
            raise ProblemError(400, f"{key} must be a number above 0")
    return setting


def setting_routes(state: EnvironmentState) -> list[Route]:
    """Return the routes of the settings; no scope is known for them."""
    calls = _Calls(state)
    path = f"{ROOT}/output/settings"
    return [
        Route(path, calls.list),
        Route(f"{path}/{{id}}", calls.read),
        Route(f"{path}/{{format}}", calls.create, methods=["POST"]),
        Route(f"{path}/{{id}}", calls.change, methods=["PUT"]),
        Route(f"{path}/{{id}}", calls.delete, methods=["DELETE"]),
    ]


@dataclass(frozen=True, slots=True)
class _Calls:
    state: EnvironmentState

    async def list(self, request: Request) -> JSONResponse:
        require_access(request, self.state.issuer)
        items = list(self.state.settings.all.values())
        path = "output/settings"
        return JSONResponse(
            make_page(request, path, lambda _: items, _ENVELOPE, self.state.cursors)
        )

    async def read(self, request: Request) -> JSONResponse:
        return JSONResponse(self._named(request))

    async def create(self, request: Request) -> JSONResponse:
        require_access(request, self.state.issuer)
        kind = request.path_params["format"]
        if kind not in FORMATS:
            raise ProblemError(404, f"There is no output format '{kind}'")
        body = check_setting(read_json_object(await request.body(), "request"))
        require_text(body, "name")
        fixed = {"id": str(uuid4()), "type": kind.upper()}
        setting = empty_setting(kind) | body | fixed
        self.state.settings.save(setting)
        return JSONResponse(setting, 201)

    async def change(self, request: Request) -> JSONResponse:
        setting = self._named(request)
        body = check_setting(read_json_object(await request.body(), "request"))
        if setting["default"] and not body.get("default", True):
            raise ProblemError(400, "Make another setting the default instead")
        changed = setting | body | {"id": setting["id"], "type": setting["type"]}
        require_text(changed, "name")
        self.state.settings.save(changed)
        return JSONResponse(changed)

    async def delete(self, request: Request) -> Response:
        setting = self._named(request)
        if setting["default"]:
            raise ProblemError(400, "The default setting of a format cannot be deleted")
        self.state.settings.remove(setting)
        return Response(status_code=204)

    def _named(self, request: Request) -> Setting:
        require_access(request, self.state.issuer)
        setting_id = request.path_params["id"]
        if setting_id not in self.state.settings.all:
            raise ProblemError(404, f"Output setting '{setting_id}' is not found")
        return self.state.settings.all[setting_id]
