"""Tests of typesetting: lines, alignment and copy-fitting."""

from __future__ import annotations

from itertools import groupby

import pytest

from chili_notebook.simulator.rendering.fonts import (
    DEFAULT_KEY,
    advances,
    ascent,
    cap_height,
    descent,
)
from chili_notebook.simulator.rendering.styles import Paragraph, Run, TextStyle
from chili_notebook.simulator.rendering.typesetting import set_text

SENTENCE = "Coffee grows slowly in the shade of taller trees"


def paragraph(text, **style):
    """Return a paragraph of one run with size 10."""
    look = TextStyle(size=10, **style)
    return Paragraph(look, (Run(text, look),))


def rows(typeset):
    """Return the lines of a typeset text, without spaces."""
    by_line = groupby(typeset.letters, key=lambda letter: round(letter.y, 3))
    return ["".join(letter.text for letter in line) for _, line in by_line]


def right_end(letter):
    """Return the right edge of a letter."""
    return letter.x + letter.size * advances(letter.font, letter.text)[-1]


def test_lines_break_at_spaces():
    """Words are not broken, and no line is wider than the box."""
    typeset = set_text([paragraph(SENTENCE)], 90, 500)
    assert len(rows(typeset)) > 2
    assert "".join(rows(typeset)) == SENTENCE.replace(" ", "")
    assert not typeset.overflows
    assert max(map(right_end, typeset.letters)) <= 90.01


def test_runs_without_a_space_are_one_word():
    """A currency in another style is not separated from its amount."""
    small, large = TextStyle(size=5, shift=0.5), TextStyle(size=10)
    text = Paragraph(large, (Run("only €", small), Run("1234", large)))
    width = 10 * advances(DEFAULT_KEY, "1234")[-1] + 5
    assert rows(set_text([text], width, 500))[-1].endswith("1234")
    typeset = set_text([text], width, 500)
    baselines = {
        round(letter.y + (2.5 if letter.text == "€" else 0), 3)
        for letter in typeset.letters
        if letter.text in "€1234"
    }
    assert len(baselines) == 1


def test_too_wide_word_breaks_between_letters():
    """No letter is outside the box."""
    typeset = set_text([paragraph("Donaudampfschifffahrt")], 40, 500)
    assert len(rows(typeset)) > 1
    assert max(map(right_end, typeset.letters)) <= 40.01


@pytest.mark.parametrize(
    ("align", "part"), [("left", 0), ("center", 0.5), ("right", 1)]
)
def test_lines_are_aligned_horizontally(align, part):
    """The free space is on the right, on the left or on both sides."""
    typeset = set_text([paragraph("Tea", align=align)], 100, 50)
    first, last = typeset.letters[0], typeset.letters[-1]
    room = 100 - (right_end(last) - first.x)
    assert first.x == pytest.approx(room * part, abs=0.01)


def test_justified_lines_have_the_full_width():
    """The last line of a paragraph is not justified."""
    typeset = set_text([paragraph(SENTENCE, align="justify")], 90, 500)
    lines = [
        list(line) for _, line in groupby(typeset.letters, key=lambda letter: letter.y)
    ]
    for line in lines[:-1]:
        assert line[0].x == 0
        assert right_end(line[-1]) == pytest.approx(90, abs=0.1)
    assert right_end(lines[-1][-1]) < 85


def test_balanced_lines_have_similar_lengths():
    """The number of lines does not change."""
    text = "Bread and butter on the table"
    ragged = set_text([paragraph(text)], 125, 500)
    even = set_text([paragraph(text, balanced=True)], 125, 500)
    assert len(rows(ragged)) == len(rows(even)) == 2
    assert len(rows(even)[-1]) > len(rows(ragged)[-1])


@pytest.mark.parametrize("align", ["top", "middle", "bottom"])
def test_text_is_aligned_vertically(align):
    """Ascenders touch the top, descenders the bottom; capitals are centred."""
    (letter,) = set_text([paragraph("H")], 100, 60, vertical_align=align).letters
    expected = {
        "top": 10 * ascent(DEFAULT_KEY),
        "middle": 30 + 10 * cap_height(DEFAULT_KEY) / 2,
        "bottom": 60 - 10 * descent(DEFAULT_KEY),
    }
    assert letter.y == pytest.approx(expected[align], abs=0.01)


def test_leading_and_tracking_follow_the_style():
    """Leading is the distance of lines, tracking a space after each letter."""
    typeset = set_text([paragraph("H", leading=1.5), paragraph("H")], 99, 99)
    assert typeset.letters[1].y - typeset.letters[0].y == pytest.approx(12)
    plain = set_text([paragraph("HH")], 99, 99).letters
    loose = set_text([paragraph("HH", tracking=0.2)], 99, 99).letters
    assert loose[1].x - plain[1].x == pytest.approx(2)


def test_text_is_copy_fitted_between_its_scales():
    """The size is as large as the box and the scales allow."""
    text = [paragraph(SENTENCE)]
    small = set_text(text, 90, 30, scales=(0.2, 1.0))
    assert not small.overflows
    assert 2 < small.letters[0].size < 10
    assert set_text(text, 900, 300, scales=(0.2, 1.5)).letters[0].size == 15
    stuck = set_text(text, 60, 12, scales=(0.9, 1.0))
    assert stuck.overflows
    assert stuck.letters[0].size == 9


def test_overflowing_text_ends_with_an_ellipsis():
    """Lines that do not fit are removed."""
    typeset = set_text([paragraph(SENTENCE)], 90, 24)
    assert typeset.overflows
    assert rows(typeset)[-1].endswith("…")
    assert max(map(right_end, typeset.letters)) <= 90.01


def test_line_breaks_do_not_depend_on_the_scale():
    """Ten times the size in a box of ten times the size has the same lines."""
    small = set_text([paragraph(SENTENCE)], 90, 500)
    look = TextStyle(size=100)
    large = set_text([Paragraph(look, (Run(SENTENCE, look),))], 900, 5000)
    assert rows(small) == rows(large)
    assert large.letters[-1].x == pytest.approx(10 * small.letters[-1].x)
