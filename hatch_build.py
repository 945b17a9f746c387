"""Write the description of the package for a package index, when it is built.

A package index cannot follow links to files of this repository. If pyproject.toml
names the repository in ``project.urls``, these links lead there. If not, pictures are
left out and other links become plain text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE_TABLE = re.compile(r"(^\|.*\n){2}\| <picture>.*\n", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]]*\]\((?!https?:)[^)]+\)\n*")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")
_SOURCE = re.compile(r"""(src|srcset)="(?!https?:)([^"]+)\"""")


class DescriptionHook(MetadataHookInterface):
    """Make the description from README.md."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        page = Path(self.root, "README.md").read_text("utf-8")
        text = write_links(page, metadata.get("urls", {}).get("Repository"))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def write_links(page: str, repository: str | None) -> str:
    """Return a page whose links do not need the files of this repository.

    Args:
        page: The Markdown of the page.
        repository: The address of the repository, if it is known.
    """
    if repository is None:
        page = _PICTURE.sub("", _PICTURE_TABLE.sub("", page))
        return _LINK.sub(r"\1", page)
    files, raw = f"{repository}/blob/HEAD", f"{repository}/raw/HEAD"
    page = re.sub(r"(!\[[^\]]*\]\()(?!https?:)", rf"\1{raw}/", page)
    page = _SOURCE.sub(rf'\1="{raw}/\2"', page)
    return _LINK.sub(rf"[\1]({files}/\2)", page)
