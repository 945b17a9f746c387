"""The sample templates and projects, as documents of GraFx Studio.

Each file of ``assets/templates`` is ``{"id": …, "name": …, "document": …}``. GraFx does
not publish its document format. Where the public samples are silent, the documents use
these rules:

- ``lineHeight`` is a percentage of the size, and ``trackingRight`` is in 1/1000 em.
  Sizes and spaces are in the unit of all lengths (1/1000 of 1/72 inch).
- A frame's ``visibility`` has the form of a variable's: ``visible``, ``invisible``, or
  ``conditional`` with ``variables`` that must all have the given value.
- ``enableCopyfitting`` with ``minCopyfitting`` and ``maxCopyfitting`` (percentages)
  scales a text to its frame; ``overflow: "error"`` reports a text that does not fit.
- The lines of a paragraph style with ``balanceRaggedLines`` have about equal lengths.
- An image frame's ``crop`` is relative to the size of the picture, its ``clip`` is a
  shape.
- Renders end at the trim; content in the bleed is cut off.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from chili_notebook.simulator.state.documents import StoredDocument, project_document

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROJECTS = (
    ("Harvest supper, rained in", "Harvest supper flyer", "Place", "The old barn"),
    ("Voucher for Anselm", "Gift voucher", "For", "For Anselm"),
)


def load_sample_templates() -> list[StoredDocument]:
    """Read the sample templates, sorted by name."""
    folder = resources.files("chili_notebook.simulator") / "assets" / "templates"
    files = [json.loads(entry.read_text("utf-8")) for entry in folder.iterdir()]
    files.sort(key=lambda file: str(file["name"]).lower())
    return [
        StoredDocument(
            file["id"],
            file["name"],
            file["document"],
            created=f"2026-0{number % 9 + 1}-12T09:30:00",
            modified=f"2026-10-{number % 28 + 1:02}T14:05:00",
        )
        for number, file in enumerate(files)
    ]


def make_sample_projects(
    templates: Iterable[StoredDocument], owner: str
) -> list[StoredDocument]:
    """Return two projects of a client; each is a template with one text changed."""
    by_name = {template.name: template for template in templates}
    return [
        _make_project(name, by_name[template_name], variable, text, owner)
        for name, template_name, variable, text in _PROJECTS
    ]


def _make_project(
    name: str, template: StoredDocument, variable_name: str, text: str, owner: str
) -> StoredDocument:
    document = project_document(template)
    for variable in document["variables"]:
        if variable["name"] == variable_name:
            variable["value"] = text
    return StoredDocument(
        str(uuid5(NAMESPACE_URL, f"simulated project {name}")),
        name,
        document,
        created="2026-09-01T08:15:00",
        modified="2026-09-02T16:40:00",
        owner=owner,
        template_id=template.id,
    )
