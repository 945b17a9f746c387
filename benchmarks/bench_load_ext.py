"""What ``%load_ext chili_notebook`` costs in a live kernel, beside that of dotenv.

Each is loaded in fresh kernels, in turn, from compiled modules as an installed package
has them; the medians are printed.
"""

from __future__ import annotations

import os
from statistics import median

import nbformat
from nbclient import NotebookClient

RUNS = 5
TIMED = """
import time
shell = get_ipython()
start = time.perf_counter()
shell.run_line_magic("load_ext", {extension!r})
print(1000 * (time.perf_counter() - start))
"""


def cost_ms(extension):
    """Load an extension in a fresh kernel and give what it took."""
    cell = nbformat.v4.new_code_cell(TIMED.format(extension=extension))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return float(cell.outputs[0]["text"])


def main():
    """Print both medians and their ratio."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    costs = {"chili_notebook": [], "dotenv": []}
    for extension in costs:
        cost_ms(extension)  # compiles
    for _ in range(RUNS):
        for extension, taken in costs.items():
            taken.append(cost_ms(extension))
    ours, theirs = (median(taken) for taken in costs.values())
    print(f"chili_notebook {ours:.1f} ms, dotenv {theirs:.1f} ms: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
