"""Make a template package: fetch a template with its fonts, media and connectors."""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chili_notebook.api.document_references import (
    FONTS_CONNECTOR,
    MEDIA_CONNECTOR,
    connectors_of,
    families_of,
    media_of,
)
from chili_notebook.api.fonts import list_styles
from chili_notebook.api.listing import UNKNOWN_ID, Listing
from chili_notebook.api.media import MediaLibrary
from chili_notebook.api.media_items import (
    Media,
    folder_of,
    full_name_of,
)
from chili_notebook.api.package_files import (
    DOCUMENT,
    Manifest,
    PackedConnector,
    PackedFont,
    PackedMedia,
    check_target,
    checksum_of,
    is_zip,
    write_manifest,
    zip_folder,
)
from chili_notebook.api.responses import text_in
from chili_notebook.api.transfers import (
    Transfer,
    TransferState,
    paths_on_disk,
    transfer_rows,
)
from chili_notebook.errors import (
    APIError,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    NotListedError,
)
from chili_notebook.system.atomic_write import checked_path, save_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.document_item import DocumentItem
    from chili_notebook.display.tables import Rows


@dataclass(frozen=True, slots=True)
class Connectors:
    """The connectors of an environment, by ID."""

    by_id: Mapping[str, PackedConnector]

    @classmethod
    def fetch(cls, client: ApiClient) -> Connectors:
        """Fetch the connectors of an environment."""
        raws: Listing[Mapping[str, Any]] = Listing(
            client, "connectors", {}, read=dict, noun="connectors"
        )
        found = [
            PackedConnector(
                text_in(raw, "id") or "",
                text_in(raw, "name") or "",
                (text_in(raw, "type") or "").lower(),
            )
            for raw in raws
        ]
        return cls({one.id: one for one in found})

    def own_in(self, document: Mapping[str, Any], built_in: str) -> list[str]:
        """Return the IDs in a document of GraFx's own connector for media or fonts."""
        names = {"grafx media"} if built_in == MEDIA_CONNECTOR else {"grafx fonts"}
        own = {built_in}
        for connector in connectors_of(document):
            known = self.by_id.get(connector.source_id)
            name = known.name if known else connector.name
            if name.lower() in names or connector.source_id == built_in:
                own.add(connector.id)
        return sorted(own)

    def counterpart(self, wanted: PackedConnector) -> PackedConnector | None:
        """Return the same connector of this environment."""
        if wanted.id in self.by_id:
            return self.by_id[wanted.id]
        found = [
            one
            for one in self.by_id.values()
            if one.name == wanted.name and wanted.type in {one.type, ""}
        ]
        return found[0] if len(found) == 1 else None


def package_template(
    client: ApiClient, template: DocumentItem, path: str | Path
) -> Rows[Transfer]:
    """Write a template with its fonts and media to a folder or a zip.

    See `Templates.package`.
    """
    check_target(path)
    document = template.document()
    connectors = Connectors({})
    # Without the list of connectors, their names in the document must do.
    with suppress(ForbiddenError, NotFoundError):
        connectors = Connectors.fetch(client)
    temporary = tempfile.TemporaryDirectory() if is_zip(path) else nullcontext("")
    with temporary as folder:
        root = Path(folder, "package") if folder else checked_path(path)
        media, media_done = _pack_media(client, document, connectors, root)
        fonts, fonts_done = _pack_fonts(client, document, connectors, root)
        target = save_bytes(_json(document), root / DOCUMENT, default_name=DOCUMENT)
        used = [
            connectors.by_id.get(one.source_id)
            or PackedConnector(one.source_id, one.name, "")
            for one in connectors_of(document)
            if one.source_id
        ]
        manifest = Manifest(
            name=template.name,
            folder=getattr(template, "relative_path", None) or "/",
            engine_version=text_in(document, "engineVersion") or "",
            document_sha256=checksum_of(target),
            media=tuple(media),
            fonts=tuple(fonts),
            connectors=tuple(dict.fromkeys(used)),
        )
        write_manifest(root, manifest)
        if folder:
            zip_folder(root, path)
    first = Transfer(
        "template", template.name, TransferState.DOWNLOADED, id=template.id
    )
    return transfer_rows([first, *media_done, *fonts_done])


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _pack_media(
    client: ApiClient,
    document: Mapping[str, Any],
    connectors: Connectors,
    root: Path,
) -> tuple[list[PackedMedia], list[Transfer]]:
    """Download the media of a document; those that were deleted are left out."""
    library = MediaLibrary(client)
    found: dict[str, Media] = {}
    done: list[Transfer] = []
    for asset in media_of(document, connectors.own_in(document, MEDIA_CONNECTOR)):
        try:
            found[asset] = library.get(asset)
        except (APIError, NotListedError, ConfigurationError) as error:
            if isinstance(error, APIError) and error.status_code not in UNKNOWN_ID:
                raise
            reason = "The document names it, and it is not in the media library."
            done.append(Transfer("media", asset, TransferState.MISSING, reason))
    packed = []
    files = [("media", full_name_of(media)) for media in found.values()]
    for (asset, media), place in zip(found.items(), paths_on_disk(files), strict=True):
        digest = checksum_of(media.download(root / place))
        name, folder = full_name_of(media), folder_of(media)
        packed.append(PackedMedia(asset, name, folder, str(place), digest))
        done.append(_downloaded("media", f"{folder}/{name}", media.id))
    return packed, done


def _pack_fonts(
    client: ApiClient,
    document: Mapping[str, Any],
    connectors: Connectors,
    root: Path,
) -> tuple[list[PackedFont], list[Transfer]]:
    """Download every style of the families that a document uses."""
    wanted = families_of(document, connectors.own_in(document, FONTS_CONNECTOR))
    done: list[Transfer] = []
    styles = []
    for family in wanted:
        try:
            styles += list(list_styles(client, family))
        except NotFoundError:
            reason = "The document names it, and the environment does not have it."
            done.append(Transfer("font", family, TransferState.MISSING, reason))
    packed = []
    places = paths_on_disk([("fonts", style.default_file_name) for style in styles])
    for style, place in zip(styles, places, strict=True):
        digest = checksum_of(style.download(root / place))
        family = style.family_name or ""
        packed.append(
            PackedFont(
                style.family_id or "", family, style.id, style.name, str(place), digest
            )
        )
        done.append(_downloaded("font", f"{family} {style.name}", style.id))
    return packed, done


def _downloaded(kind: str, name: str, item_id: str) -> Transfer:
    return Transfer(kind, name, TransferState.DOWNLOADED, id=item_id)
