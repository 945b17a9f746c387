"""The card in a real Jupyter Notebook 7."""

from __future__ import annotations

import pytest

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, login_urls
from lab import STEP_MS, running_notebook7, without_jupyter_errors

pytestmark = pytest.mark.browser

CELLS = ["%load_ext chili_notebook", "%chili_login", "print(chili_token)"]


@pytest.fixture(scope="module")
def notebook7(tmp_path_factory, endpoint):
    """Start Notebook 7 with a notebook that has no .env file."""
    root = tmp_path_factory.mktemp("notebook7")
    with (
        Server(endpoint) as server,
        running_notebook7(root, **login_urls(server)) as notebook7,
    ):
        notebook7.write("by-form", CELLS)
        yield notebook7


def test_sign_in_with_the_form_and_sign_out(notebook7, page, endpoint, problems):
    """The card works in both themes, and the saved file has no secret."""
    notebook7.open(page, "by-form/notebook.ipynb")
    notebook7.run(page, 0, 1)
    form = page.locator(".chili-card[data-phase='form']")
    form.wait_for(timeout=STEP_MS)
    form.get_by_label("Client ID").fill(CLIENT_ID)
    form.get_by_label("Client secret").fill(CLIENT_SECRET)
    form.get_by_label("Environment").fill("cp-abc-123")
    form.get_by_label("Environment").press("Enter")

    card = page.locator(".chili-card[data-phase='signed-in']")
    card.wait_for(timeout=STEP_MS)
    countdown = card.locator(".chili-countdown").inner_text()
    assert countdown in {"24 h 0 min", "23 h 59 min"}
    assert not page.get_by_text("CHILI GraFx: signed in").is_visible()
    notebook7.run(page, 2)
    page.wait_for_selector("text='***'", timeout=STEP_MS)

    assert _scheme(card) == "light"
    page.evaluate(
        "jupyterapp.commands.execute("
        "'apputils:change-theme', { theme: 'JupyterLab Dark' })"
    )
    page.locator("[data-jp-theme-light='false'] .chili-card").wait_for(timeout=STEP_MS)
    assert _scheme(card) == "dark"

    card.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    saved = notebook7.save(page, "by-form")
    assert "signed out" in saved
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in saved
        assert secret not in page.content()
    assert without_jupyter_errors(problems) == []


def _scheme(card):
    return card.evaluate("card => getComputedStyle(card).colorScheme")
