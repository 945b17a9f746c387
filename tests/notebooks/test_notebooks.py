"""The stored notebooks: run whole, free of secrets, small, and current."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from notebook_outputs import PICTURE_IN_HTML, difference_of, pictures_of, words_of
from store_notebooks import NOTEBOOKS as FOLDER
from store_notebooks import execute

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# Reversed, since the output guard would mask them.
PEEK = """
import json as _json
import socket as _socket
from chili_notebook.guard.install import process_guard as _guard

_held = [known.secret.reveal() for known in _guard().registry.known]
try:
    _socket.create_connection(("192.0.2.1", 443), timeout=0.1)
except OSError as _error:
    _held.append(str(_error))
print(_json.dumps(_held)[::-1])
"""


class Run:
    """What came of running a notebook in an empty folder of its own."""

    def __init__(self, path, folder):
        self.folder = folder
        self.notebook = nbformat.read(path, as_version=4)
        self.notebook.cells.append(nbformat.v4.new_code_cell(PEEK))
        execute(self.notebook, folder)
        told = self.notebook.cells.pop().outputs[0]["text"].strip()[::-1]
        *self.secrets, self.refusal = json.loads(told)


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """Give what runs a notebook, once for all tests."""
    runs = {}

    def run(path):
        if path not in runs:
            runs[path] = Run(path, tmp_path_factory.mktemp(path.stem))
        return runs[path]

    return run


@EACH
def test_runs_and_holds_nothing_secret(path, run_of):
    """Every cell runs, and no secret that the kernel held is in what is saved."""
    run = run_of(path)
    assert len(run.secrets) >= 2
    assert all(len(secret) > 30 for secret in run.secrets)
    saved = nbformat.writes(run.notebook)
    assert not [secret for secret in run.secrets if secret in saved]


@EACH
def test_runs_with_the_network_cut_off(path, run_of):
    """A notebook needs no other machine: its kernel could reach none."""
    assert run_of(path).refusal == (
        "The network is cut off: 192.0.2.1 is not this machine."
    )


@EACH
def test_only_what_is_rendered_stays(path, run_of):
    """What a notebook writes besides its renders, such as a .env, is gone again."""
    left = {entry.name for entry in run_of(path).folder.iterdir()}
    assert left <= {".ipython", "renders"}


@EACH
def test_what_is_stored_is_what_a_run_shows(path, run_of):
    """Stored outputs differ from new ones in time and identifiers only."""
    stored = nbformat.read(path, as_version=4)
    assert [cell.source for cell in stored.cells] == [
        cell.source for cell in run_of(path).notebook.cells
    ]
    for number, (cell, new) in enumerate(
        zip(stored.cells, run_of(path).notebook.cells, strict=True)
    ):
        if cell.cell_type != "code":
            continue
        where = f"cell {number} is stale; run: make notebooks"
        assert words_of(cell) == words_of(new), where
        pairs = zip(pictures_of(cell), pictures_of(new), strict=True)
        assert not [told for pair in pairs if (told := difference_of(*pair))], where


def test_the_quickstart_ends_with_a_picture_on_disk(run_of):
    """The main job leaves a rendered PNG, in fewer than ten cells."""
    run = run_of(FOLDER / "01-quickstart.ipynb")
    assert len(run.notebook.cells) < 10
    (picture,) = (run.folder / "renders").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_prints_are_resumed_and_none_is_ordered_twice(run_of):
    """After the interruption nothing is started again but what had failed."""
    folder = run_of(FOLDER / "05-data-to-prints.ipynb").folder / "renders/price-tags"
    with (folder / "ledger.csv").open(newline="", encoding="utf-8") as stream:
        steps = [(sku, state) for sku, state, _ in csv.reader(stream)]
    started = Counter(sku for sku, state in steps if state == "started")
    failed = {sku for sku, state in steps if state == "failed"}
    assert len(failed) == 2
    assert {sku for sku, times in started.items() if times > 1} == failed
    assert {sku for sku, state in steps if state == "saved"} == set(started)
    assert {path.stem for path in folder.glob("*.jpg")} == set(started)
    assert len(started) > 200


@EACH
def test_one_word_leads_to_a_real_environment(path):
    """`--demo` stands in one cell, after the extension, and the first cell says so."""
    cells = nbformat.read(path, as_version=4).cells
    sources = (cell.source for cell in cells if cell.cell_type == "code")
    demo = [text for text in sources if re.match("%chili_login.*--demo", text)]
    assert demo == ["%chili_login --demo"]
    assert cells[0].cell_type == "markdown"
    assert "`--demo`" in cells[0].source


@EACH
def test_the_last_cell_points_on(path):
    """A notebook ends with what comes next, and links to notebooks that are there."""
    last = nbformat.read(path, as_version=4).cells[-1]
    assert last.cell_type == "markdown"
    assert "Next: " in last.source
    links = re.findall(r"\]\(([^)]+)\)", last.source)
    assert links
    assert not [link for link in links if not (FOLDER / link).exists()]


@EACH
def test_stored_outputs_show_something_anywhere(path):
    """As stored, a notebook shows card and picture without a kernel, and is small."""
    stored = path.read_text()
    assert len(stored) < 300_000
    outputs = [
        output.get("data", {})
        for cell in nbformat.reads(stored, as_version=4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert any("data-chili-twin" in str(data.get("text/html")) for data in outputs)
    assert any({"image/png", "image/jpeg"} & set(data) for data in outputs)
    assert not [d for d in outputs if "application/vnd.jupyter.widget-view+json" in d]


@EACH
def test_stored_outputs_say_nothing_of_a_machine_or_a_token(path):
    """A stored notebook names no folder of the machine it ran on and no JWT."""
    stored = path.read_text()
    assert "eyJ" not in _texts(stored)
    for trace in (str(Path.home()), "/tmp/", "site-packages"):  # noqa: S108
        assert trace not in _texts(stored)


def _texts(stored):
    """Give everything in a notebook but its pictures."""
    notebook = nbformat.reads(stored, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in list(output.get("data", {})):
                if kind.startswith("image/"):
                    del output["data"][kind]
    return PICTURE_IN_HTML.sub("", nbformat.writes(notebook))
