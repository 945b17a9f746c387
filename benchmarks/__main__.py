"""Measure everything and write the table: ``python benchmarks [--smoke] [NAME ...]``.

``--smoke`` runs one short round and only prints it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from side_by_side import table

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
NAMES = (
    *("starts", "grants", "requests", "listing", "simulator", "audit", "guard"),
    "batch",
)
TEXT = """# Benchmarks

Written by `python benchmarks`, which `make bench` runs,
on {day}: {cores} cores, {system}, Python {python}.

Other programs change the speed of a machine. So the two ways of a row alternate,
and the ratio of a row is the median of the ratios of its rounds. A row without an
interval was measured once. In the kernels of the guard numpy is loaded, as in most
notebooks with data; without it, large displays cost more.

{rows}
"""


def main():
    """Run the benchmarks; without ``--smoke``, write the document."""
    parser = argparse.ArgumentParser(description="Measure, and write the table.")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    result = []
    for name in options.names or NAMES:
        result += import_module(f"bench_{name}").rows(smoke=options.smoke)
        print(f"{name}: done", file=sys.stderr)
        if not options.smoke and not options.names:
            write(result)
    print(table(result))


def write(result):
    """Write what is measured so far."""
    text = TEXT.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        system=platform.system(),
        python=platform.python_version(),
        rows=table(result),
    )
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
