"""Jupyter servers, each in a folder of its own, for tests in a browser."""

from __future__ import annotations

import json
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
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1

START_S = 60
STEP_MS = 30_000
SETTINGS = {
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
}
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# How messages begin that Jupyter itself logs; none of them is about a card.
JUPYTER_ERRORS = {
    "Plugin 'ipyparallel-labextension:plugin' failed to activate": (
        "Voilà loads the extensions of JupyterLab, and has no consoles"
    ),
    "Error: widget model not found": (
        "JupyterLab logs this for each widget whose state was not saved"
    ),
    "Error: Canceled future for": (
        "JupyterLab cancels its requests to a kernel that is being restarted"
    ),
    "Canceled future for": "the same, in the words of JupyterLab 4.2",
    "Could not restore the debugger state": (
        "JupyterLab asks a kernel that is being restarted"
    ),
    "Cannot read properties of undefined (reading 'schema')": (
        "Notebook 7 asks for the schemas of plugins that it has not loaded"
    ),
    "Cannot read properties of undefined (reading 'last_modified')": (
        "Notebook 7.2 and 7.3 ask when a file was saved before one is open"
    ),
    "Plugin '@jupyter-notebook/lab-extension:interface-switcher' failed": (
        "Voilà loads an extension that works only in Notebook 7"
    ),
    "Plugin 'ipyparallel-labextension:plugin' failed": (
        "Voilà loads it, and has no consoles for it"
    ),
    "Error: The getter for the shared module is not a function": (
        "Voilà loads extensions that were built for a newer JupyterLab"
    ),
}
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


def find_chromium():
    """Return the path of a Chromium; CHILI_CHROMIUM comes first."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (os.environ.get("CHILI_CHROMIUM"), *map(shutil.which, names))
    return next(filter(None, found), None)


class JupyterServer:
    """A running server, and the folder whose notebooks it serves."""

    def __init__(self, root, url):
        self.root = root
        self.url = url

    def write(self, folder, cells, **env):
        """Write a notebook of code cells and a .env file into a folder of its own."""
        (self.root / folder).mkdir(exist_ok=True)
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": KERNELSPEC},
        )
        nbformat.write(notebook, self.path(folder))
        if env:
            lines = [f"{key}={value}\n" for key, value in env.items()]
            (self.root / folder / ".env").write_text("".join(lines))

    def path(self, folder):
        """Return the path of the notebook in a folder."""
        return self.root / folder / "notebook.ipynb"


class Lab(JupyterServer):
    """A running JupyterLab that saves the state of widgets."""

    def open(self, page, path):
        """Open a notebook in a new workspace and wait for its kernel."""
        workspace = Path(path).parent
        self.show(page, f"lab/workspaces/{workspace}/tree/{path}?reset")

    def switch(self, page, path):
        """Open a notebook in a page that shows JupyterLab, and wait for its kernel.

        Notebooks that were open are closed without saving, and their kernels stopped.
        To load JupyterLab again for each notebook would take five times as long.
        """
        page.evaluate(
            """async (path) => {
              const { commands, shell } = jupyterapp;
              for (const widget of [...shell.widgets("main")]) {
                await widget.sessionContext?.shutdown();
                widget.dispose();
              }
              await commands.execute("docmanager:open", { path });
            }""",
            path,
        )
        self.wait_until_idle(page)

    def show(self, page, address):
        """Go to a notebook and wait for its kernel."""
        page.goto(f"{self.url}/{address}")
        self.wait_until_idle(page)

    def wait_until_idle(self, page):
        """Wait until the kernel of the current notebook is idle."""
        page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session"
            "?.kernel?.status === 'idle'",
            timeout=STEP_MS,
        )

    def run_all(self, page):
        """Run all cells of the current notebook."""
        command(page, "notebook:run-all-cells")

    def run(self, page, *indices):
        """Run these cells of the current notebook, and wait until each is done."""
        for index in indices:
            page.evaluate(
                "async (index) => { const { content } = jupyterapp.shell.currentWidget;"
                " content.deselectAll(); content.activeCellIndex = index;"
                " await jupyterapp.commands.execute('notebook:run-cell'); }",
                index,
            )

    def end_kernel(self, page):
        """Shut down the kernel of the current notebook."""
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def save(self, page, folder):
        """Save the current notebook, and return its file as text."""
        page.evaluate("jupyterapp.shell.currentWidget.context.save()")
        return self.path(folder).read_text()


class Notebook7(Lab):
    """A running Jupyter Notebook 7, which shows one notebook per page."""

    def open(self, page, path):
        """Open a notebook and wait for its kernel."""
        self.show(page, f"notebooks/{path}")


class Voila(JupyterServer):
    """A running Voilà, which runs a notebook for each of its readers."""

    def open(self, page, path, *, theme="light"):
        """Open the page of a notebook."""
        # Voilà loads icons from the network, which the card does not use.
        page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(body=""))
        page.goto(f"{self.url}/voila/render/{path}?theme={theme}")


class KernelMessages:
    """The messages between a page and its kernels."""

    def __init__(self, page):
        self.seen = []
        self._page = page
        page.on("websocket", self._listen)

    def of_widgets(self):
        """Return type and content of each message of a widget."""
        return [
            (kind, content) for _, kind, content in self.seen if kind[:5] == "comm_"
        ]

    def wait_for(self, text):
        """Wait for a message of a widget that contains a text."""
        for _ in range(STEP_MS // 50):
            if text in str(self):
                return
            self._page.wait_for_timeout(50)
        raise TimeoutError(f"No message of a widget contains {text}")

    def __str__(self):
        return json.dumps(self.of_widgets())

    def _listen(self, websocket):
        if "/api/kernels/" in websocket.url:
            for event in ("framesent", "framereceived"):
                websocket.on(event, lambda frame: self.seen.append(read_frame(frame)))


def read_frame(frame):
    """Return channel, message type and content of a frame, in either protocol."""
    if isinstance(frame, str):
        message = json.loads(frame)
        return message["channel"], message["header"]["msg_type"], message["content"]
    channel, parts = deserialize_msg_from_ws_v1(frame)
    return channel, json.loads(parts[0])["msg_type"], json.loads(parts[3])


def command(page, name):
    """Execute a command of JupyterLab without waiting for its result."""
    page.evaluate("name => void window.jupyterapp.commands.execute(name)", name)


def without_jupyter_errors(problems):
    """Return the problems of a page without those that Jupyter itself causes."""
    known = tuple(JUPYTER_ERRORS)
    return [problem for problem in problems if not problem.startswith(known)]


@contextmanager
def running_lab(root, *, settings=SETTINGS, **environ):
    """Run JupyterLab in `root`, with more variables for its kernels."""
    write_settings(root, settings)
    app = ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url="]
    with _running_jupyter("jupyterlab", "LabApp", root, app, environ) as url:
        yield Lab(root, url)


@contextmanager
def running_notebook7(root, *, settings=SETTINGS, **environ):
    """Run Jupyter Notebook 7 in `root`, with more variables for its kernels."""
    write_settings(root, settings)
    app = ["--JupyterNotebookApp.expose_app_in_browser=True"]
    with _running_jupyter("notebook", "JupyterNotebookApp", root, app, environ) as url:
        yield Notebook7(root, url)


@contextmanager
def running_voila(root, **environ):
    """Run Voilà in `root`, with more variables for its kernels."""
    port = _free_port()
    arguments = ["voila", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    with _running([*arguments, str(root)], root, f"{url}/", environ):
        yield Voila(root, url)


def write_settings(root, settings):
    """Write the user settings of JupyterLab or Notebook 7."""
    for plugin, setting in settings.items():
        path = root / ".settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))


@contextmanager
def _running_jupyter(module, app, root, more, environ):
    port = _free_port()
    arguments = [
        *(module, "--no-browser", "--allow-root"),
        *(f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token="),
        f"--ServerApp.root_dir={root}",
        f"--{app}.user_settings_dir={root / '.settings'}",
        f"--{app}.workspaces_dir={root / '.workspaces'}",
        *more,
    ]
    url = f"http://127.0.0.1:{port}"
    with _running(arguments, root, f"{url}/api", environ):
        yield url


@contextmanager
def _running(arguments, root, url, environ):
    """Run a module of Jupyter in `root`, and stop it at the end."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("CHILI_")
    } | {
        "JUPYTER_CONFIG_DIR": str(root / ".config"),
        "JUPYTER_DATA_DIR": str(root / ".data"),
        "IPYTHONDIR": str(root / ".ipython"),
        **environ,
    }
    with (root / ".server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=root,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(url, process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                # Jupyter Server does not stop if a kernel is being restarted.
                process.kill()
                process.wait()


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait_for(url, process):
    """Wait until the server answers; it opens its port when it is ready."""
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
    raise RuntimeError("The server did not start")
