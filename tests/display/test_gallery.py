"""Galleries: pictures with captions, as a grid."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chili_notebook.api.files import File
from chili_notebook.display.gallery import Gallery, GalleryEntry
from chili_notebook.errors import ConfigurationError, NotFoundError

HOSTILE = "<script>alert('x')</script>"


@dataclass
class Item:
    """An item with a preview, or with the error of one."""

    name: str
    error: Exception | None = None

    def thumbnail(self):
        """Return the preview."""
        if self.error is not None:
            raise self.error
        return File(b"png", "image/png", "a.png")


def test_gallery_shows_a_picture_or_a_reason_for_each_item():
    """The entries are in the order of the items, and all texts are escaped."""
    missing = NotFoundError(f"No preview {HOSTILE}", status_code=404)
    gallery = Gallery.of([Item("one"), Item(HOSTILE, missing)])
    picture = "data:image/png;base64,cG5n"
    assert gallery.entries == (
        GalleryEntry("one", picture=picture),
        GalleryEntry(HOSTILE, problem=missing.message),
    )
    shown = gallery._repr_mimebundle_()
    assert shown["text/plain"] == str(gallery) == f"one\n{HOSTILE}"
    assert "data:" not in repr(gallery)
    assert shown["text/html"].count("<figure") == 2
    assert picture in shown["text/html"]
    assert "<script" not in shown["text/html"]


def test_items_without_previews_are_refused():
    """The error names the type, and what galleries can show."""
    with pytest.raises(ConfigurationError, match="A dict has no preview") as caught:
        Gallery.of([Item("one"), {}])
    assert "media" in caught.value.hint
