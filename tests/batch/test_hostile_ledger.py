"""A ledger that somebody else has written must not lead out of its folder."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chili_notebook.auth.secret import Secret
from chili_notebook.batch.ledger import Ledger
from chili_notebook.batch.records import RowState
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.install import process_guard


def change_ledger(script):
    """Run SQL on the ledger of the batch."""
    with closing(sqlite3.connect("out/ledger.sqlite")) as connection:
        connection.executescript(script)


@pytest.mark.parametrize(
    "script",
    [
        "UPDATE outputs SET state = 'running', file = '../escaped.jpg'",
        "UPDATE outputs SET file = '../escaped.jpg'",
        "UPDATE outputs SET file = NULL; UPDATE rows SET file = '../escaped.jpg'",
    ],
)
def test_file_names_in_the_ledger_stay_in_the_folder(prepare, script):
    """A name with a path is neither written nor shown as a file of the batch."""
    prints = prepare(2)
    prints.run()
    change_ledger(script)
    with pytest.raises(ConfigurationError, match="leads out of the folder"):
        prints.run()
    with pytest.raises(ConfigurationError, match="leads out of the folder"):
        list(prints)
    assert not Path("escaped.jpg").exists()


def test_ledger_with_a_trigger_is_refused(prepare):
    """A trigger could change what is ordered, and where files are saved."""
    prepare(2).run()
    change_ledger(
        "CREATE TRIGGER bad AFTER INSERT ON rows BEGIN "
        "UPDATE rows SET file = '../escaped.jpg'; END;"
    )
    with pytest.raises(ConfigurationError, match="not a ledger"):
        prepare(2)


def test_link_in_the_folder_is_not_followed(prepare):
    """A link with the name of an output does not replace a file elsewhere."""
    Path("private.jpg").write_bytes(b"mine")
    prints = prepare(1)
    Path("out/s0.jpg").symlink_to(Path("private.jpg").resolve())
    with pytest.raises(ConfigurationError, match="link"):
        prints.run()
    assert Path("private.jpg").read_bytes() == b"mine"


def test_repeated_secret_is_not_stored(prepare):
    """A service that repeats the token in its texts does not bring it into the file."""
    secret = Secret("zq9-live-token-zq9-0123456789abcdef")
    masker = process_guard().registry.masker
    masker.protect(secret)
    try:
        prepare(3)
        ledger = Ledger(Path("out"), clock=lambda: 0.0)
        with ledger.writing():
            jobs = ledger.jobs(RowState.READY)
            for job in jobs:
                ledger.note_order(job, context="")
            text = f"bad {secret.reveal()}"
            ledger.note_task(jobs[0], secret.reveal())
            ledger.note_unknown(jobs[1], text)
            ledger.note_done(jobs[2], file="s2.jpg", size=1, record_errors={0: text})
            ledger.note_failed(jobs[0], text)
        files = [path for path in Path("out").iterdir() if path.is_file()]
        assert not any(secret.reveal().encode() in f.read_bytes() for f in files)
    finally:
        masker.forget([secret])
