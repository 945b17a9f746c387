"""A Chromium for the tests of this folder."""

from __future__ import annotations

import os
import time
from typing import NoReturn

import pytest
from card_page import SIGNED_IN, Card, go_to, open_page

from fakes import TokenEndpoint
from lab import CHROMIUM_ARGUMENTS, find_chromium

READER = {
    "locale": "en-GB",
    "timezone_id": "Europe/Brussels",
    "viewport": {"width": 1280, "height": 900},
}
EMULATED = ("media", "color_scheme", "reduced_motion", "forced_colors")


@pytest.fixture(scope="module")
def endpoint():
    """Give the behaviour of a token endpoint, by the real clock, as browsers count."""
    return TokenEndpoint(time.time)


# Not session: a running Playwright leaves its event loop marked as the running one,
# and tests of other modules in this process call asyncio.run().
@pytest.fixture(scope="module")
def browser():
    """Give a running Chromium; without one, skip, or fail where one is required."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _do_without("playwright is not installed")
    path = find_chromium()
    if path is None:
        _do_without("no Chromium: install one, or name it in CHILI_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, problems):
    """Give a blank page; what goes wrong in it is added to `problems`."""
    with browser.new_context(**READER) as context:
        page = context.new_page()
        _listen(page, problems)
        yield page


@pytest.fixture(scope="module")
def still_page(browser):
    """Give a page for all tests of a module that leave its clock alone."""
    with browser.new_context(**READER) as context:
        page = context.new_page()
        page.problems = []
        _listen(page, page.problems)
        open_page(page, page.problems)
        yield page


@pytest.fixture
def problems():
    """Collect the uncaught errors and the error messages in the console of `page`."""
    return []


@pytest.fixture
def make_still_card(still_page):
    """Give what `make_card` gives, in much less time: a new document in one page."""
    still_page.set_viewport_size(READER["viewport"])
    still_page.emulate_media(**dict.fromkeys(EMULATED, "null"))

    def make(state=SIGNED_IN, *, place="light", before=lambda _page: None, **traits):
        still_page.unroute_all()
        go_to(still_page, still_page.problems, place)
        before(still_page)
        return Card(still_page, state | traits)

    yield make
    problems, still_page.problems[:] = still_page.problems[:], []
    assert problems == []
    assert still_page.evaluate("harness.writes") == 0


@pytest.fixture
def make_card(page, problems):
    """Give what puts a card into the page; fail if anything goes wrong in the page."""

    def make(state=SIGNED_IN, *, place="light", before=lambda _page: None, **traits):
        open_page(page, problems, place)
        before(page)
        return Card(page, state | traits)

    yield make
    assert problems == []
    assert page.evaluate("harness.writes") == 0


def _listen(page, problems):
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: message.type == "error" and problems.append(message.text),
    )


def _do_without(reason: str) -> NoReturn:
    if os.environ.get("CHILI_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
