"""Transfers of many files: what happened to each, and where it is on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING

from chili_notebook.api.file_names import bare_name, same_file_key, suffixes_like
from chili_notebook.api.files import file_pieces
from chili_notebook.display.tables import Rows
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import checked_path, save_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chili_notebook.api.base import ApiClient
    from chili_notebook.errors import APIError

_REFUSES_FILE = {400, 409, 413, 415, 422}
_FAILS = 500


class TransferState(Enum):
    """What happened to a file.

    Example:
        chili.media.download_folder("pictures/")[0].state is TransferState.DOWNLOADED
    """

    UPLOADED = "uploaded"
    DOWNLOADED = "downloaded"
    PRESENT = "already there"
    PLANNED = "would be uploaded"
    REFUSED = "refused"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file, or one part of a template package, and what happened to it.

    Attributes:
        kind: ``media``, ``font``, ``template`` or ``connector``.
        name: Its name, with its folder.
        state: What happened to it.
        reason: Why it was refused or skipped; may be empty.
        id: GraFx's ID, if there is one.

    Example:
        done = chili.media.download_folder("pictures/")
        [one.name for one in done if one.state is TransferState.REFUSED]
    """

    kind: str
    name: str
    state: TransferState
    reason: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file below a folder on disk.

    Attributes:
        path: Its path.
        folder: Its folder below that folder, with slashes; empty for the folder itself.
        size: Its size in bytes.
    """

    path: Path
    folder: str
    size: int


def transfer_rows(transfers: Iterable[Transfer]) -> Rows[Transfer]:
    """Return transfers as a list that shows itself as a table."""
    return Rows(list(transfers), _COLUMNS)


def _state(transfer: Transfer) -> str:
    return transfer.state.value


_COLUMNS = (
    ("Kind", attrgetter("kind")),
    ("Name", attrgetter("name")),
    ("State", _state),
    ("Reason", attrgetter("reason")),
    ("Id", attrgetter("id")),
)


def files_below(path: str | Path) -> list[LocalFile]:
    """Return the files in a folder and its subfolders, in the order of their paths.

    Hidden files and links to folders are left out.

    Raises:
        ConfigurationError: If it is not a folder that can be read.
    """
    root = checked_path(path)
    if not root.is_dir():
        raise ConfigurationError(
            f"{root} is not a folder.", hint="Pass the path of a folder that exists."
        )
    found = []
    try:
        for parent, folders, names in os.walk(root, onerror=_raise):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            folder = PurePath(parent).relative_to(root).as_posix()
            for name in sorted(names):
                file = Path(parent, name)
                if not name.startswith(".") and file.is_file():
                    size = file.stat().st_size
                    found.append(LocalFile(file, "" if folder == "." else folder, size))
    except OSError as error:
        raise ConfigurationError(
            f"{root} cannot be read ({error.strerror or type(error).__name__}).",
            hint="Check its permissions.",
        ) from None
    return found


def download_file(
    client: ApiClient, address: str, path: str | Path, *, default_name: str
) -> Path:
    """Write the file at an address of the API, piece by piece, and return its path.

    Args:
        client: The client.
        address: The address.
        path: The path of the file, or a folder, which gets it under its own name.
        default_name: Its own name.

    Raises:
        ConfigurationError: If it cannot be written there.
        UnexpectedAnswerError: If the response is not a file.
    """
    with client.stream("GET", address) as response:
        return save_stream(
            file_pieces(response, name=default_name),
            path,
            default_name=default_name,
            suffixes=suffixes_like(default_name),
        )


def refuses_file(error: APIError) -> bool:
    """Return whether GraFx refuses one file, and not the whole call.

    GraFx also responds with 500, and a reason, to what it cannot read. An outage has a
    title at most.
    """
    failed = error.status_code == _FAILS and bool(error.detail)
    return failed or error.status_code in _REFUSES_FILE


def _raise(error: OSError) -> None:
    raise error


def paths_on_disk(files: Sequence[tuple[str, str]]) -> list[PurePosixPath]:
    """Return a relative path for each file, which is safe and differs from the others.

    For some file systems, "A.png" and "a.png" are the same file. A name that another
    file has gets a number.

    Args:
        files: The folder and the name of each.
    """
    folders = [
        [bare_name(part) or "_" for part in folder.split("/") if part]
        for folder, _name in files
    ]
    used = {
        same_file_key("/".join(parts[: end + 1]))
        for parts in folders
        for end in range(len(parts))
    }
    paths = []
    for parts, (_folder, name) in zip(folders, files, strict=True):
        plain = PurePosixPath(*parts, bare_name(name) or "file")
        path, number = plain, 1
        while same_file_key(str(path)) in used:
            number += 1
            path = plain.with_name(f"{plain.stem} ({number}){plain.suffix}")
        used.add(same_file_key(str(path)))
        paths.append(path)
    return paths
