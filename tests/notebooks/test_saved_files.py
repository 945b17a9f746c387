"""The files that the usual ways to run a notebook save contain no secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CLIENT_SECRET

CELLS = [
    "%load_ext chili_notebook",
    "%chili_login",
    "import sys; print(chili_token); print(chili_token, file=sys.stderr)",
    "{'Authorization': f'Bearer {chili_token}'}",
    "import ipywidgets; ipywidgets.HTML(str(chili_token))",
    "print(open('.env').read())",
]
JUPYTER = (sys.executable, "-m", "jupyter")
NBCONVERT = (*JUPYTER, "nbconvert", "--execute", "notebook.ipynb")
COMMANDS = {
    "nbconvert": [*NBCONVERT, "--to", "notebook", "--output", "out.ipynb"],
    "nbconvert to HTML": [*NBCONVERT, "--to", "html", "--output", "out.html"],
    "nbclient": [*JUPYTER, "execute", "--output=out", "notebook.ipynb"],
    "papermill": [
        *(sys.executable, "-m", "papermill", "notebook.ipynb", "out.ipynb"),
        *("--parameters", "name", "value", "--kernel", "python3"),
    ],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_saved_file_contains_no_secret(
    name, write_notebook, login_variables, endpoint, tmp_path
):
    """Prints, results, widget state and an opened .env are masked in the file."""
    write_notebook(CELLS)
    lines = [f"{key}={value}\n" for key, value in login_variables.items()]
    Path(".env").write_text("".join(lines))
    result = subprocess.run(
        COMMANDS[name],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"JUPYTER_DATA_DIR": str(tmp_path / ".data")},
    )
    assert result.returncode == 0, result.stderr
    (path,) = [path for path in Path().glob("out*") if path.is_file()]
    saved = path.read_text()
    assert "Bearer ***" in saved
    assert "CHILI_CLIENT_SECRET=***" in saved
    for secret in (CLIENT_SECRET, *endpoint.issued):
        assert secret not in saved
        assert secret not in result.stdout + result.stderr
    if path.suffix == ".ipynb" and name != "nbclient":  # which saves no widget state
        assert json.loads(saved)["metadata"]["widgets"]
