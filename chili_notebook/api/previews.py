"""Previews: pictures that GraFx makes when they are first requested.

The first response may be 202, with a task to poll. Previews of media have no task and
are requested again (workshop "Previews", GraFx's own media connector).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chili_notebook.api.api_errors import InterruptedCallError
from chili_notebook.api.files import File, require_file
from chili_notebook.api.output_tasks import seconds_of
from chili_notebook.display.descriptions import fields_bundle
from chili_notebook.errors import ChiliError, OutputTimeoutError
from chili_notebook.http.reading import json_object
from chili_notebook.http.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from chili_notebook.api.base import ApiClient

SHOWN_TIMEOUT_S = 5.0
"""How long a notebook waits for the preview of an item that shows itself."""
_NOT_READY = {202, 204}
# For a response that has begun; a large picture may take longer if it arrives faster.
_GRACE_S, _SLOWEST_BYTES_S = 30.0, 1_000.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _GROWTH = 0.5, 5.0, 1.5
_BESIDE = "display:flex;flex-wrap:wrap;align-items:flex-start;gap:1em"


def fetch_preview(
    client: ApiClient,
    path: str,
    *,
    name: str,
    timeout_s: float,
    params: dict[str, Any] | None = None,
) -> File:
    """Return a preview as soon as GraFx has made it.

    Raises:
        ConfigurationError: If the timeout is not a number of seconds.
        OutputTimeoutError: If it is not ready in time. Its task ID may be empty.
        KeyboardInterrupt: If the user interrupts it.
    """
    timeout_s = seconds_of(timeout_s)
    try:
        with TimeLimit(timeout_s + _GRACE_S, slowest_bytes_s=_SLOWEST_BYTES_S):
            return _wait_for_preview(
                client, path, name=name, timeout_s=timeout_s, params=params
            )
    except KeyboardInterrupt:
        raise InterruptedCallError(
            f"You stopped waiting for the preview {name}.", hint="Try again in a while."
        ) from None


def _wait_for_preview(
    client: ApiClient,
    path: str,
    *,
    name: str,
    timeout_s: float,
    params: dict[str, Any] | None,
) -> File:
    query = {key: value for key, value in (params or {}).items() if value is not None}
    address, task_id = path, ""
    deadline = client.stopwatch() + timeout_s
    pause_s = _FIRST_PAUSE_S
    response = client.get(address, params=query)
    while response.status_code in _NOT_READY:
        task_info = _link_in(client, response, "taskInfo")
        if task_info:
            address, query = task_info, {}
            task_id = urlsplit(task_info).path.rstrip("/").rpartition("/")[2]
        left_s = deadline - client.stopwatch()
        if left_s <= 0:
            raise OutputTimeoutError(
                f"The preview {name} was not ready after {timeout_s:g} s.",
                hint="Try again in a while.",
                task_id=task_id,
            )
        client.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * _GROWTH, _LONGEST_PAUSE_S)
        response = client.get(address, params=query)
    download = _link_in(client, response, "download")
    response = client.get(download) if download else response
    require_file(response, response.content, name)
    return File.from_response(response, name=name)


def show_preview(item: object, preview: Callable[..., File]) -> dict[str, str]:
    """Return the preview of an item beside its fields, by media type.

    Args:
        item: The item. Without a preview, its fields and the reason are shown.
        preview: The method of the item that fetches it.
    """
    try:
        address = preview(timeout_s=SHOWN_TIMEOUT_S).as_data_url()
    except ChiliError as error:
        return fields_bundle(item, caption=f"No preview: {error.message}")
    bundle = fields_bundle(item)
    picture = f'<img alt="" src="{escape(address)}" style="max-height:240px">'
    return bundle | {
        "text/html": f'<div style="{_BESIDE}">{picture}{bundle["text/html"]}</div>'
    }


def _link_in(client: ApiClient, response: httpx.Response, key: str) -> str:
    """Return a link of a response, empty if it has none or is a picture."""
    return client.link(response, key) if json_object(response) else ""
