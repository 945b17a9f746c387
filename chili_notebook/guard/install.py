"""Install the guard: masked output, and masked history of cells.

A known secret stays known until the kernel ends, because a token cannot be revoked.

The guard does not see files that the notebook writes. It does not see the terminal of
the server either, to which ipykernel copies what is written to file descriptors 1
and 2.
"""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from chili_notebook.guard.cell_history import CellHistory, protect_options
from chili_notebook.guard.kernel_hook import SendHook
from chili_notebook.guard.registry import SecretRegistry
from chili_notebook.system.forks import renew_in_children
from chili_notebook.system.frontend import has_front_end

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Guard:
    """Keep secrets out of what a kernel sends and of what IPython stores of cells.

    For example::

        guard = Guard()
        guard.registry.protect(secret, label="client secret", validity=UNTIL_ROTATED)
        guard.install(get_ipython())

    Args:
        registry: The known secrets; by default none.

    Attributes:
        registry: The known secrets. They stay known when the guard is uninstalled.
    """

    def __init__(self, registry: SecretRegistry | None = None) -> None:
        self.registry = SecretRegistry() if registry is None else registry
        self._hook: SendHook | None = None  # a process has one kernel
        self._histories: dict[InteractiveShell, CellHistory] = {}
        self._renew_lock()
        renew_in_children(self._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    def install(self, shell: InteractiveShell) -> None:
        """Mask secrets in this shell from now on, and in the cells it has stored.

        Call it again when a new secret is known: the running cell and earlier cells
        may contain it. In a terminal only the stored cells are masked, because a
        terminal gets no messages.
        """
        with self._lock:
            self._install_hook(shell)
            if shell not in self._histories:
                self._histories[shell] = CellHistory(
                    shell,
                    self.registry,
                    can_replace=lambda: has_front_end(shell),
                    on_replace=self._expect_replacement,
                )
            self._histories[shell].mask_stored()

    def install_here(self) -> None:
        """Install the guard if this process runs a notebook or IPython."""
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        if shell is not None:
            self.install(shell)

    def uninstall(self, shell: InteractiveShell) -> None:
        """Leave this shell as it was before; the known secrets stay known."""
        with self._lock:
            history = self._histories.pop(shell, None)
            if history is not None:
                history.remove()
            session = _session_of(shell)
            if self._hook is not None and self._hook.session is session:
                self._hook.close()
                self._hook = None

    def fix_running_cell(self, shell: InteractiveShell) -> None:
        """Mask the text of the running cell.

        A cell that started before the guard was installed has not been checked yet.
        """
        stored = shell.history_manager.input_hist_raw if shell.history_manager else []
        protect_options(self.registry, stored[-1] if stored else "")
        self.install(shell)

    def is_active(self) -> bool:
        """Return whether messages of the kernel are masked."""
        return self._hook is not None

    def allow_once(self, comm_id: str, kind: str) -> AbstractContextManager[None]:
        """Let one custom message of this thread leave the kernel unmasked.

        That is the next custom message inside the ``with`` block, if it is of this
        comm and its content has this kind. Every other message is masked.
        """
        hook = self._hook
        return nullcontext() if hook is None else hook.allow_once(comm_id, kind)

    def _install_hook(self, shell: InteractiveShell) -> None:
        session = _session_of(shell)
        if session is None or (
            self._hook is not None and self._hook.session is session
        ):
            return
        if self._hook is not None:
            self._hook.close()
        kernel = cast("Any", shell).kernel  # a shell of ipykernel has one
        self._hook = SendHook(kernel, self.registry.masker)

    def _expect_replacement(self, text: str) -> None:
        if self._hook is not None:
            self._hook.expect_replacement(text)


def _session_of(shell: InteractiveShell) -> object | None:
    """Return what sends the messages of this shell's kernel; a terminal has none."""
    session = getattr(getattr(shell, "kernel", None), "session", None)
    return session if callable(getattr(session, "send", None)) else None


_PROCESS_GUARD = Guard()  # made with the module: no two threads can make two


def process_guard() -> Guard:
    """Return the one guard of this process."""
    return _PROCESS_GUARD
