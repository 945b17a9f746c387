"""The audit: files, IPython's history, %store and git, on real ones of each."""

from __future__ import annotations

import base64
import json
import os
import pickle
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest

from chili_notebook.audit.findings import FindingState
from chili_notebook.audit.report import require_clean, table_rows
from chili_notebook.audit.search import audit
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import SecretsFoundError
from chili_notebook.guard.registry import KnownSecret
from conftest import CLIENT_ID, CLIENT_SECRET

TOKEN = "eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl/with+signs=="
FATE = "It cannot be revoked."


@pytest.fixture
def wanted():
    """Give what is looked for: a token."""
    return [KnownSecret("access token", FATE, Secret(TOKEN))]


def git(*arguments):
    """Run git in the working directory, without the settings of this machine."""
    names = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME")
    mails = ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")
    environ = os.environ | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        **dict.fromkeys(names, "a"),
        **dict.fromkeys(mails, "a@example.com"),
    }
    subprocess.run(["git", *arguments], check=True, capture_output=True, env=environ)


def write_notebook(path, *cells, widgets=None):
    """Write a notebook whose cells are (source, output) pairs."""
    notebook = nbformat.v4.new_notebook()
    for source, output in cells:
        data = {"text/plain": output}
        made = nbformat.v4.new_output("display_data", data=data)
        notebook.cells.append(nbformat.v4.new_code_cell(source, outputs=[made]))
    if widgets is not None:
        notebook.metadata["widgets"] = widgets
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def places(findings):
    """Give the place and the position of each finding."""
    return [(found.place, found.where) for found in findings]


def test_a_secret_is_found_by_cell_and_part(wanted):
    """Source, output, metadata and widget state are told apart, each by its cell."""
    path = write_notebook(
        Path("a.ipynb"),
        ("1 + 1", "2"),
        (f"token = '{TOKEN}'", "x"),
        ("chili", f"Bearer {TOKEN}"),
        widgets={"state": {"value": TOKEN}},
    )
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["metadata"]["note"] = TOKEN
    path.write_text(json.dumps(notebook))
    assert places(audit(wanted, [path])) == [
        ("a.ipynb", "cell 1, metadata"),
        ("a.ipynb", "cell 2, source"),
        ("a.ipynb", "cell 3, output"),
        ("a.ipynb", "widget state"),
    ]


def test_folders_are_looked_through_with_their_checkpoints(wanted):
    """Checkpoints count, environments and hidden folders do not."""
    for name in ("a", "deep/b", ".ipynb_checkpoints/c", ".venv/d", "node_modules/e"):
        write_notebook(Path(f"{name}.ipynb"), ("x", TOKEN))
    found = {place for place, _ in places(audit(wanted, [Path()]))}
    assert found == {"a.ipynb", "deep/b.ipynb", ".ipynb_checkpoints/c.ipynb"}


@pytest.mark.parametrize(
    "leaked",
    [
        quote(TOKEN, safe=""),
        TOKEN.encode().hex(),
        base64.b64encode(b"ab" + TOKEN.encode()).decode(),
        json.dumps({"a": json.dumps(TOKEN)}),
    ],
)
def test_every_encoding_is_found_and_masked(wanted, leaked):
    """What the guard knows to mask, the audit knows to find."""
    path = write_notebook(Path("a.ipynb"), ("x", leaked))
    (found,) = audit(wanted, [path], fix=True)
    assert found.state is FindingState.FIXED
    assert audit(wanted, [path]) == []
    assert leaked not in path.read_text()


def test_fixing_changes_the_secret_and_not_one_byte_more(wanted):
    """Line ends, indents, foreign bytes and permissions stay as they are."""
    before = b'{"cells": [\r\n\t "\xff caf\xc3\xa9 %b"\r\n]} \r\n'
    path = Path("odd.ipynb")
    path.write_bytes(before.replace(b"%b", TOKEN.encode()))
    path.chmod(0o640)
    (found,) = audit(wanted, [path], fix=True)
    assert found.state is FindingState.FIXED
    assert path.read_bytes() == before.replace(b"%b", b"***")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_plain_file_is_told_by_line(wanted):
    """Any file that is named is looked into, notebook or not."""
    Path("notes.txt").write_text(f"one\ntwo {TOKEN}\n")
    assert places(audit(wanted, [Path("notes.txt")])) == [("notes.txt", "line 2")]


def test_a_file_that_cannot_be_read_is_told(wanted):
    """A missing file is a finding and not silence."""
    (found,) = audit(wanted, [Path("missing.ipynb")])
    assert found.state is FindingState.UNREADABLE


def history(profile, *rows):
    """Write a history database as IPython lays it out."""
    profile.mkdir(exist_ok=True)
    with sqlite3.connect(profile / "history.sqlite") as database:
        for table, columns in (
            ("history", "session integer, line integer, source text, source_raw text"),
            ("output_history", "session integer, line integer, output text"),
        ):
            database.execute(f"CREATE TABLE {table} ({columns})")
        database.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", rows)
    database.close()


def test_rows_of_the_history_are_found_and_removed(wanted, tmp_path):
    """The row goes, its neighbours stay, and the file no longer holds the value."""
    profile = tmp_path / "profile_default"
    history(profile, (7, 1, "a", "a"), (7, 2, "x", f"token = '{TOKEN}'"))
    (found,) = audit(wanted, [], profiles=[profile])
    assert found.where == "session 7, line 2"
    (found,) = audit(wanted, [], profiles=[profile], fix=True)
    assert found.state is FindingState.FIXED
    assert TOKEN.encode() not in (profile / "history.sqlite").read_bytes()
    with sqlite3.connect(profile / "history.sqlite") as database:
        assert database.execute("SELECT line FROM history").fetchall() == [(1,)]
    database.close()


def test_a_stored_variable_is_found_by_name(wanted, tmp_path):
    """What %store keeps is told with the magic that drops it."""
    store = tmp_path / "db" / "autorestore"
    store.mkdir(parents=True)
    (store / "mine").write_bytes(pickle.dumps({"Authorization": f"Bearer {TOKEN}"}))
    (found,) = audit(wanted, [], profiles=[tmp_path])
    assert found.remedy == "Run %store -d mine"


def test_git_is_looked_through_to_its_beginning(wanted):
    """Staged, in HEAD, and long gone: each is told with what to do about it."""
    git("init")
    for name in ("gone", "kept", "staged"):
        Path(f"{name}.txt").write_text(f"{name} {TOKEN}")
    git("add", "gone.txt", "kept.txt")
    git("commit", "-m", "one")
    Path("gone.txt").write_text("clean")
    git("add", ".")
    git("commit", "-m", "two", "gone.txt")
    found = audit(wanted, [Path()])
    assert sorted(places(found)) == [
        ("git: gone.txt", "history"),
        ("git: kept.txt", "HEAD"),
        ("git: staged.txt", "staged"),
    ]
    assert all("otate" in f.remedy for f in found if f.where != "staged")


def test_messages_and_what_was_amended_are_looked_through(wanted):
    """A secret in a commit's message, and one that only the reflog still holds."""
    git("init")
    Path("a.txt").write_text(TOKEN)
    git("add", ".")
    git("commit", "-m", f"adds {TOKEN}")
    Path("a.txt").write_text("clean")
    git("commit", "--all", "--amend", "-m", "clean")
    found = places(audit(wanted, [Path()]))
    assert ("git: a.txt", "history") in found
    assert [place for place, _ in found if place.startswith("git: message of")]


def test_repositories_below_are_looked_through(wanted):
    """A repository inside the folder counts as the one around it does."""
    Path("inner").mkdir()
    Path("inner/a.txt").write_text(TOKEN)
    git("-C", "inner", "init")
    git("-C", "inner", "add", ".")
    assert places(audit(wanted, [Path()])) == [("git: a.txt", "staged")]


def test_what_git_cannot_tell_is_no_clean_bill(wanted):
    """A repository that git cannot read is told, and fails the run."""
    git("init")
    Path(".git/index").write_bytes(b"no index")
    (found,) = audit(wanted, [Path()])
    assert found.state is FindingState.UNREADABLE
    with pytest.raises(SecretsFoundError):
        require_clean([found])


def test_a_link_is_not_followed_to_be_mended(wanted):
    """--fix writes inside the folder that was named and nowhere else."""
    Path("elsewhere").mkdir()
    write_notebook(Path("elsewhere/a.ipynb"), ("x", TOKEN))
    Path("here").mkdir()
    Path("here/a.ipynb").symlink_to(Path("elsewhere/a.ipynb").absolute())
    (found,) = audit(wanted, [Path("here")], fix=True)
    assert "link" in found.remedy
    assert TOKEN in Path("elsewhere/a.ipynb").read_text()


def test_wrapped_base64_in_a_notebook_is_found(wanted):
    """What stands over several lines is found, and told to be cleared by hand."""
    wrapped = base64.encodebytes(b"?" * 30 + TOKEN.encode() * 2).decode()
    path = write_notebook(Path("a.ipynb"), ("x", wrapped))
    (found,) = audit(wanted, [path], fix=True)
    assert found.where == "cell 1, output"


def test_another_services_token_is_left_alone(wanted):
    """A token that shares the public header is not taken for ours."""
    foreign = f"{TOKEN.partition('.')[0]}.eyJpc3MiOiJodHRwczovL2V4YW1wbGUifQ.c2ln"
    path = write_notebook(Path("a.ipynb"), (foreign, foreign))
    assert audit(wanted, [path], fix=True) == []
    assert foreign in path.read_text()


def test_no_value_is_ever_shown(wanted):
    """Neither the table nor the error holds what was looked for."""
    write_notebook(Path("a.ipynb"), (TOKEN, TOKEN))
    findings = audit(wanted, [Path()])
    with pytest.raises(SecretsFoundError, match="cannot be revoked") as caught:
        require_clean(findings)
    assert TOKEN not in str(caught.value) + str(table_rows(findings)) + repr(wanted)


def test_what_was_mended_does_not_fail_the_run(wanted):
    """After --fix nothing is left, and the run passes."""
    write_notebook(Path("a.ipynb"), ("x", TOKEN))
    require_clean(audit(wanted, [Path()], fix=True))


def run(*arguments):
    """Run the command in the working directory."""
    return subprocess.run(
        [sys.executable, "-m", "chili_notebook", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_guards_a_commit(monkeypatch):
    """It reads .env, signs in nowhere, fails on a find, and mends with --fix."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    Path(".env").write_text(
        f"CHILI_CLIENT_ID={CLIENT_ID}\nCHILI_ADMIN_CLIENT_SECRET={CLIENT_SECRET}\n"
    )
    path = write_notebook(Path("a.ipynb"), ("x", CLIENT_SECRET))
    failed = run("audit", "a.ipynb")
    assert failed.returncode == 1
    assert "cell 1, output" in failed.stdout
    assert "rotated" in failed.stderr
    assert CLIENT_SECRET not in failed.stdout + failed.stderr
    assert run("audit", "--fix", ".").returncode == 0
    assert run("audit", ".").returncode == 0
    assert CLIENT_SECRET not in path.read_text()


def test_the_command_stops_nobody_who_has_no_secret():
    """Without a secret in any source nothing can leak from here, and that is told."""
    done = run("audit", ".")
    assert done.returncode == 0
    assert "nothing to look for" in done.stderr


def test_the_command_finds_the_file_beside_what_it_looks_at(tmp_path):
    """A hook that is run from elsewhere reads the .env of the folder it is given."""
    there = tmp_path / "there"
    there.mkdir()
    (there / ".env").write_text(f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n")
    write_notebook(there / "a.ipynb", ("x", CLIENT_SECRET))
    Path("here").mkdir()
    os.chdir("here")
    assert run("audit", str(there)).returncode == 1


def test_the_command_fails_where_it_cannot_read_what_to_look_for():
    """A named file that is not there gives no clean bill."""
    done = run("audit", ".", "--env-file", "typo.env")
    assert done.returncode == 1
    assert "typo.env does not exist" in done.stderr
