"""Whether this notebook is a page of Voilà, whose readers are not its author."""

from __future__ import annotations

import os


def in_voila() -> bool:
    """Whether Voilà runs the notebook: readers see live widgets and run no cell."""
    # Set for every kernel of Voilà, also for those that it warms up beforehand.
    return "VOILA_BASE_URL" in os.environ
