"""Reading git repositories without git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chili_notebook.system.git import (
    GitError,
    GitStatus,
    find_repository,
    read_git_status,
    read_index,
)

ADDABLE, TRACKED, IGNORED = (
    GitStatus(addable=True),
    GitStatus(tracked=True),
    GitStatus(),
)


def git(*arguments):
    """Run git in the working directory, without the settings of this machine."""
    people = {f"GIT_{role}_NAME": "a" for role in ("AUTHOR", "COMMITTER")}
    mails = {f"GIT_{role}_EMAIL": "a@b" for role in ("AUTHOR", "COMMITTER")}
    subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        check=True,
        capture_output=True,
        env=os.environ | people | mails | {"GIT_CONFIG_GLOBAL": os.devnull},
    )


def names_in_index(folder):
    """Return the names of the entries of the index around a folder."""
    return [entry.name for entry in read_index(find_repository(folder))]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    """Read no configuration of the user or the machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("config").absolute()))


def test_status_of_a_file_outside_a_repository_is_all_false(tmp_path):
    """Outside a repository git neither tracks a file nor would add it."""
    assert read_git_status(tmp_path / ".env") == GitStatus()
    assert find_repository(tmp_path) is None


@pytest.mark.parametrize("exists", [True, False])
def test_status_of_a_file_in_a_repository(tmp_path, exists):
    """A file is addable until git ignores it, and tracked once it was added."""
    git("init")
    assert find_repository(tmp_path).work_tree.samefile(tmp_path)
    path = tmp_path / ".env"
    if exists:
        path.write_text("")
    assert read_git_status(path) == ADDABLE
    Path(".gitignore").write_text("/.env\n")
    assert read_git_status(path) == IGNORED
    path.write_text("")
    git("add", "--force", ".env")
    assert read_git_status(path) == TRACKED


def test_repository_is_read_where_git_is_not_installed(monkeypatch):
    """The status does not depend on the program git."""
    git("init")
    Path(".env").write_text("")
    git("add", ".env")
    monkeypatch.setenv("PATH", os.devnull)
    assert read_git_status(Path(".env")) == TRACKED


@pytest.mark.parametrize(
    ("ignore_file", "pattern", "status"),
    [
        (".gitignore", ".env", IGNORED),
        (".gitignore", "inner/", IGNORED),
        (".gitignore", "*.txt", ADDABLE),
        (".gitignore", ".env\n!inner/.env", ADDABLE),
        (".gitignore", "/.env", ADDABLE),
        ("inner/.gitignore", "/.env", IGNORED),
        (".git/info/exclude", "**/.env", IGNORED),
        ("config/git/ignore", ".env", IGNORED),
    ],
)
def test_ignore_rules_of_every_file_are_applied(ignore_file, pattern, status):
    """Git's own answer is the same."""
    git("init")
    for path in (Path("inner"), Path(ignore_file).parent):
        path.mkdir(parents=True, exist_ok=True)
    Path(ignore_file).write_text(f"{pattern}\n")
    path = Path("inner/.env")
    path.write_text("")
    assert read_git_status(path) == status
    checked = subprocess.run(["git", "check-ignore", "-q", str(path)], check=False)
    assert (checked.returncode == 0) == (status == IGNORED)


def test_inner_ignore_file_overrides_outer_ones():
    """The repository's own file overrides the user's, and those of folders both."""
    git("init")
    Path("config/git").mkdir(parents=True)
    Path("config/git/ignore").write_text(".env\n")
    Path(".git/info/exclude").write_text("!.env\n")
    assert read_git_status(Path(".env")) == ADDABLE
    Path(".gitignore").write_text(".env\n")
    assert read_git_status(Path(".env")) == IGNORED


@pytest.mark.parametrize("included", [False, True])
def test_excludes_file_of_the_configuration_is_applied(tmp_path, included):
    """The file may be named in the configuration, or in a file that it includes."""
    git("init")
    excludes = tmp_path / "excludes"
    excludes.write_text(".env\n")
    name = ".git/more" if included else ".git/config"
    git("config", "--file", name, "core.excludesFile", str(excludes))
    if included:
        git("config", "include.path", "more")
    assert read_git_status(Path(".env")) == IGNORED


@pytest.mark.parametrize(
    "command",
    [
        *(("update-index", "--index-version", version) for version in "234"),
        ("update-index", "--split-index"),
        ("update-index", "--skip-worktree", "b/c.txt"),
        ("-c", "index.skipHash=true", "add", "--renormalize", "."),
    ],
    ids=" ".join,
)
def test_index_is_read_in_every_format(command):
    """Versions 2 to 4, a split index, flags, and an index without a checksum."""
    git("init")
    Path("b").mkdir()
    for name in ("a.txt", "b/c.txt", "b/d.txt"):
        Path(name).write_text(name)
    git("add", ".")
    git(*command)
    assert names_in_index(Path()) == ["a.txt", "b/c.txt", "b/d.txt"]


def test_changes_in_a_split_index_are_read():
    """The index has a part that is shared, and its own new and deleted entries."""
    git("init")
    for name in "abc":
        Path(name).write_text(name)
    git("add", ".")
    git("config", "splitIndex.maxPercentChange", "100")
    git("update-index", "--split-index")
    git("rm", "--cached", "a")
    Path("b").write_text("changed")
    Path("d").write_text("new")
    git("add", "b", "d")
    listed = subprocess.run(
        ["git", "ls-files", "--stage"], capture_output=True, text=True, check=True
    ).stdout
    repository = find_repository(Path())
    assert len(list(Path(".git").glob("sharedindex.*"))) >= 1
    entries = sorted((entry.name, entry.object_id) for entry in read_index(repository))
    assert entries == sorted(
        (line.split("\t")[1], line.split()[1]) for line in listed.splitlines()
    )


def test_sha256_repository_is_read():
    """The IDs of its objects are longer."""
    git("init", "--object-format=sha256")
    Path(".env").write_text("")
    git("add", ".")
    assert read_git_status(Path(".env")) == TRACKED


def test_linked_working_tree_has_its_own_index():
    """Its .git is a file, and it shares objects and ignore rules with the main one."""
    git("init", "main")
    git("-C", "main", "commit", "--allow-empty", "-m", "one")
    git("-C", "main", "worktree", "add", "../linked")
    Path("main/.git/info/exclude").write_text("ignored.env\n")
    Path("linked/.env").write_text("")
    git("-C", "linked", "add", ".env")
    assert read_git_status(Path("linked/.env")) == TRACKED
    assert read_git_status(Path("main/.env")) == ADDABLE
    assert read_git_status(Path("linked/ignored.env")) == IGNORED
    main, linked = find_repository(Path("main")), find_repository(Path("linked"))
    assert main.common_dir == linked.common_dir


def test_submodule_is_a_repository_of_its_own():
    """Its .git is a file that points into the outer repository."""
    git("init", "source")
    git("-C", "source", "commit", "--allow-empty", "-m", "one")
    git("init", "outer")
    git("-C", "outer", "submodule", "add", "../source", "inner")
    Path("outer/inner/.env").write_text("")
    git("-C", "outer/inner", "add", ".env")
    assert read_git_status(Path("outer/inner/.env")) == TRACKED
    repository = find_repository(Path("outer/inner"))
    assert repository.common_dir == Path("outer/.git/modules/inner").resolve()


def test_file_in_a_bare_repository_is_neither_tracked_nor_addable():
    """A bare repository has no working tree."""
    git("init", "--bare", "bare.git")
    assert find_repository(Path("bare.git")).work_tree is None
    assert read_git_status(Path("bare.git/.env")) == GitStatus()


def test_empty_git_folder_is_no_repository():
    """Git searches above it, and so does the status."""
    git("init")
    Path(".gitignore").write_text(".env\n")
    Path("inner/.git").mkdir(parents=True)
    assert read_git_status(Path("inner/.env")) == IGNORED


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config", b"[core\n", "its configuration cannot be read"),
        ("config", b"[extensions]\nother = 1\n", "extension other is not known"),
        ("config", b"[extensions]\nobjectformat = md5\n", "the format of its objects"),
        ("index", b"no index", "its index cannot be read"),
        (
            "index",
            b"DIRC\0\0\0\x09\0\0\0\0" + b"\0" * 20,
            "its index has an unknown format",
        ),
        ("commondir", b"missing", "its folder of objects is missing"),
    ],
)
def test_broken_repository_is_an_error(name, content, reason):
    """The error names the part that cannot be read, in one line."""
    git("init")
    Path(".git", name).write_bytes(content)
    with pytest.raises(GitError, match=reason) as caught:
        read_git_status(Path(".env"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["gitdir: missing\n", "something else"])
def test_broken_git_file_is_an_error(content):
    """A working tree without its repository is not a folder without one."""
    Path(".git").write_text(content)
    with pytest.raises(GitError, match=r"its \.git file"):
        find_repository(Path())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize(
    "name", [".git/config", ".git/index", ".gitignore", ".git/info/exclude"]
)
def test_named_pipe_is_never_opened_to_wait(name):
    """A pipe into which nothing is written is an error at once."""
    git("init")
    Path(name).unlink(missing_ok=True)
    os.mkfifo(name)
    with pytest.raises(GitError, match="is not a regular file"):
        read_git_status(Path(".env"))


def test_variables_of_a_hook_count_for_its_own_repository_only(monkeypatch):
    """A repository inside the one of the hook has an index of its own."""
    git("init")
    git("init", "inner")
    for name in ("outer.txt", "inner/inner.txt"):
        Path(name).write_text("")
    git("-C", "inner", "add", "inner.txt")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    git("add", "outer.txt")
    monkeypatch.setenv("GIT_DIR", str(Path(".git").absolute()))
    assert names_in_index(Path()) == ["outer.txt"]
    assert names_in_index(Path("inner")) == ["inner.txt"]
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert names_in_index(Path()) == []


def test_working_tree_may_be_named_by_variables(monkeypatch):
    """A repository elsewhere can track the files of a folder without .git."""
    git("init", "--bare", "files.git")
    Path("home").mkdir()
    monkeypatch.setenv("GIT_DIR", str(Path("files.git").absolute()))
    monkeypatch.setenv("GIT_WORK_TREE", str(Path("home").absolute()))
    Path("home/.env").write_text("")
    git("-C", "home", "add", ".env")
    assert names_in_index(Path("home")) == [".env"]
