"""Tests of output files: formats, sizes, metadata and animations."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image, ImageChops, ImageSequence

from chili_notebook.simulator.rendering.file_formats import add_pages, encode
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.pdf import PRODUCER, PdfFile
from chili_notebook.simulator.rendering.variable_values import resolve_values
from chili_notebook.simulator.rendering.video import UnsupportedFormatError
from chili_notebook.simulator.state.sample_templates import load_sample_templates

DOCUMENTS = {entry.name: entry.document for entry in load_sample_templates()}
LAYOUTS = [
    pytest.param(document, layout["id"], id=f"{name}, {layout['name']}")
    for name, document in DOCUMENTS.items()
    for layout in document["layouts"]
]
SOCIAL = DOCUMENTS["Spring social post"]
BANNER = DOCUMENTS["Autumn roast banner"]
CARD = DOCUMENTS["Business card"]
LONG_HEADLINE = "The first cherry blossom honey of the year is on our shelves"
FIRST_BYTES = {
    "png": b"\x89PNG",
    "jpg": b"\xff\xd8",
    "pdf": b"%PDF",
    "gif": b"GIF8",
    "html": b"<!doctype html>",
}


def layout_id(document, name=None):
    """Return the ID of the layout with a name, or of the first one."""
    layouts = document["layouts"]
    return next(layout["id"] for layout in layouts if name in {None, layout["name"]})


def encode_layout(document, kind, layout, row=None, **options):
    """Return the file of a layout."""
    values = resolve_values(document, row or {})
    if kind != "pdf":
        return encode(document, layout, values, kind, **options)
    pdf = PdfFile()
    add_pages(pdf, document, layout, values, **options)
    return pdf.content()


@pytest.mark.parametrize("kind", FIRST_BYTES)
@pytest.mark.parametrize(("document", "layout"), LAYOUTS)
def test_every_layout_can_be_encoded_in_every_format(document, layout, kind):
    """Each file has the first bytes of its format, and names the simulator."""
    content = encode_layout(document, kind, layout)
    assert content.startswith(FIRST_BYTES[kind])
    assert PRODUCER.encode() in content


@pytest.mark.parametrize("kind", FIRST_BYTES)
def test_equal_requests_have_equal_files(kind):
    """The files do not depend on the time or on other requests."""
    layout = layout_id(BANNER)
    first = encode_layout(BANNER, kind, layout)
    encode_layout(SOCIAL, "jpg", layout_id(SOCIAL), {"Photo": "citrus"})
    assert encode_layout(BANNER, kind, layout) == first


@pytest.mark.parametrize(
    ("name", "size"),
    [("Square", (1080, 1080)), ("Story", (1080, 1920)), ("Wide", (1200, 630))],
)
def test_png_of_a_digital_layout_has_its_pixels(name, size):
    """The PNG is lossless, in the size of the layout, also for child layouts."""
    layout = layout_id(SOCIAL, name)
    picture = Image.open(io.BytesIO(encode_layout(SOCIAL, "png", layout)))
    assert picture.size == size
    (page,) = render_pages(SOCIAL, layout, resolve_values(SOCIAL, {}))
    assert picture.convert("RGB").tobytes() == page.tobytes()


def test_print_layout_has_the_size_of_its_paper():
    """A PNG of a card of 85 x 55 mm has 150 dpi, and each page of the PDF its size."""
    layout = layout_id(CARD)
    picture = Image.open(io.BytesIO(encode_layout(CARD, "png", layout)))
    assert picture.size == (502, 325)
    assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    pdf = encode_layout(CARD, "pdf", layout)
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf)
    assert len(boxes) == 2
    for width, height in boxes:
        assert float(width) == pytest.approx(85 / 25.4 * 72, abs=0.5)
        assert float(height) == pytest.approx(55 / 25.4 * 72, abs=0.5)


def test_scale_has_a_limit():
    """A picture is at most ten times larger than its layout."""
    blank = {
        "pages": [{"id": "p", "frames": []}],
        "layouts": [{"id": "l", "width": 60_000, "height": 40_000}],
    }
    content = encode(blank, "l", resolve_values(blank, {}), "png", scale=1e308)
    assert Image.open(io.BytesIO(content)).size == (600, 400)


@pytest.mark.parametrize("row", [{}, {"Headline": LONG_HEADLINE}])
def test_square_png_is_small_enough_for_a_notebook(row):
    """A notebook that stores it as Base64 stays below 300 kB."""
    content = encode_layout(SOCIAL, "png", layout_id(SOCIAL, "Square"), row)
    assert len(content) < 212_000


def test_watermark_is_in_the_file():
    """The files with and without a watermark differ."""
    layout = layout_id(SOCIAL)
    marked = encode_layout(SOCIAL, "jpg", layout, watermark="A")
    assert marked != encode_layout(SOCIAL, "jpg", layout)


@pytest.mark.parametrize("name", ["Billboard", "Half page"])
def test_gif_moves_and_ends_at_rest(name):
    """A GIF has about twenty frames and less than 400 kB, and repeats."""
    layout = layout_id(BANNER, name)
    content = encode_layout(BANNER, "gif", layout)
    assert len(content) < 400_000
    gif = Image.open(io.BytesIO(content))
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(gif)]
    assert 12 <= len(frames) <= 24
    assert gif.info["loop"] == 0
    assert frames[0].tobytes() != frames[-1].tobytes()
    values = resolve_values(BANNER, {})
    (still,) = render_pages(BANNER, layout, values, pixels_wide=gif.width)
    difference = ImageChops.difference(frames[-1], still).convert("L")
    assert max(difference.resize((40, 40), Image.Resampling.BOX).getextrema()) < 16


@pytest.mark.parametrize("name", ["Billboard", "Half page"])
def test_palette_of_a_gif_has_the_colours_of_every_frame(name):
    """Colours that are visible for a short time are in the palette too."""
    layout = layout_id(BANNER, name)
    values = resolve_values(BANNER, {})
    gif = Image.open(io.BytesIO(encode_layout(BANNER, "gif", layout)))
    at_ms = 0
    for number in range(gif.n_frames):
        gif.seek(number)
        (page,) = render_pages(
            BANNER, layout, values, pixels_wide=gif.width, at_ms=at_ms
        )
        difference = ImageChops.difference(gif.convert("RGB"), page).convert("L")
        assert sum(difference.histogram()[6:]) < 5000, number
        at_ms += gif.info["duration"]


def test_unknown_format_is_an_error():
    """The error names the format."""
    with pytest.raises(UnsupportedFormatError, match="tiff"):
        encode_layout(BANNER, "tiff", layout_id(BANNER))
