"""Stored output settings: a default for each format, and those that clients create."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

Setting = dict[str, Any]

FORMATS = ("pdf", "jpg", "png", "html", "gif", "mp4")
CONTINUE = "continueBatchOutputAfterFailure"


class SettingStore:
    """All output settings; each format always has one default."""

    def __init__(self) -> None:
        settings = [_default_setting(kind) for kind in FORMATS]
        self.all: dict[str, Setting] = {setting["id"]: setting for setting in settings}

    def default(self, format: str) -> Setting:  # noqa: A002 - GraFx's word
        """Return the default setting of a format."""
        return next(
            setting
            for setting in list(self.all.values())
            if setting["type"] == format.upper() and setting["default"]
        )

    def save(self, setting: Setting) -> None:
        """Add or replace a setting; a new default replaces the previous one."""
        if setting["default"]:
            self.default(setting["type"])["default"] = False
        self.all[setting["id"]] = setting

    def remove(self, setting: Setting) -> None:
        """Remove a setting."""
        del self.all[setting["id"]]


def empty_setting(format: str) -> Setting:  # noqa: A002 - GraFx's word
    """Return the fields of a setting without an ID and a name."""
    return {
        "id": "",
        "name": "",
        "type": format.upper(),
        "description": "Simulated",
        "default": False,
        "watermark": False,
        "watermarkText": "",
        "dataSourceEnabled": False,
        CONTINUE: False,
    }


def _default_setting(kind: str) -> Setting:
    return empty_setting(kind) | {
        "id": str(uuid5(NAMESPACE_URL, f"simulated output setting {kind}")),
        "name": f"Default {kind.upper()}",
        "default": True,
    }
