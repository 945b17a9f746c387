"""The media library: list, upload, download and change its files.

GraFx documents no call that renames, moves or deletes a file. They are inferred from
those of its other nouns.
"""

from __future__ import annotations

import os
from operator import attrgetter
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from chili_notebook.api.document_item import checked_name
from chili_notebook.api.ids import describe
from chili_notebook.api.items import item_reader
from chili_notebook.api.listing import Listing, find_item
from chili_notebook.api.media_items import (
    Media,
    MediaFolder,
    folder_of,
    full_name_of,
    key_of,
    media_path,
    read_folder,
    split_name,
)
from chili_notebook.api.responses import item_of
from chili_notebook.api.transfers import (
    LocalFile,
    Transfer,
    TransferState,
    files_below,
    paths_on_disk,
    refuses_file,
    transfer_rows,
)
from chili_notebook.api.uploads import FileSource, FileType, UploadedFile
from chili_notebook.auth.handle import REWINDABLE
from chili_notebook.auth.secret import signed_in
from chili_notebook.display.descriptions import show_methods
from chili_notebook.display.progress import Progress
from chili_notebook.errors import APIError, ConfigurationError, NotFoundError
from chili_notebook.system.atomic_write import checked_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.api.base import ApiClient
    from chili_notebook.display.tables import Rows

FILE_TYPE = FileType(
    "GraFx Media", ("ai", "eps", "jpeg", "jpg", "pdf", "png", "psd", "tif", "tiff")
)
"""The types of files that GraFx Media takes (page "GraFx Media")."""
UPLOADS = "/Upload"


@signed_in
@show_methods
class MediaLibrary:
    """The environment's media library: ``chili.media``.

    Example:
        chili.media.list("logo")
        chili.media.list().gallery()
    """

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._read = item_reader(Media, client)

    def list(
        self,
        search: str | None = None,
        *,
        folder: str | None = None,
        subfolders: bool | None = None,
        sort_by: str | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
    ) -> Listing[Media]:
        """List files.

        Args:
            search: A part of the name, of the relative path or of the ID.
            folder: A folder, such as ``/Upload``.
            subfolders: Whether to list the files in subfolders too (GraFx's own media
                connector). By default GraFx decides.
            sort_by: ``name``, ``id`` or ``relativePath``.
            sort_order: ``asc`` or ``desc``.

        Example:
            chili.media.list("logo", sort_by="name").to_frame()
            chili.media.list(folder="/Brand", subfolders=True)
        """
        deep = None if subfolders is None else str(subfolders).lower()
        params = {"search": search, "folder": folder}
        params |= {"includeItemsFromSubfolders": deep}
        params |= {"sortBy": sort_by, "sortOrder": sort_order}
        return Listing(
            self._client,
            "media",
            params,
            read=self._read,
            noun="media",
            columns=[
                ("Name", attrgetter("name")),
                ("Folder", attrgetter("relative_path")),
                ("Type", attrgetter("extension")),
                ("Id", attrgetter("id")),
            ],
        )

    def folders(self) -> Listing[MediaFolder]:
        """List the folders.

        Example:
            chili.media.folders()
        """
        columns = [("Folder", attrgetter("path"))]
        return Listing(
            self._client,
            "media/directory",
            {},
            read=read_folder,
            noun="folders",
            columns=columns,
        )

    def get(self, media: Media | str) -> Media:
        """Fetch one file's entry.

        Args:
            media: Its ID, its exact name with or without the extension, or a file of
                the library, to read it again.

        Raises:
            NotListedError: If several files have this name.
            NotFoundError: If there is no such file.

        Example:
            media = chili.media.get("olive-branch.png")
        """
        path = media_path(media)
        return find_item(
            media,
            lambda: self._read(item_of(self._client.get(path))),
            lambda name: self.list(PurePath(name).stem),
        )

    def upload(
        self,
        file: FileSource,
        *,
        folder: str | None = UPLOADS,
        name: str | None = None,
    ) -> Media:
        """Upload a file; a large one shows its progress.

        Args:
            file: A path, or the bytes of a file, which need a `name`.
            folder: The folder; GraFx takes no files in the root folder.
            name: The name in the library. Without a suffix it gets the one of the path.

        Raises:
            ConfigurationError: If the file does not exist, or GraFx does not take it.

        Example:
            picture = template.preview()
            chili.media.upload(picture.content, name="preview.png")
        """
        folder = _checked_folder(UPLOADS if folder is None else folder)
        full_name = FILE_TYPE.check(file, name)
        title = f"Uploading {full_name}"
        with Progress(title, clock=self._client.stopwatch) as progress:
            return self._upload(
                file,
                full_name,
                folder,
                on_read=lambda read, size: progress.update(done=read / size),
            )

    def upload_folder(
        self, path: str | Path, *, folder: str = UPLOADS
    ) -> Rows[Transfer]:
        """Upload the files of a folder and its subfolders, without those already there.

        A file is there if its folder has one with the same name and type; GraFx does
        not tell the contents apart. Hidden files are left out. After an interrupt or an
        error, the same call continues.

        Args:
            path: The folder on disk.
            folder: The folder of the library that gets its files and subfolders.

        Returns:
            A table with what happened to each file. Files that GraFx does not take are
            in it with the reason.

        Raises:
            ConfigurationError: If `path` is not a folder that can be read.

        Example:
            chili.templates.list()[0].thumbnail().save("campaign/spring/")
            chili.media.upload_folder("campaign", folder="/Campaign")
        """
        files = files_below(path)
        root = _checked_folder(folder)
        try:
            listed = list(self.list(folder=root, subfolders=True))
        except NotFoundError:  # the folder does not exist yet
            listed = []
        present = {key_of(media): media.id for media in listed}
        total = sum(file.size for file in files) or 1
        sent = 0
        done = []
        names: dict[tuple[str, str, str], str] = {}
        title = f"Uploading {len(files)} files"
        with Progress(title, clock=self._client.stopwatch) as progress:
            for file in files:

                def show(read: int, _size: int, sent: int = sent) -> None:
                    progress.update(done=min((sent + read) / total, 1))

                target = f"{root}/{file.folder}".rstrip("/")
                key = (target, *split_name(file.path.name))
                first = names.setdefault(key, file.path.name)
                if first == file.path.name:
                    done.append(self._upload_if_new(file, key, present, show))
                else:
                    name = f"{target}/{file.path.name}"
                    reason = f"The folder has {first!r}, which is the same name."
                    state = TransferState.REFUSED
                    done.append(Transfer("media", name, state, reason))
                sent += file.size
        return transfer_rows(done)

    def download_folder(
        self, path: str | Path, *, folder: str = "/", search: str | None = None
    ) -> Rows[Transfer]:
        """Download the files of a folder of the library and of its subfolders.

        Files that are already on disk are left as they are. Names that cannot be used
        on every disk, or that two files share, are changed.

        Args:
            path: The folder on disk; it gets the same subfolders.
            folder: The folder of the library; by default all of it.
            search: A part of the names or relative paths.

        Returns:
            A table with what happened to each file.

        Raises:
            ConfigurationError: If a file cannot be written there.

        Example:
            chili.media.download_folder("pictures", folder="/Brand")
        """
        target = checked_path(path)
        root = _folder_path(folder)
        listed = self.list(search, folder=root, subfolders=True)
        files = sorted(
            (media for media in listed if media.type != "directory"),
            key=lambda media: (folder_of(media), media.name, media.id),
        )
        places = paths_on_disk(
            [(folder_of(one).removeprefix(root), full_name_of(one)) for one in files]
        )
        done = []
        title = f"Downloading {len(files)} files"
        with Progress(title, clock=self._client.stopwatch) as progress:
            for number, (media, place) in enumerate(zip(files, places, strict=True)):
                progress.update(done=number / len(files))
                state = TransferState.PRESENT
                if not os.path.lexists(target / place):
                    media.download(target / place)
                    state = TransferState.DOWNLOADED
                done.append(Transfer("media", str(place), state, id=media.id))
        return transfer_rows(done)

    def rename(self, media: Media | str, name: str) -> None:
        """Change the name of a file; its type stays.

        Args:
            media: The file, or its ID.
            name: The new name, without the extension.

        Raises:
            ConfigurationError: If the new name is blank, or not a text.

        Example:
            picture = chili.media.upload(template.preview().content, name="a.png")
            chili.media.rename(picture, "spring")
        """
        body = {"name": checked_name(name)}
        self._client.patch(media_path(media), json=body)

    def move(self, media: Media | str, folder: str) -> None:
        """Move a file to another folder.

        Raises:
            ConfigurationError: If the folder is the root folder, or not a text.

        Example:
            picture = chili.media.upload(template.preview().content, name="a.png")
            chili.media.move(picture, "/Campaign/Spring")
        """
        body = {"folderPath": _checked_folder(folder)}
        self._client.patch(media_path(media), json=body)

    def delete(self, media: Media | str) -> None:
        """Delete a file. Templates that show it keep its ID.

        Example:
            picture = chili.media.upload(template.preview().content, name="a.png")
            chili.media.delete(picture)
        """
        self._client.delete(media_path(media))

    def _upload(
        self,
        file: FileSource,
        full_name: str,
        folder: str,
        *,
        on_read: Callable[[int, int], None],
    ) -> Media:
        """Upload a file, and report how many of its bytes have been sent."""
        with UploadedFile(file, full_name, on_read) as content:
            response = self._client.post(
                "media",
                params={"folderPath": folder, "name": full_name},
                files={"file": (full_name, content)},
                extensions={REWINDABLE: True},
            )
        return self._read(item_of(response))

    def _upload_if_new(
        self,
        file: LocalFile,
        key: tuple[str, str, str],
        present: dict[tuple[str, str, str], str],
        on_read: Callable[[int, int], None],
    ) -> Transfer:
        """Upload a file of a folder, if it is not one of the files that are there."""
        folder = key[0]
        name = f"{folder}/{file.path.name}"
        if key in present:
            return Transfer("media", name, TransferState.PRESENT, id=present[key])
        try:
            full_name = FILE_TYPE.check(file.path)
            media = self._upload(file.path, full_name, folder, on_read=on_read)
        except ConfigurationError as error:
            return Transfer("media", name, TransferState.REFUSED, error.message)
        except APIError as error:
            if not refuses_file(error):
                raise
            reason = error.detail or error.message
            return Transfer("media", name, TransferState.REFUSED, reason)
        return Transfer("media", name, TransferState.UPLOADED, id=media.id)


def _checked_folder(folder: object) -> str:
    """Return a folder of the library, with a slash at its start and none at its end.

    Raises:
        ConfigurationError: If it is not a text, or the root folder.
    """
    path = _folder_path(folder)
    if path != "/":
        return path
    raise ConfigurationError(
        "GraFx takes no files in the root folder.",
        hint=f"Pass a folder, such as {UPLOADS}.",
    )


def _folder_path(folder: object) -> str:
    """Return a folder of the library as a path.

    Raises:
        ConfigurationError: If it is not a text.
    """
    if isinstance(folder, str):
        return "/" + folder.strip("/ ")
    raise ConfigurationError(
        f"Expected a folder, got {describe(folder)}.",
        hint=f"Pass a folder, such as {UPLOADS}.",
    )
