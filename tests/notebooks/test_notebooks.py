"""Each stored notebook runs, contains no secret, is small and is up to date."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from notebook_outputs import (
    PICTURE_IN_HTML,
    difference_between,
    pictures_of,
    texts_of,
)
from store_notebooks import NOTEBOOKS as FOLDER
from store_notebooks import execute

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# Prints the secrets that the guard knows, and the error of a connection to another
# machine. The text is reversed, because the output guard would mask it.
INSPECTION = """
import json as _json
import socket as _socket
from chili_notebook.guard.install import process_guard as _guard

_texts = [known.secret.reveal() for known in _guard().registry.known]
try:
    _socket.create_connection(("192.0.2.1", 443), timeout=0.1)
except OSError as _error:
    _texts.append(str(_error))
print(_json.dumps(_texts)[::-1])
"""


class Run:
    """A run of a notebook in an empty folder.

    Attributes:
        folder: The folder.
        notebook: The notebook with its new outputs.
        secrets: The secrets that the guard of the kernel knows.
        connection_error: The error of a connection to another machine.
    """

    def __init__(self, path, folder):
        self.folder = folder
        self.notebook = nbformat.read(path, as_version=4)
        self.notebook.cells.append(nbformat.v4.new_code_cell(INSPECTION))
        execute(self.notebook, folder)
        printed = self.notebook.cells.pop().outputs[0]["text"].strip()[::-1]
        *self.secrets, self.connection_error = json.loads(printed)


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """Return a function that runs a notebook once, and returns its `Run`."""
    runs = {}

    def run(path):
        if path not in runs:
            runs[path] = Run(path, tmp_path_factory.mktemp(path.stem))
        return runs[path]

    return run


@EACH
def test_run_saves_no_secret(path, run_of):
    """Every cell runs, and no secret of the kernel is in the saved notebook."""
    run = run_of(path)
    assert len(run.secrets) >= 2
    assert all(len(secret) > 30 for secret in run.secrets)
    saved = nbformat.writes(run.notebook)
    assert not [secret for secret in run.secrets if secret in saved]


@EACH
def test_run_connects_to_no_other_machine(path, run_of):
    """The kernel that ran the notebook could connect to loopback only."""
    assert run_of(path).connection_error == (
        "The network is cut off: 192.0.2.1 is not this machine."
    )


@EACH
def test_run_leaves_only_renders_in_its_folder(path, run_of):
    """Other files, such as a .env, are written elsewhere or deleted."""
    names = {entry.name for entry in run_of(path).folder.iterdir()}
    tables = {table.name for table in FOLDER.glob("*.xlsx")}
    assert names <= {".ipython", "renders"} | tables


@EACH
def test_stored_outputs_are_up_to_date(path, run_of):
    """Stored outputs differ from those of a run in times and identifiers only."""
    stored = nbformat.read(path, as_version=4)
    pairs = list(zip(stored.cells, run_of(path).notebook.cells, strict=True))
    assert all(old.source == new.source for old, new in pairs)
    for index, (old, new) in enumerate(pairs):
        if old.cell_type != "code":
            continue
        message = f"cell {index} is not up to date; run: make notebooks"
        assert texts_of(old) == texts_of(new), message
        pictures = zip(pictures_of(old), pictures_of(new), strict=True)
        differences = [difference_between(*pair) for pair in pictures]
        assert not any(differences), message


def test_quickstart_renders_a_picture_in_fewer_than_ten_cells(run_of):
    """The only file in its folder of renders is a PNG."""
    run = run_of(FOLDER / "01-quickstart.ipynb")
    assert len(run.notebook.cells) < 10
    (picture,) = (run.folder / "renders").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_prints_are_saved_after_an_interruption(run_of):
    """The files of all valid rows and one PDF are in the folder of notebook 05."""
    folder = run_of(FOLDER / "05-data-to-prints.ipynb").folder / "renders/price-tags"
    assert len(list(folder.glob("*.jpg"))) == 31
    assert (folder / "catalogue" / "price-tags.pdf").read_bytes().startswith(b"%PDF")


@EACH
def test_demo_option_is_in_one_cell_and_explained(path):
    """`--demo` is used once, so that a user can remove it; the first cell says so."""
    cells = nbformat.read(path, as_version=4).cells
    sources = (cell.source for cell in cells if cell.cell_type == "code")
    logins = [text for text in sources if re.match("%chili_login.*--demo", text)]
    assert logins == ["%chili_login --demo"]
    assert cells[0].cell_type == "markdown"
    assert "`--demo`" in cells[0].source


@EACH
def test_last_cell_links_to_existing_files(path):
    """A notebook ends with a link to the next one."""
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.cell_type == "markdown"
    assert "Next: " in last.source
    links = re.findall(r"\]\(([^)]+)\)", last.source)
    assert links
    assert not [link for link in links if not (FOLDER / link).exists()]


@EACH
def test_stored_notebook_is_small_and_shows_card_and_picture(path):
    """It is below 300 kB, and needs neither a kernel nor widgets to be shown."""
    stored = path.read_text()
    assert len(stored) < 300_000
    bundles = [
        output.get("data", {})
        for cell in nbformat.reads(stored, as_version=4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert any("data-chili-twin" in str(data.get("text/html")) for data in bundles)
    assert any({"image/png", "image/jpeg"} & set(data) for data in bundles)
    assert not [d for d in bundles if "application/vnd.jupyter.widget-view+json" in d]


@EACH
def test_stored_notebook_names_no_folder_and_no_token(path):
    """No path of the machine that ran it and no JWT is in its text."""
    text = text_without_pictures(nbformat.read(path, as_version=4))
    for unwanted in ("eyJ", str(Path.home()), "/tmp/", "site-packages"):  # noqa: S108
        assert unwanted not in text


def text_without_pictures(notebook):
    """Return a notebook's file without its pictures."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime_type in list(output.get("data", {})):
                if mime_type.startswith("image/"):
                    del output["data"][mime_type]
    return PICTURE_IN_HTML.sub("", nbformat.writes(notebook))
