"""Notebook 05 with other tables, and continued after an interruption."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from store_notebooks import NOTEBOOKS

from chili_notebook.simulator import Simulator

NOTEBOOK = NOTEBOOKS / "05-data-to-prints.ipynb"
SOURCES = [
    cell.source
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells
    if cell.cell_type == "code" and not cell.source.startswith("%")
]
FAILING_SKUS = {"Q0007", "Q0017"}
FIVE_HOURS_S, EIGHT_DAYS_S = 5 * 3600, 8 * 86_400


@pytest.fixture(autouse=True)
def _restored_pandas_options():
    """Restore the option of pandas that the notebook sets."""
    with pd.option_context("display.max_colwidth", 50):
        yield


@pytest.mark.parametrize("count", [1, 5, 10, 21])
def test_short_table_is_rendered(simulator, signed_in, count):
    """Every cell runs with fewer rows than the table has mistakes."""
    with signed_in(simulator) as chili:
        names = run_cells(chili, until="proof", count=count)
    duplicates = 1 if count > 4 else 0
    left_out = (count > 5) + (count > 11)
    assert len(names["rows"]) == count + duplicates
    assert len(names["saved"]) == count - left_out
    assert Path(names["folder"], "proof.pdf").is_file()


def test_long_table_has_different_products(simulator, signed_in):
    """A table has as many products as the parameter says, and no two are equal."""
    with signed_in(simulator) as chili:
        rows = run_cells(chili, until="MISTAKES", count=600)["rows"]
    assert len({row["sku"] for row in rows}) == 600
    assert len({(row["Product"], row["Unit"]) for row in rows}) == 600


def test_second_run_waits_for_started_outputs(simulator, signed_in):
    """Soon after an interruption, a new kernel starts no output again."""
    with signed_in(simulator) as chili:
        run_until_interruption(chili)
    with signed_in(simulator) as chili:
        assert skus_started_twice(run_again(chili)) == set()


@pytest.mark.parametrize("later_s", [FIVE_HOURS_S, EIGHT_DAYS_S])
def test_output_that_is_no_longer_available_is_started_again(
    simulator, signed_in, later_s
):
    """GraFx has deleted the file after five hours, and the task after eight days."""
    with signed_in(simulator) as chili:
        started = run_until_interruption(chili)
        finish_started_outputs(chili)
    simulator.clock.advance(later_s)
    with signed_in(simulator) as chili:
        assert skus_started_twice(run_again(chili)) == started


def test_output_of_another_simulator_is_started_again(simulator, signed_in):
    """A new simulator does not know the tasks of the one before."""
    with signed_in(simulator) as chili:
        started = run_until_interruption(chili)
    with Simulator(clock=simulator.clock) as other, signed_in(other) as chili:
        assert skus_started_twice(run_again(chili)) == started


def run_cells(chili, *, until, **parameters):
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
        if until in source:
            return names
    raise AssertionError(f"No cell contains {until!r}")


def run_until_interruption(chili):
    """Run the interrupted cell; return the started products that can succeed."""
    names = run_cells(chili, until="stop_after=len", count=40)
    states = names["last_steps"]()["state"]
    started = {sku for sku, state in states.items() if state == "started"}
    assert len(started) == 15
    return started - FAILING_SKUS


def run_again(chili):
    """Render in a new namespace; return how often each product was started."""
    names = run_cells(chili, until="render(valid)\n", count=40, start_over=False)
    states = names["last_steps"]()["state"]
    assert len(states) == 38
    unsaved = states[states != "saved"]
    assert dict(unsaved) == dict.fromkeys(FAILING_SKUS, "failed")
    with names["ledger"].open(newline="", encoding="utf-8") as stream:
        steps = [(sku, state) for sku, state, _ in csv.reader(stream)]
    return Counter(sku for sku, state in steps if state == "started")


def skus_started_twice(start_counts):
    """Return the products that were started twice, without those that always fail."""
    counts = {
        sku: count for sku, count in start_counts.items() if sku not in FAILING_SKUS
    }
    assert set(counts.values()) <= {1, 2}
    return {sku for sku, count in counts.items() if count == 2}


def finish_started_outputs(chili):
    """Poll the started tasks until GraFx has finished them; fetch no file."""
    steps = pd.read_csv("renders/price-tags/ledger.csv", names=["sku", "state", "text"])
    last_steps = steps.drop_duplicates("sku", keep="last")
    for task_id in last_steps.query("state == 'started'")["text"]:
        path = f"output/tasks/{task_id}"
        while chili.get(path, accepted={500}).status_code == 202:
            pass
