"""Keeps secrets out of what IPython stores of a cell: its text, ``In``, its history.

No message carries these, so the output guard never sees them: they are masked where
IPython stores them. A secret in a cell's own text is replaced in the notebook too.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard import output_guard as guard
from chili_notebook.guard.registry import UNTIL_ROTATED, protect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

# "%chili_login --client-secret X", "CHILI_CLIENT_SECRET=X", "--token=X", and the like.
_OUR_LINE = re.compile(r"^\s*%{1,2}chili_\w+\b([^#\n]*)", re.MULTILINE)
_WORD = r"(?:client[-_]?secret|access[-_]?token|secret|token|password)"
_OPTION = re.compile(
    rf"""(?:--{_WORD}(?:\s*=\s*|\s+)|\b(?:CHILI_\w*)?{_WORD}\s*=\s*)
        (["']?)([^\s"'-][^\s"']*)\1""",
    re.IGNORECASE | re.VERBOSE,
)


_INPUT = re.compile(r"_i+\d*")


def secrets_in_options(text: str) -> Iterator[Secret]:
    """Give what was put behind an option of one of our magics as a secret."""
    for line in _OUR_LINE.findall(text):
        yield from (Secret(value) for _quote, value in _OPTION.findall(line))


class CellSources:
    """Masks what a shell stores of its cells, until it is taken off.

    Args:
        shell: The shell.
        can_replace: Whether somebody sits at a notebook whose cell can be replaced.
    """

    def __init__(
        self, shell: InteractiveShell, *, can_replace: Callable[[], bool]
    ) -> None:
        self._shell = shell
        self._can_replace = can_replace
        self._wrapped: list[tuple[Any, str, Any, Any]] = []
        self._wrap(shell.history_manager, "store_inputs", self._masking_arguments)
        self._wrap(shell.history_manager, "store_output", self._masking_reprs)
        self._wrap(shell.logger, "log_write", self._masking_arguments)
        shell.events.register("pre_run_cell", self._before)

    def remove(self) -> None:
        """Leave the shell as it was."""
        self._shell.events.unregister("pre_run_cell", self._before)
        for owner, name, wrapper, before in self._wrapped:
            # If somebody has wrapped it in turn, this wrapper stays.
            if vars(owner).get(name) is wrapper:
                delattr(owner, name)
                if before is not None:
                    setattr(owner, name, before)
        self._wrapped.clear()

    def _wrap(self, owner: Any, name: str, wrap: Callable[..., Any]) -> None:
        before = vars(owner).get(name)
        wrapper = wrap(getattr(owner, name))
        setattr(owner, name, wrapper)
        self._wrapped.append((owner, name, wrapper, before))

    @staticmethod
    def _masking_arguments(store: Callable[..., Any]) -> Callable[..., Any]:
        def store_masked(*given: Any, **named: Any) -> Any:
            masked = [guard.mask(value) for value in given]
            return store(*masked, **{key: guard.mask(v) for key, v in named.items()})

        return store_masked

    def _before(self, info: ExecutionInfo) -> None:
        """Look at a cell before it runs."""
        text = info.raw_cell or ""
        if "notebook" in text:
            self._mask_outputs()
        self.heal(text)

    def heal(self, text: str) -> None:
        """Replace the text of the cell that runs if it holds a secret, and say so."""
        for secret in secrets_in_options(text):
            with suppress(ConfigurationError):  # too short to be one
                protect(secret, "secret in a cell's text", UNTIL_ROTATED)
        masked = cast("str", guard.mask(text))
        if masked == text:
            return
        done = "must be taken out of the notebook by hand"
        if self._can_replace():
            self._shell.set_next_input(masked, replace=True)
            guard.expect_replacement(masked)
            done = "was replaced in the notebook"
        sys.stderr.write(
            f"chili_notebook: this cell held a secret. It was kept out of In and of "
            f"IPython's history, and {done}. If the notebook had been saved or shared, "
            "rotate the secret on the integration's page in GraFx.\n"
        )

    def sweep(self) -> None:
        """Mask what was stored of earlier cells, before their secrets were known."""
        history: Any = self._shell.history_manager
        for kept in (history.input_hist_raw, history.input_hist_parsed):
            kept[:] = [guard.mask(text) for text in kept]
        with history.db_input_cache_lock:
            waiting = history.db_input_cache
            waiting[:] = [tuple(guard.mask(list(entry))) for entry in waiting]
        names = self._shell.user_ns
        for name in [name for name in names if _INPUT.fullmatch(name)]:
            names[name] = guard.mask(names[name])
        for name in ("_i", "_ii", "_iii", "_i00"):
            setattr(history, name, guard.mask(getattr(history, name)))
        if history.enabled and Path(history.hist_file).exists():
            mask_session(Path(history.hist_file), history.session_number, guard.mask)

    def _mask_outputs(self) -> None:
        """Mask what IPython has kept of outputs, from which ``%notebook`` writes."""
        history: Any = self._shell.history_manager
        for name in ("outputs", "exceptions"):  # of IPython 9.1 and later
            kept = getattr(history, name, {})
            for number, entry in list(kept.items()):
                kept[number] = _masked_entry(entry)

    def _masking_reprs(self, store: Callable[[int], Any]) -> Callable[[int], Any]:
        def store_masked(line: int) -> Any:
            reprs = cast("Any", self._shell.history_manager).output_hist_reprs
            if line in reprs:
                reprs[line] = guard.mask(reprs[line])
            return store(line)

        return store_masked


def _masked_entry(entry: Any) -> Any:
    """Mask one entry: JSON, or IPython's records with a bundle."""
    if isinstance(entry, list):
        return [_masked_entry(item) for item in entry]
    if hasattr(entry, "bundle"):
        return replace(entry, bundle=guard.mask(entry.bundle))
    return guard.mask(entry)


def mask_session(path: Path, session: int, mask: Callable[[str], str]) -> None:
    """Mask the rows of one session in a history database, as far as it can be had."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(path, timeout=5)) as database,
        database,
    ):
        database.execute("PRAGMA secure_delete = ON")
        rows = database.execute(
            "SELECT rowid, source, source_raw FROM history WHERE session = ?",
            (session,),
        )
        for rowid, *texts in rows.fetchall():
            masked = [mask(text) for text in texts]
            if masked != texts:
                database.execute(
                    "UPDATE history SET source = ?, source_raw = ? WHERE rowid = ?",
                    (*masked, rowid),
                )
