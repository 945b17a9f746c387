"""Output settings: how outputs of a format are made (page "Output settings").

The calls are those of Studio UI; GraFx does not document them.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.api.ids import id_of, path_segment
from chili_notebook.api.items import Item
from chili_notebook.api.listing import Listing
from chili_notebook.api.output_tasks import checked_format
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.auth.secret import signed_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.api.base import ApiClient


@dataclass(frozen=True, slots=True)
class OutputSetting(Item):
    """One output setting.

    Attributes:
        id: GraFx's ID.
        name: Its name.
        format: The format that it is for, in lower case.
        is_default: Whether outputs of its format use it by default.
        description: Its description, if it has one.
        watermark: Whether outputs get a watermark.
        watermark_text: The text of the watermark; ``None`` without one.
        data_source_enabled: Whether it makes batches from a data connector.
        raw: The JSON object that GraFx sent.

    Example:
        setting = chili.outputs.settings.list()[0]
        chili.outputs.create(template, setting.format, settings=setting)
    """

    id: str
    name: str
    format: str
    is_default: bool
    description: str | None
    watermark: bool
    watermark_text: str | None
    data_source_enabled: bool
    raw: InitVar[Mapping[str, Any]]


@signed_in
class OutputSettings:
    """The environment's output settings: ``chili.outputs.settings``.

    Example:
        proof = chili.outputs.settings.create("pdf", name="Proof", watermark=True)
        chili.outputs.create(template, "pdf", settings=proof)
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def list(self) -> Listing[OutputSetting]:
        """List the settings of all formats.

        Example:
            chili.outputs.settings.list()
        """
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

    def create(self, format: str, *, name: str, **fields: Any) -> OutputSetting:  # noqa: A002
        """Make a setting.

        Args:
            format: The format that it is for, such as ``png``.
            name: Its name.
            fields: GraFx's other fields, such as ``watermark=True``.

        Raises:
            ConfigurationError: If GraFx has no such format.

        Example:
            chili.outputs.settings.create("png", name="Proof", watermark=True)
        """
        kind = checked_format(format)
        body = {"name": name, "type": kind.upper(), **fields}
        response = self._client.post(f"output/settings/{kind}", json=body)
        return _read(item_of(response))

    def delete(self, setting: OutputSetting | str) -> None:
        """Delete a setting.

        Args:
            setting: The setting, or its ID.

        Example:
            proof = chili.outputs.settings.create("png", name="Proof")
            chili.outputs.settings.delete(proof)
        """
        setting_id = id_of(setting, OutputSetting, kind_name="output setting")
        self._client.delete(f"output/settings/{path_segment(setting_id)}")


def _read(raw: Mapping[str, Any]) -> OutputSetting:
    watermark = raw.get("watermark") is True
    return OutputSetting(
        id=text_in(raw, "id") or "",
        name=text_in(raw, "name") or "",
        format=(text_in(raw, "type") or "").lower(),
        is_default=raw.get("default") is True,
        description=text_in(raw, "description"),
        watermark=watermark,
        watermark_text=text_in(raw, "watermarkText") if watermark else None,
        data_source_enabled=raw.get("dataSourceEnabled") is True,
        raw=raw,
    )
