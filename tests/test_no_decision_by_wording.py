"""No code of the package decides by the wording of a message.

A message may be reworded or translated at any time. So the code decides by an enum, a
class, a status or a flag. The first tests read the source code. The others check for
each kind of reason that the behaviour follows the reason and not its text.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import chili_notebook
from chili_notebook.audit.findings import AuditResult, Finding, FindingState
from chili_notebook.audit.report import require_clean, table_rows
from chili_notebook.auth.credentials import Origin, Source
from chili_notebook.auth.pasted_value import ValueFault
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.settings import choose_environment, trace_settings
from chili_notebook.card.form import choose_field
from chili_notebook.errors import (
    AuditIncompleteError,
    ConfigurationError,
    SecretsFoundError,
    TokenExpiredError,
    TokenRefusedError,
)
from chili_notebook.guard.install import Guard
from chili_notebook.guard.registry import KnownSecret, SecretRegistry
from chili_notebook.notebook.session import Session
from chili_notebook.signin import find_login

PACKAGE = Path(chili_notebook.__file__).parent

# Names of variables and attributes that hold texts for people.
MESSAGES = {
    *("caption", "detail", "failure", "form_reason", "headline", "hint", "label"),
    *("message", "outcome", "problem", "reason", "remedy", "stderr", "subject"),
    *("title", "validity", "verdict", "what", "where", "words"),
}
SEARCHES = {
    *("count", "endswith", "find", "index", "partition", "removeprefix"),
    *("removesuffix", "rfind", "rpartition", "split", "startswith"),
    *("findall", "finditer", "fullmatch", "match", "search", "sub"),
}
COMPARISONS = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
# Other programs report these reasons only as text.
ALLOWED = {
    # GraFx writes the address of an error report into the text of the failure.
    "_REPORT.findall(detail)",
    "_REPORT.sub('', detail)",
}
# A script may compare codes such as "signed-in", but no sentences and no notes.
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
    """Return whether an expression is a text for people, by its name or its words."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in names
        case ast.Subscript(value=ast.Attribute(attr="args")):
            return True
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
            return name in {"error", "exception", "problem"}
        case ast.Call(func=ast.Attribute(value=value)):  # such as reason.lower()
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
    """Messages, display names and texts of errors are only shown."""
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
        "reason.endswith(('empty', 'placeholder'))",
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
def test_decision_by_a_text_is_found_in_python(code):
    """Each way to examine a text for people is found in Python code."""
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
def test_decision_by_a_text_is_found_in_a_script(code):
    """Each way to examine a text for people is found in JavaScript code."""
    assert DECISION_OF_SCRIPT.search(code)


def make_source(name, **values):
    """Return a source with these keys, written without their ``CHILI_``."""
    secrets = {f"CHILI_{key}": Secret(value) for key, value in values.items()}
    return Source.read(name, Origin.ENV_FILE, secrets)


# A name that ends like the messages about an empty value.
MISLEADING_NAME = "what is empty"


@pytest.mark.parametrize(
    ("pasted", "fault", "is_protected"),
    [
        ("", ValueFault.EMPTY, False),
        ("<YOUR CLIENT SECRET>", ValueFault.PLACEHOLDER, False),
        ("zq9-a-stray-quote»", ValueFault.STRAY_QUOTE, True),
        ("zq9-0123456789-abcdef with a space", ValueFault.UNUSUAL_CHARACTER, True),
    ],
)
def test_fault_of_a_value_decides_whether_it_is_protected(pasted, fault, is_protected):
    """The name of the source ends like a message, and has no influence."""
    name = f"{MISLEADING_NAME} placeholder"
    source = make_source(name, CLIENT_SECRET=pasted)
    assert source.values["CHILI_CLIENT_SECRET"].fault is fault
    registry = SecretRegistry()
    registry.protect_sources([source])
    labels = {known.label for known in registry.known}
    assert (f"CHILI_CLIENT_SECRET in {name}" in labels) is is_protected


def test_fault_of_a_setting_decides_whether_the_next_source_is_used():
    """An empty value is skipped and a placeholder is an error, whatever the name is."""
    own = make_source(MISLEADING_NAME, AUDIENCE=" ")
    before = make_source("before", AUDIENCE="https://before.example.com")
    choice = choose_environment([before, own], None, own=own)
    assert choice.environment.audience == "https://before.example.com"
    own = make_source(MISLEADING_NAME, AUDIENCE="<x>")
    with pytest.raises(ConfigurationError, match="AUDIENCE in what is empty still"):
        choose_environment([own], None, own=own)


def test_sources_of_one_name_are_traced_separately():
    """A source is identified as an object, and not by its name."""
    sources = [
        make_source(".env", AUDIENCE="https://a"),
        make_source(".env", AUDIENCE=" "),
    ]
    first, second = trace_settings(sources, None, own=sources[0])
    assert first.outcome == "used"
    assert second.outcome == "skipped: CHILI_AUDIENCE in .env is empty"


@pytest.mark.parametrize("name", ["the form", "the simulator"])
def test_file_with_the_name_of_another_source_is_a_file(env_file, clock, name):
    """The card decides by the origin of the credentials, and not by its name."""
    env_file(name)
    session = Session("", "chili", guard=Guard(), clock=clock)
    session.sign_in(find_login(env_file=name))
    assert session.state.source == name
    assert session.live_card().origin == Origin.ENV_FILE
    assert session.state.environment.kind == "production"
    session.sign_out("done")
    assert session.state.note.text == f"Your credentials are still in {name}."


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (TokenRefusedError("zq9 zq9", status_code=401), "client_secret"),
        (TokenExpiredError("zq9 zq9"), "access_token"),
        (ConfigurationError("zq9 zq9"), "environment"),
    ],
)
def test_class_of_an_error_decides_its_field(error, field):
    """An error with a meaningless message is shown beside the right field."""
    assert choose_field(error) == field


def test_state_of_a_finding_decides_whether_the_audit_fails():
    """A finding without a remedy still fails the audit; a fixed one never does."""
    secret = KnownSecret("token", "It cannot be revoked.", Secret("zq9-token-zq9"))
    with pytest.raises(SecretsFoundError, match="cannot be revoked"):
        require_clean(AuditResult((Finding.found("a.ipynb", "fixed", secret, ""),)))
    unreadable = Finding("a.ipynb", "", "fixed", "", FindingState.UNREADABLE)
    with pytest.raises(AuditIncompleteError):
        require_clean(AuditResult((unreadable,)))
    fixed = Finding("a.ipynb", "x", "token", "zq9", FindingState.FIXED, secret)
    require_clean(AuditResult((fixed,)))
    assert "zq9" not in table_rows([fixed])[0]


def test_secrets_with_one_label_are_distinguished():
    """The error contains the validity of each secret, whatever its label is."""
    secrets = [
        KnownSecret("token", validity, Secret(f"zq9-token-{validity}"))
        for validity in ("one", "two")
    ]
    findings = tuple(
        Finding.found("a.ipynb", "line 1", secret, "Clear it.") for secret in secrets
    )
    with pytest.raises(SecretsFoundError) as caught:
        require_clean(AuditResult(findings[:1]))
    assert caught.value.hint == "The token: one"
    with pytest.raises(SecretsFoundError) as caught:
        require_clean(AuditResult(findings))
    assert caught.value.hint == "The token: one The token: two"
