"""The notebooks run by papermill: their parameters, and papermill's exit code."""

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
def run_papermill():
    """Return a function that runs a notebook by papermill, and returns the process."""

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


def test_parameters_of_papermill_replace_those_of_the_notebook(run_papermill):
    """The given table is rendered into the given folder, after a larger sample."""
    table = str(NOTEBOOKS / "products.xlsx")
    parameters = {"table": table, "folder": "tags", "count": "8"}
    options = [word for pair in parameters.items() for word in ("-p", *pair)]
    result = run_papermill("05-data-to-prints.ipynb", *options)
    assert result.returncode == 0, result.stderr
    assert len(list(Path("tags").glob("*.jpg"))) == 31
    sample = next(
        cell
        for cell in nbformat.read("out.ipynb", as_version=4).cells
        if "limit=count" in cell.source
    )
    assert sample.outputs[0]["data"]["text/html"].count("<img") == 8


def test_notebook_with_expected_errors_runs_to_its_end(run_papermill):
    """Papermill exits with 1 for an expected error, but every cell has run."""
    assert run_papermill("02-credentials.ipynb").returncode == 1
    cells = [
        cell
        for cell in nbformat.read("out.ipynb", as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert all(cell.execution_count for cell in cells)
    raising = [
        cell
        for cell in cells
        if any(output.output_type == "error" for output in cell.outputs)
    ]
    assert raising
    assert all("raises-exception" in cell.metadata.tags for cell in raising)


def test_last_notebook_names_each_notebook_that_exits_with_1():
    """The text in 06 about papermill's exit code names every notebook with an error."""
    cells = {
        path.name: nbformat.read(path, as_version=4).cells
        for path in NOTEBOOKS.glob("*.ipynb")
    }
    raising = {
        name
        for name, its_cells in cells.items()
        if any(
            "raises-exception" in cell.metadata.get("tags", ()) for cell in its_cells
        )
    }
    assert raising == RAISING
    (text,) = (
        cell.source
        for cell in cells["06-your-own-code.ipynb"]
        if "raises-exception" in cell.source
    )
    assert {name for name in cells if f"({name})" in text} == RAISING
