"""The designs and the media: whole, consistent, and as GraFx stores them."""

from __future__ import annotations

import uuid
from itertools import combinations

import pytest
from PIL import Image, ImageChops, ImageStat

from chili_notebook.simulator.designs import load_designs
from chili_notebook.simulator.drawing.artwork import ARTWORK, find_picture, paint
from chili_notebook.simulator.drawing.fonts import FAMILIES, FONT_KEYS, face
from chili_notebook.simulator.drawing.layouts import find_layout

DESIGNS = load_designs()
NAMES = [design.name for design in DESIGNS]


def walk(node):
    """Give every object in a document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def test_there_are_designs_for_print_and_screen():
    """At least eight, of every intent, one of them a social post in three layouts."""
    assert len(DESIGNS) >= 8
    intents = {
        layout.get("intent")
        for design in DESIGNS
        for layout in design.document["layouts"]
    }
    assert {"print", "digitalStatic", "digitalAnimated"} <= intents
    (social,) = [design for design in DESIGNS if "social" in design.name]
    kinds = [layout["type"] for layout in social.document["layouts"]]
    assert kinds == ["top", "child", "child"]


def test_together_they_use_every_type_of_variable():
    """Each of the eight types occurs, and so do required and conditional ones."""
    variables = [v for design in DESIGNS for v in design.document["variables"]]
    assert {v["type"] for v in variables} == {
        "shortText",
        "longText",
        "list",
        "boolean",
        "number",
        "date",
        "image",
        "group",
    }
    assert any(v["isRequired"] for v in variables)
    assert any(v["visibility"]["type"] == "conditional" for v in variables)


def test_ids_are_guids_and_unique():
    """No two designs, layouts, variables or frames share an id."""
    ids = [
        entry["id"]
        for design in DESIGNS
        for entry in (
            {"id": design.id},
            *design.document["layouts"],
            *design.document["variables"],
            *design.document["pages"],
            *(frame for page in design.document["pages"] for frame in page["frames"]),
        )
    ]
    assert len(ids) == len(set(ids))
    assert all(str(uuid.UUID(each)) == each for each in ids)


def test_each_load_gives_documents_of_its_own():
    """What one caller changes, another does not see."""
    load_designs()[0].document["pages"].clear()
    assert load_designs()[0].document["pages"]


@pytest.mark.parametrize("design", DESIGNS, ids=NAMES)
def test_what_a_design_refers_to_exists(design):
    """Variables, styles, colours, fonts, pictures, frames and layouts are all there."""
    document = design.document
    kit = document["brandKit"]
    groups = ("colors", "gradients", "paragraphStyles", "characterStyles")
    known = {entry["id"] for group in groups for entry in kit[group]}
    variables = {variable["id"] for variable in document["variables"]}
    frames = {frame["id"] for page in document["pages"] for frame in page["frames"]}
    for node in walk(document):
        if str(node.get("type")).startswith("brandKit"):
            assert node["id"] in known
        if node.get("type") == "variable":
            assert node["id"] in variables
        for key in ("paragraphStyleId", "characterStyleId"):
            assert node.get(key, next(iter(known))) in known
        assert node.get("fontKey", next(iter(FONT_KEYS))) in FONT_KEYS
        assert find_picture(node.get("assetId", next(iter(ARTWORK)))) is not None
    layouts = {layout["id"]: layout for layout in document["layouts"]}
    assert document["selectedLayoutId"] in layouts
    for layout in document["layouts"]:
        placed = {entry["id"] for entry in layout["frameProperties"]}
        assert placed <= frames
        if layout["type"] == "child":
            assert layout["id"] in layouts[layout["parentId"]]["childLayouts"]
        else:
            assert placed == frames


@pytest.mark.parametrize("design", DESIGNS, ids=NAMES)
def test_no_text_can_print_over_another(design):
    """A text that is fitted to its frame has the frame for itself, in each layout."""
    for layout in design.document["layouts"]:
        places = find_layout(design.document, layout["id"]).placements
        for page in design.document["pages"]:
            texts = [frame for frame in page["frames"] if frame["type"] == "text"]
            for one, other in combinations(texts, 2):
                a, b = places[one["id"]], places[other["id"]]
                if not (a.copyfit or b.copyfit):
                    continue
                apart_x = a.x + a.width <= b.x or b.x + b.width <= a.x
                apart_y = a.y + a.height <= b.y or b.y + b.height <= a.y
                assert apart_x or apart_y, (one["name"], other["name"])


@pytest.mark.parametrize("name", ["Spring social post", "Autumn roast banner"])
def test_a_wordmark_stands_level_with_its_logo(name):
    """Beside a logo the brand's name has the same middle, in each layout."""
    (document,) = [design.document for design in DESIGNS if design.name == name]
    frames = {frame["name"]: frame["id"] for frame in document["pages"][0]["frames"]}
    logo = frames.get("Logo") or frames["Mark"]
    for layout in document["layouts"]:
        places = find_layout(document, layout["id"]).placements
        a, b = places[frames["Brand"]], places[logo]
        assert a.y + a.height / 2 == pytest.approx(b.y + b.height / 2, abs=1)


@pytest.mark.parametrize("picture", ARTWORK.values(), ids=lambda picture: picture.name)
def test_a_picture_is_the_same_at_every_size(picture):
    """A thumbnail shows what the large picture shows, and both have the size asked."""
    width, height = picture.width // 10, picture.height // 10
    small = paint(picture.id, (width, height)).convert("RGBA")
    large = paint(picture.name, (width * 3, height * 3)).convert("RGBA")
    assert small.size == (width, height)
    assert large.size == (width * 3, height * 3)
    differing = ImageChops.difference(small, large.resize(small.size, Image.BOX))
    assert max(ImageStat.Stat(differing).mean) < 6
    assert len(large.getcolors(1 << 20)) > 15


def test_a_picture_covers_any_shape():
    """A picture is cut, not squeezed, where the shape is not its own."""
    picture = find_picture("morning-cup")
    assert picture is not None
    whole = paint(picture.id, (200, 200))
    wide = paint(picture.id, (200, 100))
    cut = whole.crop((0, 50, 200, 150))
    assert max(ImageStat.Stat(ImageChops.difference(wide, cut)).mean) < 1


def test_there_are_at_least_eight_pictures():
    """The media has pictures enough for a listing with pages."""
    assert len(ARTWORK) >= 8
    assert len({picture.name for picture in ARTWORK.values()}) == len(ARTWORK)
    with pytest.raises(LookupError):
        paint("no-such-picture", (10, 10))


def test_every_font_loads():
    """Each style of the three families has its file."""
    assert len(FAMILIES) == 3
    for key, (family, _style) in FONT_KEYS.items():
        assert family.name.split()[0] in face(key, 20).getname()[0]
