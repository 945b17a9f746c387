"""Check rows of values for the variables of a document.

An error here costs nothing; the same error at GraFx costs a render. Images are not
looked up in the media library: GraFx finds them when it renders, in the connector of
the variable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chili_notebook.api.data_sources import check_data_source
from chili_notebook.api.documents import read_variables
from chili_notebook.api.frames import is_frame, read_frame
from chili_notebook.api.problems import (
    Problem,
    ProblemKind,
    RefusedError,
)
from chili_notebook.api.responses import text_in
from chili_notebook.api.value_readers import converter_of, missing_value
from chili_notebook.display.wording import closest_name, list_names
from chili_notebook.errors import VariableError

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row after the check.

    Attributes:
        values: The values by variable as they are sent to GraFx, without those that
            have a problem.
        problems: What is wrong with the row; empty for a valid row.
    """

    values: dict[str, Any]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """The values of one output after the check.

    Attributes:
        values: One object for each record, or for each data source variable.
        problems: What is wrong with them; empty if nothing is.
        has_data_source: Whether the objects are the rows of data source variables.
    """

    values: list[dict[str, Any]]
    problems: tuple[Problem, ...]
    has_data_source: bool


class RowChecker:
    """Checks rows of values against the variables of one document.

    Make one for a whole table: everything that depends on the document is prepared
    here, since `check` runs for each of 100,000 rows.

    Attributes:
        variables: The variables that a row can set, by name.
        injected: The names of the data source variables whose rows an output can set.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        known = read_variables(document)
        self.variables = {one.name: one for one in known if one.rows_from is None}
        self._data_sources = {one.name: one for one in known if one.rows_from}
        self.injected = [
            name
            for name, one in self._data_sources.items()
            if one.rows_from == "injected"
        ]
        self._names = [one.name for one in known]
        self._labels = {text_in(one.raw, "label"): one.name for one in known}
        self._converters = {
            name: converter_of(variable) for name, variable in self.variables.items()
        }
        self._needed = [
            name
            for name, variable in self.variables.items()
            if variable.required and variable.visible and variable.value in (None, "")
        ]

    def check(
        self,
        row: Row,
        *,
        number: int | None = None,
        inherited: Collection[str] = (),
    ) -> CheckedRow:
        """Return a row as it is sent to GraFx, with everything that is wrong with it.

        Args:
            row: Values by variable. Every kind of "no value" clears the variable; a
                variable that is left out has the template's own value.
            number: The number of the row for its problems.
            inherited: The variables that have a value already. In one output, a row has
                the values of the row before for what it leaves out.
        """
        values: dict[str, Any] = {}
        problems = []
        for name, value in row.items():
            convert = self._converters.get(name)
            if convert is None:
                problems.append(self._unknown(name, value, number))
                continue
            try:
                values[name] = convert(value)
            except RefusedError as refused:
                problems.append(refused.as_problem(number, name, value))
        for name in self._needed:
            if name not in row and name not in inherited:
                missing = missing_value(self.variables[name])
                problems.append(missing.as_problem(number, name, None))
        return CheckedRow(values, tuple(problems))

    @cached_property
    def own_values(self) -> Mapping[str, str | None]:
        """The template's own values by variable, as they would be sent."""
        return {name: self._own_value(name) for name in self.variables}

    def _own_value(self, name: str) -> str | None:
        value = self.variables[name].value
        try:
            return self._converters[name](value)
        except RefusedError:  # a template may break its own limits
            return None if value is None else str(value)

    def check_data_sources(self, rows: Iterable[Row]) -> CheckedRows:
        """Return the rows of data source variables as they are sent to GraFx."""
        values = []
        problems: list[Problem] = []
        for row in rows:
            for name, table in row.items():
                checked, found = check_data_source(self._data_sources[name], table)
                values.append({name: checked})
                problems += found
        return CheckedRows(values, tuple(problems), has_data_source=True)

    def _unknown(self, name: object, value: object, number: int | None) -> Problem:
        column = str(name)
        data_source = self._data_sources.get(column)
        if data_source is not None:
            kind, suggestion = ProblemKind.NOT_SETTABLE, ""
            if data_source.rows_from == "connector":
                reason = "its rows come from its data connector"
            else:
                reason = "an output takes the rows of a data source or other values"
                suggestion = "an output with only the rows of data sources"
        else:
            kind = ProblemKind.UNKNOWN_VARIABLE
            reason = f"the template has no variable {column!r}"
            closest = self._labels.get(column) or closest_name(column, self._names)
            suggestion = (
                repr(closest) if closest else f"one of {list_names(self.variables)}"
            )
        return Problem(number, column, value, kind, reason, suggestion)


def rows_of(variables: object) -> list[Row]:
    """Return the rows of values of an output: one row, several, or none at all.

    Raises:
        ConfigurationError: If a DataFrame cannot be read.
        VariableError: If `variables` is neither a mapping nor a non-empty list of them,
            nor a DataFrame with rows.
    """
    if variables is None or isinstance(variables, Mapping):
        return [variables] if variables else []
    if is_frame(variables):
        rows: list[Any] = list(read_frame(variables).rows)
    else:
        rows = list(variables) if isinstance(variables, Iterable) else []
    if rows and all(isinstance(row, Mapping) for row in rows):
        return rows
    raise VariableError(
        "`variables` must be a mapping, a non-empty list of mappings or a DataFrame.",
        hint='Pass {"name": value}, or a list of these.',
    )


def check_variables(document: Mapping[str, Any], variables: object) -> CheckedRows:
    """Return the values of an output request, with everything that is wrong with them.

    Args:
        document: The document of a template or project.
        variables: Values by variable name, or a list of such rows; or the rows of data
            source variables by name.

    Raises:
        VariableError: If `variables` is neither a mapping nor a non-empty list of them.
    """
    rows = rows_of(variables)
    checker = RowChecker(document)
    names = [str(name) for row in rows for name in row]
    if names and len(set(names)) == len(names) and set(names) <= set(checker.injected):
        return checker.check_data_sources(rows)
    several = not isinstance(variables, Mapping) and len(rows) > 1
    inherited: set[str] = set()
    values = []
    problems: list[Problem] = []
    for number, row in enumerate(rows or [{}], start=1):
        result = checker.check(
            row, number=number if several else None, inherited=inherited
        )
        inherited.update(map(str, row))
        values.append(result.values)
        problems += result.problems
    return CheckedRows(values if rows else [], tuple(problems), has_data_source=False)
