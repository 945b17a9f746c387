"""The ledger of a batch: an SQLite file in its folder, written before each order.

One table has the rows as they were prepared. Another has the outputs by file name: the
fingerprint of what was ordered, the task and the file. A row has the state of the
output with its file name, if the fingerprints are equal; otherwise it is still to be
ordered. So preparing again never touches what was ordered.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import make_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

LEDGER_NAME: Final = "ledger.sqlite"
LOCK_NAME: Final = "ledger.lock"
FILE_LIFETIME_S: Final = 4 * 3600.0
"""How long GraFx stores the file of an output (page "Output tasks")."""

_APPLICATION_ID, _VERSION = 0x43484C49, 1
_CHUNK = 500
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE rows (
    position INTEGER PRIMARY KEY, number INTEGER, file TEXT, key TEXT, record INTEGER,
    fingerprint BLOB, sent TEXT, original TEXT
);
CREATE TABLE problems (
    position INTEGER, number INTEGER, name TEXT, value TEXT, kind TEXT, reason TEXT,
    suggestion TEXT
);
CREATE TABLE outputs (
    key TEXT PRIMARY KEY, fingerprint BLOB, context TEXT, state TEXT, task_id TEXT,
    file TEXT, size INTEGER, error TEXT, ordered_at REAL, changed_at REAL, run INTEGER
) WITHOUT ROWID;
CREATE TABLE record_errors (
    key TEXT, record INTEGER, reason TEXT, PRIMARY KEY (key, record)
) WITHOUT ROWID;
CREATE INDEX rows_number ON rows (number);
CREATE INDEX rows_key ON rows (key);
CREATE INDEX problems_position ON problems (position);
CREATE VIEW states AS
SELECT rows.position, rows.number, rows.file, rows.key, rows.record, rows.fingerprint,
    rows.sent, rows.original, outputs.task_id, outputs.size, outputs.run,
    outputs.file AS saved, outputs.ordered_at,
    COALESCE(record_errors.reason, outputs.error) AS error,
    CASE
        WHEN rows.key IS NULL THEN 'invalid'
        WHEN outputs.state IS NULL THEN 'ready'
        WHEN outputs.state = 'ordering' THEN 'running'
        WHEN outputs.state = 'done' AND record_errors.reason IS NOT NULL THEN 'failed'
        ELSE outputs.state
    END AS state
FROM rows
LEFT JOIN outputs
    ON outputs.key = rows.key AND outputs.fingerprint = rows.fingerprint
LEFT JOIN record_errors
    ON record_errors.key = outputs.key AND record_errors.record = rows.record;
"""


class RowState(StrEnum):
    """The state of a row of a batch.

    Attributes:
        INVALID: It has a problem, and cannot be ordered.
        READY: It can be ordered.
        RUNNING: It was ordered, and its file is not saved yet.
        DONE: Its file is saved.
        FAILED: GraFx could not make its output.
        UNKNOWN: The response to its order was lost: GraFx may have rendered it.

    Example:
        [state.value for state in RowState]
    """

    INVALID = "invalid"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Before(Enum):
    """Why a file of an earlier preparation is made again."""

    ROW_CHANGED = "row"
    TEMPLATE_CHANGED = "template"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row as it is prepared.

    Attributes:
        position: Where it is in the batch, from 0.
        number: Its number as a person sees it.
        file: The name of its file; ``None`` if the row is invalid.
        key: The name by which files are compared; ``None`` if the row is invalid.
        fingerprint: Identifies source, document, format, layout, settings and values.
        sent: The values as GraFx gets them, as JSON.
        original: The values of the table, as JSON; empty if they are those sent.
    """

    position: int
    number: int
    file: str | None
    key: str | None
    fingerprint: bytes | None
    sent: str
    original: str


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row with its state, as the ledger has it."""

    position: int
    number: int
    file: str | None
    state: RowState
    sent: str
    original: str
    error: str
    task_id: str | None
    saved: str | None


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A problem of a row, as the ledger has it; `value` is JSON."""

    position: int | None
    number: int | None
    name: str
    value: str
    kind: str
    reason: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class Job:
    """One output to order or to fetch: one row, or one request of a merged PDF.

    Attributes:
        position: The position of its first row.
        number: The number of its first row.
        key: The name by which its file is compared.
        file: The name of its file.
        fingerprint: Identifies what is ordered.
        task_id: GraFx's ID of its task, if it was ordered.
        ordered_at: When it was ordered, in seconds since the epoch.
        size: The size of its saved file.
    """

    position: int
    number: int
    key: str
    file: str
    fingerprint: bytes
    task_id: str | None = None
    ordered_at: float | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """How many files of earlier preparations are made again, and since when.

    Attributes:
        reason: Why.
        count: How many.
        made_at: When the oldest of them was made, in seconds since the epoch.
    """

    reason: Before
    count: int
    made_at: float


class Ledger:
    """The ledger in a folder.

    Args:
        folder: The folder.
        clock: Returns the time in seconds since the epoch.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float]) -> None:
        self.folder = folder
        self._path = folder / LEDGER_NAME
        self._clock = clock
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._users = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Own the folder inside the `with` block; a killed process loses it.

        Orders whose answer an earlier process did not note become *unknown*.

        Raises:
            ConfigurationError: If another process owns it, or the ledger cannot be
                used.
        """
        try:
            make_folder(self.folder)
            lock = FileLock(self.folder / LOCK_NAME, thread_local=False)
            lock.acquire(timeout=0)
        except Timeout:
            lock = None
        except OSError as error:
            raise ConfigurationError(
                f"{self.folder} cannot be written "
                f"({error.strerror or type(error).__name__}).",
                hint="Use another folder.",
            ) from None
        if lock is None:
            raise ConfigurationError(
                f"The folder {self.folder} is used by another run of a batch.",
                hint="Wait for its end, or interrupt it, here or in another kernel. "
                "Two batches need two folders.",
            )
        try:
            with self.reading(create=True), self.transaction():
                self._execute(
                    "UPDATE outputs SET state = 'unknown', changed_at = ? "
                    "WHERE state = 'ordering'",
                    self._clock(),
                )
            with self.reading():
                yield
        finally:
            lock.release()

    @contextmanager
    def reading(self, *, create: bool = False) -> Iterator[None]:
        """Keep the ledger open inside the `with` block.

        Args:
            create: Whether to make it if it does not exist.

        Raises:
            ConfigurationError: If it cannot be used.
        """
        with self._lock:
            if self._connection is None:
                self._connection = self._open(create=create)
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users and self._connection is not None:
                    self._connection.close()
                    self._connection = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all changes of the `with` block, or none of them."""
        with self._lock:
            self._execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._execute("ROLLBACK")
                raise
            self._execute("COMMIT")

    def meta(self, key: str) -> Any:
        """Return a stored JSON value, ``None`` if there is none."""
        rows = self._execute("SELECT value FROM meta WHERE key = ?", key)
        return json.loads(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: object) -> None:
        """Store a JSON value."""
        self._execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            key,
            json.dumps(value, ensure_ascii=False, default=str),
        )

    # The plan

    def clear_rows(self) -> None:
        """Remove the rows of an earlier preparation; the outputs stay."""
        self._execute("DELETE FROM rows")
        self._execute("DELETE FROM problems")

    def forget_table_problems(self) -> None:
        """Remove the problems that are about no single row."""
        self._execute("DELETE FROM problems WHERE position IS NULL")

    def place_of(self, number: int) -> int:
        """Return the position of the row with a number; of a new row, the next one.

        What the ledger has of that row is removed.
        """
        found = self._execute("SELECT position FROM rows WHERE number = ?", number)
        if not found:
            return int(
                self._execute("SELECT COALESCE(MAX(position), -1) + 1 FROM rows")[0][0]
            )
        position = int(found[0][0])
        self._execute("DELETE FROM rows WHERE position = ?", position)
        self._execute("DELETE FROM problems WHERE position = ?", position)
        return position

    def add_rows(self, rows: Sequence[PlannedRow]) -> None:
        """Add rows to the plan."""
        self._execute_many(
            "INSERT INTO rows VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
            [
                (
                    row.position,
                    row.number,
                    row.file,
                    row.key,
                    row.fingerprint,
                    row.sent,
                    row.original,
                )
                for row in rows
            ],
        )

    def add_problems(self, problems: Iterable[StoredProblem]) -> None:
        """Add problems to the plan."""
        self._execute_many(
            "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    problem.position,
                    problem.number,
                    problem.name,
                    problem.value,
                    problem.kind,
                    problem.reason,
                    problem.suggestion,
                )
                for problem in problems
            ],
        )

    def duplicates(self) -> Iterator[tuple[int, int, str, int]]:
        """Yield rows with the file name of an earlier row.

        Each is its position and number, the file name, and the earlier row's number.
        """
        return self._stream(
            "SELECT later.position, later.number, later.file, first.number "
            "FROM (SELECT key, MIN(position) AS position FROM rows "
            "      WHERE key IS NOT NULL GROUP BY key HAVING COUNT(*) > 1) AS twice "
            "JOIN rows AS first ON first.position = twice.position "
            "JOIN rows AS later ON later.key = twice.key "
            "  AND later.position > first.position ORDER BY later.position"
        )

    def mark_invalid(self, positions: Iterable[int]) -> None:
        """Let rows be invalid."""
        self._execute_many(
            "UPDATE rows SET key = NULL, fingerprint = NULL WHERE position = ?",
            [(position,) for position in positions],
        )

    def valid_rows(self) -> Iterator[tuple[int, str]]:
        """Yield position and sent values of each valid row, in the order of rows."""
        return self._stream(
            "SELECT position, sent FROM rows WHERE key IS NOT NULL ORDER BY position"
        )

    def assign_request(
        self, positions: Sequence[int], *, key: str, file: str, fingerprint: bytes
    ) -> None:
        """Let rows be the records of one request."""
        self._execute_many(
            "UPDATE rows SET key = ?, file = ?, fingerprint = ?, record = ? "
            "WHERE position = ?",
            [
                (key, file, fingerprint, record, position)
                for record, position in enumerate(positions)
            ],
        )

    def changes(self, context: str) -> list[Change]:
        """Return why files of earlier preparations are made again.

        Args:
            context: The context of the fingerprints of this preparation.
        """
        found = self._execute(
            "SELECT outputs.context != ?, COUNT(*), MIN(outputs.changed_at) "
            "FROM rows JOIN outputs ON outputs.key = rows.key "
            "WHERE rows.record = 0 AND outputs.fingerprint != rows.fingerprint "
            "AND outputs.state IN ('done', 'running') GROUP BY 1",
            context,
        )
        return [
            Change(
                Before.TEMPLATE_CHANGED if is_template else Before.ROW_CHANGED,
                count,
                made_at,
            )
            for is_template, count, made_at in found
        ]

    # States

    def counts(self) -> dict[str, int]:
        """Return how many rows have each state, and how many were done before."""
        found = dict(
            self._execute("SELECT state, COUNT(*) FROM states GROUP BY state")
        )
        counts = {state.value: int(found.get(state.value, 0)) for state in RowState}
        run = self.meta("run") or 0
        kept = "SELECT COUNT(*) FROM states WHERE state = 'done' AND run < ?"
        return {**counts, "kept": int(self._execute(kept, run)[0][0])}

    def row_count(self, *states: RowState) -> int:
        """Return how many rows have one of these states; without any, all rows."""
        if not states:
            return int(self._execute("SELECT COUNT(*) FROM rows")[0][0])
        marks = ", ".join("?" * len(states))
        query = f"SELECT COUNT(*) FROM states WHERE state IN ({marks})"  # noqa: S608
        return int(self._execute(query, *states)[0][0])

    def row_at(self, position: int) -> StoredRow | None:
        """Return the row at a position."""
        query = f"{_ROW} WHERE position = ?"
        return next((_stored(row) for row in self._execute(query, position)), None)

    def rows(
        self, states: Sequence[RowState] = (), *, first: int = 0, count: int = _CHUNK
    ) -> list[StoredRow]:
        """Return rows from a position, in the order of the table."""
        where = "position >= ?"
        if states:
            where += f" AND state IN ({', '.join('?' * len(states))})"
        query = f"{_ROW} WHERE {where} ORDER BY position LIMIT ?"
        return [_stored(row) for row in self._execute(query, first, *states, count)]

    def rows_of(self, key: str) -> list[StoredRow]:
        """Return the rows of one output."""
        query = f"{_ROW} WHERE key = ? ORDER BY position"
        return [_stored(row) for row in self._execute(query, key)]

    def problem_count(self, *, of_table: bool = False) -> int:
        """Return the number of problems, or of those that are about no single row."""
        where = " WHERE position IS NULL" if of_table else ""
        return int(self._execute(f"SELECT COUNT(*) FROM problems{where}")[0][0])  # noqa: S608

    def problems(self, first: int, count: int) -> list[StoredProblem]:
        """Return some problems: first those of the table, then those of the rows."""
        query = (
            "SELECT position, number, name, value, kind, reason, suggestion "
            "FROM problems ORDER BY position, rowid LIMIT ? OFFSET ?"
        )
        return [StoredProblem(*row) for row in self._execute(query, count, first)]

    def problems_at(self, position: int) -> list[StoredProblem]:
        """Return the problems of one row."""
        query = (
            "SELECT position, number, name, value, kind, reason, suggestion "
            "FROM problems WHERE position = ? ORDER BY rowid"
        )
        return [StoredProblem(*row) for row in self._execute(query, position)]

    # Outputs

    def start_run(self) -> int:
        """Count a run: outputs of earlier runs are *kept* from now on."""
        run = int(self.meta("run") or 0) + 1
        self.set_meta("run", run)
        return run

    def jobs(
        self, state: RowState, *, after: int = -1, count: int = _CHUNK
    ) -> list[Job]:
        """Return outputs in a state, in the order of the table."""
        return [
            Job(*row)
            for row in self._execute(
                "SELECT rows.position, rows.number, rows.key, "
                "COALESCE(outputs.file, rows.file), rows.fingerprint, "
                "outputs.task_id, outputs.ordered_at, outputs.size "
                "FROM rows LEFT JOIN outputs ON outputs.key = rows.key "
                "AND outputs.fingerprint = rows.fingerprint "
                "WHERE rows.record = 0 AND rows.key IS NOT NULL AND position > ? "
                "AND COALESCE(outputs.state, 'ready') = ? ORDER BY position LIMIT ?",
                after,
                state.value,
                count,
            )
        ]

    def values_of(self, key: str) -> list[dict[str, Any]]:
        """Return the values of the rows of one output, as GraFx gets them."""
        query = "SELECT sent FROM rows WHERE key = ? ORDER BY position"
        return [json.loads(sent) for (sent,) in self._execute(query, key)]

    def note_order(self, job: Job, *, context: str) -> None:
        """Note that an order is about to be sent."""
        self._execute("DELETE FROM record_errors WHERE key = ?", job.key)
        now = self._clock()
        self._execute(
            "INSERT OR REPLACE INTO outputs (key, fingerprint, context, state, "
            "ordered_at, changed_at, run) VALUES (?, ?, ?, 'ordering', ?, ?, ?)",
            job.key,
            job.fingerprint,
            context,
            now,
            now,
            int(self.meta("run") or 0),
        )

    def note_task(self, job: Job, task_id: str) -> None:
        """Note the ID of the task that an order has started."""
        self._set(job, state="running", task_id=task_id)

    def note_unknown(self, job: Job, error: str) -> None:
        """Note that the response to an order was lost."""
        self._set(job, state="unknown", error=error)

    def note_failed(self, job: Job, error: str) -> None:
        """Note that GraFx could not make an output."""
        self._set(job, state="failed", error=error)

    def note_done(
        self, job: Job, *, file: str, size: int, record_errors: dict[int, str]
    ) -> None:
        """Note that a file is saved, and which of its records are missing from it."""
        self._set(
            job,
            state="done",
            file=file,
            size=size,
            error=None,
            run=int(self.meta("run") or 0),
        )
        self._execute_many(
            "INSERT OR REPLACE INTO record_errors VALUES (?, ?, ?)",
            [(job.key, record, reason) for record, reason in record_errors.items()],
        )

    def note_missing(self, job: Job) -> None:
        """Note that a saved file is missing or cut: it is to be fetched again."""
        self._set(job, state="running", file=None, size=None)

    def forget(self, job: Job) -> None:
        """Remove an output, so that its rows are ready again."""
        self._execute("DELETE FROM outputs WHERE key = ?", job.key)
        self._execute("DELETE FROM record_errors WHERE key = ?", job.key)

    def forget_all(self, state: RowState) -> None:
        """Remove the outputs of the plan's rows that are in a state."""
        self._execute(
            "DELETE FROM outputs WHERE state = ? AND EXISTS (SELECT 1 FROM rows "
            "WHERE rows.key = outputs.key AND rows.fingerprint = outputs.fingerprint)",
            state.value,
        )

    # SQLite

    def _set(self, job: Job, **fields: object) -> None:
        fields["changed_at"] = self._clock()
        names = ", ".join(f"{name} = ?" for name in fields)
        query = f"UPDATE outputs SET {names} WHERE key = ?"  # noqa: S608 - our own names
        self._execute(query, *fields.values(), job.key)

    def _open(self, *, create: bool) -> sqlite3.Connection:
        if not create and not self._path.exists():
            raise ConfigurationError(
                f"The ledger {self._path} no longer exists.",
                hint="Prepare the batch again.",
            )
        connection = None
        try:
            connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=5
            )
            self._prepare_file(connection)
        except sqlite3.Error as error:
            reason = error
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        else:
            return connection
        if connection is not None:
            connection.close()
        raise self._damaged(reason)

    def _prepare_file(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute(
            "SELECT COUNT(*) FROM sqlite_schema"
        ).fetchone()
        if tables and (application, version) != (_APPLICATION_ID, _VERSION):
            kind = "of another version of chili_notebook"
            if application != _APPLICATION_ID:
                kind = "not a ledger of a batch"
            raise ConfigurationError(
                f"{self._path} is {kind}.", hint="Use another folder."
            )
        connection.execute("PRAGMA journal_mode = WAL")
        # What is committed survives the end of this process, however it ends. Only a
        # power cut may lose the last moments; waiting for the disk at each order would
        # slow down a batch of quick renders.
        connection.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            connection.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA application_id = {_APPLICATION_ID}; "
                f"PRAGMA user_version = {_VERSION}; COMMIT;"
            )
        elif connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError

    def _execute(self, query: str, *values: object) -> list[Any]:
        with self._lock:
            try:
                return self._required().execute(query, values).fetchall()
            except sqlite3.Error as error:
                reason = error
        raise self._damaged(reason)

    def _execute_many(self, query: str, rows: list[tuple[object, ...]]) -> None:
        with self._lock:
            try:
                self._required().executemany(query, rows)
            except sqlite3.Error as error:
                reason = error
            else:
                return
        raise self._damaged(reason)

    def _stream(self, query: str) -> Iterator[Any]:
        """Yield the rows of a query; a caller may write meanwhile."""
        try:
            yield from self._required().execute(query)
        except sqlite3.Error as error:
            reason = error
        else:
            return
        raise self._damaged(reason)

    def _required(self) -> sqlite3.Connection:
        if self._connection is None:
            message = "the ledger is not open"
            raise RuntimeError(message)
        return self._connection

    def _damaged(self, error: sqlite3.Error) -> ConfigurationError:
        if isinstance(error, sqlite3.OperationalError):
            return ConfigurationError(
                f"The ledger {self._path} cannot be read or written ({error}).",
                hint="Check the free space and the permissions of the folder.",
            )
        return ConfigurationError(
            f"The ledger {self._path} is damaged.",
            hint="Restore it from a copy. If there is none, use another folder; all "
            "rows are rendered again there.",
        )


_ROW = (
    "SELECT position, number, file, state, sent, original, error, task_id, saved "
    "FROM states"
)


def _stored(row: Sequence[Any]) -> StoredRow:
    position, number, file, state, sent, original, error, task_id, saved = row
    return StoredRow(
        position,
        number,
        file,
        RowState(state),
        sent,
        original,
        error or "",
        task_id,
        saved,
    )
