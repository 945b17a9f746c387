"""The package: the imports between its modules, and the files of its wheel."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chili_notebook"
RULE = (
    "errors, system → http, display → auth → api | guard → batch, audit, card "
    "→ signin → notebook"
)
# Public names, hooks and commands: they join everything.
ENTRANCES = {"__init__", "__main__"}


def level_of(part):
    """Return the position in the rule of a sub-package or a top-level module."""
    levels = [set(re.findall(r"\w+", level)) for level in RULE.split("→")]
    return next(number for number, level in enumerate(levels) if part in level)


def imports_of(path):
    """Return the modules of the package that a file imports, run-time or for types."""
    names = {"chili_notebook." + name for name, _path in modules()}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & names
        elif isinstance(node, ast.ImportFrom) and node.module in {
            *names,
            *(name.rpartition(".")[0] for name in names),
        }:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in names else node.module


def modules():
    """Return the dotted name below the package, and the path, of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name, path


def import_graph():
    """Return for each module the modules that it imports."""
    return {
        name: {
            module.removeprefix("chili_notebook.")
            for module in imports_of(path)
            if module != "chili_notebook"
        }
        for name, path in modules()
    }


def test_imports_between_sub_packages_follow_the_rule():
    """A sub-package imports only from parts that are before it in the rule.

    `auth` also imports the simulator, for ``%chili_login --demo``, and `api` imports
    `batch` for the methods of templates and outputs that begin one.
    """
    wrong = [
        f"{name} imports {imported}"
        for name, imports in import_graph().items()
        for imported in imports
        for part, other in [(name.partition(".")[0], imported.partition(".")[0])]
        if part not in {other, *ENTRANCES}
        and (part, other) not in {("auth", "simulator"), ("api", "batch")}
        and (
            part == "simulator"
            or other in {"simulator", *ENTRANCES}
            or level_of(other) > level_of(part)
            or {part, other} == {"api", "guard"}
        )
    ]
    assert wrong == []


def test_no_files_import_each_other_in_a_circle():
    """Files form no circle of imports, not even of imports for types."""
    sorter = graphlib.TopologicalSorter(import_graph())
    sorter.prepare()  # raises CycleError with the circle


def test_init_files_of_sub_packages_are_empty():
    """Importing a sub-package loads nothing."""
    filled = [
        name
        for name, path in modules()
        if name.endswith(".__init__") and path.read_text()
    ]
    assert [name for name in filled if name != "simulator.__init__"] == []


def test_the_wheel_holds_the_card_and_no_tests(tmp_path):
    """What is installed has script, style and types, and nothing of the tests."""
    build = (
        "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("card/card.js", "card/card.css", "py.typed", "notebook/magics.py"):
        assert f"chili_notebook/{needed}" in names
    assets = ROOT / "chili_notebook" / "simulator" / "assets"
    files = [path for path in assets.rglob("*") if path.is_file()]
    assert len(files) >= 20
    assert {str(path.relative_to(ROOT)) for path in files} <= set(names)
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if "dist-info" not in root} == {"chili_notebook"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
