"""Runs that nobody watches: signed in from what is set, or ended with an exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Answer, Server

NOTEBOOK = """
import time
began = time.monotonic(), time.process_time()
try:
    get_ipython().run_line_magic("chili_login", "")
finally:
    waited = time.monotonic() - began[0] - (time.process_time() - began[1])
    _ = open("waited", "w").write(f"{waited}")
"""
SCRIPT = "from chili_notebook import login; print(login())"
JUPYTER = (sys.executable, "-m", "jupyter")
WAYS = {
    "nbconvert": [
        *(*JUPYTER, "nbconvert", "--execute", "--to", "notebook"),
        *("--output", "out.ipynb", "walk.ipynb"),
    ],
    "nbclient": [*JUPYTER, "execute", "--output=out", "walk.ipynb"],
    "papermill": [sys.executable, "-m", "papermill", "walk.ipynb", "out.ipynb"],
    "script": [sys.executable, "-c", SCRIPT],
}
KEYS = ("CHILI_CLIENT_ID", "CHILI_CLIENT_SECRET", "CHILI_ENVIRONMENT")


@pytest.fixture
def settings(endpoint):
    """Give what signs in to the token endpoint."""
    with Server(endpoint) as server:
        yield {
            "CHILI_CLIENT_ID": CLIENT_ID,
            "CHILI_CLIENT_SECRET": CLIENT_SECRET,
            "CHILI_ENVIRONMENT": "cp-abc-123",
            "CHILI_TOKEN_URL": f"{server.url}/oauth/token",
        }


@pytest.fixture
def run(tmp_path):
    """Give what runs a command as cron does: hardly an environment, and no terminal."""
    cells = ["%load_ext chili_notebook", NOTEBOOK, "print(repr(chili))"]
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": kernel},
    )
    nbformat.write(made, "walk.ipynb")
    # Without HOME these would be in the home folder of whoever runs the tests.
    folders = ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(tmp_path / ".jupyter") for name in (*folders, "IPYTHONDIR")}

    def run(way, **environ):
        return subprocess.run(
            WAYS[way],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            start_new_session=True,
            env=own | environ,
        )

    return run


@pytest.mark.parametrize("way", ["nbconvert", "papermill", "script"])
def test_signs_in_from_the_process_environment(run, way, settings):
    """What a scheduler sets is enough, and the static card is what is saved."""
    done = run(way, **settings)
    assert done.returncode == 0, done.stderr
    if way == "script":
        assert done.stdout == "<Chili: cp-abc-123 (production)>\n"
        return
    saved = Path("out.ipynb").read_text()
    assert "credentials from the process environment" in saved
    assert "<Chili: cp-abc-123 (production)>" in saved
    assert "widget-view" not in saved


def test_signs_in_from_a_file_beside_it(run, settings):
    """So is a .env in the folder of the run."""
    Path(".env").write_text("".join(f"{key}={settings[key]}\n" for key in settings))
    Path(".env").chmod(0o600)
    done = run("nbclient")
    assert done.returncode == 0, done.stderr
    assert "credentials from .env" in Path("out.ipynb").read_text()


@pytest.mark.parametrize("way", WAYS)
def test_without_credentials_it_says_what_is_missing_and_ends(run, way):
    """It names what it looked for and where, at once, and with an exit code."""
    done = run(way)
    assert done.returncode != 0
    told = " ".join(done.stderr.split())
    for word in (*KEYS, "CHILI_ACCESS_TOKEN", "the process environment", ".env here"):
        assert word in told
    if way != "script":
        assert float(Path("waited").read_text()) < 1.0


@pytest.mark.parametrize("way", ["nbconvert", "papermill", "script"])
def test_a_wrong_secret_ends_the_run(run, way, settings, endpoint):
    """A pair that is refused fails the run too, and the secret is not told."""
    endpoint.failing = Answer(401, {"error": "access_denied"})
    try:
        done = run(way, **settings)
    finally:
        endpoint.failing = None
    assert done.returncode != 0
    assert "responded 401 (access_denied)" in " ".join(done.stderr.split())
    saved = "".join(path.read_text() for path in Path().glob("out*"))
    assert CLIENT_SECRET not in done.stdout + done.stderr + saved


@pytest.mark.parametrize("keys", [KEYS[:1], KEYS[1:2]])
def test_half_a_pair_ends_the_run(run, settings, keys):
    """Half of what is needed is no more than nothing, and the other half is named."""
    done = run("script", **{key: settings[key] for key in keys})
    assert done.returncode != 0
    assert all(key in done.stderr for key in KEYS[:2])


def test_no_widget_is_heeded_where_one_could_be_shown(settings):
    """`--no-widget` shows one plain line in a live notebook, and never the form."""
    manager, client = start_new_kernel(env={"PATH": "", "IPYTHONDIR": ".ipython"})
    shown = []

    def run_cell(text):
        """Run a cell as a front-end does that may ask; give the kernel's answer."""
        shown.clear()
        return client.execute_interactive(
            text, allow_stdin=True, output_hook=shown.append, timeout=60
        )["content"]

    def kinds():
        """Give the forms in which the cell has shown something."""
        displays = (m for m in shown if m["msg_type"] == "display_data")
        data = (message["content"]["data"] for message in displays)
        return {kind for bundle in data for kind in bundle}

    try:
        run_cell("%load_ext chili_notebook")
        assert (
            run_cell("%chili_login --no-widget")["ename"] == "CredentialsNotFoundError"
        )
        run_cell(f"import os; os.environ |= {settings!r}")
        assert run_cell("%chili_login")["status"] == "ok"
        assert "application/vnd.jupyter.widget-view+json" in kinds()
        assert run_cell("%chili_login --no-widget")["status"] == "ok"
        assert kinds() == {"text/html", "text/plain"}
        (plain,) = (
            message["content"]["data"]["text/plain"]
            for message in shown
            if message["msg_type"] == "display_data"
        )
        assert plain.startswith("CHILI GraFx: signed in to ")
        assert "\n" not in plain
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
