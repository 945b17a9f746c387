"""Prepare a batch: read and check the table, and write it into the ledger.

Nothing is ordered here. All problems of all rows are found in one pass, and no row
stays in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from chili_notebook.api.ids import describe
from chili_notebook.api.problems import Problem, ProblemKind
from chili_notebook.api.variables import RowChecker
from chili_notebook.batch.columns import column_problems
from chili_notebook.batch.file_names import NamePattern
from chili_notebook.batch.ledger import Ledger
from chili_notebook.batch.merge import assign_requests, checked_merge
from chili_notebook.batch.order import to_json
from chili_notebook.batch.records import (
    FILE_LIFETIME_S,
    PlannedRow,
    Preparation,
    RowState,
    StoredProblem,
)
from chili_notebook.batch.rows import OWN_COLUMNS
from chili_notebook.batch.tables import open_table
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import checked_path

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.batch.order import OrderForm
    from chili_notebook.batch.table import Table, TableRow

_CHUNK = 500
_SURELY_SMALL = 1_000_000
_LEFTOVER = re.compile(r"\.(?:shared-[0-9a-f]{16}|(.+)\.[0-9a-f]{8})")
_FOUR_BYTES: Final = 4  # of UTF-8, for one character


def write_plan(  # noqa: PLR0913 - each is named at the call
    form: OrderForm,
    source: object,
    *,
    folder: str | Path,
    name: str | None,
    columns: Mapping[str, str | None] | None,
    merge: str | None,
) -> tuple[Ledger, Preparation]:
    """Read and check a table, and write its rows into the ledger of a folder.

    Raises:
        ConfigurationError: If an argument or the table cannot be used, or the folder
            belongs to a batch of another template.
    """
    target = checked_path(folder)
    merge = checked_merge(merge, form)
    pattern = NamePattern("" if name is None else name, suffix=f".{form.format}")
    mapping = _checked_columns(columns)
    ledger = Ledger(target, clock=form.client.clock)
    with open_table(source) as table, ledger.writing(), ledger.transaction():
        _require_same_source(ledger, form)
        is_continued = table.has_row_numbers and ledger.row_count() > 0
        if is_continued:
            ledger.forget_table_problems()
        else:
            ledger.clear_rows()
        if is_continued:
            mapping = {**dict.fromkeys(OWN_COLUMNS), **mapping}
        plan = _Plan(form, ledger, RowChecker(form.document), pattern, mapping)
        plan.add(table, is_continued=is_continued)
        if merge:
            assign_requests(ledger, form, plan.checker, merge)
        else:
            plan.add_duplicates()
        check_files(ledger)
        ledger.start_run()  # what is done by now was done before
        prepared = Preparation(
            id=uuid4().hex,
            notes=table.notes,
            unused=plan.unused,
            changes=tuple(ledger.changes(form.context)),
            merge=merge,
        )
        ledger.set_meta("preparation", prepared.id)
        ledger.set_meta("source", [form.identity, form.source_name])
    return ledger, prepared


class _Plan:
    """The rows of a table on their way into the ledger."""

    def __init__(
        self,
        form: OrderForm,
        ledger: Ledger,
        checker: RowChecker,
        pattern: NamePattern,
        columns: Mapping[str, str | None],
    ) -> None:
        self.checker = checker
        self._form = form
        self._ledger = ledger
        self._pattern = pattern
        self._columns = columns
        self._variables: dict[str, str | None] = {}  # by column of the table
        self._has_headings = False
        self._rows: list[PlannedRow] = []
        self._problems: list[StoredProblem] = []

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns that are neither variables nor used in file names."""
        return tuple(
            column
            for column, variable in self._variables.items()
            if variable is None
            and column not in self._pattern.columns
            and column not in self._columns
        )

    def add(self, table: Table, *, is_continued: bool) -> None:
        """Add the rows of a table, and what is wrong with its columns."""
        self._has_headings = table.headings is not None
        for heading in table.headings or ():
            self._find_variable(heading)
        position = 0
        for row in table:
            if is_continued:
                self._flush()
                position = self._ledger.place_of(row.number)
                row = _without_own_columns(row, self._variables)  # noqa: PLW2901
            self._add_row(position, row)
            position += 1
            if len(self._rows) >= _CHUNK:
                self._flush()
        for problem in column_problems(
            self._variables,
            mapping=self._columns,
            name_columns=self._pattern.columns,
            variables=self.checker.variables,
        ):
            self._note(None, problem)
        self._flush()

    def add_duplicates(self) -> None:
        """Let rows be invalid whose file name an earlier row has."""
        positions = []
        for position, number, file, earlier in self._ledger.duplicates():
            positions.append(position)
            problem = Problem(
                number,
                self._pattern.columns[0] if self._pattern.columns else "name",
                file,
                ProblemKind.SAME_FILE_NAME,
                f"the row has the same file name as row {earlier}",
                self._better_name,
            )
            self._note(position, problem)
            if len(self._problems) >= _CHUNK:
                self._flush()
        self._ledger.mark_invalid(positions)
        self._flush()

    @property
    def _better_name(self) -> str:
        columns = [*self._variables]
        if self._pattern.columns or not columns:
            return "a column in `name` whose values differ"
        return f"a column in braces, such as name={f'{{{columns[0]}}}'!r}"

    def _add_row(self, position: int, row: TableRow) -> None:
        values = row.values
        known = self._variables
        by_variable: dict[str, object] = {}
        for column, value in values.items():
            variable = known[column] if column in known else self._find_variable(column)
            if variable is not None:
                by_variable[variable] = value
        checked = self.checker.check(by_variable, number=row.number)
        problems = row.problems
        is_read = bool(values) or not problems
        if checked.problems and is_read:
            problems += tuple(map(self._in_words_of_table, checked.problems))
        sent = to_json(checked.values)
        if len(sent) * _FOUR_BYTES > _SURELY_SMALL and not self._form.fits(
            len(sent.encode())
        ):
            problems += (_too_large(row.number, len(sent.encode())),)
        file = key = None
        fingerprint = None
        if not problems:
            file, problem = self._file_name(row)
            if problem is not None:
                problems = (problem,)
            elif file:
                key = file.lower() if file.isascii() else self._pattern.key(file)
                fingerprint = self._form.fingerprint(sent)
        for problem in problems:
            self._note(position, problem)
        self._rows.append(
            PlannedRow(
                position,
                row.number,
                file if key else None,
                key,
                0,
                fingerprint,
                sent if key else "{}",
                _to_stored(values),
            )
        )

    def _file_name(self, row: TableRow) -> tuple[str, Problem | None]:
        for column in self._pattern.columns:
            if row.values.get(column) is None:
                if self._has_headings and column not in self._variables:
                    return "", None  # a problem of the table, and not of each row
                return "", Problem(
                    row.number,
                    column,
                    None,
                    ProblemKind.FILE_NAME,
                    "the file name needs a value of this column",
                    "",
                )
        file = self._pattern.name(row.number, row.values)
        if file:
            return file, None
        column = self._pattern.columns[0]
        return "", Problem(
            row.number,
            column,
            row.values.get(column),
            ProblemKind.FILE_NAME,
            "the value makes no file name",
            "letters or digits",
        )

    def _find_variable(self, column: str) -> str | None:
        """Return the variable of a column that was not seen before."""
        variable = self._columns.get(column, column)
        found = variable if variable in self.checker.variables else None
        self._variables[column] = found
        return found

    def _in_words_of_table(self, problem: Problem) -> Problem:
        """Return a problem with the column of the table in place of the variable."""
        column = next(
            (one for one, name in self._variables.items() if name == problem.column),
            problem.column,
        )
        return replace(problem, column=column)

    def _note(self, position: int | None, problem: Problem) -> None:
        self._problems.append(
            StoredProblem(
                position,
                problem.row,
                problem.column.encode("utf-8", "backslashreplace").decode(),
                _to_stored(problem.value),
                problem.kind.name,
                problem.reason,
                problem.suggestion,
            )
        )

    def _flush(self) -> None:
        self._ledger.add_rows(self._rows)
        self._ledger.add_problems(self._problems)
        self._rows.clear()
        self._problems.clear()


def _checked_columns(columns: object) -> dict[str, str | None]:
    if columns is None:
        return {}
    if isinstance(columns, Mapping) and all(
        isinstance(column, str) and (variable is None or isinstance(variable, str))
        for column, variable in columns.items()
    ):
        return dict(columns)
    raise ConfigurationError(
        f"`columns` maps columns to variables; got {describe(columns)}.",
        hint='Pass {"column of the table": "variable of the template"}.',
    )


def _require_same_source(ledger: Ledger, form: OrderForm) -> None:
    """Raise an error if the folder belongs to a batch of another template."""
    stored = ledger.meta("source")
    if stored is not None and stored[0] != form.identity:
        raise ConfigurationError(
            f"The folder {ledger.folder} belongs to a batch of another template: "
            f"{stored[1] or 'a document'}.",
            hint="Use another folder for each template and environment.",
        )


def check_files(ledger: Ledger) -> None:
    """Let outputs whose file is missing or cut be fetched or ordered again.

    What a killed process has left of files is removed.
    """
    for path in ledger.folder.glob(".*"):
        leftover = _LEFTOVER.fullmatch(path.name)
        if leftover and (leftover[1] is None or ledger.has_file(leftover[1])):
            with suppress(OSError):  # such as a folder of this name
                path.unlink()
    after = -1
    while jobs := ledger.jobs(RowState.DONE, after=after):
        after = jobs[-1].position
        for job in jobs:
            try:
                is_whole = (ledger.folder / job.file).stat().st_size == job.size
            except OSError:
                is_whole = False
            if is_whole:
                continue
            age_s = ledger.clock() - (job.ordered_at or 0.0)
            if job.task_id and age_s < FILE_LIFETIME_S:
                ledger.note_missing(job)
            else:
                ledger.forget(job)


def _without_own_columns(row: TableRow, variables: Mapping[str, object]) -> TableRow:
    """Return a row without the columns that `to_frame` has added."""
    values = {
        column: value
        for column, value in row.values.items()
        if column not in OWN_COLUMNS or variables[column] is not None
    }
    return replace(row, values=values)


def _too_large(number: int, size: int) -> Problem:
    return Problem(
        number,
        "",
        None,
        ProblemKind.TOO_LARGE,
        f"the values have {size:,} bytes",
        "at most 10 MB of values, and 20 MB with the document",
    )


def _stored_value(value: Any) -> Any:
    """Return a value that JSON does not have: dates and decimal numbers as text."""
    media_id = getattr(value, "id", None)
    return media_id if isinstance(media_id, str) else _text_of(value)


def _text_of(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - code of the user
        return describe(value)


def _to_stored(value: object) -> str:
    """Return a value as JSON; what cannot be JSON, such as a circle, as text."""
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError):
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            cells = (f"{_encode(key)}: {_to_stored(one)}" for key, one in value.items())
            return f"{{{', '.join(cells)}}}"
        return _encode(_text_of(value))


# Escaped, since SQLite does not take lone surrogates.
_encode: Final = json.JSONEncoder(default=_stored_value).encode
