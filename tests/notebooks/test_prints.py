"""05: its table has the rows asked for, and what it renders is resumed when it may."""

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
UNMADE = {"Q0007", "Q0017"}
FIVE_HOURS_S, EIGHT_DAYS_S = 5 * 3600, 8 * 86_400


@pytest.fixture(autouse=True)
def _own_options():
    """Leave the options of pandas as they were."""
    with pd.option_context("display.max_colwidth", 50):
        yield


@pytest.mark.parametrize("count", [1, 5, 10, 21])
def test_a_table_may_be_short(simulator, signed_in, count):
    """With fewer rows than there are slips every cell runs, and all is saved."""
    with signed_in(simulator) as chili:
        names = _run("proof", chili, count=count)
    assert len(names["rows"]) == count + (count > 4)
    assert len(names["saved"]) == count - (count > 5) - (count > 11)
    assert Path(names["folder"], "proof.pdf").is_file()


def test_a_table_may_be_long(simulator, signed_in):
    """A table has as many products as were asked for, and each is another one."""
    with signed_in(simulator) as chili:
        rows = _run("SLIPS", chili, count=600)["rows"]
    assert len({row["sku"] for row in rows}) == 600
    assert len({(row["Product"], row["Unit"]) for row in rows}) == 600


def test_a_new_kernel_waits_for_what_was_started(simulator, signed_in):
    """Soon after an interruption nothing is started again."""
    with signed_in(simulator) as chili:
        _interrupt(chili)
    with signed_in(simulator) as chili:
        assert _twice(_resume(chili)) == set()


@pytest.mark.parametrize("later_s", [FIVE_HOURS_S, EIGHT_DAYS_S])
def test_what_grafx_no_longer_has_is_started_again(simulator, signed_in, later_s):
    """A file that is gone, or its task, costs another start, and stops nothing."""
    with signed_in(simulator) as chili:
        waiting = _interrupt(chili)
        _finish(chili)
    simulator.clock.advance(later_s)
    with signed_in(simulator) as chili:
        assert _twice(_resume(chili)) == waiting


def test_what_ended_with_its_simulator_is_started_again(simulator, signed_in):
    """Another simulator knows none of the tasks, and is asked for them anew."""
    with signed_in(simulator) as chili:
        waiting = _interrupt(chili)
    with Simulator(clock=simulator.clock) as another, signed_in(another) as chili:
        assert _twice(_resume(chili)) == waiting


def _run(until, chili, **parameters):
    """Run the cells up to the first with a text, in a namespace as a new kernel has.

    Args:
        until: What stands in the last cell to be run.
        chili: The client that the cells use.
        parameters: What papermill would put in.
    """
    names = {"chili": chili}
    exec(SOURCES[0], names)  # noqa: S102 - the cells are our own
    names |= parameters
    for source in SOURCES[1:]:
        exec(source, names)  # noqa: S102 - the cells are our own
        if until in source:
            return names
    raise AssertionError(until)


def _interrupt(chili):
    """Run up to the interruption; give what has been started by then, and no more."""
    states = _run("stop_after=len", chili, count=40)["steps"]()["state"]
    started = {sku for sku, state in states.items() if state == "started"}
    assert len(started) == 15
    return started - UNMADE


def _resume(chili):
    """Go on in a new kernel; give how often each product was started."""
    names = _run("render(good)\n", chili, count=40, begin_anew=False)
    states = names["steps"]()["state"]
    assert len(states) == 38
    assert set(states[states != "saved"].items()) == {(sku, "failed") for sku in UNMADE}
    with names["ledger"].open(newline="", encoding="utf-8") as stream:
        steps = [(sku, state) for sku, state, _ in csv.reader(stream)]
    return Counter(sku for sku, state in steps if state == "started")


def _twice(starts):
    """Give what was started twice, but for what cannot be made as it stands."""
    times = {sku: number for sku, number in starts.items() if sku not in UNMADE}
    assert set(times.values()) <= {1, 2}
    return {sku for sku, number in times.items() if number == 2}


def _finish(chili):
    """Let what was started be made, without fetching it."""
    steps = pd.read_csv("renders/price-tags/ledger.csv", names=["sku", "state", "text"])
    last = steps.drop_duplicates("sku", keep="last")
    for task_id in last.query("state == 'started'")["text"]:
        path = f"output/tasks/{task_id}"
        while chili.get(path, accepted={500}).status_code == 202:
            pass
