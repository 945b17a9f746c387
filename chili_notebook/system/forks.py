"""Renew what a forked child process must not share with its parent.

After a fork the child has a copy of every object. A copied connection is still the
parent's: both processes would read each other's answers. A copied lock stays locked for
ever if another thread of the parent held it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_renewals: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def renew_in_children(owner: T, renew: Callable[[T], None]) -> None:
    """Call a function with an object in each forked child, before the child's code.

    Args:
        owner: An object with connections or locks.
        renew: Replaces them, without using the old ones.
    """
    _renewals[owner] = renew


def _renew_all() -> None:
    for owner, renew in list(_renewals.items()):
        renew(owner)


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(after_in_child=_renew_all)
