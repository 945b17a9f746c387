"""Typesetting: a text fitted to a box, as letters that each have a place. Pure.

The first line's ascenders touch the top of the box and the last line's descenders its
bottom; in the middle it is the capitals and the last baseline that are centred.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.simulator.drawing.fonts import advances
from chili_notebook.simulator.drawing.lines import (
    Line,
    Word,
    break_lines,
    longest_word,
    run_width,
)
from chili_notebook.simulator.drawing.styles import Paragraph, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chili_notebook.simulator.drawing.colours import RGB

_SLACK = 1e-6
_FITTING_STEPS = 8
_SMALLEST_SCALE = 0.02


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, and where the left end of its baseline is in the box."""

    text: str
    font: str
    size: float
    colour: RGB
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Setting:
    """A text that is set.

    Attributes:
        letters: The letters that are shown.
        overflows: Whether some are not, for want of room.
    """

    letters: tuple[Letter, ...]
    overflows: bool


def set_text(
    paragraphs: Sequence[Paragraph],
    width: float,
    height: float,
    *,
    vertical_align: str = "top",
    scales: tuple[float, float] = (1.0, 1.0),
) -> Setting:
    """Set a text in a box.

    Args:
        paragraphs: The text.
        width: The box's width.
        height: The box's height.
        vertical_align: ``top``, ``middle`` or ``bottom``.
        scales: The smallest and largest scale that the text may be fitted with.
    """
    scale = _scale(paragraphs, width, height, scales)
    lines = break_lines(paragraphs, width / scale)
    shown = _fitting(lines, height / scale)
    overflows = len(shown) < len(lines)
    if overflows and shown:
        shown[-1] = _with_ellipsis(shown[-1], width / scale)
    baselines = _baselines(shown)
    top = _top(shown, baselines, height / scale, vertical_align)
    letters = tuple(
        dataclasses.replace(
            letter,
            size=letter.size * scale,
            x=letter.x * scale,
            y=(letter.y + top + baseline) * scale,
        )
        for line, baseline in zip(shown, baselines, strict=True)
        for letter in _letters(line, width / scale)
    )
    return Setting(letters, overflows)


def _scale(
    paragraphs: Sequence[Paragraph],
    width: float,
    height: float,
    scales: tuple[float, float],
) -> float:
    """Find the largest scale at which the text fits and no word is broken."""
    least, most = max(scales[0], _SMALLEST_SCALE), scales[1]
    if least >= most:
        return least
    most = max(least, min(most, width / max(longest_word(paragraphs), _SLACK)))
    if _fits(paragraphs, width / most, height / most):
        return most
    for _ in range(_FITTING_STEPS):
        middle = (least + most) / 2
        if _fits(paragraphs, width / middle, height / middle):
            least = middle
        else:
            most = middle
    return least


def _fits(paragraphs: Sequence[Paragraph], width: float, height: float) -> bool:
    lines = break_lines(paragraphs, width)
    return len(_fitting(lines, height)) == len(lines)


def _fitting(lines: list[Line], height: float) -> list[Line]:
    """Give the lines that a height has room for."""
    return [
        line
        for line, baseline in zip(lines, _baselines(lines), strict=True)
        if baseline + line.drop <= height + _SLACK
    ]


def _baselines(lines: Sequence[Line]) -> list[float]:
    found: list[float] = []
    for line in lines:
        above = found[-1] + line.leading if found else line.rise
        found.append(above + line.space_before)
    return found


def _top(
    lines: Sequence[Line], baselines: Sequence[float], height: float, align: str
) -> float:
    if not lines or align not in {"middle", "bottom"}:
        return 0.0
    if align == "middle":
        return (height - baselines[-1] - lines[0].rise + lines[0].capitals) / 2
    return height - baselines[-1] - lines[-1].drop


def _with_ellipsis(line: Line, width: float) -> Line:
    """End a line with an ellipsis, at the cost of words that leave no room for it."""
    words = list(line.words)
    while words:
        *runs, last = words[-1].runs
        ended = Run(last.text.rstrip(".,;:") + "…", last.style)
        pieces = (*runs, ended)
        words[-1] = Word(pieces, sum(map(run_width, pieces)), words[-1].gap)
        shortened = dataclasses.replace(line, words=tuple(words), closes=True)
        if shortened.width <= width + _SLACK or len(words) == 1:
            return shortened
        words.pop()
    return line


def _letters(line: Line, width: float) -> Iterator[Letter]:
    room = width - line.width
    stretch = 0.0
    x = {"center": room / 2, "right": room}.get(line.style.align, 0.0)
    if line.style.align == "justify" and not line.closes and len(line.words) > 1:
        stretch = room / (len(line.words) - 1)
    for number, word in enumerate(line.words):
        x += word.gap + stretch if number else 0.0
        for run in word.runs:
            style = run.style
            starts = advances(style.font, run.text)
            for index, text in enumerate(run.text):
                at = style.size * (starts[index] + style.tracking * index)
                yield Letter(
                    text,
                    style.font,
                    style.size,
                    style.colour,
                    x + at,
                    -style.shift * style.size,
                )
            x += run_width(run)
