"""Durations and paths as people read them."""

from __future__ import annotations

import pytest

from chili_notebook.display.wording import relative_path, spell_duration


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (79_045, "21 h 57 min"),
        (864_000, "240 h 00 min"),
    ],
)
def test_duration_is_spelled_in_its_two_largest_units(seconds, expected):
    """Hours with minutes, or minutes with seconds; fractions are cut off."""
    assert spell_duration(seconds) == expected


def test_path_is_relative_to_the_notebook(tmp_path):
    """A saved notebook shows a relative path, or the file's name if it is far away."""
    folder = tmp_path / "a" / "b"
    assert relative_path(folder / ".env", folder) == ".env"
    assert relative_path(tmp_path / "x" / ".env", folder) == "../../x/.env"
    distant = folder / "1" / "2" / "3" / "4" / "5"
    assert relative_path(tmp_path / "x.env", distant) == "x.env"
