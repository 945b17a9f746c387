"""The card in a real Voilà, whose readers are not the author of the notebook."""

from __future__ import annotations

import pytest

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, login_urls
from lab import STEP_MS, KernelMessages, running_voila, without_jupyter_errors

pytestmark = pytest.mark.browser

LOGIN = ["%load_ext chili_notebook", "%chili_login"]


@pytest.fixture(scope="module")
def voila(tmp_path_factory, endpoint):
    """Start Voilà with one notebook that has a .env file and two that have none."""
    root = tmp_path_factory.mktemp("voila")
    with (
        Server(endpoint) as server,
        running_voila(root, **login_urls(server)) as voila,
    ):
        voila.write("by-form", LOGIN)
        voila.write("demo", [LOGIN[0], "%chili_login --demo"])
        voila.write(
            "by-env",
            [*LOGIN, "chili_token"],
            CHILI_CLIENT_ID=CLIENT_ID,
            CHILI_CLIENT_SECRET=CLIENT_SECRET,
            CHILI_ENVIRONMENT="cp-abc-123",
        )
        yield voila


@pytest.fixture(autouse=True)
def _page_has_no_errors(problems):
    """Fail if the page had an error that Jupyter did not cause itself."""
    yield
    assert without_jupyter_errors(problems) == []


def test_reader_signs_in_with_the_form(voila, page, endpoint):
    """The form is live, and stores nothing on the server's disk."""
    voila.open(page, "by-form/notebook.ipynb")
    form = page.locator(".chili-card[data-phase='form']")
    form.wait_for(timeout=STEP_MS)
    assert "Remember" not in form.inner_text()
    form.get_by_label("Client ID").fill(CLIENT_ID)
    form.get_by_label("Client secret").fill(CLIENT_SECRET)
    form.get_by_label("Environment").fill("cp-abc-123")
    form.get_by_label("Environment").press("Enter")

    card = page.locator(".chili-card[data-phase='signed-in']")
    card.wait_for(timeout=STEP_MS)
    countdown = card.locator(".chili-countdown").inner_text()
    assert countdown in {"24 h 0 min", "23 h 59 min"}
    assert not (voila.root / "by-form" / ".env").exists()
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in page.content()

    card.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)


def test_reader_does_not_receive_the_authors_token(voila, page, endpoint):
    """A session from a .env file shows the static card and sends no token."""
    messages = KernelMessages(page)
    voila.open(page, "by-env/notebook.ipynb")
    page.wait_for_selector("text=CHILI GraFx: signed in", timeout=STEP_MS)
    page.wait_for_selector("text=/GraFx token #[0-9a-f]{8}/", timeout=STEP_MS)
    assert "Token valid until" in page.inner_text("body")
    assert page.locator(".chili-card").count() == 0
    assert page.get_by_role("button", name="Copy token").count() == 0
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in page.content() + str(messages)


def test_demo_card_is_live_and_follows_the_theme(voila, page):
    """The simulator's card is live, because its token is not a secret."""
    voila.open(page, "demo/notebook.ipynb", theme="dark")
    card = page.locator(".chili-card[data-phase='signed-in']")
    card.wait_for(timeout=STEP_MS)
    assert "cp-demo-001" in card.inner_text()
    assert not page.get_by_text("CHILI GraFx: signed in").is_visible()
    assert card.evaluate("card => getComputedStyle(card).colorScheme") == "dark"
    card.get_by_role("button", name="Refresh").click()
    card.get_by_text("the same token again").wait_for(timeout=STEP_MS)
