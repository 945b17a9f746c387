"""Renders: every layout in every format, and what values do to a picture."""

from __future__ import annotations

import io
import re
from copy import deepcopy

import pytest
from PIL import Image, ImageChops, ImageSequence

from chili_notebook.simulator.designs import load_designs
from chili_notebook.simulator.drawing.formats import PRODUCER, encode
from chili_notebook.simulator.drawing.layouts import find_layout
from chili_notebook.simulator.drawing.marks import draw_mark
from chili_notebook.simulator.drawing.rendering import render_pages
from chili_notebook.simulator.drawing.values import RowError, resolve_values
from chili_notebook.simulator.drawing.video import UnsupportedFormatError

DESIGNS = {design.name: design.document for design in load_designs()}
LAYOUTS = [
    pytest.param(document, layout, id=f"{name}, {layout['name']}")
    for name, document in DESIGNS.items()
    for layout in document["layouts"]
]
SOCIAL = DESIGNS["Spring social post"]
BADGE = DESIGNS["Event badge"]
FLYER = DESIGNS["Harvest supper flyer"]
BANNER = DESIGNS["Autumn roast banner"]
LONG = "The first cherry blossom honey of the year is on our shelves"
NO_VALUES = resolve_values({}, {})
STARTS = {
    "png": b"\x89PNG",
    "jpg": b"\xff\xd8",
    "pdf": b"%PDF",
    "gif": b"GIF8",
    "html": b"<!doctype html>",
}


def layout_id(document, name=None):
    """Give the id of the layout of a name, or of the first one."""
    layouts = document["layouts"]
    return next(lay["id"] for lay in layouts if name in {None, lay["name"]})


def render(document, row=None, layout=None, **options):
    """Render the first page, small unless told otherwise."""
    values = resolve_values(document, row or {})
    options.setdefault("pixels_wide", 300)
    return render_pages(document, layout_id(document, layout), values, **options)[0]


def file_of(document, kind, row=None, layout=None, **options):
    """Encode a layout."""
    values = resolve_values(document, row or {})
    return encode(document, layout_id(document, layout), values, kind, **options)[0]


def frames_of(document, variable_id):
    """Give the frames that show a variable's text."""
    return [
        frame["id"]
        for page in document["pages"]
        for frame in page["frames"]
        for entry in frame.get("textContent", ())
        if entry.get("type") == "variable" and entry["id"] == variable_id
    ]


def box_of(document, layout, frame, px):
    """Give the pixels that a frame may touch."""
    place = find_layout(document, layout).placements[frame]
    return (
        int(place.x * px) - 1,
        int(place.y * px) - 1,
        int((place.x + place.width) * px) + 2,
        int((place.y + place.height) * px) + 2,
    )


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize(("document", "layout"), LAYOUTS)
def test_every_layout_renders_to_every_format(document, layout, kind):
    """A file begins as its format does, is named by its type and says what made it."""
    content, content_type = encode(
        document, layout["id"], resolve_values(document, {}), kind
    )
    assert content.startswith(STARTS[kind])
    assert content_type.split(";")[0].endswith({"jpg": "jpeg"}.get(kind, kind))
    plain = content if kind != "pdf" else content.replace(b"\x00", b"")
    assert PRODUCER.encode() in plain


@pytest.mark.parametrize(
    ("name", "size"),
    [("Square", (1080, 1080)), ("Story", (1080, 1920)), ("Wide", (1200, 630))],
)
def test_a_digital_layout_has_its_own_pixels(name, size):
    """A pixel of a digital layout is one of the picture, in its child layouts too."""
    content = file_of(SOCIAL, "png", layout=name)
    assert Image.open(io.BytesIO(content)).size == size


def test_a_print_layout_has_the_size_of_its_paper():
    """A card of 85 by 55 mm has 150 dots to the inch, and its PDF is as large as it."""
    card = DESIGNS["Business card"]
    picture = Image.open(io.BytesIO(file_of(card, "png")))
    assert picture.size == (502, 325)
    assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    pdf = file_of(card, "pdf")
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf)
    assert len(boxes) == 2
    for width, height in boxes:
        assert float(width) == pytest.approx(85 / 25.4 * 72, abs=0.5)
        assert float(height) == pytest.approx(55 / 25.4 * 72, abs=0.5)


def test_a_picture_is_as_wide_as_asked():
    """A width in pixels keeps the shape of the layout."""
    assert render(SOCIAL, layout="Story", pixels_wide=108).size == (108, 192)
    assert render(SOCIAL, layout="Wide", pixels_wide=None, scale=0.5).size == (600, 315)


@pytest.mark.parametrize(
    ("headline", "most"),
    [("Made in a notebook", 180_000), (None, 190_000), (LONG, 200_000)],
)
def test_a_social_square_is_small_enough_for_a_notebook(headline, most):
    """A notebook that keeps the PNG stays below 300 kB, with a long headline too."""
    row = {"Headline": headline} if headline else {}
    assert len(file_of(SOCIAL, "png", row, "Square")) < most


@pytest.mark.parametrize("layout", ["Square", "Story", "Wide"])
def test_a_png_is_the_picture_itself(layout):
    """Every pixel is as it was rendered: a brand's colour, and a gradient's steps."""
    content = file_of(SOCIAL, "png", layout=layout)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    drawn = render(SOCIAL, layout=layout, pixels_wide=picture.width)
    assert picture.getpixel((5, 5)) == (244, 237, 225)
    assert picture.tobytes() == drawn.tobytes()


@pytest.mark.parametrize("kind", STARTS)
def test_the_same_request_gives_the_same_bytes(kind):
    """Nothing of a file depends on the time or on what was rendered before."""
    first = file_of(BANNER, kind)
    file_of(SOCIAL, "jpg", {"Photo": "citrus"})
    assert file_of(BANNER, kind) == first


@pytest.mark.parametrize(("document", "layout"), LAYOUTS)
def test_a_text_changes_its_frame_and_nothing_else(document, layout):
    """Another value changes pixels where the variable is shown, and only there."""
    px = 400 / find_layout(document, layout["id"]).width
    plain = render_pages(
        document, layout["id"], resolve_values(document, {}), pixels_wide=400
    )
    texts = [v for v in document["variables"] if v["type"] in {"shortText", "longText"}]
    assert texts or document is DESIGNS["Market price tag"]
    for variable in texts:
        row = resolve_values(document, {variable["name"]: "Some other words"})
        pages = render_pages(document, layout["id"], row, pixels_wide=400)
        changed = 0
        for before, after in zip(plain, pages, strict=True):
            differing = ImageChops.difference(before, after)
            changed += differing.getbbox() is not None
            for frame in frames_of(document, variable["id"]):
                differing.paste((0, 0, 0), box_of(document, layout["id"], frame, px))
            assert differing.getbbox() is None, variable["name"]
        assert changed, variable["name"]


def test_a_boolean_hides_the_frames_that_depend_on_it():
    """Without the price there is neither badge nor amount, and the rest stays."""
    shown, hidden = render(SOCIAL), render(SOCIAL, {"Show price": "false"})
    badge = next(f for f in SOCIAL["pages"][0]["frames"] if f["name"] == "Badge")
    layout = layout_id(SOCIAL)
    px = 300 / find_layout(SOCIAL, layout).width
    left, top, right, bottom = box_of(SOCIAL, layout, badge["id"], px)
    differing = ImageChops.difference(shown, hidden)
    assert differing.getpixel(((left + right) // 2, bottom - 4)) != (0, 0, 0)
    differing.paste((0, 0, 0), (left, top, right, bottom))
    assert differing.getbbox() is None
    same = render(SOCIAL, {"Show price": "false", "Price": "99"})
    assert same.tobytes() == hidden.tobytes()


def test_a_list_chooses_among_frames():
    """Each role has a stripe of its own colour at the badge's foot."""
    feet = {
        role: render(BADGE, {"Role": role}).getpixel((4, 425))
        for role in ("guest", "speaker", "crew")
    }
    assert feet == {
        "guest": (36, 70, 58),
        "speaker": (196, 88, 47),
        "crew": (91, 46, 63),
    }


def test_numbers_and_dates_change_the_picture():
    """What a number or a date shows is drawn."""
    plain = render(SOCIAL).tobytes()
    for row in ({"Price": "13.5"}, {"Valid until": "2026-06-30"}, {"Season": "summer"}):
        assert render(SOCIAL, row).tobytes() != plain


def test_an_image_is_drawn_in_its_frame_or_left_out():
    """Another picture fills the same arch; none leaves the page's colour."""
    citrus = render(SOCIAL, {"Photo": "citrus"})
    empty = render(SOCIAL, {"Photo": None})
    at = (200, 240)
    assert empty.getpixel(at) == (244, 237, 225)
    assert citrus.getpixel(at) != render(SOCIAL).getpixel(at) != empty.getpixel(at)
    assert ImageChops.difference(citrus, empty).getbbox()[0] >= 140


def test_a_long_headline_is_fitted():
    """A headline of sixty letters keeps to its frame, all of it."""
    long = render(SOCIAL, {"Headline": LONG}, pixels_wide=540)
    longer = render(SOCIAL, {"Headline": f"{LONG} now"}, pixels_wide=540)
    assert long.tobytes() != longer.tobytes()


def test_a_text_that_must_fit_is_an_error_where_it_does_not():
    """A frame that says so reports the overflow; others end in an ellipsis."""
    with pytest.raises(RowError) as caught:
        render(FLYER, {"Introduction": "word " * 400})
    ((kind, details),) = caught.value.errors
    assert kind == "TextOverflow"
    assert "'Introduction'" in details
    assert render(FLYER, {"Title": "word " * 400}).size == render(FLYER).size


def test_a_missing_asset_of_a_frame_is_an_error():
    """A picture that the media does not have is named with its frame."""
    broken = deepcopy(SOCIAL)
    logo = next(f for f in broken["pages"][0]["frames"] if f["name"] == "Logo")
    logo["src"]["assetId"] = "no-such-picture"
    with pytest.raises(RowError) as caught:
        render(broken)
    assert caught.value.errors[0][0] == "ImageLoadFailed"
    assert "'Logo'" in caught.value.errors[0][1]


def test_hidden_pages_are_left_out():
    """An invisible page is not rendered; without a visible one there is an error."""
    card = deepcopy(DESIGNS["Business card"])
    values = resolve_values(card, {})
    front, back = render_pages(card, layout_id(card), values, pixels_wide=100)
    card["pages"][0]["isVisible"] = False
    (only,) = render_pages(card, layout_id(card), values, pixels_wide=100)
    assert only.tobytes() == back.tobytes() != front.tobytes()
    card["pages"][1]["isVisible"] = False
    with pytest.raises(RowError) as caught:
        render_pages(card, layout_id(card), values, pixels_wide=100)
    assert caught.value.errors[0][0] == "NoVisiblePages"


@pytest.mark.parametrize(
    "broken",
    [
        {"layouts": [{"id": "l"}]},
        {"layouts": [{"id": "l", "width": 0, "height": 9}], "pages": [{"frames": []}]},
        {
            "layouts": [{"id": "l", "width": 9, "height": 9}],
            "pages": [{"frames": [{"name": "without an id"}]}],
        },
        {
            "layouts": [{"id": "l", "width": 9, "height": 9}],
            "pages": [{"frames": []}],
            "brandKit": {"colors": [{"id": "c", "color": None}, "?"]},
        },
    ],
)
def test_a_malformed_document_is_an_error_of_the_record(broken):
    """What cannot be read fails the record and not the simulator."""
    with pytest.raises(RowError) as caught:
        render_pages(broken | {"pages": broken.get("pages", [{}])}, "l", NO_VALUES)
    assert caught.value.errors[0][0] == "DocumentLoadActionFailed"


def test_an_unknown_layout_is_refused():
    """A layout that the document does not have is named."""
    with pytest.raises(LookupError, match="no-such-layout"):
        render_pages(SOCIAL, "no-such-layout", resolve_values(SOCIAL, {}))


def test_every_picture_is_marked_in_a_corner():
    """An empty page shows nothing but the mark, at its lower right."""
    blank = {
        "pages": [{"id": "p", "frames": []}],
        "layouts": [{"id": "l", "width": 400_000, "height": 300_000}],
    }
    (picture,) = render_pages(blank, "l", resolve_values(blank, {}))
    box = ImageChops.difference(
        picture, Image.new("RGB", picture.size, "white")
    ).getbbox()
    assert box is not None
    assert box[0] > 300
    assert box[1] > 270
    darkest, _ = picture.crop(box).convert("L").getextrema()
    assert darkest < 120


@pytest.mark.parametrize(("document", "layout"), LAYOUTS)
def test_the_mark_touches_nothing(document, layout):
    """It stands where there is neither a text nor a picture nor the line of a shape."""
    values = resolve_values(document, {})
    places = find_layout(document, layout["id"]).placements
    drawn, plain = (
        render_pages(document, layout["id"], values, pixels_wide=1000, marked=marked)
        for marked in (True, False)
    )
    px = 1000 / layout["width"]
    for page, one, other in zip(document["pages"], drawn, plain, strict=True):
        left, top, right, bottom = ImageChops.difference(one, other).getbbox()
        assert left >= 0
        for frame in page["frames"]:
            place = places[frame["id"]]
            x, y = place.x * px, place.y * px
            x_end, y_end = x + place.width * px, y + place.height * px
            apart = x_end <= left or right <= x or y_end <= top or bottom <= y
            around = x <= left and right <= x_end and y <= top and bottom <= y_end
            plain_ground = frame["type"] == "shape" and around
            assert apart or plain_ground, frame["name"]


def test_the_mark_of_a_film_stands_still():
    """It is in one place and in the colours that fit the last picture."""
    blank = {
        "pages": [{"id": "p", "frames": []}],
        "layouts": [{"id": "l", "width": 400_000, "height": 300_000}],
    }
    films = [Image.new("RGB", (400, 300), c) for c in ("black", "white")]
    draw_mark(films, blank["pages"][0], find_layout(blank, "l"))
    boxes = [
        ImageChops.difference(film, Image.new("RGB", film.size, colour)).getbbox()
        for film, colour in zip(films, ("black", "white"), strict=True)
    ]
    assert boxes[0] == boxes[1]
    for film in films:
        light = film.crop(boxes[0]).convert("L").histogram()
        assert sum(light[192:]) > sum(light[:192])


def test_a_watermark_lies_over_the_whole_picture():
    """The text of a watermark is seen in every quarter of the picture."""
    plain, marked = render(SOCIAL), render(SOCIAL, watermark="PROOF")
    differing = ImageChops.difference(plain, marked)
    for x in (0, 150):
        for y in (0, 150):
            assert differing.crop((x, y, x + 150, y + 150)).getbbox()
    assert file_of(SOCIAL, "jpg", watermark="A") != file_of(SOCIAL, "jpg")


@pytest.mark.parametrize("layout", ["Billboard", "Half page"])
def test_an_animation_moves_and_comes_to_rest(layout):
    """About twenty frames, the last of them as the layout is, in less than 400 kB."""
    content = file_of(BANNER, "gif", layout=layout)
    assert len(content) < 400_000
    film = Image.open(io.BytesIO(content))
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(film)]
    assert 12 <= len(frames) <= 24
    assert film.info["loop"] == 0
    assert frames[0].tobytes() != frames[-1].tobytes()
    still = render(BANNER, layout=layout, pixels_wide=frames[0].width)
    differing = ImageChops.difference(frames[-1], still).convert("L")
    assert max(differing.resize((40, 40), Image.Resampling.BOX).getextrema()) < 16


@pytest.mark.parametrize("layout", ["Billboard", "Half page"])
def test_every_frame_of_an_animation_has_its_colours(layout):
    """What is on its way or shows for a moment is in the palette too."""
    film = Image.open(io.BytesIO(file_of(BANNER, "gif", layout=layout)))
    at_ms = 0
    for number in range(film.n_frames):
        film.seek(number)
        shown = film.convert("RGB")
        drawn = render(BANNER, layout=layout, pixels_wide=film.width, at_ms=at_ms)
        differing = ImageChops.difference(shown, drawn).convert("L")
        assert sum(differing.histogram()[6:]) < 5000, number
        at_ms += film.info["duration"]


def test_a_moment_of_an_animation_can_be_rendered():
    """Before its entry a frame is not there; afterwards it is where it belongs."""
    start, end = (render(BANNER, at_ms=moment) for moment in (0, 3000))
    assert end.tobytes() == render(BANNER).tobytes() != start.tobytes()
    assert start.getpixel((265, 40))[0] < 80 < end.getpixel((265, 40))[0]


def test_another_format_is_refused():
    """The simulator names a format that it does not know."""
    with pytest.raises(UnsupportedFormatError, match="tiff"):
        file_of(BANNER, "tiff")
