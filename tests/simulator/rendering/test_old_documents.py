"""Tests of documents of other ages, as in GraFx's public samples."""

from __future__ import annotations

import json

import pytest
from PIL import ImageChops

from chili_notebook.simulator.rendering.layouts import find_layout
from chili_notebook.simulator.rendering.old_documents import convert_document
from chili_notebook.simulator.rendering.pages import render_pages
from chili_notebook.simulator.rendering.variable_values import (
    RecordFailedError,
    resolve_values,
)

PARAGRAPH = {"type": "paragraph", "style": {"paragraphStyleId": "main"}}
FLOW = [
    {"type": "paragraph", "paragraphStyleId": "main"},
    {"type": "span"},
    {"type": "variable", "id": "t", "name": "Title"},
]
STYLE = {
    "id": "main",
    "name": "Main",
    "fontSize": 40,
    "lineHeight": 120,
    "trackingRight": "0 mm",
    "color": {"color": {"colorType": "rgb", "r": 200, "g": 0, "b": 0}},
}
OF_2022 = {
    "selectedLayoutId": "0",
    "pages": [
        {
            "pageId": "0",
            "pageNumber": 0,
            "frames": [
                {
                    "frameId": "1",
                    "frameName": "Title",
                    "frameType": "text",
                    "textContent": json.dumps({"textFlow": FLOW}),
                    "paddingLeft": 0,
                }
            ],
        }
    ],
    "layouts": [
        {
            "layoutId": "0",
            "layoutName": "Default",
            "layoutType": "top",
            "width": 300,
            "height": 100,
            "frameProperties": [
                {"frameId": "1", "x": 10, "y": 5, "width": 280, "height": 90}
            ],
            "frameAnimations": [{"frameId": "1", "from": 0, "to": 5000}],
        }
    ],
    "styleKit": {"colors": [], "paragraphStyles": [STYLE]},
    "variables": [{"id": "t", "type": "shorttext", "name": "Title", "value": "Hi"}],
}
OLDER = {
    "selectedLayoutId": 0,
    "pages": [
        {
            "number": 0,
            "frames": [
                {
                    "id": 1,
                    "name": "Title",
                    "type": "text",
                    "textContent": '<TextFlow><p color="#300"><span>A &amp; '
                    '<var id="t"/></span></p></TextFlow>',
                }
            ],
        }
    ],
    "layouts": [
        {
            "id": 0,
            "name": "Default",
            "width": 300,
            "height": 100,
            "frameProperties": [{"id": 1, "width": 300, "height": 90}],
        }
    ],
    "variables": [{"id": "t", "type": "shortText", "name": "Title", "value": "Hi"}],
}


def draw(document, **row):
    """Return the picture of the first layout of a converted document."""
    converted = convert_document(document)
    layout_id = str(converted["layouts"][0]["id"])
    (picture,) = render_pages(converted, layout_id, resolve_values(converted, row))
    return picture


@pytest.mark.parametrize("document", [OF_2022, OLDER], ids=["2022", "older"])
def test_old_document_is_drawn_with_its_variables(document):
    """The text is drawn at a readable size, and changes with the variable."""
    picture = draw(document)
    assert picture.size == (300, 100)
    assert ImageChops.difference(picture, draw(document, Title="Other")).getbbox()


def test_style_of_an_old_document_is_used():
    """The text has the size and the colour of its paragraph style."""
    colours = draw(OF_2022).getcolors(30_000)
    assert (200, 0, 0) in [colour for _, colour in colours]


def test_new_document_is_not_converted():
    """Documents with a version have the form of today."""
    document = OF_2022 | {"documentVersion": "1.9.0"}
    assert convert_document(document) is document


@pytest.mark.parametrize("text", ["{", "[1]", "7"])
def test_unreadable_text_of_an_old_document_is_an_error(text):
    """The error is that of a malformed document."""
    frame = {"frameId": "1", "frameType": "text", "textContent": text}
    with pytest.raises(RecordFailedError, match="cannot be read"):
        convert_document({"pages": [{"frames": [frame]}]})


def test_frame_can_be_placed_relative_to_its_page():
    """A child layout without a size has that of its parent; so does its frame."""
    relative = {"start": 0.25, "end": 0.25, "type": "relative"}
    frame = {"id": "1", "horizontal": relative, "vertical": relative}
    layouts = [
        {"id": "0", "width": 400, "height": 200, "frameProperties": [frame]},
        {
            "id": "1",
            "parentId": "0",
            "bleed": {"value": 8503, "type": "combined"},
            "resizableByUser": {"enabled": False, "constraintMode": "none"},
            "frameProperties": [{"id": "1", "type": "child"}],
        },
    ]
    place = find_layout({"layouts": layouts}, "1").placements["1"]
    assert (place.x, place.y, place.width, place.height) == (100, 50, 200, 100)
