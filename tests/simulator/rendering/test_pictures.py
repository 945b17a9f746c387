"""Tests of the sample pictures and of scaling."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageStat

from chili_notebook.simulator.rendering.pictures import (
    SAMPLE_PICTURES,
    find_picture,
    scale_picture,
)


@pytest.mark.parametrize("picture", SAMPLE_PICTURES.values(), ids=lambda p: p.name)
def test_sample_picture_has_its_size_and_content(picture):
    """Each file loads, has the stated size, and is not blank."""
    image = picture.load()
    assert image.size == (picture.width, picture.height)
    assert len(image.getcolors(1 << 21)) > 15


def test_scaled_picture_covers_the_size_without_distortion():
    """A wide size crops the top and the bottom of a square picture."""
    picture = find_picture(SAMPLE_PICTURES, "morning-cup")
    square = scale_picture(picture, (200, 200))
    wide = scale_picture(picture, (200, 100))
    assert wide.size == (200, 100)
    difference = ImageChops.difference(wide, square.crop((0, 50, 200, 150)))
    assert max(ImageStat.Stat(difference).mean) < 1


def test_picture_can_be_scaled_up():
    """A larger size is smooth, and shows the same picture."""
    picture = find_picture(SAMPLE_PICTURES, "quillmere-mark")
    large = scale_picture(picture, (1600, 1600))
    small = large.resize((800, 800), Image.Resampling.BOX)
    difference = ImageChops.difference(small, picture.load())
    assert max(ImageStat.Stat(difference).mean) < 1


def test_picture_is_found_by_id_name_or_file_name():
    """Other names are not found."""
    picture = find_picture(SAMPLE_PICTURES, "citrus")
    assert picture is not None
    for name in (picture.id, "citrus", "citrus.png"):
        assert find_picture(SAMPLE_PICTURES, name) is picture
    assert find_picture(SAMPLE_PICTURES, "citrus.jpg") is None
