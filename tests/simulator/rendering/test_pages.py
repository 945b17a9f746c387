"""Tests of rendered pages: sizes, values, frames and errors."""

from __future__ import annotations

from copy import deepcopy

import pytest
from PIL import ImageChops

from chili_notebook.simulator.rendering.layouts import find_layout
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.variable_values import (
    RecordFailedError,
    resolve_values,
)
from chili_notebook.simulator.state.sample_templates import load_sample_templates

DOCUMENTS = {entry.name: entry.document for entry in load_sample_templates()}
LAYOUTS = [
    pytest.param(document, layout, id=f"{name}, {layout['name']}")
    for name, document in DOCUMENTS.items()
    for layout in document["layouts"]
]
SOCIAL = DOCUMENTS["Spring social post"]
BADGE = DOCUMENTS["Event badge"]
FLYER = DOCUMENTS["Harvest supper flyer"]
BANNER = DOCUMENTS["Autumn roast banner"]
LONG = "The first cherry blossom honey of the year is on our shelves"


def layout_id(document, name=None):
    """Return the ID of the layout with a name, or of the first one."""
    layouts = document["layouts"]
    return next(lay["id"] for lay in layouts if name in {None, lay["name"]})


def render(document, row=None, layout=None, **options):
    """Render the first page, 300 pixels wide by default."""
    values = resolve_values(document, row or {})
    options.setdefault("pixels_wide", 300)
    return render_pages(document, layout_id(document, layout), values, **options)[0]


def frames_of(document, variable_id):
    """Return the frames that show the text of a variable."""
    return [
        frame["id"]
        for page in document["pages"]
        for frame in page["frames"]
        for entry in frame.get("textContent", ())
        if entry.get("type") == "variable" and entry["id"] == variable_id
    ]


def box_of(document, layout, frame, px):
    """Return the pixels that a frame can touch."""
    place = find_layout(document, layout).placements[frame]
    return (
        int(place.x * px) - 1,
        int(place.y * px) - 1,
        int((place.x + place.width) * px) + 2,
        int((place.y + place.height) * px) + 2,
    )


def test_picture_has_the_given_width_or_scale():
    """Both keep the aspect ratio of the layout."""
    assert render(SOCIAL, layout="Story", pixels_wide=108).size == (108, 192)
    assert render(SOCIAL, layout="Wide", pixels_wide=None, scale=0.5).size == (600, 315)


@pytest.mark.parametrize(("document", "layout"), LAYOUTS)
def test_text_changes_its_frames_only(document, layout):
    """Another text changes pixels where the variable is shown, and nowhere else."""
    px = 400 / find_layout(document, layout["id"]).width
    plain = render_pages(
        document, layout["id"], resolve_values(document, {}), pixels_wide=400
    )
    texts = [v for v in document["variables"] if v["type"] in {"shortText", "longText"}]
    assert texts or document is DOCUMENTS["Market price tag"]
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


def test_boolean_hides_its_frames():
    """The frames that depend on the boolean are not drawn."""
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


def test_list_selects_a_frame():
    """Each item of the list shows a frame with another colour."""
    feet = {
        role: render(BADGE, {"Role": role}).getpixel((4, 425))
        for role in ("guest", "speaker", "crew")
    }
    assert feet == {
        "guest": (36, 70, 58),
        "speaker": (196, 88, 47),
        "crew": (91, 46, 63),
    }


def test_numbers_dates_and_lists_change_the_picture():
    """Another value is drawn."""
    plain = render(SOCIAL).tobytes()
    for row in ({"Price": "13.5"}, {"Valid until": "2026-06-30"}, {"Season": "summer"}):
        assert render(SOCIAL, row).tobytes() != plain


def test_image_is_drawn_in_its_frame():
    """Another picture fills the same frame; without a picture it is empty."""
    citrus = render(SOCIAL, {"Photo": "citrus"})
    empty = render(SOCIAL, {"Photo": None})
    at = (200, 240)
    assert empty.getpixel(at) == (244, 237, 225)
    assert citrus.getpixel(at) != render(SOCIAL).getpixel(at) != empty.getpixel(at)
    assert ImageChops.difference(citrus, empty).getbbox()[0] >= 140


def test_long_text_is_copy_fitted():
    """The end of a long headline is visible."""
    long = render(SOCIAL, {"Headline": LONG}, pixels_wide=540)
    longer = render(SOCIAL, {"Headline": f"{LONG} now"}, pixels_wide=540)
    assert long.tobytes() != longer.tobytes()


def test_overflow_is_an_error_if_the_frame_says_so():
    """Texts in other frames end with an ellipsis."""
    with pytest.raises(RecordFailedError) as caught:
        render(FLYER, {"Introduction": "word " * 400})
    (error,) = caught.value.errors
    assert error.type == "TextOverflow"
    assert "'Introduction'" in error.details
    assert render(FLYER, {"Title": "word " * 400}).size == render(FLYER).size


def test_missing_asset_of_a_frame_is_an_error():
    """The error names the frame."""
    broken = deepcopy(SOCIAL)
    logo = next(f for f in broken["pages"][0]["frames"] if f["name"] == "Logo")
    logo["src"]["assetId"] = "no-such-picture"
    with pytest.raises(RecordFailedError) as caught:
        render(broken)
    assert caught.value.errors[0].type == "ImageLoadFailed"
    assert "'Logo'" in caught.value.errors[0].details


def test_invisible_pages_are_not_rendered():
    """A document without a visible page is an error."""
    card = deepcopy(DOCUMENTS["Business card"])
    values = resolve_values(card, {})
    front, back = render_pages(card, layout_id(card), values, pixels_wide=100)
    card["pages"][0]["isVisible"] = False
    (only,) = render_pages(card, layout_id(card), values, pixels_wide=100)
    assert only.tobytes() == back.tobytes() != front.tobytes()
    card["pages"][1]["isVisible"] = False
    with pytest.raises(RecordFailedError) as caught:
        render_pages(card, layout_id(card), values, pixels_wide=100)
    assert caught.value.errors[0].type == "NoVisiblePages"


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
def test_malformed_document_is_an_error_of_the_record(broken):
    """The record fails, and not the simulator."""
    with pytest.raises(RecordFailedError) as caught:
        render_pages(
            broken | {"pages": broken.get("pages", [{}])}, "l", resolve_values({}, {})
        )
    assert caught.value.errors[0].type == "DocumentLoadActionFailed"


def test_unknown_layout_is_an_error():
    """The error names the layout."""
    with pytest.raises(LookupError, match="no-such-layout"):
        render_pages(SOCIAL, "no-such-layout", resolve_values(SOCIAL, {}))


def test_time_of_an_animation_can_be_rendered():
    """A frame is invisible before its animation starts, and at rest at the end."""
    start, end = (render(BANNER, at_ms=at_ms) for at_ms in (0, 3000))
    assert end.tobytes() == render(BANNER).tobytes() != start.tobytes()
    assert start.getpixel((265, 40))[0] < 80 < end.getpixel((265, 40))[0]
