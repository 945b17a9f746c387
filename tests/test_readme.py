"""README and CONTRIBUTING agree with the code, and their code blocks run."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chili_notebook import Chili, errors

ROOT = Path(__file__).parents[1]
README, CONTRIBUTING, SECURITY = (
    (ROOT / f"{name}.md").read_text("utf-8")
    for name in ("README", "CONTRIBUTING", "SECURITY")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAGICS = ("chili_login", "chili_status", "chili_audit", "chili_logout")


def read_table(first_heading, page=README):
    """Return the rows of the table whose first column has this heading."""
    lines = page[page.index(f"| {first_heading} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def read_column(first_heading, page=README):
    """Return the first column of a table."""
    return [row[0] for row in read_table(first_heading, page)]


def read_blocks(language):
    """Return every code block of a language in README and CONTRIBUTING."""
    pattern = rf"```{language}\n(.*?)```"
    return re.findall(pattern, README + CONTRIBUTING, re.DOTALL)


def read_commands():
    """Return every command of the console blocks, without its comment."""
    lines = "".join(read_blocks("console")).splitlines()
    return [line.removeprefix("$ ").partition("  #")[0].strip() for line in lines]


def names_in(text):
    """Return the names that are marked as code."""
    return set(re.findall(r"`(\w+)`", text))


def options_in(text):
    """Return the long options in a text, without ``--help``."""
    return set(re.findall(r"--[a-z][a-z-]+", text)) - {"--help"}


def help_of(*arguments):
    """Return the help of a command of the package."""
    command = [sys.executable, "-m", *arguments, "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def methods_of(owner):
    """Return the names of the public methods of a class, without constructors."""
    methods = inspect.getmembers(owner, inspect.isfunction)
    return {name for name, _method in methods if not name.startswith("_")}


@pytest.mark.parametrize("magic", MAGICS)
def test_options_of_each_magic_match_readme(magic, shell):
    """The table of magics has the options and arguments that each magic parses."""
    magics = shell.magics_manager.magics["line"]
    assert {name for name in magics if name.startswith("chili_")} == set(MAGICS)
    # A row that begins with "…" continues the magic above it.
    cells = "".join(read_column("magic")).split("`%")
    (cell,) = [cell for cell in cells if cell.startswith(magic)]
    usage = magics[magic].parser.format_usage()
    assert options_in(cell) == options_in(usage)
    for argument in ("profile", "name"):
        assert (f"[{argument.upper()}]" in cell) == (f"[{argument}]" in usage)


def test_options_of_the_simulator_match_readme():
    """The table of the simulator's options has those of its command."""
    options = options_in("".join(read_column("option")))
    assert options == options_in(help_of("chili_notebook.simulator"))


def test_options_of_the_audit_command_match_readme():
    """README names every option of the audit command."""
    section = README.split("## What is masked")[1].split("\n## ")[0]
    assert options_in(section) == options_in(help_of("chili_notebook", "audit"))


def test_keys_match_readme():
    """README names every CHILI_ key that the code reads, and no other."""
    from chili_notebook.auth.credentials import CREDENTIAL_KEYS
    from chili_notebook.auth.settings import SETTING_KEYS

    keys = {f"CHILI_{suffix}" for suffix in (*CREDENTIAL_KEYS, *SETTING_KEYS)}
    assert set(re.findall(r"CHILI_[A-Z][A-Z_]+[A-Z]", README)) == keys
    assert names_in("".join(read_column("key"))) == keys


def test_errors_match_readme():
    """The table of errors has each error once; README names no other error."""
    rows = read_table("error")
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    classes = [
        name
        for name, error in inspect.getmembers(errors, inspect.isclass)
        if issubclass(error, errors.ChiliError)
    ]
    assert sorted(named) == classes
    assert set(re.findall(r"\b\w+Error\b", README)) <= set(classes)
    assert all(len(row) == 3 and all(row) for row in rows)


def test_nouns_and_their_methods_match_readme(simulator, signed_in):
    """The table of nouns has every method of each noun and of its items."""
    rows = {noun: cells for noun, *cells in read_table("noun")}
    with signed_in(simulator) as chili:
        template = chili.templates.list()[0]
        task = chili.outputs.start(template, "png")
        nouns = {
            "`chili.templates`": (chili.templates, [template]),
            "`chili.projects`": (chili.projects, [chili.projects.create(template)]),
            "`chili.media`": (chili.media, [chili.media.list()[0]]),
            "`chili.fonts`": (chili.fonts, [chili.fonts.list()[0]]),
            "`chili.brand_kits`": (chili.brand_kits, [chili.brand_kits.list()[0]]),
            "`chili.outputs`": (chili.outputs, [task, task.wait()]),
            "`chili.outputs.settings`": (chili.outputs.settings, []),
        }
    assert rows.keys() == nouns.keys()
    for noun, (methods, item_methods) in rows.items():
        owner, items = nouns[noun]
        named = names_in(item_methods)
        if "the same" in item_methods:
            named |= names_in(rows["`chili.templates`"][1])
        assert names_in(methods) == methods_of(type(owner))
        assert named == {name for item in items for name in methods_of(type(item))}


def test_readme_names_every_attribute_of_the_client():
    """README names each public attribute of `Chili`, except `link`, for its nouns."""
    section = README.split("## Use the API")[1].split("\n## ")[0]
    names = {name for name in dir(Chili) if not name.startswith("_")} - {"link"}
    assert {n for n in names if not re.search(rf"[.`]{n}\b", section)} == set()


def test_extras_and_python_match_readme():
    """README names every extra, and the oldest Python that the project supports."""
    extras = names_in("".join(read_column("extra")))
    assert extras == PROJECT["optional-dependencies"].keys()
    assert f"Python {PROJECT['requires-python'].removeprefix('>=')} or newer" in README


def test_links_lead_to_files_and_headings():
    """Each link leads to a file or a heading that exists; each notebook is linked."""
    links = set(re.findall(r"\]\(([^)]+)\)", README + CONTRIBUTING + SECURITY))
    local = {link for link in links if "://" not in link}
    headings = {
        "#" + heading.lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    }
    files = {link for link in local if not link.startswith("#")}
    assert local - files <= headings
    assert [link for link in files if not (ROOT / link).is_file()] == []
    assert {
        f"notebooks/{path.name}" for path in ROOT.glob("notebooks/*.ipynb")
    } <= files


@pytest.mark.parametrize("block", read_blocks("python"))
def test_python_blocks_run_against_the_simulator(block, tmp_path):
    """Each block of Python runs in IPython after a login to the simulator."""
    code = f"%load_ext chili_notebook\n%chili_login --demo\n{block}"
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c"]
    done = subprocess.run(
        [*command, code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Error" not in done.stdout


@pytest.mark.parametrize("command", read_commands())
def test_commands_exist(command):
    """Each command of a console block uses targets, tests and extras that exist."""
    match shlex.split(command):
        case ["make", *_targets] as arguments:
            subprocess.run([*arguments, "--dry-run"], cwd=ROOT, check=True)
        case ["python", *arguments]:
            subprocess.run([sys.executable, *arguments], check=True)
        case [".venv/bin/pytest", path]:
            assert (ROOT / path).exists()
        case ["pip", "install", package, *_others]:
            extras = package.removeprefix(".[").removesuffix("]").split(",")
            assert set(extras) <= PROJECT["optional-dependencies"].keys()
        case _:
            assert command == "jupyter lab"  # installed by the line above it


def test_env_file_of_readme_signs_in(shell, env_file):
    """A .env file with the keys of README's example signs in."""
    (block,) = read_blocks("ini")
    keys = {line.partition("=")[0] for line in block.splitlines()}
    env_file()
    lines = Path(".env").read_text().splitlines()
    fakes = {"CHILI_TOKEN_URL", "CHILI_CHECK"}  # the endpoint of the tests has no API
    assert {line.partition("=")[0] for line in lines} == keys | fakes
    shell.run_line_magic("chili_login", "--no-widget")
    assert shell.user_ns["chili"].environment.name == "cp-abc-123"


def test_make_targets_match_the_pages():
    """README or CONTRIBUTING names each target of the Makefile, and no other."""
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    targets = re.search(r"\.PHONY: (.+)", makefile).group(1).split()
    named = re.findall(r"^\$ make ([a-z-]+)", README + CONTRIBUTING, re.MULTILINE)
    assert set(named) == set(targets)


@pytest.mark.parametrize("folder", ["chili_notebook", "tests"])
def test_map_of_folders_matches_the_file_system(folder):
    """CONTRIBUTING's map has every sub-folder and no other."""
    rows = read_column(f"in `{folder}/`", CONTRIBUTING)
    named = {name for row in rows for name in re.findall(r"`(\w+)/`", row)}
    folders = {path.parent.name for path in (ROOT / folder).glob("*/*.py")}
    assert named == folders
