"""Tests of the badge and the watermark of rendered pictures."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from chili_notebook.simulator.rendering.badge import draw_badge, draw_watermark


@pytest.mark.parametrize("size", [(400, 300), (1080, 1080), (300, 1200)])
def test_badge_is_in_the_lower_left_corner(size):
    """Nothing else of the picture changes."""
    picture = Image.new("RGB", size, "white")
    draw_badge([picture])
    blank = Image.new("RGB", size, "white")
    left, top, right, bottom = ImageChops.difference(picture, blank).getbbox()
    assert 0 < left < right < size[0] / 2
    assert size[1] * 0.9 < top < bottom < size[1]


def test_badge_is_the_same_in_all_frames():
    """All frames have its place, and the colours that fit the last frame."""
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("black", "white")]
    draw_badge(frames)
    boxes = [
        ImageChops.difference(frame, Image.new("RGB", frame.size, colour)).getbbox()
        for frame, colour in zip(frames, ("black", "white"), strict=True)
    ]
    assert boxes[0] == boxes[1]
    for frame in frames:
        histogram = frame.crop(boxes[0]).convert("L").histogram()
        assert sum(histogram[192:]) > sum(histogram[:192])


def test_watermark_covers_the_whole_picture():
    """The text is in each quarter of the picture."""
    picture = Image.new("RGB", (300, 300), "white")
    draw_watermark(picture, "PROOF")
    for x in (0, 150):
        for y in (0, 150):
            darkest, _ = (
                picture.crop((x, y, x + 150, y + 150)).convert("L").getextrema()
            )
            assert darkest < 255
