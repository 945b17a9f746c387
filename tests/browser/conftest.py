"""A Chromium for the tests of this folder."""

from __future__ import annotations

import os
import time
from typing import NoReturn

import pytest
from card_page import SIGNED_IN, CardPage, open_page

from fakes import TokenEndpoint
from lab import CHROMIUM_ARGUMENTS, find_chromium, without_jupyter_errors

READER = {
    "locale": "en-GB",
    "timezone_id": "Europe/Brussels",
    "viewport": {"width": 1280, "height": 900},
}
EMULATED = ("media", "color_scheme", "reduced_motion", "forced_colors")


@pytest.fixture(scope="module")
def endpoint():
    """Return a token endpoint with the real clock, which browsers use too."""
    return TokenEndpoint(time.time)


# Not of session scope: while Playwright runs, its event loop counts as the running one,
# and tests of other modules in the same process call asyncio.run().
@pytest.fixture(scope="module")
def browser():
    """Start Chromium; without one, skip the test, or fail if a browser is required."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        _skip_without_browser("playwright is not installed")
    path = find_chromium()
    if path is None:
        _skip_without_browser("no Chromium: install one, or set CHILI_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, problems):
    """Open a blank page, and collect its errors in `problems`."""
    with browser.new_context(**READER) as context:
        page = context.new_page()
        _collect_errors(page, problems)
        yield page


@pytest.fixture
def problems():
    """Return the list of uncaught errors and console errors of `page`."""
    return []


@pytest.fixture(scope="module")
def shared_problems():
    """Return the list of errors of `shared_page`."""
    return []


@pytest.fixture(scope="module")
def shared_page(browser, shared_problems):
    """Open one page for the tests of a module; a page of its own for each is slow."""
    with browser.new_context(**READER) as context:
        page = context.new_page()
        _collect_errors(page, shared_problems)
        yield page


@pytest.fixture(scope="module")
def lab_page(lab, shared_page, shared_problems):
    """Load the module's JupyterLab once; `lab.switch` opens a notebook in it."""
    shared_page.goto(f"{lab.url}/lab?reset")
    shared_page.wait_for_function("window.jupyterapp?.shell.currentWidget")
    assert without_jupyter_errors(shared_problems) == []
    return shared_page


@pytest.fixture
def make_card(shared_page, shared_problems):
    """Return a function that shows a card; afterwards fail if the page had an error.

    The function loads the page again and stops its clock, so that nothing is left of
    the card of another test.
    """
    shared_problems.clear()
    shared_page.set_viewport_size(READER["viewport"])
    shared_page.emulate_media(**dict.fromkeys(EMULATED, "null"))
    shared_page.mouse.move(-1, -1)

    def make(
        state=SIGNED_IN,
        *,
        place="light",
        origin="http://notebook.test",
        before=lambda _page: None,
        **traits,
    ):
        open_page(shared_page, shared_problems, place, origin)
        before(shared_page)
        return CardPage(shared_page, state | traits)

    yield make
    assert shared_problems == []
    assert shared_page.evaluate("harness.writes") == 0


def _collect_errors(page, problems):
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: message.type == "error" and problems.append(message.text),
    )


def _skip_without_browser(reason: str) -> NoReturn:
    if os.environ.get("CHILI_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
