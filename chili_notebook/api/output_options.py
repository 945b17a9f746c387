"""The options of an output as fields of its request (requests of Studio UI)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from chili_notebook.api.ids import describe
from chili_notebook.api.output_settings import OutputSetting
from chili_notebook.api.output_tasks import checked_format
from chili_notebook.errors import ConfigurationError

MOST_ROWS: Final = 10_000
MOST_VARIABLES_BYTES: Final = 10_000_000
MOST_BYTES: Final = 20_000_000
"""The limits of the page "Variable data printing with the output API"."""


class OutputOptions(TypedDict, total=False):
    """The options of an output besides its layout; see ``chili.outputs.create``."""

    variables: Any
    settings: OutputSetting | str | Mapping[str, Any] | None
    engine_version: str | None
    max_records_per_file: int | None


def option_fields(format: str, options: OutputOptions) -> dict[str, Any]:  # noqa: A002
    """Return the fields of an output request for the options, without the variables.

    Raises:
        ConfigurationError: If an option cannot be used.
    """
    fields = _setting_fields(format, options.get("settings"))
    engine_version: object = options.get("engine_version")
    if engine_version is not None:
        if not isinstance(engine_version, str) or not engine_version.strip():
            raise ConfigurationError(
                f"{engine_version!r} is not a version of GraFx's engine.",
                hint='Pass a text, such as "2.27.0".',
            )
        fields["engineVersion"] = engine_version.strip()
    most: object = options.get("max_records_per_file")
    if most is not None:
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise ConfigurationError(
                f"{most!r} is not a number of records.",
                hint="Set max_records_per_file to a whole number from 1.",
            )
        if format != "pdf":
            raise ConfigurationError(
                f"max_records_per_file is not an option of the format {format!r}.",
                hint="Only a PDF contains several records. Leave it out.",
            )
        fields["maxRecordsPerFile"] = most
    return fields


def _setting_fields(format: str, setting: object) -> dict[str, Any]:  # noqa: A002
    if setting is None:
        return {}
    if isinstance(setting, Mapping):
        kind = checked_format(setting.get("type") or format)
        if kind != format:
            raise ConfigurationError(
                f"The fields of the output setting are for the format {kind!r}, and "
                f"not for {format!r}.",
                hint="Leave out the field type, or use another format.",
            )
        return {"outputSettings": {**setting, "type": format.upper()}}
    if isinstance(setting, OutputSetting) and setting.format not in ("", format):
        raise ConfigurationError(
            f"The output setting {setting.name!r} is for the format "
            f"{setting.format!r}, and not for {format!r}.",
            hint=f"Use another setting, or the format {setting.format!r}.",
        )
    return {"outputSettingsId": setting_id(setting)}


def require_no_data_source(setting: object) -> None:
    """Raise an error for a setting that makes its records from a data connector.

    GraFx takes the rows of data source variables only without such records.
    """
    if isinstance(setting, OutputSetting) and setting.data_source_enabled:
        raise ConfigurationError(
            f"The output setting {setting.name!r} makes its records from a data "
            "connector, and cannot be used with the rows of a data source variable.",
            hint="Use another output setting.",
        )


def setting_id(setting: object) -> str:
    """Return the ID of an output setting.

    Raises:
        ConfigurationError: If it is neither a setting nor an ID.
    """
    if isinstance(setting, OutputSetting):
        return setting.id
    if isinstance(setting, str) and setting:
        return setting
    raise ConfigurationError(
        f"Expected an output setting or its ID, got {describe(setting)}.",
        hint="Pass one of chili.outputs.settings.list(), its ID, or its fields.",
    )


def require_small(body: Mapping[str, Any]) -> None:
    """Raise an error for an output request that GraFx would refuse as too large."""
    rows = body.get("variables", [])
    size = _json_size(body)
    if (
        len(rows) > MOST_ROWS
        or size > MOST_BYTES
        or _json_size(rows) > MOST_VARIABLES_BYTES
    ):
        raise ConfigurationError(
            f"The output request is too large: {len(rows):,} rows, {size:,} bytes.",
            hint="GraFx takes 10,000 rows or 10 MB of variables, and 20 MB in total. "
            "Send the rows in several outputs.",
        )


def _json_size(content: object) -> int:
    """Return the number of bytes of something as JSON.

    Raises:
        ConfigurationError: If it cannot be serialized as JSON.
    """
    try:
        text = json.dumps(
            content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        reason = type(error).__name__
    raise ConfigurationError(
        f"The request cannot be serialized as JSON ({reason}).",
        hint="Use only texts, numbers, True, False, None, lists and objects.",
    )
