"""The arguments of a run of a batch, checked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from typing import TYPE_CHECKING, Any, Final, Self

from chili_notebook.api.ids import describe
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from chili_notebook.batch.rows import BatchRow

PATIENCE_S: Final = 7200.0


@dataclass(frozen=True)
class RunOptions:
    """The arguments of `Batch.run`, checked.

    Raises:
        ConfigurationError: If one of them is wrong.
    """

    limit: int | None = None
    concurrency: int = 8
    skip_invalid: bool = False
    retry_unknown: bool = False
    retry_failed: bool = False
    patience_s: float = PATIENCE_S
    executor: Executor | None = None
    after: Callable[[Path, BatchRow], object] | None = None
    profile: str | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Return options from arguments by name.

        Raises:
            ConfigurationError: If one of them is unknown or wrong.
        """
        known = [one.name for one in fields(cls)]
        for name in arguments.keys() - known:
            raise ConfigurationError(
                f"run() has no argument {name!r}.",
                hint=f"Its arguments: {', '.join(known)}.",
            )
        return cls(**arguments)

    def __post_init__(self) -> None:
        if self.limit is not None:
            _require_count("limit", self.limit, least=0)
        _require_count("concurrency", self.concurrency, least=1)
        for name in ("skip_invalid", "retry_unknown", "retry_failed"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(
                    f"{name} must be True or False; got {getattr(self, name)!r}.",
                    hint=f"Pass {name}=True, or leave it out.",
                )
        _require_seconds(self.patience_s)
        if self.profile is not None and not isinstance(self.profile, str):
            raise ConfigurationError(
                f"profile must be a text; got {describe(self.profile)}.",
                hint="Pass the name of a profile.",
            )
        if self.after is not None and not callable(self.after):
            raise ConfigurationError(
                "`after` is not a function.", hint="Pass a function of path and row."
            )
        if self.executor is not None and not hasattr(self.executor, "submit"):
            raise ConfigurationError(
                f"Expected an executor, got {describe(self.executor)}.",
                hint="Pass client.get_executor() of dask, view.executor of "
                "ipyparallel, or an executor of concurrent.futures.",
            )


def _require_seconds(patience_s: object) -> None:
    if (
        not isinstance(patience_s, int | float)
        or isinstance(patience_s, bool)
        or not 0 <= patience_s < inf
    ):
        raise ConfigurationError(
            f"patience_s must be a number of seconds from 0; got {patience_s!r}.",
            hint="Pass a number, such as patience_s=3600.",
        )


def _require_count(argument: str, count: object, *, least: int) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or count < least:
        raise ConfigurationError(
            f"{argument} must be a whole number from {least}; got {count!r}.",
            hint=f"Pass a number, such as {argument}=8.",
        )
