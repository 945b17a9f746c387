"""How often to poll, so that the end is noticed soon and few requests are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

# GraFx's own user interface polls every two seconds. Here a quick render is noticed
# sooner, and a render of minutes is polled less often.
_FIRST_PAUSE_S, _SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.12, 0.04, 5.0
_LONGEST_LOOK_S = 15.0
_GROWTH = 1 / 5
# Parts of the time that a render is expected to take. One look at half of it notices
# when renders have become much faster.
_FIRST_LOOK, _LAST_LOOK, _STEP = 0.5, 0.95, 0.05
_MOST_KINDS = 1_000


class Pace:
    """Learns how long renders of each kind take, and plans the polls by that.

    A kind is anything that tells renders apart, such as the format and the template.
    The file was ready somewhere between two polls. The middle between them is learned,
    and not the moment of the later one, whose lateness would be learned too.
    """

    def __init__(self) -> None:
        self._expected_s: dict[Hashable, float] = {}

    def expected_s(self, kind: Hashable) -> float | None:
        """Return how long a render of a kind takes, ``None`` if that is not known."""
        return self._expected_s.get(kind)

    def note(self, kind: Hashable, *, running_s: float, done_s: float) -> None:
        """Take a finished render into account; the latest one counts most.

        Args:
            kind: The kind of the render.
            running_s: When the render was last seen running, in seconds since its
                start; 0 if it never was.
            done_s: When it was first seen done.
        """
        took_s = (running_s + done_s) / 2
        before_s = self._expected_s.pop(kind, took_s)
        self._expected_s[kind] = (before_s + took_s) / 2
        while len(self._expected_s) > _MOST_KINDS:
            del self._expected_s[next(iter(self._expected_s))]

    def pause_s(self, kind: Hashable, waited_s: float) -> float:
        """Return how long to wait before the next poll.

        Args:
            kind: The kind of the render.
            waited_s: The time since the start of the render.
        """
        expected_s = self._expected_s.get(kind)
        if expected_s is None:
            pause_s = max(waited_s * _GROWTH, _FIRST_PAUSE_S)
        elif waited_s < _LAST_LOOK * expected_s:
            part = _FIRST_LOOK if waited_s < _FIRST_LOOK * expected_s else _LAST_LOOK
            look_s = max(part * expected_s - waited_s, _SHORTEST_PAUSE_S)
            return min(look_s, _LONGEST_LOOK_S)
        else:
            late_s = waited_s - expected_s
            pause_s = max(_STEP * expected_s, late_s * _GROWTH)
        return min(max(pause_s, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S)
