"""What every item of a listing has besides its fields: GraFx's JSON, and a client.

Neither is a field of the dataclass, so that `dataclasses.asdict` and a DataFrame
contain the data of an item and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chili_notebook.api.base import ApiClient
    from chili_notebook.api.output_tasks import Output


class _Hidden:
    """An attribute that the constructor of a dataclass takes, and that is no field.

    A dataclass that annotates it as an `InitVar` calls `__get__` without an item, and
    uses the result as the default. `dataclasses.replace` reads it from the item.
    """

    def __set_name__(self, _owner: type, name: str) -> None:
        self._slot = f"_hidden_{name.strip('_')}"

    def __get__(self, item: object, _owner: type | None = None) -> Any:
        return None if item is None else getattr(item, self._slot)


class Item:
    """An item of a listing: a frozen dataclass, with GraFx's own JSON as ``raw``.

    Attributes:
        raw: The JSON object that GraFx sent.

    Example:
        chili.templates.list()[0].raw
    """

    __slots__ = ("_hidden_client", "_hidden_raw", "_hidden_render")

    if TYPE_CHECKING:
        raw: Mapping[str, Any]
        _client: ApiClient
        _render: Callable[..., Output]  # `create` of the client's outputs
    else:
        raw = _Hidden()
        _client = _Hidden()
        _render = _Hidden()

    def __post_init__(
        self,
        raw: Mapping[str, Any] | None = None,
        client: ApiClient | None = None,
        render: Callable[..., Output] | None = None,
    ) -> None:
        # A frozen dataclass refuses the usual assignment.
        object.__setattr__(self, "_hidden_raw", {} if raw is None else raw)
        object.__setattr__(self, "_hidden_client", client)
        object.__setattr__(self, "_hidden_render", render)

    def __reduce__(self) -> tuple[Any, ...]:
        # Copies have the same client. A pickle is refused by the client itself.
        names = type(self).__dataclass_fields__  # type: ignore[attr-defined]
        return _rebuild, (type(self), {name: getattr(self, name) for name in names})


def _rebuild(kind: Callable[..., Item], values: dict[str, Any]) -> Item:
    return kind(**values)
