"""Call a function that may never return, with a time limit."""

from __future__ import annotations

import threading
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CallResult(Generic[_T]):
    """The result of `call_within`.

    Attributes:
        value: What the function returned; ``None`` if it did not return.
        failure: The name of the class of the error that it raised, or empty. The
            message is left out, because it may quote a secret.
        is_late: Whether it has not returned in time.
    """

    value: _T | None = None
    failure: str = ""
    is_late: bool = False


def call_within(timeout_s: float, function: Callable[[], _T]) -> CallResult[_T]:
    """Call a function in a thread that cannot keep the process alive.

    Args:
        timeout_s: How long to wait. The thread continues afterwards, because Python
            cannot end it.
        function: The function.
    """
    call = _Call(function)
    try:
        call.start()
    except RuntimeError as error:  # no thread can be started any more
        return CallResult(failure=type(error).__name__)
    call.join(timeout_s)
    return call.result or CallResult(is_late=True)


class _Call(threading.Thread, Generic[_T]):
    def __init__(self, function: Callable[[], _T]) -> None:
        super().__init__(daemon=True)
        self._function = function
        # What the kernel knows about the running cell: requests to a front-end need it.
        self._context = copy_context()
        self.result: CallResult[_T] | None = None

    def run(self) -> None:
        try:
            self.result = CallResult(self._context.run(self._function))
        except BaseException as error:  # noqa: BLE001 - other code raises anything
            self.result = CallResult(failure=type(error).__name__)
