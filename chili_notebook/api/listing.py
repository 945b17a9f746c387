"""A lazy listing: pages are fetched as their items are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from itertools import islice
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from chili_notebook.api.responses import body_of
from chili_notebook.display.gallery import Gallery
from chili_notebook.display.tables import table_bundle
from chili_notebook.errors import (
    ConfigurationError,
    GoneError,
    NotListedError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx
    import pandas as pd

    from chili_notebook.api.base import Calls

T = TypeVar("T")
ROWS_SHOWN = 10
PAGE_SIZE = 50
_LARGEST_PAGE = 50_000_000


class Listing(Generic[T]):
    """The items of one listing, in GraFx's order.

    Iterating fetches page after page and keeps none, so that many thousands of items
    need no more memory than one page. Indexing and slicing read from the start. In a
    notebook it shows its first rows.

    Args:
        client: What fetches the pages.
        path: The listing's path.
        params: Its query.
        read: Makes an item of what GraFx sent.
        noun: What the items are called, in the plural.
        columns: Heading and field of each column of the table; by default the keys of
            the items that it shows.
    """

    def __init__(  # noqa: PLR0913 - each is named at the call
        self,
        client: Calls,
        path: str,
        params: Mapping[str, Any],
        *,
        read: Callable[[Mapping[str, Any]], T],
        noun: str,
        columns: Sequence[tuple[str, Callable[[T], object]]] = (),
    ) -> None:
        self._client = client
        self._path = path
        given = {key: value for key, value in params.items() if value is not None}
        self._params = {"limit": PAGE_SIZE} | given
        self._read = read
        self._noun = noun
        self._columns = columns

    def __iter__(self) -> Iterator[T]:
        for _total, items in self._pages():
            yield from map(self._read, items)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            if any((part or 0) < 0 for part in (index.start, index.stop, index.step)):
                return list(self)[index]
            return list(islice(self, index.start, index.stop, index.step))
        every = list(self) if index < 0 else self
        first = index + len(every) if isinstance(every, list) else index
        if first >= 0:
            for item in islice(every, first, first + 1):
                return item
        searched = self._params.get("search")
        what = f"{self._noun} that match {searched!r}" if searched else self._noun
        raise NotListedError(
            f"There are too few {what}: item {index} is not there.",
            hint="Look at the listing, without a search too, to see what there is.",
        )

    def __repr__(self) -> str:
        return f"<Listing of {self._noun}>"

    def to_frame(self) -> pd.DataFrame:
        """Fetch every item into a pandas DataFrame, a row an item.

        Raises:
            ConfigurationError: If pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise ConfigurationError(
                "A DataFrame needs pandas, which is not installed.",
                hint="Install it with: pip install pandas",
            ) from None
        return pd.DataFrame([_fields(item) for item in self])

    def gallery(self, *, at_most: int = 24) -> Gallery:
        """Give a grid of previews of the first items, fetched side by side.

        Raises:
            ConfigurationError: If its items have no preview.
        """
        return Gallery.of(self[:at_most])

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        total, items = next(self._pages(), (0, []))
        shown = [self._read(item) for item in items[:ROWS_SHOWN]]
        columns = self._columns or _columns_of(shown) or [(self._noun, str)]
        headings = [heading for heading, _field in columns]
        rows = [[field(item) for _heading, field in columns] for item in shown]
        caption = f"the first {len(rows)} {self._noun}"
        if total is not None:
            caption = f"{len(rows)} of {total:,} {self._noun}"
        return table_bundle(headings, rows, caption=caption)

    def _pages(
        self, *, may_begin_again: bool = True
    ) -> Iterator[tuple[int | None, list[Mapping[str, Any]]]]:
        """Give the total, as far as known, and the items of each page.

        A circle is found in Brent's way, by one address that is kept and moved on ever
        more rarely: all that were seen would be as many as there are pages.
        """
        response = self._fetch(self._path, self._params)
        kept, pages = "", 0
        last: Mapping[str, Any] | None = None
        while True:
            total, items = self._page(body_of(response))
            following = self._client.link(response, "nextPage")
            if total is None and not following:
                total = None if pages else len(items)
            yield total, items
            if not following:
                return
            if following == kept:
                raise UnexpectedAnswerError(
                    f"GraFx's pages of {self._noun} lead in a circle.",
                    hint="Narrow the listing down with a search.",
                )
            pages += 1
            if pages.bit_count() == 1:
                kept = following
            last = items[-1] if items else last
            try:
                response = self._fetch(following, None)
            except GoneError:
                if not may_begin_again:
                    raise
                break
        yield from self._after(last)

    def _after(
        self, last: Mapping[str, Any] | None
    ) -> Iterator[tuple[int | None, list[Mapping[str, Any]]]]:
        """Begin again after a cursor has run out, and go on behind the last item seen.

        Raises:
            UnexpectedAnswerError: If that item cannot be found any more.
        """
        found = last is None
        last_id = last.get("id") if last else None
        for total, items in self._pages(may_begin_again=False):
            if found:
                yield total, items
                continue
            ids = [item.get("id") for item in items]
            if last_id is not None and last_id in ids:
                found = True
                yield total, items[ids.index(last_id) + 1 :]
        if not found:
            raise UnexpectedAnswerError(
                f"GraFx's listing of {self._noun} ran out on the way, and the last one "
                "seen is not there any more.",
                hint="List them again; some may have been moved or deleted.",
            )

    def _fetch(self, path: str, params: Mapping[str, Any] | None) -> httpx.Response:
        return self._client.get(path, params=params, at_most=_LARGEST_PAGE)

    def _page(self, body: Any) -> tuple[int | None, list[Mapping[str, Any]]]:
        data = body.get("data") if isinstance(body, Mapping) else body
        if data is None and isinstance(body, Mapping) and "data" in body:
            data = []
        if not isinstance(data, list):
            raise UnexpectedAnswerError(
                f"GraFx's answer to {self._path} is not a listing.",
                hint="Get it with chili.get(...) to see what it is.",
            )
        total = body.get("total") if isinstance(body, Mapping) else None
        known = isinstance(total, int) and not isinstance(total, bool)
        items = [item for item in data if isinstance(item, Mapping)]
        return (total if known else None), items


def _columns_of(items: Sequence[T]) -> list[tuple[str, Callable[[T], object]]]:
    """Give a column for each key of items that are mappings."""
    keys = [key for item in items if isinstance(item, Mapping) for key in item]
    return [(key, methodcaller("get", key)) for key in dict.fromkeys(keys)]


def _fields(item: object) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return item
    names = [field.name for field in fields(item) if field.compare]  # type: ignore[arg-type]
    return {name: getattr(item, name) for name in names}
