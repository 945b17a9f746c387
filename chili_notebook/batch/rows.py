"""The rows of a batch, read from its ledger when they are needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, overload

from chili_notebook.api.listing import load_pandas
from chili_notebook.api.problems import Problem, ProblemKind
from chili_notebook.batch.records import RowState
from chili_notebook.display.tables import table_bundle
from chili_notebook.display.wording import spell_count

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.batch.ledger import Ledger
    from chili_notebook.batch.records import StoredProblem, StoredRow

_CHUNK = 500
SHOWN: Final = 20
"""How many rows a table shows."""

REASON, STATE, FILE = "reason", "state", "file"
OWN_COLUMNS: Final = frozenset({REASON, STATE, FILE})
"""What `to_frame` adds to the columns of the table."""
INDEX: Final = "row"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row of a batch.

    Attributes:
        number: Its number, as a person sees it in the table.
        values: Its values, by column of the table.
        state: Its state.
        path: The saved file; ``None`` as long as there is none.
        error: Why it is invalid, has failed or is unknown; empty otherwise.
        task_id: GraFx's ID of its task, if it was ordered.

    Example:
        rows = [{"Name": "Ada"}, {"Name": "Grace"}]
        prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
        prints[0].values
    """

    number: int
    values: Mapping[str, Any]
    state: RowState
    path: Path | None = None
    error: str = ""
    task_id: str | None = field(default=None, repr=False)


Open = Callable[[], AbstractContextManager["Ledger"]]
"""Opens the ledger, and checks that it still has the rows of this batch."""


class BatchRows(Sequence[BatchRow]):
    """Rows of a batch; in a notebook and in a print they are a table.

    The rows are read when they are needed, so a large batch stays on the disk.

    Example:
        rows = [{"Name": "Ada"}, {"Name": "Grace"}]
        prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
        prints.failures.to_frame()
    """

    def __init__(self, open_ledger: Open, states: Sequence[RowState] = ()) -> None:
        self._open = open_ledger
        self._states = tuple(states)

    def __len__(self) -> int:
        with self._open() as ledger:
            return ledger.row_count(*self._states)

    @overload
    def __getitem__(self, index: int) -> BatchRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[BatchRow]: ...
    def __getitem__(self, index: int | slice) -> BatchRow | list[BatchRow]:
        with self._open() as ledger:
            count = ledger.row_count(*self._states)
            if isinstance(index, slice):
                places = range(*index.indices(count))
                rows = self._rows_at(ledger, min(places, default=0), len(places))
                if places.step == 1:
                    return rows
                return [self._row_at(ledger, place) for place in places]
            place = index + count if index < 0 else index
            if not 0 <= place < count:
                message = f"There are {count} rows, and no row at {index}."
                raise IndexError(message)
            return self._row_at(ledger, place)

    def __iter__(self) -> Iterator[BatchRow]:
        first = 0
        while True:
            with self._open() as ledger:
                stored = ledger.rows(self._states, first=first, count=_CHUNK)
                rows = [read_row(ledger, row) for row in stored]
            if not rows:
                return
            first = stored[-1].position + 1
            yield from rows

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: the columns of the table, state, file and reason.

        Its index is the number of the row. Correct it and pass it to
        ``chili.outputs.batch`` with the same folder: these rows replace the earlier
        ones, and all others stay.

        Raises:
            ConfigurationError: If pandas is not installed.

        Example:
            rows = [{"Name": "Ada"}, {"Name": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.to_frame()
        """
        pd = load_pandas()
        rows = list(self)
        values_by_row = [row.values for row in rows]
        columns = _columns_of(rows)
        index = pd.Index([row.number for row in rows], name=INDEX, dtype="int64")
        data = {
            name: pd.Series(
                [mapping.get(name) for mapping in values_by_row],
                index=index,
                dtype=object,
            )
            for name in columns
        }
        own = {
            STATE: [row.state.value for row in rows],
            FILE: [row.path and str(row.path) for row in rows],
            REASON: [row.error for row in rows],
        }
        for name, values in own.items():
            if name not in data:
                data[name] = pd.Series(values, index=index, dtype=object)
        return pd.DataFrame(data, index=index)

    def _rows_at(self, ledger: Ledger, place: int, count: int) -> list[BatchRow]:
        stored = ledger.rows(self._states, skip=place, count=count)
        return [read_row(ledger, row) for row in stored]

    def _row_at(self, ledger: Ledger, place: int) -> BatchRow:
        return self._rows_at(ledger, place, 1)[0]

    def __repr__(self) -> str:
        return f"<{spell_count(len(self), 'row')}>"

    def __str__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        rows = self[:SHOWN]
        return rows_bundle(rows, caption=_caption(len(self), "row"))


class BatchProblems(Sequence[Problem]):
    """The problems of a batch; in a notebook and in a print they are a table.

    Example:
        rows = [{"Name": "Ada"}, {"Nmae": "Grace"}]
        prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
        [(problem.row, problem.reason) for problem in prints.problems]
    """

    def __init__(self, open_ledger: Open) -> None:
        self._open = open_ledger

    def __len__(self) -> int:
        with self._open() as ledger:
            return ledger.problem_count()

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> list[Problem]: ...
    def __getitem__(self, index: int | slice) -> Problem | list[Problem]:
        with self._open() as ledger:
            count = ledger.problem_count()
            if isinstance(index, slice):
                places = range(*index.indices(count))
                first, last = min(places, default=0), max(places, default=-1)
                found = ledger.problems(first, last + 1 - first)
                return [read_problem(found[place - first]) for place in places]
            place = index + count if index < 0 else index
            if not 0 <= place < count:
                message = f"There are {count} problems, and none at {index}."
                raise IndexError(message)
            return read_problem(ledger.problems(place, 1)[0])

    def __iter__(self) -> Iterator[Problem]:
        first = 0
        while problems := self[first : first + _CHUNK]:
            first += len(problems)
            yield from problems

    def to_frame(self) -> Any:
        """Return the problems as a pandas DataFrame.

        Raises:
            ConfigurationError: If pandas is not installed.

        Example:
            rows = [{"Name": "Ada"}, {"Nmae": "Grace"}]
            prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
            prints.problems.to_frame()
        """
        pd = load_pandas()
        cells = [
            [one.row, one.column, one.value, one.kind.value, one.reason, one.suggestion]
            for one in self
        ]
        headings = ["row", "column", "value", "kind", "reason", "suggestion"]
        return pd.DataFrame(cells, columns=headings, dtype=object)

    def __repr__(self) -> str:
        return f"<{spell_count(len(self), 'problem')}>"

    def __str__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        cells = [
            [one.row, one.column, one.value, one.reason, one.suggestion]
            for one in self[:SHOWN]
        ]
        count = len(self)
        return table_bundle(
            ["Row", "Column", "Value", "Problem", "Use"],
            cells,
            caption=_caption(count, "problem"),
        )


def read_row(ledger: Ledger, row: StoredRow) -> BatchRow:
    """Return a row of the ledger as users see it."""
    error = row.error
    if row.state is RowState.INVALID:
        problems = map(read_problem, ledger.problems_at(row.position))
        error = "; ".join(
            f"{one.column}: {one.reason}" if one.column else one.reason
            for one in problems
        )
    path = None
    if row.state is RowState.DONE and row.saved:
        path = ledger.folder / row.saved
    return BatchRow(
        number=row.number,
        values=json.loads(row.original),
        state=row.state,
        path=path,
        error=error,
        task_id=row.task_id,
    )


def read_problem(problem: StoredProblem) -> Problem:
    """Return a problem of the ledger as users see it."""
    return Problem(
        row=problem.number,
        column=problem.name,
        value=json.loads(problem.value),
        kind=ProblemKind[problem.kind],
        reason=problem.reason,
        suggestion=problem.suggestion,
    )


def rows_bundle(rows: Sequence[BatchRow], *, caption: str) -> dict[str, str]:
    """Return rows as a table, by media type."""
    columns = _columns_of(rows)
    cells = [
        [
            row.number,
            row.state.value,
            *(_value_of(row, name) for name in columns),
            row.path.name if row.path else row.error,
        ]
        for row in rows
    ]
    return table_bundle(
        ["Row", "State", *columns, "File or reason"],
        cells,
        caption=caption,
    )


def _caption(count: int, noun: str) -> str:
    shown = f"; the first {SHOWN} are shown" if count > SHOWN else ""
    return f"{spell_count(count, noun)}{shown}"


def _columns_of(rows: Iterable[BatchRow]) -> list[str]:
    """Return the columns of these rows, each once."""
    names = (name for row in rows for name in row.values)
    return list(dict.fromkeys(names))


def _value_of(row: BatchRow, column: str) -> object:
    return row.values.get(column)
