"""The SQLite file of a ledger: who owns it, and what is wrong with it in words."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from filelock import FileLock, Timeout

from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LEDGER_NAME: Final = "ledger.sqlite"
LOCK_NAME: Final = "ledger.lock"

_APPLICATION_ID, _VERSION = 0x43484C49, 1
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
CREATE INDEX outputs_task ON outputs (task_id);
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


class Database:
    """The SQLite file in a folder.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / LEDGER_NAME
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._users = 0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Own the folder inside the `with` block; a killed process loses it.

        Raises:
            ConfigurationError: If another process owns it, or the ledger cannot be
                used.
        """
        try:
            make_folder(self.folder)
            lock = FileLock(self.folder / LOCK_NAME, thread_local=False)
            lock.acquire(timeout=0)
        except Timeout:
            raise ConfigurationError(
                f"The folder {self.folder} is used by another run of a batch.",
                hint="Wait for its end, or interrupt it, here or in another kernel. "
                "Two batches need two folders.",
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"{self.folder} cannot be written "
                f"({error.strerror or type(error).__name__}).",
                hint="Use another folder.",
            ) from None
        try:
            with self.reading(create=True):
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
                connection = self._connection
                if not self._users and connection is not None:
                    self._connection = None  # first: an interrupt can come any time
                    connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all changes of the `with` block, or none of them."""
        with self._lock:
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.execute("ROLLBACK")
                raise
            self.execute("COMMIT")

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
            self._prepare_file(connection, create=create)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._damaged(error) from None
            raise
        return connection

    def _prepare_file(self, connection: sqlite3.Connection, *, create: bool) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        if tables and (application, version) != (_APPLICATION_ID, _VERSION):
            kind = "of another version of chili_notebook"
            if application != _APPLICATION_ID:
                kind = "not a ledger of a batch"
            raise ConfigurationError(
                f"{self._path} is {kind}.", hint="Use another folder."
            )
        # A trigger or another view could change what is ordered and saved.
        if tables and _schema_of(connection) != _own_schema():
            raise ConfigurationError(
                f"{self._path} is not a ledger of a batch.", hint="Use another folder."
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
        elif create and connection.execute("PRAGMA quick_check(1)").fetchone() != (
            "ok",
        ):
            raise sqlite3.DatabaseError

    def execute(self, query: str, *values: object) -> list[Any]:
        """Run a statement and return its rows."""
        with self._lock:
            try:
                return self._required().execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise self._damaged(error) from None

    def execute_many(self, query: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement for each of these rows."""
        with self._lock:
            try:
                self._required().executemany(query, rows)
            except sqlite3.Error as error:
                raise self._damaged(error) from None

    def stream(self, query: str) -> Iterator[Any]:
        """Yield the rows of a query; a caller may write meanwhile."""
        try:
            yield from self._required().execute(query)
        except sqlite3.Error as error:
            raise self._damaged(error) from None

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


def _schema_of(connection: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    return frozenset(connection.execute("SELECT type, name, sql FROM sqlite_schema"))


@cache
def _own_schema() -> frozenset[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_SCHEMA)
        return _schema_of(connection)
