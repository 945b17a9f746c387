"""A simulated GraFx environment on this machine, built from the public documentation.

It imports nothing from the rest of the package: it is a second, independent
implementation of the documentation, for ``%chili_login --demo``, the notebooks and the
tests. It needs the extra ``demo``.
"""

from chili_notebook.simulator.server.server import Simulator

__all__ = ["Simulator"]
