"""Run every notebook against the simulator, and store its outputs in it."""

from __future__ import annotations

import base64
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PICTURES = Path(__file__).parents[1] / "docs"
LOOPBACK_ONLY = Path(__file__).parent / "notebooks" / "loopback_only.py"


def execute(notebook, folder):
    """Run a notebook in a folder, without credentials, keyring or other machines.

    Args:
        notebook: The notebook; its outputs are replaced.
        folder: Its working directory; IPython's own folder is created in it.
    """
    startup = Path(folder) / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    shutil.copy(LOOPBACK_ONLY, startup)
    for table in NOTEBOOKS.glob("*.xlsx"):
        shutil.copy(table, folder)
    environ = {
        key: value for key, value in os.environ.items() if not key.startswith("CHILI_")
    } | {
        "IPYTHONDIR": str(startup.parents[1]),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TQDM_DISABLE": "1",  # a busy machine would show the progress of each render
    }
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=120, resources=resources).execute(env=environ)


def store(path):
    """Run one notebook in a temporary folder, and write its outputs into its file."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        execute(notebook, folder)
    for cell in notebook.cells:
        # Copies of the notebook contain the pictures of its texts.
        if names := re.findall(r"\(attachment:([^)]+)\)", cell.source):
            cell.attachments = {
                name: {
                    "image/png": base64.b64encode(
                        (PICTURES / name).read_bytes()
                    ).decode()
                }
                for name in names
            }
        # The times at which cells ran would change the file at each run.
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)
    print(f"stored {path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.glob("*.ipynb"))):
        store(path)
