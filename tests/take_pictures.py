"""Store the pictures in docs: the card in JupyterLab, and each state of the card."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from card_page import SECURE, STATES, CardPage, open_page
from PIL import Image
from playwright.sync_api import sync_playwright

from lab import CHROMIUM_ARGUMENTS, STEP_MS, command, find_chromium, running_lab

PICTURES = Path(__file__).parents[1] / "docs"
CELLS = ["%load_ext chili_notebook", "%chili_login --demo", "chili.templates.list()"]
_COLOURS = 256


def main():
    """Store every picture."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        for theme in ("light", "dark"):
            for state in STATES:
                _store_state(chromium, state, theme)
        _store_lab(chromium)
        chromium.close()


def _store_state(chromium, state, theme):
    """Store a picture of one state of the card, on the page of the browser tests."""
    problems = []
    with chromium.new_context(
        viewport={"width": 600, "height": 900},
        device_scale_factor=2,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Brussels",
    ) as context:
        page = context.new_page()
        open_page(page, problems, theme, SECURE)
        page.add_style_tag(content="main { padding: 8px 12px; width: fit-content; }")
        page.locator("main").evaluate("main => main.style.minWidth = '560px'")
        CardPage(page, STATES[state])
        target = PICTURES / f"card-{state}-{theme}.png"
        _store(page.locator("main"), target)
    if problems:
        raise RuntimeError(f"{target.name}: {problems}")


def _store_lab(chromium):
    """Store the picture in README: a notebook in JupyterLab."""
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab:
        lab.write("demo", CELLS)
        page = chromium.new_page(
            viewport={"width": 900, "height": 1300}, device_scale_factor=2
        )
        lab.open(page, "demo/notebook.ipynb")
        command(page, "application:toggle-left-area")
        lab.run_all(page)
        page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
        page.get_by_text("templates", exact=False).last.wait_for(timeout=STEP_MS)
        _store(page.locator(".jp-WindowedPanel-inner"), PICTURES / "card.png")


def _store(locator, target):
    screenshot = Image.open(BytesIO(locator.screenshot()))
    screenshot.quantize(_COLOURS).save(target, optimize=True)
    print(f"stored {target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
