"""Runs without a user: they sign in from variables, or end with an exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from conftest import CLIENT_SECRET
from fakes import Answer

# The time that the login spends waiting: all of its time but that of the processor.
TIMED_LOGIN = """
import time
started_at = time.monotonic(), time.process_time()
try:
    get_ipython().run_line_magic("chili_login", "")
finally:
    waited_s = time.monotonic() - started_at[0] - (time.process_time() - started_at[1])
    _ = open("waited_s", "w").write(f"{waited_s}")
"""
CELLS = ["%load_ext chili_notebook", TIMED_LOGIN, "print(repr(chili))"]
SCRIPT = "from chili_notebook import login; print(login())"
JUPYTER = (sys.executable, "-m", "jupyter")
COMMANDS = {
    "nbconvert": [
        *(*JUPYTER, "nbconvert", "--execute", "--to", "notebook"),
        *("--output", "out.ipynb", "notebook.ipynb"),
    ],
    "nbclient": [*JUPYTER, "execute", "--output=out", "notebook.ipynb"],
    "papermill": [sys.executable, "-m", "papermill", "notebook.ipynb", "out.ipynb"],
    "script": [sys.executable, "-c", SCRIPT],
}
KEYS = ("CHILI_CLIENT_ID", "CHILI_CLIENT_SECRET", "CHILI_ENVIRONMENT")


@pytest.fixture
def run(write_notebook, tmp_path):
    """Return a function that runs a command with few variables and no terminal."""
    write_notebook(CELLS)
    # Without HOME these folders would be in the home folder of the user.
    variables = ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    folders = {name: str(tmp_path / ".jupyter") for name in (*variables, "IPYTHONDIR")}

    def run(name, **environ):
        return subprocess.run(
            COMMANDS[name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            start_new_session=True,
            env=folders | environ,
        )

    return run


@pytest.mark.parametrize("name", ["nbconvert", "papermill"])
def test_notebook_signs_in_from_the_process_environment(run, name, login_variables):
    """The variables that a scheduler sets are enough; the static card is saved."""
    result = run(name, **login_variables)
    assert result.returncode == 0, result.stderr
    saved = Path("out.ipynb").read_text()
    assert "credentials from the process environment" in saved
    assert "<Chili: cp-abc-123>" in saved
    assert "widget-view" not in saved


def test_script_signs_in_from_the_process_environment(run, login_variables):
    """`login()` prints nothing by itself."""
    result = run("script", **login_variables)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "<Chili: cp-abc-123>\n"


def test_notebook_signs_in_from_the_env_file_in_its_folder(run, login_variables):
    """A .env next to the notebook is found in an unattended run."""
    lines = [f"{key}={value}\n" for key, value in login_variables.items()]
    Path(".env").write_text("".join(lines))
    Path(".env").chmod(0o600)
    result = run("nbclient")
    assert result.returncode == 0, result.stderr
    assert "credentials from .env" in Path("out.ipynb").read_text()


@pytest.mark.parametrize("name", COMMANDS)
def test_run_without_credentials_fails_at_once(run, name):
    """The error lists the keys and the searched places; the login does not wait."""
    result = run(name)
    assert result.returncode != 0
    error = " ".join(result.stderr.split())
    for text in (*KEYS, "CHILI_ACCESS_TOKEN", "the process environment", ".env here"):
        assert text in error
    if name != "script":
        assert float(Path("waited_s").read_text()) < 1.0


@pytest.mark.parametrize("name", ["nbconvert", "papermill", "script"])
def test_run_with_a_wrong_secret_fails(run, name, login_variables, endpoint):
    """The error has the reason of the endpoint, and nowhere the client secret."""
    endpoint.failing = Answer(401, {"error": "access_denied"})
    try:
        result = run(name, **login_variables)
    finally:
        endpoint.failing = None
    assert result.returncode != 0
    assert "responded 401 (access_denied)" in " ".join(result.stderr.split())
    saved = "".join(path.read_text() for path in Path().glob("out*"))
    assert CLIENT_SECRET not in result.stdout + result.stderr + saved


@pytest.mark.parametrize("key", ["CHILI_CLIENT_ID", "CHILI_CLIENT_SECRET"])
def test_run_with_half_of_the_credentials_fails(run, login_variables, key):
    """The error names both keys, the one that is set and the one that is missing."""
    result = run("script", **{key: login_variables[key]})
    assert result.returncode != 0
    assert all(name in result.stderr for name in KEYS[:2])


def test_no_widget_replaces_the_card_in_a_live_notebook(login_variables):
    """`--no-widget` shows one plain line, and raises instead of showing the form."""
    manager, client = start_new_kernel(env={"PATH": "", "IPYTHONDIR": ".ipython"})
    messages = []

    def run_cell(code):
        """Run a cell as a front-end does, and return the kernel's reply."""
        messages.clear()
        return client.execute_interactive(
            code, allow_stdin=True, output_hook=messages.append, timeout=60
        )["content"]

    def displayed():
        """Return the MIME bundles that the last cell displayed."""
        return [
            message["content"]["data"]
            for message in messages
            if message["msg_type"] == "display_data"
        ]

    try:
        run_cell("%load_ext chili_notebook")
        reply = run_cell("%chili_login --no-widget")
        assert reply["ename"] == "CredentialsNotFoundError"
        run_cell(f"import os; os.environ |= {login_variables!r}")
        assert run_cell("%chili_login")["status"] == "ok"
        assert any(
            "application/vnd.jupyter.widget-view+json" in one for one in displayed()
        )
        assert run_cell("%chili_login --no-widget")["status"] == "ok"
        (bundle,) = displayed()
        assert set(bundle) == {"text/html", "text/plain"}
        assert bundle["text/plain"].startswith("CHILI GraFx: signed in to ")
        assert "\n" not in bundle["text/plain"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
