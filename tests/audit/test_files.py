"""The audit of notebooks and other files."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from urllib.parse import quote

import pytest
from audit.examples import KNOWN, TOKEN, places_of, write_notebook

from chili_notebook.audit.findings import FindingState
from chili_notebook.audit.search import audit
from chili_notebook.auth.secret import Secret
from chili_notebook.guard.registry import KnownSecret


def test_finding_names_the_cell_and_its_part():
    """Source, output, metadata and widget state are reported as different places."""
    path = write_notebook(
        Path("a.ipynb"),
        ("1 + 1", "2"),
        (f"token = '{TOKEN}'", "x"),
        ("chili", f"Bearer {TOKEN}"),
        widgets={"state": {"value": TOKEN}},
    )
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["metadata"]["note"] = TOKEN
    notebook["metadata"]["note"] = TOKEN
    path.write_text(json.dumps(notebook))
    assert places_of(audit(KNOWN, [path])) == [
        ("a.ipynb", "cell 1, metadata"),
        ("a.ipynb", "cell 2, source"),
        ("a.ipynb", "cell 3, output"),
        ("a.ipynb", "widget state"),
        ("a.ipynb", "metadata"),
    ]


def test_finding_outside_of_cells_names_the_line():
    """A secret in another part of a notebook is reported by its line."""
    Path("a.ipynb").write_text(f'{{"cells": [],\n"more": "{TOKEN}"}}')
    assert places_of(audit(KNOWN, [Path("a.ipynb")])) == [("a.ipynb", "line 2")]


def test_each_secret_is_reported_by_its_label():
    """Two secrets in one place are two findings, and no others are reported."""
    values = ("first-0123456789", "second-0123456789", "third-0123456789")
    known = [KnownSecret(value[:5], "", Secret(value)) for value in values]
    Path("a.txt").write_text(f"{values[0]}\n{values[2]} {values[0]}\n")
    found = audit(known, [Path("a.txt")])
    assert [(finding.what, finding.where) for finding in found] == [
        ("first", "line 1"),
        ("first", "line 2"),
        ("third", "line 2"),
    ]


def test_folders_are_searched_with_their_checkpoints():
    """Checkpoints are searched; environments and hidden folders are not."""
    for name in ("a", "deep/b", ".ipynb_checkpoints/c", ".venv/d", "node_modules/e"):
        write_notebook(Path(f"{name}.ipynb"), ("x", TOKEN))
    found = {place for place, _ in places_of(audit(KNOWN, [Path()]))}
    assert found == {"a.ipynb", "deep/b.ipynb", ".ipynb_checkpoints/c.ipynb"}


@pytest.mark.parametrize(
    "encoded",
    [
        quote(TOKEN, safe=""),
        TOKEN.encode().hex(),
        base64.b64encode(b"ab" + TOKEN.encode()).decode(),
        json.dumps({"a": json.dumps(TOKEN)}),
    ],
)
def test_every_encoding_is_found_and_masked(encoded):
    """The audit finds each encoding that the guard masks."""
    path = write_notebook(Path("a.ipynb"), ("x", encoded))
    (finding,) = audit(KNOWN, [path], fix=True)
    assert finding.state is FindingState.FIXED
    assert audit(KNOWN, [path]) == []
    assert encoded not in path.read_text()


def test_fix_changes_no_other_byte():
    """Line ends, indents, bytes that are not UTF-8 and permissions stay."""
    before = b'{"cells": [\r\n\t "\xff caf\xc3\xa9 %b"\r\n]} \r\n'
    path = Path("odd.ipynb")
    path.write_bytes(before.replace(b"%b", TOKEN.encode()))
    path.chmod(0o640)
    (finding,) = audit(KNOWN, [path], fix=True)
    assert finding.state is FindingState.FIXED
    assert path.read_bytes() == before.replace(b"%b", b"***")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_without_fix_nothing_is_written():
    """The audit only reports what it found."""
    path = write_notebook(Path("a.ipynb"), ("x", TOKEN))
    before = path.read_bytes()
    (finding,) = audit(KNOWN, [path])
    assert finding.state is FindingState.FOUND
    assert "--fix" in finding.remedy
    assert path.read_bytes() == before


def test_finding_in_a_plain_file_names_the_line():
    """Any named file is searched, notebook or not."""
    Path("notes.txt").write_text(f"one\ntwo {TOKEN}\n")
    assert places_of(audit(KNOWN, [Path("notes.txt")])) == [("notes.txt", "line 2")]


def test_missing_file_is_reported_as_unreadable():
    """A file that cannot be read is a finding."""
    (finding,) = audit(KNOWN, [Path("missing.ipynb")])
    assert finding.state is FindingState.UNREADABLE


def test_fix_does_not_follow_symbolic_links():
    """The audit writes only inside the folder that the user named."""
    Path("elsewhere").mkdir()
    write_notebook(Path("elsewhere/a.ipynb"), ("x", TOKEN))
    Path("here").mkdir()
    Path("here/a.ipynb").symlink_to(Path("elsewhere/a.ipynb").absolute())
    (finding,) = audit(KNOWN, [Path("here")], fix=True)
    assert finding.state is FindingState.FOUND
    assert "link" in finding.remedy
    assert TOKEN in Path("elsewhere/a.ipynb").read_text()


def test_wrapped_base64_in_a_notebook_is_masked():
    """A secret over several lines is found, and each line is masked."""
    wrapped = base64.encodebytes(b"?" * 30 + TOKEN.encode() * 2).decode()
    path = write_notebook(Path("a.ipynb"), ("x", wrapped))
    (finding,) = audit(KNOWN, [path], fix=True)
    assert finding.where == "cell 1, output"
    assert finding.state is FindingState.FIXED
    assert not any(line in path.read_text() for line in wrapped.splitlines()[1:-1])


def test_token_of_another_service_is_not_found():
    """Tokens share a public header, which alone is not a secret."""
    other = f"{TOKEN.partition('.')[0]}.eyJpc3MiOiJodHRwczovL2V4YW1wbGUifQ.c2ln"
    path = write_notebook(Path("a.ipynb"), (other, other))
    assert audit(KNOWN, [path], fix=True) == []
    assert other in path.read_text()
