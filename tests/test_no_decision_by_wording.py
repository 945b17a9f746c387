"""No code of the package decides by the wording of a message.

A message may be reworded or translated at any time. What the code decides by is an
enum, a class, a status or a flag. The first tests read the source code; the others show
for each kind of reason that the behaviour follows the reason and not its text.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

import chili_notebook
from chili_notebook.audit.findings import Finding, FindingState
from chili_notebook.audit.report import require_clean, table_rows
from chili_notebook.auth.credentials import Origin, Source
from chili_notebook.auth.pasted_value import ValueFault, read_value
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.settings import resolve_environment, trace_settings
from chili_notebook.card.form import choose_field, read_credentials
from chili_notebook.errors import (
    ConfigurationError,
    SecretsFoundError,
    TokenExpiredError,
    TokenRefusedError,
)
from chili_notebook.guard.install import Guard
from chili_notebook.guard.registry import KnownSecret, SecretRegistry
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login
from chili_notebook.system.git import (
    GitError,
    NoGitError,
    NoRepositoryError,
    run_git,
    top_of,
)

PACKAGE = Path(chili_notebook.__file__).parent

# Names of variables and attributes that hold texts for people.
MESSAGES = {
    *("caption", "detail", "headline", "hint", "hitch", "label", "message"),
    *("outcome", "problem", "reason", "remedy", "stderr", "summary"),
    *(
        "title",
        "told",
        "unread",
        "validity",
        "verdict",
        "what",
        "where",
        "why",
        "words",
    ),
}
SEARCHES = {
    *("count", "endswith", "find", "index", "partition", "removeprefix"),
    *("removesuffix", "rfind", "rpartition", "split", "startswith"),
    *("findall", "finditer", "fullmatch", "match", "search", "sub"),
}
COMPARISONS = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
# Other programs report these reasons only as text.
ALLOWED = {
    # Git's exit code is the same for every failure.
    "_NO_REPOSITORY in done.stderr",
    # GraFx writes the address of an error report into the text of the failure.
    "_REPORT.findall(detail)",
    "_REPORT.sub('', detail)",
}
# A script may compare codes such as "signed-in", but neither sentences nor notes.
TEXT_OF_SCRIPT = r"""["'`][^"'`\n]*\w [^"'`\n]*["'`]"""
NOTE_OF_SCRIPT = r"""(?:\??\.(?:text|hint|message|why)|get\("source"\))"""
DECISION_OF_SCRIPT = re.compile(
    rf"[!=]==? *{TEXT_OF_SCRIPT}|{TEXT_OF_SCRIPT} *[!=]==?"
    rf"|{NOTE_OF_SCRIPT} *[!=]==?|[!=]==? *[\w.?]+{NOTE_OF_SCRIPT}"
    rf"|{NOTE_OF_SCRIPT}\.(?:includes|startsWith|endsWith|match|search|indexOf)\("
    rf"|\.(?:includes|test|exec)\([\w.?]*{NOTE_OF_SCRIPT}\)"
)


def modules():
    """Return the syntax tree of every module outside the simulator."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "simulator" not in path.relative_to(PACKAGE).parts
    }


def is_sentence(node):
    """Return whether an expression is a text constant of several words."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\w \w", node.value) is not None
    )


def display_constants(trees):
    """Return the names of the constants that hold a text of several words."""
    return {
        target.id
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and is_sentence(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def is_message(node, names):
    """Return whether an expression is a text for people."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in names
        case ast.Subscript(value=ast.Attribute(attr="args")):
            return True
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
            return name in {"error", "exception", "problem"}
        case ast.Call(func=ast.Attribute(value=value)):  # such as why.lower()
            return is_message(value, names)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(is_message(item, names) for item in items)
    return is_sentence(node)


def decisions(tree, names):
    """Yield each expression that compares or searches a text for people."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, ops=operators, comparators=others):
                operands = [left, *others]
                is_by_text = any(isinstance(op, COMPARISONS) for op in operators)
            case ast.Call(func=ast.Attribute(value=value, attr=attr), args=arguments):
                operands, is_by_text = [value, *arguments], attr in SEARCHES
            case ast.Match(subject=subject):
                operands, is_by_text = [subject], True
            case _:
                continue
        if is_by_text and any(is_message(operand, names) for operand in operands):
            yield ast.unparse(node)


def test_no_module_compares_or_searches_a_message():
    """Messages, display names and texts of errors are shown and never examined."""
    trees = modules()
    names = MESSAGES | display_constants(trees.values())
    found = {
        (path, code) for path, tree in trees.items() for code in decisions(tree, names)
    }
    assert {entry for entry in found if entry[1] not in ALLOWED} == set()
    assert {code for _path, code in found} == ALLOWED


@pytest.mark.parametrize(
    "code",
    [
        "why.endswith(('empty', 'placeholder'))",
        "error.args[0] in {'no repository', 'no git'}",
        "source == FORM",
        "source != demo.FORM",
        "kind == 'the form'",
        "str(error).startswith('git')",
        "'empty' in error.message.lower()",
        "found.what == secret.label",
        "PATTERN.search(note.hint)",
    ],
)
def test_decisions_by_text_are_recognised(code):
    """Each way to examine a text for people is found in the source code."""
    assert list(decisions(ast.parse(code), MESSAGES | {"FORM"}))


def scripts():
    """Return the text of every script of the package."""
    return {
        path.name: path.read_text("utf-8")
        for path in PACKAGE.rglob("*.js")
        if "simulator" not in path.relative_to(PACKAGE).parts
    }


def test_no_script_compares_or_searches_a_message():
    """The card decides by codes, and only shows sentences."""
    assert scripts()
    for name, text in scripts().items():
        assert (name, DECISION_OF_SCRIPT.findall(text)) == (name, [])


@pytest.mark.parametrize(
    "code",
    [
        'if (model.get("source") === "the form") paste();',
        'if ("the form" === source) paste();',
        'if (note?.text !== "") show();',
        'if (note.hint.startsWith("Set")) show();',
        "if (/refused/.test(note.text)) show();",
    ],
)
def test_decisions_by_text_are_recognised_in_scripts(code):
    """Each way to examine a text for people is found in a script."""
    assert DECISION_OF_SCRIPT.search(code)


def source(name, **values):
    """Return a source with these keys, written without their ``CHILI_``."""
    held = {f"CHILI_{key}": Secret(value) for key, value in values.items()}
    return Source.read(name, Origin.ENV_FILE, held)


# A name that ends as the messages about an empty value do.
MISLEADING = "what is empty"


@pytest.mark.parametrize(
    ("pasted", "fault", "is_protected"),
    [
        ("", ValueFault.EMPTY, False),
        ("<YOUR CLIENT SECRET>", ValueFault.PLACEHOLDER, False),
        ("zq9-a-stray-quote»", ValueFault.STRAY_QUOTE, True),
        ("zq9 a space in it", ValueFault.UNUSUAL_CHARACTER, True),
    ],
)
def test_a_secret_with_a_typing_error_is_protected(pasted, fault, is_protected):
    """The fault decides what is masked: not an empty value and not a placeholder."""
    key, name = "CHILI_CLIENT_SECRET", f"{MISLEADING} placeholder {fault.name}"
    assert read_value(key, Secret(pasted), name).fault is fault
    registry = SecretRegistry()
    registry.protect_sources([source(name, CLIENT_SECRET=pasted)])
    labels = {known.label for known in registry.known}
    assert (f"{key} in {name}" in labels) is is_protected


def test_an_empty_setting_falls_back_to_the_next_source():
    """Only the fault decides which value is skipped and which is an error."""
    below = source("below", AUDIENCE="https://below.example.com")
    empty = source(MISLEADING, AUDIENCE=" ")
    found = resolve_environment([below, empty], None, rank=1)
    assert found.audience == "https://below.example.com"
    with pytest.raises(ConfigurationError, match="AUDIENCE in what is empty"):
        resolve_environment([source(MISLEADING, AUDIENCE="<x>")], None, rank=0)


def test_two_sources_of_one_name_are_traced_apart():
    """A source is identified by itself and not by its name."""
    sources = [source(".env", AUDIENCE="https://a"), source(".env", AUDIENCE=" ")]
    first, second = trace_settings(sources, None, rank=0)
    assert first.outcome != second.outcome


def git(*arguments):
    """Run git in the working directory."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def test_a_folder_outside_of_a_repository_is_not_an_error(tmp_path):
    """The class of the error says that there is no repository."""
    with pytest.raises(NoRepositoryError):
        run_git(tmp_path, "rev-parse", "--show-toplevel")
    assert top_of(tmp_path) is None


def test_a_machine_without_git_is_not_an_error(tmp_path, monkeypatch):
    """The class of the error says that git is not installed."""
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(NoGitError):
        run_git(tmp_path, "status")
    assert top_of(tmp_path) is None


def test_a_broken_repository_is_an_error(tmp_path):
    """Any other failure of git is reported, whatever git writes about it."""
    git("init")
    Path(".git/config").write_text("no git")
    with pytest.raises(GitError) as caught:
        top_of(tmp_path)
    assert type(caught.value) is GitError


@pytest.mark.parametrize("name", ["the form", "the simulator"])
def test_a_file_with_the_name_of_another_source_is_a_file(env_file, clock, name):
    """The card decides by the origin of the credentials and not by its name."""
    env_file(name)
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.sign_in(find_login(env_file=name))
    assert session.state.source == name
    assert session.live_card().origin == Origin.ENV_FILE
    session.sign_out("done")
    assert session.state.note.text == f"Your credentials are still in {name}."


def test_typed_credentials_come_from_the_form():
    """The origin of what is typed is the form; the card asks to paste there again."""
    assert read_credentials({"access_token": "a-ready-token"}).origin is Origin.FORM


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (TokenRefusedError("zq9 zq9", status_code=401), "client_secret"),
        (TokenExpiredError("zq9 zq9"), "access_token"),
        (ConfigurationError("zq9 zq9"), "environment"),
    ],
)
def test_the_field_of_an_error_does_not_depend_on_its_message(error, field):
    """A message without meaning is shown beside the right field."""
    assert choose_field(error) == field


def test_the_state_of_a_finding_decides_and_not_its_remedy():
    """A finding without any advice still fails the run; a fixed one never does."""
    secret = KnownSecret("token", "It cannot be revoked.", Secret("zq9-token-zq9"))
    with pytest.raises(SecretsFoundError, match="cannot be revoked"):
        require_clean([Finding.found("a.ipynb", "fixed", secret, "")])
    with pytest.raises(SecretsFoundError):
        require_clean([Finding.unreadable("a.ipynb", "fixed", remedy="")])
    fixed = Finding("a.ipynb", "x", "token", "zq9", FindingState.FIXED, secret)
    require_clean([fixed])
    assert "zq9" not in table_rows([fixed])[0]


def test_secrets_with_one_label_are_told_apart():
    """The error says of each secret how long it works, whatever its label is."""
    secrets = [
        KnownSecret("token", validity, Secret(f"zq9-token-{validity}"))
        for validity in ("one", "two")
    ]
    findings = [
        Finding.found("a.ipynb", "line 1", secret, "Clear it.") for secret in secrets
    ]
    with pytest.raises(SecretsFoundError) as caught:
        require_clean(findings[:1])
    assert caught.value.hint == "The token: one"
    with pytest.raises(SecretsFoundError) as caught:
        require_clean(findings)
    assert caught.value.hint == "The token: one The token: two"
