"""The static twin and the live card in the pages of other front-ends.

The pages have the elements and class names of the public sources: those of Colab's
outputs and of its widget manager, and those of VS Code.
"""

from __future__ import annotations

import pytest

from chili_notebook.auth.environment import Environment
from chili_notebook.card.state import CardState, as_html_beside

pytestmark = pytest.mark.browser

CARD = '<div class="jupyter-widgets"><div class="chili-card">live</div></div>'
LOST = '<div class="jupyter-widgets">Error displaying widget</div>'
NEXT = "<p>the next output</p>"
COLAB = """<div id="output-area"><div id="output-body">
<div class="display_data output-id-1"><div class="output_subarea output_html
rendered_html">{twin}</div></div>
<div class="display_data output-id-2"><div class="output_subarea output_widget_view">
<colab-lumino-adapter>{widget}</colab-lumino-adapter></div></div>
<div class="stream output-id-3"><div class="output_subarea output_text">{next}</div>
</div></div></div>"""
VSCODE = """<div class="output_container">{twin}</div>
<div class="output_container">{widget}</div>
<div class="output_container">{next}</div>"""


@pytest.mark.parametrize("place", [COLAB, VSCODE], ids=["Colab", "VS Code"])
@pytest.mark.parametrize("is_live", [True, False])
def test_one_of_card_and_twin_is_shown(page, place, is_live):
    """The twin replaces a card that is not live, and is hidden beside a live one."""
    state = CardState("signed-out", "chili", "chili_token", environment=Environment())
    twin, widget = as_html_beside(state), CARD if is_live else LOST
    page.set_content(place.format(twin=twin, widget=widget, next=NEXT))
    assert page.get_by_text("CHILI GraFx").is_visible() is not is_live
    assert page.locator(".jupyter-widgets").is_visible() is is_live
    assert page.get_by_text("the next output").is_visible()
