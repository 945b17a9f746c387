"""Previews: pictures that GraFx makes when they are first asked for.

The first answer may be 202, with a task to poll; media previews are asked for again
(workshop "Previews", GraFx's own media connector).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chili_notebook.api.files import File
from chili_notebook.display.gallery import is_given_up
from chili_notebook.errors import ChiliError, OutputTimeoutError
from chili_notebook.http.foreign import json_object

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from chili_notebook.api.base import Calls

_NOT_YET = {202, 204}
_FIRST_POLL_S, _LAST_POLL_S, _GROWTH = 0.5, 5.0, 1.5
_PATIENCE_S = 60.0


def fetch_preview(
    client: Calls, path: str, *, name: str, params: dict[str, Any] | None = None
) -> File:
    """Give a preview, as soon as GraFx has made it.

    Raises:
        OutputTimeoutError: If it is not there within a minute; its task may have no id.
    """
    task_id = ""
    asked = {key: value for key, value in (params or {}).items() if value is not None}
    deadline = client.clock() + _PATIENCE_S
    pause = _FIRST_POLL_S
    response = client.get(path, params=asked)
    address, query = path, asked
    while response.status_code in _NOT_YET:
        task_info = _link(client, response, "taskInfo")
        if task_info:
            address, query = task_info, {}
            task_id = urlsplit(task_info).path.rstrip("/").rpartition("/")[2]
        if is_given_up() or client.clock() >= deadline:
            raise OutputTimeoutError(
                f"The preview {name} was not ready after {_PATIENCE_S:g} s.",
                hint="Ask for it again in a while.",
                task_id=task_id,
            )
        client.sleep(pause)
        pause = min(pause * _GROWTH, _LAST_POLL_S)
        response = client.get(address, params=query)
    download = _link(client, response, "download")
    return File.read(client.get(download) if download else response, name=name)


def show_preview(preview: Callable[[], File], *, text: str) -> dict[str, str]:
    """Give a preview as a front-end shows it, or say why it is not there.

    Args:
        preview: What fetches it.
        text: What stands for it where no pictures are shown.
    """
    try:
        return preview()._repr_mimebundle_() | {"text/plain": text}
    except ChiliError as error:
        return {"text/plain": f"{text}\nNo preview: {error.message}"}


def _link(client: Calls, response: httpx.Response, key: str) -> str:
    """Give a link, if the answer is no picture and has one."""
    return client.link(response, key) if json_object(response) else ""
