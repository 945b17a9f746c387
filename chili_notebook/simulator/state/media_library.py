"""The media: sample pictures in folders, and uploaded files."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from PIL import Image, ImageDraw

from chili_notebook.simulator.rendering.fonts import DEFAULT_KEY, load_font
from chili_notebook.simulator.rendering.pictures import SAMPLE_PICTURES, Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UPLOAD_FOLDER = "/Upload"
PICTURE_EXTENSIONS = ("jpg", "png", "psd", "tif")
EXTENSIONS = ("ai", "eps", "pdf", *PICTURE_EXTENSIONS)

_PAGE_SIZE = (900, 1200)
_SAMPLE_FOLDERS = {
    "coffee-bag": "/Products",
    "honey-jar": "/Products",
    "quillmere-mark": "/Brand/Marks",
    "quillmere-mark-light": "/Brand/Marks",
    "olive-branch": "/Brand",
    "garden-tiles": "/Brand",
}
_DEFAULT_SAMPLE_FOLDER = "/Photos"


@dataclass(slots=True)
class Asset:
    """A file of the media.

    Attributes:
        id: Its GUID.
        name: Its name, without the extension.
        extension: Its extension.
        folder: Its folder.
        width: Its width in pixels, if it has pixels.
        height: Its height in pixels, if it has pixels.
        load: Returns the picture that documents show.
        content: The uploaded file; a sample picture has none.
    """

    id: str
    name: str
    extension: str
    folder: str
    width: int | None
    height: int | None
    load: Callable[[], Image.Image]
    content: bytes | None = None

    @property
    def picture(self) -> Picture:
        """What documents show of it."""
        width, height = self.width or _PAGE_SIZE[0], self.height or _PAGE_SIZE[1]
        return Picture(self.id, self.name, self.extension, width, height, self.load)


class MediaLibrary:
    """All files of the media.

    Attributes:
        assets: The files, by ID. The mapping is replaced and never changed, since
            other threads may be reading it.
    """

    def __init__(self) -> None:
        samples = [_sample_asset(picture) for picture in SAMPLE_PICTURES.values()]
        self.assets: Mapping[str, Asset] = {asset.id: asset for asset in samples}

    def folders(self) -> set[str]:
        """Return the paths of all folders."""
        paths = {UPLOAD_FOLDER, *(asset.folder for asset in self.assets.values())}
        return {folder for path in paths for folder in _with_parents(path)}

    def add(self, name: str, extension: str, folder: str, content: bytes) -> Asset:
        """Add a file.

        Raises:
            ValueError: If the extension is that of a picture, and the file is not one.
        """
        asset_id = str(uuid4())
        width, height, load = None, None, functools.partial(_draw_page, extension)
        if extension in PICTURE_EXTENSIONS:
            width, height = _read_size(content)
            load = functools.partial(_load, content)
        asset = Asset(asset_id, name, extension, folder, width, height, load, content)
        self.assets = {**self.assets, asset_id: asset}
        return asset

    def remove(self, asset: Asset) -> None:
        """Remove a file."""
        self.assets = {k: v for k, v in self.assets.items() if k != asset.id}

    def pictures(self) -> Mapping[str, Picture]:
        """Return what documents can show, by ID."""
        return {asset.id: asset.picture for asset in self.assets.values()}


def encode_png(picture: Picture, longest_px: int | None = None) -> bytes:
    """Encode a picture as a PNG, not larger than `longest_px` and its own size."""
    image = picture.load()
    if longest_px is not None:
        image = image.copy()
        image.thumbnail((longest_px, longest_px))
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _sample_asset(picture: Picture) -> Asset:
    return Asset(
        picture.id,
        picture.name,
        picture.extension,
        _SAMPLE_FOLDERS.get(picture.name, _DEFAULT_SAMPLE_FOLDER),
        picture.width,
        picture.height,
        picture.load,
    )


def _with_parents(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: end + 1]) for end in range(len(parts))]


def _read_size(content: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            return picture.size
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(str(error)) from error


def _load(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.convert("RGBA")


def _draw_page(extension: str) -> Image.Image:
    """Draw a placeholder for a file that the simulator cannot render."""
    picture = Image.new("RGBA", _PAGE_SIZE, (236, 232, 222, 255))
    font = load_font(DEFAULT_KEY, min(_PAGE_SIZE) // 4)
    middle = (_PAGE_SIZE[0] / 2, _PAGE_SIZE[1] / 2)
    ImageDraw.Draw(picture).text(
        middle, extension.upper(), fill=(90, 96, 92, 255), font=font, anchor="mm"
    )
    return picture
