"""Output settings: how outputs of a format are made (Studio UI's own calls)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chili_notebook.answers import item_of, text_in
from chili_notebook.errors import NotFoundError
from chili_notebook.listing import Listing
from chili_notebook.resources.paths import segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.client import Chili


@dataclass(frozen=True, slots=True)
class OutputSetting:
    """One output setting.

    Attributes:
        id: GraFx's id.
        name: Its name.
        format: The format that it is for, in small letters.
        is_default: Whether outputs of its format use it unless they say otherwise.
        description: What somebody wrote about it, if told.
        watermark_text: What it lays over outputs; ``None`` without a watermark.
        data_source_enabled: Whether it makes batches from a data connector.
        raw: What GraFx sent.
    """

    id: str
    name: str
    format: str
    is_default: bool
    description: str | None
    watermark_text: str | None
    data_source_enabled: bool
    raw: Mapping[str, Any] = field(repr=False, compare=False)


class OutputSettings:
    """``chili.outputs.settings``."""

    def __init__(self, client: Chili) -> None:
        self._client = client

    def list(self) -> Listing[OutputSetting]:
        """List the settings of every format."""
        return Listing(
            self._client,
            "output/settings",
            {},
            read=_read,
            noun="output settings",
            columns=[
                ("Name", lambda setting: setting.name),
                ("Format", lambda setting: setting.format),
                ("Default", lambda setting: "yes" if setting.is_default else ""),
                ("Id", lambda setting: setting.id),
            ],
        )

    def get(self, setting_id: str) -> OutputSetting:
        """Give one setting."""
        return _read(item_of(self._client.get(_path(setting_id))))

    def default(self, format: str) -> OutputSetting:  # noqa: A002 - GraFx's word
        """Give the setting that outputs of a format use by default.

        Raises:
            NotFoundError: If the format has none.
        """
        for setting in self.list():
            if setting.is_default and setting.format == format.lower():
                return setting
        raise NotFoundError(
            f"There is no default output setting for {format}.",
            hint="See chili.outputs.settings.list().",
            status_code=404,
        )

    def create(self, format: str, *, name: str, **options: Any) -> OutputSetting:  # noqa: A002
        """Make a setting; options are GraFx's fields, such as ``watermark=True``."""
        body = {"name": name, "type": format.upper(), **options}
        response = self._client.post(f"output/settings/{format.lower()}", json=body)
        return _read(item_of(response))

    def update(self, setting_id: str, **options: Any) -> None:
        """Change some fields of a setting; the others stay as they are."""
        body = {**self.get(setting_id).raw, **options}
        self._client.put(_path(setting_id), json=body)

    def delete(self, setting_id: str) -> None:
        """Delete a setting."""
        self._client.delete(_path(setting_id))


def _read(raw: Mapping[str, Any]) -> OutputSetting:
    return OutputSetting(
        id=text_in(raw, "id") or "",
        name=text_in(raw, "name") or "",
        format=(text_in(raw, "type") or "").lower(),
        is_default=raw.get("default") is True,
        description=text_in(raw, "description"),
        watermark_text=(
            text_in(raw, "watermarkText") if raw.get("watermark") is True else None
        ),
        data_source_enabled=raw.get("dataSourceEnabled") is True,
        raw=raw,
    )


def _path(setting_id: str) -> str:
    return f"output/settings/{segment(setting_id)}"
