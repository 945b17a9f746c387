"""The card's appearance and accessibility, in every state and theme."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from card_page import FORM, PLACES, SECRET, STATES

pytestmark = pytest.mark.browser

DARK = {"dark", "high-contrast", "vscode-dark", "vscode-contrast", "colab-dark"}
LONG = {
    "environment": STATES["signed-in"]["environment"] | {"name": "a-long-name-" * 8},
    "source": "a place/" * 20,
    "profile": "a-profile-" * 8,
}
CONTROLS = "input, select, button, summary"
HAS_OUTLINE = """node => {
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""
RIGHTMOST = """root => Math.max(...[...root.querySelectorAll("*")]
  .filter((node) => !node.closest(".chili-unseen"))
  .map((node) => node.getBoundingClientRect().right))"""
LUMINANCE = """root => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const lightness = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    return red + green + blue;
  };
  const { color, backgroundColor } = getComputedStyle(root);
  return [lightness(color), lightness(backgroundColor)];
}"""


def violations(page):
    """Return the rules that axe-core finds violated, best practices included."""
    page.evaluate(Axe().axe_script)
    page.evaluate("window.violations = null")
    page.evaluate(
        "void axe.run().then(found => { window.violations = found.violations })"
    )
    while page.evaluate("window.violations === null"):
        page.clock.run_for(10)  # axe-core waits with timers of the page
    return [
        (rule["id"], [node["failureSummary"] for node in rule["nodes"]])
        for rule in page.evaluate("window.violations")
        # The test page has no heading; the notebook around a card has.
        if rule["id"] != "page-has-heading-one"
    ]


def widths(card):
    """Return the width of the page's layout, and of the window."""
    return card.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )


@pytest.mark.parametrize("place", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_no_accessibility_violations_in_any_state(make_card, state, place):
    """Check every state with axe-core in JupyterLab's light and dark theme."""
    assert violations(make_card(STATES[state], place=place).page) == []


@pytest.mark.parametrize("place", PLACES[2:])
def test_no_accessibility_violations_in_other_themes(make_card, place):
    """Check high contrast, VS Code, Colab and a page without a theme with axe-core."""
    card = make_card(STATES["failed"], place=place)
    assert violations(card.page) == []
    for state in ("refused", "expiring"):
        card.change(**STATES[state])
        assert violations(card.page) == []


def test_two_cards_have_distinct_accessible_names(make_card):
    """The profile is part of a card's accessible name, or else the environment."""
    card = make_card(profile="readonly")
    card.page.evaluate("void harness.show('second')")
    assert card.page.get_by_role("group", name="readonly").count() == 2
    assert violations(card.page) == []
    card.change(profile="")
    label = "CHILI GraFx sign-in, cp-abc-123"
    assert card.root.get_attribute("aria-label") == label


def test_no_accessibility_violations_while_the_form_is_used(make_card):
    """Check a shown secret, missing fields, the token form and a busy button."""
    card = make_card(FORM)
    card.button("Sign in").click()
    card.button("Show secret").click()
    assert violations(card.page) == []
    card.fill_form()
    card.button("Sign in").click()
    assert violations(card.page) == []
    card.button("Use an access token instead").click()
    assert violations(card.page) == []


@pytest.mark.parametrize("place", PLACES)
def test_card_is_dark_exactly_in_dark_themes(make_card, place):
    """The theme of the notebook decides, even if the browser prefers the other one."""
    preferred = "light" if place in DARK else "dark"
    if place == "plain":
        preferred = "light"
    card = make_card(
        place=place, before=lambda page: page.emulate_media(color_scheme=preferred)
    )
    ink, paper = card.root.evaluate(LUMINANCE)
    assert (ink > paper) is (place in DARK)
    assert card.root.evaluate("root => getComputedStyle(root).colorScheme") == (
        "dark" if place in DARK else "light"
    )


def test_browser_preference_decides_without_a_theme(make_card):
    """In a page without a theme the card follows the browser's preferred scheme."""
    card = make_card(place="plain")
    for scheme in ("dark", "light"):
        card.page.emulate_media(color_scheme=scheme)
        ink, paper = card.root.evaluate(LUMINANCE)
        assert (ink > paper) is (scheme == "dark")


@pytest.mark.parametrize("state", STATES)
def test_forced_colours_replace_backgrounds_by_borders(make_card, state):
    """With forced colours the bar and the buttons keep visible borders."""
    card = make_card(
        STATES[state],
        before=lambda page: page.emulate_media(forced_colors="active"),
    )
    assert card.root.locator(".chili-state").is_visible()
    bar = card.root.locator(".chili-bar")
    if bar.is_visible():
        assert bar.evaluate("node => getComputedStyle(node).borderTopWidth") == "1px"
        fill = bar.locator("span").evaluate(
            "node => getComputedStyle(node).backgroundColor"
        )
        assert fill == card.root.evaluate("node => getComputedStyle(node).color")
    for button in card.root.get_by_role("button").all():
        if button.is_visible():
            assert button.evaluate(
                "node => !getComputedStyle(node).borderColor.startsWith('rgba(')"
                " || node.classList.contains('chili-reveal')"
            )


@pytest.mark.parametrize("state", STATES)
def test_card_fits_every_width_and_zoom(make_card, state):
    """From 320 to 2400 pixels and at 200 % nothing overflows, even with long values."""
    state = STATES[state]
    long = LONG if state["token"] else {"form": state["form"] | {"why": "why " * 60}}
    card = make_card(state | long)
    for width, zoom in [(320, 1), (640, 2), (1280, 2), (2400, 1)]:
        card.page.set_viewport_size({"width": width, "height": 800})
        card.root.evaluate("(_, zoom) => document.body.style.zoom = zoom", zoom)
        laid_out, window = widths(card)
        assert laid_out == window, (width, zoom)
        inside = card.root.evaluate(RIGHTMOST)
        assert inside <= card.root.evaluate(
            "root => root.getBoundingClientRect().right"
        )


def test_text_of_twice_the_size_does_not_overflow(make_card):
    """The card fits if the font size of the notebook's interface is doubled."""
    card = make_card(STATES["refused"] | LONG)
    card.page.set_viewport_size({"width": 640, "height": 800})
    card.root.evaluate("root => root.style.setProperty('--jp-ui-font-size1', '26px')")
    laid_out, window = widths(card)
    assert laid_out == window
    size = card.root.evaluate("root => getComputedStyle(root).fontSize")
    assert size == "26px"


@pytest.mark.parametrize("state", STATES)
def test_card_stays_left_to_right_in_a_right_to_left_page(make_card, state):
    """The card keeps its own direction there, and does not overflow."""
    card = make_card(
        STATES[state],
        before=lambda page: page.evaluate("document.documentElement.dir = 'rtl'"),
    )
    card.page.set_viewport_size({"width": 320, "height": 800})
    laid_out, window = widths(card)
    assert laid_out == window
    assert card.root.evaluate("root => getComputedStyle(root).direction") == "ltr"
    assert violations(card.page) == []


def test_print_shows_the_end_but_no_countdown(make_card):
    """Print is black on white, without buttons and without the time left."""
    card = make_card(STATES["signed-in"], place="dark")
    card.page.emulate_media(media="print")
    ink, paper = card.root.evaluate(LUMINANCE)
    assert (ink, paper) == (0, 3 * 255)
    assert not card.root.locator(".chili-countdown").is_visible()
    assert not card.button("Refresh").is_visible()
    assert "until Wed 25 Nov, 13:57" in card.text


def test_icon_does_not_turn_with_reduced_motion(make_card):
    """The icon turns while signing in, unless the browser prefers reduced motion."""
    card = make_card(STATES["signing-in"])
    sign = card.root.locator(".chili-state svg")
    for wanted, name in (("no-preference", "chili-turn"), ("reduce", "none")):
        card.page.emulate_media(reduced_motion=wanted)
        animation = sign.evaluate("node => getComputedStyle(node).animationName")
        assert animation == name


@pytest.mark.parametrize("state", ["form", "failed", "signed-in", "expired"])
def test_tab_reaches_every_control_with_a_visible_outline(make_card, state):
    """Tab visits all visible controls in order, each with a focus outline."""
    card = make_card(STATES[state])
    usable = [node for node in card.root.locator(CONTROLS).all() if node.is_visible()]
    assert len(usable) >= 3
    for node in usable:
        card.page.keyboard.press("Tab")
        assert node.evaluate("node => node === document.activeElement")
        assert node.evaluate(HAS_OUTLINE)


def test_shown_secrets_are_hidden_again(make_card):
    """A click hides a shown secret, and so does leaving the form."""
    card = make_card(FORM)
    card.fill_form()
    card.button("Show secret").click()
    assert card.field("Client secret").get_attribute("type") == "text"
    assert card.field("Client secret").input_value() == SECRET
    card.button("Show secret").click()
    assert card.field("Client secret").get_attribute("type") == "password"
    card.button("Use an access token instead").click()
    card.button("Show token").click()
    assert card.field("Access token").get_attribute("type") == "text"
    card.change(**STATES["signed-in"])
    card.change(**STATES["form"])
    assert card.field("Access token").get_attribute("type") == "password"
