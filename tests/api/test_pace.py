"""The pace of polling: on time with few polls, and never late by its own lateness."""

from __future__ import annotations

import pytest

from chili_notebook.api.pace import Pace


def polls_of(pace, render_s, *, latency_s=0.01):
    """Return when the polls of one render come, by a pace that learns from it."""
    times, now_s = [], pace.pause_s("png", 0.0)
    running_s = 0.0
    while now_s < render_s:
        times.append(now_s)
        running_s = now_s + latency_s
        now_s = running_s + pace.pause_s("png", running_s)
    pace.note("png", running_s=running_s, done_s=now_s + latency_s)
    return [*times, now_s]


@pytest.mark.parametrize(
    ("render_s", "latest"), [(0.2, 1.4), (1, 1.08), (5, 1.07), (20, 1.06), (60, 1.06)]
)
def test_learned_render_is_noticed_on_time_with_few_polls(render_s, latest):
    """No later render of the same length is late, however many there have been."""
    pace = Pace()
    polls_of(pace, render_s)
    for _render in range(40):
        polls = polls_of(pace, render_s)
        assert polls[-1] <= render_s * latest
        assert len(polls) <= 7 if render_s > 50 else len(polls) <= 5
    assert pace.expected_s("png") == pytest.approx(render_s, rel=0.1)


@pytest.mark.parametrize("render_s", [0.05, 0.2, 1, 5, 20])
def test_first_render_is_late_by_a_fifth_at_most(render_s):
    """Nothing is known of it, and it is polled about 25 times at most."""
    polls = polls_of(Pace(), render_s)
    assert polls[-1] <= max(render_s * 1.25, 0.25)
    assert len(polls) <= 26


@pytest.mark.parametrize(("before_s", "now_s"), [(20, 2), (20, 60), (1, 0.2), (1, 9)])
def test_pace_follows_renders_that_become_faster_or_slower(before_s, now_s):
    """The first one is late by half at most; soon after, they are on time again."""
    pace = Pace()
    for _render in range(3):
        polls_of(pace, before_s)
    first = polls_of(pace, now_s)
    assert first[-1] <= max(now_s * 1.3, before_s * 0.55)
    for _render in range(8):
        polls_of(pace, now_s)
    assert polls_of(pace, now_s)[-1] <= now_s * 1.3


def test_kinds_are_learned_apart_and_the_oldest_are_forgotten():
    """A slow video does not slow pictures down, and memory stays flat."""
    pace = Pace()
    pace.note("mp4", running_s=20, done_s=22)
    assert pace.expected_s("mp4") == 21
    assert pace.expected_s("png") is None
    assert pace.pause_s("png", 0.0) < 0.2
    for number in range(2_000):
        pace.note(number, running_s=1, done_s=1)
    assert pace.expected_s("mp4") is None
    assert pace.expected_s(1_999) == 1


def test_no_pause_is_longer_than_some_seconds():
    """A render that takes much longer than expected is noticed soon."""
    pace = Pace()
    pace.note("mp4", running_s=600, done_s=600)
    assert pace.pause_s("mp4", 0.0) == 15.0
    assert pace.pause_s("mp4", 3_600.0) == pace.pause_s("png", 3_600.0) == 5.0
