"""When to ask GraFx again: which task to poll next, and how long an outage lasts.

Twice as many tasks in flight as GraFx renders at a time keep its queue filled, so the
end of a render may be noticed a little late without any loss. What is left is to notice
it with few requests. GraFx renders in the order of the orders, so the oldest task is
polled first; when it is done, the next ones probably are too.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHORTEST_GAP_S, _LONGEST_GAP_S = 0.04, 15.0
_SHORTEST_PAUSE_S = 0.05
_PARTS = 10  # a task is polled again after this part of its age
_FIRST_PARTS = 4  # the same, as long as no duration is known
_LAST_PARTS = 24  # the same, when nothing is left to order
_MISSES_PER_DONE, _FREE_MISSES = 2, 10
_POLLED_AT_ONCE = 2  # tasks, after one that was done
_WEIGHT = 0.15
_EARLIEST, _LATEST = 0.5, 0.95

_FIRST_HOLD_S, _LONGEST_HOLD_S = 1.0, 30.0


@dataclass(slots=True)
class _Flight:
    """A task at GraFx.

    Attributes:
        since: When it was ordered, by the stopwatch.
        is_timed: Whether this run ordered it, so that its duration is learned.
        polled_at: When it was polled last.
        next_at: When it may be polled again.
        is_asked: Whether a poll of it is running.
    """

    since: float
    is_timed: bool
    polled_at: float | None = None
    next_at: float = 0.0
    is_asked: bool = False


class Polls:
    """Choose which of the tasks in flight to poll, and when.

    All times are seconds of one stopwatch.

    Attributes:
        is_last: Whether nothing is left to order, so that a late poll costs time.
    """

    def __init__(self) -> None:
        self._flights: dict[str, _Flight] = {}  # the oldest first
        self._expected_s: float | None = None
        self._deviation_s = 0.0
        self._most = 1
        self._next_at = 0.0
        self._left_at_once = 0  # of `_POLLED_AT_ONCE`
        self._done, self._missed = 0, 0
        self.is_last = False

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def _parts(self) -> int:
        return _LAST_PARTS if self.is_last else _PARTS

    @property
    def expected_s(self) -> float | None:
        """How long a task takes from its order to its end, as learned so far."""
        return self._expected_s

    def add(self, key: str, now: float, *, adopted: bool = False) -> None:
        """Add a task.

        Args:
            key: What identifies it here.
            now: The time.
            adopted: Whether an earlier run ordered it, so that it may be done.
        """
        self._flights[key] = _Flight(now, is_timed=not adopted)
        self._most = max(self._most, len(self._flights))

    def remove(self, key: str) -> None:
        """Remove a task that will not be polled again."""
        self._flights.pop(key, None)

    def take(self, now: float) -> str | None:
        """Return a task to poll now, ``None`` if it is too early for all of them."""
        key = None
        if self._left_at_once:
            key = self._oldest(now, at_once=True)
            self._left_at_once = 0 if key is None else self._left_at_once - 1
        if key is None and now >= self._next_at:
            key = self._oldest(now, at_once=False)
            if key is not None:
                self._next_at = now + self._gap_s(now)
        if key is not None:
            self._flights[key].is_asked = True
        return key

    def next_at(self) -> float | None:
        """Return when the next poll is due, ``None`` if no task waits for one."""
        times = [
            max(self._first_at(flight), flight.next_at, self._next_at)
            for flight in self._flights.values()
            if not flight.is_asked
        ]
        return min(times, default=None)

    def note_done(self, key: str, now: float) -> None:
        """Take into account that a task is done, and remove it."""
        flight = self._flights.pop(key)
        self._done += 1
        self._left_at_once = _POLLED_AT_ONCE
        if not flight.is_timed:
            return
        age_s = now - flight.since
        # It ended some time between the last two polls.
        earliest_s = (
            age_s * _LATEST
            if flight.polled_at is None
            else flight.polled_at - flight.since
        )
        took_s = (earliest_s + age_s) / 2
        if self._expected_s is None:
            self._expected_s, self._deviation_s = took_s, took_s / _PARTS
            return
        error_s = took_s - self._expected_s
        self._deviation_s += _WEIGHT * (abs(error_s) - self._deviation_s)
        self._expected_s += _WEIGHT * error_s

    def note_running(self, key: str, now: float, *, has_response: bool = True) -> None:
        """Take into account that a task is still running, or could not be polled."""
        flight = self._flights[key]
        flight.is_asked = False
        pause_s = (now - flight.since) / self._parts
        flight.next_at = now + max(_SHORTEST_PAUSE_S, pause_s)
        if has_response:
            flight.polled_at = now
            self._missed += 1

    def _oldest(self, now: float, *, at_once: bool) -> str | None:
        """Return the oldest task that may be polled.

        Args:
            now: The time.
            at_once: Whether a task counts that was polled before another one was done.
        """
        for key, flight in self._flights.items():
            if flight.is_asked or now < self._first_at(flight):
                continue
            if now >= flight.next_at:
                return key
            polled_at = flight.polled_at
            if at_once and (polled_at is None or now - polled_at > self._gap_s(now)):
                return key
        return None

    def _first_at(self, flight: _Flight) -> float:
        """Return when a task may be polled for the first time."""
        expected_s = self._expected_s
        if expected_s is None or not flight.is_timed:
            return flight.since
        early_s = expected_s - 2 * self._deviation_s
        return flight.since + min(
            max(early_s, expected_s * _EARLIEST), expected_s * _LATEST
        )

    def _gap_s(self, now: float) -> float:
        """Return the time between two polls that are probably too early."""
        if self._expected_s is None:
            oldest = next(iter(self._flights.values()), None)
            age_s = 0.0 if oldest is None else now - oldest.since
            gap_s = max(_SHORTEST_PAUSE_S, age_s / _FIRST_PARTS)
        else:
            # With a queue at GraFx, half of a render may pass without any loss.
            has_queue = self._most > 1 and not self.is_last
            parts = 2 * self._most
            gap_s = self._expected_s / (parts if has_queue else max(parts, self._parts))
        gap_s *= max(1.0, self._missed / (_MISSES_PER_DONE * self._done + _FREE_MISSES))
        return min(max(gap_s, _SHORTEST_GAP_S), _LONGEST_GAP_S)


class Outage:
    """Remember that GraFx asks to wait, or cannot be reached; slow all calls together.

    Attributes:
        since: When it began, by the stopwatch; ``None`` if all is well.
        until: No call is sent before this time.
        reason: How GraFx responded last, for the user.
        needs_check: Whether one call must succeed before the others are sent.
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self.until = 0.0
        self.reason = ""
        self.needs_check = False
        self._hold_s = 0.0

    def note(
        self, now: float, reason: str, *, wait_s: float = 0.0, is_down: bool = True
    ) -> None:
        """Note a call that failed.

        Args:
            now: The time.
            reason: Why, for the user.
            wait_s: How long GraFx asks to wait, in seconds; 0 if it does not say.
            is_down: Whether GraFx could not be reached. It could, if it only asks to
                slow down.
        """
        self.reason = reason
        self.needs_check = self.needs_check or is_down
        if self.since is None:
            self.since = now
        if now >= self.until:  # calls that were sent together count as one
            self._hold_s = min(max(self._hold_s * 2, _FIRST_HOLD_S), _LONGEST_HOLD_S)
        self.until = max(self.until, now + (wait_s or self._hold_s))

    def end(self) -> None:
        """Note that a call has succeeded."""
        self.since = None
        self.until = self._hold_s = 0.0
        self.needs_check = False
