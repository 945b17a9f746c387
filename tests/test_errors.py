"""The tree of the error classes, and how an error is shown, pickled and copied."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from chili_notebook import errors
from chili_notebook.errors import ChiliError

CLASSES = [
    item
    for _name, item in inspect.getmembers(errors, inspect.isclass)
    if issubclass(item, ChiliError)
]


def make_error(error_class):
    """Return an error of a class, with the arguments that the class requires."""
    values = {"status_code": 404, "task_id": "task-1"}
    parameters = inspect.signature(error_class).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.name in values]
    return error_class(
        "What happened.", hint="Do this.", **{n: values[n] for n in needed}
    )


def test_docstring_shows_the_tree_of_the_classes():
    """Every class is listed below its base class."""
    parents, branch = {}, []
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([│├└─ ]*)(\w+Error)\b", line)
        if match:
            depth = len(match.group(1)) // 4
            branch[depth:] = [match.group(2)]
            parents[match.group(2)] = branch[depth - 1] if depth else "Exception"
    assert parents == {item.__name__: item.__base__.__name__ for item in CLASSES}


@pytest.mark.parametrize("error_class", CLASSES)
def test_error_shows_message_and_hint(error_class):
    """Text and cell show both; the cell also names the class, and shows no frames."""
    error = make_error(error_class)
    assert str(error) == "What happened.\nDo this."
    assert error._render_traceback_() == [
        f"{error_class.__name__}: What happened.",
        "→ Do this.",
    ]


def test_error_without_a_hint_shows_one_line():
    """No empty line and no arrow are shown."""
    error = ChiliError("What happened.")
    assert str(error) == "What happened."
    assert error._render_traceback_() == ["ChiliError: What happened."]


@pytest.mark.parametrize(
    "copy_error",
    [lambda error: pickle.loads(pickle.dumps(error)), copy.copy],  # noqa: S301 - ours
    ids=["pickle", "copy"],
)
def test_every_error_can_be_pickled_and_copied(copy_error):
    """The copy has the same class, text and attributes."""
    for error_class in CLASSES:
        error = make_error(error_class)
        copied = copy_error(error)
        assert type(copied) is error_class
        assert str(copied) == "What happened.\nDo this."
        assert vars(copied) == vars(error)
