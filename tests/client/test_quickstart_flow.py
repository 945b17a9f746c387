"""The steps of the quickstart: sign in, list templates, render, save the file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chili_notebook import login
from chili_notebook.errors import ConfigurationError, VariableError


def test_login_signs_in_from_the_process_environment(simulator, monkeypatch):
    """`login()` needs no notebook, and returns a client that can list templates."""
    for key, value in simulator.variables().items():
        monkeypatch.setenv(key, value)
    with login() as chili:
        assert chili.templates.list()[0].name == "Spring social post"
    assert simulator.state.issuer.grants == 1


def test_login_to_the_demo_starts_a_simulator():
    """`login(demo=True)` needs no credentials, and returns a client of a simulator."""
    with login(demo=True) as chili:
        assert chili.environment.kind == "simulated"
        assert chili.templates.list()


def test_template_is_found_in_a_listing_by_id_and_by_search(chili):
    """All three return equal templates."""
    template = chili.templates.list()[2]
    assert chili.templates.get(template.id) == template
    assert list(chili.templates.list(search=template.name)) == [template]


def test_listing_is_sorted_by_name(chili):
    """The simulator sorts in the requested order, and ignores upper and lower case."""
    listing = chili.templates.list(sort_by="name", sort_order="desc")
    names = [template.name for template in listing]
    assert len(names) == 9
    assert names == sorted(names, key=str.lower, reverse=True)


def test_listing_continues_on_every_page(chili, simulator):
    """Pages of two items contain the same templates as one page, in the same order."""
    all_ids = [template.id for template in chili.templates.list()]
    before = len(simulator.state.requests)
    assert [item["id"] for item in chili.pages("templates", {"limit": 2})] == all_ids
    assert len(simulator.state.requests) - before == 5


def test_listing_is_shown_as_a_table_with_the_total(chili):
    """The table has a row for each template, and the caption the total."""
    bundle = chili.templates.list()._repr_mimebundle_()
    assert bundle["text/html"].count("<tr>") == 1 + 9
    assert bundle["text/plain"].endswith("9 of 9 templates")


def test_template_lists_its_variables_and_layouts(template):
    """Variables have a name, a type and a value; one layout is the selected one."""
    variables, layouts = template.variables(), template.layouts()
    headline = variables[0]
    assert (headline.name, headline.type) == ("Headline", "shortText")
    assert headline.value == "Slow mornings, bright cups"
    assert [layout.selected for layout in layouts].count(True) == 1
    assert variables._repr_mimebundle_()["text/html"].count("<tr>") == 1 + 7


@pytest.mark.parametrize(
    ("format_name", "first_bytes"),
    [
        ("png", b"\x89PNG"),
        ("jpg", b"\xff\xd8"),
        ("pdf", b"%PDF"),
        ("gif", b"GIF8"),
        ("html", b"<"),
    ],
)
def test_output_is_saved_as_a_file_of_its_format(
    chili, template, format_name, first_bytes, tmp_path
):
    """`save` takes a folder or a file name, and creates the missing folders."""
    output = chili.outputs.create(template, format_name)
    assert output.content.lstrip().startswith(first_bytes)
    assert output.save(tmp_path) == tmp_path / output.file_name
    saved = output.save(tmp_path / "new" / "folder" / f"file.{format_name}")
    assert saved.read_bytes() == output.content
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_variable_changes_the_picture(chili, template):
    """Another headline makes another picture, and the same headline the same one."""
    unchanged, same, other = (
        chili.outputs.create(template, "png", variables=variables).content
        for variables in (
            None,
            {"Headline": "Slow mornings, bright cups"},
            {"Headline": "Another headline"},
        )
    )
    assert unchanged == same
    assert unchanged != other


def test_layout_is_chosen_by_name_or_id(chili, template):
    """Each layout makes a picture of its own; its name and its ID make the same one."""
    layouts = template.layouts()
    by_name, by_id = (
        [
            chili.outputs.create(template, "png", layout=layout).content
            for layout in names
        ]
        for names in (
            [layout.name for layout in layouts],
            [layout.id for layout in layouts],
        )
    )
    assert by_name == by_id
    assert len(set(by_name)) == len(layouts) > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variables": {"Haedline": "x"}}, "no variable 'Haedline'"),
        (
            {"variables": {"Season": "Monsoon"}},
            "'Season': 'Monsoon' is not in the list",
        ),
        ({"variables": {"Headline": object()}}, "'Headline'"),
        ({"layout": "Poster"}, "no layout 'Poster'"),
        ({"format": "tiff"}, "'tiff' is not an output format"),
    ],
)
def test_wrong_input_starts_no_output(chili, template, simulator, arguments, message):
    """An unknown variable, value, layout or format raises before GraFx renders."""
    before = [one for one in simulator.state.requests if one.method == "POST"]
    with pytest.raises((ConfigurationError, VariableError), match=message):
        chili.outputs.create(template, **({"format": "png"} | arguments))
    assert [one for one in simulator.state.requests if one.method == "POST"] == before


def test_threads_share_one_token_request(chili, simulator):
    """Twenty threads that use the client after its token expired cause one request."""
    simulator.clock.advance(86_400)
    grants = simulator.state.issuer.grants
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: chili.get("templates"), range(20)))
    assert {response.status_code for response in responses} == {200}
    assert simulator.state.issuer.grants == grants + 1
