"""A lazy listing: pages are fetched as their items are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from itertools import islice
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from chili_notebook.api.responses import body_of
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.gallery import Gallery
from chili_notebook.display.tables import table_bundle
from chili_notebook.errors import (
    ConfigurationError,
    NotListedError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from chili_notebook.api.base import ApiClient

T = TypeVar("T")
ROWS_SHOWN = 10
PAGE_SIZE = 50


@signed_in
class Listing(Generic[T]):
    """The items of one listing, in GraFx's order.

    Iterating fetches page after page and stores none of them, so a listing of 100,000
    items needs no more memory than one page. An index or a slice reads from the start.
    In a notebook a listing shows its first rows as a table.

    Args:
        client: The client that fetches the pages.
        path: The path of the listing.
        params: Its query; ``None`` values are left out.
        read: Makes an item of a JSON object.
        noun: What messages call the items, in the plural.
        columns: The heading and the value of each column of the table; by default one
            column for each key of the items that it shows.

    Example:
        templates = chili.templates.list()
        templates[0], templates[:3], [template.name for template in templates]
    """

    def __init__(  # noqa: PLR0913 - each is named at the call
        self,
        client: ApiClient,
        path: str,
        params: Mapping[str, Any],
        *,
        read: Callable[[Mapping[str, Any]], T],
        noun: str,
        columns: Sequence[tuple[str, Callable[[T], object]]] = (),
    ) -> None:
        self._client = client
        self._path = path
        query = {key: value for key, value in params.items() if value is not None}
        self._params = {"limit": PAGE_SIZE} | query
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
        if index < 0:
            items = list(self)
            if -index <= len(items):
                return items[index]
            raise self._not_listed(index, count=len(items))
        count = 0
        for count, item in enumerate(self, start=1):
            if count > index:
                return item
        raise self._not_listed(index, count=count)

    def __repr__(self) -> str:
        return f"<Listing of {self._noun}>"

    def to_frame(self) -> pd.DataFrame:
        """Fetch every item into a pandas DataFrame, one row for each item.

        Raises:
            ConfigurationError: If pandas is not installed.

        Example:
            frame = chili.media.list().to_frame()
            frame.sort_values("name")
        """
        try:
            import pandas as pd
        except ImportError:
            raise ConfigurationError(
                "A DataFrame needs pandas, which is not installed.",
                hint="Install it with: pip install pandas",
            ) from None
        return pd.DataFrame([_fields_of(item) for item in self])

    def gallery(self, *, at_most: int = 24) -> Gallery:
        """Return a grid of previews of the first items.

        Args:
            at_most: How many items to show.

        Raises:
            ConfigurationError: If the items have no preview, or `at_most` is not a
                number of items.

        Example:
            chili.media.list().gallery(at_most=6)
        """
        return Gallery.of(self[: _checked_count(at_most)])

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

    def _not_listed(self, index: int, *, count: int) -> NotListedError:
        searched = self._params.get("search")
        matching = f"{self._noun} that match {searched!r}" if searched else self._noun
        message = f"There is no item {index}: there are only {count} {matching}."
        if not count:
            message = f"There are no {matching}."
        return NotListedError(
            message, hint="Show the listing, without a search, to see what there is."
        )

    def _pages(self) -> Iterator[tuple[int | None, list[Mapping[str, Any]]]]:
        """Yield the total, as far as it is known, and the items of each page.

        Raises:
            UnexpectedAnswerError: If a page leads back to one that has been read.
        """
        response = self._client.get(self._path, params=self._params)
        followed: set[str] = set()
        while True:
            total, items = self._items_of(body_of(response))
            next_page = self._client.link(response, "nextPage")
            if total is None and not next_page and not followed:
                total = len(items)
            yield total, items
            if not next_page:
                return
            if next_page in followed:
                raise UnexpectedAnswerError(
                    f"The pages of GraFx's listing of {self._noun} form a circle.",
                    hint="Narrow the listing with a search.",
                )
            followed.add(next_page)
            response = self._client.get(next_page)

    def _items_of(self, body: Any) -> tuple[int | None, list[Mapping[str, Any]]]:
        data = body.get("data") if isinstance(body, Mapping) else body
        if data is None and isinstance(body, Mapping) and "data" in body:
            data = []
        if not isinstance(data, list):
            raise UnexpectedAnswerError(
                f"GraFx's response to {self._path} is not a listing.",
                hint="Use chili.get(...) to see what it is.",
            )
        total = body.get("total") if isinstance(body, Mapping) else None
        is_known = isinstance(total, int) and not isinstance(total, bool)
        items = [item for item in data if isinstance(item, Mapping)]
        return (total if is_known else None), items


def _checked_count(at_most: object) -> int:
    if isinstance(at_most, int) and at_most >= 0:
        return at_most
    # A negative number would fetch nearly every item.
    raise ConfigurationError(
        f"{at_most!r} is not a number of items.",
        hint="Set at_most to a number, such as 24.",
    )


def _columns_of(items: Sequence[T]) -> list[tuple[str, Callable[[T], object]]]:
    """Return a column for each key of items that are mappings."""
    keys = [key for item in items if isinstance(item, Mapping) for key in item]
    return [(key, methodcaller("get", key)) for key in dict.fromkeys(keys)]


def _fields_of(item: object) -> Mapping[str, Any]:
    """Return the public fields of an item."""
    if isinstance(item, Mapping):
        return item
    names = [field.name for field in fields(item) if field.compare]  # type: ignore[arg-type]
    return {name: getattr(item, name) for name in names}
