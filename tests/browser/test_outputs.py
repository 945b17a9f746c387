"""Outputs in a real JupyterLab: their progress, an interrupt, and their size."""

from __future__ import annotations

import json
import re
import time

import pytest

from chili_notebook.simulator import Simulator
from lab import STEP_MS, command, running_lab, without_jupyter_errors

pytestmark = pytest.mark.browser

LOGIN = "%load_ext chili_notebook\n%chili_login"
TEMPLATE = "template = chili.templates.list(search='social')[0]"
CREATE = "chili.outputs.create(template, {!r})"
CELLS = {
    "slow": [LOGIN, TEMPLATE, f"print('first')\n{CREATE.format('png')}"],
    "interrupted": [LOGIN, TEMPLATE, CREATE.format("png")],
    "sizes": [LOGIN, TEMPLATE, CREATE.format("png"), CREATE.format("html")],
}
PROGRESS = r"text=/^Rendering PNG output … 0:\d\d$/"


@pytest.fixture(scope="module")
def simulator():
    """Start the simulator with the real clock."""
    with Simulator(clock=time.time) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def lab(tmp_path_factory, simulator):
    """Start JupyterLab with notebooks that sign in to the simulator."""
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        for name, cells in CELLS.items():
            lab.write(name, cells, **simulator.variables())
        yield lab


@pytest.fixture
def _slow_renders(simulator):
    """Let each render take six seconds."""
    simulator.state.tasks.render_seconds = 6
    yield
    simulator.state.tasks.render_seconds = None


@pytest.fixture(autouse=True)
def _page_has_no_errors(problems, shared_problems):
    """Fail if a page had an error that Jupyter did not cause itself."""
    shared_problems.clear()
    yield
    assert without_jupyter_errors([*problems, *shared_problems]) == []


def start(lab, page, folder):
    """Open a notebook, and start its last cell after the others."""
    lab.switch(page, f"{folder}/notebook.ipynb")
    lab.run_all(page)


def last_outputs(saved):
    """Return the outputs of the last cell of a saved notebook."""
    return json.loads(saved)["cells"][-1]["outputs"]


@pytest.mark.usefixtures("_slow_renders")
def test_progress_is_updated_in_place_and_leaves_the_duration(lab, lab_page):
    """While a render runs one line is shown; the saved notebook has its duration."""
    start(lab, lab_page, "slow")
    progress = lab_page.locator(PROGRESS)
    progress.wait_for(timeout=STEP_MS)
    assert progress.count() == 1
    lab_page.locator(".jp-OutputArea-output img").wait_for(timeout=STEP_MS)
    assert progress.count() == 0
    saved = lab.save(lab_page, "slow")
    first, last_line, picture = last_outputs(saved)
    assert first == {"name": "stdout", "output_type": "stream", "text": ["first\n"]}
    (text,) = last_line["data"]["text/plain"]
    assert re.fullmatch(r"Rendering PNG output: 0:\d\d", text)
    assert text in last_line["data"]["text/html"][0]
    assert "image/png" in picture["data"]


@pytest.mark.usefixtures("_slow_renders")
def test_an_interrupt_shows_how_to_go_on(lab, lab_page):
    """A user who stops the cell sees two lines, and no frames of the wait."""
    start(lab, lab_page, "interrupted")
    lab_page.locator(PROGRESS).wait_for(timeout=STEP_MS)
    command(lab_page, "notebook:interrupt-kernel")
    lab_page.wait_for_selector("text=You stopped waiting", timeout=STEP_MS)
    assert lab_page.locator(PROGRESS).count() == 0
    error = last_outputs(lab.save(lab_page, "interrupted"))[-1]
    assert len(error["traceback"]) == 2
    assert "chili.outputs.task(" in error["traceback"][1]


def test_outputs_fit_the_screen(lab, lab_page):
    """A square picture and a page of HTML are shown whole, 480 pixels high."""
    start(lab, lab_page, "sizes")
    frame = lab_page.locator(".jp-OutputArea-output iframe")
    frame.wait_for(timeout=STEP_MS)
    picture = lab_page.locator(".jp-OutputArea-output img")
    for shown in (picture, frame):
        box = shown.bounding_box()
        assert (round(box["width"]), round(box["height"])) == (480, 480)
