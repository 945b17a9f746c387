"""A GraFx environment on this machine, as the public documentation describes it.

It imports nothing from the rest of the package: it is a second reading of the same
documentation, for ``%chili_login --demo``, the notebooks and the tests. It needs the
extra ``demo``.
"""

from chili_notebook.simulator.server import Simulator

__all__ = ["Simulator"]
