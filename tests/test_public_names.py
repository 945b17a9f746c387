"""Public names: every one is used, with its types, by ``tests/typing``.

Public is what a client, its token and the errors lead to: from these, every class that
a public member is said to give, with all its public members.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import chili_notebook
from chili_notebook.errors import ChiliError

USES = [
    ast.parse(path.read_text()) for path in Path(__file__).parent.glob("typing/*.py")
]


@cache
def _classes():
    """Give every class of the package, but for the simulator's, by its name."""
    found = {}
    for module in pkgutil.walk_packages(chili_notebook.__path__, "chili_notebook."):
        if not re.search(r"\.simulator|\.__main__$", module.name):
            home = import_module(module.name)
            own = inspect.getmembers(home, inspect.isclass)
            found |= {n: c for n, c in own if c.__module__ == module.name}
    return found


@cache
def _members(kind):
    """Give the public members of a class itself, each with what it is said to give."""
    source = inspect.getsource(kind)
    made = re.findall(r"self\.([a-z]\w*)(?:: ([^=\n]+))? = (\w*)", source)
    members = {name: annotation or value for name, annotation, value in made}
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            function = getattr(member, "fget", None) or getattr(member, "func", member)
            function = getattr(function, "__func__", function)
            told = getattr(function, "__annotations__", {}).get("return", "")
            members[name] = told or vars(kind).get("__annotations__", {}).get(name, "")
    return members


def _given(annotation, within):
    """Give the class that an annotation begins with, if it is one of ours."""
    word = next(iter(re.findall(r"\w+", annotation)), "")
    return within if word == "Self" else _classes().get(word)


def _public():
    """Give the classes that a client, its token and the errors lead to."""
    todo = [chili_notebook.Chili, chili_notebook.ChiliToken]
    todo += [kind for kind in _classes().values() if issubclass(kind, ChiliError)]
    found = set()
    while todo:
        for kind in todo.pop().__mro__:
            if kind in _classes().values() and kind not in found:
                found.add(kind)
                words = re.findall(r"\w+", " ".join(_members(kind).values()))
                todo += [_classes()[word] for word in words if word in _classes()]
    return found


class _Reader(ast.NodeVisitor):
    """Collects the members that a function uses, by the class that has them."""

    def __init__(self):
        self.used = set()
        self._kinds = {}

    def visit_FunctionDef(self, node):
        for argument in node.args.args:
            self._kinds[argument.arg] = self._named(argument.annotation)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        for kind in getattr(node.type, "elts", [node.type]):
            self._kinds[node.name] = self._named(kind)
            self.generic_visit(node)

    def visit_Attribute(self, node):
        self._kind(node)
        self.generic_visit(node)

    @staticmethod
    def _named(node):
        return _given(ast.unparse(node).removeprefix("errors."), None)

    def _kind(self, node):
        """Give the class of what an expression gives, as far as it is ours."""
        match node:
            case ast.Name(id=name):
                return self._kinds.get(name) or _classes().get(name)
            case ast.Attribute(value=value, attr=attr):
                base = self._kind(value)
                for owner in base.__mro__ if base else ():
                    if owner in _classes().values() and attr in _members(owner):
                        self.used.add(f"{owner.__name__}.{attr}")
                        return _given(_members(owner)[attr], base)
            case ast.Call(func=called):
                return self._kind(called)
        return None


def test_every_public_name_is_used_with_its_types():
    """What a client, its nouns, their objects, the token and the errors offer."""
    reader = _Reader()
    for tree in USES:
        reader.visit(tree)
    public = _public()
    offered = {f"{k.__name__}.{member}" for k in public for member in _members(k)}
    assert offered - reader.used == set()
    assert {"Template", "Output", "OutputTask", "Media", "FontStyle", "Gallery"} <= {
        kind.__name__ for kind in public
    }


def test_every_name_of_the_package_and_every_error_is_used():
    """Whatever may be imported from the package, and whatever may be caught."""
    named = {
        getattr(node, "attr", getattr(node, "id", ""))
        for tree in USES
        for node in ast.walk(tree)
    }
    errors = {n for n, c in _classes().items() if issubclass(c, ChiliError)}
    assert {*chili_notebook.__all__, *errors} - named == set()
