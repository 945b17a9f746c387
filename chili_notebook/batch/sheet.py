"""Write an empty sheet to fill in: the variables of a template as columns."""

from __future__ import annotations

import csv
import datetime as dt
from contextlib import suppress
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from chili_notebook.api.file_names import bare_name
from chili_notebook.api.frames import library_error
from chili_notebook.api.variables import RowChecker
from chili_notebook.batch.tables import open_table
from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import checked_path, is_folder, save_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from chili_notebook.api.documents import Variable

_ROWS: Final = 1_048_576  # of Excel
_FIRST_DAY: Final = dt.date(1900, 1, 1)
_LISTS: Final = "Lists"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {"number": 12, "boolean": 10, "date": 12}
_USUAL_WIDTH: Final = 24
_FORMATS = {"number": "General", "boolean": "General", "date": "yyyy-mm-dd"}
_TEXT: Final = "@"  # Excel leaves "007" and "3-4" as they are
_REQUIRED_FILL, _OPTIONAL_FILL = "FFD966", "DDEBF7"


def write_sheet(
    document: Mapping[str, Any], path: str | Path, *, name: str, overwrite: bool
) -> Path:
    """Write a sheet with a column for each variable, and one row as an example.

    Args:
        document: The document of a template or project.
        path: A path that ends with ``.xlsx`` or ``.csv``, or a folder.
        name: The name of a file in a folder, without a suffix.
        overwrite: Whether a file that has been filled in is replaced.

    Raises:
        ConfigurationError: If the file exists and has been filled in, cannot be
            written, or there is no variable to fill in.
    """
    checker = RowChecker(document)
    columns = {
        name: variable
        for name, variable in checker.variables.items()
        if not variable.read_only
    }
    if not columns:
        raise ConfigurationError(
            f"{name!r} has no variables to fill in.",
            hint="Add variables in GraFx Studio.",
        )
    target = checked_path(path)
    if is_folder(path):
        target /= f"{bare_name(name) or 'sheet'}.xlsx"
    is_csv = target.suffix.lower() == ".csv"
    if not is_csv and target.suffix.lower() != ".xlsx":
        raise ConfigurationError(
            f"{target.name} is not the name of a sheet.",
            hint="Use a name that ends with .xlsx or .csv.",
        )
    example = {
        name: _example(checker, variable, is_csv=is_csv)
        for name, variable in columns.items()
    }
    if not overwrite and _is_filled_in(target, checker, example):
        raise ConfigurationError(
            f"{target} exists, and replacing it could lose what is filled in.",
            hint="Use another name, or overwrite=True to replace it.",
        )
    content = _csv_of(example) if is_csv else _workbook_of(columns, example)
    return save_bytes(content, target, default_name=target.name)


def _example(checker: RowChecker, variable: Variable, *, is_csv: bool) -> str | None:
    """Return a value that the variable takes: the template's own if possible."""
    limits, kind = variable.limits, variable.type.lower()
    day = limits.first_day or limits.last_day or dt.date(2030, 1, 1)
    fallbacks: Mapping[str, tuple[object, ...]] = {
        "number": (limits.min_value, limits.max_value, 0),
        "boolean": (False,),
        "date": tuple(day + dt.timedelta(days) for days in range(-6, 7)),
    }
    others = (*variable.allowed[:1], variable.name[: limits.max_characters])
    candidates = (variable.value, None, *fallbacks.get(kind, others))
    for candidate in candidates:
        checked = checker.check({variable.name: candidate})
        if variable.name not in checked.values:
            continue
        sent: str | None = checked.values[variable.name] or None
        if sent and kind == "number":
            return f"{Decimal(sent).normalize():f}"
        if is_csv and (sent or "").startswith(_FORMULA_STARTS):
            continue  # a CSV file cannot say that it is not a formula
        return sent
    return None


def _is_filled_in(
    path: Path, checker: RowChecker, example: Mapping[str, str | None]
) -> bool:
    """Return whether a file has other content than a new sheet."""
    if not path.exists():
        return False
    with suppress(ConfigurationError), open_table(path) as table:
        rows = list(islice(table, 2))
        return table.headings != tuple(example) or any(
            checker.check(row.values).values != example for row in rows
        )
    return True


def _csv_of(example: Mapping[str, str | None]) -> bytes:
    stream = StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(example)
    writer.writerow(value or "" for value in example.values())
    return stream.getvalue().encode("utf-8-sig")  # without the mark, Excel shows Ã©


def _workbook_of(
    columns: Mapping[str, Variable], example: Mapping[str, str | None]
) -> bytes:
    try:
        from openpyxl import Workbook  # type: ignore[import-untyped]
        from openpyxl.comments import Comment  # type: ignore[import-untyped]
        from openpyxl.styles import Font, PatternFill  # type: ignore[import-untyped]
        from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]
    except ImportError:
        raise library_error("A sheet .xlsx", "openpyxl") from None
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Rows"
    sheet.freeze_panes = "A2"
    lists = workbook.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    for number, (name, variable) in enumerate(columns.items(), start=1):
        kind = variable.type.lower()
        letter = get_column_letter(number)
        heading = sheet.cell(1, number)
        _write_text(heading, name)
        fill = _REQUIRED_FILL if variable.required else _OPTIONAL_FILL
        heading.fill = PatternFill("solid", fgColor=fill)
        heading.font = Font(bold=variable.required, italic=not variable.visible)
        heading.comment = Comment(_describe(variable), "chili_notebook", width=260)
        column = sheet.column_dimensions[letter]
        column.width = max(_WIDTHS.get(kind, _USUAL_WIDTH), min(len(name) + 2, 40))
        column.number_format = _number_format(variable)
        cell = sheet.cell(2, number)
        _write_value(cell, kind, example[name])
        cell.number_format = column.number_format
        for place, value in enumerate(variable.allowed, start=1):
            _write_text(lists.cell(place, number), value)
        validation = _validation(variable, letter)
        if validation is not None:
            validation.add(f"{letter}2:{letter}{_ROWS}")
            sheet.add_data_validation(validation)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _write_text(cell: Any, text: str) -> None:
    """Write a text that Excel never takes for a formula."""
    from openpyxl.cell.cell import (  # type: ignore[import-untyped]
        ILLEGAL_CHARACTERS_RE,
    )

    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(_FORMULA_STARTS)


def _write_value(cell: Any, kind: str, value: str | None) -> None:
    if value is None:
        return
    if kind == "number":
        cell.value = Decimal(value)
    elif kind == "boolean":
        cell.value = value == "true"
    elif kind == "date":
        cell.value = dt.date.fromisoformat(value)
    else:
        _write_text(cell, value)


def _number_format(variable: Variable) -> str:
    decimals = variable.limits.decimals
    if variable.type.lower() == "number" and decimals is not None:
        return f"0.{'0' * decimals}" if decimals else "0"
    return _FORMATS.get(variable.type.lower(), _TEXT)


def _describe(variable: Variable) -> str:
    """Return what is to be filled in, for the comment of a heading."""
    return "\n".join(
        filter(
            None,
            [
                "Required." if variable.required else "",
                f"Type: {variable.type}",
                str(variable.limits),
                *_hints(variable),
            ],
        )
    )


def _hints(variable: Variable) -> Iterator[str]:
    if variable.type.lower() == "image":
        yield "The ID or the name of a media item."
    if variable.labels:
        labels = [f"{value} ({label})" for value, label in variable.labels.items()]
        yield f"Values: {', '.join(labels[:20])}"
    if not variable.visible:
        yield "Invisible in GraFx Studio."


def _validation(variable: Variable, letter: str) -> Any:
    """Return what Excel checks when a cell is filled in, ``None`` for nothing."""
    from openpyxl.worksheet.datavalidation import (  # type: ignore[import-untyped]
        DataValidation,
    )

    limits, kind = variable.limits, variable.type.lower()
    between = {"operator": "between"}
    if variable.allowed:
        cells = f"{_LISTS}!${letter}$1:${letter}${len(variable.allowed)}"
        rule = {"type": "list", "formula1": cells}
    elif kind == "boolean":
        rule = {"type": "list", "formula1": '"TRUE,FALSE"'}
    elif kind == "number":
        least, most = limits.min_value, limits.max_value
        rule = {
            "type": "decimal",
            "formula1": "-1E+300" if least is None else f"{least:f}",
            "formula2": "1E+300" if most is None else f"{most:f}",
            **between,
        }
    elif kind == "date":
        first, last = limits.first_day or _FIRST_DAY, limits.last_day or dt.date.max
        rule = {
            "type": "date",
            "formula1": f"DATE({first.year},{first.month},{first.day})",
            "formula2": f"DATE({last.year},{last.month},{last.day})",
            **between,
        }
    elif limits.max_characters is not None:
        rule = {
            "type": "textLength",
            "operator": "lessThanOrEqual",
            "formula1": str(limits.max_characters),
        }
    else:
        return None
    validation = DataValidation(**rule, allow_blank=not variable.required)
    validation.showErrorMessage = True
    validation.errorTitle = variable.name[:32]
    validation.error = _describe(variable)[:225]
    return validation
