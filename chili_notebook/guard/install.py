"""Watches over a notebook: its outputs, and what IPython stores of its cells."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from chili_notebook.guard import output_guard as guard
from chili_notebook.guard.cell_history import CellSources
from chili_notebook.system.frontend import has_front_end

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_sources: dict[int, CellSources] = {}
_lock = threading.Lock()


def watch(shell: InteractiveShell) -> None:
    """Mask secrets in this shell from now on, and in what it has stored of cells.

    It may be called as often as there is something new to mask.
    """
    with _lock:
        guard.install(shell)
        if id(shell) not in _sources:
            _sources[id(shell)] = CellSources(
                shell, can_replace=lambda: has_front_end(shell)
            )
        _sources[id(shell)].sweep()


def watch_here() -> None:
    """Mask secrets from now on if this process is a notebook's or IPython's."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        watch(shell)


def heal_cell(shell: InteractiveShell) -> None:
    """Heal the cell that runs, if it was begun before anybody watched."""
    stored = shell.history_manager.input_hist_raw if shell.history_manager else []
    watch(shell)
    if stored:
        _sources[id(shell)].heal(stored[-1])
        watch(shell)


def unwatch(shell: InteractiveShell) -> None:
    """Leave this shell as it was; what is protected stays known."""
    sources = _sources.pop(id(shell), None)
    if sources is not None:
        sources.remove()
    guard.uninstall(shell)
