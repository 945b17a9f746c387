"""Brand kits of the simulator, and the usage of its subscription."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chili_notebook.errors import ConfigurationError, NotFoundError


def colors_of(kit):
    """Return the values of the colours of a kit, by name."""
    return {color.name: color.value for color in kit.colors()}


def test_colours_are_shown_with_swatches(chili):
    """A kit of a listing fetches its colours, and shows each as a picture."""
    (kit,) = chili.brand_kits.list()
    assert chili.brand_kits.get("Quillmere") == chili.brand_kits.get(kit.id) == kit
    assert colors_of(kit)["Terracotta"] == "#c4623f"
    bundle = kit._repr_mimebundle_()
    assert "background:#c4623f" in bundle["text/html"]
    assert "Terracotta" in bundle["text/plain"]
    assert kit.id in bundle["text/html"]
    missing = replace(kit, id="no-such-kit", raw={})._repr_mimebundle_()
    assert "No colours: " in missing["text/plain"]
    assert repr(chili.brand_kits) == "<BrandKits: get, list, update>"
    with pytest.raises(NotFoundError, match="no-such-kit"):
        chili.brand_kits.get("no-such-kit")


def test_colours_are_changed_added_and_replaced(chili):
    """A colour keeps its GUID, and everything else in the kit stays."""
    kit = chili.brand_kits.get("Quillmere")
    before = {color.name: color.id for color in kit.colors()}
    changed = chili.brand_kits.update(kit, colors={"Sage": "8fa", "Berry": "#8A1C4A"})
    colors = colors_of(changed)
    assert (colors["Sage"], colors["Berry"]) == ("#88ffaa", "#8a1c4a")
    assert colors["Ink"] == colors_of(kit)["Ink"]
    after = {color.name: color.id for color in changed.colors()}
    assert after["Berry"]
    assert before.items() <= after.items()
    only = chili.brand_kits.update(
        kit.id, name="Autumn", colors={"Ink": "#000000"}, replace=True
    )
    assert (only.name, colors_of(only)) == ("Autumn", {"Ink": "#000000"})
    assert only.raw["fonts"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"colors": {"Red": "red"}},
        {"colors": {"Red": "#12345"}},
        {"colors": {"Red": None}},
        {"colors": {"": "#fff"}},
        {"colors": ["#fff"]},
        {"name": " "},
    ],
)
def test_wrong_colour_or_name_is_refused_before_a_request(chili, simulator, change):
    """The error names the value, and nothing is sent."""
    kit = chili.brand_kits.list()[0]
    before = len(simulator.state.requests)
    with pytest.raises(ConfigurationError) as caught:
        chili.brand_kits.update(kit, **change)
    assert caught.value.hint
    assert len(simulator.state.requests) == before


def test_usage_is_one_data_frame(chili):
    """One row for each subscription and period, with the storage in bytes."""
    frame = chili.usage()
    assert list(frame["renders"]) == [120, 310, 275]
    assert set(frame["client"]) == {"Quillmere Coffee"}
    year = chili.usage(group_by="year")
    assert (year["renders"][0], year["storage_limit"][0]) == (705, 50_000_000_000)
    for other in ("week", ["month"], None):
        with pytest.raises(ConfigurationError, match="is not a period of usage"):
            chili.usage(group_by=other)
