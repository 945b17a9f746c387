"""The card's behaviour in a page without a notebook."""

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
    STATES,
    SYNC,
    TOKEN,
    CardPage,
    at,
)

pytestmark = pytest.mark.browser


def test_form_shows_reason_help_and_destination(make_card):
    """The form shows why it appears, where to find each value and who receives it."""
    card = make_card(FORM)
    assert card.phase == "form"
    for text in (
        "Not signed in",
        "No credentials found in .env.",
        "✎ (edit) → Integrations → your integration",
        "Settings → Details → Technical name",
        "Sends to integration-login.chiligrafx.com",
    ):
        assert text in card.text
    hint = card.field("Client ID").get_attribute("placeholder")
    assert hint == "or paste a whole .env"
    assert card.button("Sign in").is_visible()
    assert not card.button("Refresh").is_visible()
    assert card.field("Client secret").get_attribute("type") == "password"


def test_signed_in_card_shows_session(make_card):
    """A signed-in card shows environment, time, names, source, token and scopes."""
    card = make_card(profile="acme")
    assert card.phase == "signed-in"
    assert card.countdown == "24 h 0 min"
    for text in (
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
        assert text in card.text
    assert not card.field("Client ID").is_visible()


@pytest.mark.parametrize(
    ("state", "texts", "use"),
    [
        ("checking", ["Checking…", "Asking the environment"], "are ready"),
        ("unchecked", ["Not checked", "The check is off."], "are ready"),
        ("unusable", ["Unknown environment", "run %chili_login again"], "are bound"),
    ],
)
def test_card_is_green_only_after_the_environment_has_answered(
    make_card, state, texts, use
):
    """The token counts down, and the card claims nothing about the environment."""
    card = make_card(STATES[state])
    assert card.phase == state
    assert "Signed in" not in card.text
    assert all(text in card.text for text in [*texts, use, "21 h 57 min"])
    card.change(check=SIGNED_IN["check"])
    assert card.phase == "signed-in"
    assert "Signed in" in card.text
    assert texts[-1] not in card.text


def test_expiry_comes_before_the_check(make_card):
    """An expired token is what the user has to know first."""
    card = make_card(STATES["unusable"] | at(30.0))
    assert card.phase == "unusable"
    card.page.clock.run_for(31_000)
    assert card.phase == "expired"


def test_last_hour_shows_seconds_and_a_refresh(make_card):
    """In the last hour the card shows seconds and offers a new token."""
    card = make_card(**at(3552.0))
    assert card.phase == "expiring"
    assert card.countdown == "59 min 12 s"
    assert "GraFx now issues a new token" in card.text
    assert card.button("Refresh").is_visible()


def test_phase_changes_with_time_without_messages(make_card):
    """The card becomes expiring and then expired without a message of the kernel."""
    card = make_card()
    card.page.clock.fast_forward((DAY_S - 3599) * 1000)
    assert (card.phase, card.countdown) == ("expiring", "59 min 59 s")
    card.page.clock.fast_forward(3557_000)
    assert (card.phase, card.countdown) == ("expiring", "42 s")
    card.page.clock.run_for(42_000)
    assert (card.phase, card.countdown) == ("expired", "expired")
    assert "The next call fetches a new token" in card.text
    assert card.sent == [SYNC]


def test_token_that_cannot_be_renewed_has_no_refresh(make_card):
    """An expired token of this kind asks for a new one instead."""
    card = make_card(**at(0.0, renewable=False))
    assert card.phase == "expired"
    assert "need a new token" in card.text
    assert "Paste a new token into CHILI_ACCESS_TOKEN and run %chili_login" in card.text
    assert not card.button("Refresh").is_visible()
    assert card.button("Sign out").is_visible()


def test_advice_for_a_new_token_depends_on_its_source(make_card):
    """The advice names the variable of the profile, or the form."""
    card = make_card(
        **at(0.0, renewable=False),
        profile="my-acme",
        login_command="%chili_login my-acme",
    )
    text = "into CHILI_MY_ACME_ACCESS_TOKEN and run %chili_login my-acme again"
    assert text in card.text
    card.change(source="the form", origin="form")
    assert "Run %chili_login my-acme again and paste a new token." in card.text


def test_unknown_expiry_has_no_countdown(make_card):
    """Without an expiry there is no countdown and no timer."""
    token = TOKEN | {"expires_at": None, "lifetime_s": None}
    card = make_card(token=token, remaining_s=None)
    card.answer(None)
    assert (card.phase, card.countdown) == ("signed-in", "expiry unknown")
    assert "until" not in card.text
    assert card.page.evaluate("harness.timers.size") == 0


def test_signed_out_card_shows_validity_and_next_step(make_card):
    """The card says until when the token is valid and how to sign in again."""
    card = make_card(phase="signed-out", login_command="%chili_login acme")
    assert "The session is closed" in card.text
    assert "stays valid until Wed 25 Nov, 16:00" in card.text
    assert "%chili_login acme" in card.text
    assert not card.button("Refresh").is_visible()
    assert not card.button("Sign out").is_visible()


def test_countdown_uses_the_monotonic_clock(make_card):
    """A change of the wall clock does not change the countdown, which sends nothing."""
    card = make_card(**at(600.0))
    assert card.countdown == "10 min 0 s"
    card.page.clock.run_for(1000)
    assert card.countdown == "9 min 59 s"
    card.page.clock.set_system_time(NOW - 3 * DAY_S)
    card.page.clock.run_for(60_000)
    assert card.countdown == "8 min 59 s"
    assert card.sent == [SYNC]


def test_countdown_is_correct_after_a_missed_interval(make_card):
    """After minutes without a timer the time left is correct at once."""
    card = make_card(**at(600.0))
    card.page.clock.fast_forward(360_000)
    assert card.countdown == "4 min 0 s"


def test_restored_card_is_unconfirmed_until_the_kernel_answers(make_card):
    """A card of an old notebook uses the expiry, and claims no session."""
    token = TOKEN | {"expires_at": NOW + 120}
    card = make_card(token=token, remaining_s=DAY_S)
    assert card.phase == "unconfirmed"
    assert "stays valid until Tue 24 Nov, 16:02" in card.text
    assert "No kernel has confirmed this card" in card.text
    card.answer(119.0)
    assert (card.phase, card.countdown) == ("expiring", "1 min 59 s")
    assert "No kernel has confirmed this card" not in card.text


def test_answer_of_the_kernel_overrides_the_browser_clock(make_card):
    """A browser three hours ahead shows the kernel's time after its first answer."""
    token = TOKEN | {"expires_at": NOW - 3600}
    card = make_card(token=token, remaining_s=7200.0)
    assert card.phase == "unconfirmed"
    assert "Its token has expired" in card.text
    card.answer(7200.0)
    assert (card.phase, card.countdown) == ("signed-in", "2 h 0 min")
    assert "until Tue 24 Nov, 18:00" in card.text
    assert card.sent == [SYNC]


def test_answer_about_an_older_token_is_ignored(make_card):
    """A time with the serial of another token does not change the countdown."""
    card = make_card()
    card.answer(5.0, serial=0)
    assert card.countdown == "24 h 0 min"


def test_new_token_restarts_the_countdown(make_card):
    """A new token is counted from the kernel's number, not from the wall clock."""
    card = make_card(remaining_s=60.0)
    fresh = TOKEN | {"serial": 2, "expires_at": NOW - 5 * DAY_S}
    card.change(token=fresh, remaining_s=DAY_S - 60.0)
    assert (card.phase, card.countdown) == ("signed-in", "23 h 59 min")


def test_showing_the_tab_after_sleep_subtracts_the_sleep(make_card):
    """The wall clock shows how long the machine slept; the kernel is asked again."""
    card = make_card(**at(600.0))
    card.page.clock.set_system_time(NOW + 540)
    assert card.countdown == "10 min 0 s"
    card.show_tab()
    assert card.countdown == "1 min 0 s"
    assert card.sent == [SYNC, SYNC]
    card.answer(70.0)
    assert card.countdown == "1 min 10 s"


def test_next_tick_after_sleep_subtracts_the_sleep(make_card):
    """A visible tab notices the sleep at its next tick, and asks the kernel once."""
    card = make_card(**at(600.0))
    card.page.clock.set_system_time(NOW + 540)
    card.page.clock.run_for(2000)
    assert card.countdown == "58 s"
    assert card.sent == [SYNC, SYNC]


def test_two_views_show_the_same_time(make_card):
    """A view that is added later shows the same time as the first."""
    card = make_card(**at(600.0))
    card.answer(500.0)
    card.page.clock.run_for(30_000)
    card.page.evaluate("void harness.show('second')")
    card.page.clock.run_for(1000)
    shown = card.page.locator(".chili-countdown").all_inner_texts()
    assert shown == ["7 min 49 s"] * 2
    card.page.clock.run_for(1000)
    shown = card.page.locator(".chili-countdown").all_inner_texts()
    assert shown == ["7 min 48 s"] * 2
    assert card.sent == [SYNC]


def test_secret_is_sent_in_one_message_and_then_cleared(make_card):
    """The secret is in one message, and after the sign-in nowhere in the page."""
    card = make_card(FORM)
    card.fill_form()
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
    assert not card.contains(SECRET)
    assert card.sent == [SYNC, SIGN_IN]


def test_secret_in_another_view_is_cleared_after_sign_in(make_card):
    """A secret typed into one view is cleared if another view signs in."""
    card = make_card(FORM)
    card.fill_form()
    card.change(**SIGNED_IN)
    assert not card.contains(SECRET)


def test_removed_view_clears_the_secret(make_card):
    """The typed secret is cleared even in nodes that are still referenced."""
    card = make_card(FORM)
    card.fill_form()
    kept = card.field("Client secret").element_handle()
    card.page.evaluate("harness.hide()")
    assert kept.evaluate("input => input.value") == ""


def test_sign_in_button_is_busy_and_sends_once(make_card):
    """The button shows that it works, and a second Enter sends nothing."""
    card = make_card(FORM)
    card.fill_form()
    card.field("Environment").press("Enter")
    assert card.button("Signing in…").is_disabled()
    assert card.root.get_attribute("aria-busy") == "true"
    card.field("Client secret").fill(SECRET)
    card.field("Client secret").press("Enter")
    assert card.sent == [SYNC, SIGN_IN]
    card.change(phase="signing-in")
    assert card.phase == "signing-in"
    assert card.button("Signing in…").is_disabled()


def test_missing_fields_are_marked_and_nothing_is_sent(make_card):
    """Each missing field has an error, and the first one gets the focus."""
    card = make_card(FORM)
    card.field("Client ID").fill("an-id")
    card.button("Sign in").click()
    assert card.sent == [SYNC]
    assert "Client secret is missing." in card.description("Client secret")
    assert "Environment is missing." in card.description("Environment")
    assert card.field("Client ID").get_attribute("aria-invalid") is None
    focused = card.page.evaluate("document.activeElement.type")
    assert focused == "password"
    card.field("Client secret").press("x")
    assert card.field("Client secret").get_attribute("aria-invalid") is None


def test_failure_is_shown_next_to_its_field(make_card):
    """The field with the error gets the focus; all typed values stay."""
    card = make_card(FORM)
    card.fill_form()
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
    assert "GraFx refused the secret. Copy it again." in card.description(
        "Client secret"
    )
    assert card.text.count("GraFx refused the secret.") == 1
    assert secret.evaluate("input => input === document.activeElement")
    assert secret.input_value() == SECRET  # the client ID may be the wrong one
    card.page.keyboard.insert_text("another")
    assert secret.input_value() == "another"
    assert card.field("Client ID").input_value() == "an-id"
    assert card.field("Environment").input_value() == "cp-abc-123"
    assert not card.button("Sign in").is_disabled()


def test_error_disappears_when_its_field_is_edited(make_card):
    """Editing another field keeps the error; sending again needs no retyping."""
    card = make_card(FORM)
    card.fill_form()
    card.field("Environment").fill("My Env!")
    card.field("Environment").press("Enter")
    note = {"kind": "error", "text": "No name.", "hint": "", "field": "environment"}
    card.change(phase="failed", note=note)
    card.field("Client ID").fill("an-id")
    assert "No name." in card.description("Environment")
    card.field("Environment").fill("cp-abc-123")
    assert "No name." not in card.text
    assert card.root.locator("[aria-invalid]").count() == 0
    card.field("Environment").press("Enter")
    assert card.sent[2:] == [SIGN_IN]
    card.change(note=dict(note))
    assert "No name." in card.description("Environment")


def test_failure_without_a_field_is_announced(make_card):
    """An error about no field appears in the live region."""
    note = {"kind": "error", "text": "No answer.", "hint": "Try again.", "field": ""}
    card = make_card(FORM, phase="failed", note=note)
    status = card.root.get_by_role("status").filter(has_text="No answer. Try again.")
    assert status.is_visible()
    assert card.root.locator("[aria-invalid]").count() == 0


def test_access_token_replaces_id_and_secret(make_card):
    """The token form clears the typed secret and sends only the token."""
    card = make_card(FORM)
    card.fill_form()
    card.button("Use an access token instead").click()
    assert not card.contains(SECRET)
    assert not card.field("Client secret").is_visible()
    card.button("Sign in").click()
    assert "Access token is missing." in card.description("Access token")
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
    assert not card.contains("a-ready-token")


def test_chosen_kind_is_sent(make_card):
    """The kind from the settings is preselected; the chosen one is sent."""
    card = make_card(FORM, form=FORM["form"] | {"environment_type": "sandbox"})
    assert card.field("Kind").input_value() == "sandbox"
    card.field("Kind").select_option("production")
    card.fill_form()
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN]


def test_remember_boxes_are_unchecked_and_only_where_available(make_card):
    """Only available storages are offered, and none is checked by default."""
    offer = FORM["form"] | {"remember": ["env"]}
    card = make_card(FORM, form=offer)
    keyring = card.field("Remember in the system keyring")
    assert not keyring.is_visible()
    env = card.field("Remember in .env next to the notebook")
    assert not env.is_checked()
    card.change(form=offer | {"remember": ["env", "keyring"]})
    keyring.check()
    card.fill_form()
    card.button("Sign in").click()
    assert card.sent == [SYNC, SIGN_IN | {"remember": ["keyring"]}]
    card.change(phase="signed-out")
    card.change(phase="form")
    assert not keyring.is_checked()


def test_typed_environment_is_not_overwritten(make_card):
    """The kernel may fill in the environment, but not over a typed one."""
    card = make_card(FORM, form=FORM["form"] | {"environment": "cp-one"})
    assert card.field("Environment").input_value() == "cp-one"
    card.field("Environment").fill("cp-two")
    card.change(form=FORM["form"] | {"environment": "cp-three", "why": "Again."})
    assert card.field("Environment").input_value() == "cp-two"
    assert "Again." in card.text


def test_refresh_result_is_announced(make_card):
    """Refresh makes the buttons busy, and its result appears in the live region."""
    card = make_card()
    card.button("Refresh").click()
    assert card.button("Refreshing…").is_disabled()
    assert card.button("Sign out").is_disabled()
    assert card.sent == [SYNC, {"kind": "refresh"}]
    note = {"kind": "info", "text": "The same token again.", "hint": "", "field": ""}
    card.change(note=note, remaining_s=DAY_S - 1.0)
    assert card.root.get_by_role("status").filter(has_text="same token").is_visible()
    assert not card.button("Refresh").is_disabled()


def test_double_click_on_sign_out_sends_one_message(make_card):
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
def test_copied_token_reaches_only_the_clipboard(make_card, works):
    """The token arrives in one message; the kernel learns whether it was copied."""
    card = make_card(before=lambda page: page.evaluate(CLIPBOARD, works))
    card.button("Copy token").click()
    assert [message["kind"] for message in card.sent[1:]] == ["copy"]
    card.send_token("a-token")
    card.page.wait_for_function("harness.sent.length === 3")
    assert card.sent[2] == {"kind": "copied", "is_copied": works}
    assert card.page.evaluate("window.copied") == ("a-token" if works else None)
    assert not card.contains("a-token")


def test_copy_is_hidden_without_a_clipboard(make_card):
    """A page over plain http has no clipboard, so it has no Copy button."""
    assert not make_card().button("Copy token").is_visible()


def test_lost_comm_shows_signed_out_until_the_kernel_answers(make_card):
    """After the comm is lost the card claims no session until a kernel confirms one."""
    card = make_card()
    card.page.evaluate("harness.lose()")
    assert card.phase == "signed-out"
    assert "kernel was restarted or stopped" in card.text
    assert "stays valid until" in card.text
    assert not card.button("Refresh").is_visible()
    assert card.sent[-1] == SYNC
    card.answer(1000)
    assert card.phase == "expiring"


USES = {
    "the pointer": lambda card: card.page.mouse.move(100, 100),
    "the focus": lambda card: card.button("Refresh").focus(),
    "a click": lambda card: card.button("Refresh").dispatch_event("click"),
    "the tab": CardPage.show_tab,
}


@pytest.mark.parametrize("use_card", USES.values(), ids=USES)
def test_stopped_kernel_is_noticed_by_any_use_of_the_card(make_card, use_card):
    """A stopped kernel sends nothing, so the card probes it when it is used."""
    card = make_card()
    card.page.clock.run_for(20_000)
    card.page.evaluate("harness.isClosed = true")
    assert card.phase == "signed-in"
    use_card(card)
    assert card.phase == "signed-out"
    assert "kernel was restarted or stopped" in card.text
    assert card.root.get_by_role("button").count() == 0


def test_kernel_is_probed_at_most_every_ten_seconds(make_card):
    """A kernel that answered or was asked within ten seconds is not asked again."""
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
    assert "busy or has stopped" not in card.text


def test_unanswered_action_ends_after_ten_seconds(make_card):
    """After ten seconds the card says so, and the buttons work again."""
    card = make_card()
    card.button("Refresh").click()
    assert "busy or has stopped" not in card.text
    card.page.clock.run_for(10_000)
    assert "The kernel is busy or has stopped" in card.text
    assert not card.button("Refresh").is_disabled()
    card.change(remaining_s=50.0)
    assert "busy or has stopped" not in card.text


def test_action_ends_without_a_changed_trait(make_card):
    """The kernel's message that an action is done ends the waiting."""
    card = make_card(before=lambda page: page.evaluate(CLIPBOARD, arg=True))
    card.button("Copy token").click()
    assert card.button("Copying…").is_disabled()
    card.finish_action()
    assert not card.button("Copy token").is_disabled()
    assert card.root.get_attribute("aria-busy") == "false"
    card.page.clock.run_for(20_000)
    assert "busy or has stopped" not in card.text


def test_late_answer_removes_the_busy_message(make_card):
    """An answer after ten seconds removes the message about a busy kernel."""
    card = make_card()
    card.button("Refresh").click()
    card.page.clock.run_for(10_000)
    assert "busy or has stopped" in card.text
    card.finish_action()
    assert "busy or has stopped" not in card.text


def test_running_sign_in_stays_busy_after_another_action(make_card):
    """The end of another action does not end a running sign-in."""
    card = make_card(FORM | {"phase": "signing-in"})
    card.finish_action()
    assert card.root.get_attribute("aria-busy") == "true"


def test_scope_table_includes_unknown_scopes(make_card):
    """The table shows granted, missing and unknown scopes by resource and verb."""
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


def test_scope_table_is_open_and_stays_closed(make_card):
    """The table is open at first; once closed it stays closed after an update."""
    card = make_card()
    grid = card.root.get_by_role("table")
    assert grid.locator("[data-scope='granted']").count() == 17
    assert grid.is_visible()
    card.root.get_by_text("17 scopes").click()
    assert not grid.is_visible()
    card.change(remaining_s=DAY_S - 5.0)
    assert not grid.is_visible()


def test_unknown_scopes_show_no_table(make_card):
    """Without known scopes the card says so instead of showing a table."""
    card = make_card(token=TOKEN | {"scopes": None})
    assert "scopes unknown" in card.text
    assert card.root.locator("details[data-empty]").count() == 1


def test_markup_in_values_is_not_interpreted(make_card):
    """Markup in any value of the kernel is shown as text."""
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
        form=FORM["form"] | {"environment": evil, "why": evil},
    )
    for phase in ("form", "failed", "signed-out", "signing-in"):
        card.change(phase=phase)
    assert card.root.locator("img").count() == 0
    assert card.page.evaluate("window.evil") is None


def test_removal_leaves_no_timer_listener_or_node(make_card):
    """After both cleanups no listener, timer or node is left."""
    card = make_card()
    card.button("Refresh").click()
    assert card.page.evaluate("harness.timers.size") == 2
    card.page.evaluate("harness.hide(); harness.stop()")
    assert card.page.evaluate("harness.timers.size") == 0
    assert card.page.evaluate("harness.listeners") == 0
    assert card.page.locator(".chili-card").count() == 0


def test_sign_in_with_the_keyboard_alone(make_card):
    """Tab, Space and Enter are enough, and the focus stays inside the card."""
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


def test_browser_does_not_offer_to_save_the_form(make_card):
    """No field has a name, and none allows completion or saving."""
    card = make_card(FORM)
    assert card.root.locator("[name]").count() == 0
    completes = card.root.locator("form, input[type=text], input[type=password]")
    completes = completes.evaluate_all(
        "nodes => nodes.map(node => node.getAttribute('autocomplete'))"
    )
    assert completes == ["off", "off", "one-time-code", "one-time-code", "off"]
