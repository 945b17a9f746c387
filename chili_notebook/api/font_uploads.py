"""Upload fonts in the three steps of GraFx: the file, its names, the confirmation.

GraFx does not document them; they are those of third-party code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chili_notebook.api.ids import path_segment
from chili_notebook.api.responses import body_of, text_in
from chili_notebook.api.transfers import (
    Transfer,
    TransferState,
    files_below,
    refuses_file,
    transfer_rows,
)
from chili_notebook.api.uploads import FileSource, FileType, UploadedFile
from chili_notebook.auth.handle import REWINDABLE
from chili_notebook.display.progress import Progress
from chili_notebook.errors import APIError, UnexpectedAnswerError
from chili_notebook.system.atomic_write import checked_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chili_notebook.api.base import ApiClient
    from chili_notebook.display.tables import Rows

FILE_TYPE = FileType("GraFx Fonts", ("otf", "ttf"))
"""The types of files that GraFx Fonts takes (page "GraFx Fonts")."""


def upload_fonts(
    client: ApiClient, files: Iterable[FileSource], name: str | None
) -> Rows[Transfer]:
    """Upload files, and those in folders, as `Fonts.upload` describes it."""
    sources: list[FileSource] = []
    for file in files:
        if isinstance(file, str | Path) and checked_path(file).is_dir():
            below = [one.path for one in files_below(file)]
            sources += [path for path in below if _is_font(path)]
        else:
            sources.append(file)
    named_files = [(file, FILE_TYPE.check(file, name)) for file in sources]
    done: list[Transfer] = []
    title = f"Uploading {len(named_files)} fonts"
    with Progress(title, clock=client.stopwatch) as progress:
        for number, (file, full_name) in enumerate(named_files):
            progress.update(done=number / len(named_files))
            done += upload_font(client, file, full_name)
    return transfer_rows(done)


def upload_font(
    client: ApiClient,
    file: FileSource,
    full_name: str,
    *,
    names: tuple[str, str] | None = None,
) -> list[Transfer]:
    """Upload one file in three steps: the file, its names, the confirmation.

    Args:
        client: The client.
        file: The file.
        full_name: Its name.
        names: The names of its family and style; by default those in the file.
    """
    try:
        with UploadedFile(file, full_name, lambda _read, _size: None) as content:
            response = client.post(
                "font-styles/temp",
                files={"file": (full_name, content)},
                extensions={REWINDABLE: True},
            )
        batch_id, fonts = _read_batch(body_of(response))
        if names:
            own = {"familyName": names[0], "name": names[1]}
            fonts = [{**font, **own} for font in fonts]
        if not fonts:
            reason = "GraFx found no font in it."
            return [Transfer("font", full_name, TransferState.REFUSED, reason)]
        accepted = [font for font in fonts if not _refusals_of(font)]
        if accepted:
            path = f"font-styles/temp/{path_segment(batch_id)}"
            client.patch(path, json=[_names_of(font) for font in accepted])
            client.post(f"{path}/confirm")
    except APIError as error:
        if not refuses_file(error):
            raise
        reason = error.detail or error.message
        return [Transfer("font", full_name, TransferState.REFUSED, reason)]
    return [_transfer_of(font, full_name) for font in fonts]


def _is_font(path: Path) -> bool:
    return path.suffix.lstrip(".").lower() in FILE_TYPE.suffixes


def _read_batch(body: Any) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the ID of a temporary upload, and its fonts as GraFx read them.

    Raises:
        UnexpectedAnswerError: If the response contains no ID or no list of fonts.
    """
    outer = body if isinstance(body, Mapping) else {}
    data = outer.get("data")
    inner = data if isinstance(data, Mapping) else outer
    listed = inner.get("preloadedData")
    batch_id = text_in(outer, "batchId") or text_in(inner, "batchId")
    if batch_id and isinstance(listed, list):
        return batch_id, [font for font in listed if isinstance(font, Mapping)]
    raise UnexpectedAnswerError(
        "GraFx's response to the upload of a font is not as expected.",
        hint="Show chili.fonts.list() to see whether it was added.",
    )


def _names_of(font: Mapping[str, Any]) -> dict[str, str]:
    return {
        "fontStyleId": text_in(font, "id") or "",
        "familyName": text_in(font, "familyName") or "",
        "styleName": text_in(font, "name") or "",
    }


def _refusals_of(font: Mapping[str, Any]) -> list[str]:
    """Return why GraFx does not take a font; its errors are texts or objects."""
    errors = font.get("errors") or []
    refusals = []
    for error in errors if isinstance(errors, list) else [errors]:
        if isinstance(error, Mapping):
            keys = ("message", "description", "detail", "type", "code")
            texts = filter(None, (text_in(error, key) for key in keys))
            refusals.append(next(texts, "unknown reason"))
        else:
            refusals.append(str(error))
    if not refusals and font.get("canBeUploaded") is False:
        return ["GraFx refuses it without a reason."]
    if not refusals and not all(_names_of(font).values()):
        return ["GraFx could not read the names of its family and style."]
    return refusals


def _transfer_of(font: Mapping[str, Any], full_name: str) -> Transfer:
    names = _names_of(font)
    own = f"{names['familyName']} {names['styleName']}".strip()
    name = f"{text_in(font, 'fileName') or full_name} ({own})" if own else full_name
    refusals = _refusals_of(font)
    state = TransferState.REFUSED if refusals else TransferState.UPLOADED
    style_id = "" if refusals else names["fontStyleId"]
    return Transfer("font", name, state, "; ".join(refusals), style_id)
