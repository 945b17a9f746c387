"""Notebook 05: its table, and what its cells order at GraFx."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import openpyxl
import pytest
from store_notebooks import NOTEBOOKS

NOTEBOOK = NOTEBOOKS / "05-data-to-prints.ipynb"
TABLE = NOTEBOOKS / "products.xlsx"
CELLS = nbformat.read(NOTEBOOK, as_version=4).cells
SOURCES = [
    cell.source
    for cell in CELLS
    if cell.cell_type == "code" and not cell.source.startswith("%")
]
VALID, FAILING = 31, 2


@pytest.fixture(autouse=True)
def _table():
    """Copy the table into the folder of the test."""
    shutil.copy(TABLE, ".")


def test_an_interrupted_run_orders_no_row_twice(simulator, signed_in):
    """Each valid row is ordered once, the two that failed again, and one PDF."""
    with signed_in(simulator) as chili:
        names = run_cells(chili)
    assert simulator.started_outputs == VALID + FAILING + 1
    assert names["prints"].counts["done"] == VALID
    assert len(list(Path(names["folder"]).glob("*.jpg"))) == VALID
    assert names["catalogue"].merged.is_file()


def test_a_later_run_starts_over_or_continues(simulator, signed_in):
    """With `start_over`, all rows are ordered again; without it, only what failed."""
    with signed_in(simulator) as chili:
        run_cells(chili)
        before = simulator.started_outputs
        run_cells(chili)
        assert simulator.started_outputs == 2 * before
        names = run_cells(chili, start_over=False, until="invalid=True)\n{state")
    assert names["prints"].counts["done"] == VALID - FAILING
    assert simulator.started_outputs == 2 * before + FAILING


def test_the_solution_of_the_exercise_corrects_all_rows(simulator, signed_in):
    """After it, every row of the table has a file."""
    (solution,) = (
        cell.source.split("```python")[1].split("```")[0]
        for cell in CELLS
        if "<summary>Solution" in cell.source
    )
    with signed_in(simulator) as chili:
        names = run_cells(chili)
        exec(solution, names)  # noqa: S102 - the cells are our own
        assert names["prints"].counts["done"] == VALID + 5


def test_the_table_is_copied_with_the_notebooks():
    """Those who copy the notebooks get the Excel file, which is small."""
    command = [sys.executable, "-m", "chili_notebook", "notebooks", "copies"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ)
    copied = Path("copies", TABLE.name)
    assert copied.read_bytes() == TABLE.read_bytes()
    assert copied.stat().st_size < 20_000
    sheet = openpyxl.load_workbook(copied).active
    assert sheet.max_row == VALID + 5 + 1


def run_cells(chili, *, until=None, **parameters):
    """Run the code cells in a new namespace, and return the namespace.

    Args:
        chili: The client that the cells use.
        until: The first cell that contains this text is the last one to run.
        parameters: The values that papermill would insert.
    """
    names = {"chili": chili}
    exec(SOURCES[0], names)  # noqa: S102 - the cells are our own
    names |= parameters
    for source in SOURCES[1:]:
        exec(source, names)  # noqa: S102 - the cells are our own
        if until and until in source:
            break
    return names
