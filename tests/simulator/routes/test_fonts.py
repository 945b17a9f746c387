"""Tests of the fonts: families, styles and previews."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from chili_notebook.simulator.rendering.fonts import FAMILIES


def test_families_have_styles_with_files(shared_api):
    """Families count their styles; a style names its family and its file."""
    families = shared_api.get("font-families").json()["data"]
    assert [family["name"] for family in families] == [f.name for f in FAMILIES]
    for family in families:
        path = f"font-families/{family['id']}/styles"
        styles = shared_api.get(path).json()["data"]
        assert len(styles) == family["fontStylesCount"]
        for style in styles:
            assert style["familyName"] == family["name"]
            file = shared_api.get(f"font-styles/{style['id']}/download")
            assert len(file.content) == style["fileSize"]
            assert f'"{style["fileName"]}"' in file.headers["content-disposition"]


def test_search_looks_at_names_of_families(shared_api):
    """A part of an ID is not found."""
    for text, names in (("serif", ["Source Serif Pro"]), ("3f1c6a52", [])):
        found = shared_api.get("font-families", params={"search": text}).json()
        assert [family["name"] for family in found["data"]] == names


@pytest.mark.parametrize("shape", ["square", "line"])
def test_preview_is_drawn_with_the_font(shared_api, shape):
    """The previews of two styles differ."""
    (family, *_) = shared_api.get("font-families").json()["data"]
    styles = shared_api.get(f"font-families/{family['id']}/styles").json()["data"]
    light, bold = (
        Image.open(
            BytesIO(
                shared_api.get(f"font-styles/{style['id']}/preview/{shape}").content
            )
        )
        for style in (styles[1], styles[-1])
    )
    assert (light.width == light.height) == (shape == "square")
    assert ImageChops.difference(light, bold.resize(light.size)).getbbox()
