"""The media: the simulator's own pictures in folders, and what was uploaded."""

from __future__ import annotations

import functools
import io
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from PIL import Image, ImageDraw, ImageOps

from chili_notebook.simulator.drawing.artwork import ARTWORK, Picture
from chili_notebook.simulator.drawing.fonts import DEFAULT_KEY, face

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chili_notebook.simulator.shelf import Shelf

UPLOADS = "/Upload"
PAINTED = ("jpg", "png", "psd", "tif")
EXTENSIONS = ("ai", "eps", "pdf", *PAINTED)

_PAGE_SIZE = (900, 1200)  # of a file whose inside the simulator cannot see
_FOLDERS = {
    "coffee-bag": "/Products",
    "honey-jar": "/Products",
    "quillmere-mark": "/Brand/Marks",
    "quillmere-mark-light": "/Brand/Marks",
    "olive-branch": "/Brand",
    "garden-tiles": "/Brand",
}
_OTHERS = "/Photos"


@dataclass(slots=True)
class Asset:
    """A file of the media.

    Attributes:
        id: Its GUID.
        name: What people call it, without the extension.
        extension: The ending of its file's name.
        folder: Where it lies.
        width: Its width in pixels, if it has pixels.
        height: Its height in pixels, if it has pixels.
        uploaded: Whether somebody uploaded it.
    """

    id: str
    name: str
    extension: str
    folder: str
    width: int | None
    height: int | None
    uploaded: bool = False


class MediaLibrary:
    """All media; pictures are painted or read when they are needed.

    Args:
        shelf: Where what was uploaded is kept.

    Raises:
        ValueError: If what was kept cannot be read.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        kept = shelf.read_entries("media", {"id": str, "name": str, "extension": str})
        try:
            entries = _first() if kept is None else [Asset(**entry) for entry in kept]
        except TypeError as error:
            raise ValueError(f"media.json: {error}") from error
        self.assets = {asset.id: asset for asset in entries}
        self._contents: dict[str, bytes] = {}
        self._painters: dict[str, Callable[[tuple[int, int]], Image.Image]] = {}
        for asset in entries:
            if asset.uploaded:
                self._hold(asset, shelf.read_bytes(f"media-{asset.id}") or b"")
        self.save()

    def folders(self) -> set[str]:
        """Give the paths of all folders."""
        paths = {UPLOADS, *(asset.folder for asset in self.assets.values())}
        return {above for path in paths for above in _and_above(path)}

    def add(self, name: str, extension: str, folder: str, content: bytes) -> Asset:
        """Take a file.

        Raises:
            ValueError: If it is no picture though its extension says so.
        """
        width, height = _size(content) if extension in PAINTED else (None, None)
        asset = Asset(str(uuid4()), name, extension, folder, width, height, True)  # noqa: FBT003 - the last field
        self._hold(asset, content)
        self._shelf.write_bytes(f"media-{asset.id}", content)
        # Another thread may be reading it, so that it is replaced and not changed.
        self.assets = {**self.assets, asset.id: asset}
        self.save()
        return asset

    def remove(self, asset: Asset) -> None:
        """Forget a file."""
        self.assets = {k: v for k, v in self.assets.items() if k != asset.id}
        self._contents.pop(asset.id, None)
        self._painters.pop(asset.id, None)
        self.save()
        self._shelf.remove(f"media-{asset.id}")

    def save(self) -> None:
        """Keep what was changed."""
        if self._shelf.keeps:
            self._shelf.write("media", [asdict(a) for a in self.assets.values()])

    def content(self, asset: Asset) -> bytes:
        """Give the original file."""
        if asset.uploaded:
            return self._contents[asset.id]
        return picture_png(self.picture(asset), None)

    def pictures(self) -> Mapping[str, Picture]:
        """Give what documents can show, by id."""
        return {asset.id: self.picture(asset) for asset in self.assets.values()}

    def picture(self, asset: Asset) -> Picture:
        """Give what a document shows of a file."""
        own = ARTWORK.get(asset.id)
        painter = self._painters[asset.id] if own is None else own.painter
        width, height = asset.width or _PAGE_SIZE[0], asset.height or _PAGE_SIZE[1]
        return Picture(asset.id, asset.name, asset.extension, width, height, painter)

    def _hold(self, asset: Asset, content: bytes) -> None:
        self._contents[asset.id] = content
        self._painters[asset.id] = (
            functools.partial(_paint_content, content)
            if asset.extension in PAINTED
            else functools.partial(_paint_page, asset.extension)
        )


def picture_png(picture: Picture, longest_px: int | None) -> bytes:
    """Paint a picture as a PNG, no larger than it is itself."""
    width, height = picture.width, picture.height
    scale = min(1, (longest_px or max(width, height)) / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    target = io.BytesIO()
    picture.painter(size).save(target, "PNG")
    return target.getvalue()


def _first() -> list[Asset]:
    return [
        Asset(
            picture.id,
            picture.name,
            picture.extension,
            _FOLDERS.get(picture.name, _OTHERS),
            picture.width,
            picture.height,
        )
        for picture in ARTWORK.values()
    ]


def _and_above(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: end + 1]) for end in range(len(parts))]


def _size(content: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            return picture.size
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


def _paint_content(content: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(content)) as picture:
        return ImageOps.fit(picture.convert("RGBA"), size)


def _paint_page(extension: str, size: tuple[int, int]) -> Image.Image:
    """Paint what stands for a file that only GraFx could render."""
    picture = Image.new("RGBA", size, (236, 232, 222, 255))
    font = face(DEFAULT_KEY, max(8, min(size) // 4))
    middle = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(picture).text(
        middle, extension.upper(), fill=(90, 96, 92, 255), font=font, anchor="mm"
    )
    return picture
