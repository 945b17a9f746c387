"""Fonts of the simulator: downloads, and uploads with GraFx's verdict."""

from __future__ import annotations

import pytest

from chili_notebook import TransferState
from chili_notebook.errors import ConfigurationError, NotListedError


def test_style_and_family_are_downloaded(chili, fredoka):
    """Each file is the original under its own name; what is on disk stays."""
    family = chili.fonts.get("Fredoka One")
    saved = family.styles()[0].download("fonts/")
    assert saved.read_bytes() == fredoka
    done = chili.fonts.get("Manrope").download("fonts")
    assert {one.state for one in done} == {TransferState.DOWNLOADED}
    assert {one.name for one in done} <= {path.name for path in saved.parent.iterdir()}
    assert {one.state for one in chili.fonts.get("Manrope").download("fonts")} == {
        TransferState.PRESENT
    }


def test_new_font_is_uploaded_listed_and_shown(chili, other_font, tmp_path):
    """After the three steps the family is listed, with the file that was sent."""
    (tmp_path / "kestrel.ttf").write_bytes(other_font)
    (done,) = chili.fonts.upload(tmp_path / "kestrel.ttf")
    assert done.state is TransferState.UPLOADED
    assert done.name == "kestrel.ttf (Kestrel One Regular)"
    (style,) = chili.fonts.get("Kestrel One").styles()
    assert style.id == done.id
    assert style.download("fonts/").read_bytes() == other_font
    assert "data:image/png;base64," in style._repr_mimebundle_()["text/html"]


def test_verdict_names_why_a_font_is_refused(chili, fredoka, other_font, tmp_path):
    """A style that exists and a file that is not a font do not stop the others."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    for name, content in (
        ("again.ttf", fredoka),
        ("broken.otf", b"not a font"),
        ("new.ttf", other_font),
    ):
        (folder / name).write_bytes(content)
    (folder / "readme.txt").write_text("no font")
    again, broken, new = chili.fonts.upload(folder)
    assert (again.state, "exists" in again.reason) == (TransferState.REFUSED, True)
    assert (broken.state, "valid" in broken.reason) == (TransferState.REFUSED, True)
    assert new.state is TransferState.UPLOADED


@pytest.mark.parametrize(
    ("files", "name"),
    [([b"font"], "a.woff"), (["missing.ttf"], None), ([None], "a.ttf")],
)
def test_wrong_font_file_is_refused_before_a_request(chili, simulator, files, name):
    """GraFx takes OTF and TTF files only."""
    with pytest.raises(ConfigurationError) as caught:
        chili.fonts.upload(*files, name=name)
    assert caught.value.hint
    assert not [one for one in simulator.state.requests if "/font-" in one.path]


def test_family_is_fetched_by_name_or_id(chili):
    """A part of the name is not enough."""
    family = chili.fonts.list("Manrope")[0]
    for wanted in ("Manrope", family.id, family):
        assert chili.fonts.get(wanted) == family
    with pytest.raises(NotListedError, match="'Manro'"):
        chili.fonts.get("Manro")
    with pytest.raises(ConfigurationError, match="Expected a font family"):
        chili.fonts.get(7)
