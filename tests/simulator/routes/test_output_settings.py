"""Tests of the calls that create, change and delete output settings."""

from __future__ import annotations

import pytest


def test_new_default_replaces_the_previous_one(api):
    """Each format has one default; the previous one can be deleted (2024-01-25)."""
    body = {"name": "New", "default": True}
    created = api.post("output/settings/png", json=body).json()
    settings = api.get("output/settings").json()["data"]
    pngs = [setting for setting in settings if setting["type"] == "PNG"]
    assert [s["id"] for s in pngs if s["default"]] == [created["id"]]
    (previous,) = [s for s in pngs if not s["default"]]
    assert api.delete(f"output/settings/{previous['id']}").status_code == 204
    assert previous not in api.get("output/settings").json()["data"]


def test_id_and_type_cannot_be_changed(api):
    """All other fields are saved."""
    body = {"name": "New", "quality": 80, "description": "for the shop"}
    created = api.post("output/settings/jpg", json=body).json()
    path = f"output/settings/{created['id']}"
    changed = api.put(path, json={"id": "x", "type": "PDF", "scaling": 2}).json()
    assert changed == created | {"scaling": 2}
    assert api.get(path).json() == changed


def test_setting_of_another_format_is_refused(api, price_tag):
    """An output needs a setting of its own format."""
    created = api.post("output/settings/pdf", json={"name": "New"}).json()
    body = {"templateId": price_tag["id"], "outputSettingsId": created["id"]}
    assert api.post("output/png", json=body).status_code == 400


@pytest.mark.parametrize(
    "field",
    [
        {"fps": "abc"},
        {"fps": True},
        {"scaling": 0},
        {"scaling": -50},
        {"quality": []},
        {"watermark": "yes"},
    ],
)
def test_fields_must_have_their_types(shared_api, field):
    """A field with a value of another type is refused."""
    body = {"name": "New"} | field
    assert shared_api.post("output/settings/gif", json=body).status_code == 400
