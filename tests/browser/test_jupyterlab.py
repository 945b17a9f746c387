"""Walks through a real JupyterLab: what a person does, and what is on disk after."""

from __future__ import annotations

import json

import pytest

from chili_notebook.simulator import Simulator
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server
from lab import STEP_MS, Frames, command, not_jupyters, running_lab

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
    """Serve the simulator by the real clock."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def lab(tmp_path_factory, endpoint, simulator):
    """Start JupyterLab beside notebooks of which one has no .env."""
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
        running_lab(root, CHILI_TOKEN_URL=f"{server.url}/oauth/token") as lab,
    ):
        for name, cells in CELLS.items():
            lab.write(name, cells, **env.get(name, {}))
        yield lab


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(problems):
    """Fail a test in whose page anything went wrong."""
    yield
    assert not_jupyters(problems) == []


def test_signs_in_by_env_counts_silently_and_signs_out(lab, page, endpoint):
    """With a .env the card is there at once, counts without a message, signs out."""
    endpoint.lifetime_s = 3500  # so short that seconds are shown
    page.clock.install()
    frames = Frames(page)
    lab.open(page, "by-env/walk.ipynb")
    lab.run_all(page)
    card = page.locator(".chili-card[data-phase='expiring']")
    card.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=/GraFx token #[0-9a-f]{8}/", timeout=STEP_MS)
    assert "cp-abc-123" in card.inner_text()
    assert not page.get_by_text("CHILI GraFx: signed in").is_visible()
    frames.wait_for('"kind": "time"')  # the kernel has told it, once for all

    frames.seen.clear()
    before = _seconds(card)
    page.clock.run_for(30_000)
    assert 29 <= before - _seconds(card) <= 33
    # What the kernel would have sent each second comes in real ones.
    for _ in range(2):
        _tick(page, card)
    assert frames.comm() == []

    card.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    assert '"kind": "sign-out"' in str(frames)
    saved = lab.save(page, "by-env")
    assert "signed out" in saved
    for token in endpoint.issued:
        assert token not in saved
    assert CLIENT_SECRET not in saved


def test_signs_in_by_form_and_saves_nothing_secret(lab, page, endpoint):
    """By form, and with the token on the clipboard, the saved file stays clean."""
    endpoint.lifetime_s = 86_400
    lab.open(page, "by-form/walk.ipynb")
    lab.run_all(page)
    form = page.locator(".chili-card[data-phase='form']")
    form.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=kernel is free", timeout=STEP_MS)

    # Keys that act on cells act on the control that has the focus, and on no cell.
    kind = form.get_by_label("Kind")
    for key, chosen in (("ArrowDown", "sandbox"), ("ArrowUp", "production")):
        kind.press(key)
        assert kind.input_value() == chosen
    for control in (form.get_by_role("button").first, form.get_by_role("checkbox")):
        control.press("d")
        control.press("d")
    assert page.locator(".jp-Notebook .jp-CodeCell").count() == 3

    form.get_by_label("Client ID").fill(CLIENT_ID)
    form.get_by_label("Client secret").fill(CLIENT_SECRET)
    form.get_by_label("Environment").fill("cp-abc-123")
    typed = lab.save(page, "by-form")
    assert CLIENT_SECRET not in typed

    form.get_by_label("Environment").press("Enter")
    card = page.locator(".chili-card[data-phase='signed-in']")
    card.wait_for(timeout=STEP_MS)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card.get_by_role("button", name="Copy token").click()
    card.get_by_text("on the clipboard").wait_for(timeout=STEP_MS)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == endpoint.issued[-1]
    saved = lab.save(page, "by-form")
    assert json.loads(saved)["metadata"]["widgets"], "widget state is not saved"
    assert "signed in" in saved
    assert CLIENT_SECRET not in saved
    for token in endpoint.issued:
        assert token not in saved


def test_a_restarted_kernel_ends_what_the_card_claims(lab, page):
    """Loaded anew, the page has its card; after a restart only the token lives on."""
    lab.open(page, "by-env/walk.ipynb")
    lab.run_all(page)
    page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
    lab.save(page, "by-env")
    lab.open(page, "by-env/walk.ipynb")
    page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
    command(page, "notebook:restart-kernel")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    card = page.locator(".chili-card[data-phase='signed-out']")
    card.get_by_text("kernel has been restarted").wait_for(timeout=STEP_MS)
    assert "stays valid until" in card.inner_text()
    lab.wait_until_idle(page)  # a server that ends in mid-restart would never end


def test_a_careless_notebook_is_healed(lab, page, endpoint):
    """Secrets in the text of cells are replaced there, and printed ones are masked."""
    lab.open(page, "careless/walk.ipynb")
    lab.run_all(page)
    page.wait_for_selector("text=never an option of a magic", timeout=STEP_MS)
    page.wait_for_function(
        "!document.querySelector('.jp-Notebook').textContent.includes('never-seen')",
        timeout=STEP_MS,
    )
    cells = json.loads(lab.save(page, "careless"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    assert sources[2] == "secret = '***'"
    assert sources[4] == "%chili_login --client-secret ***"
    saved = json.dumps(cells)
    assert "*** ***" in saved
    for secret in (CLIENT_SECRET, "never-seen", *endpoint.issued):
        assert secret not in saved


def test_every_view_follows_the_token(lab, page, simulator):
    """A token that changes in a call, by login or logout changes in every view."""
    lab.open(page, "views/walk.ipynb")
    lab.run(page, 0, 1, 2)
    first = _fingerprint_in(page, views=2)

    simulator.state.issuer.expire(_issued(simulator))
    lab.run(page, 3)
    page.wait_for_selector("text=/[0-9]+ templates/", timeout=STEP_MS)
    second = _fingerprint_in(page, views=2, other_than=first)

    simulator.state.issuer.expire(_issued(simulator))
    lab.run(page, 1)  # as another cell would
    _fingerprint_in(page, views=2, other_than=second)

    page.locator(".chili-card").first.get_by_role("button", name="Refresh").click()
    page.get_by_text("GraFx gave the same token again").nth(1).wait_for(timeout=STEP_MS)

    lab.run(page, 4)
    page.locator(".chili-card[data-phase='signed-out']").nth(1).wait_for(
        timeout=STEP_MS
    )
    assert page.locator(".chili-card:not([data-phase='signed-out'])").count() == 0
    assert page.get_by_text("stays valid until").count() >= 2


def test_two_profiles_stay_apart(lab, page):
    """Two sessions have cards, names and scopes of their own, and end by themselves."""
    lab.open(page, "profiles/walk.ipynb")
    lab.run(page, 0, 1, 2, 3)
    page.wait_for_selector("text=[2, 17]", timeout=STEP_MS)
    readonly, admin = (
        page.locator(".chili-card").filter(has_text=f"profile {name}")
        for name in ("readonly", "admin")
    )
    assert "chili_readonly and chili_readonly_token are ready" in readonly.inner_text()
    assert "chili_admin and chili_admin_token are ready" in admin.inner_text()

    readonly.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    assert readonly.get_attribute("data-phase") == "signed-out"
    assert admin.get_attribute("data-phase") == "signed-in"
    lab.run(page, 4)
    page.wait_for_selector("text=/'admin sees [0-9]+', False/", timeout=STEP_MS)
    lab.run(page, 5)
    page.wait_for_selector("text=You signed out on the card", timeout=STEP_MS)

    lab.end_kernel(page)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    admin.get_by_text("kernel has been restarted or is gone").wait_for(timeout=STEP_MS)
    assert admin.get_attribute("data-phase") == "signed-out"


def _tick(page, card):
    """Wait until the countdown shows another time."""
    page.wait_for_function(
        "before => document.querySelector('[data-role=countdown]')"
        ".textContent !== before",
        arg=card.locator("[data-role='countdown']").text_content(),
        timeout=STEP_MS,
    )


def _seconds(card):
    """Give the time left as the countdown shows it, in seconds."""
    shown = card.locator("[data-role='countdown']").text_content()
    minutes, seconds = shown.removesuffix(" s").split(" min ")
    return 60 * int(minutes) + int(seconds)


def _issued(simulator):
    """Give the token that the simulator's own integration holds."""
    return simulator.state.issuer.grant(
        {
            "grant_type": "client_credentials",
            "client_id": simulator.integration.client_id,
            "client_secret": simulator.integration.client_secret,
            "audience": "https://chiligrafx.com",
        }
    )["access_token"]


def _fingerprint_in(page, *, views, other_than=""):
    """Wait until so many views show one and the same token; give its fingerprint."""
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
