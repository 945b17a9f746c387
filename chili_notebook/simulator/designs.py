"""The templates that the simulator holds, as documents of GraFx Studio.

Each file of ``designs/`` is ``{"id": …, "name": …, "document": …}``. What the public
samples leave open is put so:

- ``lineHeight`` is a percentage of the size, ``trackingRight`` is in 1/1000 em, sizes
  and spaces are in the unit of all lengths (1/1000 of 1/72 inch).
- A frame's ``visibility`` has the form of a variable's: ``visible``, ``invisible``, or
  ``conditional`` with ``variables`` that must all have the value named.
- ``enableCopyfitting`` with ``minCopyfitting`` and ``maxCopyfitting`` (percentages)
  scales a text to its frame; ``overflow: "error"`` reports what still does not fit.
- A paragraph style with ``balanceRaggedLines`` makes its lines about equally long.
- An image frame's ``crop`` is in parts of the picture, its ``clip`` is a shape.
- What reaches into the bleed is there, but renders end at the trim.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Design:
    """A template.

    Attributes:
        id: Its GUID.
        name: What people call it.
        document: The document, as GraFx Studio stores it.
    """

    id: str
    name: str
    document: dict[str, Any]


def load_designs() -> list[Design]:
    """Read the templates, by name; each call gives documents of its own."""
    folder = resources.files(__package__) / "designs"
    found = [
        json.loads(entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    ]
    designs = [Design(raw["id"], raw["name"], raw["document"]) for raw in found]
    return sorted(designs, key=lambda design: design.name.lower())
