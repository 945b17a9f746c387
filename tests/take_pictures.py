"""Takes README's picture: the card in a real JupyterLab, signed in to the simulator."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from lab import CHROMIUM_ARGUMENTS, STEP_MS, command, find_chromium, running_lab

PICTURES = Path(__file__).parents[1] / "docs"
CELLS = ["%load_ext chili_notebook", "%chili_login --demo", "chili.templates.list()"]


def main():
    """Run the cells and store what a person sees."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_lab(Path(folder)) as lab,
        sync_playwright() as playwright,
    ):
        lab.write("demo", CELLS)
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        page = chromium.new_page(
            viewport={"width": 900, "height": 1300}, device_scale_factor=2
        )
        lab.open(page, "demo/walk.ipynb")
        command(page, "application:toggle-left-area")
        lab.run_all(page)
        page.locator(".chili-card[data-phase='signed-in']").wait_for(timeout=STEP_MS)
        page.get_by_text("templates", exact=False).last.wait_for(timeout=STEP_MS)
        page.get_by_text("17 scopes").click()
        target = PICTURES / "card.png"
        page.locator(".jp-WindowedPanel-inner").screenshot(path=target)
        chromium.close()
    print(f"stored {target.name}: {target.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
