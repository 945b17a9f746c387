"""Output tasks: polled until their file is ready (page "Output tasks")."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from chili_notebook.api.api_errors import InterruptedCallError
from chili_notebook.api.files import File, require_file
from chili_notebook.api.ids import path_segment
from chili_notebook.api.output_reports import (
    OutputReport,
    fetch_report,
    find_report_url,
    read_report,
    summarize,
    without_report_url,
)
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_fields
from chili_notebook.display.progress import Progress
from chili_notebook.display.wording import closest_name
from chili_notebook.errors import (
    APIError,
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    OutputError,
    OutputExpiredError,
    OutputFailedError,
    OutputTimeoutError,
    ServerError,
    UnexpectedAnswerError,
)
from chili_notebook.http.time_limit import TimeLimit
from chili_notebook.http.transport import ONCE, retry_after_s

if TYPE_CHECKING:
    from collections.abc import Hashable

    import httpx

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.pace import Pace

Format = Literal["pdf", "jpg", "png", "gif", "mp4", "html"]

RUNNING: Final = {202, 204}
NO_LONGER_STORED: Final = {404, 410}
"""How GraFx responds to a poll or a download (page "Output tasks")."""
HELD_UP: Final = {429, 502, 503, 504}
"""The statuses with which GraFx, or a gateway, asks to come back later."""
_FAILED = 500
_SHORTEST_POLL_S, _LONGEST_POLL_S = 1.0, 30.0
_REFRESH_S, _PAUSE_AFTER_ERROR_S = 5.0, 0.5
_OTHER_WORDS = {"jpeg": "jpg", "htm": "html"}
REPORT_LIMIT_S: Final = 60.0
FILE_LIMIT_S: Final = 120.0
SLOWEST_BYTES_S: Final = 1_000.0
"""A large file may take longer, if it arrives faster than this."""
_NO_REPORT = OutputReport()


@dataclass(frozen=True, slots=True)
class Output(File):
    """A finished output; in a notebook it shows itself.

    Attributes:
        format: The format that was ordered; ``None`` if only the task's ID was known.
        task_id: GraFx's ID of the task that made it.
        report: What went wrong with which record, if a batch continued after errors.

    Example:
        output = chili.outputs.create(template, "png")
        output.save("renders/")
    """

    format: str | None
    task_id: str
    report: OutputReport = _NO_REPORT


@signed_in
@show_fields
@dataclass(frozen=True, slots=True)
class OutputTask:
    """An output that GraFx is rendering; `wait` returns its file.

    Attributes:
        id: GraFx's ID, by which ``chili.outputs.task(id)`` finds it for seven days.
        format: The format that was ordered; ``None`` if only the ID is known.

    Example:
        task = chili.outputs.start(template, "png")
        task.wait().save("renders/")
    """

    id: str
    format: str | None
    _client: ApiClient = field(repr=False, compare=False)
    _pace: Pace = field(repr=False, compare=False)
    _kind: Hashable = field(repr=False, compare=False)
    _started_at: float | None = field(repr=False, compare=False)

    def wait(self, *, timeout_s: float = 300.0) -> Output:
        """Wait for the file and return it.

        Args:
            timeout_s: How long to wait, in seconds.

        Raises:
            OutputFailedError: If GraFx cannot make it.
            OutputTimeoutError: If it is not ready in time. Call `wait` again.
            OutputExpiredError: If GraFx no longer stores the file.
            KeyboardInterrupt: If the user interrupts it. Call `wait` again.
            ChiliError: If GraFx cannot be asked. Call `wait` again.

        Example:
            output = chili.outputs.start(template, "png").wait(timeout_s=60)
        """
        timeout_s = seconds_of(timeout_s)
        how_to_continue = self._still_running
        try:
            done = self._poll_until_done(timeout_s)
            address = self._client.link(done, "download") or f"{self._path}/download"
            how_to_continue = (
                f"The {self._name} is ready: {self._wait_again} fetches it."
            )
            response = self._download(address)
            name = f"{self.id}.{self.format}" if self.format else self.id
            # Without a known format it may be an HTML output.
            shown = name if self.format else f"{name}.html"
            require_file(response, response.content, shown)
            report, report_problem = self._read_report_of(done)
        except KeyboardInterrupt:
            raise InterruptedCallError(
                f"You stopped waiting for the {self._name}.", hint=how_to_continue
            ) from None
        except OutputError:
            raise
        except ChiliError as error:
            error.hint = f"{error.hint} {how_to_continue}".strip()
            raise
        self._print_missing_rows(report, report_problem)
        return Output.from_response(
            response, name=name, format=self.format, task_id=self.id, report=report
        )

    @property
    def _path(self) -> str:
        return f"output/tasks/{path_segment(self.id)}"

    @property
    def _name(self) -> str:
        """What messages call the output, such as ``PNG output``."""
        return f"{self.format.upper()} output" if self.format else "output"

    @property
    def _wait_again(self) -> str:
        arguments = f"{self.id!r}, {self.format!r}" if self.format else repr(self.id)
        return f"{self._client.name}.outputs.task({arguments}).wait()"

    @property
    def _still_running(self) -> str:
        return f"The task continues at GraFx: {self._wait_again} waits for it again."

    def _poll_until_done(self, timeout_s: float) -> httpx.Response:
        """Return the response that says that the task is done."""
        stopwatch = self._client.stopwatch
        waiting_since = stopwatch()
        # Without the start of a task, nothing is expected of it and learned from it.
        is_known = self._started_at is not None
        started_at = waiting_since if self._started_at is None else self._started_at
        kind = self._kind if is_known else None
        running_s = 0.0
        with Progress(f"Rendering {self._name}", clock=stopwatch) as progress:
            if is_known:
                first_s = self._pace.pause_s(kind, 0.0) - (waiting_since - started_at)
                self._sleep(min(first_s, timeout_s), progress)
            while True:
                poll = self._poll(timeout_s - (stopwatch() - waiting_since))
                waited_s = stopwatch() - waiting_since
                since_start_s = stopwatch() - started_at
                if poll.done is not None:
                    if is_known:
                        self._pace.note(kind, running_s=running_s, done_s=since_start_s)
                    return poll.done
                if waited_s >= timeout_s:
                    last = f" The last poll failed: {poll.error}" if poll.error else ""
                    raise OutputTimeoutError(
                        f"The {self._name} was not ready after {timeout_s:g} s.{last}",
                        hint=self._still_running,
                        task_id=self.id,
                    )
                pause_s = max(self._pace.pause_s(kind, since_start_s), poll.wait_s)
                if poll.error:
                    pause_s = max(pause_s, _PAUSE_AFTER_ERROR_S)
                else:
                    running_s = since_start_s
                self._sleep(min(pause_s, timeout_s - waited_s), progress)

    def _sleep(self, seconds: float, progress: Progress) -> None:
        """Wait, and show the elapsed time meanwhile."""
        while seconds > 0:
            self._client.sleep(min(seconds, _REFRESH_S))
            seconds -= _REFRESH_S
            progress.update()

    def _poll(self, left_s: float) -> _Poll:
        """Poll once.

        Raises:
            OutputFailedError: If the task has failed, or GraFx does not know it.
        """
        try:
            return _poll_once(self._client, self._path, left_s=left_s)
        except NotFoundError as error:
            raise OutputFailedError(
                f"GraFx does not know the task {self.id}, or no longer.",
                hint="GraFx stores tasks for seven days. Start the output again.",
                task_id=self.id,
            ) from error
        except ServerError as error:
            with TimeLimit(REPORT_LIMIT_S):
                report = read_report(self._client, find_report_url(error.detail))
            reason = without_report_url(error.detail) or error.title or error.message
            raise OutputFailedError(
                f"GraFx could not make the {self._name}: {reason}",
                hint=summarize(report)
                or "If this names no cause, check the layout and the values.",
                task_id=self.id,
                report=report,
            ) from error

    def _download(self, address: str) -> httpx.Response:
        try:
            with TimeLimit(FILE_LIMIT_S, slowest_bytes_s=SLOWEST_BYTES_S):
                return self._client.get(address)
        except APIError as error:
            if error.status_code not in NO_LONGER_STORED:
                raise
            raise OutputExpiredError(
                f"GraFx no longer stores the file of the task {self.id}.",
                hint="GraFx stores files for four hours. Start the output again.",
                task_id=self.id,
            ) from error

    def _read_report_of(self, done: httpx.Response) -> tuple[OutputReport, str]:
        """Return the report of a finished task, and why it could not be read."""
        try:
            report_url = self._client.link(done, "report")
            if report_url:
                with TimeLimit(REPORT_LIMIT_S):
                    return fetch_report(self._client, report_url), ""
        except ChiliError as error:
            return _NO_REPORT, error.message
        return _NO_REPORT, ""

    def _print_missing_rows(self, report: OutputReport, problem: str) -> None:
        """Print which rows are missing from the output, if any.

        A warning would write the path of this module into the notebook.
        """
        if problem:
            sys.stderr.write(
                f"Some rows may be missing from the {self._name}: its report could "
                f"not be read. {problem} {self._wait_again} reads it again.\n"
            )
        elif report:
            failed = len({error.record for error in report})
            sys.stderr.write(
                f"The {self._name} is ready without {failed} of its rows; its "
                f"report shows them as a table:\n{summarize(report)}\n"
            )


@dataclass(frozen=True, slots=True)
class _Poll:
    """The result of one poll.

    Attributes:
        done: The response that says that the task is done.
        error: Why the poll returned nothing about the task; empty if it did.
        wait_s: How long GraFx asks to wait before the next poll.
    """

    done: httpx.Response | None = None
    error: str = ""
    wait_s: float = 0.0


def _poll_once(client: ApiClient, path: str, *, left_s: float) -> _Poll:
    """Poll a task once, for not much longer than `left_s`.

    An error of a gateway, or a lost connection, means nothing for the task, which goes
    on. So it ends up in the result and is not raised.

    Raises:
        APIError: If GraFx itself reports that the task failed, or refuses the request.
    """
    timeout_s = min(max(left_s, _SHORTEST_POLL_S), _LONGEST_POLL_S)
    try:
        with TimeLimit(timeout_s):
            response = client.get(
                path,
                accepted=HELD_UP,
                timeout=timeout_s,
                extensions=ONCE,  # the next poll is the retry
            )
    except ConnectionFailedError as error:
        return _Poll(error=error.message)
    except ServerError as error:
        if is_from_grafx(error):
            raise
        return _Poll(error=error.message)
    if response.status_code in HELD_UP:
        message = f"GraFx responded {response.status_code}."
        return _Poll(error=message, wait_s=retry_after_s(response))
    return _Poll(None if response.status_code in RUNNING else response)


def is_from_grafx(error: ServerError) -> bool:
    """Return whether an error comes from GraFx itself and not from a gateway."""
    return error.status_code == _FAILED and bool(error.title or error.detail)


def checked_format(text: object) -> Format:
    """Return a format in GraFx's spelling.

    Raises:
        ConfigurationError: If it is not a format.
    """
    formats = get_args(Format)
    word = text.strip().lower().lstrip(".") if isinstance(text, str) else ""
    word = _OTHER_WORDS.get(word, word)
    for known in formats:
        if word == known:
            return known  # type: ignore[no-any-return]
    closest = closest_name(word, formats)
    raise ConfigurationError(
        f"{text!r} is not an output format.",
        hint=(f"Use {closest!r}. " if closest else "")
        + f"Formats: {', '.join(formats)}.",
    )


def seconds_of(timeout_s: object) -> float:
    """Return a timeout as a number.

    Raises:
        ConfigurationError: If it is not a number of seconds.
    """
    try:
        seconds = float(timeout_s)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isnan(seconds):
        return seconds
    raise ConfigurationError(
        f"{timeout_s!r} is not a number of seconds.",
        hint="Set timeout_s to a number, such as 300.",
    )


def start_task(
    client: ApiClient,
    format: Format,  # noqa: A002 - GraFx's word
    body: dict[str, Any],
) -> str:
    """Send an output request once, and return the ID of its task."""
    tasks = f'{client.name}.pages("output/tasks")'
    unknown = f"It is unknown whether GraFx started this {format.upper()} output."
    hint = (
        "GraFx may render and bill it, so it is not sent again automatically. "
        f"Check {tasks} before you repeat it."
    )
    try:
        response = client.post(f"output/{format}", json=body)
        task_id = text_in(item_of(response), "taskId")
    except KeyboardInterrupt:
        raise InterruptedCallError(unknown, hint=hint) from None
    except (ConnectionFailedError, UnexpectedAnswerError) as error:
        if isinstance(error, ConnectionFailedError) and not error.was_sent:
            raise
        reason = error.message
    except ServerError as error:
        if is_from_grafx(error):
            raise
        reason = error.message
    else:
        if task_id:
            return task_id
        reason = "The response has no task ID."
    raise ConnectionFailedError(f"{unknown} {reason}", hint=hint)
