"""The ledger of a batch: an SQLite file in its folder, written before each order.

One table has the rows as they were prepared. Another has the outputs by file name: the
fingerprint of what was ordered, the task and the file. A row has the state of the
output with its file name, if the fingerprints are equal; otherwise it is still to be
ordered. So preparing again never touches what was ordered.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chili_notebook.batch.database import Database
from chili_notebook.batch.records import (
    Before,
    Change,
    Job,
    PlannedRow,
    RowState,
    StoredProblem,
    StoredRow,
)
from chili_notebook.guard.install import process_guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_CHUNK = 500


class Ledger(Database):
    """The ledger in a folder.

    Attributes:
        clock: Returns the time in seconds since the epoch.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float]) -> None:
        super().__init__(folder)
        self.clock = clock

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Own the folder inside the `with` block; a killed process loses it.

        Orders whose response an earlier process did not note become *unknown*.

        Raises:
            ConfigurationError: If another process owns it, or the ledger cannot be
                used.
        """
        with super().writing():
            self.execute(
                "UPDATE outputs SET state = 'unknown', changed_at = ? "
                "WHERE state = 'ordering'",
                self.clock(),
            )
            yield

    def meta(self, key: str) -> Any:
        """Return a stored JSON value, ``None`` if there is none."""
        rows = self.execute("SELECT value FROM meta WHERE key = ?", key)
        return json.loads(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: object) -> None:
        """Store a JSON value."""
        self.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            key,
            json.dumps(value, default=str),
        )

    # The plan

    def clear_rows(self) -> None:
        """Remove the rows of an earlier preparation; the outputs stay."""
        self.execute("DELETE FROM rows")
        self.execute("DELETE FROM problems")

    def forget_table_problems(self) -> None:
        """Remove the problems that are about no single row."""
        self.execute("DELETE FROM problems WHERE position IS NULL")

    def place_of(self, number: int) -> int:
        """Return the position of the row with a number; of a new row, the next one.

        What the ledger has of that row is removed.
        """
        found = self.execute("SELECT position FROM rows WHERE number = ?", number)
        if not found:
            query = "SELECT COALESCE(MAX(position), -1) + 1 FROM rows"
            return int(self.execute(query)[0][0])
        position = int(found[0][0])
        self.execute("DELETE FROM rows WHERE position = ?", position)
        self.execute("DELETE FROM problems WHERE position = ?", position)
        return position

    def add_rows(self, rows: Sequence[PlannedRow]) -> None:
        """Add rows to the plan."""
        self.execute_many("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def add_problems(self, problems: Sequence[StoredProblem]) -> None:
        """Add problems to the plan."""
        self.execute_many("INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?)", problems)

    def duplicates(self) -> Iterator[tuple[int, int, str, int]]:
        """Yield rows with the file name of an earlier row.

        Each is its position and number, the file name, and the earlier row's number.
        """
        return self.stream(
            "SELECT later.position, later.number, later.file, first.number "
            "FROM (SELECT key, MIN(position) AS position FROM rows "
            "      WHERE key IS NOT NULL GROUP BY key HAVING COUNT(*) > 1) AS twice "
            "JOIN rows AS first ON first.position = twice.position "
            "JOIN rows AS later ON later.key = twice.key "
            "  AND later.position > first.position ORDER BY later.position"
        )

    def mark_invalid(self, positions: Iterable[int]) -> None:
        """Let rows be invalid."""
        self.execute_many(
            "UPDATE rows SET key = NULL, fingerprint = NULL WHERE position = ?",
            [(position,) for position in positions],
        )

    def valid_rows(self) -> Iterator[tuple[int, str]]:
        """Yield position and sent values of each valid row, in the order of rows.

        The caller may change rows that were yielded.
        """
        query = (
            "SELECT position, sent FROM rows WHERE position > ? AND key IS NOT NULL "
            "ORDER BY position LIMIT ?"
        )
        position = -1
        while rows := self.execute(query, position, _CHUNK):
            yield from rows
            position = rows[-1][0]

    def assign_request(
        self,
        rows: Sequence[tuple[int, str]],
        *,
        key: str,
        file: str,
        fingerprint: bytes,
    ) -> None:
        """Let rows be the records of one request.

        Args:
            rows: The position of each, and what is sent of it.
            key: The name by which the file of the request is compared.
            file: The name of that file.
            fingerprint: Identifies what is ordered.
        """
        self.execute_many(
            "UPDATE rows SET key = ?, file = ?, fingerprint = ?, record = ?, sent = ? "
            "WHERE position = ?",
            [
                (key, file, fingerprint, record, sent, position)
                for record, (position, sent) in enumerate(rows)
            ],
        )

    def changes(self, context: str) -> list[Change]:
        """Return why files of earlier preparations are made again.

        Args:
            context: The context of the fingerprints of this preparation.
        """
        found = self.execute(
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
        found = dict(self.execute("SELECT state, COUNT(*) FROM states GROUP BY state"))
        counts = {state.value: int(found.get(state.value, 0)) for state in RowState}
        run = self.meta("run") or 0
        kept = "SELECT COUNT(*) FROM states WHERE state = 'done' AND run < ?"
        return {**counts, "kept": int(self.execute(kept, run)[0][0])}

    def row_count(self, *states: RowState) -> int:
        """Return how many rows have one of these states; without any, all rows."""
        if not states:
            return int(self.execute("SELECT COUNT(*) FROM rows")[0][0])
        marks = ", ".join("?" * len(states))
        query = f"SELECT COUNT(*) FROM states WHERE state IN ({marks})"  # noqa: S608
        return int(self.execute(query, *states)[0][0])

    def rows(
        self,
        states: Sequence[RowState] = (),
        *,
        first: int = 0,
        skip: int = 0,
        count: int = _CHUNK,
    ) -> list[StoredRow]:
        """Return rows in the order of the table.

        Args:
            states: Only rows in these states; without any, all rows.
            first: The position from which they are searched.
            skip: How many of them to leave out.
            count: How many to return.
        """
        where = "position >= ?"
        if states:
            where += f" AND state IN ({', '.join('?' * len(states))})"
        query = f"{_SELECT} WHERE {where} ORDER BY position LIMIT ? OFFSET ?"
        found = self.execute(query, first, *states, count, skip)
        return [_stored(row) for row in found]

    def rows_of(self, key: str) -> list[StoredRow]:
        """Return the rows of one output."""
        found = self.execute(f"{_SELECT} WHERE key = ? ORDER BY position", key)
        return [_stored(row) for row in found]

    def problem_count(self, *, of_table: bool = False) -> int:
        """Return the number of problems, or of those that are about no single row."""
        where = " WHERE position IS NULL" if of_table else ""
        return int(self.execute(f"SELECT COUNT(*) FROM problems{where}")[0][0])  # noqa: S608

    def problems(self, first: int, count: int) -> list[StoredProblem]:
        """Return some problems: first those of the table, then those of the rows."""
        query = f"{_SELECT_PROBLEMS} ORDER BY position, rowid LIMIT ? OFFSET ?"
        return [StoredProblem(*row) for row in self.execute(query, count, first)]

    def problems_at(self, position: int) -> list[StoredProblem]:
        """Return the problems of one row."""
        query = f"{_SELECT_PROBLEMS} WHERE position = ? ORDER BY rowid"
        return [StoredProblem(*row) for row in self.execute(query, position)]

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
            for row in self.execute(
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

    def has_file(self, file: str) -> bool:
        """Return whether a row has a file of this name."""
        return bool(self.execute("SELECT 1 FROM rows WHERE file = ? LIMIT 1", file))

    def job_count(self, state: RowState) -> int:
        """Return the number of outputs in a state."""
        query = (
            "SELECT COUNT(*) FROM rows LEFT JOIN outputs ON outputs.key = rows.key "
            "AND outputs.fingerprint = rows.fingerprint "
            "WHERE rows.record = 0 AND rows.key IS NOT NULL "
            "AND COALESCE(outputs.state, 'ready') = ?"
        )
        return int(self.execute(query, state.value)[0][0])

    def values_of(self, key: str) -> list[dict[str, Any]]:
        """Return the values of the rows of one output, as GraFx gets them."""
        query = "SELECT sent FROM rows WHERE key = ? ORDER BY position"
        return [json.loads(sent) for (sent,) in self.execute(query, key)]

    def note_order(self, job: Job, *, context: str) -> None:
        """Note that an order is about to be sent."""
        self.execute("DELETE FROM record_errors WHERE key = ?", job.key)
        now = self.clock()
        self.execute(
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
        self._set(job, state="running", task_id=_masked(task_id))

    def has_task(self, task_id: str) -> bool:
        """Return whether an order has this task."""
        query = "SELECT 1 FROM outputs WHERE task_id = ? LIMIT 1"
        return bool(self.execute(query, _masked(task_id)))

    def note_unknown(self, job: Job, error: str) -> None:
        """Note that the response to an order was lost."""
        self._set(job, state="unknown", error=_masked(error))

    def note_failed(
        self, job: Job, error: str, *, record_errors: Mapping[int, str] | None = None
    ) -> None:
        """Note that GraFx could not make an output, and because of which records."""
        self._set(job, state="failed", error=_masked(error))
        self._note_record_errors(job, record_errors or {})

    def note_done(
        self, job: Job, *, file: str, size: int, record_errors: Mapping[int, str]
    ) -> None:
        """Note that a file is saved, and which of its records are missing from it."""
        run = int(self.meta("run") or 0)
        self._set(job, state="done", file=file, size=size, error=None, run=run)
        self._note_record_errors(job, record_errors)

    def note_missing(self, job: Job) -> None:
        """Note that a saved file is missing or cut: it is to be fetched again."""
        self._set(job, state="running", file=None, size=None)

    def forget(self, job: Job) -> None:
        """Remove an output, so that its rows are ready again."""
        self.execute("DELETE FROM outputs WHERE key = ?", job.key)
        self.execute("DELETE FROM record_errors WHERE key = ?", job.key)

    def forget_all(self, state: RowState) -> None:
        """Remove the outputs of which a row of the plan is in a state."""
        self.execute(
            "DELETE FROM outputs WHERE key IN (SELECT key FROM states WHERE state = ?)",
            state.value,
        )
        self.execute(
            "DELETE FROM record_errors WHERE key NOT IN (SELECT key FROM outputs)"
        )

    def _note_record_errors(self, job: Job, errors: Mapping[int, str]) -> None:
        self.execute_many(
            "INSERT OR REPLACE INTO record_errors VALUES (?, ?, ?)",
            [(job.key, record, _masked(reason)) for record, reason in errors.items()],
        )

    def _set(self, job: Job, **fields: object) -> None:
        fields |= {"changed_at": self.clock()}
        names = ", ".join(f"{name} = ?" for name in fields)
        query = f"UPDATE outputs SET {names} WHERE key = ? AND fingerprint = ?"  # noqa: S608 - our own names
        self.execute(query, *fields.values(), job.key, job.fingerprint)


def _masked(value: str) -> str:
    """Return a text of GraFx without the secrets that it may have repeated."""
    return process_guard().registry.masker.mask_text(value)[0]


_SELECT = (
    "SELECT position, number, file, state, original, error, task_id, saved FROM states"
)
_SELECT_PROBLEMS = (
    "SELECT position, number, name, value, kind, reason, suggestion FROM problems"
)


def _stored(row: Sequence[Any]) -> StoredRow:
    position, number, file, state, original, error, task_id, saved = row
    return StoredRow(
        position,
        number,
        file,
        RowState(state),
        original,
        error or "",
        task_id,
        saved,
    )
