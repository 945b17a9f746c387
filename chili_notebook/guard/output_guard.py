"""The output guard: masks secrets in every message that leaves the kernel.

What it protects stays protected until the kernel ends, since a token cannot be
revoked.

The end of a stream that may be the beginning of a secret is held back until more text
comes, until the cell ends, clears its output or waits for input, and after the cell
for a second. A display in between does not free it, so that a few characters may
appear behind that display rather than before it.

Out of its sight are files that the notebook writes, and the terminal of the server,
to which ipykernel copies what is written to the file descriptors 1 and 2.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chili_notebook.guard.kernel_hook import Door
from chili_notebook.guard.masking import Masker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chili_notebook.auth.secret import Secret

_masker = Masker()
_whole = Masker(clipped=False)  # for texts that are the person's own
_door: Door | None = None
_lock = threading.Lock()


def protect(secret: Secret) -> None:
    """Mask this secret in every message from now on.

    Raises:
        ConfigurationError: If it has less than 8 characters.
    """
    _masker.protect(secret)
    _whole.protect(secret)


def mask(value: Any) -> Any:
    """Give a text, bytes or JSON value in which every whole secret is masked."""
    return _whole.mask_json(value)[0]


def install(shell: object) -> bool:
    """Stand at the door of this shell's kernel; once, however often it is called.

    Returns:
        Whether there is such a door; a terminal has none, and there nothing is masked.
    """
    global _door  # noqa: PLW0603 - a process has one kernel, and so one door
    kernel = getattr(shell, "kernel", None)
    session = getattr(kernel, "session", None)
    if not callable(getattr(session, "send", None)):
        return False
    with _lock:
        if _door is None or _door.session is not session:
            if _door is not None:
                _door.close()
            _door = Door(kernel, _masker, _whole)
    return True


def uninstall(shell: object) -> None:
    """Leave the door of this shell's kernel; what is protected stays known."""
    global _door  # noqa: PLW0603 - a process has one kernel, and so one door
    kernel = getattr(shell, "kernel", None)
    with _lock:
        if _door is not None and _door.session is getattr(kernel, "session", None):
            _door.close()
            _door = None


def is_active() -> bool:
    """Whether messages are masked."""
    return _door is not None


def masked_count() -> int:
    """Give at how many places the guard has masked a secret since it was installed."""
    return 0 if _door is None else _door.total


def expect_replacement(text: str) -> None:
    """Let the reply to a cell that is replaced by this text bring that about.

    Without this a cell that fails keeps its text in the notebook.
    """
    if _door is not None:
        _door.replacements.add(text)


@contextmanager
def allow_once(comm_id: str, kind: str) -> Iterator[None]:
    """Let one custom message pass as it is.

    That is the next one which this thread sends inside, if it is of this comm and its
    content is of this kind. Any other message is masked.
    """
    door, permit = _door, (threading.get_ident(), comm_id, kind)
    if door is not None:
        door.permits.add(permit)
    try:
        yield
    finally:
        if door is not None:
            door.permits.discard(permit)
