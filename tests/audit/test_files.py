"""The audit of notebooks and other files."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import textwrap
from pathlib import Path
from urllib.parse import quote

import pytest
from audit.examples import TOKEN, find, places_of, run_audit, write_notebook

from chili_notebook.audit.files import walk_folder
from chili_notebook.audit.findings import FindingState, Searched, Skipped
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
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
    assert places_of(find(path)) == [
        ("a.ipynb", "cell 1, metadata"),
        ("a.ipynb", "cell 2, source"),
        ("a.ipynb", "cell 3, output"),
        ("a.ipynb", "widget state"),
        ("a.ipynb", "metadata"),
    ]


def test_finding_outside_of_cells_names_the_line():
    """A secret in another part of a notebook is reported by its line."""
    Path("a.ipynb").write_text(f'{{"cells": [],\n"more": "{TOKEN}"}}')
    assert places_of(find(Path("a.ipynb"))) == [("a.ipynb", "line 2")]


def test_each_secret_is_reported_by_its_label():
    """Two secrets in one place are two findings, and no others are reported."""
    values = ("first-0123456789", "second-0123456789", "third-0123456789")
    known = [KnownSecret(value[:5], "", Secret(value)) for value in values]
    Path("a.txt").write_text(f"{values[0]}\n{values[2]} {values[0]}\n")
    found = find(Path("a.txt"), known=known)
    assert [(finding.what, finding.where) for finding in found] == [
        ("first", "line 1"),
        ("first", "line 2"),
        ("third", "line 2"),
    ]


def test_folders_are_searched_with_their_copies_of_notebooks():
    """Copies in hidden folders are searched; environments and others are not."""
    for name in (
        *("a.ipynb", "B.IPYNB", "deep/b.ipynb", ".ipynb_checkpoints/c.ipynb"),
        *(".ipynb_checkpoints/c-checkpoint.py", ".virtual_documents/a.ipynb"),
        *(".venv/d.ipynb", "node_modules/e.ipynb", "env/f.ipynb"),
    ):
        write_notebook(Path(name), ("x", TOKEN))
    Path("env/pyvenv.cfg").write_text("")
    result = run_audit(Path())
    assert {place for place, _ in places_of(result.findings)} == {
        *("a.ipynb", "B.IPYNB", "deep/b.ipynb", ".ipynb_checkpoints/c.ipynb"),
        *(".ipynb_checkpoints/c-checkpoint.py", ".virtual_documents/a.ipynb"),
    }
    assert result.counts == {
        Searched.NOTEBOOK: 3,
        Searched.COPY: 3,
        Skipped.HIDDEN_FOLDER: 1,
        Skipped.PACKAGE_FOLDER: 2,
    }
    fixed = find(Path(), fix=True)
    assert {finding.state for finding in fixed} == {FindingState.FIXED}


def test_other_text_files_are_searched_and_not_fixed_unless_named():
    """They may be the configuration of something else."""
    Path("deploy.sh").write_text(f"x={TOKEN}\n")
    (finding,) = find(Path(), fix=True)
    assert (finding.place, finding.state) == ("deploy.sh", FindingState.FOUND)
    assert finding.remedy == "Run: %chili_audit --fix deploy.sh"
    (finding,) = find(Path("deploy.sh"), fix=True)
    assert finding.state is FindingState.FIXED
    assert Path("deploy.sh").read_text() == "x=***\n"


@pytest.mark.parametrize(
    ("name", "content", "skipped"),
    [
        ("a.bin", b"\0\1\2" + TOKEN.encode(), Skipped.BINARY),
        ("a.txt", TOKEN.encode() + b" " * 10_000_000, Skipped.LARGE),
        (".env", TOKEN.encode(), Skipped.CREDENTIALS),
        ("staging.env", TOKEN.encode(), Skipped.CREDENTIALS),
        (".env.local", TOKEN.encode(), Skipped.CREDENTIALS),
    ],
)
def test_files_that_are_left_out_are_counted(name, content, skipped):
    """Binary, large and credential files are only searched if they are named."""
    path = Path(name)
    path.write_bytes(content)
    result = run_audit(Path())
    assert result.findings == ()
    assert result.counts == {skipped: 1}
    assert len(find(path)) == 1


def test_example_of_an_env_file_is_searched():
    """It is meant to be shared."""
    Path(".env.example").write_text(f"CHILI_CLIENT_SECRET={TOKEN}\n")
    assert places_of(find(Path())) == [(".env.example", "line 1")]


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"]
)
@pytest.mark.parametrize("name", ["a.txt", "a.ipynb"])
def test_texts_in_other_encodings_are_found_and_fixed(encoding, name):
    """Editors of Windows write UTF-16; the encoding and its mark stay."""
    path = Path(name)
    path.write_text(json.dumps({"a": f"é {TOKEN}"}), encoding)
    (finding,) = find(path, fix=True)
    assert (finding.where, finding.state) == ("line 1", FindingState.FIXED)
    assert json.loads(path.read_text(encoding)) == {"a": "é ***"}


def test_typed_input_is_searched():
    """JupyterLab saves what is typed into input() as an output."""
    path = write_notebook(Path("a.ipynb"), ("input()", "x"))
    notebook = json.loads(path.read_text())
    typed = {"output_type": "stdin", "text": TOKEN}
    notebook["cells"][0]["outputs"].append(typed)
    path.write_text(json.dumps(notebook))
    assert places_of(find(path)) == [("a.ipynb", "cell 1, output")]


@pytest.mark.parametrize(
    "document",
    [
        f'{{"a": "{TOKEN}", "a": "x"}}',
        "[" * 100_000 + f'"{TOKEN}"' + "]" * 100_000,
        f'{{"cells": [{{"outputs": {"[" * 900}"{TOKEN}"{"]" * 900}}}]}}',
    ],
    ids=["a key twice", "no JSON for Python", "deep"],
)
def test_unusual_documents_are_searched_whole(document):
    """No part of a file is lost when it is read as a notebook."""
    Path("a.ipynb").write_text(document)
    assert len(find(Path())) == 1


def test_number_that_is_a_secret_is_found():
    """JSON may store it without quotes."""
    known = [KnownSecret("pin", "", Secret("1234567890123"))]
    Path("a.ipynb").write_text('{"cells": [], "pin": 1234567890123}')
    assert len(find(Path(), known=known)) == 1


def test_copies_of_cells_by_the_debugger_are_searched(tmp_path):
    """JupyterLab's debugger writes each cell into the temporary folder."""
    copy = tmp_path / "ipykernel_123" / "456.py"
    copy.parent.mkdir()
    copy.write_text(f"x = '{TOKEN}'")
    (finding,) = find(temporary_folder=tmp_path)
    assert finding.place == "ipykernel_123/456.py"
    (finding,) = find(temporary_folder=tmp_path, fix=True)
    assert finding.state is FindingState.FIXED
    assert copy.read_text() == "x = '***'"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_named_pipe_is_never_opened_to_wait():
    """A pipe in a folder is counted; one that is named cannot be read."""
    for name in ("a.ipynb", "b.txt"):
        os.mkfifo(name)
    result = run_audit(Path())
    assert (result.findings, result.counts) == ((), {Skipped.SPECIAL: 2})
    (finding,) = find(Path("a.ipynb"))
    assert finding.state is FindingState.UNREADABLE


def test_linked_folders_are_counted():
    """The audit stays in the folder that the user named."""
    Path("elsewhere").mkdir()
    Path("here").mkdir()
    Path("here/link").symlink_to(Path("elsewhere").absolute())
    Path("here/broken").symlink_to("nowhere")
    assert run_audit(Path("here")).counts == {Skipped.LINKED_FOLDER: 1}


def test_folder_that_cannot_be_read_is_reported():
    """The reason follows the folders that could be read."""
    (error,) = walk_folder(Path("missing"))
    assert isinstance(error, FileNotFoundError)
    assert error.filename == "missing"


def test_deleted_working_directory_is_no_error(tmp_path, monkeypatch):
    """Another folder can still be searched."""
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    Path("../gone").rmdir()
    path = tmp_path / "a.txt"
    path.write_text(TOKEN)
    assert places_of(find(path)) == [("a.txt", "line 1")]


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
    (finding,) = find(path, fix=True)
    assert finding.state is FindingState.FIXED
    assert find(path) == ()
    assert encoded not in path.read_text()


def test_fix_changes_no_other_byte():
    """Line ends, indents, bytes that are not UTF-8 and permissions stay."""
    before = b'{"cells": [\r\n\t "\xff caf\xc3\xa9 %b"\r\n]} \r\n'
    path = Path("odd.ipynb")
    path.write_bytes(before.replace(b"%b", TOKEN.encode()))
    path.chmod(0o640)
    (finding,) = find(path, fix=True)
    assert finding.state is FindingState.FIXED
    assert path.read_bytes() == before.replace(b"%b", b"***")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_without_fix_nothing_is_written():
    """The audit only reports what it found."""
    path = write_notebook(Path("a.ipynb"), ("x", TOKEN))
    before = path.read_bytes()
    (finding,) = find(path)
    assert finding.state is FindingState.FOUND
    assert "--fix" in finding.remedy
    assert path.read_bytes() == before


def test_finding_in_a_plain_file_names_the_line():
    """Any named file is searched, notebook or not."""
    Path("notes.txt").write_text(f"one\ntwo {TOKEN}\n")
    assert places_of(find(Path("notes.txt"))) == [("notes.txt", "line 2")]


def test_path_that_does_not_exist_is_an_error_of_its_own():
    """A wrong path is neither a secret nor a file that cannot be read."""
    with pytest.raises(ConfigurationError, match=r"missing\.ipynb does not exist"):
        find(Path(), Path("missing.ipynb"))


def test_fix_does_not_follow_symbolic_links():
    """The audit writes only inside the folder that the user named."""
    Path("elsewhere").mkdir()
    write_notebook(Path("elsewhere/a.ipynb"), ("x", TOKEN))
    Path("here").mkdir()
    Path("here/a.ipynb").symlink_to(Path("elsewhere/a.ipynb").absolute())
    (finding,) = find(Path("here"), fix=True)
    assert finding.state is FindingState.FOUND
    assert "link" in finding.remedy
    assert TOKEN in Path("elsewhere/a.ipynb").read_text()


def test_wrapped_base64_in_a_notebook_is_masked():
    """A secret over several lines is found, and each line is masked."""
    wrapped = base64.encodebytes(b"?" * 30 + TOKEN.encode() * 2).decode()
    path = write_notebook(Path("a.ipynb"), ("x", wrapped))
    (finding,) = find(path, fix=True)
    assert finding.where == "cell 1, output"
    assert finding.state is FindingState.FIXED
    assert not any(line in path.read_text() for line in wrapped.splitlines()[1:-1])


def test_token_of_another_service_is_not_found():
    """Tokens share a public header, which alone is not a secret."""
    other = f"{TOKEN.partition('.')[0]}.eyJpc3MiOiJodHRwczovL2V4YW1wbGUifQ.c2ln"
    path = write_notebook(Path("a.ipynb"), (other, other))
    assert find(path, fix=True) == ()
    assert other in path.read_text()


def make_token(name):
    """Return a token of the usual form and length; its end belongs to the name."""
    claims = {"iss": "https://login.example.com/", "aud": "https://api.example.com"}
    parts = [{"alg": "RS256", "typ": "JWT", "kid": "x" * 21}, {**claims, "jti": name}]
    texts = [json.dumps(part).encode() for part in parts]
    signature = hashlib.sha512(name.encode()).digest() * 4
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (*texts, signature)
    )


@pytest.mark.parametrize(
    "layout",
    [
        lambda token: textwrap.fill(token, 40),
        lambda token: textwrap.indent(textwrap.fill(token, 76), "    "),
        lambda token: "\n".join(f"| {line} |" for line in textwrap.wrap(token, 60)),
    ],
    ids=["wrapped", "indented", "framed"],
)
def test_token_that_was_broken_into_lines_is_found(layout):
    """Tables and logs break a long value; its pieces are masked in place."""
    token = make_token("one")
    known = [KnownSecret("token", "", Secret(token))]
    path = write_notebook(Path("a.ipynb"), ("x", layout(token)))
    (finding,) = find(path, known=known, fix=True)
    assert (finding.where, finding.state) == ("cell 1, output", FindingState.FIXED)
    assert token[-20:] not in path.read_text()


def test_other_token_of_the_same_issuer_is_not_found():
    """Its header and its first claims are the same."""
    known = [KnownSecret("token", "", Secret(make_token("one")))]
    other = make_token("two")
    path = write_notebook(Path("a.ipynb"), ("x", f"{other} {other} {other}"))
    assert find(path, known=known) == ()
