"""Public names: complete, importable from the package, explained and type-checked.

Public is every class that a user can hold or catch: the client, the token and the
errors, and every class that a public member of these is annotated with.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import subprocess
import sys
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

import chili_notebook
from chili_notebook import errors

TYPED_USES = "".join(
    path.read_text() for path in Path(__file__).parent.glob("typing/*.py")
)


@cache
def classes():
    """Return every class of the package by name, without those of the simulator."""
    found = {}
    for module in pkgutil.walk_packages(chili_notebook.__path__, "chili_notebook."):
        if not re.search(r"\.simulator|\.__main__$", module.name):
            home = import_module(module.name)
            found |= {
                name: kind
                for name, kind in inspect.getmembers(home, inspect.isclass)
                if kind.__module__ == module.name and not name.startswith("_")
            }
    return found


def function_of(member):
    """Return the function behind a method, a class method or a property."""
    for attribute in ("fget", "func", "__func__"):
        member = getattr(member, attribute, member)
    return member


def members_of(kind):
    """Return the annotation of each public member that a class defines."""
    own = vars(kind)
    members = {
        name: annotation
        for name, annotation in own.get("__annotations__", {}).items()
        if not name.startswith("_")
    }
    for name, member in own.items():
        function = function_of(member)
        if not name.startswith("_") and inspect.isfunction(function):
            members[name] = str(function.__annotations__.get("return", ""))
    attributes = re.findall(r"self\.([a-z]\w*) = (\w*)", inspect.getsource(kind))
    return dict(attributes) | members


def public_classes():
    """Return the classes that the client, token, card and errors lead to."""
    todo = [chili_notebook.Chili, chili_notebook.ChiliToken, chili_notebook.LoginCard]
    todo += [
        kind
        for _name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.ChiliError)
    ]
    found = set()
    while todo:
        for kind in todo.pop().__mro__:
            if kind in classes().values() and kind not in found:
                found.add(kind)
                generic = str(getattr(kind, "__orig_bases__", ""))
                words = re.findall(
                    r"\w+", " ".join([generic, *members_of(kind).values()])
                )
                todo += [classes()[word] for word in words if word in classes()]
    return found


def test_every_class_that_users_can_hold_is_importable():
    """Nobody needs a path inside the package to name the type of an item."""
    names = {kind.__name__ for kind in public_classes()}
    # Users hold a `Chili`, never its base.
    assert names - {"ApiClient"} == {
        name
        for name in chili_notebook.__all__
        if inspect.isclass(getattr(chili_notebook, name))
    }
    assert {"Template", "Output", "OutputTask", "Listing", "FontStyle"} <= names


def test_every_public_name_can_be_imported_and_is_listed():
    """Completion in a notebook offers all names; the errors are the same classes."""
    for name in chili_notebook.__all__:
        assert getattr(chili_notebook, name) is not None
        assert name in dir(chili_notebook)
    assert chili_notebook.NotFoundError is errors.NotFoundError
    with pytest.raises(AttributeError, match="no attribute 'Chilli'"):
        _ = chili_notebook.Chilli


def test_importing_the_package_loads_neither_httpx_nor_anywidget():
    """``import chili_notebook`` is cheap, and works outside of Jupyter."""
    code = (
        "import sys, chili_notebook; dir(chili_notebook); "
        "print({'httpx', 'anywidget', 'IPython'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "kind", sorted(public_classes(), key=lambda kind: kind.__name__)
)
def test_every_public_member_is_used_with_its_types(kind):
    """``tests/typing`` names each class and uses each member, and mypy checks it."""
    if kind.__name__ != "ApiClient":
        assert re.search(rf"\b{kind.__name__}\b", TYPED_USES)
    missing = [
        name for name in members_of(kind) if not re.search(rf"\.{name}\b", TYPED_USES)
    ]
    assert missing == []


def documented():
    """Yield the name and the docstring of each public class, method and function."""
    yield "login", chili_notebook.login.__doc__
    for kind in sorted(public_classes(), key=lambda kind: kind.__name__):
        is_leaf_error = issubclass(kind, errors.ChiliError) and kind not in {
            *(errors.ChiliError, errors.APIError, errors.OutputError)
        }
        if is_leaf_error:
            continue
        yield kind.__name__, kind.__doc__
        for name, member in vars(kind).items():
            is_method = inspect.isfunction(function_of(member))
            # httpx calls the flows of the token, and users never do.
            if is_method and not name.startswith("_") and not name.endswith("_flow"):
                yield f"{kind.__name__}.{name}", function_of(member).__doc__


def example_in(docstring):
    """Return the code of the example in a docstring, empty without one."""
    return dedent(inspect.cleandoc(docstring).partition("\nExample:\n")[2])


@pytest.mark.parametrize(("name", "docstring"), list(documented()))
def test_every_public_class_and_function_has_an_example(name, docstring):
    """``chili.templates.list?`` in a notebook shows how it is used."""
    assert ast.parse(example_in(docstring)).body, name


def test_every_example_runs(simulator, signed_in, capsys, tmp_path, monkeypatch):
    """Each example does what it shows, with an item of each kind, on the simulator."""
    with signed_in(simulator) as chili:
        for name, docstring in documented():
            folder = tmp_path / name  # a batch needs one of its own
            folder.mkdir()
            monkeypatch.chdir(folder)
            template = chili.templates.list(search="card")[0]
            names = {
                "chili": chili,
                "template": template,
                "project": chili.projects.create(template, name="Mine"),
                "media": chili.media.list()[0],
                "chili_token": chili.token,
                "errors": errors,
                "httpx": httpx,
                "login": chili_notebook.login,
                "File": chili_notebook.File,
                "Gallery": chili_notebook.Gallery,
                "TransferState": chili_notebook.TransferState,
            }
            code = compile(example_in(docstring), f"<example of {name}>", "exec")
            exec(code, names)  # noqa: S102 - our own documentation
    assert "400 limit must be" in capsys.readouterr().out


def test_help_of_the_package_shows_how_to_sign_in_and_every_noun():
    """``help(chili_notebook)`` has a line for each noun, and where to read more."""
    text = chili_notebook.__doc__
    nouns = [
        name
        for name, member in vars(chili_notebook.Chili).items()
        if isinstance(member, cached_property)
    ]
    assert len(nouns) == 6
    assert [noun for noun in nouns if f"``chili.{noun}`` " not in text] == []
    for needed in ("%chili_login --demo", "login() as chili", "help(chili_notebook."):
        assert needed in text
