"""Saved notebooks that are opened or exported without their kernel."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, login_urls
from lab import STEP_MS, running_lab, without_jupyter_errors

pytestmark = pytest.mark.browser

HOUR_S = 3600
# The effect of the script that nbconvert's page loads from the network for widgets.
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
    """Start JupyterLab with a notebook that has a .env file."""
    root = tmp_path_factory.mktemp("saved")
    with (
        Server(endpoint) as server,
        running_lab(root, **login_urls(server)) as lab,
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
def saved(lab, lab_page, endpoint):
    """Return a signed-in notebook that JupyterLab saved with the widget state."""
    lab.switch(lab_page, "run/notebook.ipynb")
    lab.run(lab_page, 0, 1, 2)
    lab_page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
    text = lab.save(lab_page, "run")
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in text
    return nbformat.reads(text, as_version=4)


@pytest.fixture
def store(lab, saved):
    """Return a function that writes the saved notebook, with a given age."""

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
def _page_has_no_errors(problems, shared_problems):
    """Fail if a page had an error that Jupyter did not cause itself."""
    shared_problems.clear()
    yield
    assert without_jupyter_errors([*problems, *shared_problems]) == []


def test_reopened_card_with_widget_state_is_unconfirmed(lab, lab_page, store):
    """A stored state of an hour ago claims no session."""
    store("with-state", state=True, trusted=True, age_s=HOUR_S)
    lab.switch(lab_page, "with-state/notebook.ipynb")
    card = lab_page.locator(".chili-card")
    card.wait_for(timeout=STEP_MS)
    text = card.inner_text()
    lab.end_kernel(lab_page)
    assert "cp-abc-123" in text
    assert "No kernel has confirmed" in text
    assert "Signed in" not in text
    assert "ready" not in text
    assert "Refresh" not in text


def test_reopened_trusted_notebook_shows_the_static_twin(lab, lab_page, store):
    """Without widget state the twin replaces JupyterLab's error message."""
    store("without-state", state=False, trusted=True)
    lab.switch(lab_page, "without-state/notebook.ipynb")
    lab_page.wait_for_selector(
        "text=/Token valid until|Error displaying widget/", timeout=STEP_MS
    )
    shown = lab_page.locator(".jp-Notebook").inner_text()
    lab.end_kernel(lab_page)
    assert "Token valid until" in shown
    assert "Error displaying widget" not in shown


def test_reopened_untrusted_notebook_shows_the_static_twin(lab, page, store):
    """A notebook of another person, without a kernel, shows the twin once."""
    store("elsewhere", state=False, kernel="gone")
    page.goto(f"{lab.url}/lab/workspaces/elsewhere/tree/elsewhere/notebook.ipynb?reset")
    page.wait_for_selector("text=CHILI GraFx: signed in", timeout=STEP_MS)
    shown = page.locator(".jp-Notebook").inner_text()
    assert "Token valid until" in shown
    assert "Error displaying widget" not in shown
    assert shown.count("CHILI GraFx: signed in") == 1


@pytest.mark.parametrize("state", [False, True], ids=["without state", "with state"])
def test_nbconvert_page_shows_the_static_twin(page, store, state, endpoint):
    """The page shows the twin and no live card, with widget state and without."""
    asked = []
    path = store("page-with-state" if state else "page", state=state)
    content, _ = HTMLExporter().from_filename(str(path))
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in content
    path.with_suffix(".html").write_text(content)

    def refuse(route):
        asked.append(route.request.url)
        route.fulfill(body="")  # scripts from the network are not available

    page.route(re.compile("^https:"), refuse)
    page.goto(path.with_suffix(".html").as_uri())
    if state:
        page.evaluate(SHOW_WIDGETS)
        card = page.locator(".chili-card")
        card.wait_for(state="attached")
        assert not card.is_visible()
    shown = page.inner_text("body")
    assert "CHILI GraFx: signed in" in shown
    assert "As of when the notebook was saved" in shown
    assert "Environment\tcp-abc-123" in shown
    assert "Token valid until" in shown
    assert not [url for url in asked if "chili" in url]
