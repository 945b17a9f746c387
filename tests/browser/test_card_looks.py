"""How the card looks and reads: every state, everywhere it may be shown."""

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
SEEN = """node => {
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


@pytest.fixture
def make_card(make_still_card):
    """Give cards in one page, since no test here moves its clock."""
    return make_still_card


def wrongs(page):
    """Give what axe-core finds wrong in the page, best practices included."""
    page.evaluate(Axe().axe_script)
    page.evaluate("window.wrongs = null")
    page.evaluate("void axe.run().then(found => { window.wrongs = found.violations })")
    while page.evaluate("window.wrongs === null"):
        page.clock.run_for(10)  # it waits by the page's clock
    return [
        (rule["id"], [node["failureSummary"] for node in rule["nodes"]])
        for rule in page.evaluate("window.wrongs")
        # A page without headings is the test's; the card is a part of a notebook.
        if rule["id"] != "page-has-heading-one"
    ]


def widths(card):
    """Give how wide the page is laid out, and the window."""
    return card.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )


@pytest.mark.parametrize("place", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(make_card, state, place):
    """In JupyterLab's own colours, light and dark, no state breaks a rule of axe."""
    assert wrongs(make_card(STATES[state], place=place).page) == []


@pytest.mark.parametrize("place", PLACES[2:])
def test_axe_finds_nothing_in_other_places(make_card, place):
    """Nor in high contrast, VS Code, Colab or a page that says nothing of itself."""
    card = make_card(STATES["failed"], place=place)
    assert wrongs(card.page) == []
    for state in ("refused", "expiring"):
        card.change(**STATES[state])
        assert wrongs(card.page) == []


def test_axe_finds_nothing_wrong_with_two_cards(make_card):
    """Nor beside each other, where one name for two would be one too few."""
    card = make_card(profile="readonly")
    card.page.evaluate("void harness.show('second')")
    assert card.page.get_by_role("group", name="readonly").count() == 2
    assert wrongs(card.page) == []
    card.change(profile="")
    label = "CHILI GraFx sign-in, cp-abc-123"
    assert card.root.get_attribute("aria-label") == label


def test_axe_finds_nothing_while_the_form_is_used(make_card):
    """Nor with a secret shown, fields missing, a ready token or a button at work."""
    card = make_card(FORM)
    card.button("Sign in").click()
    card.button("Show secret").click()
    assert wrongs(card.page) == []
    card.fill()
    card.button("Sign in").click()
    assert wrongs(card.page) == []
    card.button("Use a ready token instead").click()
    assert wrongs(card.page) == []


@pytest.mark.parametrize("place", PLACES)
def test_colours_are_those_of_the_place(make_card, place):
    """The card is dark where its notebook is, whatever else the reader prefers."""
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


def test_a_page_that_says_nothing_follows_the_reader(make_card):
    """Without a notebook's word the reader's preference decides."""
    card = make_card(place="plain")
    for scheme in ("dark", "light"):
        card.page.emulate_media(color_scheme=scheme)
        ink, paper = card.root.evaluate(LUMINANCE)
        assert (ink > paper) is (scheme == "dark")


@pytest.mark.parametrize("state", STATES)
def test_forced_colours_keep_what_colours_said(make_card, state):
    """Where the system decides on colours, lines and words say what they said."""
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
def test_no_width_and_no_zoom_makes_it_overflow(make_card, state):
    """From 320 pixels to the full width, and at 200 %, nothing sticks out."""
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
    """A notebook whose interface is set to twice the size has room for it all."""
    card = make_card(STATES["refused"] | LONG)
    card.page.set_viewport_size({"width": 640, "height": 800})
    card.root.evaluate("root => root.style.setProperty('--jp-ui-font-size1', '26px')")
    laid_out, window = widths(card)
    assert laid_out == window
    size = card.root.evaluate("root => getComputedStyle(root).fontSize")
    assert size == "26px"


@pytest.mark.parametrize("state", STATES)
def test_a_page_that_runs_from_right_to_left(make_card, state):
    """The card's English keeps its own direction there, and nothing sticks out."""
    card = make_card(
        STATES[state],
        before=lambda page: page.evaluate("document.documentElement.dir = 'rtl'"),
    )
    card.page.set_viewport_size({"width": 320, "height": 800})
    laid_out, window = widths(card)
    assert laid_out == window
    assert card.root.evaluate("root => getComputedStyle(root).direction") == "ltr"
    assert wrongs(card.page) == []


def test_on_paper_there_is_the_moment_and_no_countdown(make_card):
    """Print is black on white, without what is clicked or what goes on counting."""
    card = make_card(STATES["signed-in"], place="dark")
    card.page.emulate_media(media="print")
    ink, paper = card.root.evaluate(LUMINANCE)
    assert (ink, paper) == (0, 3 * 255)
    assert not card.root.locator("[data-role='countdown']").is_visible()
    assert not card.button("Refresh").is_visible()
    assert "until Wed 25 Nov, 13:57" in card.text


def test_whoever_wants_no_motion_gets_none(make_card):
    """The sign turns while GraFx is asked, unless motion is not wanted."""
    card = make_card(STATES["signing-in"])
    sign = card.root.locator(".chili-state svg")
    for wanted, name in (("no-preference", "chili-turn"), ("reduce", "none")):
        card.page.emulate_media(reduced_motion=wanted)
        animation = sign.evaluate("node => getComputedStyle(node).animationName")
        assert animation == name


@pytest.mark.parametrize("state", ["form", "failed", "signed-in", "expired"])
def test_every_control_is_reached_by_tab_and_seen(make_card, state):
    """Tab goes through all that can be used, in order, with an outline around it."""
    card = make_card(STATES[state])
    usable = [node for node in card.root.locator(CONTROLS).all() if node.is_visible()]
    assert len(usable) >= 3
    for node in usable:
        card.page.keyboard.press("Tab")
        assert node.evaluate("node => node === document.activeElement")
        assert node.evaluate(SEEN)


def test_a_secret_that_is_shown_is_hidden_when_it_goes(make_card):
    """Show secret shows it, and what is typed after a try is hidden again."""
    card = make_card(FORM)
    card.fill()
    card.button("Show secret").click()
    assert card.field("Client secret").get_attribute("type") == "text"
    assert card.field("Client secret").input_value() == SECRET
    card.button("Show secret").click()
    assert card.field("Client secret").get_attribute("type") == "password"
    card.button("Use a ready token instead").click()
    card.button("Show token").click()
    assert card.field("Access token").get_attribute("type") == "text"
    card.change(**STATES["signed-in"])
    card.change(**STATES["form"])
    assert card.field("Access token").get_attribute("type") == "password"
