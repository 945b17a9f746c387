"""What counts as the same output: the comparison that stored notebooks are held to."""

from __future__ import annotations

import io
import re
from itertools import combinations

import nbformat
import pytest
from notebook_outputs import PATTERNS, difference_of, normalised, pictures_of, words_of
from PIL import Image, ImageDraw

SAMPLES = {
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
}


@pytest.mark.parametrize("text", SAMPLES)
def test_what_differs_from_run_to_run_gets_a_word(text):
    """Moments, durations, ids and the like are replaced, and nothing around them."""
    assert normalised(text) == SAMPLES[text]


def test_every_pattern_is_needed():
    """Each pattern of the file matches a sample of its own."""
    for pattern, _word in PATTERNS:
        assert any(re.search(pattern, text) for text in SAMPLES), pattern


@pytest.mark.parametrize(
    "text", ["340 g jar", "2028-03-31", "17: font:list", "9 of 9 templates", "#24453a"]
)
def test_what_a_cell_says_stays(text):
    """Counts, dates without a time and colours are what a reader sees."""
    assert normalised(text) == text


def test_pictures_are_compared_as_the_eye_does():
    """Another encoder makes no difference; another word, size or frame does."""
    one = _picture("honey", "PNG")
    assert difference_of(one, _picture("honey", "JPEG")) == ""
    assert "apart" in difference_of(one, _picture("money", "PNG"))
    assert "px" in difference_of(one, _picture("honey", "PNG", wide=201))
    moving = io.BytesIO()
    frame = Image.open(io.BytesIO(one)).convert("P")
    other = Image.new("P", frame.size)
    frame.save(moving, "GIF", save_all=True, append_images=[other])
    assert "frames" in difference_of(one, moving.getvalue())


@pytest.mark.parametrize(("one", "other"), [*combinations("0123456789", 2)])
def test_a_digit_of_small_print_is_seen(one, other):
    """Any digit for another makes a difference, as small as labels print it."""
    net, gross = (_picture(f"Net weight: {n}50 g", "PNG", px=14) for n in (one, other))
    assert "apart" in difference_of(net, gross)


@pytest.mark.parametrize("quality", [80, 90, 95])
@pytest.mark.parametrize("px", [14, 32])
def test_an_encoder_is_not_seen(px, quality):
    """The same at another quality of JPEG, or from a PNG, is the same to the eye."""
    word = "Net weight: 250 g"
    stored = _picture(word, "JPEG", px=px, quality=85)
    again = _picture(word, "JPEG", px=px, quality=quality)
    assert difference_of(stored, again) == ""
    assert difference_of(_picture(word, "PNG", px=px), again) == ""


def test_how_edges_are_drawn_is_not_seen():
    """Letters of which the edges are drawn otherwise are the same letters."""
    large = Image.new("RGB", (1600, 640), "#f2d08a")
    ImageDraw.Draw(large).text(
        (160, 160), "Net weight: 250 g", fill="#222222", font_size=112
    )
    one, other = (
        _file(large.resize((200, 80), kind), "PNG")
        for kind in (Image.Resampling.BOX, Image.Resampling.LANCZOS)
    )
    assert one != other
    assert difference_of(one, other) == ""


def test_a_cell_is_words_and_pictures():
    """Streams are joined by name, and pictures in HTML count as those beside it."""
    picture = nbformat.v4.new_output("display_data", {"image/png": "aGk="})
    page = '<img src="data:image/png;base64,aG8=">'
    cell = nbformat.v4.new_code_cell(
        outputs=[
            nbformat.v4.new_output("stream", name="stdout", text="in 1 s, "),
            picture,
            nbformat.v4.new_output("stream", name="stdout", text="in 2 s"),
            nbformat.v4.new_output("display_data", {"text/html": page}),
        ]
    )
    assert words_of(cell) == (
        {"stdout": "in DURATION, in DURATION"},
        [{"image/png": ""}, {"text/html": '<img src="PICTURE">'}],
    )
    assert pictures_of(cell) == [b"hi", b"ho"]


def _picture(word, kind, *, wide=200, px=32, **options):
    picture = Image.new("RGB", (wide, 80), "#f2d08a")
    ImageDraw.Draw(picture).text((20, 20), word, fill="#222222", font_size=px)
    return _file(picture, kind, **options)


def _file(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
