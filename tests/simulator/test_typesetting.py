"""Typesetting: lines, alignment and fitting, in numbers."""

from __future__ import annotations

from itertools import groupby

import pytest

from chili_notebook.simulator.drawing.fonts import (
    DEFAULT_KEY,
    advances,
    ascent,
    cap_height,
    descent,
)
from chili_notebook.simulator.drawing.styles import Paragraph, Run, TextStyle
from chili_notebook.simulator.drawing.typesetting import set_text

SENTENCE = "Coffee grows slowly in the shade of taller trees"


def paragraph(text, **style):
    """Give a paragraph of one run, ten units high."""
    look = TextStyle(size=10, **style)
    return Paragraph(look, (Run(text, look),))


def rows(setting):
    """Give the lines of a setting as texts without spaces."""
    by_line = groupby(setting.letters, key=lambda letter: round(letter.y, 3))
    return ["".join(letter.text for letter in line) for _, line in by_line]


def right_end(letter):
    """Give where a letter ends."""
    return letter.x + letter.size * advances(letter.font, letter.text)[-1]


def test_a_line_breaks_at_spaces_and_keeps_to_the_width():
    """Words stay whole, and no line is wider than its box."""
    setting = set_text([paragraph(SENTENCE)], 90, 500)
    assert len(rows(setting)) > 2
    assert "".join(rows(setting)) == SENTENCE.replace(" ", "")
    assert not setting.overflows
    assert max(map(right_end, setting.letters)) <= 90.01


def test_runs_without_a_space_between_them_stay_together():
    """A currency in its own style does not part from its amount."""
    small, large = TextStyle(size=5, shift=0.5), TextStyle(size=10)
    text = Paragraph(large, (Run("only €", small), Run("1234", large)))
    width = 10 * advances(DEFAULT_KEY, "1234")[-1] + 5
    assert rows(set_text([text], width, 500))[-1].endswith("1234")
    setting = set_text([text], width, 500)
    baselines = {
        round(letter.y + (2.5 if letter.text == "€" else 0), 3)
        for letter in setting.letters
        if letter.text in "€1234"
    }
    assert len(baselines) == 1


def test_a_word_that_is_too_wide_breaks_between_letters():
    """Nothing leaves the box sideways, however long the word."""
    setting = set_text([paragraph("Donaudampfschifffahrt")], 40, 500)
    assert len(rows(setting)) > 1
    assert max(map(right_end, setting.letters)) <= 40.01


@pytest.mark.parametrize(
    ("align", "part"), [("left", 0), ("center", 0.5), ("right", 1)]
)
def test_lines_are_aligned(align, part):
    """The room that a line leaves is on its right, its left or both sides."""
    setting = set_text([paragraph("Tea", align=align)], 100, 50)
    first, last = setting.letters[0], setting.letters[-1]
    room = 100 - (right_end(last) - first.x)
    assert first.x == pytest.approx(room * part, abs=0.01)


def test_justified_lines_reach_both_edges_but_the_last():
    """Spaces grow until a line fills the width; the last line stays as it is."""
    setting = set_text([paragraph(SENTENCE, align="justify")], 90, 500)
    lines = [
        list(line) for _, line in groupby(setting.letters, key=lambda letter: letter.y)
    ]
    for line in lines[:-1]:
        assert line[0].x == 0
        assert right_end(line[-1]) == pytest.approx(90, abs=0.1)
    assert right_end(lines[-1][-1]) < 85


def test_balanced_lines_are_about_as_long_as_each_other():
    """The same number of lines, none of them a lonely word."""
    text = "Bread and butter on the table"
    ragged = set_text([paragraph(text)], 125, 500)
    even = set_text([paragraph(text, balanced=True)], 125, 500)
    assert len(rows(ragged)) == len(rows(even)) == 2
    assert len(rows(even)[-1]) > len(rows(ragged)[-1])


@pytest.mark.parametrize("align", ["top", "middle", "bottom"])
def test_text_is_aligned_vertically(align):
    """Ascenders touch the top, descenders the bottom; in the middle capitals count."""
    (letter,) = set_text([paragraph("H")], 100, 60, vertical_align=align).letters
    expected = {
        "top": 10 * ascent(DEFAULT_KEY),
        "middle": 30 + 10 * cap_height(DEFAULT_KEY) / 2,
        "bottom": 60 - 10 * descent(DEFAULT_KEY),
    }
    assert letter.y == pytest.approx(expected[align], abs=0.01)


def test_leading_and_tracking_follow_the_style():
    """Lines are the leading apart, letters the tracking further than without."""
    setting = set_text([paragraph("H", leading=1.5), paragraph("H")], 99, 99)
    assert setting.letters[1].y - setting.letters[0].y == pytest.approx(12)
    plain = set_text([paragraph("HH")], 99, 99).letters
    loose = set_text([paragraph("HH", tracking=0.2)], 99, 99).letters
    assert loose[1].x - plain[1].x == pytest.approx(2)


def test_a_text_is_fitted_between_its_scales():
    """It shrinks as far as it must and may, and grows where it may."""
    text = [paragraph(SENTENCE)]
    small = set_text(text, 90, 30, scales=(0.2, 1.0))
    assert not small.overflows
    assert 2 < small.letters[0].size < 10
    assert set_text(text, 900, 300, scales=(0.2, 1.5)).letters[0].size == 15
    stuck = set_text(text, 60, 12, scales=(0.9, 1.0))
    assert stuck.overflows
    assert stuck.letters[0].size == 9


def test_what_does_not_fit_ends_in_an_ellipsis():
    """Lines without room are left out, and the last one says so."""
    setting = set_text([paragraph(SENTENCE)], 90, 24)
    assert setting.overflows
    assert rows(setting)[-1].endswith("…")
    assert max(map(right_end, setting.letters)) <= 90.01


def test_a_text_breaks_alike_at_every_scale():
    """Ten times the size in ten times the box is the same text, ten times larger."""
    small = set_text([paragraph(SENTENCE)], 90, 500)
    look = TextStyle(size=100)
    large = set_text([Paragraph(look, (Run(SENTENCE, look),))], 900, 5000)
    assert rows(small) == rows(large)
    assert large.letters[-1].x == pytest.approx(10 * small.letters[-1].x)
