"""What the usual ways to run a notebook save, searched for the real values."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import Server

CELLS = [
    "%load_ext chili_notebook",
    "%chili_login",
    "import sys; print(chili_token); print(chili_token, file=sys.stderr)",
    "{'Authorization': f'Bearer {chili_token}'}",
    "import ipywidgets; ipywidgets.HTML(str(chili_token))",
    "print(open('.env').read())",
]
JUPYTER = (sys.executable, "-m", "jupyter", "nbconvert", "--execute")
RUNS = {
    "nbconvert": [*JUPYTER, "--to", "notebook", "--output", "out.ipynb", "walk.ipynb"],
    "HTML": [*JUPYTER, "--to", "html", "--output", "out.html", "walk.ipynb"],
    "nbclient": [
        sys.executable,
        "-m",
        "jupyter",
        "execute",
        "--output=out",
        "walk.ipynb",
    ],
    "papermill": [
        *(sys.executable, "-m", "papermill", "walk.ipynb", "out.ipynb"),
        *("--parameters", "who", "world", "--kernel", "python3"),
    ],
}


@pytest.fixture
def run(endpoint, tmp_path):
    """Give what runs a notebook beside a .env, as a process of its own."""
    with Server(endpoint) as server:
        Path(".env").write_text(
            f"CHILI_CLIENT_ID={CLIENT_ID}\n"
            f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n"
            "CHILI_ENVIRONMENT=cp-abc-123\n"
            f"CHILI_TOKEN_URL={server.url}/oauth/token\n"
        )

        def run(command, cells):
            made = [nbformat.v4.new_code_cell(cell) for cell in cells]
            kernel = {"name": "python3", "display_name": "", "language": "python"}
            notebook = nbformat.v4.new_notebook(
                cells=made, metadata={"kernelspec": kernel}
            )
            nbformat.write(notebook, "walk.ipynb")
            environ = os.environ | {"JUPYTER_DATA_DIR": str(tmp_path / ".data")}
            return subprocess.run(
                command, capture_output=True, text=True, check=False, env=environ
            )

        yield run


@pytest.mark.parametrize("way", RUNS)
def test_what_is_saved_holds_no_secret(run, way, endpoint):
    """Prints, results, widget state and an opened .env are all masked on disk."""
    done = run(RUNS[way], CELLS)
    assert done.returncode == 0, done.stderr
    (saved,) = [path for path in Path().glob("out*") if path.is_file()]
    text = saved.read_text()
    assert "Bearer ***" in text
    assert "CHILI_CLIENT_SECRET=***" in text
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in text
        assert secret not in done.stdout + done.stderr
    if saved.suffix == ".ipynb":
        assert json.loads(text)["metadata"].get("widgets") or way == "nbclient"
