"""Start the simulator in this process, as a source of credentials."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING

from chili_notebook.auth.credentials import Origin, Source
from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from chili_notebook.simulator import Simulator

NAME = "the simulator"
_lock = threading.Lock()
_running: list[Simulator] = []


def read_simulator() -> Source:
    """Return the simulator's credentials; start it at the first call.

    Raises:
        ConfigurationError: If the extra ``demo`` is not installed.
    """
    with _lock:
        if not _running:
            _running.append(_start())
        values = _running[0].variables()
    secrets = {key: Secret(value) for key, value in values.items()}
    return Source.read(NAME, Origin.SIMULATOR, secrets, required=True)


def _start() -> Simulator:
    try:
        from chili_notebook.simulator import Simulator
    except ImportError as error:
        raise ConfigurationError(
            f"The simulator needs the package {error.name!r}, which is not installed.",
            hint='Install it with: pip install "chili-notebook[demo]"',
        ) from None
    simulator = Simulator()
    simulator.start()
    atexit.register(simulator.stop)
    return simulator
