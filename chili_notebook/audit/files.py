"""Search notebooks and other files for secrets, and mask the secrets in them."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chili_notebook.audit.findings import (
    MAX_TEXT_BYTES,
    MEGABYTE,
    AuditResult,
    Finding,
    Searched,
    Skipped,
)
from chili_notebook.system.atomic_write import replace_bytes
from chili_notebook.system.bounded_file import UnreadableFileError, read_regular_file
from chili_notebook.system.git import is_bare_repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chili_notebook.audit.findings import AuditSettings, SecretFinder
    from chili_notebook.guard.registry import KnownSecret

_MAX_BYTES = 500 * MEGABYTE
_COPY_FOLDERS = {".ipynb_checkpoints", ".virtual_documents"}
_PACKAGE_FOLDERS = {"node_modules", "site-packages", "__pycache__"}
_EXAMPLE_SUFFIXES = (".dist", ".example", ".sample", ".template")
_BY_HAND = "Remove it by hand."
_IN_PIECES = f"It is in pieces or continues over several lines. {_BY_HAND}"
_CLEAN_GIT = "Remove it by hand; from logs with git reflog expire --expire=now --all."
# Bytes that are not valid come out of these as they were.
_UTF_8 = ("utf-8", "surrogateescape")
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SAMPLE_LENGTH = 8000
_UTF_16_SHARE = 0.7


class FileRole(Enum):
    """Why a file is searched."""

    NOTEBOOK = auto()
    COPY = auto()
    """A copy of cells that a tool has made, such as a checkpoint."""
    NAMED = auto()
    """The user has named it."""
    GIT = auto()
    """One of git's own files, such as a log."""
    OTHER = auto()


_NEVER_WRITTEN = {FileRole.GIT, FileRole.OTHER}
_COUNTED = {
    FileRole.NOTEBOOK: Searched.NOTEBOOK,
    FileRole.COPY: Searched.COPY,
    FileRole.NAMED: Searched.TEXT_FILE,
    FileRole.GIT: Searched.GIT_FILE,
    FileRole.OTHER: Searched.TEXT_FILE,
}


def is_notebook(path: Path) -> bool:
    """Return whether a file is a notebook by its name."""
    return path.suffix.lower() == ".ipynb"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the names of the files to search in it."""

    path: Path
    files: Sequence[str]


def walk_folder(folder: Path) -> Iterator[Folder | Skipped | OSError]:
    """Yield a folder and those below it; and why others are not entered.

    Git's own folders are not entered, because they are read as repositories.
    """
    errors: list[OSError] = []
    for name, folders, files in os.walk(folder, onerror=errors.append):
        path = Path(name)
        if is_bare_repository(path):
            folders.clear()
            files.clear()
        yield Folder(path, sorted(files))
        entered = []
        for child in sorted(folders):
            skipped = _reason_to_skip(path / child)
            if skipped is None:
                entered.append(child)
            elif child != ".git":
                yield skipped
        folders[:] = entered
    yield from errors


def _reason_to_skip(folder: Path) -> Skipped | None:
    if folder.is_symlink():
        return Skipped.LINKED_FOLDER
    if folder.name in _PACKAGE_FOLDERS or (folder / "pyvenv.cfg").exists():
        return Skipped.PACKAGE_FOLDER
    if folder.name.startswith(".") and folder.name not in _COPY_FOLDERS:
        return Skipped.HIDDEN_FOLDER
    return None


def choose_role(path: Path) -> FileRole:
    """Return the role of a file in a folder that is searched."""
    if not _COPY_FOLDERS.isdisjoint(path.parts):
        return FileRole.COPY
    return FileRole.NOTEBOOK if is_notebook(path) else FileRole.OTHER


def audit_file(settings: AuditSettings, path: Path, role: FileRole) -> AuditResult:
    """Search one file, and mask the secrets in place if the settings say so.

    Files of no particular role are only searched if they are small texts, and never
    written: they may be the configuration of something else.
    """
    skipped = _reason_to_skip_file(settings, path, role)
    if skipped is not None:
        return AuditResult.of(skipped)
    try:
        content = read_regular_file(path, max_bytes=_MAX_BYTES)
    except FileNotFoundError:  # a broken link, or deleted meanwhile
        return AuditResult()
    except UnreadableFileError as error:
        finding = Finding.unreadable(settings.place(path), f"It {error}.")
        return AuditResult((finding,))
    decoded = decode_text(content)
    if decoded is None and role in _NEVER_WRITTEN:
        return AuditResult.of(Skipped.BINARY)
    text, encoding = decoded or (content.decode(*_UTF_8), _UTF_8)
    findings = _search_text(settings, path, role, text, encoding)
    return AuditResult.of(_COUNTED[role], *findings)


def decode_text(content: bytes) -> tuple[str, tuple[str, str]] | None:
    """Return a text with its encoding and error handler; ``None`` for binary data."""
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode(content, name)
    sample = content[:_SAMPLE_LENGTH]
    if b"\0" not in sample:
        return content.decode(*_UTF_8), _UTF_8
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > _UTF_16_SHARE * len(sample) / 2 and not even:
        return _decode(content, "utf-16-le")
    if even > _UTF_16_SHARE * len(sample) / 2 and not odd:
        return _decode(content, "utf-16-be")
    return None


def _decode(content: bytes, name: str) -> tuple[str, tuple[str, str]] | None:
    try:
        return content.decode(name, "surrogatepass"), (name, "surrogatepass")
    except UnicodeDecodeError:
        return None


def _reason_to_skip_file(
    settings: AuditSettings, path: Path, role: FileRole
) -> Skipped | None:
    if role is FileRole.NAMED:
        return None
    try:
        status = path.stat()
    except OSError:  # opening it fails with the reason
        return None
    if not stat.S_ISREG(status.st_mode):
        return Skipped.SPECIAL
    is_source = path.resolve() in settings.credential_files
    if role is FileRole.OTHER and (is_source or _is_for_credentials(path.name)):
        return Skipped.CREDENTIALS
    if role in _NEVER_WRITTEN and status.st_size > MAX_TEXT_BYTES:
        return Skipped.LARGE
    return None


def _is_for_credentials(name: str) -> bool:
    """Return whether a file is one in which secrets belong, unless git has it."""
    is_env_file = name.endswith(".env") or name.startswith(".env.")
    return is_env_file and not name.endswith(_EXAMPLE_SUFFIXES)


def _search_text(
    settings: AuditSettings,
    path: Path,
    role: FileRole,
    text: str,
    encoding: tuple[str, str],
) -> list[Finding]:
    secrets = settings.secrets
    document = _parse(text) if is_notebook(path) else None
    known = secrets.find_in_texts(_texts_in(text if document is None else document))
    if not known:
        return []
    place = settings.place(path)
    located = _locate(secrets, known, text, document)
    if role is FileRole.GIT or not settings.fix or role in _NEVER_WRITTEN:
        remedy = _CLEAN_GIT if role is FileRole.GIT else settings.fix_command(path)
        return [
            Finding.found(place, where, secret, remedy) for where, secret in located
        ]
    masked = secrets.mask(text)
    left = secrets.find_in_texts(
        _texts_in(masked if document is None else _parse(masked))
    )
    failure = _replace_text(path, text, masked, encoding) if masked != text else None
    return [
        Finding.found(place, where, secret, failure or _IN_PIECES)
        if failure or secret in left
        else Finding.fixed(place, where, secret)
        for where, secret in located
    ]


def _replace_text(
    path: Path, before: str, after: str, encoding: tuple[str, str]
) -> str | None:
    """Write the masked text; return what is left for the user to do, if anything."""
    if is_notebook(path) and _parse(before) and not _parse(after):
        return f"Masking it would break the file. {_BY_HAND}"
    if path.is_symlink():
        return "The file is a symbolic link. Run the audit on its target."
    try:
        current = read_regular_file(path, max_bytes=_MAX_BYTES)
        is_current = current == before.encode(*encoding)
        if is_current:
            replace_bytes(path, after.encode(*encoding))
    except (OSError, UnreadableFileError) as error:
        reason = getattr(error, "strerror", None) or error
        return f"The file cannot be written ({reason}). {_BY_HAND}"
    if is_current:
        return None
    return "The file was saved during the audit. Run the audit again."


def _locate(
    secrets: SecretFinder,
    known: tuple[KnownSecret, ...],
    text: str,
    notebook: Any,
) -> list[tuple[str, KnownSecret]]:
    """Return where in a file these secrets are: by cell, or else by line."""
    located = []
    with suppress(RecursionError):  # a document that is nested too deeply
        located = [
            (where, secret)
            for where, part in _parts(notebook)
            for secret in secrets.find(part)
        ]
    rest = [secret for secret in known if secret not in {each for _, each in located}]
    if rest:
        by_line = [
            (f"line {number}", secret)
            for number, line in enumerate(text.splitlines(), 1)
            for secret in secrets.find(line)
            if secret in rest
        ]
        on_one_line = {secret for _, secret in by_line}
        located += by_line
        located += [("across lines", each) for each in rest if each not in on_one_line]
    return located


def _parts(notebook: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a notebook, each with its name."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return
    for number, cell in enumerate(cells, 1):
        rest = dict(cell) if isinstance(cell, dict) else {"text": cell}
        yield f"cell {number}, source", _join(rest.pop("source", ""))
        yield f"cell {number}, output", _join(rest.pop("outputs", None))
        yield f"cell {number}, metadata", rest
    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        metadata = dict(metadata)
        yield "widget state", metadata.pop("widgets", None)
    yield "metadata", metadata


def _join(value: Any) -> Any:
    """Join the lists of lines in which a notebook stores its texts."""
    if isinstance(value, dict):
        return {key: _join(item) for key, item in value.items()}
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "".join(value)
    return [_join(item) for item in value] if isinstance(value, list) else value


def _texts_in(document: Any) -> Iterator[str]:
    """Yield every text and key of a document, with the lines of lists joined."""
    values = [document]
    while values:
        value = values.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            values += [*value, *value.values()]
        elif isinstance(value, list):
            if set(map(type, value)) <= {str}:
                yield "".join(value)
            else:
                values += value


def _parse(text: str) -> Any:
    """Return a JSON document in which nothing of the text is lost."""
    try:
        return json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_keep_all,
            parse_int=str,
            parse_float=str,
        )
    except (ValueError, RecursionError):
        return None


def _keep_all(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object, with all values of a key that it has several times."""
    found = dict(pairs)
    if len(found) != len(pairs):
        found[""] = [list(pair) for pair in pairs]
    return found
