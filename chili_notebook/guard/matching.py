r"""Find known secrets, in each of their usual forms, in a text. Pure.

An example: the secret is ``p@ss-word-0123456789-abcdefghijklmnop``.

1. Forms. The secret may appear as itself, as ``p%40ss-word-…`` in a URL, as base64 and
   so on. `encodings.forms` lists these forms, and each of them is searched for.
2. Pieces. Renderers shorten a long text, or break it into lines. So 16 consecutive
   characters of a long secret are enough to find it: see `pieces`.
3. Colours. In ``p@ss\x1b[1m-word-…`` a colour code is inside the secret. The text is
   searched again without colour codes. The result is translated into places of the
   original text.
4. Undecided text. If a stream ends with ``p@ss-w``, the secret may follow. That text is
   undecided until the stream goes on.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, AnyStr, NamedTuple

from chili_notebook.guard.encodings import forms
from chili_notebook.guard.pieces import SHORTEST_PIECE, build_piece_finder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chili_notebook.auth.secret import Secret

    Span = tuple[int, int]

COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\Z)")

_ONE_ALPHABET = str.maketrans("-_", "+/")


class Matcher(NamedTuple):
    """Functions that find the known secrets.

    The secrets are only in the closures of these functions: debuggers and `rich` list
    the attributes of an object, but not those.
    """

    spans: Callable[[str], list[Span]]
    """Return where a text contains secrets: in order, without overlaps."""
    byte_spans: Callable[[bytes], list[Span]]
    """Return the same for binary data."""
    undecided_from: Callable[[str], int]
    """Return from where on the end of a text may go on as a secret, or its length."""
    started_at: Callable[[str], int]
    """Return from where on the end of a text is the start of a secret, or its length.
    """
    shortest: int
    """The length of the shortest text that can contain a secret."""


def build_matcher(secrets: Iterable[Secret], *, pieces: bool = True) -> Matcher:
    """Build the functions that find these secrets.

    Args:
        secrets: The secrets.
        pieces: Whether to find pieces of long secrets, too.
    """
    values = [secret.reveal() for secret in secrets]
    known = frozenset(form for value in values for form in forms(value))
    finder = build_piece_finder(values, whole=not pieces)
    index = _build_index(known, known - finder.covered)
    return Matcher(
        spans=lambda text: merge(_find_spans(index, text) + finder.spans(text)),
        byte_spans=lambda data: merge(
            _find_byte_spans(index, data) + finder.byte_spans(data)
        ),
        undecided_from=lambda text: min(
            _find_undecided(index, text), finder.undecided_from(text)
        ),
        started_at=lambda text: _find_undecided(index, text),
        shortest=min(index.shortest, SHORTEST_PIECE),
    )


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, with overlapping ones joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


# ----------------------------------------------------------------- what to search for


@dataclass(frozen=True, slots=True, repr=False)
class _Index:
    """Everything that is searched for as a whole.

    Attributes:
        forms: All forms of all secrets.
        encoded: Those that must be searched for, in UTF-8, for binary data.
        probes: The same in groups, each with a text that all of a group contain.
        shortest: The length of the shortest form.
        characters: All characters of all forms.
    """

    forms: frozenset[str]
    encoded: Sequence[bytes]
    probes: Sequence[tuple[str, Sequence[str]]]
    shortest: int
    characters: frozenset[str]


def _build_index(known: frozenset[str], searched: Iterable[str]) -> _Index:
    """Build the index of all known forms, of which some are searched for."""
    searched = [*searched]
    return _Index(
        forms=known,
        encoded=[form.encode("utf-8", "surrogatepass") for form in searched],
        probes=_group(searched),
        shortest=min(map(len, known), default=sys.maxsize),
        characters=frozenset("".join(known)),
    )


def _group(known: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Group the forms that differ in the alphabet of base64 only.

    One search for a text that all of a group contain is enough where none of them is.
    That text is as long as possible: a search for a longer text is faster.
    """
    groups: dict[str, list[str]] = {}
    for form in known:
        groups.setdefault(form.translate(_ONE_ALPHABET), []).append(form)
    return [
        (max(re.split(r"[-+/_]", form), key=len) if others else form, [form, *others])
        for form, *others in groups.values()
    ]


# ------------------------------------------------------------------------- searching


def _find_spans(index: _Index, text: str) -> list[Span]:
    found = _scan(index, text)
    if "\x1b" in text and COLOUR.search(text):
        bare, to_raw = _remove_colours(text)
        found += [
            (to_raw(start), to_raw(end - 1) + 1) for start, end in _scan(index, bare)
        ]
    return merge(found) if found else found


def _find_byte_spans(index: _Index, data: bytes) -> list[Span]:
    return merge(span for form in index.encoded for span in _places(data, form))


def _scan(index: _Index, text: str) -> list[Span]:
    """Return where the text contains secrets, in any order and with overlaps."""
    found: list[Span] = []
    for probe, group in index.probes:
        if probe in text:
            for form in group:
                found += _places(text, form)
    return found


def _places(text: AnyStr, form: AnyStr) -> Iterator[Span]:
    """Yield every place of a form, also those that overlap."""
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + 1)


def _find_undecided(index: _Index, text: str) -> int:
    cut = len(text)
    if text[-1:] in index.characters:
        cut = _find_start(text, index.forms)
    if "\x1b" in text and COLOUR.search(text):
        bare, to_raw = _remove_colours(text)
        start = _find_start(bare, index.forms)
        if start < len(bare):
            cut = min(cut, to_raw(start))
    return cut


def _find_start(text: str, known: Iterable[str]) -> int:
    """Return from where on the text is the start of a form, or its length."""
    cut = len(text)
    for form in known:
        at = text.find(form[0], max(0, len(text) - len(form) + 1), cut)
        while at >= 0 and not form.startswith(text[at:]):
            at = text.find(form[0], at + 1, cut)
        if at >= 0:
            cut = at
    return cut


def _remove_colours(text: str) -> tuple[str, Callable[[int], int]]:
    """Return the text without colour codes, and a function that translates an index.

    That function returns the index of the same character in `text`.
    """
    cuts = [match.span() for match in COLOUR.finditer(text)]
    shifts = list(accumulate((end - start for start, end in cuts), initial=0))
    starts = [start - shift for (start, _), shift in zip(cuts, shifts, strict=False)]
    bare = COLOUR.sub("", text)
    return bare, lambda at: at + shifts[bisect_right(starts, at)]
