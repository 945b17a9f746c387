"""Polls of output tasks: when to ask, for how long, and what is no answer yet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ServerError,
)
from chili_notebook.http.transport import ONCE, asked_wait_s

if TYPE_CHECKING:
    import httpx

    from chili_notebook.api.base import Calls

_NOT_YET = {202, 204}
_PASSING = {429, 502, 503, 504}
_FAILED = 500
_SHORTEST_POLL_S, _LONGEST_POLL_S = 1.0, 30.0
SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0
_POLLS_IN_A_RENDER = 8


class Pace:
    """How long the renders of each kind took in this session."""

    def __init__(self) -> None:
        self._took_s: dict[str | None, float] = {}

    def note(self, kind: str | None, took_s: float) -> None:
        """Take a finished render into account, the latest most."""
        before_s = self._took_s.get(kind, took_s)
        self._took_s[kind] = (before_s + took_s) / 2

    def pause(self, kind: str | None, waited_s: float) -> float:
        """Say how many seconds to wait before the next poll."""
        expected_s = max(waited_s, self._took_s.get(kind, 0.0))
        pause_s = expected_s / _POLLS_IN_A_RENDER
        return min(max(pause_s, SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a poll has heard of its task.

    Attributes:
        done: The answer that says that the task is done.
        hitch: Why there was no answer on the task; empty if there was.
        wait_s: How long to wait before the next poll, as far as that was asked.
    """

    done: httpx.Response | None = None
    hitch: str = ""
    wait_s: float = 0.0


def ask(client: Calls, path: str, *, left_s: float) -> Heard:
    """Ask once how a task is doing, for not much longer than there is time.

    What a gateway says, or a line that is cut, says nothing of the task, which goes on.

    Raises:
        APIError: If GraFx itself says that the task failed, or refuses to tell.
    """
    try:
        response = client.get(
            path,
            accepted=_PASSING,
            timeout=min(max(left_s, _SHORTEST_POLL_S), _LONGEST_POLL_S),
            extensions=ONCE,  # whoever polls asks again anyway
        )
    except ConnectionFailedError as error:
        return Heard(hitch=error.message)
    except ServerError as error:
        if is_word_of_grafx(error):
            raise
        return Heard(hitch=error.message)
    if response.status_code in _PASSING:
        told = f"GraFx answered {response.status_code}."
        return Heard(hitch=told, wait_s=asked_wait_s(response))
    return Heard(None if response.status_code in _NOT_YET else response)


def is_word_of_grafx(error: ServerError) -> bool:
    """Whether a failure is GraFx's own word on what was asked, and no gateway's."""
    return error.status_code == _FAILED and bool(error.title or error.detail)


def seconds_of(timeout_s: object) -> float:
    """Read how long to wait.

    Raises:
        ConfigurationError: If it is no number of seconds.
    """
    try:
        seconds = float(timeout_s)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not math.isnan(seconds):
        return seconds
    raise ConfigurationError(
        f"{timeout_s!r} is no number of seconds.",
        hint="Give timeout_s a number, such as 300.",
    )
