"""IDs in documents: found and replaced in every place where documents have them."""

from __future__ import annotations

import pytest

from chili_notebook.api.document_references import (
    IdMap,
    connectors_of,
    families_of,
    media_of,
    replace_ids,
)
from chili_notebook.errors import ConfigurationError

DOCUMENT = {
    "pages": [
        {"frames": [{"src": {"type": "connector", "id": "m", "assetId": "a1"}}]},
        {"frames": [{"src": {"type": "connector", "id": "aem", "assetId": "x"}}]},
    ],
    "layouts": [{"perAssetCrop": {"m": {"a2": {"left": 1}}, "aem": {"x": {}}}}],
    "variables": [
        {"value": {"connectorId": "m", "assetId": "a3"}, "resolved": {"mediaId": "a3"}},
        {"value": "a1"},
    ],
    "brandKit": {"media": [{"mediaConnectorId": "m", "mediaId": "a4"}]},
    "stylekit": {
        "fontFamilies": [
            {
                "id": "grafx-fonts::f1",
                "connectorId": "grafx-fonts",
                "fontFamilyId": "f1",
                "fontStyles": [{"id": "grafx-fonts::f1::s1", "fontStyleId": "s1"}],
            }
        ],
        "keys": ["grafx-fonts::f2::s2", "other::f3::s3"],
    },
    "connectors": [
        {"id": "m", "name": "GraFx Media", "source": {"source": "grafx", "id": "old"}},
        {"id": "grafx-fonts", "name": "Fonts", "source": {"source": "local"}},
    ],
}


def test_references_are_found_in_every_place():
    """Other connectors and texts that look like IDs are left out."""
    assert sorted(media_of(DOCUMENT, {"m"})) == ["a1", "a2", "a3", "a4"]
    assert sorted(families_of(DOCUMENT, {"grafx-fonts"})) == ["f1", "f2"]
    assert [one.source_id for one in connectors_of(DOCUMENT)] == ["old", ""]


def test_ids_are_replaced_where_they_are_ids():
    """Texts, other connectors and the original document stay as they are."""
    ids = IdMap(
        media={name: name.upper() for name in ("a1", "a2", "a3", "a4")},
        families={"f1": "F1", "f2": "F2"},
        styles={"s1": "S1", "s2": "S2"},
        connectors={"old": "new"},
    )
    new = replace_ids(DOCUMENT, ids)
    assert sorted(media_of(new, {"m"})) == ["A1", "A2", "A3", "A4"]
    assert new["variables"][0]["resolved"] == {"mediaId": "A3"}
    assert new["variables"][1] == {"value": "a1"}
    assert new["layouts"][0]["perAssetCrop"]["aem"] == {"x": {}}
    family = new["stylekit"]["fontFamilies"][0]
    assert (family["id"], family["fontFamilyId"]) == ("grafx-fonts::F1", "F1")
    assert family["fontStyles"] == [{"id": "grafx-fonts::F1::S1", "fontStyleId": "S1"}]
    assert new["stylekit"]["keys"] == ["grafx-fonts::F2::S2", "other::f3::s3"]
    assert new["connectors"][0]["source"]["id"] == "new"
    assert DOCUMENT["connectors"][0]["source"]["id"] == "old"


def test_ids_may_be_numbers():
    """Some documents have numbers as IDs; what was a number stays one."""
    image = {"type": "connector", "id": "m", "assetId": 7}
    document = {"src": [image, {"fontFamilyId": 8, "fontStyleId": 9, "assetId": True}]}
    assert media_of(document, {"m"}) == ["7"]
    assert families_of(document, {"grafx-fonts"}) == ["8"]
    ids = IdMap(media={"7": "17"}, families={"8": "f-8"}, styles={"9": "9"})
    new = replace_ids(document, ids)["src"]
    assert new[0]["assetId"] == 17
    assert new[1] == {"fontFamilyId": "f-8", "fontStyleId": 9, "assetId": True}


def test_too_deep_document_is_refused():
    """A hostile package does not end in an error of Python."""
    deep = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(ConfigurationError, match="too deeply"):
        replace_ids(deep, IdMap())
    assert media_of(deep, {"m"}) == []


@pytest.mark.parametrize(
    "document", [{}, {"connectors": 1}, {"connectors": [1, {"source": []}]}]
)
def test_broken_document_is_read(document):
    """Parts that are not as expected are left out."""
    connectors_of(document)
    assert media_of(document, {"m"}) == families_of(document, {"f"}) == []
    assert replace_ids(document, IdMap()) == document
