"""The card is right about time and session if clocks, tabs or kernels are not."""

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
    at,
)

pytestmark = pytest.mark.browser

BUSY = "The kernel is busy or has stopped"
SAME = {
    "kind": "info",
    "text": "GraFx gave the same token again; a new one is issued from about {moment}.",
    "hint": "",
    "field": "",
}


@pytest.mark.parametrize("clock_is_off_by_s", [-DAY_S, -3600, 3600, DAY_S])
def test_different_browser_clock_is_reported(make_card, clock_is_off_by_s):
    """The time left is the kernel's, and the difference of the clocks is shown."""
    ends = NOW + 7200 - clock_is_off_by_s
    card = make_card(token=TOKEN | {"expires_at": ends}, remaining_s=7200.0)
    assert "No kernel has confirmed this card" in card.text
    card.answer(7200.0)
    assert (card.phase, card.countdown) == ("signed-in", "2 h 0 min")
    hours = abs(clock_is_off_by_s) // 3600
    assert f"differ by {hours} h 0 min." in card.text
    assert "No kernel has confirmed this card" not in card.text


def test_small_clock_difference_is_not_reported(make_card):
    """A difference of one minute is not shown."""
    card = make_card(token=TOKEN | {"expires_at": NOW + 7260}, remaining_s=7200.0)
    card.answer(7200.0)
    assert "apart" not in card.text


def test_hours_of_sleep_are_subtracted(make_card):
    """The card shows the true time at once, and asks the kernel to confirm it."""
    card = make_card(**at(79_045.0))
    card.page.clock.set_system_time(NOW + 8 * 3600)
    card.show_tab()
    assert card.countdown == "13 h 57 min"
    assert "No kernel has confirmed this card" in card.text
    card.answer(79_045.0 - 8 * 3600 - 2)
    assert "No kernel has confirmed this card" not in card.text
    assert card.sent == [SYNC, SYNC]


def test_token_that_expired_during_sleep_is_expired_at_once(make_card):
    """The state changes before the next tick."""
    card = make_card(**at(3600.0 * 4))
    card.page.clock.set_system_time(NOW + 8 * 3600)
    card.show_tab()
    assert card.phase == "expired"
    assert "since Tue 24 Nov, 20:00" in card.text


def test_time_of_expiry_does_not_move(make_card):
    """The card shows when the token expired, not when the kernel was asked."""
    card = make_card(**at(-7200.0))
    card.answer(-7200.0)
    assert "since Tue 24 Nov, 14:00" in card.text
    card.page.clock.fast_forward(3600_000)
    card.show_tab()
    assert "since Tue 24 Nov, 14:00" in card.text


def test_silent_kernel_is_reported_after_the_tab_is_shown(make_card):
    """The card keeps counting, and says after ten seconds that nothing confirms it."""
    card = make_card(**at(79_045.0))
    card.answer(79_045.0)
    card.show_tab()
    card.page.clock.run_for(9_000)
    assert BUSY not in card.text
    card.page.clock.run_for(3_000)
    assert BUSY in card.text
    assert card.phase == "signed-in"
    card.answer(79_033.0)
    assert BUSY not in card.text
    assert card.sent == [SYNC, SYNC]


def test_busy_kernel_at_the_start_is_not_reported(make_card):
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
def test_stored_card_is_unconfirmed_until_any_message(make_card, word):
    """A card of an old notebook has no buttons until its kernel sends anything."""
    card = make_card(STATES["unconfirmed"])
    card.page.clock.run_for(60_000)
    assert card.phase == "unconfirmed"
    assert "Not confirmed" in card.text
    assert "No kernel has confirmed this card" in card.text
    assert "stays valid until Wed 25 Nov, 13:57" in card.text
    assert "ready" not in card.text
    assert "Signed in" not in card.text
    assert card.root.get_by_role("button").count() == 0
    assert card.sent == [SYNC]
    card.page.evaluate("message => harness.say(message)", word)
    assert card.phase == "signed-in"
    assert "are ready" in card.text


def test_stopped_kernel_shows_until_when_the_token_is_valid(make_card):
    """The session ends with the kernel; the token stays valid."""
    card = make_card(**at(79_045.0))
    card.page.evaluate("harness.isClosed = true; harness.lose()")
    assert card.phase == "signed-out"
    assert "kernel was restarted or stopped" in card.text
    assert "stays valid until Wed 25 Nov, 13:57" in card.text
    assert not card.button("Sign out").is_visible()


def test_sign_in_fails_if_the_kernel_stops(make_card):
    """The card does not continue to show a sign-in that nobody performs."""
    card = make_card(STATES["signing-in"])
    card.page.evaluate("harness.lose()")
    assert card.phase == "failed"
    assert "Asking GraFx" not in card.text
    assert "kernel was restarted or stopped" in card.text


def test_unknown_expiry_of_a_stored_card_needs_confirmation(make_card):
    """Without an expiry only the kernel can confirm that a state is current."""
    token = TOKEN | {"expires_at": None, "lifetime_s": None}
    card = make_card(token=token, remaining_s=None)
    assert "No kernel has confirmed this card" in card.text
    card.answer(None)
    assert "No kernel has confirmed this card" not in card.text
    assert card.countdown == "expiry unknown"


@pytest.mark.parametrize(
    ("left_s", "text"),
    [
        (79_045.0, "issued from about Wed 25 Nov, 12:57."),
        (3 * 3600.0 + 300, "issued from about 18:05."),
    ],
)
def test_note_shows_its_moment_in_local_time(make_card, left_s, text):
    """A moment in a note has the reader's time zone, and a date unless it is today."""
    card = make_card(**at(left_s))
    card.button("Refresh").click()
    assert card.button("Refreshing…").is_disabled()
    card.change(note=SAME | {"moment": NOW + left_s - 3600})
    assert text in card.text
    assert "{" not in card.text


def test_moment_in_a_note_allows_for_a_wrong_clock(make_card):
    """A moment is as many hours away by the browser's clock as by the kernel's."""
    off = {"token": TOKEN | {"expires_at": NOW - DAY_S + 4 * 3600}}
    card = make_card(note=SAME | {"moment": NOW - DAY_S + 3 * 3600}, **off)
    card.answer(4 * 3600.0)
    assert "issued from about 19:00." in card.text


def test_several_needed_scopes_are_listed(make_card):
    """Two refused scopes are listed as several calls."""
    card = make_card(STATES["refused"] | {"lacking": ["media:list", "output:static"]})
    text = "GraFx refused calls that probably need media:list, output:static."
    assert text in card.text


def test_needed_scope_is_marked_until_it_is_granted(make_card):
    """The table marks the scope with a sign and a text until the token has it."""
    card = make_card(STATES["refused"])
    assert "GraFx refused a call that probably needs output:animated." in card.text
    needed = card.root.locator("[data-scope='needed']")
    assert needed.inner_text() == "animated needed"
    card.change(**at(79_045.0), lacking=[])
    assert needed.count() == 0
    assert "refused" not in card.text


def test_needed_scope_without_a_column_is_marked(make_card):
    """An unknown scope gets a place in the table."""
    card = make_card(lacking=["brandkit:read", "template:publish"])
    rows = card.root.locator("tbody tr").all_text_contents()
    assert "brandkit needed" in rows
    assert rows[rows.index("template granted granted granted") + 1] == "publish needed"


def test_unmasked_outputs_are_reported(make_card):
    """The card says so if secrets are not masked in the outputs."""
    card = make_card()
    assert "not masked" not in card.text
    card.change(masked=False)
    assert "outputs are not masked" in card.text


CLIPBOARD = """() => Object.defineProperty(navigator, "clipboard", { value: {
  writeText: async (text) => { (window.copied ??= []).push(text) },
} })"""


@pytest.fixture
def card_with_clipboard(make_card):
    """Show a card in a page whose clipboard records what is written."""
    return make_card(origin=SECURE, before=lambda page: page.evaluate(CLIPBOARD))


def test_token_for_another_browser_is_not_copied(card_with_clipboard):
    """Every browser receives the token; only the one with its nonce copies it."""
    for nonce in ("another", "", None):
        message = {"kind": "token", "value": "not-for-me", "nonce": nonce}
        card_with_clipboard.page.evaluate("message => harness.say(message)", message)
    card_with_clipboard.button("Copy token").click()
    card_with_clipboard.send_token("not-for-me", nonce="another")
    card_with_clipboard.send_token("for-me")
    card_with_clipboard.send_token("not-for-me")
    card_with_clipboard.page.wait_for_function("harness.sent.length === 3")
    assert card_with_clipboard.page.evaluate("window.copied") == ["for-me"]
    assert card_with_clipboard.sent[2] == {"kind": "copied", "is_copied": True}


def test_failed_copy_does_not_use_a_later_token(card_with_clipboard):
    """Only the answer to the latest copy is used."""
    card_with_clipboard.button("Copy token").click()
    card_with_clipboard.change(
        note={"kind": "error", "text": "No.", "hint": "", "field": ""}
    )
    card_with_clipboard.send_token("not-for-me", nonce="another")
    card_with_clipboard.button("Copy token").click()
    card_with_clipboard.send_token(
        "not-for-me", nonce=card_with_clipboard.sent[1]["nonce"]
    )
    card_with_clipboard.send_token("for-me")
    card_with_clipboard.page.wait_for_function("harness.sent.length === 4")
    assert card_with_clipboard.page.evaluate("window.copied") == ["for-me"]


def test_late_token_is_not_copied(card_with_clipboard):
    """After ten seconds the user may have copied something else."""
    card_with_clipboard.button("Copy token").click()
    card_with_clipboard.page.clock.run_for(10_000)
    assert BUSY in card_with_clipboard.text
    card_with_clipboard.send_token("too-late")
    card_with_clipboard.finish_action()
    card_with_clipboard.button("Copy token").click()
    card_with_clipboard.send_token("in-time")
    card_with_clipboard.page.wait_for_function("harness.sent.length === 4")
    assert card_with_clipboard.page.evaluate("window.copied") == ["in-time"]


def test_every_view_follows_the_traits(make_card):
    """A new token, a sign-out and a new sign-in appear in each view."""
    card = make_card(**at(600.0))
    card.page.evaluate("void harness.show('second')")
    views = card.page.locator(".chili-card")
    fresh = at(79_045.0, serial=2, fingerprint="00000002")
    for traits, phase, text in (
        (fresh, "signed-in", "00000002"),
        ({"phase": "signed-out"}, "signed-out", "The session is closed"),
        (FORM, "form", "Client ID"),
        (SIGNED_IN | fresh, "signed-in", "are ready"),
    ):
        card.change(**traits)
        assert views.count() == 2
        for view in views.all():
            assert view.get_attribute("data-phase") == phase
            assert text in view.inner_text()


def test_live_regions_change_with_the_phase_only(make_card):
    """A minute of counting changes no live region; the last hour changes two, once."""
    card = make_card(**at(3660.0))
    card.page.evaluate(
        """() => {
          window.announced = [];
          const regions = document.querySelectorAll("[role=status], [aria-live]");
          for (const region of regions) {
            const record = () => window.announced.push(region.textContent);
            new MutationObserver(record).observe(
              region, { childList: true, characterData: true, subtree: true });
          }
        }"""
    )
    assert card.root.get_by_role("timer").inner_text() == "1 h 1 min"
    card.page.clock.run_for(59_000)
    assert card.page.evaluate("window.announced") == []
    card.page.clock.run_for(3_000)
    announced = card.page.evaluate("window.announced")
    assert announced[0] == "Last hour"
    assert "GraFx now issues a new token" in announced[1]
    assert len(announced) == 2
