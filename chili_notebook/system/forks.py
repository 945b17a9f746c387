"""Renew what a forked child process must not share with its parent.

After a fork the child has a copy of every object. A copied connection is still the
parent's: both processes would read each other's answers. A copied lock stays locked for
ever if another thread of the parent held it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable

_renewals: list[WeakMethod[Callable[[], None]]] = []


def renew_in_children(renew: Callable[[], None]) -> None:
    """Call a method in each forked child, before the child's own code.

    Args:
        renew: A method that replaces the connections or locks of its object, without
            using the old ones. It does not keep the object alive.
    """
    # Without a callback of the weak reference, which could run while Python exits.
    _renewals.append(WeakMethod(renew))


def _renew_all() -> None:
    # An object that was deleted leaves a dead reference, which costs next to nothing.
    for reference in _renewals:
        renew = reference()
        if renew is not None:
            renew()


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(after_in_child=_renew_all)
