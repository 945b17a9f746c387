"""The nouns of the client: templates, projects, output settings and fonts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chili_notebook.errors import (
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    NotListedError,
    ServerError,
)


def is_shown_as_png(file):
    """Return whether a file is a PNG that a notebook shows."""
    bundle, _metadata = file._repr_mimebundle_()
    return file.content.startswith(b"\x89PNG") and "image/png" in bundle


def test_template_shows_its_preview_and_variables(template):
    """A cell that ends with a template shows its thumbnail, variables and ID."""
    bundle = template._repr_mimebundle_()
    assert "data:image/png;base64," in bundle["text/html"]
    assert "Headline" in bundle["text/html"]
    assert template.id in bundle["text/plain"]


def test_preview_has_a_size_and_a_layout(template):
    """Previews are PNG files; another size or layout is another picture."""
    layouts = template.layouts()
    previews = [
        template.preview("thumbnail"),
        template.preview("medium"),
        template.preview("medium", layouts[-1]),
        template.preview("medium", layout_id=layouts[-1].id),
    ]
    assert all(is_shown_as_png(preview) for preview in previews)
    thumbnail, medium, by_layout, by_layout_id = (one.content for one in previews)
    assert by_layout == by_layout_id
    assert len({thumbnail, medium, by_layout}) == 3


def test_template_is_created_renamed_updated_and_deleted(chili, template):
    """Each change can be read back; a deleted template cannot be read."""
    created = chili.templates.create(template.document(), name="Created")
    assert list(chili.templates.list(search="Created")) == [created]
    chili.templates.rename(created.id, "Renamed")
    assert chili.templates.get(created.id).name == "Renamed"
    chili.templates.update(created.id, created.document() | {"marker": 1})
    assert created.document()["marker"] == 1
    chili.templates.delete(created.id)
    with pytest.raises(ServerError, match=created.id):
        chili.templates.get(created.id)


def test_blank_name_is_refused(chili, template, simulator):
    """The name is checked before a request is sent."""
    before = len(simulator.state.requests)
    with pytest.raises(ConfigurationError, match="blank"):
        chili.templates.rename(template.id, " ")
    with pytest.raises(ConfigurationError, match="blank"):
        chili.projects.rename("any-id", " ")
    assert len(simulator.state.requests) == before


def test_project_is_created_renamed_saved_rendered_and_deleted(chili, template):
    """A project is made of a template, and has a document and outputs of its own."""
    project = chili.projects.create(template, name="Created")
    assert project.template_id == template.id
    assert project in list(chili.projects.list())
    chili.projects.rename(project.id, "Renamed")
    assert chili.projects.get(project.id).name == "Renamed"
    project.save(project.document() | {"marker": 1})
    assert project.document()["marker"] == 1
    assert "marker" not in template.document()
    assert is_shown_as_png(project.output("png"))
    assert is_shown_as_png(project.preview())
    chili.projects.delete(project.id)
    with pytest.raises(NotFoundError):
        chili.projects.get(project.id)


def test_item_can_be_passed_instead_of_its_id(chili, template):
    """Every method that takes an ID also takes the item that a listing returned."""
    created = chili.templates.create(template.document(), name="Created template")
    assert chili.templates.get(created) == created
    chili.templates.update(created, created.document() | {"marker": 1})
    assert created.document()["marker"] == 1
    chili.templates.rename(created, "Renamed template")

    project = chili.projects.create(created, name="Created project")
    chili.projects.rename(project, "Renamed project")
    assert chili.projects.get(project).name == "Renamed project"

    media = chili.media.list()[0]
    assert chili.media.get(media) == media

    setting = chili.outputs.settings.create("png", name="Created setting")
    chili.outputs.settings.delete(setting)
    chili.projects.delete(project)
    chili.templates.delete(created)
    remaining = [
        item.name
        for listing in (
            chili.templates.list(),
            chili.projects.list(),
            chili.outputs.settings.list(),
        )
        for item in listing
    ]
    assert not [name for name in remaining if name.startswith(("Created", "Renamed"))]


# Each call gets the client, a template, a project and a value of a wrong type.
CALLS = {
    "templates.get": lambda chili, _t, _p, wrong: chili.templates.get(wrong),
    "templates.create": lambda chili, _t, _p, wrong: chili.templates.create(
        wrong, name="New"
    ),
    "templates.update": lambda chili, _t, _p, wrong: chili.templates.update(wrong, {}),
    "templates.update of a document": lambda chili, t, _p, wrong: (
        chili.templates.update(t, wrong)
    ),
    "templates.rename": lambda chili, _t, _p, wrong: chili.templates.rename(
        wrong, "New"
    ),
    "templates.rename to a name": lambda chili, t, _p, wrong: chili.templates.rename(
        t, wrong
    ),
    "projects.rename to a name": lambda chili, _t, p, wrong: chili.projects.rename(
        p, wrong
    ),
    "templates.delete": lambda chili, _t, _p, wrong: chili.templates.delete(wrong),
    "template.preview": lambda _c, t, _p, wrong: t.preview(wrong),
    "template.preview of a layout": lambda _c, t, _p, wrong: t.preview(
        layout_id=0 if wrong is None else wrong
    ),
    "projects.create": lambda chili, _t, _p, wrong: chili.projects.create(wrong),
    "projects.get": lambda chili, _t, _p, wrong: chili.projects.get(wrong),
    "projects.rename": lambda chili, _t, _p, wrong: chili.projects.rename(wrong, "New"),
    "projects.delete": lambda chili, _t, _p, wrong: chili.projects.delete(wrong),
    "project.save": lambda _c, _t, p, wrong: p.save(wrong),
    "media.get": lambda chili, _t, _p, wrong: chili.media.get(wrong),
    "media.upload": lambda chili, _t, _p, wrong: chili.media.upload(wrong),
    "settings.create": lambda chili, _t, _p, wrong: chili.outputs.settings.create(
        wrong, name="New"
    ),
    "settings.delete": lambda chili, _t, _p, wrong: chili.outputs.settings.delete(
        wrong
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_value_of_a_wrong_type_is_refused_before_a_request(
    chili, template, simulator, name
):
    """None, a number and a list raise an error with a hint, and nothing is sent."""
    project = chili.projects.list()[0]
    before = len(simulator.state.requests)
    for wrong in (None, 7, ["a"]):
        with pytest.raises(ConfigurationError) as caught:
            CALLS[name](chili, template, project, wrong)
        assert caught.value.hint
    assert len(simulator.state.requests) == before


def test_item_of_another_kind_is_refused(chili):
    """The ID of a project is not sent as that of a template."""
    project = chili.projects.list()[0]
    with pytest.raises(
        ConfigurationError,
        match="Expected a template or its ID, got a value of the type Project",
    ):
        chili.projects.create(project)


@pytest.mark.parametrize(
    ("noun", "error"),
    [("templates", ServerError), ("projects", NotFoundError), ("media", NotFoundError)],
)
def test_error_of_an_unknown_id_names_the_id(chili, noun, error):
    """GraFx responds with 500 for an unknown template, and with 404 for others."""
    with pytest.raises(error, match="no-such-id"):
        getattr(chili, noun).get("no-such-id")


def test_hint_for_a_lost_response_states_whether_to_repeat(chili, simulator, template):
    """The project exists although its response was lost; a listing can be repeated."""
    simulator.state.faults.add("cut_short", path="projects")
    with pytest.raises(ConnectionFailedError) as caught:
        chili.projects.create(template, name="Created once")
    assert "check before you repeat" in caught.value.hint
    with pytest.raises(ConnectionFailedError) as caught:
        chili.projects.list()[0]
    assert caught.value.hint == "Try again."
    simulator.state.faults.clear()
    names = [project.name for project in chili.projects.list()]
    assert names.count("Created once") == 1


def test_output_setting_is_created_used_and_deleted(chili, template):
    """Each format has one default setting; a watermark changes the picture."""
    settings = chili.outputs.settings
    defaults = [setting.format for setting in settings.list() if setting.is_default]
    assert sorted(defaults) == ["gif", "html", "jpg", "mp4", "pdf", "png"]
    draft = settings.create("png", name="Draft", watermark=True, watermarkText="DRAFT")
    assert (draft.name, draft.watermark) == ("Draft", True)
    assert draft in list(settings.list())
    by_item = chili.outputs.create(template, "png", settings=draft)
    by_id = chili.outputs.create(template, "png", settings=draft.id)
    assert by_item.content == by_id.content
    assert by_item.content != chili.outputs.create(template, "png").content
    settings.delete(draft.id)
    assert draft not in list(settings.list())


def test_font_style_shows_a_sample_line(chili):
    """A style is shown as a PNG, and has its family, file type and size."""
    family = chili.fonts.list(search="Fredoka")[0]
    style = family.styles()[0]
    assert (style.family_id, style.family_name) == (family.id, "Fredoka One")
    assert (style.extension, style.file_size > 0) == ("ttf", True)
    assert is_shown_as_png(style.preview())
    bundle = style._repr_mimebundle_()
    assert "data:image/png;base64," in bundle["text/html"]
    assert ["family_name", *family.name.split()] in [
        line.split() for line in bundle["text/plain"].splitlines()
    ]


def test_font_families_are_sorted_and_shown_in_a_gallery(chili):
    """A gallery of families shows a sample line of each."""
    families = chili.fonts.list(sort_by="name")
    assert [(family.name, family.styles_count) for family in families] == [
        ("Fredoka One", 1),
        ("Manrope", 6),
        ("Source Serif Pro", 6),
    ]
    html = families.gallery()._repr_mimebundle_()["text/html"]
    assert html.count("data:image/png;base64,") == 3


def test_gallery_shows_at_most_the_given_number_of_items(chili):
    """Each item has a picture and a caption; items without previews are refused."""
    bundle = chili.templates.list().gallery(at_most=3)._repr_mimebundle_()
    assert bundle["text/html"].count("data:image/png;base64,") == 3
    assert len(bundle["text/plain"].splitlines()) == 3
    with pytest.raises(ConfigurationError, match="no preview"):
        chili.pages("templates").gallery()


@pytest.mark.parametrize("at_most", [-1, None, "many", 1.5])
def test_gallery_of_no_number_of_items_is_refused(chili, simulator, at_most):
    """The number is checked before a request is sent."""
    before = len(simulator.state.requests)
    with pytest.raises(ConfigurationError, match="not a number of items"):
        chili.templates.list().gallery(at_most=at_most)
    assert len(simulator.state.requests) == before


def test_item_whose_preview_fails_shows_its_fields_and_the_reason(chili):
    """A cell that ends with such an item raises no error."""
    for item in (chili.fonts.list()[0].styles()[0], chili.media.list()[0]):
        bundle = replace(item, id="no-such-id")._repr_mimebundle_()
        assert "no-such-id" in bundle["text/html"]
        assert "<img" not in bundle["text/html"]
        assert "No preview: GraFx responded 404" in bundle["text/plain"]


def test_environment_without_a_noun_is_read(chili):
    """The server's version, the settings and any other listing can be read."""
    assert chili.info()["serverVersion"] == "simulated"
    assert chili.settings()["applicationsConfig"]["studio"]["enabled"] is True
    connectors = [item["type"] for item in chili.pages("connectors")]
    assert connectors == ["media", "fonts", "components"]


def test_error_of_a_read_only_integration_names_the_missing_scope(simulator, signed_in):
    """A call that the scopes do not allow is a ForbiddenError with a hint."""
    simulator.integration.scopes = ("template:list",)
    with signed_in(simulator) as chili, pytest.raises(ForbiddenError) as caught:
        chili.media.list()[0]
    assert "media:list" in caught.value.hint


def test_item_is_fetched_by_its_only_exact_name(chili, template):
    """A part of a name is not enough; a file also has its name with its extension."""
    assert chili.templates.get(template.name) == template
    picture = chili.media.list()[0]
    for name in (picture.name, f"{picture.name}.{picture.extension}"):
        assert chili.media.get(name) == picture
    project = chili.projects.create(template, name="Only one")
    assert chili.projects.get("Only one") == project
    with pytest.raises(ServerError, match="Spring") as caught:
        chili.templates.get("Spring")
    assert "exactly this name" in caught.value.hint


def test_name_of_several_items_is_refused_with_their_ids(chili, template):
    """The caller chooses one of the IDs that the hint lists."""
    copies = [chili.templates.create(template.document(), name="Twin") for _ in "ab"]
    with pytest.raises(NotListedError, match="2 templates have the name 'Twin'") as it:
        chili.templates.get("Twin")
    assert all(copy.id in it.value.hint for copy in copies)
