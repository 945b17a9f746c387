"""Search what git stores: every object, and git's own files.

All objects are searched, whatever refers to them: also those of other working trees,
of dropped stashes and of commits that were amended. Only if a secret is found, its file
and its commit are looked up.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.audit.files import FileRole, audit_file, decode_text
from chili_notebook.audit.findings import (
    MAX_OBJECT_BYTES,
    AuditResult,
    Finding,
    Searched,
    Skipped,
)
from chili_notebook.system.bounded_file import UnreadableFileError, read_regular_file
from chili_notebook.system.git import (
    GitError,
    Repository,
    is_bare_repository,
    read_index,
    read_object_format,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dulwich.object_format import ObjectFormat
    from dulwich.pack import Pack

    from chili_notebook.audit.findings import AuditSettings
    from chili_notebook.guard.registry import KnownSecret

_COMMIT, _TREE, _BLOB, _TAG = b"commit", b"tree", b"blob", b"tag"
_KINDS = {1: _COMMIT, 2: _TREE, 3: _BLOB, 4: _TAG}
_COMMITTED_AT = re.compile(rb"^committer .*> (\d+)", re.MULTILINE)
_NO_TEXTS = {"objects", "modules"}
_MAX_COMPRESSED_BYTES = 500_000_000
_MAX_ALTERNATES_BYTES = 1_000_000
_HEADER_LENGTH = 100  # of an object, which is "blob 1234" or similar
_ID_LENGTH = 10  # of an ID in the report
_STAGED = "staged"
_UNSTAGE = "Mask the file, then git add it again."
_PRUNE = "Run: git gc --prune=now"
_ROTATE = (
    "Rotate the secret. If nothing was pushed yet, amend the commit and prune the "
    "reflog. Otherwise git filter-repo --replace-text removes it, but not from other "
    "clones."
)


def audit_repositories(
    settings: AuditSettings, repositories: Iterable[Repository]
) -> Iterator[AuditResult]:
    """Search these repositories and the submodules in them, each once.

    Yields:
        The result of each part.
    """
    searched = set[Path]()
    waiting = list(repositories)
    while waiting:
        repository = waiting.pop(0)
        if repository.common_dir in searched:
            continue
        searched.add(repository.common_dir)
        yield from _audit_git_files(settings, repository.common_dir)
        try:
            yield from _audit_objects(settings, repository)
        except GitError as error:
            yield AuditResult((unreadable_repository(settings, repository, error),))
        modules = repository.common_dir / "modules"
        for folder, _folders, _files in os.walk(modules):
            if is_bare_repository(Path(folder)):
                with suppress(GitError):  # it names no other folder
                    waiting.append(Repository.open(Path(folder)))


def unreadable_repository(
    settings: AuditSettings, repository: Repository | Path, error: GitError
) -> Finding:
    """Return the finding for a repository that cannot be read."""
    if isinstance(repository, Repository):
        repository = repository.work_tree or repository.git_dir
    folder = error.folder or repository
    reason = f"The repository could not be read: {error}."
    return Finding.unreadable(f"git: {settings.place(folder)}", reason)


def _audit_git_files(settings: AuditSettings, folder: Path) -> Iterator[AuditResult]:
    """Search git's own texts: logs, configuration, unfinished messages."""
    for name, folders, files in os.walk(folder):
        path = Path(name)
        folders[:] = sorted(each for each in folders if each not in _NO_TEXTS)
        for file in sorted(files):
            if file != "index" and not file.startswith("sharedindex."):
                yield audit_file(settings, path / file, FileRole.GIT)


def _audit_objects(
    settings: AuditSettings, repository: Repository
) -> Iterator[AuditResult]:
    with closing(_ObjectStore.open(repository)) as store:
        hits: dict[str, tuple[bytes, tuple[KnownSecret, ...]]] = {}
        commits: list[_Commit] = []
        for each in store.read_all():
            if isinstance(each, GitError):
                finding = unreadable_repository(settings, repository, each)
                yield AuditResult((finding,))
                continue
            if len(each.content) > MAX_OBJECT_BYTES:
                yield AuditResult.of(Skipped.LARGE_OBJECT)
                continue
            if each.kind == _COMMIT:
                commits.append(_Commit.parse(each))
            found = _find_in_object(settings, each)
            if found:
                hits[each.object_id] = each.kind, found
            counted = Searched.COMMIT if each.kind == _COMMIT else Searched.GIT_OBJECT
            yield AuditResult.of(counted)
        if hits:
            locations = _find_in_commits(store, hits.keys(), commits)
            try:
                for object_id, location in _read_indexes(repository):
                    locations.setdefault(object_id, location)
            except GitError as error:  # the names of staged files are missing
                finding = unreadable_repository(settings, repository, error)
                yield AuditResult((finding,))
            yield AuditResult(tuple(_report(settings, hits, locations)))


class _ObjectStore:
    """The objects of a repository, also those that it shares with others.

    Dulwich's own store would open pipes and wait for them.

    Args:
        folders: The folders of objects.
        object_format: The format of the IDs.
    """

    def __init__(self, folders: Iterable[Path], object_format: ObjectFormat) -> None:
        self._object_format = object_format
        self._loose: dict[str, Path] = {}
        self._pack_files: list[Path] = []
        for folder in folders:
            for path in sorted(folder.glob("[0-9a-f][0-9a-f]/*")):
                object_id = path.parent.name + path.name
                if len(object_id) == object_format.hex_length:
                    self._loose[object_id] = path
            self._pack_files += sorted(folder.glob("pack/*.pack"))
        self._packs: list[Pack] | None = None

    @classmethod
    def open(cls, repository: Repository) -> _ObjectStore:
        """Return the store of a repository.

        Raises:
            GitError: If the repository has objects in an unknown format.
        """
        object_format = read_object_format(repository)
        folders: list[Path] = []
        waiting = [repository.common_dir / "objects"]
        while waiting:
            folder = waiting.pop().resolve()
            if folder not in folders:
                folders.append(folder)
                waiting += _read_alternates(folder)
        return cls(folders, object_format)

    def read_all(self) -> Iterator[_Object | GitError]:
        """Yield every object, or an error for each part that cannot be read."""
        for object_id, path in self._loose.items():
            try:
                yield _read_loose_object(object_id, path)
            except GitError as error:
                yield error
        for path in list(self._pack_files):
            try:
                yield from self._read_pack(path)
            except GitError as error:
                self._pack_files.remove(path)
                yield error

    def read_tree(self, object_id: str) -> list[tuple[str, bool, str]]:
        """Return the name, whether it is a folder, and the ID of each entry.

        A folder that is missing or damaged has none.
        """
        from dulwich.objects import parse_tree

        try:
            entries = list(
                parse_tree(self._read(object_id), self._object_format.oid_length)
            )
        except Exception:  # noqa: BLE001 - dulwich raises many classes for damaged data
            return []
        return [
            (os.fsdecode(name), stat.S_ISDIR(mode), entry_id.decode())
            for name, mode, entry_id in entries
        ]

    def close(self) -> None:
        """Close the files of the packs."""
        for pack in self._packs or ():
            pack.close()

    def _read(self, object_id: str) -> bytes:
        from dulwich.objects import ObjectID
        from dulwich.pack import Pack

        if object_id in self._loose:
            return _read_loose_object(object_id, self._loose[object_id]).content
        if self._packs is None:
            self._packs = [
                Pack(str(path.with_suffix("")), object_format=self._object_format)
                for path in self._pack_files
                if path.is_file() and path.with_suffix(".idx").is_file()
            ]
        for pack in self._packs:
            with suppress(KeyError):
                return pack.get_raw(ObjectID(object_id.encode()))[1]
        raise KeyError

    def _read_pack(self, path: Path) -> Iterator[_Object]:
        from dulwich.pack import PackData, UnpackedObjectIterator

        if not path.is_file():
            raise GitError(f"{path.name} is not a regular file")
        failure = ""
        data: PackData | None = None
        try:
            data = PackData(path, self._object_format)
            for unpacked in UnpackedObjectIterator.for_pack_data(data):
                kind = _KINDS[unpacked.obj_type_num or 0]
                content = b"".join(unpacked.obj_chunks or [])
                yield _Object(unpacked.sha().hex(), kind, content)
        except Exception as error:  # noqa: BLE001 - dulwich raises many classes for damaged data
            failure = type(error).__name__
        finally:
            # The traceback refers to the file's content. It is gone only now.
            if data is not None:
                data.close()
        if failure:
            raise GitError(f"{path.name} cannot be read ({failure})")


def _read_alternates(folder: Path) -> Iterator[Path]:
    """Yield the other folders whose objects belong to a repository too."""
    try:
        content = read_regular_file(
            folder / "info" / "alternates", max_bytes=_MAX_ALTERNATES_BYTES
        )
    except FileNotFoundError:
        return
    except UnreadableFileError as error:
        raise GitError(f"its list of shared objects {error}") from None
    for line in content.splitlines():
        if line and not line.startswith(b"#"):
            yield folder / os.fsdecode(line)


def _read_loose_object(object_id: str, path: Path) -> _Object:
    """Return an object that is in a file of its own.

    Raises:
        GitError: If it is damaged.
    """
    try:
        compressed = read_regular_file(path, max_bytes=_MAX_COMPRESSED_BYTES)
        reader = zlib.decompressobj()
        content = reader.decompress(compressed, MAX_OBJECT_BYTES + _HEADER_LENGTH)
        header, _, content = content.partition(b"\0")
        kind, size = header.split()
        is_whole = len(content) == int(size) or bool(reader.unconsumed_tail)
    except (OSError, ValueError, zlib.error, UnreadableFileError):
        is_whole = False
    if not is_whole:
        raise GitError(f"object {object_id} cannot be read")
    return _Object(object_id, kind, content)


@dataclass(frozen=True, slots=True)
class _Object:
    object_id: str
    kind: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class _Commit:
    committed_at: int
    object_id: str
    tree_id: str

    @classmethod
    def parse(cls, stored: _Object) -> _Commit:
        """Return a commit; a damaged one has no files."""
        headers = stored.content.partition(b"\n\n")[0]
        first_line = headers.partition(b"\n")[0]
        match = _COMMITTED_AT.search(headers)
        tree_id = first_line.removeprefix(b"tree ").decode("ascii", "replace")
        return cls(int(match[1]) if match else 0, stored.object_id, tree_id)


@dataclass(frozen=True, slots=True)
class _Location:
    """Where an object belongs: a file of a commit, of the index, or nowhere."""

    name: str
    where: str
    remedy: str


def _find_in_object(
    settings: AuditSettings, stored: _Object
) -> tuple[KnownSecret, ...]:
    secrets = settings.secrets
    decoded = decode_text(stored.content) if stored.kind != _TREE else None
    if decoded is None:
        return secrets.find(stored.content)
    return secrets.find(decoded[0])


def _report(
    settings: AuditSettings,
    hits: dict[str, tuple[bytes, tuple[KnownSecret, ...]]],
    locations: dict[str, _Location],
) -> Iterator[Finding]:
    for object_id, (kind, found) in hits.items():
        at = locations.get(object_id)
        short_id = object_id[:_ID_LENGTH]
        if kind == _COMMIT:
            at = _Location(f"message of {short_id}", f"commit {short_id}", _ROTATE)
        elif kind == _TAG:
            at = _Location(f"tag {short_id}", "tag", _ROTATE)
        elif at is None:
            at = _Location(f"object {short_id}", "in no commit", _PRUNE)
        name = f"names of files in {at.name or 'the top'}" if kind == _TREE else at.name
        place = f"git: {settings.show(name)}"
        for secret in found:
            yield Finding.found(place, at.where, secret, at.remedy)


def _find_in_commits(
    store: _ObjectStore, object_ids: Iterable[str], commits: Iterable[_Commit]
) -> dict[str, _Location]:
    """Return for each object its name in the first commit that has it."""
    wanted = set(object_ids)
    locations: dict[str, _Location] = {}
    visited = set[str]()
    for commit in sorted(commits, key=lambda each: each.committed_at):
        where = f"commit {commit.object_id[:_ID_LENGTH]}"
        folders = [("", commit.tree_id)]
        while folders and len(locations) < len(wanted):
            folder, tree_id = folders.pop()
            if tree_id in visited:
                continue
            visited.add(tree_id)
            if tree_id in wanted:
                locations.setdefault(tree_id, _Location(folder, where, _ROTATE))
            for name, is_folder, object_id in store.read_tree(tree_id):
                path = f"{folder}{name}"
                if is_folder:
                    folders.append((f"{path}/", object_id))
                elif object_id in wanted:
                    locations.setdefault(object_id, _Location(path, where, _ROTATE))
    return locations


def _read_indexes(repository: Repository) -> Iterator[tuple[str, _Location]]:
    """Yield the ID and location of each staged file, of all working trees."""
    git_dirs = [repository.common_dir, *repository.common_dir.glob("worktrees/*")]
    indexes = {repository.index, *(git_dir / "index" for git_dir in git_dirs)}
    for index in sorted(indexes):
        each = Repository(None, index.parent, repository.common_dir, index)
        for entry in read_index(each):
            yield entry.object_id, _Location(entry.name, _STAGED, _UNSTAGE)
