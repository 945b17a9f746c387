"""Renew what a forked child process must not share with its parent.

After a fork the child has a copy of every object. A copied connection is still the
parent's: both processes would read each other's answers. A copied lock stays locked for
ever if another thread of the parent held it.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class ForkAware(Protocol):
    """An object with connections or locks."""

    def renew_in_child(self) -> None:
        """Replace the connections and locks, without using the old ones."""


_objects: WeakSet[ForkAware] = WeakSet()


def renew_in_children(fork_aware: ForkAware) -> None:
    """Call the `renew_in_child` of an object in each child process, before its code."""
    _objects.add(fork_aware)


def _renew_all() -> None:
    for fork_aware in list(_objects):
        fork_aware.renew_in_child()


if hasattr(os, "register_at_fork"):  # Windows cannot fork
    os.register_at_fork(after_in_child=_renew_all)
