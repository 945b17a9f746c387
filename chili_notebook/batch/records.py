"""What a ledger stores: rows, problems, outputs, and what has changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import PurePath
from typing import Final, NamedTuple

from chili_notebook.errors import ConfigurationError

FILE_LIFETIME_S: Final = 4 * 3600.0
"""How long GraFx stores the file of an output (page "Output tasks")."""


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
        from chili_notebook import RowState

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


class PlannedRow(NamedTuple):
    """A row as it is prepared.

    Attributes:
        position: Where it is in the batch, from 0.
        number: Its number as a person sees it.
        file: The name of its file; ``None`` if the row is invalid.
        key: The name by which files are compared; ``None`` if the row is invalid.
        record: Its number in its request, from 0.
        fingerprint: Identifies source, document, format, layout, settings and values.
        sent: The values as GraFx gets them, as JSON.
        original: The values of the table, as JSON.
    """

    position: int
    number: int
    file: str | None
    key: str | None
    record: int
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
    original: str
    error: str
    task_id: str | None
    saved: str | None

    def __post_init__(self) -> None:
        for name in filter(None, (self.file, self.saved)):
            _require_inside(name)


class StoredProblem(NamedTuple):
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

    def __post_init__(self) -> None:
        _require_inside(self.file)


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


@dataclass(frozen=True, slots=True)
class Preparation:
    """What was found while a batch was prepared.

    Attributes:
        id: Identifies it; a later one replaces it.
        notes: Sentences about how the table was read.
        unused: Columns that are neither variables nor used in file names.
        changes: Files of earlier preparations that are made again.
        merge: The name of the merged PDF; empty without one.
    """

    id: str
    notes: tuple[str, ...]
    unused: tuple[str, ...]
    changes: tuple[Change, ...]
    merge: str


def _require_inside(file: object) -> None:
    """Raise an error if a name in the ledger is not that of a file in its folder.

    The folder may have come from somebody else, with a ledger that was changed.
    """
    if isinstance(file, str) and "\0" not in file:
        path = PurePath(file)
        if path.name and not path.anchor and ".." not in path.parts:
            return
    raise ConfigurationError(
        f"The file name {file!r} in the ledger leads out of the folder.",
        hint="Use another folder: chili_notebook did not write this ledger.",
    )
