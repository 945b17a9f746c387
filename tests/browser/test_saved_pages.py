"""What is seen of a notebook that JupyterLab has saved, where its kernel is gone."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server
from lab import STEP_MS, not_jupyters, running_lab

pytestmark = pytest.mark.browser

HOUR_S = 3600
# What the widgets' own script, which nbconvert's page has from elsewhere, comes to.
SHOW_WIDGETS = """(async () => {
  const stored = (kind) => document.querySelectorAll(
    `script[type="application/vnd.jupyter.widget-${kind}+json"]`);
  const { state } = JSON.parse(stored("state")[0].textContent);
  for (const script of stored("view")) {
    const traits = state[JSON.parse(script.textContent).model_id].state;
    const source = new Blob([traits._esm], { type: "text/javascript" });
    const widget = (await import(URL.createObjectURL(source))).default();
    const model = { get: (name) => traits[name], on() {}, off() {}, send() {} };
    widget.initialize({ model });
    widget.render({ model, el: script.parentNode });
  }
})()"""
CELLS = ["%load_ext chili_notebook", "%chili_login", "chili_token"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory, endpoint):
    """Start JupyterLab beside a notebook that has a .env."""
    root = tmp_path_factory.mktemp("saved")
    with (
        Server(endpoint) as server,
        running_lab(root, CHILI_TOKEN_URL=f"{server.url}/oauth/token") as lab,
    ):
        lab.write(
            "run",
            CELLS,
            CHILI_CLIENT_ID=CLIENT_ID,
            CHILI_CLIENT_SECRET=CLIENT_SECRET,
            CHILI_ENVIRONMENT="cp-abc-123",
        )
        yield lab


@pytest.fixture(scope="module")
def saved(lab, browser, endpoint):
    """Give a notebook as JupyterLab saved it, signed in and with the widget's state."""
    with browser.new_context() as context:
        page = context.new_page()
        lab.open(page, "run/walk.ipynb")
        lab.run(page, 0, 1, 2)
        page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
        text = lab.save(page, "run")
        lab.end_kernel(page)
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in text
    return nbformat.reads(text, as_version=4)


@pytest.fixture
def store(lab, saved):
    """Give what puts the saved notebook into a folder, as old as it is to be."""

    def store(folder, *, state, trusted=False, age_s=0, kernel="python3"):
        notebook = nbformat.from_dict(saved)
        notebook.metadata = nbformat.from_dict(dict(saved.metadata))
        notebook.metadata.kernelspec = dict(saved.metadata.kernelspec, name=kernel)
        if state:
            (models,) = notebook.metadata.widgets.values()
            for model in models["state"].values():
                token = model["state"].get("token")
                if token:
                    token["expires_at"] -= age_s
        else:
            del notebook.metadata["widgets"]
        path = lab.path(folder)
        path.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, path)
        if trusted:
            notary = NotebookNotary(data_dir=str(lab.root / ".data"))
            notary.sign(nbformat.read(path, as_version=4))
            notary.store.close()
        return path

    return store


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(problems):
    """Fail a test in whose page anything went wrong."""
    yield
    assert not_jupyters(problems) == []


def test_reopened_with_its_state_the_card_is_unconfirmed(lab, page, store):
    """The state of an hour ago is shown as what no kernel has confirmed."""
    store("with-state", state=True, trusted=True, age_s=HOUR_S)
    lab.open(page, "with-state/walk.ipynb")
    card = page.locator(".chili-card")
    card.wait_for(timeout=STEP_MS)
    said = card.inner_text()
    lab.end_kernel(page)
    assert "cp-abc-123" in said
    assert "no kernel has confirmed" in said
    assert "Signed in" not in said
    assert "ready" not in said
    assert "Refresh" not in said


def test_reopened_without_state_the_author_sees_the_twin(lab, page, store):
    """By default JupyterLab saves no state: what the author sees is the plain card."""
    store("without-state", state=False, trusted=True)
    lab.open(page, "without-state/walk.ipynb")
    page.wait_for_selector(
        "text=/Token valid until|Error displaying widget/", timeout=STEP_MS
    )
    shown = page.locator(".jp-Notebook").inner_text()
    lab.end_kernel(page)
    assert "Token valid until" in shown
    assert "Error displaying widget" not in shown


def test_reopened_by_somebody_else_the_twin_is_seen(lab, page, store):
    """Not trusted, and with a kernel that is nowhere, the notebook shows the twin."""
    store("elsewhere", state=False, kernel="gone")
    page.goto(f"{lab.url}/lab/workspaces/elsewhere/tree/elsewhere/walk.ipynb?reset")
    page.wait_for_selector("text=CHILI GraFx: signed in", timeout=STEP_MS)
    shown = page.locator(".jp-Notebook").inner_text()
    assert "Token valid until" in shown
    assert "Error displaying widget" not in shown
    assert shown.count("CHILI GraFx: signed in") == 1


@pytest.mark.parametrize("state", [False, True], ids=["without state", "with state"])
def test_nbconverts_page_shows_the_twin(page, store, state, endpoint):
    """With a widget's script or without, the page shows what was, and no live card."""
    asked = []
    path = store("page-with-state" if state else "page", state=state)
    content, _ = HTMLExporter().from_filename(str(path))
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in content
    path.with_suffix(".html").write_text(content)

    def refuse(route):
        asked.append(route.request.url)
        route.fulfill(body="")  # what nbconvert takes from elsewhere is not there

    page.route(re.compile("^https:"), refuse)
    page.goto(path.with_suffix(".html").as_uri())
    if state:
        page.evaluate(SHOW_WIDGETS)
        card = page.locator(".chili-card")
        card.wait_for(state="attached")
        assert not card.is_visible()
    shown = page.inner_text("body")
    assert "CHILI GraFx: signed in" in shown
    assert "So it was when this was stored" in shown
    assert "Environment\tcp-abc-123 (production)" in shown
    assert "Token valid until" in shown
    assert not [url for url in asked if "chili" in url]
