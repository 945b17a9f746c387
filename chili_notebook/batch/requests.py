"""The requests of a batch: one order, one poll, one download.

Each returns what the response means for the row. What must end the whole run, such as a
missing scope, is raised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from chili_notebook.api.file_names import suffixes_of
from chili_notebook.api.files import File, is_file
from chili_notebook.api.ids import path_segment
from chili_notebook.api.output_reports import (
    RecordError,
    fetch_report,
    find_report_url,
    read_report,
    without_report_url,
)
from chili_notebook.api.output_tasks import (
    FILE_LIMIT_S,
    HELD_UP,
    NO_LONGER_STORED,
    REPORT_LIMIT_S,
    RUNNING,
    SLOWEST_BYTES_S,
    is_from_grafx,
)
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.errors import (
    APIError,
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    TokenRefusedError,
    TokenRequestError,
    TooManyRequestsError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from chili_notebook.http.time_limit import TimeLimit
from chili_notebook.http.transport import ONCE, retry_after_s
from chili_notebook.system.atomic_write import save_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import httpx

    from chili_notebook.api.base import ApiClient

_UNAVAILABLE = 503
_TOO_MANY = 429
_SERVER = 500
_ORDER_LIMIT_S, _POLL_LIMIT_S = 120.0, 30.0
_ONE_TEMPLATE = {"limit": 1}
_MOST_ERRORS = 5


class Meaning(Enum):
    """What the response to a request means for its row."""

    STARTED = "the task runs"
    LOST = "the order may have been carried out"
    REFUSED = "GraFx does not take this order"
    FAILED = "GraFx could not make the output"
    RUNNING = "the task still runs"
    DONE = "the task is done"
    SAVED = "the file is saved"
    GONE = "GraFx no longer stores the task or its file"
    BUSY = "GraFx asks to slow down; nothing was done"
    DOWN = "GraFx could not be reached; nothing was done"


@dataclass(frozen=True, slots=True)
class Reply:
    """The response to a request.

    Attributes:
        meaning: What it means for the row.
        reason: Why, for the user; empty if all is well.
        task_id: The task that an order started.
        wait_s: How long GraFx asks to wait, in seconds.
        address: The address of the file of a task that is done.
        report_address: The address of its error report, if it has one.
        file: The name of the saved file.
        size: Its size in bytes.
        record_errors: The reason for each record without a page or a file, by its
            number from 0.
    """

    meaning: Meaning
    reason: str = ""
    task_id: str = ""
    wait_s: float = 0.0
    address: str = ""
    report_address: str = ""
    file: str = ""
    size: int = 0
    record_errors: Mapping[int, str] = field(default_factory=dict)


def send_order(  # noqa: PLR0911 - each is a case
    client: ApiClient,
    format: str,  # noqa: A002 - GraFx's word
    body: Mapping[str, Any],
) -> Reply:
    """Send an order once.

    Raises:
        ChiliError: If no order can succeed.
    """
    try:
        with TimeLimit(_ORDER_LIMIT_S):
            response = client.post(f"output/{format}", json=body)
        task_id = text_in(item_of(response), "taskId")
    except TooManyRequestsError as error:
        return Reply(Meaning.BUSY, error.message, wait_s=error.retry_after_s)
    except (UnauthorizedError, ForbiddenError, NotFoundError):
        raise
    except ServerError as error:
        return _failed_order(client, error)
    except APIError as error:
        return Reply(Meaning.REFUSED, _reason(error))
    except ConnectionFailedError as error:
        meaning = Meaning.LOST if error.was_sent else Meaning.DOWN
        return Reply(meaning, error.message)
    except UnexpectedAnswerError as error:
        return Reply(Meaning.LOST, error.message)
    if task_id:
        return Reply(Meaning.STARTED, task_id=task_id)
    return Reply(Meaning.LOST, "The response has no task ID.")


def poll(client: ApiClient, task_id: str) -> Reply:  # noqa: PLR0911 - each is a case
    """Poll a task once.

    Raises:
        ChiliError: If no poll can succeed.
    """
    try:
        with TimeLimit(_POLL_LIMIT_S):
            response = client.get(_path_of(task_id), accepted=HELD_UP, extensions=ONCE)
        if response.status_code in HELD_UP:
            return _held_up(response)
        if response.status_code in RUNNING:
            return Reply(Meaning.RUNNING)
        return Reply(
            Meaning.DONE,
            address=client.link(response, "download"),
            report_address=client.link(response, "report"),
        )
    except ServerError as error:
        # GraFx reports a failed task as an error 500, as in an outage.
        reply = _down(client, error)
        return reply or _failure(client, error)
    except APIError as error:
        if error.status_code not in NO_LONGER_STORED:
            raise
        return Reply(Meaning.GONE, error.message)
    except ConnectionFailedError as error:
        return Reply(Meaning.DOWN, error.message)
    except UnexpectedAnswerError:
        return Reply(Meaning.DONE)  # the usual address has the file


def download(client: ApiClient, task_id: str, path: Path, done: Reply) -> Reply:
    """Save the file of a task that is done.

    Args:
        client: The client.
        task_id: The task.
        path: The path of the file; its suffix may be replaced by one that fits.
        done: The result of the poll.

    Raises:
        ConfigurationError: If the file cannot be written.
        ChiliError: If no download can succeed.
    """
    address = done.address or f"{_path_of(task_id)}/download"
    try:
        with TimeLimit(FILE_LIMIT_S, slowest_bytes_s=SLOWEST_BYTES_S):
            response = client.get(address, accepted=HELD_UP, extensions=ONCE)
        if response.status_code in HELD_UP:
            return _held_up(response)
        if not is_file(response, response.content, path.name):
            return Reply(Meaning.DOWN, "The response to the download is not a file.")
        errors = _read_errors(client, done.report_address)
    except ServerError as error:
        return _down(client, error) or Reply(Meaning.FAILED, _reason(error))
    except APIError as error:
        if error.status_code in NO_LONGER_STORED:
            return Reply(Meaning.GONE, error.message)
        raise
    except ConnectionFailedError as error:
        return Reply(Meaning.DOWN, error.message)
    saved = _save(response, path)
    return Reply(
        Meaning.SAVED,
        file=saved.name,
        size=saved.stat().st_size,
        record_errors=errors,
    )


def is_up(client: ApiClient) -> Reply | None:
    """Return ``None`` if GraFx responds, otherwise what is wrong.

    Any response counts, except those of an outage.
    """
    try:
        with TimeLimit(_POLL_LIMIT_S):
            response = client.get(
                "templates",
                params=_ONE_TEMPLATE,
                accepted=range(400, 600),
                extensions=ONCE,
            )
    except ConnectionFailedError as error:
        return Reply(Meaning.DOWN, error.message)
    if response.status_code >= _SERVER or response.status_code == _TOO_MANY:
        return _held_up(response)
    return None


def without_token_trouble(function: Callable[[], Reply | None]) -> Reply | None:
    """Make a call; a token that cannot be fetched now is an outage, too."""
    try:
        return function()
    except TokenRequestError as error:
        return Reply(Meaning.DOWN, error.message)
    except TokenRefusedError as error:
        if error.status_code < _SERVER and error.status_code != _TOO_MANY:
            raise
        return Reply(Meaning.DOWN, error.message)


def _path_of(task_id: str) -> str:
    return f"output/tasks/{path_segment(task_id)}"


def _failed_order(client: ApiClient, error: ServerError) -> Reply:
    """Return what an error 5xx means for an order.

    An error of a gateway says nothing about the order, except 503: nothing was done.
    """
    if error.status_code == _UNAVAILABLE:
        return Reply(Meaning.DOWN, error.message)
    if is_from_grafx(error):
        return _down(client, error) or Reply(Meaning.REFUSED, _reason(error))
    return Reply(Meaning.LOST, error.message)


def _down(client: ApiClient, error: ServerError) -> Reply | None:
    """Return a reply if an error 5xx is part of an outage."""
    if not is_from_grafx(error):
        return Reply(Meaning.DOWN, error.message)
    return is_up(client)


def _held_up(response: httpx.Response) -> Reply:
    meaning = Meaning.BUSY if response.status_code == _TOO_MANY else Meaning.DOWN
    reason = f"GraFx responded {response.status_code}."
    return Reply(meaning, reason, wait_s=retry_after_s(response))


def _failure(client: ApiClient, error: ServerError) -> Reply:
    """Return why a task failed: of all its rows, and of each that is reported."""
    with TimeLimit(REPORT_LIMIT_S):
        report = read_report(client, find_report_url(error.detail))
    reasons = dict.fromkeys(record.explanation for record in report)
    return Reply(
        Meaning.FAILED,
        "; ".join(list(reasons)[:_MOST_ERRORS]) or _reason(error),
        record_errors=_by_record(report),
    )


def _reason(error: APIError) -> str:
    return without_report_url(error.detail) or error.title or error.message


def _read_errors(client: ApiClient, address: str) -> dict[int, str]:
    """Return why records are missing from a file; empty if the report is not one.

    The file is saved, too, if GraFx refuses the report or does not have one.
    """
    if not address:
        return {}
    try:
        with TimeLimit(REPORT_LIMIT_S):
            return _by_record(fetch_report(client, address))
    except ServerError as error:
        if _down(client, error):
            raise
        return {}
    except (APIError, UnexpectedAnswerError):
        return {}


def _by_record(report: tuple[RecordError, ...]) -> dict[int, str]:
    reasons: dict[int, dict[str, None]] = {}  # each reason once, in their order
    for error in report:
        record = -1 if error.record is None else error.record
        reasons.setdefault(record, {})[error.explanation] = None
    return {
        record: "; ".join(list(known)[:_MOST_ERRORS])
        for record, known in reasons.items()
    }


def _save(response: httpx.Response, path: Path) -> Path:
    """Save a file under a name that fits its content."""
    file = File.from_response(response, name=path.name)
    try:
        files = file.files()
    except ChiliError:  # it is stored as it came
        files = [file]
    if len(files) == 1:  # also the only file of a zip
        file = files[0]
    suffixes = suffixes_of(file.content_type)
    if suffixes and path.suffix.lower() not in suffixes:
        path = path.with_suffix(suffixes[0])
    refuse_links(path)
    return save_bytes(file.content, path, default_name=path.name)


def refuse_links(path: Path) -> None:
    """Raise an error if a file of a batch would be written through a link.

    A folder that somebody else has filled must not replace files elsewhere.

    Raises:
        ConfigurationError: If the file, or the folder of the parts, is a link.
    """
    is_part = path.parent.suffix == ".parts"
    if path.is_symlink() or (is_part and path.parent.is_symlink()):
        raise ConfigurationError(
            f"{path} is a link, and is not replaced.",
            hint="Remove the link, or use another folder.",
        )
