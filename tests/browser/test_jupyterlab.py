"""The card in a real JupyterLab, and the files that it saves."""

from __future__ import annotations

import json

import pytest

from chili_notebook.simulator import Simulator
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, login_urls
from lab import STEP_MS, KernelMessages, command, running_lab, without_jupyter_errors

pytestmark = pytest.mark.browser

READ_ONLY = ("template:list", "template:read")
LOAD = "%load_ext chili_notebook"
CELLS = {
    "by-env": [LOAD, "%chili_login", "chili_token"],
    "by-form": [LOAD, "%chili_login", "print('kernel is free')"],
    "careless": [
        LOAD,
        "%chili_login",
        f"secret = '{CLIENT_SECRET}'",
        "print(secret, chili_token)",
        "%chili_login --client-secret never-seen-before-0123",
    ],
    "views": [
        LOAD,
        "%chili_login",
        "%chili_status",
        "f'{len([*chili.templates.list()])} templates'",
        "%chili_logout",
    ],
    "profiles": [
        LOAD,
        "%chili_login readonly",
        "%chili_login admin",
        "[len(token.scopes) for token in (chili_readonly_token, chili_admin_token)]",
        "f'admin sees {len([*chili_admin.templates.list()])}', 'chili' in globals()",
        "chili_readonly.templates.list()",
    ],
}


@pytest.fixture(scope="module")
def simulator():
    """Start the simulator with the real clock."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def lab(tmp_path_factory, endpoint, simulator):
    """Start JupyterLab with notebooks, of which one has no .env file."""
    pair = {
        "CHILI_CLIENT_ID": CLIENT_ID,
        "CHILI_CLIENT_SECRET": CLIENT_SECRET,
        "CHILI_ENVIRONMENT": "cp-abc-123",
    }
    profiles = simulator.variables()
    for profile, scopes in (("READONLY", READ_ONLY), ("ADMIN", None)):
        integration = simulator.state.issuer.register(*filter(None, [scopes]))
        profiles[f"CHILI_{profile}_CLIENT_ID"] = integration.client_id
        profiles[f"CHILI_{profile}_CLIENT_SECRET"] = integration.client_secret
    env = {
        "by-env": pair,
        "careless": pair,
        "views": simulator.variables(),
        "profiles": profiles,
    }
    root = tmp_path_factory.mktemp("lab")
    with (
        Server(endpoint) as server,
        running_lab(root, **login_urls(server)) as lab,
    ):
        for name, cells in CELLS.items():
            lab.write(name, cells, **env.get(name, {}))
        yield lab


@pytest.fixture(autouse=True)
def _page_has_no_errors(problems, shared_problems):
    """Fail if a page had an error that Jupyter did not cause itself."""
    shared_problems.clear()
    yield
    assert without_jupyter_errors([*problems, *shared_problems]) == []


def test_sign_in_from_env_file_count_down_and_sign_out(lab, page, endpoint):
    """The card counts without messages, and the saved file has no secret."""
    endpoint.lifetime_s = 3500  # less than an hour, so that the countdown shows seconds
    page.clock.install()
    messages = KernelMessages(page)
    lab.open(page, "by-env/notebook.ipynb")
    lab.run_all(page)
    card = page.locator(".chili-card[data-phase='expiring']")
    card.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=/GraFx token #[0-9a-f]{8}/", timeout=STEP_MS)
    assert "cp-abc-123" in card.inner_text()
    assert not page.get_by_text("CHILI GraFx: signed in").is_visible()
    messages.wait_for('"kind": "time"')  # the answer to the first request

    messages.seen.clear()
    before = _seconds(card)
    page.clock.run_for(30_000)
    assert 29 <= before - _seconds(card) <= 33
    # The kernel would send a message in real seconds, not in those of the page.
    for _ in range(2):
        _tick(page, card)
    assert messages.of_widgets() == []

    card.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    assert '"kind": "sign-out"' in str(messages)
    saved = lab.save(page, "by-env")
    assert "signed out" in saved
    for token in endpoint.issued:
        assert token not in saved
    assert CLIENT_SECRET not in saved


def test_sign_in_with_the_form_saves_no_secret(lab, lab_page, endpoint):
    """The file has no secret while it is typed, after the sign-in and after a copy."""
    endpoint.lifetime_s = 86_400
    lab.switch(lab_page, "by-form/notebook.ipynb")
    lab.run_all(lab_page)
    form = lab_page.locator(".chili-card[data-phase='form']")
    form.wait_for(timeout=STEP_MS)
    lab_page.wait_for_selector("text=kernel is free", timeout=STEP_MS)

    # JupyterLab's shortcuts for cells are off while a control has the focus.
    kind = form.get_by_label("Kind")
    for key, chosen in (("ArrowDown", "sandbox"), ("ArrowUp", "production")):
        kind.press(key)
        assert kind.input_value() == chosen
    for control in (form.get_by_role("button").first, form.get_by_role("checkbox")):
        control.press("d")
        control.press("d")
    assert lab_page.locator(".jp-Notebook .jp-CodeCell").count() == 3

    form.get_by_label("Client ID").fill(CLIENT_ID)
    form.get_by_label("Client secret").fill(CLIENT_SECRET)
    form.get_by_label("Environment").fill("cp-abc-123")
    typed = lab.save(lab_page, "by-form")
    assert CLIENT_SECRET not in typed

    form.get_by_label("Environment").press("Enter")
    card = lab_page.locator(".chili-card[data-phase='signed-in']")
    card.wait_for(timeout=STEP_MS)
    lab_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card.get_by_role("button", name="Copy token").click()
    card.get_by_text("on the clipboard").wait_for(timeout=STEP_MS)
    copied = lab_page.evaluate("navigator.clipboard.readText()")
    assert copied == endpoint.issued[-1]
    saved = lab.save(lab_page, "by-form")
    assert json.loads(saved)["metadata"]["widgets"], "widget state is not saved"
    assert "signed in" in saved
    assert CLIENT_SECRET not in saved
    for token in endpoint.issued:
        assert token not in saved


def test_kernel_restart_ends_the_session(lab, page):
    """The card is there after a page reload, and signed out after a restart."""
    lab.open(page, "by-env/notebook.ipynb")
    lab.run_all(page)
    page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
    lab.save(page, "by-env")
    lab.open(page, "by-env/notebook.ipynb")
    page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
    command(page, "notebook:restart-kernel")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    card = page.locator(".chili-card[data-phase='signed-out']")
    card.get_by_text("kernel was restarted or stopped").wait_for(timeout=STEP_MS)
    assert "stays valid until" in card.inner_text()
    lab.wait_until_idle(page)  # a server that is stopped during a restart does not end


def test_secrets_in_cells_and_outputs_are_replaced(lab, lab_page, endpoint):
    """Secrets in the text of cells are replaced there, and printed ones are masked."""
    lab.switch(lab_page, "careless/notebook.ipynb")
    lab.run_all(lab_page)
    lab_page.wait_for_selector("text=cannot be an option of a magic", timeout=STEP_MS)
    lab_page.wait_for_function(
        "!document.querySelector('.jp-Notebook').textContent.includes('never-seen')",
        timeout=STEP_MS,
    )
    cells = json.loads(lab.save(lab_page, "careless"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    assert sources[2] == "secret = '***'"
    assert sources[4] == "%chili_login --client-secret ***"
    saved = json.dumps(cells)
    assert "*** ***" in saved
    for secret in (CLIENT_SECRET, "never-seen", *endpoint.issued):
        assert secret not in saved


def test_every_view_shows_the_same_token(lab, lab_page, simulator):
    """Calls, a login, a refresh and a logout change the token in every view."""
    lab.switch(lab_page, "views/notebook.ipynb")
    lab.run(lab_page, 0, 1, 2)
    first = _fingerprint_in(lab_page, views=2)

    simulator.state.issuer.expire(_issued(simulator))
    lab.run(lab_page, 3)
    lab_page.wait_for_selector("text=/[0-9]+ templates/", timeout=STEP_MS)
    second = _fingerprint_in(lab_page, views=2, other_than=first)

    simulator.state.issuer.expire(_issued(simulator))
    lab.run(lab_page, 1)  # as if another cell ran it
    _fingerprint_in(lab_page, views=2, other_than=second)

    lab_page.locator(".chili-card").first.get_by_role("button", name="Refresh").click()
    same = lab_page.get_by_text("GraFx returned the same token again")
    same.nth(1).wait_for(timeout=STEP_MS)

    lab.run(lab_page, 4)
    lab_page.locator(".chili-card[data-phase='signed-out']").nth(1).wait_for(
        timeout=STEP_MS
    )
    assert lab_page.locator(".chili-card:not([data-phase='signed-out'])").count() == 0
    assert lab_page.get_by_text("stays valid until").count() >= 2


def test_two_profiles_are_independent(lab, lab_page):
    """Each session has its own card, names and scopes, and ends by itself."""
    lab.switch(lab_page, "profiles/notebook.ipynb")
    lab.run(lab_page, 0, 1, 2, 3)
    lab_page.wait_for_selector("text=[2, 17]", timeout=STEP_MS)
    readonly, admin = (
        lab_page.locator(".chili-card").filter(has_text=f"profile {name}")
        for name in ("readonly", "admin")
    )
    assert "chili_readonly and chili_readonly_token are ready" in readonly.inner_text()
    assert "chili_admin and chili_admin_token are ready" in admin.inner_text()

    readonly.get_by_role("button", name="Sign out").click()
    lab_page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    assert readonly.get_attribute("data-phase") == "signed-out"
    assert admin.get_attribute("data-phase") == "signed-in"
    lab.run(lab_page, 4)
    lab_page.wait_for_selector("text=/'admin sees [0-9]+', False/", timeout=STEP_MS)
    lab.run(lab_page, 5)
    lab_page.wait_for_selector("text=You signed out on the card", timeout=STEP_MS)

    lab.end_kernel(lab_page)
    lab_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    admin.get_by_text("kernel was restarted or stopped").wait_for(timeout=STEP_MS)
    assert admin.get_attribute("data-phase") == "signed-out"


def _tick(page, card):
    """Wait until the countdown shows another time."""
    page.wait_for_function(
        "before => document.querySelector('.chili-countdown').textContent !== before",
        arg=card.locator(".chili-countdown").text_content(),
        timeout=STEP_MS,
    )


def _seconds(card):
    """Return the time on the countdown in seconds."""
    shown = card.locator(".chili-countdown").text_content()
    minutes, seconds = shown.removesuffix(" s").split(" min ")
    return 60 * int(minutes) + int(seconds)


def _issued(simulator):
    """Return the current token of the simulator's own integration."""
    return simulator.state.issuer.grant(
        {
            "grant_type": "client_credentials",
            "client_id": simulator.integration.client_id,
            "client_secret": simulator.integration.client_secret,
            "audience": "https://chiligrafx.com",
        }
    )["access_token"]


def _fingerprint_in(page, *, views, other_than=""):
    """Wait until this number of views shows one token; return its fingerprint."""
    shown = page.wait_for_function(
        """([views, old]) => {
          const shown = [...document.querySelectorAll(
            ".chili-card[data-phase='signed-in']")].map(
              (card) => card.textContent.match(/token #?([0-9a-f]{8})/)?.[1]);
          return shown.length === views && new Set(shown).size === 1
            && shown[0] && shown[0] !== old && shown[0];
        }""",
        arg=[views, other_than],
        timeout=STEP_MS,
    )
    return shown.json_value()
