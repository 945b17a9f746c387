"""Output tasks: polled until their file is there ("Output tasks")."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chili_notebook.api.files import File
from chili_notebook.api.ids import segment
from chili_notebook.api.output_polls import (
    SHORTEST_PAUSE_S,
    Pace,
    ask,
    seconds_of,
)
from chili_notebook.api.output_reports import (
    Report,
    fetch_report,
    find_report,
    read_report,
    without_report,
    words_of,
)
from chili_notebook.errors import (
    ChiliError,
    GoneError,
    NotFoundError,
    OutputError,
    OutputExpiredError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
)

if TYPE_CHECKING:
    import httpx

    from chili_notebook.api.base import Calls
    from chili_notebook.api.output_polls import Heard

_NO_REPORT = Report()


@dataclass(frozen=True, slots=True)
class Output(File):
    """A finished output; in a notebook it shows itself.

    Attributes:
        format: What was asked for; ``None`` for a task of which only the id was known.
        task_id: GraFx's id of the task that made it.
        report: What went wrong with which record, where a batch went on after it.
    """

    format: str | None
    task_id: str
    report: Report = _NO_REPORT


@dataclass(frozen=True, slots=True)
class OutputTask:
    """Something that GraFx renders; `wait` gives its file.

    Attributes:
        id: GraFx's id; ``chili.outputs.task(id)`` comes back to it, for seven days.
        format: What it makes; ``None`` if only the id is known.
    """

    id: str
    format: str | None
    _client: Calls = field(repr=False, compare=False)
    _pace: Pace = field(repr=False, compare=False)

    def wait(self, *, timeout_s: float = 300.0) -> Output:
        """Wait for the file.

        Args:
            timeout_s: How long to wait, in seconds.

        Raises:
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time; waiting can go on.
            OutputExpiredError: If the file is no longer kept.
            ChiliError: If GraFx cannot be asked; waiting can go on.
        """
        patience_s = seconds_of(timeout_s)
        how_to_go_on = self._goes_on
        try:
            done = self._poll(patience_s)
            address = self._client.link(done, "download") or f"{self._path}/download"
            how_to_go_on = f"The {self._kind} is made: {self._again} fetches it."
            output, unread = self._fetch(done, address)
        except KeyboardInterrupt:
            sys.stderr.write(f"{how_to_go_on}\n")
            raise
        except OutputError:
            raise
        except ChiliError as error:
            error.hint = f"{error.hint} {how_to_go_on}".strip()
            raise
        # No warnings: they would write this module's path into the notebook.
        if unread:
            sys.stderr.write(
                f"Some records may be missing from the {self._kind}: its report could "
                f"not be read. {unread} {self._again} reads it again.\n"
            )
        elif output.report:
            failed = len({error.record for error in output.report})
            sys.stderr.write(
                f"The {self._kind} is there without {failed} of its records; its "
                f"report shows them as a table:\n{words_of(output.report)}\n"
            )
        return output

    @property
    def _path(self) -> str:
        return f"output/tasks/{segment(self.id)}"

    @property
    def _kind(self) -> str:
        return self.format or "output"

    @property
    def _again(self) -> str:
        known = f"{self.id!r}, {self.format!r}" if self.format else repr(self.id)
        return f"{self._client.name}.outputs.task({known}).wait()"

    @property
    def _goes_on(self) -> str:
        return f"The task goes on at GraFx: {self._again} goes on waiting for it."

    def _poll(self, timeout_s: float) -> httpx.Response:
        """Give the answer that says that the task is done."""
        from tqdm import tqdm

        started_at = self._client.clock()
        # Nothing shows for a quick render; text, since a saved widget would be dead.
        with tqdm(
            desc=f"Rendering {self._kind}",
            bar_format="{desc}: {elapsed}",
            delay=2.0,
            leave=False,
        ) as progress:
            while True:
                left_s = timeout_s - (self._client.clock() - started_at)
                heard = self._ask(left_s)
                waited_s = self._client.clock() - started_at
                if heard.done is not None:
                    if waited_s >= SHORTEST_PAUSE_S:  # else it was done before
                        self._pace.note(self.format, waited_s)
                    return heard.done
                if waited_s >= timeout_s:
                    hitch = f" The last poll failed: {heard.hitch}"
                    raise OutputTimeoutError(
                        f"The {self._kind} was not ready after {timeout_s:g} s."
                        f"{hitch if heard.hitch else ''}",
                        hint=self._goes_on,
                        task_id=self.id,
                    )
                pause_s = max(self._pace.pause(self.format, waited_s), heard.wait_s)
                self._client.sleep(min(pause_s, timeout_s - waited_s))
                progress.update(0)

    def _ask(self, left_s: float) -> Heard:
        """Poll once.

        Raises:
            OutputFailedError: If the task has failed, or is not known.
        """
        try:
            return ask(self._client, self._path, left_s=left_s)
        except NotFoundError as error:
            raise OutputFailedError(
                f"GraFx does not know the task {self.id} (any more).",
                hint="Tasks are kept for seven days. Start the output again.",
                task_id=self.id,
            ) from error
        except ServerError as error:
            report = read_report(self._client, find_report(error.detail))
            why = without_report(error.detail) or error.title or error.message
            raise OutputFailedError(
                f"GraFx could not make the {self._kind}: {why}",
                hint=words_of(report)
                or "If that names no cause, check the layout and the values.",
                task_id=self.id,
                report=report,
            ) from error

    def _fetch(self, done: httpx.Response, address: str) -> tuple[Output, str]:
        """Give the file, and why its report could not be read, if it has one."""
        try:
            response = self._client.get(address)
        except (GoneError, NotFoundError) as error:
            raise OutputExpiredError(
                f"GraFx no longer has the file of the task {self.id}.",
                hint="Files are kept for four hours. Start the output again.",
                task_id=self.id,
            ) from error
        report, unread = _NO_REPORT, ""
        try:
            if report_at := self._client.link(done, "report"):
                report = fetch_report(self._client, report_at)
        except ChiliError as error:
            unread = error.message
        ending = f".{self.format}" if self.format else ""
        output = Output.read(
            response,
            name=f"{self.id}{ending}",
            format=self.format,
            task_id=self.id,
            report=report,
        )
        return output, unread
