"""Writing files whole or not at all."""

from __future__ import annotations

import pytest

from chili_notebook.errors import ConfigurationError
from chili_notebook.system.atomic_write import replace_bytes, save_bytes, write_text


@pytest.mark.parametrize("as_text", [True, False])
def test_a_file_is_written_under_its_name(tmp_path, as_text):
    """Missing folders are made, and nothing else is left beside it."""
    target = tmp_path / "deep" / "er" / "a.png"
    saved = save_bytes(b"new", str(target) if as_text else target, default_name="x")
    assert saved == target
    assert saved.read_bytes() == b"new"
    assert list(saved.parent.iterdir()) == [saved]


def test_into_a_folder_it_goes_under_the_default_name(tmp_path):
    """A folder is a place, not a name."""
    assert save_bytes(b"", tmp_path, default_name="a.png") == tmp_path / "a.png"


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    """Paths are as in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert save_bytes(b"x", "~/a.png", default_name="") == tmp_path / "a.png"


def test_a_tilde_before_no_ones_name_is_a_letter(tmp_path):
    """A file may be called so; the test runs in an empty folder."""
    saved = save_bytes(b"x", "~nobody-is-called-so.png", default_name="")
    assert saved.resolve() == tmp_path / "~nobody-is-called-so.png"
    assert saved.read_bytes() == b"x"


def test_an_old_file_is_replaced(tmp_path):
    """Saving again gives the new content."""
    path = save_bytes(b"long old content", tmp_path / "a", default_name="")
    assert save_bytes(b"new", path, default_name="").read_bytes() == b"new"


def test_a_write_that_fails_changes_nothing(tmp_path):
    """The old file stays whole, and no half of the new one stays behind."""
    path = save_bytes(b"old", tmp_path / "a", default_name="")
    with pytest.raises(TypeError):
        save_bytes("no bytes", path, default_name="")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob("**/.a.*")) == []


@pytest.mark.parametrize("place", ["file/a.png", "file/deep/a.png", "file/"])
def test_a_place_that_takes_no_file_is_told(tmp_path, place):
    """Saving below a file is an error of ours, with the system's reason."""
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(
        ConfigurationError, match=r"file.* cannot be written \(\w"
    ) as no:
        save_bytes(b"new", f"{tmp_path}/{place}", default_name="a.png")
    assert no.value.hint
    assert no.value.__context__ is None
    assert (tmp_path / "file").read_bytes() == b"old"


def mode_of(path):
    """Give a file's permissions."""
    return path.stat().st_mode & 0o777


def test_a_file_with_secrets_is_its_owners_alone(tmp_path):
    """A new .env can be read by nobody else, whatever the old one's permissions."""
    path = tmp_path / ".env"
    path.write_text("old")
    path.chmod(0o644)
    write_text("CHILI_CLIENT_ID=ä\n", path, mode=0o600)
    assert path.read_text(encoding="utf-8") == "CHILI_CLIENT_ID=ä\n"
    assert mode_of(path) == 0o600
    assert list(tmp_path.glob("**/..env.*")) == []


def test_other_content_keeps_the_permissions(tmp_path):
    """A mended file can be read by whoever could read it before."""
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"old")
    path.chmod(0o664)
    replace_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o664


def test_a_link_stays_a_link(tmp_path):
    """A .env that stands elsewhere is written where it stands."""
    path, link = tmp_path / "real", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    write_text("one", link, mode=0o600)
    assert path.read_bytes() == b"one"
    replace_bytes(link, b"two")
    assert path.read_bytes() == b"two"
    assert link.is_symlink()


def test_a_saved_file_has_ordinary_permissions(tmp_path):
    """A picture can be opened by whoever may open any other file of the person's."""
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    assert mode_of(save_bytes(b"", tmp_path / "a", default_name="")) == mode_of(plain)
