"""Benchmarks still run. No time is asserted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = [path.stem.removeprefix("bench_") for path in ROOT.glob("benchmarks/bench_*")]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_one_round_of_a_benchmark_runs(name):
    """A short run prints a table with rows."""
    done = subprocess.run(
        [sys.executable, "benchmarks", "--smoke", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > len(("heading", "line"))
