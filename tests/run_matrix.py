"""Runs the suite on every supported Python here, and on the oldest libraries.

``python tests/run_matrix.py [3.11 | 3.12 | … | lowest]``: without a name, all of them.
``lowest`` is the oldest Python here with the lowest versions that pyproject.toml
allows. A Python that is not here is told, and fails the run only if it was named.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CLASSIFIERS = "\n".join(PROJECT["classifiers"])
PYTHONS = re.findall(r"Python :: (3\.\d+)$", CLASSIFIERS, re.MULTILINE)
EXTRAS = ",".join(PROJECT["optional-dependencies"])
LOWEST = "lowest"
UV = [sys.executable, "-m", "uv"]
SUITE = [
    *("--numprocesses", "auto", "--dist", "loadscope"),
    *("--nbval-lax", "-p", "no:cacheprovider", "--quiet"),
    *("tests", "notebooks"),
]


def find_python(version):
    """Give the path of a Python, from pyenv or else from PATH; ``None`` without one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*map(str, sorted(pyenv.glob("versions/*/bin"))), os.environ["PATH"]]
    return shutil.which(f"python{version}", path=os.pathsep.join(folders))


def run(name, python):
    """Install into an environment of its own and run the suite; give the outcome."""
    home = ROOT / "build" / "matrix" / name
    resolution = "lowest-direct" if name == LOWEST else "highest"
    install = [*UV, "pip", "install", "--quiet", "--python", str(home)]
    install += ["--resolution", resolution, "--group", "dev"]
    install += ["--editable", f".[{EXTRAS}]"]
    began = time.monotonic()
    for command in (
        [*UV, "venv", "--quiet", "--clear", "--python", python, str(home)],
        install,
        [str(home / "bin" / "python"), "-m", "pytest", *SUITE],
    ):
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            return f"FAILED at {' '.join(command[1:4])}"
    return f"passed in {time.monotonic() - began:.0f} s"


def main():
    """Run what was asked for, say how each went, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    named = parser.parse_args().names
    if unknown := {*named} - {*PYTHONS, LOWEST}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # A run in the background begins with interrupts ignored, and some tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    here = {version: find_python(version) for version in PYTHONS}
    legs = here | {LOWEST: next(filter(None, here.values()), None)}
    outcomes = {}
    for name in named or legs:
        python = legs[name]
        print(f"== {name}{'' if python else ': not here'}", flush=True)
        outcomes[name] = run(name, python) if python else "not here"
    print("\n".join(f"{name:>7}  {outcome}" for name, outcome in outcomes.items()))
    bad = ("FAILED", "not here") if named else ("FAILED",)
    return any(outcome.startswith(bad) for outcome in outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
