"""The rows of a batch, read from its ledger when they are needed."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

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


_T = TypeVar("_T")


class _StoredSequence(Sequence[_T]):
    """A part of the ledger, of which only what is needed is read."""

    _noun: str

    def __init__(self, open_ledger: Open) -> None:
        self._open = open_ledger

    @abstractmethod
    def _count(self, ledger: Ledger) -> int: ...
    @abstractmethod
    def _read(self, ledger: Ledger, first: int, count: int) -> list[_T]: ...

    def __len__(self) -> int:
        with self._open() as ledger:
            return self._count(ledger)

    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> list[_T]: ...
    def __getitem__(self, index: int | slice) -> _T | list[_T]:
        with self._open() as ledger:
            count = self._count(ledger)
            if isinstance(index, slice):
                places = range(*index.indices(count))
                first, last = min(places, default=0), max(places, default=-1)
                found = self._read(ledger, first, last + 1 - first)
                return [found[place - first] for place in places]
            place = index + count if index < 0 else index
            if not 0 <= place < count:
                message = f"There are {count} {self._noun}s, and none at {index}."
                raise IndexError(message)
            return self._read(ledger, place, 1)[0]

    def __repr__(self) -> str:
        return f"<{spell_count(len(self), self._noun)}>"

    def __str__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]

    @abstractmethod
    def _repr_mimebundle_(self, **_: object) -> dict[str, str]: ...

    def _caption(self) -> str:
        count = len(self)
        shown = f"; the first {SHOWN} are shown" if count > SHOWN else ""
        return f"{spell_count(count, self._noun)}{shown}"


class BatchRows(_StoredSequence[BatchRow]):
    """Rows of a batch; in a notebook and in a print they are a table.

    The rows are read when they are needed, so a large batch stays on the disk.

    Example:
        rows = [{"Name": "Ada"}, {"Name": "Grace"}]
        prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
        prints.failures.to_frame()
    """

    _noun = "row"

    def __init__(self, open_ledger: Open, states: Sequence[RowState] = ()) -> None:
        super().__init__(open_ledger)
        self._states = tuple(states)

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

    def _count(self, ledger: Ledger) -> int:
        return ledger.row_count(*self._states)

    def _read(self, ledger: Ledger, first: int, count: int) -> list[BatchRow]:
        stored = ledger.rows(self._states, skip=first, count=count)
        return [read_row(ledger, row) for row in stored]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return rows_bundle(self[:SHOWN], caption=self._caption())


class BatchProblems(_StoredSequence[Problem]):
    """The problems of a batch; in a notebook and in a print they are a table.

    Example:
        rows = [{"Name": "Ada"}, {"Nmae": "Grace"}]
        prints = chili.outputs.batch(template, rows, "png", folder="renders/cards")
        [(problem.row, problem.reason) for problem in prints.problems]
    """

    _noun = "problem"

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

    def _count(self, ledger: Ledger) -> int:
        return ledger.problem_count()

    def _read(self, ledger: Ledger, first: int, count: int) -> list[Problem]:
        return [read_problem(problem) for problem in ledger.problems(first, count)]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        cells = [
            [one.row, one.column, one.value, one.reason, one.suggestion]
            for one in self[:SHOWN]
        ]
        headings = ["Row", "Column", "Value", "Problem", "Use"]
        return table_bundle(headings, cells, caption=self._caption())


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
            *(row.values.get(name) for name in columns),
            row.path.name if row.path else row.error,
        ]
        for row in rows
    ]
    return table_bundle(
        ["Row", "State", *columns, "File or reason"],
        cells,
        caption=caption,
    )


def _columns_of(rows: Iterable[BatchRow]) -> list[str]:
    """Return the columns of these rows, each once."""
    names = (name for row in rows for name in row.values)
    return list(dict.fromkeys(names))
