"""Typeset a text in a box: return the position of each letter.

At the top, the ascenders of the first line touch the edge of the box; at the bottom,
the descenders of the last line. In the middle, the space from the capitals of the first
line to the last baseline is centred.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.simulator.rendering.fonts import advances
from chili_notebook.simulator.rendering.lines import (
    Line,
    Word,
    break_lines,
    longest_word,
    run_width,
)
from chili_notebook.simulator.rendering.styles import Paragraph, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chili_notebook.simulator.rendering.colours import RGB

_SLACK = 1e-6
_FITTING_STEPS = 8
_MIN_SCALE = 0.02


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, and the position of the left end of its baseline in the box."""

    text: str
    font: str
    size: float
    colour: RGB
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class TypesetText:
    """A text that is typeset.

    Attributes:
        letters: The letters that fit.
        overflows: Whether some letters do not fit.
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
) -> TypesetText:
    """Typeset a text in a box.

    Args:
        paragraphs: The text.
        width: The width of the box.
        height: The height of the box.
        vertical_align: ``top``, ``middle`` or ``bottom``.
        scales: The smallest and largest scale for copy-fitting.
    """
    scale = _find_scale(paragraphs, width, height, scales)
    lines = break_lines(paragraphs, width / scale)
    fitting = _fitting_lines(lines, height / scale)
    overflows = len(fitting) < len(lines)
    if overflows and fitting:
        fitting[-1] = _add_ellipsis(fitting[-1], width / scale)
    baselines = _baselines(fitting)
    top = _top(fitting, baselines, height / scale, vertical_align)
    letters = tuple(
        dataclasses.replace(
            letter,
            size=letter.size * scale,
            x=letter.x * scale,
            y=(letter.y + top + baseline) * scale,
        )
        for line, baseline in zip(fitting, baselines, strict=True)
        for letter in _letters(line, width / scale)
    )
    return TypesetText(letters, overflows)


def _find_scale(
    paragraphs: Sequence[Paragraph],
    width: float,
    height: float,
    scales: tuple[float, float],
) -> float:
    """Return the largest scale at which the text fits and no word is broken."""
    least, most = max(scales[0], _MIN_SCALE), scales[1]
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
    return len(_fitting_lines(lines, height)) == len(lines)


def _fitting_lines(lines: list[Line], height: float) -> list[Line]:
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


def _add_ellipsis(line: Line, width: float) -> Line:
    """End a line with an ellipsis; remove words until it fits."""
    words = list(line.words)
    while words:
        *runs, last = words[-1].runs
        final = Run(last.text.rstrip(".,;:") + "…", last.style)
        pieces = (*runs, final)
        words[-1] = Word(pieces, sum(map(run_width, pieces)), words[-1].gap)
        shortened = dataclasses.replace(line, words=tuple(words), is_last=True)
        if shortened.width <= width + _SLACK or len(words) == 1:
            return shortened
        words.pop()
    return line


def _letters(line: Line, width: float) -> Iterator[Letter]:
    room = width - line.width
    stretch = 0.0
    x = {"center": room / 2, "right": room}.get(line.style.align, 0.0)
    if line.style.align == "justify" and not line.is_last and len(line.words) > 1:
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
