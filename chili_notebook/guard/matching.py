"""Finds protected values, in any of their usual forms, in a text. Pure.

Colour codes between the characters of a value do not hide it, nor do the line breaks
of wrapped base64. A value of 32 or more characters is also known by its first or last
16, one of 64 or more by 24: tables and reprs show the ends of long texts. Not found is
a value that a repr or a traceback breaks over lines, and a shorter piece of it; nor,
in a text of more than a million characters, a piece or wrapped base64.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, AnyStr, NamedTuple

from chili_notebook.guard.encodings import base64_forms, forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chili_notebook.auth.secret import Secret

    Span = tuple[int, int]
    Scan = Callable[[str], Iterator[Span]]

PIECES = ((64, 24), (32, 16))
"""From which length on how much of either end of a value gives it away. ``%whos`` shows
25 characters; and a longer piece is found faster."""
LARGE = 1_000_000
"""In a longer text only whole forms are looked for, the others would take too long."""
COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\Z)")

_ONE_ALPHABET = str.maketrans("-_", "+/")
_WRAPS = {
    first: re.compile(rf"{end}(?<=[\w+/-]{{60}}{end})", re.ASCII)
    for first, end in (("\n", r"\n"), ("\r", r"\r\n"), ("\\", r"\\n"))
}
"""Line ends in base64, and the character without which a text has none."""


class Matcher(NamedTuple):
    """What is known of the protected values; they stand in closures only."""

    spans: Callable[[str], list[Span]]
    """Where they are in a text, in order and apart."""
    byte_spans: Callable[[bytes], list[Span]]
    """The same for binary data."""
    undecided_from: Callable[[str], int]
    """Where the end of a text starts that may be the beginning of one."""
    shortest: int
    """How long a text is at least that can hold one."""


def build_matcher(secrets: Iterable[Secret], *, clipped: bool = True) -> Matcher:
    """Build the functions that find these secrets.

    Args:
        secrets: The secrets.
        clipped: Whether the ends of long ones are looked for, too.
    """
    values = [secret.reveal() for secret in secrets]
    long = values if clipped else []
    scan = _scanner(values, long)
    known = [form for value in values for form in forms(value)]
    encoded = [_utf8(form) for form in known]
    pieces = [piece for ends in _pieces(long) for piece in ends]
    shortest = min(map(len, known + pieces), default=sys.maxsize)

    def spans(text: str) -> list[Span]:
        found = list(scan(text))
        for filler in _fillers(text):
            bare, raw = _without(filler, text)
            found += [(raw(start), raw(end - 1) + 1) for start, end in scan(bare)]
        return merge(found) if found else found

    def byte_spans(data: bytes) -> list[Span]:
        return merge([span for form in encoded for span in _places(data, form)])

    return Matcher(spans, byte_spans, _beginnings(values), shortest)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Give the spans in order, those that overlap as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _scanner(values: list[str], clipped: list[str]) -> Scan:
    heads, _ = _pieces(clipped)
    long = {head + rest for head, rests in heads.items() for rest in rests}
    probes = _probes({form for value in values for form in forms(value)} - long)
    scan_pieces = _piece_scanner(clipped)

    def scan(text: str) -> Iterator[Span]:
        for probe, group in probes:
            if probe in text:
                for form in group:
                    yield from _places(text, form)
        if len(text) <= LARGE:
            yield from scan_pieces(text)
        else:
            for value in long:
                yield from _places(text, value)

    return scan


def _piece_scanner(values: list[str]) -> Scan:
    heads, ends = _pieces(values)

    def scan(text: str) -> Iterator[Span]:
        for head, rests in heads.items():
            for start, stop in _places(text, head):
                after = text[stop : stop + max(map(len, rests))]
                yield start, stop + max(_common(after, rest) for rest in rests)
        for end, rests in ends.items():
            for start, stop in _places(text, end):
                before = text[max(0, start - max(map(len, rests))) : start][::-1]
                yield start - max(_common(before, rest) for rest in rests), stop

    return scan


def _probes(known: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Give what is in every text that holds a form, and the forms; few and long.

    A search is the faster the longer its object is, since it skips more of the text.
    The two alphabets of base64 share one.
    """
    groups: dict[str, list[str]] = {}
    for form in known:
        groups.setdefault(form.translate(_ONE_ALPHABET), []).append(form)
    return [
        (max(re.split(r"[-+/_]", form), key=len) if others else form, [form, *others])
        for form, *others in groups.values()
    ]


def _pieces(values: list[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Give the beginnings of long values, each with what may follow; and the ends.

    What precedes an end is told backwards. Tokens of one issuer begin alike.
    """
    heads: dict[str, list[str]] = {}
    ends: dict[str, list[str]] = {}
    for value in values:
        length = next((piece for least, piece in PIECES if len(value) >= least), 0)
        if length:
            # The header of a JWT is public, and that of many a token.
            head = length + (value.index(".") + 1 if value.count(".") == 2 else 0)  # noqa: PLR2004
            heads.setdefault(value[:head], []).append(value[head:])
            ends.setdefault(value[-length:], []).append(value[-length - 1 :: -1])
    return heads, ends


def _beginnings(values: list[str]) -> Callable[[str], int]:
    known = {form for value in values for form in forms(value)}
    wrapped = {form for value in values for form in base64_forms(_utf8(value))}
    letters = frozenset("".join(known))

    def undecided(text: str) -> int:
        cut = len(text)
        if text[-1:] in letters:
            cut = _beginning(text, known)
        for filler in _fillers(text):
            bare, raw = _without(filler, text)
            start = _beginning(bare, known if filler is COLOUR else wrapped)
            if start < len(bare):
                cut = min(cut, raw(start))
        return cut

    return undecided


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _places(text: AnyStr, form: AnyStr) -> Iterator[Span]:
    """Give every place of `form`, also those that overlap."""
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _common(left: str, right: str) -> int:
    """Give how many characters two texts have in common from their beginnings."""
    if left.startswith(right):
        return len(right)
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))


def _beginning(text: str, known: Iterable[str]) -> int:
    """Give where the longest end of `text` starts with which a form begins."""
    cut = len(text)
    for form in known:
        at = text.find(form[0], max(0, len(text) - len(form) + 1), cut)
        while at >= 0 and not form.startswith(text[at:]):
            at = text.find(form[0], at + 1, cut)
        if at >= 0:
            cut = at
    return cut


def _fillers(text: str) -> Iterator[re.Pattern[str]]:
    """Give what may stand between the characters of a value in this text."""
    if "\x1b" in text:
        yield COLOUR
    if len(text) <= LARGE:
        yield from (
            wrap
            for first, wrap in _WRAPS.items()
            if first in text and wrap.search(text)
        )


def _without(filler: re.Pattern[str], text: str) -> tuple[str, Callable[[int], int]]:
    """Give the text without fillers, and what tells an index in it to one in `text`."""
    cuts = [match.span() for match in filler.finditer(text)]
    shifts = list(accumulate((end - start for start, end in cuts), initial=0))
    starts = [start - shift for (start, _), shift in zip(cuts, shifts, strict=False)]
    return filler.sub("", text), lambda at: at + shifts[bisect_right(starts, at)]
