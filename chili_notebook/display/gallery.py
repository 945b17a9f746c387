"""A grid of pictures for notebooks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.errors import ChiliError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_THREADS = 6
_EMPTY = "There is nothing to show yet."


@dataclass(frozen=True, slots=True)
class GalleryEntry:
    """One picture of a gallery.

    Attributes:
        caption: The text below it.
        picture: A ``data:`` URL of the picture; empty if there is none.
        problem: Why there is no picture; empty if there is one.

    Example:
        entries = chili.media.list().gallery(at_most=3).entries
        [entry.caption for entry in entries if entry.problem]
    """

    caption: str
    picture: str = field(default="", repr=False)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures with captions; in a notebook they are a grid, in a print the captions.

    Attributes:
        entries: The pictures.

    Example:
        chili.media.list().gallery(at_most=6)
    """

    entries: tuple[GalleryEntry, ...]

    @classmethod
    def of(cls, items: Sequence[Any]) -> Self:
        """Fetch the thumbnails of items, several at the same time.

        Raises:
            ConfigurationError: If an item has no preview.

        Example:
            Gallery.of([template, media])
        """
        for item in items:
            if not callable(getattr(item, "thumbnail", None)):
                raise ConfigurationError(
                    f"A {type(item).__name__} has no preview.",
                    hint="Galleries show templates, projects, media and fonts.",
                )
        pool = ThreadPoolExecutor(_THREADS, "gallery")
        try:
            return cls(tuple(pool.map(_fetch_entry, items)))
        finally:
            # An interrupt must not wait for the requests that are still running.
            pool.shutdown(wait=False, cancel_futures=True)

    def __str__(self) -> str:
        return "\n".join(entry.caption for entry in self.entries) or _EMPTY

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        if not self.entries:
            return {"text/plain": _EMPTY}
        return {"text/plain": str(self), "text/html": html_grid(self.entries)}


def html_grid(
    entries: Iterable[GalleryEntry], *, width_px: int = 200, height: str = "160px"
) -> str:
    """Return pictures of this size with their captions, as HTML.

    Args:
        entries: The pictures.
        width_px: How wide each of them is.
        height: How high each of them is, in CSS; ``auto`` for its own proportions.
    """
    figures = "".join(_figure(entry, width_px, height) for entry in entries)
    return f'<div style="display:flex;flex-wrap:wrap;gap:16px">{figures}</div>'


def _fetch_entry(item: Any) -> GalleryEntry:
    try:
        return GalleryEntry(item.name, picture=item.thumbnail().as_data_url())
    except ChiliError as error:
        return GalleryEntry(item.name, problem=error.message)


def _figure(entry: GalleryEntry, width_px: int, height: str) -> str:
    picture = (
        f'<img alt="" src="{entry.picture}" style="width:100%;height:{height};'
        'object-fit:contain;background:#8881">'
    )
    return (
        f'<figure style="margin:0;width:{width_px}px">'
        f"{picture if entry.picture else f'<p>{escape(entry.problem)}</p>'}"
        f"<figcaption>{escape(entry.caption)}</figcaption></figure>"
    )
