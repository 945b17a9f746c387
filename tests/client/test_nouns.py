"""The client's nouns against the simulator: what people do with an environment."""

from __future__ import annotations

import io
import sys
from base64 import b64decode
from dataclasses import replace

import pytest
from PIL import Image

from chili_notebook import File
from chili_notebook.errors import (
    APIError,
    ChiliError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    OutputFailedError,
)

PICTURE = io.BytesIO()
Image.new("RGB", (40, 30), "#c8102e").save(PICTURE, "PNG")


@pytest.fixture
def template(chili):
    """Give the first template."""
    return chili.templates.list()[0]


def is_png(file):
    """Say whether a file is a picture that its notebook shows."""
    shown, _metadata = file._repr_mimebundle_()
    return file.content.startswith(b"\x89PNG") and "image/png" in shown


def test_a_template_is_previewed_and_shows_what_it_is_made_of(template):
    """The preview comes once it is made; the template shows it with its variables."""
    assert is_png(template.preview("thumbnail"))
    layouts = template.layouts()
    assert is_png(template.preview("medium", layout_id=layouts[-1].id))
    shown = template._repr_mimebundle_()
    assert "data:image/png;base64," in shown["text/html"]
    assert template.variables()[0].name in shown["text/html"]
    assert template.id in shown["text/plain"]


def test_a_template_is_made_changed_and_deleted(chili, template):
    """What is created is listed, takes another name and document, and goes again."""
    made = chili.templates.create(template.document(), name="Made here")
    assert made in list(chili.templates.list(search="Made here"))
    chili.templates.rename(made.id, "Renamed here")
    assert chili.templates.get(made.id).name == "Renamed here"
    document = made.document() | {"marker": 1}
    chili.templates.update(made.id, document)
    assert made.document()["marker"] == 1
    chili.templates.delete(made.id)
    with pytest.raises(APIError):
        chili.templates.get(made.id)
    with pytest.raises(ConfigurationError, match="blank"):
        chili.templates.rename(template.id, " ")


def test_a_project_lives_its_life(chili, template):
    """Made of a template, renamed, saved, rendered, deleted."""
    project = chili.projects.create(template, name="Mine")
    assert project.template_id == template.id
    assert project.id in [one.id for one in chili.projects.list()]
    chili.projects.rename(project.id, "Ours")
    assert chili.projects.get(project.id).name == "Ours"
    project.save(project.document() | {"marker": 1})
    assert project.document()["marker"] == 1
    assert is_png(project.output("png"))
    assert is_png(project.preview())
    chili.projects.delete(project.id)
    with pytest.raises(NotFoundError):
        chili.projects.get(project.id)


def test_a_thing_stands_for_its_id(chili, template):
    """Whatever takes an id takes what a listing gave just as well."""
    made = chili.templates.create(template.document(), name="Made here")
    assert chili.templates.get(made) == made
    chili.templates.update(made, made.document() | {"marker": 1})
    assert made.document()["marker"] == 1
    layout = made.layouts()[-1]
    assert is_png(made.preview("thumbnail", layout))
    assert is_png(made.preview("thumbnail", layout.id))
    project = chili.projects.create(made, name="Mine")
    chili.projects.rename(project, "Ours")
    assert chili.projects.get(project).name == "Ours"
    setting = chili.outputs.settings.create("png", name="Marked", watermark=True)
    assert (setting.name, setting.watermark) == ("Marked", True)
    media = chili.media.list()[0]
    assert chili.media.get(media) == media
    chili.outputs.settings.delete(setting)
    chili.projects.delete(project)
    chili.templates.rename(made, "Renamed here")
    chili.templates.delete(made)
    left = [*chili.outputs.settings.list(), *chili.projects.list()]
    left += chili.templates.list()
    assert not {"Marked", "Ours", "Renamed here"} & {one.name for one in left}


CALLS = {
    "templates.get": lambda chili, one: chili.templates.get(one),
    "templates.update": lambda chili, one: chili.templates.update(one, {}),
    "templates.rename": lambda chili, one: chili.templates.rename(one, "New"),
    "templates.delete": lambda chili, one: chili.templates.delete(one),
    "projects.create": lambda chili, one: chili.projects.create(one),
    "projects.get": lambda chili, one: chili.projects.get(one),
    "projects.rename": lambda chili, one: chili.projects.rename(one, "New"),
    "projects.delete": lambda chili, one: chili.projects.delete(one),
    "media.get": lambda chili, one: chili.media.get(one),
    "media.upload": lambda chili, one: chili.media.upload(one),
    "settings.delete": lambda chili, one: chili.outputs.settings.delete(one),
    "settings.create": lambda chili, one: chili.outputs.settings.create(one, name="a"),
    "a document": lambda chili, one: chili.templates.create(one, name="New"),
    "another document": lambda chili, one: chili.templates.update("1", one),
    "a project's document": lambda chili, one: chili.projects._read({"id": "1"}).save(
        one
    ),
    "a preview": lambda chili, one: chili.templates._read({"id": "1"}).preview(one),
    "a layout": lambda chili, one: chili.templates._read({"id": "1"}).preview(
        layout_id=one or 0
    ),
}


@pytest.mark.parametrize("wrong", [None, 7, ["a"]])
@pytest.mark.parametrize("call", CALLS)
def test_what_is_neither_is_told_before_anything_is_sent(chili, simulator, call, wrong):
    """None, a number and a list get an error of ours, which says what to give."""
    before = len(simulator.state.requests)
    with pytest.raises(ConfigurationError) as caught:
        CALLS[call](chili, wrong)
    assert caught.value.hint
    assert len(simulator.state.requests) == before


def test_a_project_is_no_template(chili):
    """A thing of another kind is not sent as if it were the right one."""
    project = chili.projects.list()[0]
    with pytest.raises(
        ConfigurationError,
        match="Expected a template or its ID, got a value of the type Project",
    ):
        chili.projects.create(project)


def test_a_cut_answer_tells_whether_to_repeat(chili, simulator, template):
    """What was carried out is not done twice, and what was only read is read again."""
    simulator.state.faults.add("cut_short", path="projects")
    with pytest.raises(ConnectionFailedError) as caught:
        chili.projects.create(template, name="Once")
    assert "check before you repeat" in caught.value.hint
    simulator.state.faults.clear()
    assert "Once" in [one.name for one in chili.projects.list()]
    simulator.state.faults.add("cut_short", path="projects")
    with pytest.raises(ConnectionFailedError) as caught:
        chili.projects.list()[0]
    assert caught.value.hint == "Try again."


def test_a_document_is_rendered_as_it_stands(chili, template):
    """A document that was changed by hand needs no template to be saved first."""
    document = template.document()
    assert is_png(chili.outputs.create(document, "png"))


def test_a_failed_output_tells_its_records(chili, template):
    """The report is fetched, and says by record and in words what went wrong."""
    name = next(v.name for v in template.variables() if v.type == "image")
    rows = [{}, {name: "no-such-picture"}]
    with pytest.raises(OutputFailedError) as caught:
        chili.outputs.create(template, "png", variables=rows)
    (error,) = caught.value.report
    assert (error.record, error.type) == (1, "ImageLoadFailed")
    assert "record 1: an image could not be loaded" in caught.value.hint


def test_a_batch_that_goes_on_gives_what_it_could_make(chili, template, capsys):
    """By its setting a batch leaves a bad record out, and its report names it."""
    photo = next(v for v in template.variables() if v.type == "image")
    rows = [{}, {photo.name: "no-such-picture"}, {photo.name: photo.value}]
    lenient = chili.outputs.settings.create(
        "pdf", name="Lenient", continueBatchOutputAfterFailure=True
    )
    output = chili.outputs.create(template, "pdf", variables=rows, settings=lenient)
    assert output.content.startswith(b"%PDF")
    assert [error.record for error in output.report] == [1]
    assert "without 1 of its records" in capsys.readouterr().err


def test_settings_are_made_used_and_deleted(chili, template):
    """A format has a default setting, and another one changes the picture."""
    listed = chili.outputs.settings.list()
    assert [one.format for one in listed if one.is_default].count("png") == 1
    made = chili.outputs.settings.create(
        "png", name="Marked", watermark=True, watermarkText="DRAFT"
    )
    assert made in list(listed)
    marked = chili.outputs.create(template, "png", settings=made)
    assert marked.content != chili.outputs.create(template, "png").content
    by_id = chili.outputs.create(template, "png", settings=made.id)
    assert by_id.content == marked.content
    chili.outputs.settings.delete(made.id)
    assert made not in list(listed)


def test_media_are_found_shown_and_downloaded(chili, tmp_path):
    """A file of the library shows its preview, and its original is written whole."""
    everything = list(chili.media.list())
    assert len(everything) >= 8
    media = chili.media.get(everything[0].id)
    assert media == everything[0]
    assert is_png(media.preview("thumbnail"))
    saved = media.download(tmp_path)
    assert saved.parent == tmp_path
    assert saved.stat().st_size > 1000


def test_a_picture_is_uploaded_and_used(chili, tmp_path):
    """What was uploaded is in the library under its name, and downloads as it was."""
    path = tmp_path / "red.png"
    path.write_bytes(PICTURE.getvalue())
    for source, name in ((path, None), (PICTURE.getvalue(), "bytes.png")):
        media = chili.media.upload(source, name=name)
        assert media.id in [one.id for one in chili.media.list(search=media.name)]
        assert media.download(tmp_path / "back").read_bytes() == PICTURE.getvalue()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_are_uploaded(chili, tmp_path, kind):
    """Whatever Python calls them, they arrive; without a folder, in the usual one."""
    file = kind(PICTURE.getvalue())
    media = chili.media.upload(file, name="red.png", folder=None)
    assert media.relative_path == "/Upload"
    assert media.download(tmp_path).read_bytes() == PICTURE.getvalue()
    assert media.metadata == media.raw["metaData"]


def test_a_name_without_an_ending_gets_that_of_the_file(chili, tmp_path, monkeypatch):
    """The file is what it was; a path may begin with the home folder's tilde."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "red.png").write_bytes(PICTURE.getvalue())
    media = chili.media.upload("~/red.png", name="hero")
    assert (media.name, media.extension) == ("hero", "png")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "has no name"),
        ({"name": "hero"}, "'hero' does not end with a file type"),
        ({"name": "hero.txt"}, "type 'txt'"),
    ],
)
def test_what_is_wrong_with_a_name_is_told(chili, options, said):
    """No name, one without an ending, and one with a strange ending are told apart."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        chili.media.upload(PICTURE.getvalue(), **options)
    assert "png" in caught.value.hint


@pytest.mark.parametrize("as_path", [True, False])
def test_an_upload_is_sent_again_with_a_new_token(chili, simulator, tmp_path, as_path):
    """A 401 costs an upload one replay, with the whole file, like any other call."""
    path = tmp_path / "red.png"
    path.write_bytes(PICTURE.getvalue())
    simulator.state.faults.add("token_expires", path="media")
    media = chili.media.upload(path if as_path else PICTURE.getvalue(), name="red.png")
    assert media.download(tmp_path / "back").read_bytes() == PICTURE.getvalue()
    sent = [one.path for one in simulator.state.requests if one.method == "POST"]
    assert len([path for path in sent if path.endswith("/media")]) == 2


def test_a_file_that_cannot_be_written_is_told(chili, tmp_path):
    """Outputs and media say where they cannot be saved, without a traceback."""
    (tmp_path / "file").write_bytes(b"")
    for save in (File(b"x", "image/png", "a.png").save, chili.media.list()[0].download):
        with pytest.raises(ConfigurationError, match="file exists and is not a folder"):
            save(tmp_path / "file" / "deep")


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("missing.png", {}),
        ("~nobody-is-called-so/a.png", {}),
        (b"text", {"name": "a.txt"}),
        (b"", {"name": "a.png"}),
        (b"bytes without a name", {}),
        (b"bytes", {"name": "a.png", "folder": "/"}),
    ],
)
def test_what_cannot_be_uploaded_is_refused_before_it_is_sent(
    chili, simulator, file, options
):
    """A missing or empty file, a wrong type and the root folder are told at once."""
    with pytest.raises(ConfigurationError):
        chili.media.upload(file, **options)
    assert not [asked for asked in simulator.state.requests if "/media" in asked.path]


def test_fonts_show_a_line_set_in_them(chili):
    """Families have styles, and a style shows itself."""
    family = chili.fonts.list()[0]
    style = family.styles()[0]
    assert style.family_name
    assert is_png(style.preview())
    assert "image/png" in style._repr_mimebundle_()[0]


def test_a_gallery_shows_pictures_side_by_side(chili):
    """A listing of templates becomes a grid, with a caption for each."""
    shown = chili.templates.list().gallery(at_most=3)._repr_mimebundle_()
    assert shown["text/html"].count("data:image/png;base64,") == 3
    assert len(shown["text/plain"].splitlines()) == 3
    with pytest.raises(ConfigurationError, match="no preview"):
        chili.pages("templates").gallery()


def test_a_listing_becomes_a_frame(chili):
    """Every item is a row, and fields are columns in Python's spelling."""
    frame = chili.media.list().to_frame()
    assert {"id", "name", "relative_path", "width"} <= set(frame.columns)
    assert len(frame) == len(list(chili.media.list()))


def test_plain_reads(chili):
    """What else the environment tells is a call away."""
    assert chili.info()
    assert chili.settings()
    assert list(chili.pages("connectors"))
    assert list(chili.pages("user-interfaces"))


def test_html_is_shown_in_a_frame_that_runs_nothing(chili, template):
    """An HTML output is foreign markup, and stays in a sandbox."""
    shown, _metadata = chili.outputs.create(template, "html")._repr_mimebundle_()
    assert "<iframe sandbox srcdoc=" in shown["text/html"]


def test_a_read_only_integration_learns_what_it_lacks(simulator, signed_in):
    """A call that the scopes do not allow names the scope that is probably needed."""
    integration = next(iter(simulator.state.issuer.integrations.values()))
    integration.scopes = ("template:list",)
    with signed_in(simulator) as chili, pytest.raises(ForbiddenError) as caught:
        chili.media.list()[0]
    assert "media:list" in caught.value.hint


@pytest.mark.parametrize("noun", ["templates", "projects", "media"])
def test_a_missing_one_is_an_error_of_ours(chili, noun):
    """Whatever GraFx answers for an id that is not there, it is told in our words."""
    with pytest.raises(ChiliError):
        getattr(chili, noun).get("no-such-id")


def test_a_pdf_shows_its_first_page(chili, template):
    """A notebook shows the page itself, small, wherever it is read."""
    output = chili.outputs.create(template, "pdf")
    bundle, _metadata = output._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/jpeg"}
    page = Image.open(io.BytesIO(b64decode(bundle["image/jpeg"])))
    assert max(page.size) == 800
    assert len(page.convert("L").getcolors(256)) > 20  # drawn, and not blank


def test_a_pdf_of_several_pages_shows_the_first_ones(chili, template):
    """The captions have the number of pages, so that a batch does not look like one."""
    one = len(chili.outputs.create(template, "pdf").files())
    output = chili.outputs.create(template, "pdf", variables=[{}] * 6)
    bundle, _metadata = output._repr_mimebundle_()
    assert one == 1
    assert bundle["text/html"].count("data:image/jpeg;base64,") == 4
    assert ">page 1 of 6<" in bundle["text/html"]
    assert bundle["text/plain"].endswith(", 6 pages>")


def test_a_batch_of_pictures_is_a_gallery_and_is_unpacked(chili, template, tmp_path):
    """A zip shows its pictures, and save() unpacks it into a folder of its own."""
    output = chili.outputs.create(template, "png", variables=[{}, {}])
    bundle, _metadata = output._repr_mimebundle_()
    assert bundle["text/html"].count("data:image/png;base64,") == 2
    folder = output.save("renders")
    assert folder.name == output.file_name.removesuffix(".zip")
    assert sorted(path.suffix for path in folder.iterdir()) == [".png", ".png"]
    assert output.save(tmp_path / "all.zip").read_bytes() == output.content


def test_a_pdf_is_handed_on_where_no_page_can_be_drawn(monkeypatch):
    """Without the extra, and for a broken PDF, the front-end gets the file."""
    broken = File(b"%PDF-", "application/pdf", "a.pdf")
    assert set(broken._repr_mimebundle_()[0]) == {"text/plain", "application/pdf"}
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    assert set(broken._repr_mimebundle_()[0]) == {"text/plain", "application/pdf"}


def test_fonts_show_themselves_in_a_gallery(chili):
    """A family shows its first style, and tells what there is of it."""
    families = chili.fonts.list(sort_by="name")
    assert [one.name for one in families] == sorted(one.name for one in families)
    assert all(one.styles_count and one.extensions for one in families)
    html = families.gallery()._repr_mimebundle_()["text/html"]
    assert html.count("data:image/png") == len(list(families))
    style = families[0].styles()[0]
    assert (style.family_id, style.extension) == (families[0].id, "ttf")
    assert style.file_size


def test_what_has_no_preview_still_shows_itself(chili):
    """A font or a file whose picture is not to be had is told as text, not an error."""
    for item in (chili.fonts.list()[0].styles()[0], chili.media.list()[0]):
        bundle, _metadata = replace(item, id="not-there")._repr_mimebundle_()
        assert set(bundle) == {"text/plain"}
        assert "No preview: GraFx answered 404" in bundle["text/plain"]
