"""One walk through a real JupyterLab: what a person does, and what is on disk after."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server, TokenEndpoint

pytestmark = pytest.mark.browser

CELLS = {
    "by-env": ["%load_ext chili_notebook", "%chili_login", "chili_token"],
    "by-form": ["%load_ext chili_notebook", "%chili_login", "print('kernel is free')"],
}
START_S = 60
STEP_MS = 30_000


@pytest.fixture(scope="module")
def endpoint_server():
    """Serve tokens by the real clock, which a browser counts by."""
    with Server(TokenEndpoint(time.time)) as server:
        yield server


@pytest.fixture(scope="module")
def lab(tmp_path_factory, endpoint_server):
    """Start JupyterLab beside a notebook that has a .env and one that has none."""
    pytest.importorskip("jupyterlab")
    root = tmp_path_factory.mktemp("lab")
    for name, cells in CELLS.items():
        folder = root / name
        folder.mkdir()
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, folder / "walk.ipynb")
    (root / "by-env" / ".env").write_text(
        f"CHILI_CLIENT_ID={CLIENT_ID}\n"
        f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n"
        "CHILI_ENVIRONMENT=cp-abc-123\n"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    surroundings = {
        key: value for key, value in os.environ.items() if not key.startswith("CHILI_")
    } | {
        "CHILI_TOKEN_URL": f"{endpoint_server.url}/oauth/token",
        "JUPYTER_CONFIG_DIR": str(root / ".config"),
        "JUPYTER_DATA_DIR": str(root / ".data"),
        "IPYTHONDIR": str(root / ".ipython"),
    }
    settings = root / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text('{"saveState": true}')
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"),
        "--ServerApp.port_retries=0",
        *("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"),
        *(f"--ServerApp.root_dir={root}", "--LabApp.news_url="),
        f"--LabApp.user_settings_dir={root / 'settings'}",
        f"--LabApp.workspaces_dir={root / 'workspaces'}",
    ]
    log = (root / "server.log").open("wb")
    process = subprocess.Popen(
        command, cwd=root, env=surroundings, stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api", process)
        yield url, root
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_for(url, process):
    """Ask until the server answers; it opens its port only once it is ready."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, OSError):
            try:
                process.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
            break
    pytest.fail("JupyterLab did not start")


def _open(page, url, notebook):
    """Open a notebook, wait for its kernel, run all its cells."""
    page.goto(f"{url}/lab/workspaces/{notebook}/tree/{notebook}/walk.ipynb?reset")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
        "?.kernel?.status === 'idle'",
        timeout=STEP_MS,
    )
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


def _save(page, root, notebook):
    """Save, and give the file as text."""
    page.evaluate("void window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!document.querySelector('.jp-mod-dirty')", timeout=STEP_MS)
    return (root / notebook / "walk.ipynb").read_text()


def test_signs_in_by_env_counts_silently_and_signs_out(lab, page, endpoint_server):
    """With a .env the card is there at once, counts without a message, signs out."""
    url, root = lab
    endpoint_server.answer.lifetime_s = 3500  # so short that seconds are shown
    frames = []

    def listen(websocket):
        for event in ("framesent", "framereceived"):
            websocket.on(event, frames.append)

    page.on("websocket", listen)
    _open(page, url, "by-env")
    card = page.locator(".chili-card[data-phase='expiring']")
    card.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=/GraFx token #[0-9a-f]{8}/", timeout=STEP_MS)
    assert "cp-abc-123" in card.inner_text()

    assert any(b"comm_" in _bytes(frame) for frame in frames), "frames are not readable"
    frames.clear()
    for _ in range(3):
        page.wait_for_function(
            "before => document.querySelector('[data-role=countdown]')"
            ".textContent !== before",
            arg=card.locator("[data-role='countdown']").text_content(),
            timeout=STEP_MS,
        )
    assert not [frame for frame in frames if b"comm_" in _bytes(frame)]

    card.get_by_role("button", name="Sign out").click()
    page.locator(".chili-card[data-phase='signed-out']").wait_for(timeout=STEP_MS)
    saved = _save(page, root, "by-env")
    assert "signed out" in saved
    for token in endpoint_server.answer.issued:
        assert token not in saved
    assert CLIENT_SECRET not in saved


def test_signs_in_by_form_and_saves_nothing_secret(lab, page, endpoint_server):
    """Without credentials the form shows, the cell ends, and the file stays clean."""
    url, root = lab
    endpoint_server.answer.lifetime_s = 86_400
    _open(page, url, "by-form")
    form = page.locator(".chili-card[data-phase='form']")
    form.wait_for(timeout=STEP_MS)
    page.wait_for_selector("text=kernel is free", timeout=STEP_MS)

    form.get_by_label("Client ID").fill(CLIENT_ID)
    form.get_by_label("Client secret").fill(CLIENT_SECRET)
    form.get_by_label("Environment").fill("cp-abc-123")
    typed = _save(page, root, "by-form")
    assert CLIENT_SECRET not in typed

    form.get_by_role("button", name="Sign in").click()
    card = page.locator(".chili-card[data-phase='signed-in']")
    card.wait_for(timeout=STEP_MS)
    saved = _save(page, root, "by-form")
    assert json.loads(saved)["metadata"]["widgets"], "widget state is not saved"
    assert "signed in" in saved
    assert CLIENT_SECRET not in saved
    for token in endpoint_server.answer.issued:
        assert token not in saved


def _bytes(frame):
    payload = getattr(frame, "body", frame)
    return payload if isinstance(payload, bytes) else str(payload).encode()
