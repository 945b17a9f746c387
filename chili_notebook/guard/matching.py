r"""Find known secrets, in each of their usual forms, in a text. Pure.

An example: the secret is ``p@ss-word-0123456789-abcdefghijklmnop``.

1. Forms. The secret may appear as itself, as ``p%40ss-word-…`` in a URL, as base64 and
   so on. `encodings.forms` lists these forms, and each of them is searched for.
2. Clipped secrets. Tables and reprs show the start or the end of a long text. So the
   first 16 characters, ``p@ss-word-012345``, or the last 16 are enough to recognize a
   secret of 32 characters or more; 24 for one of 64 or more. The match is extended for
   as long as the text continues like the secret.
3. Fillers. In ``p@ss\x1b[1m-word-…`` a colour code is inside the secret, and wrapped
   base64 has line ends inside. The text is searched again without them. The result is
   translated into places of the original text.
4. Undecided text. If a stream ends with ``p@ss-w``, the secret may follow. That text is
   undecided until the stream goes on.

Not found are: a secret that a repr or a traceback breaks over several lines, and a
shorter piece of it; in a text of more than a million characters also a clipped secret
and wrapped base64.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from os.path import commonprefix
from typing import TYPE_CHECKING, AnyStr, NamedTuple

from chili_notebook.guard.encodings import base64_forms, forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chili_notebook.auth.secret import Secret

    Span = tuple[int, int]

CLIPS = ((64, 24), (32, 16))
"""A secret of at least the first length is known by so many characters of either end.
``%whos`` shows 25 characters; and a longer piece is found faster."""
LARGE = 1_000_000
"""In a longer text only whole forms are searched for: the rest would take too long."""
COLOUR = re.compile(r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\Z)")

_ONE_ALPHABET = str.maketrans("-_", "+/")
_DOTS_OF_JWT = 2


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
    """Return from where on a text may be the start of a secret, or its length."""
    shortest: int
    """The length of the shortest text that can contain a secret."""


def build_matcher(secrets: Iterable[Secret], *, clipped: bool = True) -> Matcher:
    """Build the functions that find these secrets.

    Args:
        secrets: The secrets.
        clipped: Whether to find long secrets by their first or last characters too.
    """
    index = _build_index([secret.reveal() for secret in secrets], clipped=clipped)
    return Matcher(
        spans=lambda text: _find_spans(index, text),
        byte_spans=lambda data: _find_byte_spans(index, data),
        undecided_from=lambda text: _find_undecided(index, text),
        shortest=index.shortest,
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
    """Everything that is searched for.

    Attributes:
        forms: All forms of all secrets.
        encoded: The same in UTF-8, for binary data.
        base64: Those of them that may be wrapped.
        probes: The forms in groups, each with a text that all of a group contain.
        long: The secrets that are found by their first or last characters.
        starts: The first characters of these, each with what may follow.
        ends: The last characters, each with what may precede, in reverse. Several
            secrets may share one: tokens of one issuer begin alike.
        shortest: The length of the shortest text to search for.
        characters: All characters of all forms.
    """

    forms: frozenset[str]
    encoded: Sequence[bytes]
    base64: frozenset[str]
    probes: Sequence[tuple[str, Sequence[str]]]
    long: frozenset[str]
    starts: dict[str, list[str]]
    ends: dict[str, list[str]]
    shortest: int
    characters: frozenset[str]


def _build_index(values: Sequence[str], *, clipped: bool) -> _Index:
    starts: dict[str, list[str]] = {}
    ends: dict[str, list[str]] = {}
    long = set[str]()
    for value in values if clipped else ():
        length = _clip_length(value)
        if length:
            # The header of a JWT is public, and many tokens have the same one.
            is_jwt = value.count(".") == _DOTS_OF_JWT
            header = value.index(".") + 1 if is_jwt else 0
            starts.setdefault(value[: header + length], []).append(
                value[header + length :]
            )
            ends.setdefault(value[-length:], []).append(value[:-length][::-1])
            long.add(value)
    known = frozenset(form for value in values for form in forms(value))
    return _Index(
        forms=known,
        encoded=[_encode(form) for form in known],
        base64=frozenset(
            form for value in values for form in base64_forms(_encode(value))
        ),
        probes=_group(known - long),
        long=frozenset(long),
        starts=starts,
        ends=ends,
        shortest=min(map(len, (*known, *starts, *ends)), default=sys.maxsize),
        characters=frozenset("".join(known)),
    )


def _clip_length(value: str) -> int:
    """Return how many characters of either end are enough; 0 for a short value."""
    return next((length for least, length in CLIPS if len(value) >= least), 0)


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
    for filler in _fillers_in(text):
        bare, to_raw = _remove(filler, text)
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
    if len(text) > LARGE:
        for value in index.long:
            found += _places(text, value)
        return found
    for clip, rests in index.starts.items():
        for start, stop in _places(text, clip):
            after = text[stop : stop + max(map(len, rests))]
            found.append((start, stop + _common_length(after, rests)))
    for clip, rests in index.ends.items():
        for start, stop in _places(text, clip):
            before = text[max(0, start - max(map(len, rests))) : start][::-1]
            found.append((start - _common_length(before, rests), stop))
    return found


def _common_length(text: str, rests: Iterable[str]) -> int:
    """Return for how many characters the text continues like one of these."""
    return max(len(commonprefix([text, rest])) for rest in rests)  # noqa: RUF071 - characters are what is compared


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
    for filler in _fillers_in(text):
        bare, to_raw = _remove(filler, text)
        start = _find_start(bare, index.base64 if filler.is_in_base64 else index.forms)
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


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# --------------------------------------------------------------------------- fillers


@dataclass(frozen=True, slots=True)
class _Filler:
    """Characters that may be inside a secret without being part of it.

    Attributes:
        pattern: Matches them.
        marker: A character without which a text has none of them.
        is_in_base64: Whether they occur in base64 only.
    """

    pattern: re.Pattern[str]
    marker: str
    is_in_base64: bool


def _line_end(pattern: str, marker: str) -> _Filler:
    # Base64 is wrapped after 64 or 76 characters.
    wrapped = re.compile(rf"{pattern}(?<=[\w+/-]{{60}}{pattern})", re.ASCII)
    return _Filler(wrapped, marker, is_in_base64=True)


_FILLERS = (
    _Filler(COLOUR, "\x1b", is_in_base64=False),
    _line_end(r"\n", "\n"),
    _line_end(r"\r\n", "\r"),
    _line_end(r"\\n", "\\"),
)


def _fillers_in(text: str) -> Iterator[_Filler]:
    """Yield the fillers that occur in a text."""
    for filler in _FILLERS:
        if (
            not (filler.is_in_base64 and len(text) > LARGE)
            and filler.marker in text
            and filler.pattern.search(text)
        ):
            yield filler


def _remove(filler: _Filler, text: str) -> tuple[str, Callable[[int], int]]:
    """Return the text without a filler, and a function that translates an index of it.

    That function returns the index of the same character in `text`.
    """
    cuts = [match.span() for match in filler.pattern.finditer(text)]
    shifts = list(accumulate((end - start for start, end in cuts), initial=0))
    starts = [start - shift for (start, _), shift in zip(cuts, shifts, strict=False)]
    bare = filler.pattern.sub("", text)
    return bare, lambda at: at + shifts[bisect_right(starts, at)]
