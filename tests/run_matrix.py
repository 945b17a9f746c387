"""Run all tests on every supported Python, and with the lowest allowed versions.

``python tests/run_matrix.py [3.11 | 3.12 | … | lowest]``: without a name, run all rows.
``lowest`` is the oldest installed Python with the lowest versions that pyproject.toml
allows. A Python that is not installed fails the run only if it was named.
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
PYTEST_ARGUMENTS = [
    *("--numprocesses", "auto", "--dist", "loadscope", "--no-loadscope-reorder"),
    *("--nbval-lax", "-p", "no:cacheprovider", "--quiet"),
    *("tests", "notebooks"),
]


def find_python(version):
    """Return the path of a Python from pyenv or PATH, or ``None`` if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*map(str, sorted(pyenv.glob("versions/*/bin"))), os.environ["PATH"]]
    return shutil.which(f"python{version}", path=os.pathsep.join(folders))


def run(name, python):
    """Run all tests in a new virtual environment, and return the outcome in words."""
    environment = ROOT / "build" / "matrix" / name
    resolution = "lowest-direct" if name == LOWEST else "highest"
    install = [*UV, "pip", "install", "--quiet", "--python", str(environment)]
    install += ["--resolution", resolution, "--group", "dev"]
    install += ["--editable", f".[{EXTRAS}]"]
    started_at = time.monotonic()
    for command in (
        [*UV, "venv", "--quiet", "--clear", "--python", python, str(environment)],
        install,
        [str(environment / "bin" / "python"), "-m", "pytest", *PYTEST_ARGUMENTS],
    ):
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            return f"FAILED at {' '.join(command[1:4])}"
    return f"passed in {time.monotonic() - started_at:.0f} s"


def main():
    """Run the named rows, print their outcomes, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    named = parser.parse_args().names
    if unknown := {*named} - {*PYTHONS, LOWEST}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # A process in the background ignores interrupts, but some tests send one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    installed = {version: find_python(version) for version in PYTHONS}
    rows = installed | {LOWEST: next(filter(None, installed.values()), None)}
    outcomes = {}
    for name in named or rows:
        python = rows[name]
        print(f"== {name}{'' if python else ': not installed'}", flush=True)
        outcomes[name] = run(name, python) if python else "not installed"
    print("\n".join(f"{name:>7}  {outcome}" for name, outcome in outcomes.items()))
    failures = ("FAILED", "not installed") if named else ("FAILED",)
    return any(outcome.startswith(failures) for outcome in outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
