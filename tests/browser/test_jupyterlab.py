"""One walk through a real JupyterLab: what a person does, and what is on disk after."""

from __future__ import annotations

import json
import time

import pytest

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, TokenEndpoint
from lab import STEP_MS, command, running_lab

pytestmark = pytest.mark.browser

CELLS = {
    "by-env": ["%load_ext chili_notebook", "%chili_login", "chili_token"],
    "by-form": ["%load_ext chili_notebook", "%chili_login", "print('kernel is free')"],
    "careless": [
        "%load_ext chili_notebook",
        "%chili_login",
        f"secret = '{CLIENT_SECRET}'",
        "print(secret, chili_token)",
        "%chili_login --client-secret never-seen-before-0123",
    ],
}


@pytest.fixture(scope="module")
def endpoint_server():
    """Serve tokens by the real clock, which a browser counts by."""
    with Server(TokenEndpoint(time.time)) as server:
        yield server


@pytest.fixture(scope="module")
def lab(tmp_path_factory, endpoint_server):
    """Start JupyterLab beside a notebook that has a .env and one that has none."""
    root = tmp_path_factory.mktemp("lab")
    token_url = f"{endpoint_server.url}/oauth/token"
    with running_lab(root, CHILI_TOKEN_URL=token_url) as lab:
        for name, cells in CELLS.items():
            lab.write(name, cells)
        for name in ("by-env", "careless"):
            (root / name / ".env").write_text(
                f"CHILI_CLIENT_ID={CLIENT_ID}\n"
                f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n"
                "CHILI_ENVIRONMENT=cp-abc-123\n"
            )
        yield lab


def test_signs_in_by_env_counts_silently_and_signs_out(lab, page, endpoint_server):
    """With a .env the card is there at once, counts without a message, signs out."""
    endpoint_server.answer.lifetime_s = 3500  # so short that seconds are shown
    frames = []

    def remember(frame):
        frames.append(frame)

    def listen(websocket):
        for event in ("framesent", "framereceived"):
            websocket.on(event, remember)

    page.on("websocket", listen)
    lab.open(page, "by-env/walk.ipynb")
    lab.run_all(page)
    card = page.locator(".chili-card[data-phase='expiring']")
    card.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=/GraFx token #[0-9a-f]{8}/", timeout=STEP_MS)
    assert "cp-abc-123" in card.inner_text()

    for _ in range(20):
        _tick(page, card)
        if any(b'"kind": "time"' in _bytes(frame) for frame in frames[:-2]):
            break  # the kernel has told the time, once for all
    else:
        pytest.fail("the kernel has not told the time, or frames are not readable")
    frames.clear()
    for _ in range(3):
        _tick(page, card)
    assert not [frame for frame in frames if b"comm_" in _bytes(frame)]

    card.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    saved = lab.save(page, "by-env")
    assert "signed out" in saved
    for token in endpoint_server.answer.issued:
        assert token not in saved
    assert CLIENT_SECRET not in saved


def test_signs_in_by_form_and_saves_nothing_secret(lab, page, endpoint_server):
    """By form, and with the token on the clipboard, the saved file stays clean."""
    endpoint_server.answer.lifetime_s = 86_400
    lab.open(page, "by-form/walk.ipynb")
    lab.run_all(page)
    form = page.locator(".chili-card[data-phase='form']")
    form.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=kernel is free", timeout=STEP_MS)

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
    assert copied == endpoint_server.answer.issued[-1]
    saved = lab.save(page, "by-form")
    assert json.loads(saved)["metadata"]["widgets"], "widget state is not saved"
    assert "signed in" in saved
    assert CLIENT_SECRET not in saved
    for token in endpoint_server.answer.issued:
        assert token not in saved


def test_a_restarted_kernel_ends_what_the_card_claims(lab, page):
    """After a restart the card says that the session is gone, and the token is not."""
    lab.open(page, "by-env/walk.ipynb")
    lab.run_all(page)
    page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
    command(page, "notebook:restart-kernel")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    card = page.locator(".chili-card[data-phase='signed-out']")
    card.get_by_text("kernel has been restarted").wait_for(timeout=STEP_MS)
    assert "stays valid until" in card.inner_text()


def test_a_careless_notebook_is_healed(lab, page, endpoint_server):
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
    for secret in (CLIENT_SECRET, "never-seen", *endpoint_server.answer.issued):
        assert secret not in saved


def _tick(page, card):
    """Wait until the countdown shows another time."""
    page.wait_for_function(
        "before => document.querySelector('[data-role=countdown]')"
        ".textContent !== before",
        arg=card.locator("[data-role='countdown']").text_content(),
        timeout=STEP_MS,
    )


def _bytes(frame):
    payload = getattr(frame, "body", frame)
    return payload if isinstance(payload, bytes) else str(payload).encode()
