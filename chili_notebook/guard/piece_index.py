"""List the pieces of one secret that are searched for. Pure.

`pieces` searches for them, and explains forms, grams and weights.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chili_notebook.guard.encodings import base64_forms_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORTEST_PIECE = 16
"""The least number of characters of a long secret that are masked anywhere."""
LONG_SECRET = 32
"""The length from which pieces of a secret are masked, and not only the whole."""
SHORTEST_RUN_IN_LARGE = 40
"""The shortest run of characters that is found in a large text."""
GRAM = 8
"""The length of a gram."""
ENDING = 4
"""The number of a secret's characters that is held back at the end of a stream."""

_MOST_PLACES = 2  # of a gram in one form
_JWT = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", re.ASCII)

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=-"
OTHERS = bytes(sorted(set(range(256)) - set(ALPHABET)))
"""The bytes that a reduced text does not contain."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Form:
    """A form of a secret, without the characters that a reduced text does not contain.

    Attributes:
        text: The characters.
        header: Where the public header of a JWT ends; 0 for another secret.
        claims: Where its claims end.
        least: The least weight of a piece that is masked.
        is_exact: Whether the form has no other characters.
    """

    text: bytes
    header: int
    claims: int
    least: int
    is_exact: bool

    @property
    def weight(self) -> int:
        """How much all characters reveal."""
        return self.weigh(0, len(self.text))

    def weigh(self, start: int, end: int) -> int:
        """Return how much the characters between two places reveal."""
        return _weigh(self.header, self.claims, start, end)

    def is_periodic(self) -> bool:
        """Return whether a gram is in more places than `_MOST_PLACES`."""
        grams = _all_words(self.text[self.header :], GRAM, "Q")
        if len(set(grams)) == len(grams):
            return False
        return max(Counter(grams).values()) > _MOST_PLACES


def _weigh(header: int, claims: int, start: int, end: int) -> int:
    secret = max(0, end - max(start, claims))
    return secret + max(0, min(end, claims) - max(start, header)) // 2


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PieceIndex:
    """The forms of one secret, and which grams they contain.

    Attributes:
        forms: The forms.
        grams: Their grams, as numbers; without those of a public header.
        all_grams: Their grams, with those of a public header.
        repeated: Those of all grams that are in more than one place.
        endings: Their grams of `ENDING` characters, as numbers.
        covered: The forms that are found as pieces in any text, if they are whole.
    """

    forms: Sequence[Form]
    grams: frozenset[int]
    all_grams: frozenset[int]
    repeated: frozenset[int]
    endings: frozenset[int]
    covered: frozenset[str]

    @classmethod
    def build(cls, value: str) -> PieceIndex:
        """Build the index of a value."""
        forms = list(_forms_of(value))
        grams, endings = set[int](), set[int]()
        all_grams, repeated = set[int](), set[int]()
        for form in forms:
            grams.update(_all_words(form.text[form.header :], GRAM, "Q"))
            endings.update(_all_words(form.text, ENDING, "I"))
            words = _all_words(form.text, GRAM, "Q")
            here = set(words)
            if len(here) < len(words):
                repeated.update(each for each, n in Counter(words).items() if n > 1)
            repeated |= all_grams & here
            all_grams |= here
        covered = (
            form.text.decode()
            for form in forms
            if form.is_exact
            and len(form.text) - form.header >= SHORTEST_RUN_IN_LARGE
            and not form.is_periodic()
        )
        return cls(
            forms,
            frozenset(grams),
            frozenset(all_grams),
            frozenset(repeated),
            frozenset(endings),
            frozenset(covered),
        )

    def find_gram(self, gram: bytes) -> Iterator[tuple[Form, int]]:
        """Yield the first places of a gram in each form."""
        for form in self.forms:
            at = form.text.find(gram, form.header)
            for _ in range(_MOST_PLACES):  # more would take too long to compare
                if at < 0:
                    break
                yield form, at
                at = form.text.find(gram, at + 1)

    def find_ending(self, ending: bytes) -> Iterator[tuple[Form, int]]:
        """Yield every place of `ENDING` characters in each form."""
        for form in self.forms:
            at = form.text.find(ending)
            while at >= 0:
                yield form, at
                at = form.text.find(ending, at + 1)


def _all_words(data: bytes, length: int, typecode: str) -> array[int]:
    """Return all consecutive characters of this length, as numbers."""
    words = array(typecode)
    for start in range(min(length, len(data) - length + 1)):
        words.frombytes(data[start : start + (len(data) - start) // length * length])
    return words


def _forms_of(value: str) -> Iterator[Form]:
    """Yield the forms of a value that may be broken into pieces."""
    data = value.encode("utf-8", "surrogatepass")
    header = claims = 0
    if _JWT.fullmatch(value):
        header, claims = data.index(b".") + 1, data.rindex(b".") + 1
    plain = value.encode("ascii", "replace").translate(None, OTHERS)
    places = {plain: (header, claims)}
    for first_bit, form in base64_forms_at(data):
        places[form.encode()] = (
            _round_up(8 * header - first_bit, 6) if header else 0,
            _round_up(8 * claims - first_bit, 6) if claims else 0,
        )
    for form in (data.hex(), data.hex().upper()):
        places[form.encode()] = (2 * header, 2 * claims)
    for text, (start, end) in places.items():
        if len(text) >= SHORTEST_PIECE:
            weight = _weigh(start, end, 0, len(text))
            least = min(SHORTEST_PIECE, weight) if len(value) >= LONG_SECRET else weight
            is_exact = text is not plain or len(plain) == len(data)
            yield Form(text, start, end, least, is_exact)


def _round_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
