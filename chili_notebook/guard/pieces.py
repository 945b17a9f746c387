r"""Find pieces of known secrets in a text, whatever is between the pieces. Pure.

A renderer may break a long value into lines, indent them, frame them or put markup
between them. So a text is searched for pieces, and not only for whole values:

1. Reduced text. Only the characters of `ALPHABET` are searched. Spaces, line ends,
   quotes and frames are left out, so a value that is broken into lines is whole again.
   In a second search, tags, colour codes and escapes are left out as well.
   That second search is for small texts, and for the parts in which a gram is found.
2. Grams. The index contains every 8 consecutive characters of every form. The search
   looks at every eighth position of the text, so it finds each run of 15 characters;
   of a small text at every fourth, so it finds each run of 11.
3. Chains. A run is extended to both sides. If it ends before the form does, then the
   next characters of the form are searched in the text that follows, because a table
   puts other columns between two lines of a cell.
4. Weight. A chain is masked if it contains 16 characters of a secret. The header of a
   JWT counts nothing, because it is public. Its claims count half, because all tokens
   of one issuer begin with the same claims.
"""

from __future__ import annotations

import re
import sys
from array import array
from dataclasses import dataclass
from itertools import compress, count, pairwise
from os.path import commonprefix
from typing import TYPE_CHECKING, NamedTuple

from chili_notebook.guard.grams import is_fast
from chili_notebook.guard.markup import (
    COLOUR,
    COLOURS,
    blank_markup,
    has_markup,
    without_markup,
    without_markup_in_json,
)
from chili_notebook.guard.piece_index import (
    ALPHABET,
    ENDING,
    GRAM,
    OTHERS,
    SHORTEST_PIECE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chili_notebook.guard.grams import Grams
    from chili_notebook.guard.piece_index import Form, PieceIndex

    Span = tuple[int, int]

LARGE = 1_000_000
"""A longer text is not reduced, and not each piece of it is found, but each run of
`SHORTEST_RUN_IN_LARGE`: the rest would take too long."""
SMALL = 10_000
"""Markup is left out of texts up to this length, and this near to a gram, as well."""

_STRIDE_IN_LARGE = 4  # of 8 characters each
_LINK = 6
"""So many characters must follow for a chain to go on behind other text."""
_LINK_DISTANCE = 2_000
_HOLD_DISTANCE = 8_000
_OUTER_PIECE = 4
"""A shorter piece at either end of a chain may be there by chance."""
_IS_KEPT = bytes(code in ALPHABET for code in range(256))
_JOINT = re.compile(rf"(?:{COLOUR.decode()}|\\|PYZ[a-z]+\{{\}})+")
"""What may be between two masked characters without ending the masked place."""


class PieceFinder(NamedTuple):
    """Functions that find pieces of the known secrets.

    The secrets are only in the closures of these functions: debuggers and `rich` list
    the attributes of an object, but not those.
    """

    spans: Callable[[str], list[Span]]
    """Return where a text contains pieces: in any order, with overlaps."""
    byte_spans: Callable[[bytes | memoryview], list[Span]]
    """Return the same for binary data, which is searched as it is."""
    may_find: Callable[[str, bool, int], bool]
    """Return whether `spans` may find something in any of several texts; ``False`` is
    certain. The texts are joined by NUL characters; the second argument is whether
    they may be small, so that markup in them matters; the third is their number."""
    may_find_in_json: Callable[[bytes], bool]
    """Return the same for the texts in a JSON text that contains no backslash."""
    is_clean_line: Callable[[str], bool]
    """Return whether `spans` and `undecided_from` certainly find nothing."""
    undecided_from: Callable[[str], int]
    """Return from where on a text may end with a piece, or its length."""


def build_piece_finder(
    indexes: Iterable[PieceIndex], grams: Grams, *, whole: bool = False
) -> PieceFinder:
    """Build the functions that find pieces of these secrets.

    Args:
        indexes: The index of each secret.
        grams: The grams of all of them.
        whole: Whether to find only pieces that together are a whole value.
    """
    index = _Index(list(indexes), grams, whole)
    return PieceFinder(
        spans=lambda text: _find_spans(index, text),
        byte_spans=lambda data: _find_byte_spans(index, data),
        may_find=lambda joined, markup, count: _may_find(
            index, joined, count, markup=markup
        ),
        may_find_in_json=lambda packed: _may_find_in_json(index, packed),
        is_clean_line=lambda text: _is_clean_line(index, text),
        undecided_from=lambda text: _find_undecided(index, text),
    )


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Index:
    """The indexes of all secrets.

    Attributes:
        secrets: The index of each secret.
        grams: The grams of all.
        is_whole: Whether only whole values are found.
    """

    secrets: Sequence[PieceIndex]
    grams: Grams
    is_whole: bool

    def find_gram(self, number: int, gram: bytes) -> list[tuple[Form, int]]:
        """Return the first places of a gram in each form."""
        having = (each for each in self.secrets if number in each.grams)
        return [place for each in having for place in each.find_gram(gram)]

    def find_ending(self, ending: bytes) -> list[tuple[Form, int]]:
        """Return every place of `ENDING` characters in each form."""
        number = int.from_bytes(ending, sys.byteorder)
        if len(ending) < ENDING or number not in self.grams.endings:
            return []
        having = (each for each in self.secrets if number in each.endings)
        return [place for each in having for place in each.find_ending(ending)]

    def needed(self, form: Form) -> int:
        """Return the weight from which on a piece of this form is masked."""
        return form.weight if self.is_whole else form.least


# ------------------------------------------------------------------------- searching


class _Run(NamedTuple):
    """Consecutive characters of a form in a text, from `start` to `end`.

    Attributes:
        start: Where they start in the text.
        end: Where they end in the text.
        at: Where they start in the form.
    """

    start: int
    end: int
    at: int


def _find_spans(index: _Index, text: str) -> list[Span]:
    if len(text) < SHORTEST_PIECE:
        return []
    data = text.encode("ascii", "replace")  # one byte for each character
    if len(data) > LARGE:
        return _find_byte_spans(index, data)
    found, region = _search(index, text, data)
    if region is None and len(data) <= SMALL:
        region = range(len(data))
    if region is not None:
        part = data[region.start : region.stop]
        if has_markup(part):
            start = region.start
            shown = text[start : region.stop]
            spans, _ = _search(index, shown, blank_markup(part))
            found += [(start + first, start + end) for first, end in spans]
    return found


def _find_byte_spans(index: _Index, data: bytes | memoryview) -> list[Span]:
    return [
        (run.start, run.end)
        for form, runs in _find_runs(index, data).items()
        for run in runs
        if form.weigh(run.at, run.at + run.end - run.start) >= index.needed(form)
    ]


def _search(index: _Index, text: str, data: bytes) -> tuple[list[Span], range | None]:
    """Return the places to mask, and the part of the text in which any gram is found.

    Args:
        index: The index.
        text: The text.
        data: The same with one byte for each character, and perhaps without markup.
    """
    reduced = data.translate(None, OTHERS)
    runs = _find_runs(index, reduced)
    if not runs:
        return [], None
    kept = array("I", compress(count(), data.translate(_IS_KEPT)))
    found = [
        span
        for form, of_form in runs.items()
        for chain in _find_chains(index, form, of_form, reduced)
        for span in _pieces_of(chain, form, kept, text)
    ]
    first = min(of_form[0].start for of_form in runs.values())
    last = max(of_form[-1].end for of_form in runs.values())
    start = max(0, kept[first] - SMALL)
    return found, range(start, min(len(text), kept[last - 1] + SMALL))


def _may_find(index: _Index, joined: str, number: int, *, markup: bool) -> bool:
    data = joined.encode("ascii", "replace")
    # Texts that are too short to contain a piece count nothing.
    most = SMALL + number * SHORTEST_PIECE
    if _has_gram(index, data, most):
        return True
    return markup and has_markup(data) and _has_gram(index, without_markup(data), most)


def _may_find_in_json(index: _Index, packed: bytes) -> bool:
    if not is_fast(packed) or _has_gram(index, packed):
        return True
    if b"<" not in packed and b"&" not in packed:
        return False
    return _has_gram(index, without_markup_in_json(packed))


def _has_gram(index: _Index, data: bytes, most: int = sys.maxsize) -> bool:
    """Return whether a gram is found; up to `most` bytes are searched closely."""
    reduced = data.translate(None, OTHERS)
    return bool(index.grams.find(reduced, 1, closely=len(reduced) <= most))


def _find_runs(index: _Index, data: bytes | memoryview) -> dict[Form, list[_Run]]:
    """Return the runs of each form, in their order; empty if there are none."""
    stride = _STRIDE_IN_LARGE if len(data) > LARGE else 1
    hits = index.grams.find(data, stride, closely=len(data) <= SMALL)
    return _join_hits(index, bytes(data), hits) if hits else {}


def _join_hits(
    index: _Index, data: bytes, hits: Iterable[tuple[int, int]]
) -> dict[Form, list[_Run]]:
    """Return the runs around these grams, which are pairs of a place and a number."""
    runs_of: dict[Form, list[_Run]] = {}
    places: dict[int, list[tuple[Form, int]]] = {}
    repeated = index.grams.repeated
    end = 0  # of the run that was found last
    for start, word in hits:
        if start + GRAM <= end and word not in repeated:
            continue  # its only place is in that run
        if word not in places:
            places[word] = index.find_gram(word, data[start : start + GRAM])
        for form, at in places[word]:
            runs = runs_of.setdefault(form, [])
            last = runs[-1] if runs else None
            # The run that was found last goes on here.
            if last and start < last.end and start - last.start == at - last.at:
                continue
            runs.append(_extend(form.text, data, _Run(start, start + GRAM, at)))
            end = runs[-1].end
    return runs_of


def _extend(form: bytes, data: bytes, run: _Run) -> _Run:
    """Return the run with the characters before and behind it that belong to it."""
    after = run.at + run.end - run.start
    ahead = _common_length(data[run.end : run.end + len(form) - after], form[after:])
    before = data[max(0, run.start - run.at) : run.start][::-1]
    back = _common_length(before, form[: run.at][::-1])
    return _Run(run.start - back, run.end + ahead, run.at - back)


def _common_length(first: bytes, second: bytes) -> int:
    shortest = min(len(first), len(second))
    if first[:shortest] == second[:shortest]:
        return shortest
    return len(commonprefix([first, second]))  # noqa: RUF071 - characters are what is compared


def _find_chains(
    index: _Index, form: Form, runs: Iterable[_Run], data: bytes
) -> Iterator[Sequence[_Run]]:
    """Yield the chains of runs that weigh enough to be masked."""
    chained = set[_Run]()
    for run in runs:
        if run in chained:
            continue
        chain = [run]
        if not index.is_whole:
            chain = [*_chain_back(form.text, run, data), run]
            chain += _chain_ahead(form.text, run, data)
        chained.update(chain)
        weight = sum(
            form.weigh(each.at, each.at + each.end - each.start) for each in chain
        )
        if weight >= index.needed(form):
            yield chain


def _chain_ahead(form: bytes, run: _Run, data: bytes) -> Iterator[_Run]:
    """Yield the runs that continue this one, behind other text."""
    while (after := run.at + run.end - run.start) <= len(form) - ENDING:
        link = form[after : after + _LINK]
        start = data.find(link, run.end, run.end + _LINK_DISTANCE)
        if start < 0:
            return
        end = start + len(link)
        ahead = _common_length(data[end : end + len(form)], form[after + len(link) :])
        run = _Run(start, end + ahead, after)
        yield run


def _chain_back(form: bytes, run: _Run, data: bytes) -> list[_Run]:
    """Return the runs that this one continues, in their order."""
    chain: list[_Run] = []
    while run.at >= ENDING:
        link = form[max(0, run.at - _LINK) : run.at]
        start = data.rfind(link, max(0, run.start - _LINK_DISTANCE), run.start)
        if start < 0:
            break
        at = run.at - len(link)
        back = _common_length(data[max(0, start - at) : start][::-1], form[:at][::-1])
        run = _Run(start - back, start + len(link), at - back)
        chain.insert(0, run)
    return chain


def _pieces_of(
    chain: Sequence[_Run], form: Form, kept: Sequence[int], text: str
) -> Iterator[Span]:
    """Yield the places of a chain of this form in the text that was reduced.

    `kept` is where in the text each character of the reduced text is.
    """
    pieces: list[Span] = []
    for run in chain:
        start = kept[run.start]
        if kept[run.end - 1] - start == run.end - 1 - run.start:
            pieces.append((start, start + run.end - run.start))
            continue  # nothing was left out of it
        for here, following in pairwise(kept[run.start : run.end]):
            if following > here + 1 and not _JOINT.fullmatch(text, here + 1, following):
                pieces.append((start, here + 1))
                start = following
        pieces.append((start, kept[run.end - 1] + 1))
    short = [end - start < _OUTER_PIECE for start, end in pieces]
    first, last = chain[0], chain[-1]
    if len(pieces) > 1 and first.at and short[0]:
        del pieces[0]
    end = last.at + last.end - last.start
    if len(pieces) > 1 and end < len(form.text) and short[-1]:
        del pieces[-1]
    yield from pieces


# --------------------------------------------------------------------------- streams


def _is_clean_line(index: _Index, text: str) -> bool:
    data = text.encode("ascii", "replace")
    if has_markup(data):
        return False
    reduced = data.translate(None, OTHERS)
    return not (
        index.grams.find(reduced, 1, closely=len(reduced) <= SMALL)
        or index.find_ending(reduced[-ENDING:])
    )


def _find_undecided(index: _Index, text: str) -> int:
    """Return from where on the text ends with a piece that may go on."""
    offset = max(0, len(text) - _HOLD_DISTANCE)
    data = text[offset:].encode("ascii", "replace")
    if b"\x1b" in data:
        data = COLOURS.sub(lambda code: b" " * len(code[0]), data)
    reduced = data.translate(None, OTHERS)
    longest = max(
        (
            ENDING + _common_length(reduced[:-ENDING][::-1], form.text[:at][::-1])
            for form, at in index.find_ending(reduced[-ENDING:])
            if at + ENDING < len(form.text)
        ),
        default=0,
    )
    if not longest:
        return len(text)
    kept = [*compress(count(offset), data.translate(_IS_KEPT))]
    return kept[-longest]
