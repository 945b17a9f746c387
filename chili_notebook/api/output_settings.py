"""Output settings: how outputs of a format are made (Studio UI's own calls)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chili_notebook.api.ids import id_of, segment
from chili_notebook.api.listing import Listing
from chili_notebook.api.responses import item_of, text_in
from chili_notebook.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.api.client import Chili


@dataclass(frozen=True, slots=True)
class OutputSetting:
    """One output setting.

    Attributes:
        id: GraFx's id.
        name: Its name.
        format: The format that it is for, in small letters.
        is_default: Whether outputs of its format use it unless they say otherwise.
        description: What somebody wrote about it, if told.
        watermark: Whether it lays a watermark over outputs.
        watermark_text: The watermark's text; ``None`` without one.
        data_source_enabled: Whether it makes batches from a data connector.
        raw: What GraFx sent.
    """

    id: str
    name: str
    format: str
    is_default: bool
    description: str | None
    watermark: bool
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

    def get(self, setting: OutputSetting | str) -> OutputSetting:
        """Give one setting by its id, or one at hand as it is now."""
        return _read(item_of(self._client.get(_path(setting))))

    def default(self, format: str) -> OutputSetting:  # noqa: A002 - GraFx's word
        """Give the setting that outputs of a format use by default.

        Raises:
            NotFoundError: If the format has none.
        """
        wanted = _format(format)
        for setting in self.list():
            if setting.is_default and setting.format == wanted:
                return setting
        raise NotFoundError(
            f"There is no default output setting for {format}.",
            hint="See chili.outputs.settings.list().",
            status_code=404,
        )

    def create(self, format: str, *, name: str, **options: Any) -> OutputSetting:  # noqa: A002
        """Make a setting; options are GraFx's fields, such as ``watermark=True``."""
        kind = _format(format)
        body = {"name": name, "type": kind.upper(), **options}
        response = self._client.post(f"output/settings/{segment(kind)}", json=body)
        return _read(item_of(response))

    def update(self, setting: OutputSetting | str, **options: Any) -> None:
        """Change some fields of a setting; the others stay as they are."""
        body = {**self.get(setting).raw, **options}
        self._client.put(_path(setting), json=body)

    def delete(self, setting: OutputSetting | str) -> None:
        """Delete a setting."""
        self._client.delete(_path(setting))


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


def _path(setting: OutputSetting | str) -> str:
    setting_id = id_of(setting, OutputSetting, what="output setting")
    return f"output/settings/{segment(setting_id)}"


def _format(text: object) -> str:
    if isinstance(text, str) and text.strip():
        return text.strip().lower()
    raise ConfigurationError(
        f"{text!r} is not an output format.", hint="Give one such as png."
    )
