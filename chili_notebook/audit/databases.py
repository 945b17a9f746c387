"""Search what is stored in databases: IPython's history, ``%store``, collaboration."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from chili_notebook.audit.files import decode_text
from chili_notebook.audit.findings import MEGABYTE, AuditResult, Finding, Searched
from chili_notebook.system.bounded_file import UnreadableFileError, read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chili_notebook.audit.findings import AuditSettings
    from chili_notebook.guard.registry import KnownSecret

COLLABORATION_DATABASE = ".jupyter_ystore.db"
"""JupyterLab's collaboration stores each change of a notebook in it."""
HISTORY = "IPython's history"
STORE = "IPython's %store"
_TABLES = ("history", "output_history")
_MAX_BYTES = 500 * MEGABYTE
_DELETE = (
    "Stop JupyterLab and delete the file. Unsaved changes of notebooks are lost with "
    "it."
)


def audit_history(settings: AuditSettings, path: Path) -> AuditResult:
    """Search a history database, and remove rows if the settings say so."""
    if not path.exists():
        return AuditResult()
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database, database:
            # Overwrite what is deleted, instead of only marking it as free.
            database.execute("PRAGMA secure_delete = ON")
            return AuditResult.merge(
                part
                for table in _TABLES
                for part in _audit_rows(settings, database, table)
            )
    except sqlite3.Error as error:
        return AuditResult((Finding.unreadable(HISTORY, f"{error}."),))


def audit_store(settings: AuditSettings, folder: Path) -> Iterator[AuditResult]:
    """Search the variables that ``%store`` has saved."""
    for path in sorted(folder.glob("autorestore/*")):
        try:
            content = read_regular_file(path, max_bytes=_MAX_BYTES)
        except (FileNotFoundError, UnreadableFileError) as error:
            reason = f"It {error}." if str(error) else "It does not exist."
            finding = Finding.unreadable(STORE, reason, where=path.name)
            yield AuditResult((finding,))
            continue
        remedy = f"Run in IPython: %store -d {path.name}"
        findings = [
            Finding.found(STORE, path.name, secret, remedy)
            for secret in settings.secrets.find(content)
        ]
        yield AuditResult.of(Searched.STORED_VARIABLE, *findings)


def audit_collaboration(settings: AuditSettings, path: Path) -> AuditResult:
    """Search a database of JupyterLab's collaboration.

    What was deleted from it is searched too, as far as it has not been overwritten.
    """
    place = settings.place(path)
    found: dict[KnownSecret, None] = {}
    try:
        for file in (path, path.with_name(f"{path.name}-wal")):
            try:
                content = read_regular_file(file, max_bytes=_MAX_BYTES)
            except FileNotFoundError:
                continue
            found.update(dict.fromkeys(settings.secrets.find(content)))
        # A long value is stored in pieces: only a query returns it whole.
        address = f"file:{quote(str(path.resolve()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=5)) as database:
            for row in _read_rows(database):
                for value in row:
                    text = decode_text(value) if isinstance(value, bytes) else None
                    searched = text[0] if text else value
                    found.update(dict.fromkeys(settings.secrets.find([searched])))
    except UnreadableFileError as error:
        return AuditResult((Finding.unreadable(place, f"It {error}."),))
    except sqlite3.Error as error:
        return AuditResult((Finding.unreadable(place, f"{error}."),))
    findings = [Finding.found(place, "a change", each, _DELETE) for each in found]
    return AuditResult.of(Searched.COLLABORATION_DATABASE, *findings)


def _read_rows(database: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    for (name,) in names.fetchall():
        quoted = name.replace('"', '""')
        yield from database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - it is quoted


def _audit_rows(
    settings: AuditSettings, database: sqlite3.Connection, table: str
) -> Iterator[AuditResult]:
    rows = database.execute(f"SELECT rowid, * FROM {table}").fetchall()  # noqa: S608 - one of our own names
    for rowid, session, line, *texts in rows:
        found = settings.secrets.find(texts)
        if found and settings.fix:
            database.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - the same
        where = f"session {session}, line {line}"
        findings = [
            Finding.fixed(HISTORY, where, secret)
            if settings.fix
            else Finding.found(HISTORY, where, secret, settings.fix_command())
            for secret in found
        ]
        yield AuditResult.of(Searched.HISTORY_ROW, *findings)
