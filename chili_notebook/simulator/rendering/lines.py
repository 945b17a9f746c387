"""Break paragraphs into lines.

Lines break at spaces; a word that is wider than the line breaks between letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.simulator.rendering.fonts import (
    advances,
    ascent,
    cap_height,
    descent,
)
from chili_notebook.simulator.rendering.styles import Paragraph, Run, TextStyle

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPACES = re.compile(r"([ \t]+)")
_SLACK = 1e-6
_BALANCING_STEPS = 10


@dataclass(frozen=True, slots=True)
class Word:
    """Runs without a space in them.

    Attributes:
        runs: The runs.
        width: Their width.
        gap: The width of the space before them, except at the start of a line.
    """

    runs: tuple[Run, ...]
    width: float
    gap: float


@dataclass(frozen=True, slots=True)
class Line:
    """The words of one line.

    Attributes:
        words: The words.
        style: The style of their paragraph.
        space_before: Extra space above the line.
        is_last: Whether it is the last line of the paragraph.
    """

    words: tuple[Word, ...]
    style: TextStyle
    space_before: float
    is_last: bool

    @property
    def width(self) -> float:
        """The width of the words and the gaps between them."""
        return _width(self.words)

    @property
    def rise(self) -> float:
        """The height of its letters above the baseline."""
        return max(s.size * (ascent(s.font) + s.shift) for s in self._styles())

    @property
    def capitals(self) -> float:
        """The height of its capitals above the baseline."""
        return max(s.size * (cap_height(s.font) + s.shift) for s in self._styles())

    @property
    def drop(self) -> float:
        """The depth of its letters below the baseline."""
        return max(s.size * descent(s.font) for s in self._styles())

    @property
    def leading(self) -> float:
        """The distance from the previous baseline; raised letters do not count."""
        level = [s for s in self._styles() if not s.shift] or [self.style]
        return max(s.size * s.leading for s in level)

    def _styles(self) -> list[TextStyle]:
        return [run.style for word in self.words for run in word.runs] or [self.style]


def break_lines(paragraphs: Sequence[Paragraph], width: float) -> list[Line]:
    """Break paragraphs into lines that are at most `width` wide."""
    lines: list[Line] = []
    for paragraph in paragraphs:
        words = _words(paragraph.runs)
        rows = _rows(words, width)
        if paragraph.style.balanced and len(rows) > 1:
            rows = _balance(words, rows, width)
        for number, row in enumerate(rows):
            lines.append(
                Line(
                    tuple(row),
                    paragraph.style,
                    paragraph.style.space_before if lines and not number else 0.0,
                    is_last=number == len(rows) - 1,
                )
            )
    return lines


def longest_word(paragraphs: Sequence[Paragraph]) -> float:
    """Return the width of the widest word; 0 without words."""
    return max(
        (_width([word]) for p in paragraphs for word in _words(p.runs)), default=0.0
    )


def run_width(run: Run) -> float:
    """Return the width of a run, with the tracking after its last letter."""
    style = run.style
    return style.size * (
        advances(style.font, run.text)[-1] + style.tracking * len(run.text)
    )


def _words(runs: Sequence[Run]) -> list[Word]:
    words: list[Word] = []
    pieces: list[Run] = []
    gap = 0.0
    for run in runs:
        for part in _SPACES.split(run.text):
            piece = Run(part, run.style)
            if part.strip(" \t"):
                pieces.append(piece)
            elif part:
                if pieces:
                    words.append(_word(pieces, gap))
                    pieces, gap = [], 0.0
                gap += run_width(piece)
    return [*words, _word(pieces, gap)] if pieces else words


def _word(pieces: Sequence[Run], gap: float) -> Word:
    return Word(tuple(pieces), sum(map(run_width, pieces)), gap)


def _width(words: Sequence[Word]) -> float:
    if not words:
        return 0.0
    last = words[-1].runs[-1].style
    inner = sum(word.gap for word in words[1:]) - last.tracking * last.size
    return inner + sum(word.width for word in words)


def _rows(words: Sequence[Word], width: float) -> list[list[Word]]:
    rows: list[list[Word]] = [[]]
    for word in words:
        for part in _split_word(word, width):
            if rows[-1] and _width([*rows[-1], part]) > width + _SLACK:
                rows.append([])
            rows[-1].append(part)
    return rows


def _split_word(word: Word, width: float) -> list[Word]:
    """Break a word between letters if it is wider than a line."""
    if _width([word]) <= width + _SLACK:
        return [word]
    parts: list[list[Run]] = [[]]
    for run in word.runs:
        for letter in run.text:
            one = Run(letter, run.style)
            if parts[-1] and _width([_word([*parts[-1], one], 0)]) > width:
                parts.append([])
            parts[-1].append(one)
    return [
        _word(part, word.gap if number == 0 else 0.0)
        for number, part in enumerate(parts)
    ]


def _balance(
    words: Sequence[Word], rows: list[list[Word]], width: float
) -> list[list[Word]]:
    """Break into the same number of lines at the smallest possible width."""
    least, most = width / 2, width
    for _ in range(_BALANCING_STEPS):
        middle = (least + most) / 2
        tried = _rows(words, middle)
        if len(tried) > len(rows) or max(_width([word]) for word in words) > middle:
            least = middle
        else:
            rows, most = tried, middle
    return rows
