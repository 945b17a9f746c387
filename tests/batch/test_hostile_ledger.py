"""A ledger that somebody else has written must not lead out of its folder."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chili_notebook.errors import ConfigurationError


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
