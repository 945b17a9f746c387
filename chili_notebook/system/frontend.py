"""Find out which front-end shows this notebook, and where the notebook is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def find_notebook_folder(shell: InteractiveShell) -> Path:
    """Return the folder of the notebook; without one the working directory."""
    # VS Code runs kernels in the workspace's folder and passes the notebook's path.
    notebook = shell.user_ns.get("__vsc_ipynb_file__")
    if isinstance(notebook, str):
        return Path(notebook).parent
    return find_working_folder()


def find_working_folder() -> Path:
    """Return the working directory; ``.`` if it has been deleted meanwhile."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path()


def has_front_end(shell: InteractiveShell, *, voila: bool = False) -> bool:
    """Return whether a user can answer: not in papermill, nbclient and nbconvert.

    Args:
        shell: The shell that runs the notebook.
        voila: What to return in Voilà, where the reader is not the author.
    """
    if in_voila():
        return voila
    kernel: Any = getattr(shell, "kernel", None)
    try:
        content = kernel.get_parent("shell")["content"]
    except Exception:  # noqa: BLE001 - other kernels than ipykernel raise anything
        return False
    return bool(content.get("allow_stdin", False))


def in_voila() -> bool:
    """Return whether Voilà runs the notebook: readers see widgets and run no cell."""
    # Voilà sets this for every kernel, also for preheated ones.
    return "VOILA_BASE_URL" in os.environ
