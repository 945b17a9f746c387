"""Fetch outputs on the workers of an executor: other processes, or other machines.

The process that owns the ledger orders. A worker waits for a task that was ordered,
downloads the file, saves it into the shared folder and calls `after`. All of this can
be repeated, so a lost worker loses nothing. What travels to it holds no secret and no
token: it signs in by itself.
"""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.batch.events import AfterError, Call, Event, call_after
from chili_notebook.batch.requests import Meaning, Reply, download, poll
from chili_notebook.errors import ChiliError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from chili_notebook.api.base import ApiClient
    from chili_notebook.batch.options import RunOptions
    from chili_notebook.batch.records import Job
    from chili_notebook.batch.rows import BatchRow

_MOST_ATTEMPTS = 5
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S, _PARTS = 0.25, 10.0, 8
_LONGEST_HOLD_S = 30.0


@dataclass(frozen=True, slots=True)
class WorkerJob:
    """What a worker gets.

    Attributes:
        task_id: GraFx's ID of the task.
        folder: The folder of the batch, as a full path.
        file: The name of the file in it.
        marker: The name of a file that is in the folder if the worker shares it.
        rows: The rows of the output.
        profile: The profile to sign in with.
        environment: The name of the environment.
        base_url: Its base URL.
        patience_s: How long to wait in an outage, in seconds.
        attempt: Differs for each attempt: some executors return a stored result for
            the same arguments.
    """

    task_id: str
    folder: str
    file: str
    marker: str
    rows: tuple[BatchRow, ...]
    profile: str | None
    environment: str
    base_url: str
    patience_s: float
    attempt: str


@dataclass(frozen=True, slots=True)
class WorkerReply:
    """What a worker returns.

    Attributes:
        reply: The response; ``None`` if it could not be fetched there at all.
        problem: Why not.
        hint: What to do.
        after_error: What `after` raised, as text; empty if it raised nothing.
    """

    reply: Reply | None
    problem: str = ""
    hint: str = ""
    after_error: str = ""


class ExecutorFetcher:
    """Fetches outputs on the workers of an executor.

    Args:
        options: The options of the run.
        client: The client of this process, whose environment the workers must use.
        folder: The folder of the batch.
    """

    def __init__(self, options: RunOptions, client: ApiClient, folder: Path) -> None:
        self._executor: Any = options.executor
        self._client = client
        self._folder = folder.resolve()
        self._profile = options.profile or client.profile
        self._patience_s = options.patience_s
        self._after = options.after
        self._marker = self._folder / f".shared-{token_hex(8)}"

    def __enter__(self) -> Self:
        self._marker.touch()
        return self

    def __exit__(self, *_: object) -> None:
        self._marker.unlink(missing_ok=True)

    def fetch(
        self, job: Job, rows: list[BatchRow], report: Callable[[Event], None]
    ) -> None:
        """Start to fetch one output; its end is reported once."""
        environment = self._client.environment
        work = WorkerJob(
            task_id=job.task_id or "",
            folder=str(self._folder),
            file=job.file,
            marker=self._marker.name,
            rows=tuple(rows),
            profile=self._profile,
            environment=environment.name,
            base_url=environment.base_url,
            patience_s=self._patience_s,
            attempt="",
        )
        self._submit(work, job, report, attempts=1)

    def _submit(
        self,
        work: WorkerJob,
        job: Job,
        report: Callable[[Event], None],
        *,
        attempts: int,
    ) -> None:
        try:
            future = self._executor.submit(
                fetch_output, replace(work, attempt=token_hex(8)), self._after
            )
        except Exception as error:  # noqa: BLE001 - executors raise anything
            report(Event(Call.FETCH, job, error=_cannot_submit(error)))
            return
        future.add_done_callback(
            partial(self._finish, work, job, report, attempts=attempts)
        )

    def _finish(
        self,
        work: WorkerJob,
        job: Job,
        report: Callable[[Event], None],
        future: Future[WorkerReply],
        *,
        attempts: int,
    ) -> None:
        try:
            result = future.result()
        except BaseException as error:  # noqa: BLE001 - a lost or interrupted worker
            if attempts < _MOST_ATTEMPTS:
                self._submit(work, job, report, attempts=attempts + 1)
            else:
                report(Event(Call.FETCH, job, error=_lost(error, attempts)))
            return
        error_of: BaseException | None = None
        if result.after_error:
            error_of = AfterError(result.after_error)
        elif result.reply is None:
            error_of = ConfigurationError(result.problem, hint=result.hint)
        report(Event(Call.FETCH, job, result.reply, error_of))


def fetch_output(
    job: WorkerJob, after: Callable[[Path, BatchRow], object] | None
) -> WorkerReply:
    """Wait for an output, save it, and call `after`; this runs on a worker."""
    here = f"The worker {socket.gethostname()} (process {os.getpid()})"
    folder = Path(job.folder)
    if not (folder / job.marker).exists():
        return WorkerReply(
            None,
            f"{here} does not share the folder {job.folder}.",
            "Use a folder that all workers reach under the same path, or workers on "
            "this machine.",
        )
    try:
        client = _signed_in(job.profile)
    except ChiliError as error:
        where = f"profile {job.profile}" if job.profile else "no profile"
        return WorkerReply(
            None,
            f"{here} cannot sign in ({where}): {error.message}",
            "Put the credentials into its environment variables, its .env or its "
            f"keyring. {error.hint}",
        )
    environment = client.environment
    if (environment.name, environment.base_url) != (job.environment, job.base_url):
        return WorkerReply(
            None,
            f"{here} signs in to the environment {environment.name!r} at "
            f"{environment.base_url}, and not to {job.environment!r} at "
            f"{job.base_url}.",
            "Set the same credentials there, or pass profile= to run().",
        )
    try:
        reply = _fetch(client, job, folder / job.file)
    except ChiliError as error:
        return WorkerReply(None, f"{here}: {error.message}", error.hint)
    if after is not None and reply.meaning is Meaning.SAVED:
        try:
            call_after(after, (folder / job.file).with_name(reply.file), list(job.rows))
        except AfterError as error:
            return WorkerReply(reply, after_error=error.reason)
    return WorkerReply(reply)


def _fetch(client: ApiClient, job: WorkerJob, path: Path) -> Reply:
    """Poll until the task is done, and save its file."""
    started_at = client.stopwatch()
    held_since: float | None = None
    hold_s = 1.0
    while True:
        reply = poll(client, job.task_id)
        if reply.meaning is Meaning.DONE:
            reply = download(client, job.task_id, path, reply)
        now = client.stopwatch()
        if reply.meaning in {Meaning.BUSY, Meaning.DOWN}:
            held_since = now if held_since is None else held_since
            if now - held_since >= job.patience_s:
                return reply
            client.sleep(min(reply.wait_s or hold_s, job.patience_s))
            hold_s = min(hold_s * 2, _LONGEST_HOLD_S)
        elif reply.meaning is Meaning.RUNNING:
            held_since, hold_s = None, 1.0
            pause_s = max(_SHORTEST_PAUSE_S, (now - started_at) / _PARTS)
            client.sleep(min(pause_s, _LONGEST_PAUSE_S))
        else:
            return reply


_clients: dict[tuple[int, str | None], ApiClient] = {}
_clients_lock = threading.Lock()


def _signed_in(profile: str | None) -> ApiClient:
    """Return the client of this process for a profile."""
    from chili_notebook import login  # a worker signs in as a script does

    key = os.getpid(), profile
    with _clients_lock:
        if key not in _clients:
            _clients[key] = login(profile)
        return _clients[key]


def _cannot_submit(error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"The executor takes no more work ({type(error).__name__}: {error}).",
        hint="Check the executor, and that `after` can be pickled.",
    )


def _lost(error: BaseException, attempts: int) -> ConfigurationError:
    return ConfigurationError(
        f"An output was lost {attempts} times with its worker "
        f"({type(error).__name__}: {error}).",
        hint="Check the logs of the workers, and that chili_notebook is installed "
        "there, and that `after` can be pickled.",
    )
