"""Tests of the sample templates: complete, consistent, and as GraFx stores them."""

from __future__ import annotations

import uuid
from itertools import combinations

import pytest

from chili_notebook.simulator.rendering.fonts import FAMILIES, FONT_KEYS, load_font
from chili_notebook.simulator.rendering.layouts import find_layout
from chili_notebook.simulator.rendering.pictures import SAMPLE_PICTURES, find_picture
from chili_notebook.simulator.state.sample_templates import load_sample_templates

TEMPLATES = load_sample_templates()
NAMES = [template.name for template in TEMPLATES]


def objects_in(node):
    """Return every JSON object in a document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects_in(value)


def test_templates_cover_all_intents():
    """There are print, static and animated layouts, and one template with three."""
    intents = {
        layout.get("intent")
        for template in TEMPLATES
        for layout in template.document["layouts"]
    }
    assert {"print", "digitalStatic", "digitalAnimated"} <= intents
    (social,) = [template for template in TEMPLATES if "social" in template.name]
    types = [layout["type"] for layout in social.document["layouts"]]
    assert types == ["top", "child", "child"]


def test_templates_cover_all_types_of_variables():
    """Each of the eight types occurs, and so do required and conditional variables."""
    variables = [v for template in TEMPLATES for v in template.document["variables"]]
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


def test_ids_are_unique_guids():
    """No two templates, layouts, variables, pages or frames have the same ID."""
    ids = [
        entry["id"]
        for template in TEMPLATES
        for entry in (
            {"id": template.id},
            *template.document["layouts"],
            *template.document["variables"],
            *template.document["pages"],
            *(frame for page in template.document["pages"] for frame in page["frames"]),
        )
    ]
    assert len(ids) == len(set(ids))
    assert all(str(uuid.UUID(each)) == each for each in ids)


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_references_of_a_template_exist(template):
    """All referenced variables, styles, colours, fonts, pictures and frames exist."""
    document = template.document
    kit = document["brandKit"]
    groups = ("colors", "gradients", "paragraphStyles", "characterStyles")
    known = {entry["id"] for group in groups for entry in kit[group]}
    variables = {variable["id"] for variable in document["variables"]}
    frames = {frame["id"] for page in document["pages"] for frame in page["frames"]}
    for node in objects_in(document):
        if str(node.get("type")).startswith("brandKit"):
            assert node["id"] in known
        if node.get("type") == "variable":
            assert node["id"] in variables
        for key in ("paragraphStyleId", "characterStyleId"):
            assert key not in node or node[key] in known
        assert "fontKey" not in node or node["fontKey"] in FONT_KEYS
        if "assetId" in node:
            assert find_picture(SAMPLE_PICTURES, node["assetId"]) is not None
    layouts = {layout["id"]: layout for layout in document["layouts"]}
    assert document["selectedLayoutId"] in layouts
    for layout in document["layouts"]:
        placed = {entry["id"] for entry in layout["frameProperties"]}
        assert placed <= frames
        if layout["type"] == "child":
            assert layout["id"] in layouts[layout["parentId"]]["childLayouts"]
        else:
            assert placed == frames


@pytest.mark.parametrize("template", TEMPLATES, ids=NAMES)
def test_copy_fitted_texts_do_not_overlap_other_texts(template):
    """No other text frame overlaps the frame of a copy-fitted text."""
    for layout in template.document["layouts"]:
        places = find_layout(template.document, layout["id"]).placements
        for page in template.document["pages"]:
            texts = [frame for frame in page["frames"] if frame["type"] == "text"]
            for one, other in combinations(texts, 2):
                a, b = places[one["id"]], places[other["id"]]
                if not (a.copyfit or b.copyfit):
                    continue
                apart_x = a.x + a.width <= b.x or b.x + b.width <= a.x
                apart_y = a.y + a.height <= b.y or b.y + b.height <= a.y
                assert apart_x or apart_y, (one["name"], other["name"])


def test_every_font_file_loads():
    """Each style of the three families has its file."""
    assert len(FAMILIES) == 3
    for key, (family, _style) in FONT_KEYS.items():
        assert family.name.split()[0] in load_font(key, 20).getname()[0]
