"""Template packages: from one simulated environment to another."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from chili_notebook import TransferState
from chili_notebook.errors import ConfigurationError
from chili_notebook.simulator import Simulator
from chili_notebook.simulator.state.clock import Clock as Adjustable
from fakes import Clock


@pytest.fixture
def other_simulator():
    """Serve another environment."""
    with Simulator(clock=Adjustable(Clock())) as simulator:
        simulator.state.tasks.wait_s = 4
        yield simulator


@pytest.fixture
def other(other_simulator, signed_in):
    """Return a client of another environment."""
    with signed_in(other_simulator) as client:
        yield client


@pytest.fixture
def badge(chili, tmp_path, other_font):
    """Return a template with a picture and a font that only this environment has."""
    Image.new("RGB", (400, 300), "#c8102e").save(tmp_path / "sunset.png")
    picture = chili.media.upload(tmp_path / "sunset.png", folder="/Campaign/Spring")
    (font,) = chili.fonts.upload(other_font, name="kestrel.ttf")
    family = chili.fonts.get("Kestrel One")
    document = chili.templates.get("Spring social post").document()
    text = json.dumps(document)
    (old,) = {
        v["value"]["assetId"] for v in document["variables"] if v["type"] == "image"
    }
    text = text.replace(old, picture.id)
    document = json.loads(text)
    style = document["brandKit"]["paragraphStyles"][0]
    style["fontKey"] = f"grafx-fonts::{family.id}::{font.id}"
    return chili.templates.create(document, name="Sunset", folder="/Campaign")


def states_of(installation):
    """Return the names of the parts in each state, by kind."""
    found = {}
    for part in installation.parts:
        found.setdefault((part.kind, part.state.value), []).append(part.name)
    return found


@pytest.mark.parametrize("path", ["packages/sunset", "packages/sunset.zip"])
def test_template_is_moved_with_its_picture_and_its_font(chili, other, badge, path):
    """The other environment shows the same picture, with IDs of its own."""
    packed = chili.templates.package(badge, path)
    assert {one.state for one in packed} == {TransferState.DOWNLOADED}
    assert "/Campaign/Spring/sunset.png" in [one.name for one in packed]

    planned = other.templates.install(path, dry_run=True)
    assert planned.template is None
    assert states_of(planned)["media", "would be uploaded"] == [
        "/Campaign/Spring/sunset.png"
    ]
    assert states_of(planned)["font", "would be uploaded"] == ["Kestrel One Regular"]
    assert "nothing was changed" in planned._repr_mimebundle_()["text/plain"]
    assert other.media.list("sunset").total == 0

    done = other.templates.install(path)
    assert done.template.name == "Sunset"
    assert other.templates.get("Sunset").relative_path == "/Campaign"
    assert states_of(done)["media", "uploaded"] == ["/Campaign/Spring/sunset.png"]
    assert len(states_of(done)["font", "already there"]) >= 6
    text = json.dumps(done.template.document())
    assert other.media.get("sunset").id in text
    assert chili.media.get("sunset").id not in text
    style = other.fonts.get("Kestrel One").styles()[0]
    assert f"::{style.family_id}::{style.id}" in text
    pictures = [item.output("png").content for item in (badge, done.template)]
    assert pictures[0] == pictures[1]


def test_second_installation_changes_nothing(chili, other, other_simulator, badge):
    """An equal template is used; another document needs a name or `replace`."""
    chili.templates.package(badge, "sunset.zip")
    first = other.templates.install("sunset.zip")
    before = len(other_simulator.state.requests)
    again = other.templates.install("sunset.zip")
    assert again.template == first.template
    assert {part.state for part in again.parts} == {TransferState.PRESENT}
    sent = list(other_simulator.state.requests)[before:]
    assert {request.method for request in sent} == {"GET"}

    other.templates.update(first.template, first.template.document() | {"marker": 1})
    with pytest.raises(ConfigurationError, match="'Sunset' with another document"):
        other.templates.install("sunset.zip")
    refused = other.templates.install("sunset.zip", dry_run=True)
    assert refused.parts[0].state is TransferState.REFUSED
    assert other.templates.install("sunset.zip", name="Second").template.name == (
        "Second"
    )
    replaced = other.templates.install("sunset.zip", replace=True).template
    assert replaced.id == first.template.id
    assert "marker" not in replaced.document()


def test_another_picture_of_the_same_name_is_not_used(chili, other, badge, tmp_path):
    """The names of files do not decide: their content does."""
    chili.templates.package(badge, "sunset.zip")
    Image.new("RGB", (40, 30), "#000").save(tmp_path / "sunset.png")
    wrong = other.media.upload(tmp_path / "sunset.png", folder="/Campaign/Spring")
    text = json.dumps(other.templates.install("sunset.zip").template.document())
    assert wrong.id not in text
    (right,) = [one for one in other.media.list("sunset") if one.id != wrong.id]
    assert right.id in text
    assert right.name.startswith("sunset ")
    again = other.templates.install("sunset.zip")
    assert {part.state for part in again.parts} == {TransferState.PRESENT}


def test_file_that_grafx_does_not_take_is_refused_before_anything_is_written(
    chili, other, other_simulator, badge
):
    """A package from another program may have files of any type."""
    chili.templates.package(badge, "package")
    manifest = Path("package", "package.json")
    manifest.write_text(manifest.read_text().replace('sunset.png"', 'sunset.exe"', 1))
    with pytest.raises(ConfigurationError, match="type 'exe'"):
        other.templates.install("package")
    sent = list(other_simulator.state.requests)
    assert not [one for one in sent if one.method != "GET" and "/token" not in one.path]


def test_newer_document_is_refused_before_anything_is_written(
    chili, other, other_simulator, template
):
    """The engine of the document is compared with that of the environment."""
    document = template.document() | {"engineVersion": "2.100.0"}
    newer = chili.templates.create(document, name="Newer")
    chili.templates.package(newer, "newer.zip")
    for dry_run in (True, False):
        with pytest.raises(
            ConfigurationError, match=r"engine version 2\.100\.0.* has 2\.27"
        ):
            other.templates.install("newer.zip", dry_run=dry_run)
    sent = {request.method for request in other_simulator.state.requests}
    assert sent <= {"GET", "POST"}
    assert other.templates.list("Newer").total == 0


@pytest.mark.parametrize("version", ["2.27.0-rc.1", "2.27.0+build.5", "2.27.0.9", "2"])
def test_version_with_more_or_fewer_numbers_is_not_newer(
    chili, other, template, version
):
    """Only the numbers that both versions state are compared."""
    document = template.document() | {"engineVersion": version}
    chili.templates.create(document, name="Same")
    chili.templates.package("Same", "same.zip")
    planned = other.templates.install("same.zip", name="New", dry_run=True)
    assert states_of(planned)["template", "would be uploaded"] == ["New"]


def test_missing_connector_is_refused_and_a_known_one_gets_its_id(
    chili, other, template
):
    """A connector is the same if its ID, or its type and name, are the same."""
    document = template.document()
    document["connectors"] += [
        {"id": "c1", "name": "GraFx Media", "source": {"source": "grafx", "id": "old"}},
        {"id": "c2", "name": "AEM", "source": {"source": "grafx", "id": "aem"}},
    ]
    chili.templates.create(document, name="With AEM")
    chili.templates.package("With AEM", "aem.zip")
    planned = other.templates.install("aem.zip", name="New", dry_run=True)
    assert states_of(planned)["connector", "missing"] == ["AEM"]
    with pytest.raises(ConfigurationError, match="connectors 'AEM'"):
        other.templates.install("aem.zip", name="New")
    document["connectors"].pop()
    chili.templates.create(document, name="Without AEM")
    chili.templates.package("Without AEM", "plain.zip")
    done = other.templates.install("plain.zip", name="New").template.document()
    sources = {one["id"]: one["source"]["id"] for one in done["connectors"]}
    assert sources["c1"] == "grafx-media"


def test_deleted_picture_is_named_and_left_out(chili, other, badge):
    """A template may name a picture that is no longer in the library."""
    chili.media.delete(chili.media.get("sunset"))
    packed = chili.templates.package(badge, "sunset.zip")
    assert [one.kind for one in packed if one.state is TransferState.MISSING] == [
        "media"
    ]
    assert other.templates.install("sunset.zip").template.name == "Sunset"


def test_package_has_no_secret_and_no_address(chili, badge):
    """Neither the token nor the addresses of the environment are written."""
    chili.templates.package(badge, "sunset")
    names = {str(path.relative_to("sunset")) for path in Path("sunset").rglob("*")}
    assert {"package.json", "document.json", "media/sunset.png"} <= names
    for path in Path("sunset").rglob("*.json"):
        text = path.read_text()
        assert str(chili.token) not in text
        assert chili.environment.host not in text


def rewrite(change):
    """Return a function that changes the manifest of a package in a folder."""

    def damage(folder):
        path = folder / "package.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return damage


DAMAGES = {
    "no manifest": lambda folder: (folder / "package.json").unlink(),
    "manifest is no JSON": lambda folder: (folder / "package.json").write_text("{"),
    "manifest is a list": lambda folder: (folder / "package.json").write_text("[]"),
    "other format": rewrite(lambda raw: raw.update(format="x")),
    "newer version": rewrite(lambda raw: raw.update(version=2)),
    "no media": rewrite(lambda raw: raw.pop("media")),
    "media of text": rewrite(lambda raw: raw.update(media=["x"])),
    "media without a name": rewrite(lambda raw: raw["media"][0].pop("name")),
    "climbing name": rewrite(
        lambda raw: raw["media"][0].update(file="media/../../secret.txt")
    ),
    "absolute name": rewrite(lambda raw: raw["media"][0].update(file="/etc/passwd")),
    "backslashes": rewrite(lambda raw: raw["media"][0].update(file="media/..\\x")),
    "name of a folder": rewrite(lambda raw: raw["media"][0].update(file="media/..")),
    "large manifest": lambda folder: (folder / "package.json").write_bytes(
        b" " * 50_000_001
    ),
    "changed file": lambda folder: next((folder / "media").iterdir()).write_text("x"),
    "missing file": lambda folder: next((folder / "fonts").iterdir()).unlink(),
    "changed document": lambda folder: (folder / "document.json").write_text("{}"),
}


def test_package_that_does_not_exist_is_named(chili, tmp_path):
    """A wrong path is not reported as damage."""
    with pytest.raises(ConfigurationError, match="it does not exist") as refused:
        chili.templates.install(tmp_path / "no.zip")
    assert refused.value.hint == "Check the path."


def test_damaged_package_is_refused_in_words(chili, template):
    """The error names the package, as a folder and as a zip; nothing is sent."""
    chili.templates.package(template, "whole")
    Path("secret.txt").write_text("secret")
    for name, damage in DAMAGES.items():
        folder, path = Path(name), Path(f"{name}.zip")
        shutil.copytree("whole", folder)
        damage(folder)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in folder.rglob("*"):
                archive.write(file, file.relative_to(folder))
        for package in (folder, path):
            with pytest.raises(ConfigurationError, match=name) as caught:
                chili.templates.install(package, name="Damaged")
            assert caught.value.hint
    assert chili.templates.list("Damaged").total == 0


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken", b"text"])
def test_file_that_is_no_package_is_refused(other, tmp_path, content):
    """A missing file, an empty file and another file are ConfigurationErrors."""
    path = tmp_path / "a.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"a\.zip cannot be used"):
        other.templates.install(path)


def test_link_out_of_a_package_is_not_followed(chili, other, template, tmp_path):
    """A folder from somebody else may contain links."""
    chili.templates.package(template, "package")
    media = next(Path("package", "media").iterdir())
    outside = tmp_path / "outside.png"
    media.rename(outside)
    media.symlink_to(outside)
    with pytest.raises(ConfigurationError, match="is a link out of the package"):
        other.templates.install("package")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_file_of_a_package_that_is_a_pipe_or_a_circle_is_refused(
    chili, other, template
):
    """It would never end; the package is refused, and nothing is read from it."""
    chili.templates.package(template, "package")
    media = next(Path("package", "media").iterdir())
    media.unlink()
    os.mkfifo(media)
    with pytest.raises(ConfigurationError, match=f"{media.name} is missing"):
        other.templates.install("package")
    media.unlink()
    media.symlink_to(media.name)
    with pytest.raises(ConfigurationError, match=media.name):
        other.templates.install("package")
    os.mkfifo("pipe.zip")
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        other.templates.install("pipe.zip")


def test_package_does_not_mix_with_other_files(chili, template):
    """A folder with files is left as it is, and nothing is fetched."""
    Path("full").mkdir()
    Path("full", "mine.txt").write_text("mine")
    for path in ("full", "full/mine.txt/x"):
        with pytest.raises(ConfigurationError):
            chili.templates.package(template, path)
    assert [file.name for file in Path("full").iterdir()] == ["mine.txt"]
