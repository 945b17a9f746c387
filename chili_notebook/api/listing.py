"""A lazy listing: pages are fetched as their items are needed."""

from __future__ import annotations

import operator
import sys
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from chili_notebook.api.items import field_columns
from chili_notebook.api.responses import body_of, links_in, resolve_link
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.gallery import Gallery
from chili_notebook.display.tables import Rows
from chili_notebook.errors import (
    APIError,
    ConfigurationError,
    ForbiddenError,
    NotCountedError,
    NotListedError,
    UnexpectedAnswerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import NoReturn

    import pandas as pd

    from chili_notebook.api.base import ApiClient

T = TypeVar("T")
ROWS_SHOWN = 10
PAGE_SIZE = 100
"""The largest page in the examples of GraFx's documentation."""
# GraFx's responses to the name of an item instead of its ID: not a valid ID, not found,
# and 500 for a template (workshop "Templates").
UNKNOWN_ID = {400, 404, 500}


@signed_in
class Listing(Generic[T]):
    """The items of one listing, in GraFx's order.

    Iterating fetches page after page and stores none of them, so a listing of 100,000
    items needs no more memory than one page. An index or a slice reads from the start.
    In a notebook a listing, and a slice of one, shows its rows as a table. ``len()`` is
    refused, because it could fetch thousands of pages: see `total`.

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

    def __len__(self) -> NoReturn:
        # `list` and `tuple` ask for the length first, and ignore a TypeError.
        raise NotCountedError(
            f"A listing of {self._noun} has no len(): it is fetched page by page.",
            hint="Use .total for the number that GraFx reports, or "
            "sum(1 for _ in listing) to fetch and count everything.",
        )

    @property
    def total(self) -> int | None:
        """The number of items, of one request; ``None`` if GraFx does not report it.

        Older listings of GraFx report no total. Where all items are on one page, they
        are counted.

        Example:
            chili.templates.list(search="card").total
        """
        return next(self._pages(), (0, []))[0]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Rows[T]: ...
    def __getitem__(self, index: int | slice) -> T | Rows[T]:
        try:
            if isinstance(index, slice):
                start, stop, step = index.indices(sys.maxsize)
            else:
                index = operator.index(index)
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"{index!r} is not a position in a listing.",
                hint="Use a number or a slice: [0], [:5]. get() finds a name.",
            ) from None
        if isinstance(index, slice):
            if any((part or 0) < 0 for part in (index.start, index.stop, index.step)):
                return self._rows(list(self)[index])
            return self._rows(islice(self, start, stop, step))
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
        load_pandas()
        items = list(self)
        if not items or isinstance(items[0], Mapping):
            return data_frame(items)
        return data_frame(field_columns(items))  # type: ignore[arg-type]

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
        total, raw_items = next(self._pages(), (0, []))
        rows = self._rows(map(self._read, raw_items[:ROWS_SHOWN]))
        caption = f"the first {len(rows)} {self._noun}"
        if total is not None:
            caption = f"{len(rows)} of {total:,} {self._noun}"
        if total != len(rows):
            caption += "; see more with [:50] or .to_frame()"
        return rows.bundle(caption=caption)

    def _rows(self, items: Iterable[T]) -> Rows[T]:
        rows = list(items)
        return Rows(rows, self._columns or _columns_of(rows) or [(self._noun, str)])

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
        base_url = self._client.environment.base_url
        followed: set[str] = set()
        while True:
            body = body_of(response)
            total, items = self._items_of(body)
            next_page = resolve_link(
                response, links_in(body), "nextPage", base_url=base_url
            )
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
    return [(key, operator.methodcaller("get", key)) for key in dict.fromkeys(keys)]


def load_pandas() -> Any:
    """Return the module `pandas`.

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
    return pd


def data_frame(
    rows: Sequence[Any] | Mapping[str, Any], columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return rows, or columns by name, as a pandas DataFrame.

    Raises:
        ConfigurationError: If pandas is not installed.
    """
    named = None if columns is None else list(columns)
    frame: pd.DataFrame = load_pandas().DataFrame(rows, columns=named)
    return frame


def find_item(
    wanted: object, fetch: Callable[[], T], listing: Callable[[str], Listing[T]]
) -> T:
    """Return an item by its ID, or by a name that no other item has.

    Args:
        wanted: What the user passed: an item, an ID or a name.
        fetch: Fetches the item with this ID.
        listing: Lists the items that may have a name.

    Raises:
        NotListedError: If several items have the name.
        APIError: From `fetch`, if no item has the name.
    """
    try:
        return fetch()
    except APIError as error:
        if error.status_code not in UNKNOWN_ID or not isinstance(wanted, str):
            raise
        refusal = error
    items = listing(wanted)
    noun = items._noun  # noqa: SLF001 - of this module
    try:
        found = named(wanted, items)
    except ForbiddenError:  # the token may read items, and not list them
        raise refusal from None
    if len(found) == 1:
        return found[0]
    if found:
        raise several_named(wanted, noun, found)
    refusal.hint = (
        f"No item has this ID, and none of the {noun} has exactly this name. Show the "
        "listing to see what there is."
    )
    raise refusal


def named(name: str, items: Iterable[T]) -> list[T]:
    """Return the items with exactly this name; files also with their extension."""
    found = []
    for item in items:
        own = getattr(item, "name", None)
        extension = getattr(item, "extension", None)
        if name in {own, f"{own}.{extension}"}:
            found.append(item)
    return found


def several_named(name: str, noun: str, found: Sequence[Any]) -> NotListedError:
    """Return the error for a name that several items have."""
    ids = ", ".join(item.id for item in found[:ROWS_SHOWN])
    return NotListedError(
        f"{len(found)} {noun} have the name {name!r}.",
        hint=f"Pass one of the IDs: {ids}.",
    )
