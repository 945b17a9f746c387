"""Sign in to CHILI GraFx from a notebook.

``%load_ext chili_notebook`` and then ``%chili_login``; outside IPython, `login`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from chili_notebook.api.client import Chili
    from chili_notebook.auth.handle import ChiliToken
    from chili_notebook.signin import login

__version__ = "0.1.0"
__all__ = ["Chili", "ChiliToken", "__version__", "errors", "login"]

_HOMES = {
    "Chili": "chili_notebook.api.client",
    "ChiliToken": "chili_notebook.auth.handle",
    "login": "chili_notebook.signin",
}


def __getattr__(name: str) -> Any:
    # Loading the extension must not load httpx: names are fetched when first used.
    from importlib import import_module

    if name == "errors":
        return import_module("chili_notebook.errors")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; what ``%load_ext chili_notebook`` calls."""
    from chili_notebook.notebook.magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove the magics and close the sessions; what ``%unload_ext`` calls."""
    from chili_notebook.notebook.magics import unload

    unload(shell)
