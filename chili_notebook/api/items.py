"""What every item of a listing has besides its fields: GraFx's JSON, and a client.

Neither is a field of the dataclass, so that `dataclasses.asdict` and a DataFrame
contain the data of an item and nothing else.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.output_tasks import Output

SomeItem = TypeVar("SomeItem", bound="Item")
Readers = dict[str, "Callable[[Mapping[str, Any]], object]"]
"""The function that reads each field of an item from GraFx's JSON."""


class _Access(NamedTuple):
    """What all items of a listing have in common."""

    client: ApiClient | None
    render: Callable[..., Output] | None


class _Hidden:
    """An attribute that the constructor of a dataclass takes, and that is not a field.

    A dataclass that annotates it as an `InitVar` calls `__get__` without an item, and
    uses the result as the default. `dataclasses.replace` reads it from the item.
    """

    def __init__(self, path: str) -> None:
        self._read = attrgetter(path)

    def __get__(self, item: object, _owner: type | None = None) -> Any:
        return None if item is None else self._read(item)


class Item:
    """An item of a listing: a frozen dataclass, with GraFx's own JSON as ``raw``.

    Attributes:
        raw: The JSON object that GraFx sent.

    Example:
        chili.templates.list()[0].raw
    """

    __slots__ = ("_access", "_json")

    _readers: ClassVar[Readers] = {}

    if TYPE_CHECKING:
        raw: Mapping[str, Any]
        _client: ApiClient
        _render: Callable[..., Output]  # `create` of the client's outputs
    else:
        raw = _Hidden("_json")
        _client = _Hidden("_access.client")
        _render = _Hidden("_access.render")

        def __getattr__(self, name: str) -> object:
            # A field is read when it is used first: most code uses one or two fields
            # of the many items of a listing.
            read = self._readers.get(name)
            if read is None:
                message = f"{type(self).__name__!r} object has no attribute {name!r}"
                raise AttributeError(message, name=name, obj=self)
            value = read(self._json)
            _set_field(self, name, value)
            return value

    def __post_init__(
        self,
        raw: Mapping[str, Any] | None = None,
        client: ApiClient | None = None,
        render: Callable[..., Output] | None = None,
    ) -> None:
        _set_json(self, {} if raw is None else raw)
        _set_access(self, _Access(client, render))

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies have the same client. A pickle is refused by the client itself.
        names = type(self).__dataclass_fields__  # type: ignore[attr-defined]
        return _rebuild, (type(self), {name: getattr(self, name) for name in names})


# A frozen dataclass refuses the usual assignment.
_set_field = object.__setattr__
_set_json = Item.__dict__["_json"].__set__
_set_access = Item.__dict__["_access"].__set__


def item_reader(
    kind: type[SomeItem],
    client: ApiClient | None = None,
    render: Callable[..., Output] | None = None,
) -> Callable[[Mapping[str, Any]], SomeItem]:
    """Return the function that makes an item of GraFx's JSON, for any number of them.

    The kind must have a reader for each of its fields.
    """
    make, access = kind.__new__, _Access(client, render)

    def read(raw: Mapping[str, Any]) -> SomeItem:
        item = make(kind)
        _set_json(item, raw)
        _set_access(item, access)
        return item

    return read


def field_columns(items: Sequence[Item]) -> dict[str, list[object]]:
    """Return the values of the fields of items, which are all of one kind."""
    kind = type(items[0])
    raws = [item.raw for item in items]
    columns = {}
    for field in fields(kind):  # type: ignore[arg-type]
        read = kind._readers.get(field.name)  # noqa: SLF001 - of this module
        values = map(read, raws) if read else map(attrgetter(field.name), items)
        columns[field.name] = list(values)
    return columns


def _rebuild(kind: Callable[..., Item], values: dict[str, Any]) -> Item:
    return kind(**values)
