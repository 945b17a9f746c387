"""The comparison of stored outputs with those of a new run."""

from __future__ import annotations

import io
import re
from itertools import combinations

import nbformat
import pytest
from notebook_outputs import (
    PATTERNS,
    difference_between,
    normalise,
    pictures_of,
    texts_of,
)
from PIL import Image, ImageDraw

NORMALISED = {
    "valid until Wed 25 Nov 2026, 20:37 UTC": "valid until MOMENT",
    "<td>2026-10-09 14:05</td>": "<td>MOMENT</td>",
    "at=datetime.datetime(2026, 8, 12, tzinfo=datetime.timezone.utc)": "at=MOMENT",
    "21 h 57 min left, in 0.3 s": "DURATION left, in DURATION",
    "<Output Business card.png, 19 kB>": "<Output Business card.png, SIZE>",
    "no task 24fd8df3-0023-4037-8154-c489da3a0db2": "no task ID",
    "the client ID ending in …av6z": "the client ID ending in …CLIENT",
    "access token #3f9a11c2": "access token #FINGERPRINT",
    "http://127.0.0.1:35603/grafx": "http://127.0.0.1:PORT/grafx",
    'src="data:image/png;base64,iVBO+/w0=" style': 'src="PICTURE" style',
    "Searched 2 files for 1 secret: none found.": (
        "Searched MACHINE for 1 secret: none found."
    ),
    "11 of 36 rows are done, 8 are running at GraFx": (
        "SOME of 36 rows are done, SOME are running at GraFx"
    ),
    "Not searched: 3 large files.": "Not searched: MACHINE.",
}


@pytest.mark.parametrize("text", NORMALISED)
def test_varying_part_of_a_text_is_replaced(text):
    """Times, durations, IDs and the like become a word; the rest does not change."""
    assert normalise(text) == NORMALISED[text]


def test_every_pattern_has_a_sample():
    """No pattern of the file is unused."""
    for pattern, _word in PATTERNS:
        assert any(re.search(pattern, text) for text in NORMALISED), pattern


@pytest.mark.parametrize(
    "text", ["340 g jar", "2028-03-31", "17: font:list", "9 of 9 templates", "#24453a"]
)
def test_text_without_a_varying_part_is_unchanged(text):
    """Counts, dates without a time and colours are compared."""
    assert normalise(text) == text


def test_pictures_differ_by_word_size_or_frames():
    """Another word, size or number of frames is a difference."""
    honey = draw("honey", "PNG")
    assert "colours" in difference_between(honey, draw("money", "PNG"))
    assert "px" in difference_between(honey, draw("honey", "PNG", width=201))
    animation = io.BytesIO()
    frame = Image.open(io.BytesIO(honey)).convert("P")
    blank = Image.new("P", frame.size)
    frame.save(animation, "GIF", save_all=True, append_images=[blank])
    assert "frames" in difference_between(honey, animation.getvalue())


@pytest.mark.parametrize(("digit", "other_digit"), [*combinations("0123456789", 2)])
def test_pictures_differ_by_a_digit_in_small_print(digit, other_digit):
    """Each pair of digits differs in the smallest font size of the labels."""
    picture, other_picture = (
        draw(f"Net weight: {one}50 g", "PNG", font_size=14)
        for one in (digit, other_digit)
    )
    assert "colours" in difference_between(picture, other_picture)


@pytest.mark.parametrize("quality", [80, 90, 95])
@pytest.mark.parametrize("font_size", [14, 32])
def test_pictures_do_not_differ_by_encoder(font_size, quality):
    """Another quality of JPEG, and a PNG, make no difference."""
    text = "Net weight: 250 g"
    stored = draw(text, "JPEG", font_size=font_size, quality=85)
    new = draw(text, "JPEG", font_size=font_size, quality=quality)
    assert difference_between(stored, new) == ""
    assert difference_between(draw(text, "PNG", font_size=font_size), new) == ""


def test_pictures_do_not_differ_by_the_edges_of_letters():
    """Two ways to draw the edges of the same letters make no difference."""
    large = Image.new("RGB", (1600, 640), "#f2d08a")
    ImageDraw.Draw(large).text(
        (160, 160), "Net weight: 250 g", fill="#222222", font_size=112
    )
    picture, other_picture = (
        encode(large.resize((200, 80), method), "PNG")
        for method in (Image.Resampling.BOX, Image.Resampling.LANCZOS)
    )
    assert picture != other_picture
    assert difference_between(picture, other_picture) == ""


def test_cell_has_texts_and_pictures():
    """Streams are joined by name; pictures inside HTML count as pictures."""
    html = '<img src="data:image/png;base64,aG8=">'
    cell = nbformat.v4.new_code_cell(
        outputs=[
            nbformat.v4.new_output("stream", name="stdout", text="in 1 s, "),
            nbformat.v4.new_output("display_data", {"image/png": "aGk="}),
            nbformat.v4.new_output("stream", name="stdout", text="in 2 s"),
            nbformat.v4.new_output("display_data", {"text/html": html}),
        ]
    )
    assert texts_of(cell) == (
        {"stdout": "in DURATION, in DURATION"},
        [{"image/png": ""}, {"text/html": '<img src="PICTURE">'}],
    )
    assert pictures_of(cell) == [b"hi", b"ho"]


def draw(text, format_name, *, width=200, font_size=32, **options):
    """Return a picture file with a text."""
    picture = Image.new("RGB", (width, 80), "#f2d08a")
    ImageDraw.Draw(picture).text((20, 20), text, fill="#222222", font_size=font_size)
    return encode(picture, format_name, **options)


def encode(picture, format_name, **options):
    """Return a picture as a file."""
    file = io.BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()
