r"""Find pieces of known secrets in a text, whatever is between the pieces. Pure.

A renderer may break a long value into lines, indent them, frame them or put markup
between them. So a text is searched for pieces, and not only for whole values:

1. Reduced text. Only the characters of `_ALPHABET` are searched. Spaces, line ends,
   quotes and frames are left out, so a value that is broken into lines is whole again.
   In a second search, tags, colour codes and escapes are left out as well.
   That second search is for small texts, and for the parts in which a gram is found.
2. Grams. The index contains every 8 consecutive characters of every form. The search
   looks at every eighth position of the text, so it finds each run of 15 characters.
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

from chili_notebook.guard.encodings import base64_forms_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Span = tuple[int, int]

SHORTEST_PIECE = 16
"""So many characters of a long secret are masked wherever they are."""
LONG_SECRET = 32
"""Pieces of a secret of so many characters are masked; a shorter one only whole."""
LARGE = 1_000_000
"""A longer text is not reduced, and not each piece of it is found, but each run of
`SHORTEST_RUN_IN_LARGE`: the rest would take too long."""
SHORTEST_RUN_IN_LARGE = 40

_GRAM = 8
_STRIDE_IN_LARGE = 4  # of 8 characters each
_LINK = 6
"""So many characters must follow for a chain to go on behind other text."""
_LINK_DISTANCE = 2_000
_HOLD = 4
"""So many characters of a secret at the end of a stream are held back."""
_HOLD_DISTANCE = 8_000
_SMALL = 10_000
"""Markup is left out of texts up to this length, and this near to a gram: the rest
would take too long."""
_OUTER_PIECE = 4
"""A shorter piece at either end of a chain may be there by chance."""
_JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", re.ASCII)

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-"
_OTHERS = bytes(sorted(set(range(256)) - set(_ALPHABET)))
_IS_KEPT = bytes(code in _ALPHABET for code in range(256))
_COLOUR = rb"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\Z)"
_MARKUP = re.compile(
    rb"\\PYZ(us|hy|ti)\{\}"  # how Pygments writes _ - ~ in LaTeX
    rb"|\\PY\{[^{}]{0,20}\}"
    rb"|\\+[nrt]"  # line ends and tabs in the repr of a text
    rb"|<[^<>]{0,200}>"
    rb"|&\#?\w{1,20};"
    rb"|=\r?\n"  # a soft line end of quoted-printable
    rb"|" + _COLOUR
)
_MARKERS = (b"\x1b", b"<", b"\\", b"&", b"=\n", b"=\r")
_COLOURS = re.compile(_COLOUR)
_IN_LATEX = {b"us": b"_", b"hy": b"-", b"ti": b"~"}
_JOINT = re.compile(r"(?:\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\Z)|\\|PYZ[a-z]+\{\})+")
"""What may be between two masked characters without ending the masked place."""


class PieceFinder(NamedTuple):
    """Functions that find pieces of the known secrets.

    The secrets are only in the closures of these functions: debuggers and `rich` list
    the attributes of an object, but not those.
    """

    spans: Callable[[str], list[Span]]
    """Return where a text contains pieces: in any order, with overlaps."""
    byte_spans: Callable[[bytes], list[Span]]
    """Return the same for binary data, which is searched as it is."""
    undecided_from: Callable[[str], int]
    """Return from where on a text may end with a piece, or its length."""
    covered: frozenset[str]
    """The forms of secrets that are found as pieces in any text, if they are whole."""


def build_piece_finder(values: Iterable[str], *, whole: bool = False) -> PieceFinder:
    """Build the functions that find pieces of these values.

    Args:
        values: The values.
        whole: Whether to find only pieces that together are a whole value.
    """
    index = _build_index(values, whole=whole)
    return PieceFinder(
        spans=lambda text: _find_spans(index, text),
        byte_spans=lambda data: _find_byte_spans(index, data),
        undecided_from=lambda text: _find_undecided(index, text),
        covered=frozenset(
            form.text.decode()
            for form in index.forms
            if form.is_exact and len(form.text) - form.header >= SHORTEST_RUN_IN_LARGE
        ),
    )


# ------------------------------------------------------------------------- the index


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Form:
    """A form of a secret, without the characters that a reduced text does not contain.

    Attributes:
        text: The characters.
        header: Where the public header of a JWT ends; 0 for another secret.
        claims: Where its claims end.
        needed: The weight from which on a piece is masked.
        is_exact: Whether the form has no other characters.
        is_chained: Whether its pieces may have other text between them.
    """

    text: bytes
    header: int
    claims: int
    needed: int
    is_exact: bool
    is_chained: bool

    def weigh(self, start: int, end: int) -> int:
        """Return how much the characters between two places reveal."""
        return _weigh(self.header, self.claims, start, end)


def _weigh(header: int, claims: int, start: int, end: int) -> int:
    secret = max(0, end - max(start, claims))
    return secret + max(0, min(end, claims) - max(start, header)) // 2


@dataclass(frozen=True, slots=True, repr=False)
class _Index:
    """The forms, and where in them each gram is.

    Attributes:
        forms: The forms.
        grams: The places of each gram, as pairs of a form and an offset.
        keys: The same grams; a set is searched faster.
        endings: The places of the grams of `_HOLD` characters.
    """

    forms: Sequence[_Form]
    grams: dict[int, list[tuple[_Form, int]]]
    keys: frozenset[int]
    endings: dict[bytes, list[tuple[_Form, int]]]


def _build_index(values: Iterable[str], *, whole: bool) -> _Index:
    forms = [form for value in values for form in _forms_of(value, whole=whole)]
    grams: dict[int, list[tuple[_Form, int]]] = {}
    endings: dict[bytes, list[tuple[_Form, int]]] = {}
    for form in forms:
        for at in range(form.header, len(form.text) - _GRAM + 1):
            gram = int.from_bytes(form.text[at : at + _GRAM], sys.byteorder)
            grams.setdefault(gram, []).append((form, at))
        for at in range(len(form.text) - _HOLD + 1):
            ending = form.text[at : at + _HOLD]
            endings.setdefault(ending, []).append((form, at))
    return _Index(forms, grams, frozenset(grams), endings)


def _forms_of(value: str, *, whole: bool) -> Iterator[_Form]:
    """Yield the forms of a value that may be broken into pieces."""
    data = value.encode("utf-8", "surrogatepass")
    header = claims = 0
    if _JWT.fullmatch(value):
        header, claims = data.index(b".") + 1, data.rindex(b".") + 1
    plain = value.encode("ascii", "replace").translate(None, _OTHERS)
    places = {plain: (header, claims)}
    for first_bit, form in base64_forms_at(data):
        places[form.encode()] = (
            _round_up(8 * header - first_bit, 6) if header else 0,
            _round_up(8 * claims - first_bit, 6) if claims else 0,
        )
    for form in (data.hex(), data.hex().upper()):
        places[form.encode()] = (2 * header, 2 * claims)
    pieces = len(value) >= LONG_SECRET and not whole
    for text, (start, end) in places.items():
        if len(text) >= SHORTEST_PIECE:
            weight = _weigh(start, end, 0, len(text))
            is_exact = text is not plain or len(plain) == len(data)
            needed = min(SHORTEST_PIECE, weight) if pieces else weight
            yield _Form(text, start, end, needed, is_exact, not whole)


def _round_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


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
    if region is None and len(data) <= _SMALL:
        region = range(len(data))
    if region is not None:
        part = data[region.start : region.stop]
        if any(marker in part for marker in _MARKERS):
            start = region.start
            shown = text[start : region.stop]
            spans, _ = _search(index, shown, _MARKUP.sub(_blank, part))
            found += [(start + first, start + end) for first, end in spans]
    return found


def _find_byte_spans(index: _Index, data: bytes) -> list[Span]:
    return [
        (run.start, run.end)
        for form, runs in _find_runs(index, data).items()
        for run in runs
        if form.weigh(run.at, run.at + run.end - run.start) >= form.needed
    ]


def _search(index: _Index, text: str, data: bytes) -> tuple[list[Span], range | None]:
    """Search a text that is reduced.

    Args:
        index: The index.
        text: The text.
        data: The same with one byte for each character, and perhaps without markup.

    Returns:
        The places to mask, and the part of the text in which any gram is found.
    """
    reduced = data.translate(None, _OTHERS)
    runs = _find_runs(index, reduced)
    if not runs:
        return [], None
    kept = array("I", compress(count(), data.translate(_IS_KEPT)))
    found = [
        span
        for form, of_form in runs.items()
        for chain in _find_chains(form, of_form, reduced)
        for span in _pieces_of(chain, form, kept, text)
    ]
    first = min(of_form[0].start for of_form in runs.values())
    last = max(of_form[-1].end for of_form in runs.values())
    start = max(0, kept[first] - _SMALL)
    return found, range(start, min(len(text), kept[last - 1] + _SMALL))


def _blank(match: re.Match[bytes]) -> bytes:
    """Return what replaces markup: the character it stands for, and spaces."""
    return _IN_LATEX.get(match[1], b"").ljust(len(match[0]))


def _find_runs(index: _Index, data: bytes) -> dict[_Form, list[_Run]]:
    """Return the runs of each form, in their order; empty if there are none."""
    stride = _STRIDE_IN_LARGE if len(data) > LARGE else 1
    words = array("Q")
    words.frombytes(memoryview(data)[: len(data) // _GRAM * _GRAM])
    if stride > 1:
        words = words[::stride]
    if index.keys.isdisjoint(words):
        return {}
    found: dict[_Form, list[_Run]] = {}
    hits = compress(count(), map(index.keys.__contains__, words))
    for place in hits:
        start = place * _GRAM * stride
        for form, at in index.grams[words[place]]:
            runs = found.setdefault(form, [])
            last = runs[-1] if runs else None
            # The run that was found last goes on here.
            if last and start < last.end and start - last.start == at - last.at:
                continue
            runs.append(_extend(form.text, data, _Run(start, start + _GRAM, at)))
    return found


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
    form: _Form, runs: Iterable[_Run], data: bytes
) -> Iterator[Sequence[_Run]]:
    """Yield the chains of runs that weigh enough to be masked."""
    chained = set[_Run]()
    for run in runs:
        if run in chained:
            continue
        chain = [run]
        if form.is_chained:
            chain = [*_chain_back(form.text, run, data), run]
            chain += _chain_ahead(form.text, run, data)
        chained.update(chain)
        weight = sum(
            form.weigh(each.at, each.at + each.end - each.start) for each in chain
        )
        if weight >= form.needed:
            yield chain


def _chain_ahead(form: bytes, run: _Run, data: bytes) -> Iterator[_Run]:
    """Yield the runs that continue this one, behind other text."""
    while (after := run.at + run.end - run.start) <= len(form) - _HOLD:
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
    while run.at >= _HOLD:
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
    chain: Sequence[_Run], form: _Form, kept: Sequence[int], text: str
) -> Iterator[Span]:
    """Yield the places of a chain in the text that was reduced.

    Args:
        chain: The runs of the chain.
        form: Their form.
        kept: Where in the text each character of the reduced text is.
        text: The text.
    """
    pieces: list[Span] = []
    for run in chain:
        start = kept[run.start]
        for here, following in pairwise(kept[run.start : run.end]):
            if following > here + 1 and not _JOINT.fullmatch(text, here + 1, following):
                pieces.append((start, here + 1))
                start = following
        pieces.append((start, kept[run.end - 1] + 1))
    first, last = chain[0], chain[-1]
    if len(pieces) > 1 and first.at and _is_short(pieces[0]):
        del pieces[0]
    end = last.at + last.end - last.start
    if len(pieces) > 1 and end < len(form.text) and _is_short(pieces[-1]):
        del pieces[-1]
    yield from pieces


def _is_short(piece: Span) -> bool:
    return piece[1] - piece[0] < _OUTER_PIECE


# --------------------------------------------------------------------------- streams


def _find_undecided(index: _Index, text: str) -> int:
    """Return from where on the text ends with a piece that may go on."""
    offset = max(0, len(text) - _HOLD_DISTANCE)
    data = text[offset:].encode("ascii", "replace")
    if b"\x1b" in data:
        data = _COLOURS.sub(_blank_colour, data)
    reduced = data.translate(None, _OTHERS)
    longest = max(
        (
            _HOLD + _common_length(reduced[:-_HOLD][::-1], form.text[:at][::-1])
            for form, at in index.endings.get(reduced[-_HOLD:], ())
            if at + _HOLD < len(form.text)
        ),
        default=0,
    )
    if not longest:
        return len(text)
    kept = [*compress(count(offset), data.translate(_IS_KEPT))]
    return kept[-longest]


def _blank_colour(match: re.Match[bytes]) -> bytes:
    return b" " * len(match[0])
