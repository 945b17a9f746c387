"""The notebooks under papermill: parameters go in, and an exit code comes out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from store_notebooks import NOTEBOOKS

RAISING = {"02-credentials.ipynb", "04-outputs.ipynb"}


@pytest.fixture
def papermill():
    """Give what runs a notebook here, as from a terminal; it gives what came of it."""

    def run(name, *options):
        command = [
            *(sys.executable, "-m", "papermill", "--no-progress-bar"),
            *(str(NOTEBOOKS / name), "out.ipynb", *options),
        ]
        environ = os.environ | {
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environ
        )

    return run


def test_papermill_puts_its_parameters_in(papermill):
    """A notebook takes other parameters, such as a very short table, and exits well."""
    done = papermill("05-data-to-prints.ipynb", "-p", "count", "8", "-p", "folder", "t")
    assert done.returncode == 0, done.stderr
    assert len(list(Path("t").glob("*.jpg"))) == 7


def test_a_notebook_that_raises_on_purpose_runs_to_its_end(papermill):
    """Papermill exits with 1 for a cell tagged so; all the same every cell has run."""
    done = papermill("02-credentials.ipynb")
    assert done.returncode == 1
    cells = nbformat.read("out.ipynb", as_version=4).cells
    own = [cell for cell in cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in own)
    assert all(
        "raises-exception" in cell.metadata.tags
        for cell in own
        if any(output.output_type == "error" for output in cell.outputs)
    )


def test_the_last_notebook_names_those_that_exit_with_1():
    """What 06 says of papermill's exit code names each notebook that it is true of."""
    cells = {
        path.name: nbformat.read(path, as_version=4).cells
        for path in NOTEBOOKS.glob("*.ipynb")
    }
    tagged = {
        name
        for name, those in cells.items()
        if any("raises-exception" in cell.metadata.get("tags", ()) for cell in those)
    }
    assert tagged == RAISING
    (told,) = (
        cell.source
        for cell in cells["06-your-own-code.ipynb"]
        if "raises-exception" in cell.source
    )
    assert {name for name in cells if f"({name})" in told} == RAISING
