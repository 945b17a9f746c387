"""Search what IPython stores in a profile: its history, and ``%store``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from chili_notebook.audit.findings import Finding

if TYPE_CHECKING:
    from pathlib import Path

    from chili_notebook.guard.registry import SecretRegistry

HISTORY = "IPython's history"
STORE = "IPython's %store"
_TABLES = ("history", "output_history")


def audit_history(
    registry: SecretRegistry, path: Path, *, fix: bool = False
) -> list[Finding]:
    """Search a history database, and remove rows with secrets if asked to."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database, database:
            # Overwrite what is deleted, instead of only marking it as free.
            database.execute("PRAGMA secure_delete = ON")
            return [
                finding
                for table in _TABLES
                for finding in _audit_rows(registry, database, table, fix=fix)
            ]
    except sqlite3.Error as error:
        return [Finding.unreadable(HISTORY, str(error))]


def audit_store(registry: SecretRegistry, folder: Path) -> list[Finding]:
    """Search the variables that ``%store`` has saved."""
    findings = []
    for path in sorted(folder.glob("autorestore/*")):
        try:
            content = path.read_bytes()
        except OSError as error:
            reason = error.strerror or "it cannot be opened"
            findings.append(Finding.unreadable(STORE, reason, where=path.name))
            continue
        findings += [
            Finding.found(STORE, path.name, secret, f"Run %store -d {path.name}")
            for secret in registry.find(content)
        ]
    return findings


def _audit_rows(
    registry: SecretRegistry, database: sqlite3.Connection, table: str, *, fix: bool
) -> list[Finding]:
    findings = []
    rows = database.execute(f"SELECT rowid, * FROM {table}").fetchall()  # noqa: S608 - one of our own names
    for rowid, session, line, *texts in rows:
        found = registry.find(texts)
        if found and fix:
            database.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - the same
        where = f"session {session}, line {line}"
        findings += [
            Finding.fixed(HISTORY, where, secret)
            if fix
            else Finding.found(HISTORY, where, secret, "Run the audit with --fix.")
            for secret in found
        ]
    return findings
