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

from chili_notebook.guard import markup
from chili_notebook.guard.encodings import forms
from chili_notebook.guard.piece_index import SHORTEST_PIECE, PieceIndex
from chili_notebook.guard.pieces import LARGE, SMALL, build_piece_finder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chili_notebook.auth.secret import Secret
    from chili_notebook.guard.grams import Grams
    from chili_notebook.guard.pieces import PieceFinder

    Span = tuple[int, int]

COLOUR = re.compile(markup.COLOUR.decode())
"""A code of a terminal: mostly a colour. ``tput sgr0`` also selects a character set."""
_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][0-B])")
"""A code that is complete."""
_USUAL_CODES = 16
_HOLD_DISTANCE = 16_000
"""So near to the end of a stream the start of a secret is searched."""

_ONE_ALPHABET = str.maketrans("-_", "+/")


class Matcher(NamedTuple):
    """Functions that find the known secrets.

    The secrets are only in the closures of these functions: debuggers and `rich` list
    the attributes of an object, but not those.
    """

    spans: Callable[[str], list[Span]]
    """Return where a text contains secrets: in order, without overlaps."""
    byte_spans: Callable[[bytes | memoryview], list[Span]]
    """Return the same for binary data."""
    are_clean: Callable[[Sequence[str]], bool]
    """Return whether `spans` certainly finds nothing in any of these texts."""
    is_clean_json: Callable[[bytes], bool]
    """Return the same for all texts of a value that is packed as JSON, in UTF-8."""
    is_clean_line: Callable[[str], bool]
    """Return whether a text as the whole of a stream certainly needs no change, and
    nothing in it may go on as a secret. This is fast for small texts."""
    undecided_from: Callable[[str], int]
    """Return from where on the end of a text may go on as a secret, or its length."""
    started_at: Callable[[str], int]
    """Return from where on the end of a text is the start of a secret, or its length.
    """
    shortest: int
    """The length of the shortest text that can contain a secret."""


@dataclass(frozen=True, slots=True, repr=False)
class SecretIndex:
    """What is searched for to find one secret.

    Attributes:
        forms: All forms of the secret.
        encoded: Those that are searched for as a whole, in UTF-8, for binary data.
        probes: The same in groups, each with a text that all of a group contain.
        pieces: What is searched for to find pieces of it.
    """

    forms: frozenset[str]
    encoded: Sequence[bytes]
    probes: Sequence[tuple[str, Sequence[str]]]
    pieces: PieceIndex

    @classmethod
    def build(cls, secret: Secret) -> SecretIndex:
        """Build the index of a secret."""
        known = forms(secret.reveal())
        pieces = PieceIndex.build(secret.reveal())
        # The search for pieces finds the others.
        searched = known - pieces.covered
        encoded = [form.encode("utf-8", "surrogatepass") for form in searched]
        return cls(known, encoded, _group(searched), pieces)


def build_matcher(
    indexes: Iterable[SecretIndex], grams: Grams, *, pieces: bool = True
) -> Matcher:
    """Build the functions that find secrets.

    Args:
        indexes: The index of each secret.
        grams: The grams of all of them.
        pieces: Whether to find pieces of long secrets, too.
    """
    indexes = list(indexes)
    index = _Index.of(indexes)
    finder = build_piece_finder(
        (each.pieces for each in indexes), grams, whole=not pieces
    )
    return Matcher(
        spans=lambda text: _find_spans(index, finder, text),
        byte_spans=lambda data: _find_byte_spans(index, finder, data),
        are_clean=lambda texts: _are_clean(index, finder, texts),
        is_clean_json=lambda packed: _is_clean_json(index, finder, packed),
        is_clean_line=lambda text: (
            len(text) <= SMALL
            and text[-1:] not in index.characters
            and not any(probe in text for probe, _ in index.probes)
            and finder.is_clean_line(text)
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


def without_colours(text: str) -> str:
    """Return ``COLOUR.sub("", text)``; most texts contain a few codes many times."""
    rest = text
    for _ in range(0 if "\0" in text else _USUAL_CODES):
        at = rest.find("\x1b")
        if at < 0:
            return rest.replace("\0", "")
        code = _CODE.match(rest, at)
        if code is None:
            break
        # The NUL character keeps apart what could become a code together.
        rest = rest.replace(code[0], "\0")
    return COLOUR.sub("", text)


# ----------------------------------------------------------------- what to search for


@dataclass(frozen=True, slots=True, repr=False)
class _Index:
    """The indexes of all secrets, without those of their pieces.

    Attributes:
        forms: All forms of all secrets.
        encoded: Those that are searched for as a whole, in UTF-8, for binary data.
        probes: The same in groups, each with a text that all of a group contain.
        encoded_probes: Those texts, in UTF-8.
        shortest: The length of the shortest form.
        characters: All characters of all forms.
    """

    forms: frozenset[str]
    encoded: Sequence[bytes]
    probes: Sequence[tuple[str, Sequence[str]]]
    encoded_probes: Sequence[bytes]
    shortest: int
    characters: frozenset[str]

    @classmethod
    def of(cls, indexes: Sequence[SecretIndex]) -> _Index:
        known = frozenset[str]().union(*(each.forms for each in indexes))
        return cls(
            forms=known,
            encoded=[form for each in indexes for form in each.encoded],
            probes=[group for each in indexes for group in each.probes],
            encoded_probes=[
                probe.encode("utf-8", "surrogatepass")
                for each in indexes
                for probe, _ in each.probes
            ],
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


def _find_spans(index: _Index, finder: PieceFinder, text: str) -> list[Span]:
    found = _scan(index, text) + finder.spans(text)
    if "\x1b" in text:
        bare = without_colours(text)
        in_bare = _scan(index, bare) + finder.spans(bare)
        if in_bare:
            to_raw = _positions_before(text)
            found += [(to_raw(start), to_raw(end - 1) + 1) for start, end in in_bare]
    return merge(found) if found else found


def _find_byte_spans(
    index: _Index, finder: PieceFinder, data: bytes | memoryview
) -> list[Span]:
    found = finder.byte_spans(data)
    if index.encoded:
        data = bytes(data)
        for form in index.encoded:
            found += _places(data, form)
    return merge(found) if found else found


def _are_clean(index: _Index, finder: PieceFinder, texts: Sequence[str]) -> bool:
    """Search texts together: each search takes a time of its own.

    A text with colour codes is not searched here. Markup is left out of small texts
    only, as `finder.spans` does it.
    """
    if max(map(len, texts), default=0) <= SMALL:
        return _is_clean(index, finder, "\0".join(texts), len(texts), markup=True)
    small = [text for text in texts if len(text) <= SMALL]
    medium = [text for text in texts if SMALL < len(text) <= LARGE]
    return (
        _is_clean(index, finder, "\0".join(small), len(small), markup=True)
        and _is_clean(index, finder, "\0".join(medium), 0, markup=False)
        and not any(
            _find_spans(index, finder, text) for text in texts if len(text) > LARGE
        )
    )


def _is_clean(
    index: _Index, finder: PieceFinder, joined: str, number: int, *, markup: bool
) -> bool:
    return not (
        "\x1b" in joined
        or any(probe in joined for probe, _ in index.probes)
        or finder.may_find(joined, markup, number)
    )


def _is_clean_json(index: _Index, finder: PieceFinder, packed: bytes) -> bool:
    """Search the texts as they are packed, where that shows each as it is.

    A backslash is in front of a character that JSON escapes, such as a line end or
    the start of a colour code.
    """
    return not (
        b"\\" in packed
        or (index.probes and any(probe in packed for probe in index.encoded_probes))
        or finder.may_find_in_json(packed)
    )


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
    if "\x1b" in text[-_HOLD_DISTANCE:]:
        offset = max(0, len(text) - _HOLD_DISTANCE)
        end = text[offset:]
        bare = COLOUR.sub("", end)
        start = _find_start(bare, index.forms)
        if start < len(bare):
            cut = min(cut, offset + _positions_before(end)(start))
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


def _positions_before(text: str) -> Callable[[int], int]:
    """Return a function that returns where in this text a character is.

    That function takes the character's index in the text without colour codes.
    """
    cuts = [match.span() for match in COLOUR.finditer(text)]
    shifts = list(accumulate((end - start for start, end in cuts), initial=0))
    starts = [start - shift for (start, _), shift in zip(cuts, shifts, strict=False)]
    return lambda at: at + shifts[bisect_right(starts, at)]
