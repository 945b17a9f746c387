"""Keep secrets out of what IPython stores of cells: source, ``In``, history, logs.

IPython stores these without sending a message, so the hook in the kernel never sees
them: they are masked where IPython stores them. If a cell's own source contains a
secret, it is also replaced in the notebook.
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
from chili_notebook.guard.registry import UNTIL_ROTATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

    from chili_notebook.guard.registry import SecretRegistry

_MAGIC_LINE = re.compile(r"^\s*%{1,2}chili_\w+\b([^#\n]*)", re.MULTILINE)
_WORD = r"(?:client[-_]?secret|access[-_]?token|secret|token|password)"
# "--client-secret X", "--token=X", "CHILI_CLIENT_SECRET=X" and similar.
_OPTION = re.compile(
    rf"""(?:--{_WORD}(?:\s*=\s*|\s+)|\b(?:CHILI_\w*)?{_WORD}\s*=\s*)
        (["']?)([^\s"'-][^\s"']*)\1""",
    re.IGNORECASE | re.VERBOSE,
)
_ROTATE = (
    "If the notebook was saved or shared before, rotate the secret on the "
    "integration's page in GraFx."
)
_INPUT_NAME = re.compile(r"_i+\d*")


def secrets_in_options(text: str) -> Iterator[Secret]:
    """Yield the values that a line of our magics contains as options for secrets."""
    for line in _MAGIC_LINE.findall(text):
        yield from (Secret(value) for _quote, value in _OPTION.findall(line))


def protect_options(registry: SecretRegistry, source: str) -> None:
    """Protect the secrets that a cell contains as options of our magics."""
    for secret in secrets_in_options(source):
        with suppress(ConfigurationError):  # too short to be a secret
            registry.protect(
                secret, label="secret in a cell's source", validity=UNTIL_ROTATED
            )


class CellHistory:
    """Mask what a shell stores of its cells, from now on until `remove`.

    Args:
        shell: The shell.
        registry: The known secrets.
        can_replace: Returns whether a front-end can replace the source of a cell.
        on_replace: Called with the masked source before a cell is replaced.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        registry: SecretRegistry,
        *,
        can_replace: Callable[[], bool],
        on_replace: Callable[[str], object] = lambda _text: None,
    ) -> None:
        self._shell = shell
        self._registry = registry
        self._can_replace = can_replace
        self._on_replace = on_replace
        self._wrapped: list[tuple[Any, str, Any, Any]] = []
        self._masked_for: object = None
        self._is_running = True  # the first login installs this while its cell runs
        self._wrap(shell.history_manager, "store_inputs", self._mask_arguments)
        self._wrap(shell.history_manager, "store_output", self._mask_reprs)
        self._wrap(shell.logger, "log_write", self._mask_arguments)
        self._wrap(shell, "run_line_magic", self._mask_outputs_before)
        shell.events.register("pre_run_cell", self._before_cell)
        shell.events.register("post_run_cell", self._after_cell)

    def remove(self) -> None:
        """Leave the shell as it was before."""
        self._shell.events.unregister("pre_run_cell", self._before_cell)
        self._shell.events.unregister("post_run_cell", self._after_cell)
        for owner, name, wrapper, before in self._wrapped:
            # If other code has wrapped it again, this wrapper must stay.
            if vars(owner).get(name) is wrapper:
                delattr(owner, name)
                if before is not None:
                    setattr(owner, name, before)
        self._wrapped.clear()

    def fix_cell(self, source: str) -> None:
        """Replace the source of the running cell if it contains a secret.

        A message tells the user what was done.
        """
        masked = cast("str", self._registry.mask(source))
        if masked == source:
            return
        outcome = "Remove it from the notebook by hand."
        if self._can_replace():
            self._on_replace(masked)
            self._shell.set_next_input(masked, replace=True)
            outcome = "The cell was replaced in the notebook."
        sys.stderr.write(
            "chili_notebook: this cell contained a secret. It was not stored in In or "
            f"in IPython's history. {outcome} {_ROTATE}\n"
        )

    def mask_stored(self) -> None:
        """Mask the stored cells that started before their secrets were known.

        The running cell is replaced in the notebook. A message names the other cells,
        because a front-end replaces only the running one.
        """
        masker = self._registry.masker
        if self._masked_for is masker.generation:
            return  # every cell since then was masked when it was stored
        self._masked_for = masker.generation
        mask = self._registry.mask
        history: Any = self._shell.history_manager
        sources = history.input_hist_raw
        found = _mask_list(sources, mask)
        running = ""
        if self._is_running and found and max(found) == len(sources) - 1:
            running = found.pop(len(sources) - 1)
        _mask_list(history.input_hist_parsed, mask)
        with history.db_input_cache_lock:
            _mask_list(history.db_input_cache, mask)
        names = self._shell.user_ns
        inputs = {name: names[name] for name in names if _INPUT_NAME.fullmatch(name)}
        names.update(mask(inputs))
        for name in ("_i", "_ii", "_iii", "_i00"):
            setattr(history, name, mask(getattr(history, name)))
        if history.enabled and Path(history.hist_file).exists():
            mask_session(Path(history.hist_file), history.session_number, mask)

        # Last: a stream that fails must not keep a secret in the history.
        if running:
            self.fix_cell(running)
        if found:
            _name_cells(list(found))

    def _wrap(self, owner: Any, name: str, wrap: Callable[..., Any]) -> None:
        before = vars(owner).get(name)
        wrapper = wrap(getattr(owner, name))
        setattr(owner, name, wrapper)
        self._wrapped.append((owner, name, wrapper, before))

    def _mask_arguments(self, store: Callable[..., Any]) -> Callable[..., Any]:
        mask = self._registry.mask

        def store_masked(*args: Any, **kwargs: Any) -> Any:
            masked = [mask(value) for value in args]
            return store(*masked, **{key: mask(v) for key, v in kwargs.items()})

        return store_masked

    def _mask_reprs(self, store: Callable[[int], Any]) -> Callable[[int], Any]:
        def store_masked(line: int) -> Any:
            reprs = cast("Any", self._shell.history_manager).output_hist_reprs
            if line in reprs:
                reprs[line] = self._registry.mask(reprs[line])
            return store(line)

        return store_masked

    def _mask_outputs_before(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def run_line_magic(name: str, line: str, _stack_depth: int = 1) -> Any:
            if name == "notebook":
                self._mask_outputs()
            # Variables in the line are those of the caller, one frame further away.
            return run(name, line, _stack_depth + 1)

        return run_line_magic

    def _before_cell(self, info: ExecutionInfo) -> None:
        self._is_running = bool(info.store_history)
        source = info.raw_cell or ""
        protect_options(self._registry, source)
        self.fix_cell(source)

    def _after_cell(self, _result: object) -> None:
        self._is_running = False

    def _mask_outputs(self) -> None:
        """Mask the stored outputs before ``%notebook`` writes them to a file."""
        history: Any = self._shell.history_manager
        for name in ("outputs", "exceptions"):  # of IPython 9.1 and later
            stored = getattr(history, name, {})
            for number, entry in list(stored.items()):
                stored[number] = self._mask_output(entry)

    def _mask_output(self, entry: Any) -> Any:
        """Mask one output: JSON, or a record of IPython that holds a MIME bundle."""
        if isinstance(entry, list):
            return [self._mask_output(item) for item in entry]
        if hasattr(entry, "bundle"):
            return replace(entry, bundle=self._registry.mask(entry.bundle))
        return self._registry.mask(entry)


def _mask_list(values: list[Any], mask: Callable[[Any], Any]) -> dict[int, Any]:
    """Mask a list in place; return the previous values of those that changed."""
    masked = mask(values)
    if masked is values:
        return {}
    changed = {
        number: before
        for number, (before, after) in enumerate(zip(values, masked, strict=True))
        if after is not before
    }
    for number, before in changed.items():
        after = masked[number]
        values[number] = tuple(after) if isinstance(before, tuple) else after
    return changed


def _name_cells(numbers: list[int]) -> None:
    """Tell the user which earlier cells contain a secret."""
    cells = ", ".join(f"[{number}]" for number in numbers)
    contain = "cell {} contains" if len(numbers) == 1 else "cells {} contain"
    sys.stderr.write(
        f"chili_notebook: {contain.format(cells)} a secret that was not known when it "
        "ran. Remove it from the notebook by hand, or save the notebook and run "
        f"%chili_audit --fix. {_ROTATE}\n"
    )


def mask_session(path: Path, session: int, mask: Callable[[Any], Any]) -> None:
    """Mask the rows of one session in a history database.

    A database that cannot be opened or written is left as it is.
    """
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
        before = [list(row) for row in rows]
        after = mask(before)
        for (rowid, *texts), (_rowid, *masked) in zip(before, after, strict=True):
            if masked != texts:
                database.execute(
                    "UPDATE history SET source = ?, source_raw = ? WHERE rowid = ?",
                    (*masked, rowid),
                )
