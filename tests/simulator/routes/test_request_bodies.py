"""Tests of request bodies that contain values which JSON does not have."""

from __future__ import annotations

import pytest

VALUES = [b'"\\ud800"', b'"\xed\xa0\x80"', b"NaN", b"-Infinity", b"1e999"]


@pytest.mark.parametrize("value", VALUES)
def test_value_that_cannot_be_serialized_is_refused(shared_api, value):
    """The body is refused, and nothing is stored."""
    (template, *_) = shared_api.get("templates").json()["data"]
    paths = ("templates", "projects", "output/settings")
    before = [shared_api.get(path).json() for path in paths]
    project = b'{"template": {"id": "%s"}, "name": ' % template["id"].encode()
    for method, path, body in (
        ("POST", "templates?name=New", b'{"x": ' + value + b"}"),
        ("PUT", f"templates/{template['id']}", b'{"x": ' + value + b"}"),
        ("POST", "projects", project + value + b"}"),
        ("POST", "output/settings/png", b'{"name": "a", "b": ' + value + b"}"),
        ("POST", "output/png", b'{"documentContent": {"x": ' + value + b"}}"),
    ):
        assert shared_api.request(method, path, content=body).status_code == 400
    assert [shared_api.get(path).json() for path in paths] == before
    document = shared_api.get(f"templates/{template['id']}/download")
    assert document.status_code == 200
