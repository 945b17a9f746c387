"""Install a template package: a template with its fonts and media.

What exists in the other environment is used and not uploaded again: a file of the media
library with the same name and the same content, a font with the same family and style,
and a connector with the same ID, or the same type and name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol

from chili_notebook.api.document_references import (
    IdMap,
    replace_ids,
)
from chili_notebook.api.files import file_pieces
from chili_notebook.api.font_uploads import upload_font
from chili_notebook.api.fonts import Fonts
from chili_notebook.api.listing import several_named
from chili_notebook.api.media import FILE_TYPE, UPLOADS, MediaLibrary
from chili_notebook.api.media_items import (
    Media,
    folder_of,
    full_name_of,
    media_path,
    split_name,
)
from chili_notebook.api.package_contents import Connectors
from chili_notebook.api.package_files import (
    Package,
    PackedFont,
    PackedMedia,
    open_package,
)
from chili_notebook.api.responses import body_of, item_of, text_in
from chili_notebook.api.transfers import (
    Transfer,
    TransferState,
    transfer_rows,
)
from chili_notebook.errors import (
    APIError,
    ConfigurationError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.document_item import DocumentItem
    from chili_notebook.display.tables import Rows

_VERSIONS = "/api/v1/environment/settings/available-sdk-versions"
_RELEASE = re.compile(r"\d{1,9}(?:\.\d{1,9})*")


class TemplateStore(Protocol):
    """The templates of an environment."""

    def list(self, search: str | None = None, /) -> Iterable[DocumentItem]:
        """List templates."""

    def create(
        self, document: Mapping[str, Any], *, name: str, folder: str = "/"
    ) -> DocumentItem:
        """Make a template."""

    def update(self, template: Any, document: Mapping[str, Any]) -> None:
        """Replace the document of a template."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The result of installing a template package, or of a dry run.

    Attributes:
        template: The template; ``None`` after a dry run.
        parts: What happened to each part of the package.

    Example:
        chili.templates.package(template, "card.zip")
        chili.templates.install("card.zip", name="Card 2").template
    """

    template: DocumentItem | None
    parts: Rows[Transfer]

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        caption = "Dry run: nothing was changed."
        if self.template is not None:
            caption = f"Installed: {self.template.name} ({self.template.id})"
        return self.parts.bundle(caption=caption)

    def __str__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]


@dataclass(slots=True)
class _Installer:
    """Install one package.

    Attributes:
        client: The client of the environment.
        package: The package.
        dry_run: Whether nothing is written.
        ids: The IDs in this environment, by those in the package.
        parts: What happened to each part.
    """

    client: ApiClient
    package: Package
    dry_run: bool
    ids: IdMap = field(default_factory=IdMap)
    parts: list[Transfer] = field(default_factory=list)

    def check_engine(self) -> None:
        """Check that the environment can open the document.

        Raises:
            ConfigurationError: If the document needs a newer engine.
        """
        document = self.package.document
        own = text_in(document, "engineVersion") or self.package.manifest.engine_version
        theirs = _engine_of(self.client)
        if not own or not theirs:
            owner = "environment" if own else "document"
            reason = f"Not checked: the {owner} does not state its engine version."
            self.parts.append(Transfer("engine", own, TransferState.MISSING, reason))
        elif _is_newer(own, theirs):
            raise ConfigurationError(
                f"The document needs the engine version {own}, and the environment "
                f"has {theirs}. Nothing was changed.",
                hint="Change the Studio version in the settings of the environment.",
            )

    def map_connectors(self) -> None:
        """Find the connectors that the document uses.

        Raises:
            ConfigurationError: If one is missing, and it is not a dry run.
        """
        wanted = self.package.manifest.connectors
        known = Connectors.fetch(self.client) if wanted else Connectors({})
        missing = []
        for connector in wanted:
            name = connector.name or connector.id
            found = known.counterpart(connector)
            if found:
                self.ids.connectors[connector.id] = found.id
                self._add("connector", name, found.id)
            else:
                missing.append(name)
                reason = "Add it to the environment."
                part = Transfer("connector", name, TransferState.MISSING, reason)
                self.parts.append(part)
        if missing and not self.dry_run:
            raise ConfigurationError(
                "The environment does not have the connectors "
                f"{', '.join(map(repr, missing))}. Nothing was changed.",
                hint="Add them in GraFx, with the same names.",
            )

    def map_media(self) -> list[PackedMedia]:
        """Find the media with the same name and content; return the others."""
        new = []
        for media in self.package.manifest.media:
            found = _same_media(self.client, media)
            if found:
                self.ids.media[media.id] = found.id
                self._add("media", f"{folder_of(found)}/{media.name}", found.id)
            else:
                FILE_TYPE.check(b"", media.name)  # an error before anything is written
                new.append(media)
        return new

    def map_fonts(self) -> list[PackedFont]:
        """Find the fonts with the same family and style; return the others."""
        new = []
        fonts = self.package.manifest.fonts
        for family in dict.fromkeys(font.family for font in fonts):
            known = _styles_of(self.client, family)
            for font in fonts:
                if font.family != family:
                    continue
                style = known.get(font.style.casefold())
                if style is None:
                    new.append(font)
                    continue
                self.ids.families[font.family_id] = style.family_id or ""
                self.ids.styles[font.style_id] = style.id
                self._add("font", f"{family} {font.style}", style.id)
        return new

    def upload_fonts(self, fonts: Iterable[PackedFont]) -> None:
        """Upload fonts.

        Raises:
            ConfigurationError: If GraFx refuses one.
        """
        new = list(fonts)
        state = TransferState.PLANNED if self.dry_run else TransferState.UPLOADED
        for font in new:
            if not self.dry_run:
                self._upload_font(font)
            self.parts.append(Transfer("font", f"{font.family} {font.style}", state))
        if self.dry_run:
            return
        for font in new:
            style = _styles_of(self.client, font.family).get(font.style.casefold())
            if style is None:
                raise UnexpectedAnswerError(
                    f"The font {font.family} {font.style} was uploaded, but GraFx does "
                    "not list it.",
                    hint="Wait a minute, and install the package again.",
                )
            self.ids.families[font.family_id] = style.family_id or ""
            self.ids.styles[font.style_id] = style.id

    def upload_media(self, files: Iterable[PackedMedia]) -> None:
        """Upload media into the folders that they had."""
        library = MediaLibrary(self.client)
        for media in files:
            folder = media.folder if media.folder.strip("/ ") else UPLOADS
            if self.dry_run:
                name = f"{folder}/{media.name}"
                self.parts.append(Transfer("media", name, TransferState.PLANNED))
                continue
            name = media.name
            if _is_taken(library, media, folder):
                name = _other_name(media)
            content = self.package.read(media.file)
            uploaded = library.upload(content, folder=folder, name=name)
            self.ids.media[media.id] = uploaded.id
            self.parts.append(
                Transfer(
                    "media", f"{folder}/{name}", TransferState.UPLOADED, id=uploaded.id
                )
            )

    def _upload_font(self, font: PackedFont) -> None:
        content = self.package.read(font.file)
        names = (font.family, font.style)
        file_name = PurePath(font.file).name
        for done in upload_font(self.client, content, file_name, names=names):
            if done.state is TransferState.REFUSED:
                raise ConfigurationError(
                    f"GraFx refuses the font {font.family} {font.style}: {done.reason}",
                    hint="The template was not installed. Upload the font in GraFx.",
                )

    def _add(self, kind: str, name: str, item_id: str) -> None:
        self.parts.append(Transfer(kind, name, TransferState.PRESENT, id=item_id))


def install_package(  # noqa: PLR0913 - the options of `Templates.install`
    client: ApiClient,
    templates: TemplateStore,
    path: str | Path,
    *,
    name: str | None,
    folder: str | None,
    replace: bool,
    dry_run: bool,
) -> Installation:
    """Install a package; see `Templates.install`."""
    with open_package(path) as package:
        installer = _Installer(client, package, dry_run)
        installer.check_engine()
        installer.map_connectors()
        name = name or package.manifest.name
        folder = folder or package.manifest.folder
        media, fonts = installer.map_media(), installer.map_fonts()
        existing = [one for one in templates.list(name) if one.name == name]
        same = None
        if not media and not fonts:
            document = replace_ids(package.document, installer.ids)
            same = next((one for one in existing if one.document() == document), None)
        if same is not None:
            part = Transfer("template", name, TransferState.PRESENT, id=same.id)
            return Installation(
                None if dry_run else same, transfer_rows([part, *installer.parts])
            )
        refusal = _refusal(name, existing, replace=replace)
        if refusal and not dry_run:
            raise refusal
        installer.upload_fonts(fonts)
        installer.upload_media(media)
        document = replace_ids(package.document, installer.ids)
    reason = "Its document is replaced." if existing else ""
    if dry_run:
        state = TransferState.REFUSED if refusal else TransferState.PLANNED
        reason = refusal.message if refusal else reason
        part = Transfer("template", name, state, reason)
        return Installation(None, transfer_rows([part, *installer.parts]))
    if existing:
        template = existing[0]
        templates.update(template, document)
    else:
        template = templates.create(document, name=name, folder=folder)
    part = Transfer("template", name, TransferState.UPLOADED, reason, template.id)
    return Installation(template, transfer_rows([part, *installer.parts]))


def _refusal(
    name: str, existing: list[DocumentItem], *, replace: bool
) -> ConfigurationError | None:
    """Return why a template of this name cannot be installed, if it cannot."""
    if len(existing) > 1 and replace:
        error = several_named(name, "templates", existing)
        return ConfigurationError(error.message, hint="Pass another name.")
    if existing and not replace:
        return ConfigurationError(
            f"There is a template {name!r} with another document. Nothing was changed.",
            hint="Pass another name, or replace=True to replace its document.",
        )
    return None


def _same_media(client: ApiClient, wanted: PackedMedia) -> Media | None:
    """Return a file of the library with the same name and the same content."""
    names = {split_name(wanted.name), split_name(_other_name(wanted))}
    for media in MediaLibrary(client).list(PurePath(wanted.name).stem):
        if split_name(full_name_of(media)) in names:
            digest = sha256()
            with client.stream("GET", f"{media_path(media)}/download") as response:
                for piece in file_pieces(response, name=wanted.name):
                    digest.update(piece)
            if digest.hexdigest() == wanted.sha256:
                return media
    return None


def _other_name(media: PackedMedia) -> str:
    """Return the name of a file in a folder that has another one with its name."""
    path = PurePath(media.name)
    return f"{path.stem} {media.sha256[:8]}{path.suffix}"


def _is_taken(library: MediaLibrary, wanted: PackedMedia, folder: str) -> bool:
    """Return whether a folder has another file with this name."""
    return any(
        folder_of(media) == "/" + folder.strip("/")
        and split_name(full_name_of(media)) == split_name(wanted.name)
        for media in library.list(PurePath(wanted.name).stem)
    )


def _styles_of(client: ApiClient, family: str) -> dict[str, Any]:
    """Return the styles of the families with this name, by the name of the style."""
    return {
        style.name.casefold(): style
        for one in Fonts(client).list(family)
        if one.name.casefold() == family.casefold()
        for style in one.styles()
    }


def _engine_of(client: ApiClient) -> str:
    """Return the engine version of the environment (page "Versioning"), if known."""
    try:
        settings = item_of(client.get("settings"))
        versions = body_of(client.get(_VERSIONS))
    except (APIError, UnexpectedAnswerError):
        return ""
    versions = versions.get("data", versions) if isinstance(versions, Mapping) else {}
    chosen = text_in(settings, "sdkVersionPublic") or "latest"
    version = versions.get(chosen) if isinstance(versions, Mapping) else None
    return (
        text_in(version, "engineVersion") or "" if isinstance(version, Mapping) else ""
    )


def _is_newer(version: str, other: str) -> bool:
    """Return whether a version is newer, by the numbers that both state."""
    pairs = zip(_release(version), _release(other), strict=False)
    return next((own > theirs for own, theirs in pairs if own != theirs), False)


def _release(version: str) -> list[int]:
    """Return the numbers of a version, without those of a pre-release or a build."""
    match = _RELEASE.search(version)
    return [int(number) for number in match[0].split(".")] if match else []
