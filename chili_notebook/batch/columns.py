"""What is wrong with the columns of a table as a whole."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from chili_notebook.api.problems import Problem, ProblemKind
from chili_notebook.display.wording import closest_name, list_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_ALIKE = 0.7


def column_problems(
    columns: Mapping[str, str | None],
    *,
    mapping: Mapping[str, str | None],
    name_columns: Collection[str],
    variables: Collection[str],
) -> Iterator[Problem]:
    """Yield what is wrong with the columns of a table, in `columns` and in `name`.

    Args:
        columns: The variable of each column of the table, if it has one.
        mapping: What the user has passed as `columns`.
        name_columns: The columns that the file names use.
        variables: The variables of the template.
    """
    for column, wanted in mapping.items():
        if wanted is not None and column not in columns:
            yield _no_column(column, columns, "columns")
        elif wanted is not None and columns[column] is None:
            yield _no_variable(column, wanted, variables)
    for column in name_columns:
        if column not in columns:
            yield _no_column(column, columns, "name")
    provided = [variable for variable in columns.values() if variable is not None]
    for variable in dict.fromkeys(provided):
        if provided.count(variable) > 1:
            yield _same_variable(variable, columns)
    missing = [variable for variable in variables if variable not in provided]
    unused = {column for column, variable in columns.items() if variable is None}
    for column in sorted(unused.difference(name_columns, mapping)):
        closest = closest_name(column, missing)
        if closest and _are_alike(column, closest):
            yield _probably(column, closest)


def _same_variable(variable: str, columns: Mapping[str, str | None]) -> Problem:
    same = [column for column, name in columns.items() if name == variable]
    return Problem(
        None,
        same[-1],
        None,
        ProblemKind.UNKNOWN_COLUMN,
        f"{list_names(same)} are columns of the same variable {variable!r}",
        f"columns={{{same[0]!r}: None}} to leave one out",
    )


def _probably(column: str, closest: str) -> Problem:
    return Problem(
        None,
        column,
        None,
        ProblemKind.UNKNOWN_COLUMN,
        f"no variable has this name, but {closest!r} is similar and has no column",
        f"columns={{{column!r}: {closest!r}}}, or None in place of the variable to "
        "leave the column out",
    )


def _no_column(column: str, seen: Mapping[str, object], argument: str) -> Problem:
    closest = closest_name(column, [*seen])
    return Problem(
        None,
        column,
        None,
        ProblemKind.UNKNOWN_COLUMN,
        f"the table has no such column, which `{argument}` uses",
        repr(closest) if closest else f"one of {list_names([*seen])}",
    )


def _no_variable(column: str, variable: str, variables: Collection[str]) -> Problem:
    closest = closest_name(variable, variables)
    return Problem(
        None,
        column,
        variable,
        ProblemKind.UNKNOWN_VARIABLE,
        f"the template has no variable {variable!r}, which `columns` uses",
        repr(closest) if closest else f"one of {list_names(variables)}",
    )


def _are_alike(first: str, second: str) -> bool:
    matcher = SequenceMatcher(None, first.strip().casefold(), second.casefold())
    return matcher.ratio() >= _ALIKE
