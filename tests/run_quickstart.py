"""Run the quickstart notebook in a folder, and name the pictures that it rendered."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

QUICKSTART = Path(__file__).parents[1] / "notebooks" / "01-quickstart.ipynb"


def announce(cell, **_event):
    """Print the code of a cell that is about to run."""
    print("\n".join(f"  {line}" for line in cell.source.splitlines()), flush=True)


def main():
    """Run a copy of the notebook, store its outputs, and return the exit code."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for path in QUICKSTART.parent.iterdir():  # the quickstart links to the next one
        if path.is_file() and not (folder / path.name).exists():
            shutil.copy(path, folder)
    copy = Path(shutil.copy(QUICKSTART, folder))
    print(f"Running {copy} with the simulator of CHILI GraFx:", flush=True)
    notebook = nbformat.read(copy, as_version=4)
    NotebookClient(
        notebook,
        # Without encryption, ipykernel warns that its connection could be read.
        config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=announce,
    ).execute()
    nbformat.write(notebook, copy)
    pictures = sorted((folder / "renders").iterdir())
    print("", *(f"Rendered: {picture}" for picture in pictures), sep="\n")
    return not (pictures and all(picture.stat().st_size for picture in pictures))


if __name__ == "__main__":
    sys.exit(main())
