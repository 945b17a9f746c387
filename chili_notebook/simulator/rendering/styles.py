"""Read the paragraphs of a text frame with their styles."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chili_notebook.simulator.rendering.colours import BLACK, RGB, Palette, brand_kit
from chili_notebook.simulator.rendering.fonts import DEFAULT_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.simulator.rendering.variable_values import Values

_CASES = {"uppercase": str.upper, "lowercase": str.lower}


@dataclass(frozen=True, slots=True)
class TextStyle:
    """The style of letters and of their paragraph; lengths are in document units.

    Attributes:
        font: The key of the font.
        size: The size of the letters.
        leading: The distance of baselines, relative to the size.
        tracking: The space after each letter, relative to the size.
        colour: The colour of the letters.
        case: ``normal``, ``uppercase`` or ``lowercase``.
        shift: How far the letters are above the baseline, relative to the size.
        align: ``left``, ``center``, ``right`` or ``justify``.
        space_before: The space above the paragraph.
        balanced: Whether its lines have about the same length.
    """

    font: str = DEFAULT_KEY
    size: float = 12_000
    leading: float = 1.2
    tracking: float = 0
    colour: RGB = BLACK
    case: str = "normal"
    shift: float = 0
    align: str = "left"
    space_before: float = 0
    balanced: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """A text in one style."""

    text: str
    style: TextStyle


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The runs of one paragraph, and the paragraph's style."""

    style: TextStyle
    runs: tuple[Run, ...]


class TextStyles:
    """The paragraph and character styles of one document."""

    __slots__ = ("_characters", "_palette", "_paragraphs")

    def __init__(self, document: Mapping[str, Any], palette: Palette) -> None:
        kit = brand_kit(document)
        self._palette = palette
        self._paragraphs = _by_id(kit.get("paragraphStyles"))
        self._characters = _by_id(kit.get("characterStyles"))

    def paragraphs(
        self, frame: Mapping[str, Any], document: Mapping[str, Any], values: Values
    ) -> list[Paragraph]:
        """Return the paragraphs of a text frame with the texts of the variables."""
        removable = {
            raw["id"]
            for raw in document.get("variables") or []
            if raw.get("removeParagraphIfEmpty")
        }
        found: list[Paragraph] = []
        for style, entries in self._blocks(frame.get("textContent") or []):
            texts = [(_text(raw, values), run_style) for raw, run_style in entries]
            is_removed = any(
                raw.get("type") == "variable"
                and raw.get("id") in removable
                and not text
                for (raw, _), (text, _) in zip(entries, texts, strict=True)
            )
            if not is_removed:
                found.extend(_split_lines(style, texts))
        return found

    def _blocks(
        self, content: list[Mapping[str, Any]]
    ) -> list[tuple[TextStyle, list[tuple[Mapping[str, Any], TextStyle]]]]:
        """Group the content of a text frame by paragraph."""
        style = run_style = TextStyle()
        blocks: list[tuple[TextStyle, list[tuple[Mapping[str, Any], TextStyle]]]] = []
        for raw in content:
            if raw.get("type") == "paragraph":
                style = run_style = self._apply_all(TextStyle(), raw.get("style") or {})
                blocks.append((style, []))
            elif raw.get("type") == "span":
                run_style = self._apply_all(style, raw.get("style") or {})
            else:
                if not blocks:
                    blocks.append((style, []))
                blocks[-1][1].append((raw, run_style))
        return blocks

    def _apply_all(self, base: TextStyle, own: Mapping[str, Any]) -> TextStyle:
        for raw in (
            self._paragraphs.get(own.get("paragraphStyleId")),
            self._characters.get(own.get("characterStyleId")),
            own,
        ):
            base = self._apply(base, raw or {})
        return base

    def _apply(self, base: TextStyle, raw: Mapping[str, Any]) -> TextStyle:
        changes: dict[str, Any] = {
            field: raw[key] / factor if factor else raw[key]
            for key, (field, factor) in _KEYS.items()
            if raw.get(key) is not None
        }
        if raw.get("color") is not None:
            changes["colour"] = self._palette.colour(raw["color"])
        return dataclasses.replace(base, **changes)


_KEYS = {
    "fontKey": ("font", 0),
    "fontSize": ("size", 1),
    "lineHeight": ("leading", 100),
    "trackingRight": ("tracking", 1000),
    "typographicCase": ("case", 0),
    "baselineShiftValue": ("shift", 1000),
    "textAlign": ("align", 0),
    "paragraphSpaceBefore": ("space_before", 1),
    "balanceRaggedLines": ("balanced", 0),
}


def _by_id(styles: list[Mapping[str, Any]] | None) -> dict[Any, Mapping[str, Any]]:
    return {raw["id"]: raw for raw in styles or []}


def _text(raw: Mapping[str, Any], values: Values) -> str:
    if raw.get("type") == "variable":
        return values.texts.get(str(raw.get("id")), "")
    return str(raw.get("text", ""))


def _split_lines(
    style: TextStyle, texts: list[tuple[str, TextStyle]]
) -> list[Paragraph]:
    """Make a paragraph of each line of the texts."""
    lines: list[list[Run]] = [[]]
    for text, run_style in texts:
        cased = _CASES.get(run_style.case, str)(text)
        for number, part in enumerate(cased.split("\n")):
            if number:
                lines.append([])
            lines[-1].append(Run(part, run_style))
    first, *others = [tuple(run for run in line if run.text) for line in lines]
    tight = dataclasses.replace(style, space_before=0)
    return [Paragraph(style, first), *(Paragraph(tight, line) for line in others)]
