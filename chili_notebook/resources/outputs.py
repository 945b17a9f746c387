"""Outputs: templates and projects as pictures, PDFs, animations or pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from chili_notebook.answers import item_of, text_in
from chili_notebook.documents import checked_rows, choose_layout
from chili_notebook.errors import (
    ConnectionFailedError,
    NotFoundError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    TooManyRequestsError,
    UnexpectedAnswerError,
    VariableError,
)
from chili_notebook.resources.documented import Documented
from chili_notebook.resources.files import File
from chili_notebook.resources.paths import segment
from chili_notebook.resources.projects import Project

if TYPE_CHECKING:
    from chili_notebook.client import Chili

Format = Literal["pdf", "jpg", "png", "gif", "mp4", "html"]
Row = Mapping[str, Any]
Document = Mapping[str, Any]

_NOT_YET = {202, 204}
_FAILED = 500
_MOST_ROWS = 10_000
_MOST_VARIABLES_BYTES = 10_000_000
_MOST_BYTES = 20_000_000
_FIRST_POLL_S, _LAST_POLL_S, _GROWTH = 0.25, 5.0, 1.5


@dataclass(frozen=True, slots=True)
class Output(File):
    """A finished output; in a notebook it shows itself.

    Attributes:
        format: What was asked for.
        task_id: GraFx's id of the task that made it.
    """

    format: str
    task_id: str


class Outputs:
    """``chili.outputs``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def create(  # noqa: PLR0913 - each is named at the call
        self,
        source: Documented | Document | str,
        format: Format,  # noqa: A002 - GraFx's word
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: str | int | None = None,
        settings: str | None = None,
        timeout_s: float = 300.0,
    ) -> Output:
        """Render something and wait for the file.

        Args:
            source: A template, its id, a project, or a whole document.
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
        format = _format(format)  # noqa: A001 - GraFx's word
        task_id = self.start(
            source, format, variables=variables, layout=layout, settings=settings
        )
        return self.wait(task_id, format, timeout_s=timeout_s)

    def start(
        self,
        source: Documented | Document | str,
        format: Format,  # noqa: A002
        *,
        variables: Row | Sequence[Row] | None = None,
        layout: str | int | None = None,
        settings: str | None = None,
    ) -> str:
        """Start rendering and give the task's id.

        It is never repeated by itself: a second start may be billed as a second render.
        """
        format = _format(format)  # noqa: A001 - GraFx's word
        body, document = self._source(source)
        wanted = None if layout is None else str(layout)
        body["layoutsToExport"] = [choose_layout(document, wanted)]
        if variables:
            rows = [variables] if isinstance(variables, Mapping) else variables
            if not all(isinstance(row, Mapping) for row in rows):
                raise VariableError(
                    "The variables are no rows of values.",
                    hint='Give {"name": value}, or a list of these.',
                )
            body["variables"] = checked_rows(document, rows)
        if settings:
            body["outputSettingsId"] = settings
        _require_small(body)
        response = self._client.post(f"output/{format}", json=body)
        task_id = text_in(item_of(response), "taskId")
        if not task_id:
            raise UnexpectedAnswerError("GraFx started an output without a task id.")
        return task_id

    def _source(
        self, source: Documented | Document | str
    ) -> tuple[dict[str, Any], Document]:
        """Give what names a source in an order, and its document."""
        if isinstance(source, Mapping):
            return {"documentContent": dict(source)}, source
        if isinstance(source, str):
            source = self._client.templates.get(source)
        if not isinstance(source, Documented):
            raise VariableError(
                f"A {type(source).__name__} cannot be rendered.",
                hint="Give a template, its id, a project, or a document.",
            )
        kind = "projectId" if isinstance(source, Project) else "templateId"
        return {kind: source.id}, source.document()

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
        name = f"{task_id}.{format}"
        response = self._client.get(download)
        return Output.read(response, name=name, format=format, task_id=task_id)

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
        except NotFoundError as error:
            raise OutputFailedError(
                f"GraFx does not know the task {task_id} (any more).",
                hint="Tasks are kept for seven days. Start the output again.",
                task_id=task_id,
            ) from error
        except ServerError as error:
            if error.status_code != _FAILED or not (error.title or error.detail):
                return ""  # a gateway's word, and not GraFx's on the task
            raise OutputFailedError(
                f"GraFx could not make the {format}: "
                f"{error.detail or error.title or error.message}",
                hint="Check the values of the variables and the layout.",
                task_id=task_id,
            ) from error
        if response.status_code in _NOT_YET:
            return ""
        return self._client.link(response, "download") or f"{path}/download"


def _format(text: str) -> Format:
    """Read a format as people write it."""
    for known in get_args(Format):
        if text.lower() == known:
            return known  # type: ignore[no-any-return]
    raise VariableError(
        f"{text!r} is not an output format.",
        hint=f"Formats: {', '.join(get_args(Format))}.",
    )


def _require_small(body: Mapping[str, Any]) -> None:
    """Refuse what GraFx refuses ("Variable data printing with the output API")."""
    rows = body.get("variables", ())
    size = len(json.dumps(body))
    if (
        len(rows) > _MOST_ROWS
        or size > _MOST_BYTES
        or (rows and len(json.dumps(rows)) > _MOST_VARIABLES_BYTES)
    ):
        raise VariableError(
            f"The order is too large: {len(rows):,} rows, {size:,} bytes.",
            hint="GraFx takes 10,000 rows or 10 MB of variables, and 20 MB in all. "
            "Send the rows in several outputs.",
        )


def _goes_on(task_id: str, format: Format) -> str:  # noqa: A002
    wait = f"chili.outputs.wait({task_id!r}, {format!r})"
    return f"The task goes on at GraFx: {wait} goes on waiting for it."
