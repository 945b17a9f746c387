"""Find out which front-end shows this notebook, and where the notebook is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def folder_of(shell: InteractiveShell) -> Path:
    """Give the folder of the notebook, or else the working directory."""
    # VS Code runs kernels in the folder of the workspace and tells the notebook.
    notebook = shell.user_ns.get("__vsc_ipynb_file__")
    return Path(notebook).parent if isinstance(notebook, str) else Path.cwd()


def has_front_end(shell: InteractiveShell, *, voila: bool = False) -> bool:
    """Whether somebody may answer: papermill, nbclient and nbconvert say no.

    Args:
        shell: The shell that runs the notebook.
        voila: What to say in Voilà, whose readers are not the notebook's author.
    """
    if in_voila():
        return voila
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return False
    content = kernel.get_parent("shell").get("content", {})
    return bool(content.get("allow_stdin", False))


def in_voila() -> bool:
    """Whether Voilà runs the notebook: readers see live widgets and run no cell."""
    # Set for every kernel of Voilà, also for those that it warms up beforehand.
    return "VOILA_BASE_URL" in os.environ
