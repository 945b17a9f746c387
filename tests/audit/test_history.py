"""The audit of IPython's history and %store."""

from __future__ import annotations

import pickle
import sqlite3
from contextlib import closing

from audit.examples import KNOWN, TOKEN

from chili_notebook.audit.findings import FindingState
from chili_notebook.audit.search import audit


def write_history(profile, *rows):
    """Write a history database with the tables of IPython."""
    profile.mkdir(exist_ok=True)
    with closing(sqlite3.connect(profile / "history.sqlite")) as database, database:
        for table, columns in (
            ("history", "session integer, line integer, source text, source_raw text"),
            ("output_history", "session integer, line integer, output text"),
        ):
            database.execute(f"CREATE TABLE {table} ({columns})")
        database.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", rows)


def test_rows_of_the_history_are_found_and_removed(tmp_path):
    """The row is removed, other rows stay, and the file contains no secret."""
    profile = tmp_path / "profile_default"
    write_history(profile, (7, 1, "a", "a"), (7, 2, "x", f"token = '{TOKEN}'"))
    (finding,) = audit(KNOWN, [], profiles=[profile])
    assert finding.where == "session 7, line 2"
    assert finding.state is FindingState.FOUND
    (finding,) = audit(KNOWN, [], profiles=[profile], fix=True)
    assert finding.state is FindingState.FIXED
    assert TOKEN.encode() not in (profile / "history.sqlite").read_bytes()
    with closing(sqlite3.connect(profile / "history.sqlite")) as database:
        assert database.execute("SELECT line FROM history").fetchall() == [(1,)]


def test_damaged_history_is_reported_as_unreadable(tmp_path):
    """A database that cannot be searched is a finding."""
    (tmp_path / "history.sqlite").write_bytes(b"not a database" * 100)
    (finding,) = audit(KNOWN, [], profiles=[tmp_path])
    assert finding.state is FindingState.UNREADABLE


def test_stored_variable_is_found_by_name(tmp_path):
    """The finding names the magic that deletes the variable."""
    store = tmp_path / "db" / "autorestore"
    store.mkdir(parents=True)
    (store / "mine").write_bytes(pickle.dumps({"Authorization": f"Bearer {TOKEN}"}))
    (store / "clean").write_bytes(pickle.dumps("text"))
    (finding,) = audit(KNOWN, [], profiles=[tmp_path])
    assert finding.remedy == "Run %store -d mine"
