"""Find and replace the IDs of media, fonts and connectors in a document. Pure.

The places are those of GraFx's public sample documents, old and new ones: sources of
frames, values of variables, crops by asset, media of brand kits, font keys such as
``grafx-fonts::FAMILY::STYLE``, families of style kits, and the list of connectors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chili_notebook.api.responses import text_in
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA_CONNECTOR, FONTS_CONNECTOR = "grafx-media", "grafx-fonts"
_ASSET_KEYS = ("assetId", "mediaId")
_CROPS = "perAssetCrop"


@dataclass(frozen=True, slots=True)
class DocumentConnector:
    """A connector of a document.

    Attributes:
        id: Its ID in the document.
        name: Its name.
        source_id: The ID of the environment's connector that it uses; may be empty.
    """

    id: str
    name: str
    source_id: str


@dataclass(frozen=True, slots=True)
class IdMap:
    """The new IDs by the old ones; an ID that is missing stays."""

    media: dict[str, str] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    styles: dict[str, str] = field(default_factory=dict)
    connectors: dict[str, str] = field(default_factory=dict)


def connectors_of(document: Mapping[str, Any]) -> list[DocumentConnector]:
    """Return the connectors of a document."""
    listed = document.get("connectors")
    found = []
    for raw in listed if isinstance(listed, list) else []:
        if isinstance(raw, Mapping):
            source = raw.get("source")
            source_id = ""
            if isinstance(source, Mapping) and source.get("source") == "grafx":
                source_id = text_in(source, "id") or ""
            names = text_in(raw, "id") or "", text_in(raw, "name") or ""
            found.append(DocumentConnector(*names, source_id))
    return found


def media_of(document: Mapping[str, Any], connectors: Collection[str]) -> list[str]:
    """Return the asset IDs that these connectors of a document load, each once."""
    found: dict[str, None] = {}
    for node in _mappings(document):
        connector = text_in(node, "connectorId") or text_in(node, "mediaConnectorId")
        if node.get("type") == "connector":
            connector = connector or text_in(node, "id")
        if connector in connectors:
            assets = [text_in(node, key) for key in _ASSET_KEYS]
            found |= {asset: None for asset in assets if asset}
        crops = node.get(_CROPS)
        for key, assets_of in (crops if isinstance(crops, Mapping) else {}).items():
            if key in connectors and isinstance(assets_of, Mapping):
                found |= {asset: None for asset in assets_of if asset}
    return list(found)


def families_of(document: Mapping[str, Any], connectors: Collection[str]) -> list[str]:
    """Return the IDs of the font families that a document uses, each once."""
    found: dict[str, None] = {}
    for node in _mappings(document):
        family = text_in(node, "fontFamilyId")
        if family and node.get("connectorId", FONTS_CONNECTOR) in connectors:
            found[family] = None
        for value in node.values():
            parts = value.split("::") if isinstance(value, str) else []
            is_key = len(parts) in {2, 3} and parts[0] in connectors
            if is_key and parts[1]:
                found[parts[1]] = None
    return list(found)


def replace_ids(document: Mapping[str, Any], ids: IdMap) -> dict[str, Any]:
    """Return a copy of a document with new IDs.

    Raises:
        ConfigurationError: If it is nested too deeply.
    """
    try:
        replaced = {key: _replaced(key, value, ids) for key, value in document.items()}
    except RecursionError:
        raise ConfigurationError(
            "The document is nested too deeply.", hint="Make the package again."
        ) from None
    listed = replaced.get("connectors")
    for connector in listed if isinstance(listed, list) else []:
        source = connector.get("source") if isinstance(connector, dict) else None
        if isinstance(source, dict) and source.get("source") == "grafx":
            source_id = text_in(source, "id") or ""
            if source_id in ids.connectors:
                source["id"] = ids.connectors[source_id]
    return replaced


def _replaced(key: str, value: Any, ids: IdMap) -> Any:
    if isinstance(value, dict):
        if key == _CROPS:
            value = {
                connector: {
                    ids.media.get(asset, asset): crop for asset, crop in of.items()
                }
                if isinstance(of, dict)
                else of
                for connector, of in value.items()
            }
        return {inner: _replaced(inner, one, ids) for inner, one in value.items()}
    if isinstance(value, list):
        return [_replaced("", one, ids) for one in value]
    by_key = {"fontFamilyId": ids.families, "fontStyleId": ids.styles}
    by_key |= dict.fromkeys(_ASSET_KEYS, ids.media)
    if key in by_key:
        new = by_key[key].get(str(value), value)
        is_number = isinstance(value, int) and str(new).isdecimal()
        return int(new) if is_number else new  # in some documents, IDs are numbers
    return _replaced_text(value, ids) if isinstance(value, str) else value


def _replaced_text(value: str, ids: IdMap) -> str:
    connector, *parts = value.split("::")
    if len(parts) in {1, 2} and parts[0] in ids.families:
        styles = [ids.styles.get(style, style) for style in parts[1:]]
        return "::".join([connector, ids.families[parts[0]], *styles])
    return value


def _mappings(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every JSON object of a document."""
    todo: list[Any] = [document]
    while todo:
        node = todo.pop()
        if isinstance(node, Mapping):
            yield node
            todo += node.values()
        elif isinstance(node, list):
            # A list of texts, such as font keys, is treated like an object.
            yield {str(index): one for index, one in enumerate(node)}
            todo += node
