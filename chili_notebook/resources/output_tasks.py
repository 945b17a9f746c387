"""Output tasks: polled until their file is there ("Output tasks")."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chili_notebook.errors import (
    ChiliError,
    ConnectionFailedError,
    GoneError,
    NotFoundError,
    OutputError,
    OutputExpiredError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    TooManyRequestsError,
)
from chili_notebook.resources.files import File
from chili_notebook.resources.output_reports import (
    RecordError,
    find_report,
    read_report,
    without_report,
    words_of,
)
from chili_notebook.resources.paths import segment

if TYPE_CHECKING:
    import httpx

    from chili_notebook.calls import Calls

_NOT_YET = {202, 204}
_FAILED = 500
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0
_POLLS_IN_A_RENDER = 8


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
    report: tuple[RecordError, ...] = ()


class Pace:
    """How long the renders of each kind took in this session."""

    def __init__(self) -> None:
        self._took_s: dict[str | None, float] = {}

    def note(self, kind: str | None, took_s: float) -> None:
        """Take a finished render into account, the latest most."""
        before_s = self._took_s.get(kind, took_s)
        self._took_s[kind] = (before_s + took_s) / 2

    def pause(self, kind: str | None, waited_s: float) -> float:
        """Say how many seconds to wait before the next poll."""
        expected_s = max(waited_s, self._took_s.get(kind, 0.0))
        pause_s = expected_s / _POLLS_IN_A_RENDER
        return min(max(pause_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)


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
        try:
            output = self._fetch(self._poll(timeout_s))
        except KeyboardInterrupt:
            sys.stderr.write(f"{self._goes_on}\n")
            raise
        except OutputError:
            raise
        except ChiliError as error:
            error.hint = f"{error.hint} {self._goes_on}".strip()
            raise
        if output.report:
            # No warning: it would write this module's path into the notebook.
            failed = len({error.record for error in output.report})
            sys.stderr.write(
                f"The {self._kind} is there without {failed} of its records: "
                f"{words_of(output.report)} See its report.\n"
            )
        return output

    @property
    def _path(self) -> str:
        return f"output/tasks/{segment(self.id)}"

    @property
    def _kind(self) -> str:
        return self.format or "output"

    @property
    def _goes_on(self) -> str:
        known = f"{self.id!r}, {self.format!r}" if self.format else repr(self.id)
        again = f"{self._client.name}.outputs.task({known}).wait()"
        return f"The task goes on at GraFx: {again} goes on waiting for it."

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
                done, unheard = self._done()
                waited_s = self._client.clock() - started_at
                if done is not None:
                    if waited_s >= _SHORTEST_PAUSE_S:  # else it was done before
                        self._pace.note(self.format, waited_s)
                    return done
                if waited_s >= timeout_s:
                    told = f"The {self._kind} was not ready after {timeout_s:g} s."
                    raise OutputTimeoutError(
                        f"{told} The last poll failed: {unheard}" if unheard else told,
                        hint=self._goes_on,
                        task_id=self.id,
                    )
                self._client.sleep(self._pace.pause(self.format, waited_s))
                progress.update(0)

    def _done(self) -> tuple[httpx.Response | None, str]:
        """Ask once; give the answer if the task is done, and why there was none."""
        try:
            response = self._client.get(self._path)
        except (ConnectionFailedError, TooManyRequestsError) as error:
            return None, error.message  # it says nothing of the task, which goes on
        except NotFoundError as error:
            raise OutputFailedError(
                f"GraFx does not know the task {self.id} (any more).",
                hint="Tasks are kept for seven days. Start the output again.",
                task_id=self.id,
            ) from error
        except ServerError as error:
            if error.status_code != _FAILED or not (error.title or error.detail):
                return None, error.message  # a gateway's word, not GraFx's on the task
            report = read_report(self._client, find_report(error.detail))
            why = without_report(error.detail) or error.title or error.message
            raise OutputFailedError(
                f"GraFx could not make the {self._kind}: {why}",
                hint=words_of(report)
                or "Check the values of the variables and the layout.",
                task_id=self.id,
                report=report,
            ) from error
        return (None if response.status_code in _NOT_YET else response), ""

    def _fetch(self, done: httpx.Response) -> Output:
        address = self._client.link(done, "download") or f"{self._path}/download"
        try:
            response = self._client.get(address)
        except (GoneError, NotFoundError) as error:
            raise OutputExpiredError(
                f"GraFx no longer has the file of the task {self.id}.",
                hint="Files are kept for four hours. Start the output again.",
                task_id=self.id,
            ) from error
        ending = f".{self.format}" if self.format else ""
        return Output.read(
            response,
            name=f"{self.id}{ending}",
            format=self.format,
            task_id=self.id,
            report=read_report(self._client, self._client.link(done, "report")),
        )
