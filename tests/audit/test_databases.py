"""The audit of IPython's history and %store."""

from __future__ import annotations

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

from audit.examples import TOKEN, find, run_audit

from chili_notebook.audit.findings import FindingState, Searched


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
    (finding,) = find(profiles=[profile])
    assert finding.where == "session 7, line 2"
    assert finding.state is FindingState.FOUND
    (finding,) = find(profiles=[profile], fix=True)
    assert finding.state is FindingState.FIXED
    assert TOKEN.encode() not in (profile / "history.sqlite").read_bytes()
    with closing(sqlite3.connect(profile / "history.sqlite")) as database:
        assert database.execute("SELECT line FROM history").fetchall() == [(1,)]


def test_damaged_history_is_reported_as_unreadable(tmp_path):
    """A database that cannot be searched is a finding."""
    (tmp_path / "history.sqlite").write_bytes(b"not a database" * 100)
    (finding,) = find(profiles=[tmp_path])
    assert finding.state is FindingState.UNREADABLE


def test_stored_variable_is_found_by_name(tmp_path):
    """The finding names the magic that deletes the variable."""
    store = tmp_path / "db" / "autorestore"
    store.mkdir(parents=True)
    (store / "mine").write_bytes(pickle.dumps({"Authorization": f"Bearer {TOKEN}"}))
    (store / "clean").write_bytes(pickle.dumps("text"))
    (finding,) = find(profiles=[tmp_path])
    assert finding.remedy == "Run in IPython: %store -d mine"


def test_collaboration_database_beside_notebooks_is_searched():
    """Values of several pages, deleted values and unmerged ones are found."""
    path = Path("inner/.jupyter_ystore.db")
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE yupdates (path text, yupdate blob)")
        large = b"\1" * 3900 + TOKEN.encode() + b"\2" * 20_000
        database.execute("INSERT INTO yupdates VALUES ('a.ipynb', ?)", (large,))
    (finding,) = find(Path(), fix=True)
    assert (finding.place, finding.state) == (path.as_posix(), FindingState.FOUND)
    assert "delete the file" in finding.remedy
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("DELETE FROM yupdates")
        database.execute("INSERT INTO yupdates VALUES ('a', ?)", (TOKEN.encode(),))
        database.execute("DELETE FROM yupdates")
    assert len(find(Path())) == 1
    path.write_bytes(b"clean")
    path.with_name(f"{path.name}-wal").write_bytes(TOKEN.encode())
    assert FindingState.UNREADABLE in {finding.state for finding in find(Path())}


def test_rows_and_variables_are_counted(tmp_path):
    """The report says how much of the history was searched."""
    write_history(tmp_path, (7, 1, "a", "a"), (7, 2, "b", "b"))
    store = tmp_path / "db" / "autorestore"
    store.mkdir(parents=True)
    (store / "clean").write_bytes(pickle.dumps("text"))
    counts = run_audit(profiles=[tmp_path]).counts
    assert counts == {Searched.HISTORY_ROW: 2, Searched.STORED_VARIABLE: 1}
