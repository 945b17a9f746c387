"""The error tree, and how an error is shown."""

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


def make(kind):
    """Return an error of a class, with the arguments that the class requires."""
    values = {"status_code": 404, "task_id": "task-1"}
    parameters = inspect.signature(kind).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.name in values]
    return kind("What happened.", hint="Do this.", **{n: values[n] for n in needed})


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    """Every class is drawn under its parent."""
    drawn, branch = {}, []
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([│├└─ ]*)(\w+Error)\b", line)
        if match:
            depth = len(match.group(1)) // 4
            branch[depth:] = [match.group(2)]
            drawn[match.group(2)] = branch[depth - 1] if depth else "Exception"
    assert drawn == {item.__name__: item.__base__.__name__ for item in CLASSES}


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_shows_its_message_and_its_hint(kind):
    """Text and cell show both lines; the cell names the class, and shows no frames."""
    error = make(kind)
    assert str(error) == "What happened.\nDo this."
    assert error._render_traceback_() == [
        f"{kind.__name__}: What happened.",
        "→ Do this.",
    ]


def test_an_error_without_a_hint_shows_one_line():
    """No empty line and no arrow is shown."""
    error = ChiliError("What happened.")
    assert str(error) == "What happened."
    assert error._render_traceback_() == ["ChiliError: What happened."]


@pytest.mark.parametrize(
    "move",
    [lambda error: pickle.loads(pickle.dumps(error)), copy.copy],  # noqa: S301 - ours
    ids=["pickle", "copy"],
)
def test_every_error_can_be_pickled_and_copied(move):
    """A process pool returns errors with all their attributes."""
    for kind in CLASSES:
        moved = move(make(kind))
        assert type(moved) is kind
        assert str(moved) == "What happened.\nDo this."
        assert vars(moved) == vars(make(kind))
