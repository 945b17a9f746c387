"""What a forked child process renews before its code runs."""

from __future__ import annotations

import gc
import weakref

import pytest

from chili_notebook.system.forks import renew_in_children
from fakes import forked_child

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


class Recorder:
    """Records the number of its renewals."""

    def __init__(self):
        self.renewals = 0

    def renew(self):
        """Count a renewal."""
        self.renewals += 1


def test_an_object_is_renewed_once_in_each_child_and_never_in_the_parent():
    """The renewal happens before the child's own code runs."""
    recorder = Recorder()
    renew_in_children(recorder.renew)
    for _child in range(2):
        with forked_child(lambda: recorder.renewals) as result:
            assert result() == 1
    assert recorder.renewals == 0


def test_an_object_can_be_deleted():
    """The renewal in children keeps no client alive."""
    recorder = Recorder()
    renew_in_children(recorder.renew)
    reference = weakref.ref(recorder)
    del recorder
    gc.collect()
    assert reference() is None
