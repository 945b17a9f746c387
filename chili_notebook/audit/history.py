"""Looks into what IPython keeps in a profile: its history, and ``%store``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from chili_notebook.audit.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chili_notebook.guard.registry import KnownSecret

HISTORY = "IPython's history"
STORE = "IPython's %store"
_TABLES = ("history", "output_history")


def audit_history(
    wanted: Sequence[KnownSecret], path: Path, *, fix: bool = False
) -> list[Finding]:
    """Look into a history database, and remove the rows if asked to."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database, database:
            # What is deleted is overwritten, not only unlinked.
            database.execute("PRAGMA secure_delete = ON")
            return [
                finding
                for table in _TABLES
                for finding in _rows(wanted, database, table, fix=fix)
            ]
    except sqlite3.Error as error:
        return [Finding.unreadable(HISTORY, str(error))]


def audit_store(wanted: Sequence[KnownSecret], folder: Path) -> list[Finding]:
    """Look into the variables that ``%store`` keeps."""
    findings = []
    for path in sorted(folder.glob("autorestore/*")):
        try:
            content = path.read_bytes()
        except OSError:
            reason, remedy = "unknown", "It cannot be read."
            findings.append(
                Finding.unreadable(STORE, reason, where=path.name, remedy=remedy)
            )
            continue
        findings += [
            Finding.found(STORE, path.name, secret, f"Run %store -d {path.name}")
            for secret in wanted
            if secret.is_in(content)
        ]
    return findings


def _rows(
    wanted: Sequence[KnownSecret],
    database: sqlite3.Connection,
    table: str,
    *,
    fix: bool,
) -> list[Finding]:
    found = []
    rows = database.execute(f"SELECT rowid, * FROM {table}").fetchall()  # noqa: S608 - our own names
    for rowid, session, line, *texts in rows:
        held = [secret for secret in wanted if secret.is_in(texts)]
        if held and fix:
            database.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - the same
        where = f"session {session}, line {line}"
        found += [
            Finding.fixed(HISTORY, where, secret)
            if fix
            else Finding.found(HISTORY, where, secret, "Run %chili_audit --fix.")
            for secret in held
        ]
    return found
