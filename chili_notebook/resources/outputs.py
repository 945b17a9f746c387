"""Outputs: a template rendered to a picture, a PDF, an animation or a page."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, Literal, get_args

from chili_notebook.answers import item_of, links_of, text_in
from chili_notebook.documents import checked_rows, choose_layout
from chili_notebook.errors import (
    ConnectionFailedError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    TooManyRequestsError,
    UnexpectedAnswerError,
    VariableError,
)
from chili_notebook.files import save_bytes
from chili_notebook.resources.paths import segment

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.client import Chili
    from chili_notebook.resources.templates import Template

Format = Literal["pdf", "jpg", "png", "gif", "mp4", "html"]
Row = Mapping[str, Any]

_NOT_YET = {202, 204}
_FAILED = 500
_SHOWN_INLINE = {"image/png", "image/jpeg", "image/gif", "application/pdf"}
_FIRST_POLL_S, _LAST_POLL_S, _GROWTH = 0.25, 5.0, 1.5


@dataclass(frozen=True, slots=True)
class Output:
    """A finished output; in a notebook it shows itself.

    Attributes:
        format: What was asked for.
        content: The file's bytes.
        content_type: Its media type, without parameters.
        file_name: GraFx's name for it, without folders.
        task_id: GraFx's id of the task that made it.
    """

    format: str
    content: bytes = field(repr=False)
    content_type: str
    file_name: str
    task_id: str

    def save(self, path: str | Path) -> Path:
        """Write the file, whole or not at all; missing folders are made.

        Args:
            path: The file, or a folder to put it into under `file_name`.

        Returns:
            Where it is.
        """
        return save_bytes(self.content, path, default_name=self.file_name)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        size = f"{len(self.content) / 1000:,.0f} kB"
        bundle = {"text/plain": f"<Output {self.file_name}, {size}>"}
        if self.content_type in _SHOWN_INLINE:
            bundle[self.content_type] = base64.b64encode(self.content).decode()
        return bundle


class Outputs:
    """``chili.outputs``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def create(  # noqa: PLR0913 - each is named at the call
        self,
        template: Template | str,
        format: Format,  # noqa: A002 - GraFx's word
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: str | None = None,
        settings: str | None = None,
        timeout_s: float = 300.0,
    ) -> Output:
        """Render a template and wait for the file.

        Args:
            template: A template, or its id.
            format: ``pdf``, ``jpg``, ``png``, ``gif``, ``mp4`` or ``html``.
            variables: Values by variable name; a list of such rows makes a batch.
            layout: A layout's id or name; by default the one the template opens with.
            settings: The id of an output setting; by default the format's default one.
            timeout_s: How long to wait, in seconds.

        Raises:
            VariableError: If a variable or layout is not the template's.
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time; `wait` can go on.
        """
        task_id = self.start(
            template, format, variables=variables, layout=layout, settings=settings
        )
        return self.wait(task_id, format, timeout_s=timeout_s)

    def start(
        self,
        template: Template | str,
        format: Format,  # noqa: A002
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: str | None = None,
        settings: str | None = None,
    ) -> str:
        """Start rendering a template and give the task's id.

        It is never repeated by itself: a second start may be billed as a second render.
        """
        if format not in get_args(Format):
            raise VariableError(
                f"{format!r} is not an output format.",
                hint=f"Formats: {', '.join(get_args(Format))}.",
            )
        if isinstance(template, str):
            template = self._client.templates.get(template)
        document = template.document()
        body: dict[str, Any] = {
            "templateId": template.id,
            "layoutsToExport": [choose_layout(document, layout)],
        }
        if variables:
            rows = [variables] if isinstance(variables, Mapping) else variables
            body["variables"] = checked_rows(document, rows)
        if settings:
            body["outputSettingsId"] = settings
        response = self._client.post(f"output/{format}", json=body)
        task_id = text_in(item_of(response), "taskId")
        if not task_id:
            raise UnexpectedAnswerError("GraFx started an output without a task id.")
        return task_id

    def wait(
        self,
        task_id: str,
        format: Format,  # noqa: A002
        *,
        timeout_s: float = 300.0,
    ) -> Output:
        """Wait for a task and give its file.

        Raises:
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time.
        """
        try:
            download = self._poll(task_id, format, timeout_s)
        except KeyboardInterrupt:
            sys.stderr.write(f"{_goes_on(task_id, format)}\n")
            raise
        response = self._client.get(download)
        content_type = response.headers.get("content-type", "application/octet-stream")
        return Output(
            format=format,
            content=response.content,
            content_type=content_type.partition(";")[0].strip().lower(),
            file_name=_file_name(response.headers.get("content-disposition", ""))
            or f"{task_id}.{format}",
            task_id=task_id,
        )

    def _poll(self, task_id: str, format: Format, timeout_s: float) -> str:  # noqa: A002
        from tqdm import tqdm

        path = f"output/tasks/{segment(task_id)}"
        deadline = self._client.clock() + timeout_s
        pause = _FIRST_POLL_S
        # Nothing shows for a quick render; text, since a saved widget would be dead.
        with tqdm(
            desc=f"Rendering {format}",
            bar_format="{desc}: {elapsed}",
            delay=2.0,
            leave=False,
        ) as progress:
            while True:
                download = self._done(path, task_id, format)
                if download:
                    return download
                if self._client.clock() >= deadline:
                    raise OutputTimeoutError(
                        f"The {format} was not ready after {timeout_s:g} s.",
                        hint=_goes_on(task_id, format),
                        task_id=task_id,
                    )
                self._client.sleep(pause)
                pause = min(pause * _GROWTH, _LAST_POLL_S)
                progress.update(0)

    def _done(self, path: str, task_id: str, format: Format) -> str:  # noqa: A002
        """Give the address of a finished file, empty if it is not yet there."""
        try:
            response = self._client.get(path)
        except (ConnectionFailedError, TooManyRequestsError):
            return ""  # it says nothing of the task, which goes on
        except ServerError as error:
            if error.status_code != _FAILED:
                return ""  # a gateway's word
            raise OutputFailedError(
                f"GraFx could not make the {format}: "
                f"{error.detail or error.title or error.message}",
                hint="Check the values of the variables and the layout.",
                task_id=task_id,
            ) from error
        if response.status_code in _NOT_YET:
            return ""
        return text_in(links_of(response), "download") or f"{path}/download"


def _goes_on(task_id: str, format: Format) -> str:  # noqa: A002
    wait = f"chili.outputs.wait({task_id!r}, {format!r})"
    return f"The task goes on at GraFx: {wait} goes on waiting for it."


def _file_name(disposition: str) -> str:
    """Give the last part of the name in a Content-Disposition; never a path."""
    match = re.search(r'filename="?([^";]+)"?', disposition)
    name = PureWindowsPath(match.group(1)).name.strip() if match else ""
    return "" if name in {".", ".."} or not name.isprintable() else name
