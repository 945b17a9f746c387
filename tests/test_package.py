"""The package as a whole: who imports whom, and what the wheel holds."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chili_notebook"

# Each layer imports only from the layers before it, and from its own.
LAYERS = [
    {
        "errors",
        "secret",
        "files",
        "tables",
        "repository",
        "encodings",
        "turns",
        "scopes",
        "gallery",
    },
    {"withheld", "replies", "children", "voila"},
    {"values", "tokens", "environments", "foreign", "matching"},
    {"answers", "bodies", "problems"},
    {
        "credentials",
        "documents",
        "resources",
        "resources.paths",
        "resources.first_page",
        "masking",
    },
    {"settings", "form", "card_state", "sources", "system_keyring", "env_file", "rows"},
    {"transport", "demo", "remember", "door", "audit.findings"},
    {"guard"},
    {"card"},
    {"token_endpoint", "audit.files", "audit.history", "audit.repositories"},
    {"token_source", "audit", "audit.report", "protection"},
    {"auth"},
    {"calls", "listing"},
    {"resources.files"},
    {"resources.previews"},
    {"resources.documented", "resources.media", "resources.fonts"},
    {"resources.templates", "resources.projects"},
    {
        "resources.output_reports",
        "resources.output_settings",
        "resources.output_polls",
    },
    {"resources.output_tasks"},
    {"resources.outputs"},
    {"client"},
    {"cell_sources"},
    {"watch", "magic_lines"},
    {"sign_in"},
    {"card_actions", "audit_magic"},
    {"session"},
    {"magics", "__main__"},
]
# What may be loaded before it is needed by %chili_login.
CARD = {"card", "card_state"}
CLIENT = {"client", "calls", "auth", "token_source"}


def _imports(path):
    """Give our modules that a file imports when it is loaded or later."""
    found = set()
    typing_only = set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            typing_only.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if id(node) in typing_only or not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if module == "chili_notebook":
            found |= {alias.name for alias in node.names if alias.name != "__version__"}
        elif module.startswith("chili_notebook."):
            found.add(module.removeprefix("chili_notebook."))
    return found


def _modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        name = name.removesuffix(".__init__")
        if not name.startswith("simulator") and name != "__init__":
            yield name, path


def test_imports_go_one_way():
    """Every module imports only from layers below its own; the table is complete."""
    rank = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    assert set(rank) == {name for name, _path in _modules()}
    wrong = [
        (name, imported)
        for name, path in _modules()
        for imported in _imports(path) - {"simulator"}
        if rank[imported] > rank[name]
    ]
    assert wrong == []


def test_the_card_and_the_client_do_not_know_each_other():
    """Only a session joins what is shown with what is sent."""
    imports = {name: _imports(path) for name, path in _modules()}
    assert not [name for name in CARD if imports[name] & CLIENT]
    assert not [name for name in CLIENT if imports[name] & CARD]


def test_modules_have_one_job():
    """A module past 250 lines has two."""
    long = {
        path.name: lines
        for path in PACKAGE.rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > 250
    }
    assert long == {}


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
    for needed in ("static/card.js", "static/card.css", "py.typed", "magics.py"):
        assert f"chili_notebook/{needed}" in names
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if "dist-info" not in root} == {"chili_notebook"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_changelog_knows_the_version():
    """A release has its entry; until then the changes stand under Unreleased."""
    import chili_notebook

    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "[Unreleased]" in changelog or chili_notebook.__version__ in changelog
