"""Compute the state of an animated frame at a time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EASE = re.compile(r"ease(InOut|In|Out)(\w+)")
_BACK = 1.70158  # overshoots by 10 %

_TWEENS: Mapping[str, Callable[[float], float]] = {
    "Quadratic": lambda t: t**2,
    "Cubic": lambda t: t**3,
    "Quartic": lambda t: t**4,
    "Quintic": lambda t: t**5,
    "Sine": lambda t: 1 - math.cos(t * math.pi / 2),
    "Exponential": lambda t: 0.0 if t == 0 else float(2 ** (10 * t - 10)),
    "Circular": lambda t: 1 - math.sqrt(1 - t**2),
    "Back": lambda t: (_BACK + 1) * t**3 - _BACK * t**2,
}


@dataclass(frozen=True, slots=True)
class Motion:
    """The difference between a frame and its placement in the layout.

    Attributes:
        opacity: Its opacity.
        x: Its offset to the right, relative to its width.
        y: Its offset downwards, relative to its height.
        scale: Its scale.
        rotation: Degrees, clockwise.
    """

    opacity: float = 1.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    rotation: float = 0.0


AT_REST = Motion()


def motion_at(animation: Mapping[str, Any] | None, at_ms: float | None) -> Motion:
    """Return the state of a frame; without a time or an animation it is at rest."""
    if animation is None or at_ms is None:
        return AT_REST
    if not animation.get("from", 0) <= at_ms <= animation.get("to", math.inf):
        return Motion(opacity=0.0)
    basic = animation.get("basicAnimations") or {}
    intro, outro = basic.get("intro"), basic.get("outro")
    if intro and at_ms < intro["to"]:
        return _between(intro, 1 - _progress(intro, at_ms))
    if outro and at_ms > outro["from"]:
        return _between(outro, _progress(outro, at_ms))
    return AT_REST


def moving_spans(animations: Mapping[str, Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Return the time spans in which anything moves, sorted and merged."""
    spans = sorted(
        (int(part["from"]), int(part["to"]))
        for animation in animations.values()
        for part in (animation.get("basicAnimations") or {}).values()
        if part
    )
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _progress(part: Mapping[str, Any], at_ms: float) -> float:
    length = max(part["to"] - part["from"], 1)
    return _eased(
        str(part.get("ease")), min(max((at_ms - part["from"]) / length, 0), 1)
    )


def _eased(ease: str, t: float) -> float:
    match = _EASE.fullmatch(ease)
    if match is None:
        return t
    tween = _TWEENS.get(match[2], _TWEENS["Cubic"])
    if match[1] == "In":
        return tween(t)
    if match[1] == "Out":
        return 1 - tween(1 - t)
    return tween(2 * t) / 2 if t < 0.5 else 1 - tween(2 - 2 * t) / 2  # noqa: PLR2004 - the middle


def _between(part: Mapping[str, Any], distance: float) -> Motion:
    """Return a state between rest (`distance` is 0) and the outer end (1)."""
    styles = part.get("styles") or {}
    slide = styles.get("slide") or {}
    direction = str(slide.get("direction", "")).lower()
    offset = float(slide.get("offsetPercent", 100)) / 100 * distance
    scale = float((styles.get("scale") or {}).get("scalePercent", 100)) / 100
    degrees = float((styles.get("rotation") or {}).get("angleDegrees", 0))
    return Motion(
        opacity=min(max(1 - distance, 0.0), 1.0) if styles.get("fade") else 1.0,
        x=offset * (("right" in direction) - ("left" in direction)),
        y=offset * (("bottom" in direction) - ("top" in direction)),
        scale=1 + (scale - 1) * distance,
        rotation=degrees * distance,
    )
