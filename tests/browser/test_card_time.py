"""The time on the card is true, whatever became of clocks, tabs and kernels."""

from __future__ import annotations

import pytest
from card_page import (
    DAY_S,
    FORM,
    NOW,
    SECURE,
    SIGNED_IN,
    STATES,
    SYNC,
    TOKEN,
    Card,
    at,
    open_page,
)

pytestmark = pytest.mark.browser

BUSY = "The kernel is busy or gone"
SAME = {
    "kind": "info",
    "text": "GraFx gave the same token again; a new one is issued from about {moment}.",
    "hint": "",
    "field": "",
}


@pytest.mark.parametrize("clock_is_off_by_s", [-DAY_S, -3600, 3600, DAY_S])
def test_a_wrong_clock_of_the_browser_is_told_and_misleads_nobody(
    make_card, clock_is_off_by_s
):
    """The time left is the kernel's; that the clocks differ is said."""
    ends = NOW + 7200 - clock_is_off_by_s
    card = make_card(token=TOKEN | {"expires_at": ends}, remaining_s=7200.0)
    assert "no kernel has confirmed it" in card.text
    card.answer(7200.0)
    assert (card.phase, card.countdown) == ("signed-in", "2 h 0 min")
    hours = abs(clock_is_off_by_s) // 3600
    assert f"are {hours} h 0 min apart" in card.text
    assert "no kernel has confirmed it" not in card.text


def test_clocks_that_agree_are_not_spoken_of(make_card):
    """A minute between two clocks is nothing to speak of."""
    card = make_card(token=TOKEN | {"expires_at": NOW + 7260}, remaining_s=7200.0)
    card.answer(7200.0)
    assert "apart" not in card.text


def test_a_night_of_sleep_is_counted_and_asked_about(make_card):
    """After hours in which the monotonic clock stood, the card shows the true time."""
    card = make_card(**at(79_045.0))
    card.page.clock.set_system_time(NOW + 8 * 3600)
    card.become_visible()
    assert card.countdown == "13 h 57 min"
    assert "no kernel has confirmed it" in card.text
    card.answer(79_045.0 - 8 * 3600 - 2)
    assert "no kernel has confirmed it" not in card.text
    assert card.sent == [SYNC, SYNC]


def test_a_token_that_ended_in_the_night_is_expired_at_once(make_card):
    """Nothing has to tick first."""
    card = make_card(**at(3600.0 * 4))
    card.page.clock.set_system_time(NOW + 8 * 3600)
    card.become_visible()
    assert card.phase == "expired"
    assert "since Tue 24 Nov, 20:00" in card.text


def test_the_end_stays_where_it_was(make_card):
    """A token that ended hours ago ended then, and not when the kernel was asked."""
    card = make_card(**at(-7200.0))
    card.answer(-7200.0)
    assert "since Tue 24 Nov, 14:00" in card.text
    card.page.clock.fast_forward(3600_000)
    card.become_visible()
    assert "since Tue 24 Nov, 14:00" in card.text


def test_a_kernel_that_does_not_answer_a_page_that_came_back_is_told(make_card):
    """The card goes on counting, and says that nobody confirms it; once it is told."""
    card = make_card(**at(79_045.0))
    card.answer(79_045.0)
    card.become_visible()
    card.page.clock.run_for(9_000)
    assert BUSY not in card.text
    card.page.clock.run_for(3_000)
    assert BUSY in card.text
    assert card.phase == "signed-in"
    card.answer(79_033.0)
    assert BUSY not in card.text
    assert card.sent == [SYNC, SYNC]


def test_a_busy_kernel_at_the_start_is_not_blamed(make_card):
    """The cell that shows the card may run for minutes before the kernel can answer."""
    card = make_card(**at(79_045.0))
    card.page.clock.run_for(60_000)
    assert BUSY not in card.text
    assert card.countdown == "21 h 56 min"


@pytest.mark.parametrize(
    "word",
    [
        {"kind": "time", "serial": 1, "remaining_s": 79_045.0},
        {"kind": "time", "serial": 2, "remaining_s": 5.0},
        {"kind": "done"},
    ],
)
def test_what_an_old_notebook_says_is_no_session(make_card, word):
    """Nothing is ready and nothing can be clicked, until its kernel says anything."""
    card = make_card(STATES["unconfirmed"])
    card.page.clock.run_for(60_000)
    assert card.phase == "unconfirmed"
    assert "Not confirmed" in card.text
    assert "no kernel has confirmed it" in card.text
    assert "stays valid until Wed 25 Nov, 13:57" in card.text
    assert "ready" not in card.text
    assert "Signed in" not in card.text
    assert card.root.get_by_role("button").count() == 0
    assert card.sent == [SYNC]
    card.page.evaluate("message => harness.say(message)", word)
    assert card.phase == "signed-in"
    assert "are ready" in card.text


def test_a_dead_kernel_leaves_the_moment(make_card):
    """Gone, the kernel takes the session along; the token lives on until then."""
    card = make_card(**at(79_045.0))
    card.page.evaluate("harness.isClosed = true; harness.lose()")
    assert card.phase == "signed-out"
    assert "kernel has been restarted or is gone" in card.text
    assert "stays valid until Wed 25 Nov, 13:57" in card.text
    assert not card.button("Sign out").is_visible()


def test_a_kernel_that_dies_while_signing_in_has_failed(make_card):
    """The card does not go on asking for a token that nobody asks for any more."""
    card = make_card(STATES["signing-in"])
    card.page.evaluate("harness.lose()")
    assert card.phase == "failed"
    assert "Asking GraFx" not in card.text
    assert "kernel has been restarted or is gone" in card.text


def test_an_unknown_end_from_a_saved_notebook_is_doubted(make_card):
    """Where no time can tell that a state is old, the kernel has to confirm it."""
    token = TOKEN | {"expires_at": None, "lifetime_s": None}
    card = make_card(token=token, remaining_s=None)
    assert "no kernel has confirmed it" in card.text
    card.answer(None)
    assert "no kernel has confirmed it" not in card.text
    assert card.countdown == "expiry unknown"


@pytest.mark.parametrize(
    ("left_s", "told"),
    [
        (79_045.0, "issued from about Wed 25 Nov, 12:57."),
        (3 * 3600.0 + 300, "issued from about 18:05."),
    ],
)
def test_the_same_token_again_is_told_with_the_moment_of_a_new_one(
    make_card, left_s, told
):
    """In the reader's time zone, and by the clock that they look at."""
    card = make_card(**at(left_s))
    card.button("Refresh").click()
    assert card.button("Refreshing…").is_disabled()
    card.change(note=SAME | {"moment": NOW + left_s - 3600})
    assert told in card.text
    assert "{" not in card.text


def test_a_moment_is_right_by_a_wrong_clock(make_card):
    """What is hours away by the kernel is as many hours away by the browser."""
    off = {"token": TOKEN | {"expires_at": NOW - DAY_S + 4 * 3600}}
    card = make_card(note=SAME | {"moment": NOW - DAY_S + 3 * 3600}, **off)
    card.answer(4 * 3600.0)
    assert "issued from about 19:00." in card.text


def test_calls_that_were_refused_are_told_as_what_they_are(make_card):
    """Two of them are not one."""
    card = make_card(STATES["refused"] | {"lacking": ["media:list", "output:static"]})
    told = "GraFx refused calls that probably need media:list, output:static."
    assert told in card.text


def test_what_a_call_needed_is_marked_until_the_token_has_it(make_card):
    """The scope stands in its place in the grid, in words and beside a sign."""
    card = make_card(STATES["refused"])
    assert "GraFx refused a call that probably needs output:animated." in card.text
    needed = card.root.locator("[data-scope='needed']")
    assert needed.inner_text() == "animated needed"
    card.change(**at(79_045.0), lacking=[])
    assert needed.count() == 0
    assert "refused" not in card.text


def test_a_scope_that_nobody_knew_of_is_marked_too(make_card):
    """It gets a place in the grid, whether its resource has one or not."""
    card = make_card(lacking=["brandkit:read", "template:publish"])
    rows = card.root.locator("tbody tr").all_text_contents()
    assert "brandkit needed" in rows
    assert rows[rows.index("template granted granted granted") + 1] == "publish needed"


def test_outputs_that_are_not_masked_are_told(make_card):
    """Where the card lives and no guard stands, it says so."""
    card = make_card()
    assert "not masked" not in card.text
    card.change(masked=False)
    assert "outputs are not masked" in card.text


@pytest.fixture
def copier(page, problems):
    """Give a card in a page whose clipboard records."""
    open_page(page, problems, origin=SECURE)
    page.evaluate(
        """() => Object.defineProperty(navigator, "clipboard", { value: {
          writeText: async (text) => { (window.copied ??= []).push(text) },
        } })"""
    )
    yield Card(page, SIGNED_IN)
    assert problems == []


def test_a_token_that_another_browser_asked_for_is_not_taken(copier):
    """The answer to a copy reaches every browser; the one that asked takes it."""
    for nonce in ("another", "", None):
        message = {"kind": "token", "value": "not-for-me", "nonce": nonce}
        copier.page.evaluate("message => harness.say(message)", message)
    copier.button("Copy token").click()
    copier.hand_over("not-for-me", nonce="another")
    copier.hand_over("for-me")
    copier.hand_over("not-for-me")
    copier.page.wait_for_function("harness.sent.length === 3")
    assert copier.page.evaluate("window.copied") == ["for-me"]
    assert copier.sent[2] == {"kind": "copied", "is_copied": True}


def test_a_copy_that_failed_takes_no_later_token(copier):
    """What another browser asks for afterwards is not taken; one's own next copy is."""
    copier.button("Copy token").click()
    copier.change(note={"kind": "error", "text": "No.", "hint": "", "field": ""})
    copier.hand_over("not-for-me", nonce="another")
    copier.button("Copy token").click()
    copier.hand_over("not-for-me", nonce=copier.sent[1]["nonce"])
    copier.hand_over("for-me")
    copier.page.wait_for_function("harness.sent.length === 4")
    assert copier.page.evaluate("window.copied") == ["for-me"]


def test_a_token_that_comes_when_nobody_waits_any_more_is_not_taken(copier):
    """By then something else may be on the clipboard."""
    copier.button("Copy token").click()
    copier.page.clock.run_for(10_000)
    assert BUSY in copier.text
    copier.hand_over("too-late")
    copier.be_done()
    copier.button("Copy token").click()
    copier.hand_over("in-time")
    copier.page.wait_for_function("harness.sent.length === 4")
    assert copier.page.evaluate("window.copied") == ["in-time"]


def test_every_view_follows_what_happens_elsewhere(make_card):
    """A refetch, a sign-out from code and another sign-in show in each view."""
    card = make_card(**at(600.0))
    card.page.evaluate("void harness.show('second')")
    views = card.page.locator(".chili-card")
    fresh = at(79_045.0, serial=2, fingerprint="00000002")
    for traits, phase, told in (
        (fresh, "signed-in", "00000002"),
        ({"phase": "signed-out"}, "signed-out", "The session is closed"),
        (FORM, "form", "Client ID"),
        (SIGNED_IN | fresh, "signed-in", "are ready"),
    ):
        card.change(**traits)
        assert views.count() == 2
        for view in views.all():
            assert view.get_attribute("data-phase") == phase
            assert told in view.inner_text()


def test_seconds_are_not_read_out_and_the_phase_is(make_card):
    """A minute of counting changes no live region; the last hour does, once."""
    card = make_card(**at(3660.0))
    card.page.evaluate(
        """() => {
          window.heard = [];
          const regions = document.querySelectorAll("[role=status], [aria-live]");
          for (const region of regions) {
            new MutationObserver(() => window.heard.push(region.textContent)).observe(
              region, { childList: true, characterData: true, subtree: true });
          }
        }"""
    )
    card.page.clock.run_for(59_000)
    assert card.page.evaluate("window.heard") == []
    card.page.clock.run_for(3_000)
    heard = card.page.evaluate("window.heard")
    assert heard[0] == "Last hour"
    assert "GraFx issues a new token now" in heard[1]
    assert len(heard) == 2
