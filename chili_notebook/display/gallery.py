"""A grid of pictures for notebooks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Self

from chili_notebook.errors import ChiliError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIDE_BY_SIDE = 6
_GIVEN_UP: ContextVar[threading.Event | None] = ContextVar("given_up", default=None)


def is_given_up() -> bool:
    """Whether nobody waits any more for the picture that this thread fetches."""
    given_up = _GIVEN_UP.get()
    return given_up is not None and given_up.is_set()


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures with captions.

    Attributes:
        entries: A caption each, with the address of its picture or why there is none.
    """

    entries: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, items: Sequence[Any]) -> Self:
        """Fetch the thumbnails of items, side by side.

        Raises:
            ConfigurationError: If an item has no preview.
        """
        for item in items:
            if not callable(getattr(item, "thumbnail", None)):
                raise ConfigurationError(
                    f"A {type(item).__name__} has no preview.",
                    hint="Galleries are for templates, projects, media and fonts.",
                )
        given_up = threading.Event()
        pool = ThreadPoolExecutor(
            _SIDE_BY_SIDE, "gallery", initializer=_GIVEN_UP.set, initargs=(given_up,)
        )
        try:
            return cls(tuple(pool.map(_entry, items)))
        finally:
            # Whoever interrupts is not kept waiting for the requests under way.
            given_up.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        figures = "".join(
            '<figure style="margin:0;width:200px">'
            + (
                f'<img alt="" src="{address}" style="width:100%;height:160px;'
                'object-fit:contain;background:#8881">'
                if address
                else f"<p>{escape(why)}</p>"
            )
            + f"<figcaption>{escape(caption)}</figcaption></figure>"
            for caption, address, why in self.entries
        )
        grid = f'<div style="display:flex;flex-wrap:wrap;gap:16px">{figures}</div>'
        names = "\n".join(caption for caption, _address, _why in self.entries)
        return {"text/plain": names, "text/html": grid}


def _entry(item: Any) -> tuple[str, str, str]:
    try:
        return item.name, item.thumbnail().as_data_url(), ""
    except ChiliError as error:
        return item.name, "", error.message
