"""The audit of git: every object, and git's own files."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import pytest
from audit.examples import TOKEN, find, git, places_of, run_audit

from chili_notebook.audit.findings import FindingState, Searched, Skipped
from chili_notebook.audit.report import require_clean
from chili_notebook.errors import AuditIncompleteError

SECONDS = itertools.count(1_700_000_000)


def commit(name, text, *, message="change"):
    """Commit one file, a second later than the last one."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    git("add", name)
    git("commit", "-m", message, GIT_COMMITTER_DATE=f"{next(SECONDS)} +0000")


def git_places(*paths):
    """Return the places of the findings in git's objects."""
    findings = [each for each in find(*paths) if each.place.startswith("git: ")]
    return sorted(places_of(findings))


def id_of(name):
    """Return the beginning of an object's ID, as the report shows it."""
    return git("rev-parse", name)[:10]


def test_staged_and_committed_files_are_found_with_their_first_commit():
    """Each finding says where git stores the secret, and what to do about it."""
    git("init")
    commit("clean.txt", "clean")
    commit("inner/gone.txt", TOKEN)
    first = id_of("HEAD")
    commit("inner/gone.txt", "clean")
    commit("other.txt", TOKEN)  # the same object
    Path("staged.txt").write_text(f"more {TOKEN}")
    git("add", "staged.txt")
    Path("staged.txt").unlink()
    Path("other.txt").unlink()
    assert git_places(Path()) == [
        ("git: inner/gone.txt", f"commit {first}"),
        ("git: staged.txt", "staged"),
    ]
    remedies = {finding.where: finding.remedy for finding in find(Path())}
    assert "git add" in remedies["staged"]
    assert "Rotate" in remedies[f"commit {first}"]


def test_packed_objects_are_found():
    """Git packs its objects from time to time, as differences to others."""
    git("init")
    commit("a.txt", "\n".join(map(str, range(1000))))
    commit("a.txt", "\n".join(map(str, range(1000))) + TOKEN)
    second = id_of("HEAD")
    commit("a.txt", "\n".join(map(str, range(1000))) + "clean")
    git("gc")
    assert not list(Path(".git/objects").glob("[0-9a-f][0-9a-f]/*"))
    assert git_places(Path()) == [("git: a.txt", f"commit {second}")]


def test_messages_logs_and_amended_commits_are_searched():
    """A secret is found in a message, in the log of it, and in an amended commit."""
    git("init")
    commit("a.txt", TOKEN, message=f"adds {TOKEN}")
    first = id_of("HEAD")
    Path("a.txt").write_text("clean")
    git("commit", "--all", "--amend", "-m", "clean")
    git("tag", "-a", "v1", "-m", f"tag {TOKEN}")
    found = places_of(find(Path()))
    assert ("git: a.txt", f"commit {first}") in found
    assert (f"git: message of {first}", f"commit {first}") in found
    assert (f"git: tag {id_of('v1')}", "tag") in found
    assert (".git/logs/HEAD", "line 1") in found


def test_objects_that_nothing_refers_to_are_found():
    """A file that was staged once, and a dropped stash, are still stored."""
    git("init")
    commit("a.txt", "clean")
    Path("a.txt").write_text(TOKEN)
    git("stash")
    git("stash", "drop")
    Path("b.txt").write_text(f"b {TOKEN}")
    git("add", "b.txt")
    git("rm", "--cached", "-f", "b.txt")
    Path("b.txt").unlink()
    findings = find(Path())
    assert [finding.where.split()[0] for finding in findings] == ["commit", "in"] or [
        finding.where.split()[0] for finding in findings
    ] == ["in", "commit"]
    (unnamed,) = [finding for finding in findings if finding.where == "in no commit"]
    assert "git gc --prune=now" in unnamed.remedy


def test_names_of_files_are_searched_and_masked():
    """A file in git whose name contains the secret is found; the report masks it."""
    git("init")
    commit(f"inner/{TOKEN.replace('/', '')}.txt", "clean")
    secret = TOKEN.replace("/", "")
    from chili_notebook.auth.secret import Secret
    from chili_notebook.guard.registry import KnownSecret

    known = [KnownSecret("token", "", Secret(secret))]
    findings = find(Path(), known=known)
    assert ("git: names of files in inner/", f"commit {id_of('HEAD')}") in places_of(
        findings
    )
    assert secret not in repr(findings)


def test_index_of_another_working_tree_is_named():
    """What is staged in a linked working tree is found from the main one."""
    git("init", "main")
    git("-C", "main", "commit", "--allow-empty", "-m", "one")
    git("-C", "main", "worktree", "add", "../linked")
    Path("linked/a.txt").write_text(TOKEN)
    git("-C", "linked", "add", "a.txt")
    assert git_places(Path("main")) == [("git: a.txt", "staged")]
    assert git_places(Path("linked")) == [("git: a.txt", "staged")]


def test_repositories_below_the_folder_are_searched():
    """Working trees, bare repositories and removed submodules are found."""
    git("init", "source")
    Path("source/a.txt").write_text(TOKEN)
    git("-C", "source", "add", ".")
    git("-C", "source", "commit", "-m", "one")
    git("init", "outer")
    git("-C", "outer", "submodule", "add", "../source", "inner")
    git("clone", "--bare", "source", "deep/bare.git")
    git("init", "deep/nested")
    Path("deep/nested/b.txt").write_text(TOKEN)
    git("-C", "deep/nested", "add", ".")
    shutil.rmtree("source")
    shutil.rmtree("outer/inner")
    assert [place for place, _ in git_places(Path("outer"))] == ["git: a.txt"]
    places = git_places(Path("deep"))
    assert [place for place, _ in places] == ["git: a.txt", "git: b.txt"]


def test_shared_objects_are_searched():
    """A clone may use the objects of the repository that it was cloned from."""
    git("init", "source")
    Path("source/a.txt").write_text(TOKEN)
    git("-C", "source", "add", ".")
    git("-C", "source", "commit", "-m", "one")
    git("clone", "--shared", "source", "clone")
    Path("clone/a.txt").unlink()
    assert [place for place, _ in git_places(Path("clone"))] == ["git: a.txt"]


@pytest.mark.parametrize(
    "settings", [("init", "--object-format=sha256"), ("init",)], ids=["sha256", "sha1"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_both_formats_of_objects_are_read(settings, packed):
    """Repositories with SHA-256 store their objects under longer IDs."""
    git(*settings)
    commit("inner/a.txt", TOKEN)
    if packed:
        git("gc")
    head = id_of("HEAD")
    assert git_places(Path()) == [("git: inner/a.txt", f"commit {head}")]


def test_repository_with_references_in_another_format_is_read():
    """The audit reads objects, and no references."""
    git("init")
    commit("a.txt", TOKEN)
    head = id_of("HEAD")
    git("config", "core.repositoryFormatVersion", "1")
    git("config", "extensions.refStorage", "reftable")
    shutil.rmtree(".git/refs")
    Path(".git/HEAD").write_text("ref: refs/heads/.invalid\n")
    assert git_places(Path()) == [("git: a.txt", f"commit {head}")]


def test_text_in_utf_16_is_found():
    """Git stores such files like all others."""
    git("init")
    Path("a.txt").write_text(TOKEN, encoding="utf-16")
    git("add", ".")
    Path("a.txt").unlink()
    assert git_places(Path()) == [("git: a.txt", "staged")]


def test_searched_objects_are_counted():
    """The report says how many commits and other objects were searched."""
    git("init")
    commit("a.txt", "a")
    commit("b.txt", "b")
    Path("large").write_bytes(bytes(50_000_001))
    git("add", "large")
    counts = run_audit(Path()).counts
    assert counts[Searched.COMMIT] == 2
    assert counts[Searched.GIT_OBJECT] == 4
    assert counts[Skipped.LARGE_OBJECT] == 1


@pytest.mark.parametrize("kind", ["loose", "packed"])
def test_damaged_object_fails_the_run_and_hides_no_other(kind):
    """A repository with a part that cannot be read may contain a secret."""
    git("init")
    commit("a.txt", TOKEN)
    if kind == "packed":
        git("gc")
        (path,) = Path(".git/objects/pack").glob("*.pack")
        path.chmod(0o644)
        content = bytearray(path.read_bytes())
        content[-60:-20] = bytes(40)
    else:
        path = Path(".git/objects", *split_id("HEAD:"))
        path.chmod(0o644)
        content = b"damaged"
    path.write_bytes(content)
    states = {finding.place: finding.state for finding in find(Path())}
    assert states["git: ."] is FindingState.UNREADABLE
    if kind == "loose":
        assert FindingState.FOUND in {
            state for place, state in states.items() if place != "git: ."
        }


def split_id(name):
    """Return the folder and the name of the file of an object."""
    object_id = git("rev-parse", name).strip()
    return object_id[:2], object_id[2:]


def test_unreadable_index_leaves_staged_files_without_a_name():
    """The secret is found all the same."""
    git("init")
    Path("a.txt").write_text(TOKEN)
    git("add", ".")
    Path("a.txt").unlink()
    Path(".git/index").write_bytes(b"no index")
    states = {finding.where: finding.state for finding in find(Path())}
    assert states == {
        "not read": FindingState.UNREADABLE,
        "in no commit": FindingState.FOUND,
    }


@pytest.mark.parametrize(
    ("git_file", "config"),
    [("gitdir: missing\n", None), (None, "[extensions]\nother = 1\n"), (None, "[core")],
)
def test_repository_that_cannot_be_read_is_reported_once(git_file, config):
    """It is never taken for a folder without a repository."""
    if git_file is not None:
        Path(".git").write_text(git_file)
    else:
        git("init")
        Path(".git/config").write_text(config)
    result = run_audit(Path())
    (finding,) = result.findings
    assert finding.state is FindingState.UNREADABLE
    assert "The repository could not be read: " in finding.what
    with pytest.raises(AuditIncompleteError, match="1 place could not be read"):
        require_clean(result)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize(
    "name",
    [
        "objects/ab/" + "cd" * 19,
        "objects/pack/pack-x.pack",
        "objects/info/alternates",
        "logs/HEAD",
        "worktrees/x/index",
    ],
)
def test_named_pipe_in_a_repository_is_never_opened_to_wait(name):
    """Such a file ends the audit of its part, and not the audit."""
    git("init")
    commit("a.txt", TOKEN)
    path = Path(".git", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    result = run_audit(Path())
    unreadable = [each.state is FindingState.UNREADABLE for each in result.findings]
    assert any(unreadable) or result.counts[Skipped.SPECIAL] == 1


def test_variables_of_a_hook_do_not_hide_other_repositories(monkeypatch):
    """Git tells a hook where its own repository is."""
    git("init", "main")
    git("-C", "main", "commit", "--allow-empty", "-m", "one")
    git("-C", "main", "worktree", "add", "../linked")
    git("init", "linked/nested")
    Path("linked/nested/a.txt").write_text(TOKEN)
    git("-C", "linked/nested", "add", ".")
    git("-C", "linked/nested", "commit", "-m", "one")
    Path("linked/nested/a.txt").unlink()
    Path("linked/b.txt").write_text(TOKEN + TOKEN)
    monkeypatch.chdir("linked")
    index = Path("../main/.git/worktrees/linked/next-index.lock").absolute()
    git("add", "b.txt", GIT_INDEX_FILE=str(index))
    Path("b.txt").unlink()
    monkeypatch.setenv("GIT_DIR", str(index.parent.resolve()))
    monkeypatch.setenv("GIT_INDEX_FILE", str(index.resolve()))
    assert [place for place, _ in git_places(Path())] == ["git: a.txt", "git: b.txt"]
    assert ("git: b.txt", "staged") in git_places(Path())


@pytest.mark.skipif(os.name != "posix", reason="names of files are texts there")
def test_names_that_are_no_texts_are_shown_with_escapes():
    """Linux allows any bytes in a name; the report must be valid as JSON."""
    git("init")
    name = os.fsdecode(b"caf\xe9.txt")
    Path(name).write_text(TOKEN)
    git("add", ".")
    places = [place for place, _ in places_of(find(Path()))]
    assert places == ["caf\\udce9.txt", "git: caf\\udce9.txt"]
