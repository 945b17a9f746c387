"""README and its neighbours say what the code does, and all of it; their blocks run."""

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
from chili_notebook.api.base import ApiClient

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [README, (ROOT / "CONTRIBUTING.md").read_text()]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAGICS = ("chili_login", "chili_status", "chili_audit", "chili_logout")
OPTION = re.compile(r"--[a-z][a-z-]+")
NOUNS = ("templates", "projects", "media", "fonts", "outputs", "outputs.settings")
ITEMS = {
    "templates": "Template",
    "projects": "Project",
    "media": "Media",
    "fonts": "FontFamily",
}


def _section(heading):
    """Give the text of one of README's sections."""
    return README.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def _rows(section):
    """Give the rows of a section's tables, without their headings."""
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    rows = [re.split(r"\s*(?<!\\)\|\s*", line.strip("| ")) for line in lines]
    tables = section.count("\n|---")
    assert tables == 1, "these helpers read one table a section"
    return rows[1:]


def _blocks(language):
    """Give every block of code in a language."""
    return [
        block
        for page in PAGES
        for block in re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    ]


def _words(cell):
    return re.findall(r"`(\w+)`", cell)


def _public(kind):
    return {name for name in vars(kind) if not name.startswith("_")}


def _help(*arguments):
    """Give what ``python -m`` says of itself."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments, "--help"],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def _options(text):
    return set(OPTION.findall(text)) - {"--help"}


@pytest.mark.parametrize("magic", MAGICS)
def test_each_magic_has_the_options_that_its_rows_tell(magic, shell):
    """The rows of the table and the parser know the same options, and arguments."""
    magics = shell.magics_manager.magics["line"]
    assert {name for name in magics if name.startswith("chili_")} == set(MAGICS)
    usage = magics[magic].parser.format_usage()
    told, current = "", ""
    for first, *_more in _rows(_section("Magics")):
        named = re.match(r"`%(\w+)", first)
        current = named.group(1) if named else current
        told += f" {first}" if current == magic else ""
    assert _options(told) == _options(usage)
    assert ("[PROFILE]" in told) == ("[profile]" in usage)


def test_the_simulator_has_the_options_that_its_rows_tell():
    """The table and ``--help`` know the same options."""
    told = "".join(first for first, *_more in _rows(_section("The simulator")))
    assert _options(told) == _options(_help("chili_notebook.simulator"))


def test_the_audit_has_the_options_that_are_told():
    """What the section on masking says of options is what ``--help`` says."""
    section = _section("What is masked, and what cannot be")
    assert _options(section) == _options(_help("chili_notebook", "audit"))
    assert "{audit}" in _help("chili_notebook")


def test_readme_and_the_code_know_the_same_keys():
    """Each CHILI_ key that the code reads is in README, and the reverse."""
    from chili_notebook.auth.credentials import CREDENTIAL_KEYS
    from chili_notebook.auth.settings import SETTING_KEYS

    read = {f"CHILI_{suffix}" for suffix in (*CREDENTIAL_KEYS, *SETTING_KEYS)}
    told = set(re.findall(r"CHILI_[A-Z][A-Z_]+[A-Z]", README))
    assert told == read


def test_readme_and_the_code_know_the_same_errors():
    """Each error has its one place in the table, with its status; no other is named."""
    rows = _rows(_section("Troubleshooting"))
    told = [name for first, *_more in rows for name in re.findall(r"`(\w+)`", first)]
    kinds = dict(inspect.getmembers(errors, inspect.isclass))
    kinds = {n: k for n, k in kinds.items() if issubclass(k, errors.ChiliError)}
    assert sorted(told) == sorted(kinds)
    assert set(re.findall(r"\b\w+Error\b", README)) <= set(kinds)
    assert all(len(row) == 3 and all(row) for row in rows)
    for name, kind in kinds.items():
        status = re.match(r"\dxx|\d{3}", kind.__doc__)
        if status:
            assert f"`{name}` ({status.group()})" in README


def test_readme_and_the_code_know_the_same_nouns_and_verbs():
    """The table has every noun of the client, and every verb of each noun."""
    rows = {row[0].strip("`"): row for row in _rows(_section("In the notebook"))}
    assert set(rows) == {f"chili.{noun}" for noun in NOUNS}
    for noun in NOUNS:
        verbs = set(_words(rows[f"chili.{noun}"][1]))
        assert verbs == _public(_kind_of(noun))


def test_readme_names_what_the_items_of_a_noun_do():
    """Every method of an item stands in its row, in full or as those of another."""
    rows = {row[0].strip("`"): row for row in _rows(_section("In the notebook"))}
    for noun, name in ITEMS.items():
        kind = _named(name)
        methods = {
            method
            for owner in kind.__mro__
            for method in _public(owner)
            if callable(getattr(kind, method))
        }
        cell = rows[f"chili.{noun}"][2]
        above = _words(rows["chili.templates"][2]) if "the same" in cell else []
        assert {*_words(cell), *above} == methods


def test_readme_names_everything_that_the_client_does():
    """Every method of the client is in README; `link` is for its nouns."""
    offered = _public(Chili) | _public(ApiClient) - {"link"}
    text = _section("In the notebook")
    missing = {name for name in offered if not re.search(rf"[.`]{name}\b", text)}
    assert missing == set()


def test_readme_and_the_project_know_the_same_extras_and_pythons():
    """Each extra is named in the section on installing, and the oldest Python."""
    section = _section("Install")
    told = re.search(r"The extra .*", section).group()
    assert set(_words(told)) == set(PROJECT["optional-dependencies"])
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in section


def test_every_link_leads_to_a_file():
    """Files that the pages link to are there, and README links to every notebook."""
    links = {
        link
        for page in (*PAGES, (ROOT / "SECURITY.md").read_text())
        for link in re.findall(r"\]\(([^)]+)\)", page)
        if "://" not in link
    }
    assert [link for link in links if not (ROOT / link).is_file()] == []
    notebooks = {f"notebooks/{path.name}" for path in ROOT.glob("notebooks/*.ipynb")}
    assert notebooks <= links


@pytest.mark.parametrize("block", _blocks("python"))
def test_python_runs(block, tmp_path):
    """Each block of Python does what it says, against the simulator."""
    code = f"%load_ext chili_notebook\n%chili_login --demo\n{block}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor"),
            *("-c", code),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Error" not in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        line.removeprefix("$ ").partition("  #")[0].strip()
        for block in _blocks("console")
        for line in block.splitlines()
    ],
)
def test_commands_run(command):
    """Each command is one that there is: targets, modules, tests, extras."""
    match shlex.split(command):
        case ["make", *_targets] as asked:
            subprocess.run([*asked, "--dry-run"], cwd=ROOT, check=True)
        case ["python", "-m", "chili_notebook", *_options] as asked:
            subprocess.run([sys.executable, *asked[1:]], check=True)
        case [".venv/bin/pytest", *paths]:
            assert all((ROOT / path).exists() for path in paths if path[0] != "-")
        case ["pip", "install", wanted]:
            name, extras = re.fullmatch(r"(.+)\[(.+)\]", wanted).groups()
            assert name == PROJECT["name"]
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
        case other:
            pytest.fail(f"nobody knows whether {other} runs")


def test_the_env_file_signs_in(shell, env_file):
    """The lines of README's .env are those that a login takes, but for the values."""
    (block,) = _blocks("ini")
    keys = [line.partition("=")[0] for line in block.splitlines()]
    env_file("written.env")
    written = Path("written.env").read_text().splitlines()
    ours = [line for line in written if line.partition("=")[0] in keys]
    assert len(ours) == len(keys)
    rest = [line for line in written if line not in ours]
    Path(".env").write_text("\n".join([*ours, *rest]))
    shell.run_line_magic("chili_login", "--no-widget")
    assert shell.user_ns["chili"].environment.name == "cp-abc-123"


def test_every_target_of_make_is_told():
    """README or CONTRIBUTING shows each target, and no other."""
    targets = re.search(r"\.PHONY: (.+)", (ROOT / "Makefile").read_text()).group(1)
    told = set(re.findall(r"\$ make ([a-z-]+)", "".join(PAGES)))
    assert told == set(targets.split())


def test_contributing_names_files_that_are_there():
    """Each path in CONTRIBUTING is one of the checkout."""
    paths = re.findall(r"`([\w.-]+/[\w./-]*|\w+\.(?:py|js|css))`", PAGES[1])
    assert len(paths) > 10
    package = ROOT / "chili_notebook"
    wrong = [p for p in paths if not ((ROOT / p).exists() or (package / p).exists())]
    assert wrong == []


def _kind_of(noun):
    """Give the class of a noun of the client."""
    kind = Chili
    for part in noun.split("."):
        member = vars(kind).get(part)
        name = "OutputSettings" if member is None else _given(member)
        kind = _named(name)
    return kind


def _given(member):
    return member.func.__annotations__["return"]


def _named(name):
    """Give a class of the resources by its name."""
    for path in (ROOT / "chili_notebook" / "api").glob("*.py"):
        module = __import__(f"chili_notebook.api.{path.stem}", fromlist=["*"])
        if getattr(getattr(module, name, None), "__module__", "") == module.__name__:
            return getattr(module, name)
    raise AssertionError(name)
