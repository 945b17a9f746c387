"""A JupyterLab of its own in a folder, and a Chromium to walk through it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat

START_S = 60
STEP_MS = 30_000
SETTINGS = {
    "@jupyter-widgets/jupyterlab-manager/plugin": '{"saveState": true}',
    "@jupyterlab/apputils-extension/notification": '{"fetchNews": "false"}',
}
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium():
    """Give the path of a Chromium, the one in CHILI_CHROMIUM before all."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (os.environ.get("CHILI_CHROMIUM"), *map(shutil.which, names))
    return next(filter(None, found), None)


class Lab:
    """A running JupyterLab whose widget manager saves the widgets' state."""

    def __init__(self, root, url):
        self.root = root
        self.url = url

    def write(self, folder, cells):
        """Write a notebook of code cells into a folder of its own."""
        (self.root / folder).mkdir(exist_ok=True)
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, self.root / folder / "walk.ipynb")

    def open(self, page, path):
        """Open a notebook in a fresh workspace and wait for its kernel."""
        workspace = Path(path).parent
        page.goto(f"{self.url}/lab/workspaces/{workspace}/tree/{path}?reset")
        page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
            "?.kernel?.status === 'idle'",
            timeout=STEP_MS,
        )

    def run_all(self, page):
        """Run all cells of the notebook in front."""
        command(page, "notebook:run-all-cells")

    def save(self, page, folder):
        """Save the notebook in front, and give its file as text."""
        command(page, "docmanager:save")
        page.wait_for_function(
            "!window.jupyterapp.shell.currentWidget.context.model.dirty",
            timeout=STEP_MS,
        )
        return (self.root / folder / "walk.ipynb").read_text()


def command(page, name):
    """Carry out a command of JupyterLab without waiting for its result."""
    page.evaluate("name => void window.jupyterapp.commands.execute(name)", name)


@contextmanager
def running_lab(root, **environ):
    """Run JupyterLab in `root`, with more variables for its kernels."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    surroundings = {
        key: value for key, value in os.environ.items() if not key.startswith("CHILI_")
    } | {
        "JUPYTER_CONFIG_DIR": str(root / ".config"),
        "JUPYTER_DATA_DIR": str(root / ".data"),
        "IPYTHONDIR": str(root / ".ipython"),
        **environ,
    }
    for plugin, setting in SETTINGS.items():
        path = root / ".settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(setting)
    arguments = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"),
        "--ServerApp.port_retries=0",
        *("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"),
        *(f"--ServerApp.root_dir={root}", "--LabApp.news_url="),
        f"--LabApp.user_settings_dir={root / '.settings'}",
        f"--LabApp.workspaces_dir={root / '.workspaces'}",
    ]
    url = f"http://127.0.0.1:{port}"
    with (root / ".server.log").open("wb") as log:
        process = subprocess.Popen(
            arguments, cwd=root, env=surroundings, stdout=log, stderr=log
        )
        try:
            _wait_for(f"{url}/api", process)
            yield Lab(root, url)
        finally:
            process.terminate()
            process.wait(timeout=20)


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
    raise RuntimeError("JupyterLab did not start")
