"""Read git repositories without running git.

Git runs commands that a repository's own configuration names: a file system monitor,
filters, hooks, an SSH command for objects that are missing. A folder that came from
somebody else brings this configuration along. This module only reads files, with
dulwich, and the configuration can decide nothing but what git ignores.
"""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from chili_notebook.system.bounded_file import UnreadableFileError, read_regular_file
from chili_notebook.system.git_index import (
    IndexEntry,
    merge_split_index,
    parse_index,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dulwich.config import ConfigFile, StackedConfig
    from dulwich.ignore import IgnoreFilter
    from dulwich.object_format import ObjectFormat

_MAX_SETTINGS_BYTES = 10_000_000
# These change nothing about the files that are read here.
_KNOWN_EXTENSIONS = {
    *(b"noop", b"noop-v1", b"objectformat", b"partialclone", b"preciousobjects"),
    *(b"refstorage", b"relativeworktrees", b"submodulepathconfig", b"worktreeconfig"),
}


class GitError(Exception):
    """A repository cannot be read; the message has the reason in one line.

    Attributes:
        folder: The folder in which the repository was found, if it was searched for.
    """

    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class GitStatus:
    """How git treats one file; outside a repository, all is false.

    Attributes:
        tracked: Whether it is in the index.
        addable: Whether ``git add .`` would include it.
    """

    tracked: bool = False
    addable: bool = False


@dataclass(frozen=True, slots=True)
class Repository:
    """The folders of a repository.

    Attributes:
        work_tree: The top folder of the files; ``None`` for a bare repository.
        git_dir: The folder of git's own files; each linked working tree has its own.
        common_dir: The folder of what all working trees share, such as the objects.
        index: The index of this working tree.
    """

    work_tree: Path | None
    git_dir: Path
    common_dir: Path
    index: Path

    @classmethod
    def open(cls, git_dir: Path, *, work_tree: Path | None = None) -> Repository:
        """Return the repository of a folder of git's own files.

        Raises:
            GitError: If it is not one.
        """
        common_dir = git_dir
        with _reading("its commondir file"), suppress(FileNotFoundError):
            content = _read_settings(git_dir / "commondir")
            common_dir = git_dir / os.fsdecode(content.rstrip(b"\r\n"))
        if not (common_dir / "objects").is_dir():
            raise GitError("its folder of objects is missing")
        common_dir = common_dir.resolve()
        return cls(work_tree, git_dir, common_dir, git_dir / "index")


def find_repository(
    folder: Path, environ: Mapping[str, str] = os.environ
) -> Repository | None:
    """Return the repository around a folder; ``None`` outside of any.

    Git passes its hooks the variables ``GIT_DIR``, ``GIT_WORK_TREE`` and
    ``GIT_INDEX_FILE``. They count for the hook's own repository only.

    Args:
        folder: The folder.
        environ: The environment variables.

    Raises:
        GitError: If there is one that cannot be read.
    """
    own_work_tree = _find_own_work_tree(environ)
    try:
        folder = folder.resolve()
    except OSError:  # the working directory has been deleted
        return None
    for parent in (folder, *folder.parents):
        is_own = parent == own_work_tree
        found: Repository | None
        try:
            if is_own and (named := environ.get("GIT_DIR")):
                found = Repository.open(Path(named).resolve(), work_tree=parent)
            else:
                found = open_repository(parent)
        except GitError as error:
            error.folder = parent
            raise
        if found is not None:
            index = environ.get("GIT_INDEX_FILE")
            return replace(found, index=parent / index) if is_own and index else found
    return None


def open_repository(folder: Path) -> Repository | None:
    """Return the repository whose top is this folder; ``None`` if there is none.

    Raises:
        GitError: If it cannot be read.
    """
    with _reading("it"):
        return _open_at(folder)


def _open_at(folder: Path) -> Repository | None:
    dot_git = folder / ".git"
    if dot_git.is_dir():
        if not any((dot_git / name).exists() for name in ("HEAD", "objects", "refs")):
            return None  # an empty folder: git goes on to search above it
        return Repository.open(dot_git, work_tree=folder)
    if os.path.lexists(dot_git):
        with _reading("its .git file"):
            content = _read_settings(dot_git)
            if not content.startswith(b"gitdir: "):
                raise GitError("its .git file does not name a folder")
            name = os.fsdecode(content.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
            git_dir = (folder / name).resolve()
        if not git_dir.is_dir():
            raise GitError("its .git file points to a folder that does not exist")
        return Repository.open(git_dir, work_tree=folder)
    return Repository.open(folder) if is_bare_repository(folder) else None


def is_bare_repository(folder: Path) -> bool:
    """Return whether a folder consists of git's own files."""
    return (
        (folder / "objects").is_dir()
        and (folder / "refs").is_dir()
        and (folder / "HEAD").is_file()
    )


def read_git_status(path: Path) -> GitStatus:
    """Return how git treats a file, which need not exist.

    Raises:
        GitError: If the repository around it cannot be read.
    """
    repository = find_repository(path.parent)
    if repository is None or repository.work_tree is None:
        return GitStatus()
    config = _read_config(repository)
    full_path = path.parent.resolve() / path.name
    work_tree = _apply_config(repository, config)
    if work_tree is None or not full_path.is_relative_to(work_tree):
        return GitStatus()
    name = full_path.relative_to(work_tree).as_posix()
    with _reading("its configuration"):
        ignores_case = bool(config.get_boolean(b"core", b"ignorecase", default=False))
    tracked = {entry.name for entry in read_index(repository)}
    if ignores_case:
        tracked = {each.casefold() for each in tracked}
    if (name.casefold() if ignores_case else name) in tracked:
        return GitStatus(tracked=True)
    with _reading("what it ignores"):
        filters = _read_ignore_filters(
            repository, config, work_tree, name, ignores_case=ignores_case
        )
        from dulwich.ignore import IgnoreFilterManager

        manager = IgnoreFilterManager(str(work_tree), filters, ignores_case)
        return GitStatus(addable=not manager.is_ignored(name))


def read_object_format(repository: Repository) -> ObjectFormat:
    """Return the format of the IDs of a repository's objects: SHA-1 or SHA-256.

    Raises:
        GitError: If it is another format, or the repository has a format extension
            that may change how its files are read.
    """
    from dulwich.object_format import get_object_format

    config = _read_own_config(repository)
    with _reading("its configuration"):
        extensions = {key.lower(): value for key, value in config.items("extensions")}
    unknown = sorted(extensions.keys() - _KNOWN_EXTENSIONS)
    if unknown:
        raise GitError(f"its format extension {os.fsdecode(unknown[0])} is not known")
    with _reading("the format of its objects"):
        return get_object_format(extensions.get(b"objectformat", b"sha1").decode())


def read_index(repository: Repository) -> list[IndexEntry]:
    """Return the entries of the index; none if there is no index.

    Raises:
        GitError: If the index cannot be read.
    """
    id_length = read_object_format(repository).oid_length
    with _reading("its index"):
        try:
            entries, link = parse_index(repository.index, id_length)
        except FileNotFoundError:
            return []
        if not link:
            return entries
        base_path = repository.git_dir / f"sharedindex.{link[:id_length].hex()}"
        base, _link = parse_index(base_path, id_length)
        return merge_split_index(base, entries, link[id_length:])


def untrack_command(path: str) -> str:
    """Return the command that removes a file from the index and keeps it on disk."""
    return f"git rm --cached {shlex.quote(path)}"


def ignore_command(path: Path) -> str:
    """Return the command, run in its folder, that makes git ignore a file."""
    return f"echo {shlex.quote('/' + path.name)} >> .gitignore"


@contextmanager
def _reading(part: str) -> Iterator[None]:
    """Turn any failure to read a part of a repository into a `GitError`."""
    try:
        yield
    except GitError:
        raise
    except UnreadableFileError as error:
        raise GitError(f"{part} {error}") from None
    except Exception as error:  # noqa: BLE001 - dulwich raises many classes for damaged data
        raise GitError(f"{part} cannot be read ({type(error).__name__})") from None


def _find_own_work_tree(environ: Mapping[str, str]) -> Path | None:
    """Return the working tree of the repository whose hook runs this process."""
    if not {"GIT_DIR", "GIT_INDEX_FILE"} & environ.keys():
        return None
    try:
        return Path(environ.get("GIT_WORK_TREE") or ".").resolve()
    except OSError:  # the working directory has been deleted
        return None


def _read_settings(path: Path) -> bytes:
    return read_regular_file(path, max_bytes=_MAX_SETTINGS_BYTES)


def _read_own_config(repository: Repository) -> ConfigFile:
    """Return the configuration in the repository, with what it includes."""
    from dulwich.config import ConfigFile

    path = repository.common_dir / "config"
    with _reading("its configuration"):
        try:
            content = BytesIO(_read_settings(path))
        except FileNotFoundError:
            return ConfigFile()
        return ConfigFile.from_file(
            content, config_dir=str(path.parent), file_opener=_open_included
        )


def _open_included(path: str | os.PathLike[str]) -> BytesIO:
    try:
        return BytesIO(_read_settings(Path(path)))
    except UnreadableFileError as error:
        raise OSError(str(error)) from None


def _read_config(repository: Repository) -> StackedConfig:
    """Return the configuration of the repository, the user and the machine."""
    from dulwich.config import StackedConfig

    own = _read_own_config(repository)
    with _reading("the user's configuration of git"):
        return StackedConfig([own, *StackedConfig.default_backends()])


def _apply_config(repository: Repository, config: StackedConfig) -> Path | None:
    """Return the working tree, which the configuration may name or deny."""
    if repository.git_dir.resolve() != repository.common_dir:
        return repository.work_tree  # a linked one has no such settings
    with _reading("its configuration"):
        if config.get_boolean(b"core", b"bare", default=False):
            return None
        try:
            named = os.fsdecode(config.get(b"core", b"worktree"))
        except KeyError:
            return repository.work_tree
        return (repository.git_dir / named).resolve()


def _read_ignore_filters(
    repository: Repository,
    config: StackedConfig,
    work_tree: Path,
    name: str,
    *,
    ignores_case: bool,
) -> list[IgnoreFilter]:
    """Return the patterns that count everywhere, the weakest first.

    Raises:
        UnreadableFileError: If a file of patterns is a pipe, for example. Dulwich opens
            those of the folders itself, so they are checked here.
    """
    from dulwich.ignore import (
        IgnoreFilter,
        default_user_ignore_filter_path,
        read_ignore_patterns,
    )

    for folder in list(Path(name).parents):
        ignore_file = work_tree / folder / ".gitignore"
        if not ignore_file.is_symlink():  # git does not follow it either
            with suppress(FileNotFoundError):
                _read_settings(ignore_file)
    filters = []
    for path in (
        Path(default_user_ignore_filter_path(config)).expanduser(),
        repository.common_dir / "info" / "exclude",
    ):
        with suppress(FileNotFoundError):
            patterns = read_ignore_patterns(BytesIO(_read_settings(path)))
            filters.append(IgnoreFilter(patterns, ignores_case))
    return filters
