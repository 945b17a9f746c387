"""How soon a batch notices that renders are done, and with how few requests."""

from __future__ import annotations

import pytest
from render_service import RenderService

from chili_notebook.batch.pacing import Outage, Polls


@pytest.mark.parametrize(
    ("slots", "render_s", "rounds"),
    [
        *((1, 0.2, 20), (8, 0.2, 10), (8, 0.6, 4), (32, 0.6, 3), (8, 2.0, 4)),
        *((32, 2.0, 3), (8, 10.0, 3), (32, 10.0, 3), (4, 60.0, 10)),
    ],
)
def test_slots_are_never_idle_and_polls_are_few(prepare, slots, render_s, rounds):
    """By the clock of the service, with twice as many tasks in flight as slots."""
    service = RenderService(slots=slots, render_s=render_s)
    count = slots * rounds
    batch = prepare(count, chili=service.client())
    before, began = len(service.requests), service.clock.now
    batch.run(concurrency=2 * slots)
    assert batch.counts["done"] == service.order_count == count
    assert service.clock.now - began <= 1.10 * render_s * rounds
    assert len(service.requests) - before <= 6 * count


def test_the_oldest_task_is_polled_first_and_the_next_ones_after_it():
    """When one is done, the next ones in the queue are polled at once."""
    polls = Polls()
    for number in range(4):
        polls.add(str(number), 100.0)
    assert polls.take(100.0) == "0"
    assert polls.take(100.0) is None
    polls.note_running("0", 100.0)
    assert polls.next_at() > 100.0
    assert polls.take(101.0) == "0"
    polls.note_done("0", 101.0)
    assert [polls.take(101.0) for _ in range(3)] == ["1", "2", None]
    assert len(polls) == 3


def test_a_task_is_not_polled_before_it_can_be_done():
    """Its duration is learned from those before; adopted tasks are polled at once."""
    polls = Polls()
    polls.add("a", 0.0)
    polls.take(10.0)
    polls.note_done("a", 10.0)
    polls.add("b", 10.0)
    assert polls.expected_s == pytest.approx(10.0, rel=0.1)
    assert polls.next_at() > 14.0
    polls.add("c", 10.0, adopted=True)
    assert polls.take(10.5) == "c"


def test_an_outage_is_asked_about_less_and_less_often():
    """The pause doubles up to half a minute; what GraFx asks for has priority."""
    outage, now, pauses = Outage(), 0.0, []
    for _ in range(8):
        outage.note(now, "refused")
        pauses.append(outage.until - now)
        now = outage.until
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    outage.note(now, "slow down", wait_s=90.0, is_down=False)
    assert outage.until == now + 90.0
    assert outage.needs_check
    outage.end()
    assert (outage.since, outage.until, outage.needs_check) == (None, 0.0, False)
