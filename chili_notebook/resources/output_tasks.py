"""Output tasks: polled until their file is there ("Output tasks")."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from chili_notebook.errors import (
    ConnectionFailedError,
    NotFoundError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    TooManyRequestsError,
)
from chili_notebook.resources.output_reports import fetch_report, hint_of
from chili_notebook.resources.paths import segment

if TYPE_CHECKING:
    from chili_notebook.calls import Calls

_NOT_YET = {202, 204}
_FAILED = 500
_FIRST_POLL_S, _LAST_POLL_S, _GROWTH = 0.25, 5.0, 1.5


def await_download(
    client: Calls,
    task_id: str,
    kind: str,
    *,
    timeout_s: float,
) -> str:
    """Wait for a task, and give the address of its file.

    Args:
        client: What asks.
        task_id: The task.
        kind: The format that it makes.
        timeout_s: How long to wait.

    Raises:
        OutputFailedError: If GraFx cannot make it.
        OutputTimeoutError: If it is not ready in time.
    """
    try:
        return _poll(client, task_id, kind, timeout_s)
    except KeyboardInterrupt:
        sys.stderr.write(f"{_goes_on(task_id, kind)}\n")
        raise


def _poll(client: Calls, task_id: str, kind: str, timeout_s: float) -> str:
    from tqdm import tqdm

    path = f"output/tasks/{segment(task_id)}"
    deadline = client.clock() + timeout_s
    pause = _FIRST_POLL_S
    # Nothing shows for a quick render; text, since a saved widget would be dead.
    with tqdm(
        desc=f"Rendering {kind}",
        bar_format="{desc}: {elapsed}",
        delay=2.0,
        leave=False,
    ) as progress:
        while True:
            download = _done(client, path, task_id, kind)
            if download:
                return download
            if client.clock() >= deadline:
                raise OutputTimeoutError(
                    f"The {kind} was not ready after {timeout_s:g} s.",
                    hint=_goes_on(task_id, kind),
                    task_id=task_id,
                )
            client.sleep(pause)
            pause = min(pause * _GROWTH, _LAST_POLL_S)
            progress.update(0)


def _done(client: Calls, path: str, task_id: str, kind: str) -> str:
    """Give the address of a finished file, empty if it is not yet there."""
    try:
        response = client.get(path)
    except (ConnectionFailedError, TooManyRequestsError):
        return ""  # it says nothing of the task, which goes on
    except NotFoundError as error:
        raise OutputFailedError(
            f"GraFx does not know the task {task_id} (any more).",
            hint="Tasks are kept for seven days. Start the output again.",
            task_id=task_id,
        ) from error
    except ServerError as error:
        if error.status_code != _FAILED or not (error.title or error.detail):
            return ""  # a gateway's word, and not GraFx's on the task
        report = fetch_report(client, error.detail)
        raise OutputFailedError(
            f"GraFx could not make the {kind}: "
            f"{error.detail or error.title or error.message}",
            hint=hint_of(report) or "Check the values of the variables and the layout.",
            task_id=task_id,
            report=report,
        ) from error
    if response.status_code in _NOT_YET:
        return ""
    return client.link(response, "download") or f"{path}/download"


def _goes_on(task_id: str, kind: str) -> str:
    wait = f"chili.outputs.wait({task_id!r}, {kind!r})"
    return f"The task goes on at GraFx: {wait} goes on waiting for it."
