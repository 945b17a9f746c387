"""Writing files completely or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import replace_bytes, save_bytes, write_text


@pytest.mark.parametrize("as_text", [True, False])
def test_file_is_written_to_its_path(tmp_path, as_text):
    """Missing folders are created, and no other file is left beside it."""
    target = tmp_path / "deep" / "er" / "a.png"
    saved = save_bytes(b"new", str(target) if as_text else target, default_name="x")
    assert saved == target
    assert saved.read_bytes() == b"new"
    assert list(saved.parent.iterdir()) == [saved]


def test_file_in_a_folder_gets_the_default_name(tmp_path):
    """If the path is a folder, the file is written into it."""
    assert save_bytes(b"", tmp_path, default_name="a.png") == tmp_path / "a.png"


@pytest.mark.parametrize("path", ["renders", "renders/", "deep/renders"])
def test_path_without_a_suffix_is_a_folder(tmp_path, path):
    """A second file can be saved beside the first one."""
    for name in ("a.png", "b.png"):
        assert save_bytes(b"", path, default_name=name).parent == Path(path)
    assert len(list((tmp_path / path).iterdir())) == 2


def test_tilde_is_the_home_folder(tmp_path, monkeypatch):
    """A path may begin with ~ as in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert save_bytes(b"x", "~/a.png", default_name="") == tmp_path / "a.png"


def test_tilde_before_an_unknown_user_is_part_of_the_name(tmp_path):
    """Such a file is written into the working directory."""
    saved = save_bytes(b"x", "~unknown-user.png", default_name="")
    assert saved.resolve() == tmp_path / "~unknown-user.png"
    assert saved.read_bytes() == b"x"


def test_existing_file_is_replaced(tmp_path):
    """Saving again replaces the whole content."""
    path = save_bytes(b"long old content", tmp_path / "a.png", default_name="")
    assert save_bytes(b"new", path, default_name="").read_bytes() == b"new"


def test_failed_write_changes_nothing(tmp_path):
    """The old file is unchanged, and no temporary file is left."""
    path = save_bytes(b"old", tmp_path / "a.png", default_name="")
    with pytest.raises(TypeError):
        save_bytes("no bytes", path, default_name="")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob("**/.a.png.*")) == []


@pytest.mark.parametrize("place", ["file/a.png", "file/deep/a.png", "file/", "file"])
def test_file_in_the_way_of_a_folder_is_named(tmp_path, place):
    """The error names the file that would have to be a folder, and has a hint."""
    file = tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(ConfigurationError) as caught:
        save_bytes(b"new", f"{tmp_path}/{place}", default_name="a.png")
    assert caught.value.message == f"{file} exists and is not a folder."
    assert caught.value.hint
    assert file.read_bytes() == b"old"


def test_path_that_cannot_be_written_raises_a_configuration_error(tmp_path):
    """The error has the system's reason and a hint."""
    with pytest.raises(ConfigurationError, match=r"cannot be written \(\w") as caught:
        save_bytes(b"new", tmp_path / f"{'x' * 300}.png", default_name="")
    assert caught.value.hint
    assert caught.value.__context__ is None


@pytest.mark.parametrize("path", ["a\0b.png", "\ud800.png", b"a.png", None])
def test_path_that_no_file_can_have_is_refused(tmp_path, path):
    """It is an error of this package, whatever Python would raise."""
    with pytest.raises(ConfigurationError, match="is not a path"):
        save_bytes(b"new", path, default_name="a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=["pipe", "device", "folder", "broken link"])
def unusual(request, tmp_path):
    """Return the path of something that is not a regular file."""
    path = tmp_path / "unusual.png"
    match request.param:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to(os.devnull)
        case "folder":
            path.mkdir()
        case "broken link":
            path.symlink_to(tmp_path / "missing")
    return path


def test_only_regular_files_are_replaced(unusual):
    """A device, a pipe, a folder and a broken link stay as they are."""
    before = unusual.lstat()
    with pytest.raises(ConfigurationError, match=r"unusual\.png (exists|is a link)"):
        save_bytes(b"new", unusual.parent, default_name=unusual.name)
    assert unusual.lstat() == before
    assert list(unusual.parent.iterdir()) == [unusual]


def test_text_replaces_only_regular_files(tmp_path):
    """A .env that is a pipe stays one."""
    path = tmp_path / ".env"
    os.mkfifo(path)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        write_text("new", path, mode=0o600)
    assert path.is_fifo()


def test_link_to_a_regular_file_stays_a_link(tmp_path):
    """The file that the link points to gets the content."""
    file, link = tmp_path / "deep" / "real.png", tmp_path / "link.png"
    save_bytes(b"old", file, default_name="")
    link.symlink_to(file)
    assert save_bytes(b"new", link, default_name="") == link
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_replaced_file_keeps_its_permissions(tmp_path, mode):
    """A private picture is private after the next render too."""
    path = save_bytes(b"old", tmp_path / "a.png", default_name="")
    path.chmod(mode)
    assert permissions(save_bytes(b"new", path, default_name="")) == mode
    assert path.read_bytes() == b"new"


def permissions(path):
    """Return the permissions of a file."""
    return path.stat().st_mode & 0o777


def test_text_is_written_with_the_given_permissions(tmp_path):
    """A new .env is for its owner only, whatever the permissions of the old one."""
    path = tmp_path / ".env"
    path.write_text("old")
    path.chmod(0o644)
    write_text("CHILI_CLIENT_ID=ä\n", path, mode=0o600)
    assert path.read_text(encoding="utf-8") == "CHILI_CLIENT_ID=ä\n"
    assert permissions(path) == 0o600
    assert list(tmp_path.glob("**/..env.*")) == []


def test_replaced_content_keeps_the_permissions(tmp_path):
    """A fixed file can be read by the same users as before."""
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"old")
    path.chmod(0o664)
    replace_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert permissions(path) == 0o664


def test_symbolic_link_stays_a_link(tmp_path):
    """The file that the link points to is written."""
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    write_text("one", link, mode=0o600)
    assert path.read_bytes() == b"one"
    replace_bytes(link, b"two")
    assert path.read_bytes() == b"two"
    assert link.is_symlink()


def test_saved_file_has_the_usual_permissions(tmp_path):
    """A saved picture has the permissions of any other new file."""
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert permissions(
        save_bytes(b"", tmp_path / "a.png", default_name="")
    ) == permissions(plain)


def test_replaced_file_keeps_its_attributes(tmp_path):
    """Owner, permissions and extended attributes stay, and the time is new."""
    path = tmp_path / "a"
    path.write_bytes(b"old content")
    path.chmod(0o2640)
    os.utime(path, (0, 0))
    is_root = hasattr(os, "getuid") and os.getuid() == 0
    if is_root:
        os.chown(path, 1234, 1235)
        path.chmod(0o2640)
    has_attributes = hasattr(os, "setxattr")
    if has_attributes:
        with contextlib.suppress(OSError):  # the file system has none
            os.setxattr(path, "user.note", b"x")
        before = os.listxattr(path)
    status = path.stat()
    replace_bytes(path, b"new")
    after = path.stat()
    assert path.read_bytes() == b"new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        *(status.st_mode, status.st_uid, status.st_gid),
    )
    assert after.st_mtime > status.st_mtime
    if has_attributes:
        assert os.listxattr(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_other_name_of_a_replaced_file_has_the_new_content(tmp_path):
    """A hard link is the same file before and after."""
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"old long content")
    other.hardlink_to(path)
    replace_bytes(path, b"new")
    assert other.read_bytes() == b"new"
    assert path.samefile(other)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_named_pipe_is_never_replaced(tmp_path):
    """Only a regular file has a content to replace."""
    path = tmp_path / "a"
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        replace_bytes(path, b"new")
    assert path.is_fifo()
