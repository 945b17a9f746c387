"""The card's own module and stylesheet in a blank page, with a model that records.

The clock stands still unless a test moves it; everything the card does is synchronous,
so nothing is waited for.
"""

from __future__ import annotations

import pytest
from card_page import (
    DAY_S,
    FORM,
    HOST,
    NOW,
    SECRET,
    SIGN_IN,
    SIGNED_IN,
    SYNC,
    TOKEN,
    Card,
    at,
)

pytestmark = pytest.mark.browser


def test_form_says_why_and_where_to(make_card):
    """The form says why it is there, what to type and who gets it."""
    card = make_card(FORM)
    assert card.phase == "form"
    for said in (
        "Not signed in",
        "No credentials found in .env.",
        "Integrations page",
        "Settings → Details → Technical name",
        "Sends to integration-login.chiligrafx.com",
    ):
        assert said in card.text
    hint = card.field("Client ID").get_attribute("placeholder")
    assert hint == "or paste a whole .env"
    assert card.button("Sign in").is_visible()
    assert not card.button("Refresh").is_visible()
    assert card.field("Client secret").get_attribute("type") == "password"


def test_signed_in_shows_what_is_ready(make_card):
    """Signed in, the card names environment, time, bound names, source and token."""
    card = make_card(profile="acme")
    assert card.phase == "signed-in"
    assert card.countdown == "24 h 0 min"
    for said in (
        "Signed in",
        "cp-abc-123",
        "production",
        "profile acme",
        HOST,
        "until Wed 25 Nov, 16:00",
        "chili and chili_token are ready",
        "from .env",
        "token 3f9a07c2",
        "17 scopes",
    ):
        assert said in card.text
    assert not card.field("Client ID").is_visible()


def test_last_hour_offers_a_refresh(make_card):
    """In the last hour the card counts seconds and says that a new token is due."""
    card = make_card(**at(3552.0))
    assert card.phase == "expiring"
    assert card.countdown == "59 min 12 s"
    assert "GraFx issues a new token now" in card.text
    assert card.button("Refresh").is_visible()


def test_states_follow_the_time_alone(make_card):
    """Signed in becomes expiring, then expired, without a word from the kernel."""
    card = make_card()
    card.page.clock.fast_forward((DAY_S - 3599) * 1000)
    assert (card.phase, card.countdown) == ("expiring", "59 min 59 s")
    card.page.clock.fast_forward(3557_000)
    assert (card.phase, card.countdown) == ("expiring", "42 s")
    card.page.clock.run_for(42_000)
    assert (card.phase, card.countdown) == ("expired", "expired")
    assert "The next call fetches a new one" in card.text
    assert card.sent == [SYNC]


def test_pasted_token_is_not_offered_a_refresh(make_card):
    """A token that cannot be renewed has no Refresh; expired, it asks for another."""
    card = make_card(**at(0.0, renewable=False))
    assert card.phase == "expired"
    assert "need a new token" in card.text
    assert "Paste a new token into CHILI_ACCESS_TOKEN and run %chili_login" in card.text
    assert not card.button("Refresh").is_visible()
    assert card.button("Sign out").is_visible()


def test_where_another_token_goes_is_where_the_first_came_from(make_card):
    """The key of the profile, or the form if the token was pasted there."""
    card = make_card(**at(0.0, renewable=False), profile="my-acme")
    told = "into CHILI_MY_ACME_ACCESS_TOKEN and run %chili_login my-acme again"
    assert told in card.text
    card.change(source="the form", origin="form")
    assert "Run %chili_login my-acme again and paste a new token." in card.text


def test_unknown_expiry_is_said(make_card):
    """Without an expiry there is no countdown and nothing ticks."""
    token = TOKEN | {"expires_at": None, "lifetime_s": None}
    card = make_card(token=token, remaining_s=None)
    card.answer(None)
    assert (card.phase, card.countdown) == ("signed-in", "expiry unknown")
    assert "until" not in card.text
    assert card.page.evaluate("harness.timers.size") == 0


def test_signed_out_says_what_remains(make_card):
    """Signed out, the card says that the token lives on and how to come back."""
    card = make_card(phase="signed-out", profile="acme")
    assert "The session is closed" in card.text
    assert "stays valid until Wed 25 Nov, 16:00" in card.text
    assert "%chili_login acme" in card.text
    assert not card.button("Refresh").is_visible()
    assert not card.button("Sign out").is_visible()


def test_counts_by_the_monotonic_clock_and_stays_silent(make_card):
    """An hour of counting sends nothing and is not misled by a clock that is set."""
    card = make_card(**at(600.0))
    assert card.countdown == "10 min 0 s"
    card.page.clock.run_for(1000)
    assert card.countdown == "9 min 59 s"
    card.page.clock.set_system_time(NOW - 3 * DAY_S)
    card.page.clock.run_for(60_000)
    assert card.countdown == "8 min 59 s"
    assert card.sent == [SYNC]


def test_throttled_tab_does_not_fall_behind(make_card):
    """After minutes without a tick the time is right at once, not decremented."""
    card = make_card(**at(600.0))
    card.page.clock.fast_forward(360_000)
    assert card.countdown == "4 min 0 s"


def test_restored_card_does_not_count_from_an_old_number(make_card):
    """A model from a notebook saved hours ago goes by the expiry and says so."""
    token = TOKEN | {"expires_at": NOW + 120}
    card = make_card(token=token, remaining_s=DAY_S)
    assert card.phase == "unconfirmed"
    assert "stays valid until Tue 24 Nov, 16:02" in card.text
    assert "no kernel has confirmed it" in card.text
    card.answer(119.0)
    assert (card.phase, card.countdown) == ("expiring", "1 min 59 s")
    assert "no kernel has confirmed it" not in card.text


def test_kernel_overrules_a_wrong_browser_clock(make_card):
    """A browser three hours ahead shows the kernel's time from its first answer on."""
    token = TOKEN | {"expires_at": NOW - 3600}
    card = make_card(token=token, remaining_s=7200.0)
    assert card.phase == "unconfirmed"
    assert "Its token has expired" in card.text
    card.answer(7200.0)
    assert (card.phase, card.countdown) == ("signed-in", "2 h 0 min")
    assert "until Tue 24 Nov, 18:00" in card.text
    assert card.sent == [SYNC]


def test_answer_about_another_token_is_ignored(make_card):
    """An answer that was overtaken by a new token does not set the time."""
    card = make_card()
    card.answer(5.0, serial=0)
    assert card.countdown == "24 h 0 min"


def test_new_token_starts_a_new_count(make_card):
    """A refetched token is counted from the kernel's number, by whatever clock."""
    card = make_card(remaining_s=60.0)
    fresh = TOKEN | {"serial": 2, "expires_at": NOW - 5 * DAY_S}
    card.change(token=fresh, remaining_s=DAY_S - 60.0)
    assert (card.phase, card.countdown) == ("signed-in", "23 h 59 min")


def test_waking_up_takes_the_smaller_and_asks(make_card):
    """After a sleep that stopped the monotonic clock, the wall clock is believed."""
    card = make_card(**at(600.0))
    card.page.clock.set_system_time(NOW + 540)
    assert card.countdown == "10 min 0 s"
    card.become_visible()
    assert card.countdown == "1 min 0 s"
    assert card.sent == [SYNC, SYNC]
    card.answer(70.0)
    assert card.countdown == "1 min 10 s"


def test_sleep_in_a_visible_tab_is_noticed(make_card):
    """The next tick after a sleep sees that the clocks disagree, and asks once."""
    card = make_card(**at(600.0))
    card.page.clock.set_system_time(NOW + 540)
    card.page.clock.run_for(2000)
    assert card.countdown == "58 s"
    assert card.sent == [SYNC, SYNC]


def test_two_views_agree(make_card):
    """A view made later counts from the same anchor as the first."""
    card = make_card(**at(600.0))
    card.answer(500.0)
    card.page.clock.run_for(30_000)
    card.page.evaluate("void harness.show('second')")
    card.page.clock.run_for(1000)
    shown = card.page.locator("[data-role='countdown']").all_inner_texts()
    assert shown == ["7 min 49 s"] * 2
    card.page.clock.run_for(1000)
    shown = card.page.locator("[data-role='countdown']").all_inner_texts()
    assert shown == ["7 min 48 s"] * 2
    assert card.sent == [SYNC]


def test_secret_leaves_once_and_nothing_keeps_it(make_card):
    """The secret is in exactly one message, and once signed in nowhere in the page."""
    card = make_card(FORM)
    card.fill()
    card.button("Show secret").click()
    assert card.field("Client secret").get_attribute("type") == "text"
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN]
    assert SECRET not in card.page.content()
    assert card.field("Client secret").get_attribute("type") == "password"
    assert card.field("Client ID").input_value() == "an-id"
    card.change(phase="signing-in")
    card.change(**SIGNED_IN | {"phase": "signed-in"})
    assert card.phase == "signed-in"
    assert not card.holds(SECRET)
    assert card.sent == [SYNC, SIGN_IN]


def test_secret_typed_in_another_view_is_forgotten(make_card):
    """Once signed in by one view, a secret typed into another one is cleared."""
    card = make_card(FORM)
    card.fill()
    card.change(**SIGNED_IN)
    assert not card.holds(SECRET)


def test_removed_view_forgets_the_secret(make_card):
    """Taking the card away clears what was typed, even in nodes that are kept."""
    card = make_card(FORM)
    card.fill()
    kept = card.field("Client secret").element_handle()
    card.page.evaluate("harness.hide()")
    assert kept.evaluate("input => input.value") == ""


def test_sign_in_is_answered_at_once(make_card):
    """The button says that it works, and a second Enter sends nothing."""
    card = make_card(FORM)
    card.fill()
    card.field("Environment").press("Enter")
    assert card.button("Signing in…").is_disabled()
    assert card.root.get_attribute("aria-busy") == "true"
    card.field("Client secret").fill(SECRET)
    card.field("Client secret").press("Enter")
    assert card.sent == [SYNC, SIGN_IN]
    card.change(phase="signing-in")
    assert card.phase == "signing-in"
    assert card.button("Signing in…").is_disabled()


def test_blank_fields_are_told_beside_them(make_card):
    """Blanks send nothing; each is told beside its field, the first is focused."""
    card = make_card(FORM)
    card.field("Client ID").fill("an-id")
    card.button("Sign in").click()
    assert card.sent == [SYNC]
    assert "Client secret is missing." in card.described("Client secret")
    assert "Environment is missing." in card.described("Environment")
    assert card.field("Client ID").get_attribute("aria-invalid") is None
    focused = card.page.evaluate("document.activeElement.type")
    assert focused == "password"
    card.field("Client secret").press("x")
    assert card.field("Client secret").get_attribute("aria-invalid") is None


def test_failure_is_told_beside_its_field(make_card):
    """A refusal is beside its field, has the focus, and the rest is as it was typed."""
    card = make_card(FORM)
    card.fill()
    card.button("Sign in").click()
    card.change(phase="signing-in")
    note = {
        "kind": "error",
        "text": "GraFx refused the secret.",
        "hint": "Copy it again.",
        "field": "client_secret",
    }
    card.change(phase="failed", note=note)
    assert card.phase == "failed"
    secret = card.field("Client secret")
    assert secret.get_attribute("aria-invalid") == "true"
    assert "GraFx refused the secret. Copy it again." in card.described("Client secret")
    assert card.text.count("GraFx refused the secret.") == 1
    assert secret.evaluate("input => input === document.activeElement")
    assert secret.input_value() == SECRET  # the client ID may be the wrong one
    card.page.keyboard.insert_text("another")
    assert secret.input_value() == "another"
    assert card.field("Client ID").input_value() == "an-id"
    assert card.field("Environment").input_value() == "cp-abc-123"
    assert not card.button("Sign in").is_disabled()


def test_an_error_goes_as_its_field_is_corrected_and_costs_nothing_else(make_card):
    """What was refused in one field leaves the others as they are, secrets hidden."""
    card = make_card(FORM)
    card.fill()
    card.field("Environment").fill("My Env!")
    card.field("Environment").press("Enter")
    note = {"kind": "error", "text": "No name.", "hint": "", "field": "environment"}
    card.change(phase="failed", note=note)
    card.field("Client ID").fill("an-id")
    assert "No name." in card.described("Environment")
    card.field("Environment").fill("cp-abc-123")
    assert "No name." not in card.text
    assert card.root.locator("[aria-invalid]").count() == 0
    card.field("Environment").press("Enter")
    assert card.sent[2:] == [SIGN_IN]
    card.change(note=dict(note))
    assert "No name." in card.described("Environment")


def test_failure_of_no_field_is_told_in_the_status(make_card):
    """What is about no field is in the live region."""
    note = {"kind": "error", "text": "No answer.", "hint": "Try again.", "field": ""}
    card = make_card(FORM, phase="failed", note=note)
    status = card.root.get_by_role("status").filter(has_text="No answer. Try again.")
    assert status.is_visible()
    assert card.root.locator("[aria-invalid]").count() == 0


def test_a_ready_token_is_asked_for_in_place_of_a_pair(make_card):
    """The other way to sign in asks for one secret, and sends nothing of the first."""
    card = make_card(FORM)
    card.fill()
    card.button("Use a ready token instead").click()
    assert not card.holds(SECRET)
    assert not card.field("Client secret").is_visible()
    card.button("Sign in").click()
    assert "Access token is missing." in card.described("Access token")
    card.field("Access token").fill("a-ready-token")
    card.button("Sign in").click()
    assert card.sent[1:] == [
        {
            "kind": "sign-in",
            "access_token": "a-ready-token",
            "environment": "cp-abc-123",
            "environment_type": "production",
            "remember": [],
        }
    ]
    card.change(**SIGNED_IN)
    assert not card.holds("a-ready-token")


def test_the_kind_is_sent_as_it_was_chosen(make_card):
    """What the settings say is preselected, and what is chosen is sent."""
    card = make_card(FORM, form={"environment": "", "environment_type": "sandbox"})
    assert card.field("Kind").input_value() == "sandbox"
    card.field("Kind").select_option("production")
    card.fill()
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN]


def test_remembering_is_offered_unticked_and_only_where_it_is_possible(make_card):
    """Nothing is kept unless it was ticked, and only real places are offered."""
    offer = FORM["form"] | {"remember": ["env"]}
    card = make_card(FORM, form=offer)
    keyring = card.field("Remember in the system keyring")
    assert not keyring.is_visible()
    env = card.field("Remember in .env beside the notebook")
    assert not env.is_checked()
    card.change(form=offer | {"remember": ["env", "keyring"]})
    keyring.check()
    card.fill()
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN | {"remember": ["keyring"]}]
    card.change(phase="signed-out")
    card.change(phase="form")
    assert not keyring.is_checked()


def test_prefilled_environment_yields_to_what_is_typed(make_card):
    """Python may prefill the environment, never overwrite what was typed."""
    card = make_card(FORM, form={"environment": "cp-one", "why": ""})
    assert card.field("Environment").input_value() == "cp-one"
    card.field("Environment").fill("cp-two")
    card.change(form={"environment": "cp-three", "why": "Again."})
    assert card.field("Environment").input_value() == "cp-two"
    assert "Again." in card.text


def test_refresh_with_the_same_token_is_said(make_card):
    """A refresh works at once, and what came of it is said in the live region."""
    card = make_card()
    card.button("Refresh").click()
    assert card.button("Refreshing…").is_disabled()
    assert card.button("Sign out").is_disabled()
    assert card.sent == [SYNC, {"kind": "refresh"}]
    note = {"kind": "info", "text": "The same token again.", "hint": "", "field": ""}
    card.change(note=note, remaining_s=DAY_S - 1.0)
    assert card.root.get_by_role("status").filter(has_text="same token").is_visible()
    assert not card.button("Refresh").is_disabled()


def test_sign_out_is_one_message(make_card):
    """Two clicks on Sign out send one message."""
    card = make_card()
    card.button("Sign out").dblclick()
    assert card.sent == [SYNC, {"kind": "sign-out"}]


CLIPBOARD = """(works) => Object.defineProperty(navigator, "clipboard", { value: {
  writeText: async (text) => {
    if (!works) throw new Error("not allowed");
    window.copied = text;
  },
} })"""


@pytest.mark.parametrize("works", [True, False])
def test_the_token_goes_to_the_clipboard_and_nowhere_else(make_card, works):
    """It is asked for by a click, comes in one message, and what came of it is told."""
    card = make_card(before=lambda page: page.evaluate(CLIPBOARD, works))
    card.button("Copy token").click()
    assert [message["kind"] for message in card.sent[1:]] == ["copy"]
    card.hand_over("a-token")
    card.page.wait_for_function("harness.sent.length === 3")
    assert card.sent[2] == {"kind": "copied", "is_copied": works}
    assert card.page.evaluate("window.copied") == ("a-token" if works else None)
    assert not card.holds("a-token")


def test_without_a_clipboard_nothing_is_offered(make_card):
    """A page over plain http has none, and shows no button for it."""
    assert not make_card().button("Copy token").is_visible()


def test_a_kernel_that_is_gone_takes_the_session_with_it(make_card):
    """When the comm goes, the card claims no session, until a kernel confirms one."""
    card = make_card()
    card.page.evaluate("harness.lose()")
    assert card.phase == "signed-out"
    assert "kernel has been restarted" in card.text
    assert "stays valid until" in card.text
    assert not card.button("Refresh").is_visible()
    assert card.sent[-1] == SYNC
    card.answer(1000)
    assert card.phase == "expiring"


NOTICES = {
    "the pointer": lambda card: card.page.mouse.move(100, 100),
    "the focus": lambda card: card.button("Refresh").focus(),
    "a click": lambda card: card.button("Refresh").dispatch_event("click"),
    "the tab": Card.become_visible,
}


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES)
def test_a_kernel_that_was_shut_down_is_noticed(make_card, notice):
    """It says nothing; whatever is done with the card or its page shows it."""
    card = make_card()
    card.page.clock.run_for(20_000)
    card.page.evaluate("harness.isClosed = true")
    assert card.phase == "signed-in"
    notice(card)
    assert card.phase == "signed-out"
    assert "kernel has been restarted or is gone" in card.text
    assert card.root.get_by_role("button").count() == 0


def test_looking_at_a_card_asks_its_kernel_seldom(make_card):
    """A kernel that has just spoken, or just been asked, is left in peace."""
    card = make_card()
    card.page.clock.run_for(9_000)
    card.button("Refresh").hover()
    card.answer(DAY_S - 9.0)
    card.page.clock.run_for(9_000)
    card.button("Refresh").focus()
    assert card.sent == [SYNC]
    card.page.clock.run_for(1_000)
    for _ in range(3):
        card.button("Sign out").focus()
        card.button("Refresh").focus()
    assert card.sent == [SYNC, SYNC]
    card.page.clock.run_for(60_000)
    assert "busy or gone" not in card.text


def test_silent_kernel_is_said(make_card):
    """Ten seconds without an answer is said, and one can try again."""
    card = make_card()
    card.button("Refresh").click()
    assert "busy or gone" not in card.text
    card.page.clock.run_for(10_000)
    assert "The kernel is busy or gone" in card.text
    assert not card.button("Refresh").is_disabled()
    card.change(remaining_s=50.0)
    assert "busy or gone" not in card.text


def test_an_answer_that_changes_nothing_is_an_answer(make_card):
    """A second copy with the same note ends the waiting, and nobody is blamed."""
    card = make_card(before=lambda page: page.evaluate(CLIPBOARD, arg=True))
    card.button("Copy token").click()
    assert card.button("Copying…").is_disabled()
    card.be_done()
    assert not card.button("Copy token").is_disabled()
    assert card.root.get_attribute("aria-busy") == "false"
    card.page.clock.run_for(20_000)
    assert "busy or gone" not in card.text


def test_a_late_answer_takes_the_blame_away(make_card):
    """What an action that changed nothing says at last is that the kernel is there."""
    card = make_card()
    card.button("Refresh").click()
    card.page.clock.run_for(10_000)
    assert "busy or gone" in card.text
    card.be_done()
    assert "busy or gone" not in card.text


def test_a_sign_in_that_still_runs_goes_on_waiting(make_card):
    """The end of another action is not the end of a sign-in."""
    card = make_card(FORM | {"phase": "signing-in"})
    card.be_done()
    assert card.root.get_attribute("aria-busy") == "true"


def test_scopes_are_a_grid_with_room_for_unknown_ones(make_card):
    """Each scope has its place: granted, not granted, and those nobody knew of."""
    scopes = ["template:read", "template:publish", "output:static", "brandkit:read"]
    card = make_card(token=TOKEN | {"scopes": [*scopes, "openid"]})
    assert card.root.get_by_text("5 scopes").is_visible()
    grid = card.root.get_by_role("table")
    heads = grid.get_by_role("columnheader").all_inner_texts()
    assert heads == ["resource", "list", "read", "write"]
    none = "not granted"
    assert grid.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    ) == [
        ["font", none, none, none],
        ["media", none, none, none],
        ["myproject", none, none, none],
        ["template", none, "granted", none],
        ["publish granted"],
        ["template_collection", none, none, none],
        ["output", f"static grantedanimated {none}"],
        ["brandkit", "", "granted", ""],
        ["other", "openid granted"],
    ]
    assert (
        grid.get_by_role("rowheader", name="template", exact=True).evaluate(
            "cell => cell.rowSpan"
        )
        == 2
    )


def test_seventeen_scopes_are_seen_without_a_click(make_card):
    """The grid is open, can be closed, and stays as it was left."""
    card = make_card()
    grid = card.root.get_by_role("table")
    assert grid.locator("[data-scope='granted']").count() == 17
    assert grid.is_visible()
    card.root.get_by_text("17 scopes").click()
    assert not grid.is_visible()
    card.change(remaining_s=DAY_S - 5.0)
    assert not grid.is_visible()


def test_unknown_scopes_are_said(make_card):
    """Where nobody says what the token allows, the card says that."""
    card = make_card(token=TOKEN | {"scopes": None})
    assert "scopes unknown" in card.text
    assert card.root.locator("details[data-empty]").count() == 1


def test_foreign_text_is_text(make_card):
    """Markup in any value is shown, not interpreted."""
    evil = "<img src=x onerror='window.evil = true'>"
    note = {"kind": "error", "text": evil, "hint": evil, "field": ""}
    environment = {"name": evil, "kind": evil, "host": evil, "token_host": evil}
    names = {"client": evil, "token": evil}
    token = TOKEN | {"fingerprint": evil, "scopes": [evil, f"a:{evil}"]}
    card = make_card(
        note=note,
        environment=environment,
        names=names,
        token=token,
        source=evil,
        profile=evil,
        form={"environment": evil, "why": evil},
    )
    for phase in ("form", "failed", "signed-out", "signing-in"):
        card.change(phase=phase)
    assert card.root.locator("img").count() == 0
    assert card.page.evaluate("window.evil") is None


def test_removal_leaves_nothing_behind(make_card):
    """After both cleanups no listener, no timer and no node is left."""
    card = make_card()
    card.button("Refresh").click()
    assert card.page.evaluate("harness.timers.size") == 2
    card.page.evaluate("harness.hide(); harness.stop()")
    assert card.page.evaluate("harness.timers.size") == 0
    assert card.page.evaluate("harness.listeners") == 0
    assert card.page.locator(".chili-card").count() == 0


def test_keyboard_alone_signs_in(make_card):
    """From the first field, Tab and Enter are enough; the focus stays inside."""
    card = make_card(FORM)
    keyboard = card.page.keyboard
    keyboard.press("Tab")
    keyboard.type("an-id")
    keyboard.press("Tab")
    keyboard.type(SECRET)
    keyboard.press("Tab")
    keyboard.press("Space")
    assert card.button("Show secret").get_attribute("aria-pressed") == "true"
    keyboard.press("Tab")
    keyboard.type("cp-abc-123")
    keyboard.press("Tab")
    assert card.field("Kind").evaluate("node => node === document.activeElement")
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert card.sent == [SYNC, SIGN_IN]
    card.change(phase="signing-in")
    card.change(**SIGNED_IN)
    assert card.root.evaluate("root => root === document.activeElement")


def test_countdown_is_not_read_out_but_states_are(make_card):
    """A screen reader hears of states, not of seconds."""
    card = make_card()
    countdown = card.root.locator("[data-role='countdown']")
    assert countdown.get_attribute("role") == "timer"
    assert countdown.evaluate("node => node.closest('[role=status]')") is None
    card.change(phase="signed-out")
    states = card.root.get_by_role("status").all_inner_texts()
    assert states[0] == "Signed out"


def test_browser_is_not_asked_to_keep_the_form(make_card):
    """No field has a name, and none may be completed or offered for saving."""
    card = make_card(FORM)
    assert card.root.locator("[name]").count() == 0
    completes = card.root.locator("form, input[type=text], input[type=password]")
    completes = completes.evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('autocomplete'))"
    )
    assert completes == ["off", "off", "one-time-code", "one-time-code", "off"]


def test_narrow_output_does_not_overflow(make_card):
    """At 320 pixels nothing sticks out, even with long names and all scopes open."""
    environment = SIGNED_IN["environment"] | {"name": "a-technical-name-" * 5}
    card = make_card(environment=environment, source="a place/" * 20)
    card.page.set_viewport_size({"width": 320, "height": 800})
    assert card.root.get_by_role("table").is_visible()
    for phase in ("signed-in", "failed", "signed-out"):
        card.change(phase=phase)
        width = card.page.evaluate("document.documentElement.scrollWidth")
        assert width == 320, phase
