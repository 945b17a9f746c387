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
    # What the kernel knows about the running cell: requests to a front-end need it.
    context = copy_context()
    results: list[CallResult[_T]] = []

    def call() -> None:
        try:
            results.append(CallResult(context.run(function)))
        except BaseException as error:  # noqa: BLE001 - other code raises anything
            results.append(CallResult(failure=type(error).__name__))

    thread = threading.Thread(target=call, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # no thread can be started any more
        return CallResult(failure=type(error).__name__)
    thread.join(timeout_s)
    return results[0] if results else CallResult(is_late=True)
