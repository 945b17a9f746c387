"""The stored notebooks: run whole, free of secrets, small, and current."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Reversed, since the output guard would mask them.
PEEK = """
import json
from chili_notebook import demo
print(json.dumps([demo._running[0].client_secret, str(chili_token)])[::-1])
"""


def _run(path, folder, *, extra=""):
    """Run a copy of a notebook in `folder`, as a person would; give it back."""
    shutil.copy(path, folder)
    notebook = nbformat.read(folder / path.name, as_version=4)
    if extra:
        notebook.cells.append(nbformat.v4.new_code_cell(extra))
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": folder}}
    ).execute()
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_and_holds_nothing_secret(path, tmp_path):
    """Every cell runs, and neither secret nor token is in what would be saved."""
    notebook = _run(path, tmp_path, extra=PEEK)
    secrets = json.loads(notebook.cells.pop().outputs[0]["text"].strip()[::-1])
    assert len(secrets) == 2
    assert all(len(secret) > 30 for secret in secrets)
    saved = nbformat.writes(notebook)
    assert not [secret for secret in secrets if secret in saved]


def test_the_quickstart_ends_with_a_picture_on_disk(tmp_path):
    """The main job leaves a rendered PNG, in fewer than ten cells."""
    notebook = _run(ROOT / "notebooks" / "01-quickstart.ipynb", tmp_path)
    assert len(notebook.cells) < 10
    (picture,) = (tmp_path / "renders").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
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
    assert any("image/png" in data for data in outputs)
    assert not [d for d in outputs if "application/vnd.jupyter.widget-view+json" in d]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
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
    return nbformat.writes(notebook)
