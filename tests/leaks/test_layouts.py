"""No layout shows a protected value, at any width; without a kernel.

Each layout is first shown to contain the value.
"""

from __future__ import annotations

import base64
import json
import random
import re

import pytest
from leaks.layouts import CUTS, LAYOUTS

from chili_notebook.auth.secret import Secret
from chili_notebook.guard.masking import Masker, Tail

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
WIDTHS = (15, 16, 20, 23, 40, 64, 76, 120)
LENGTHS = (700, 780, 1005, 1058, 1200)


def random_text(length):
    """Return a text of random characters, the same for each length."""
    choices = random.Random(length).choices(ALPHABET, k=length)  # noqa: S311 - a made-up secret
    return "".join(choices)


def jwt(length):
    """Return a token of this length with the claims of GraFx's tokens."""
    claims = {
        "iss": "https://login.example.com/",
        "sub": "AbCdEfGhIjKlMnOpQrStUvWxYz012345@clients",
        "aud": "https://api.example.com",
        "iat": 1764100000,
        "exp": 1764186400,
        "gty": "client-credentials",
    }
    header = {"alg": "RS256", "typ": "JWT", "kid": "AbCdEfGhIjKlMnOpQrStU"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in (header, claims)
    ]
    parts[1] += random_text(length - 342 - len(".".join(parts)) - 1)
    return ".".join([*parts, random_text(342)])


VALUES = {"client secret": random_text(64)} | {
    f"token of {length}": jwt(length) for length in LENGTHS
}


def masker_for(value):
    """Return a masker that knows this value."""
    masker = Masker()
    masker.protect(Secret(value))
    return masker


def shown_of(text, value):
    """Return how many characters of the value a text shows, in pieces of 8 or more.

    The header and the claims of a token are not counted.
    """
    secret = value.rpartition(".")[2]
    forms = [secret, value.encode()[-150:].hex()]
    forms += [
        base64.b64encode(b"?" * n + value.encode()[-256:]).decode()[4:]
        for n in (0, 1, 2)
    ]
    eights = {form[n : n + 8] for form in forms for n in range(len(form) - 7)}
    text = re.sub(r"\x1b\[[0-9;]*m|=\n|\\(?=[-_.~+])|\\PY\{\w+\}", "", text)
    text = text.replace(r"\PYZus{}", "_").replace(r"\PYZhy{}", "-")
    return sum(
        any(word[n : n + 8] in eights for n in range(len(word) - 7)) * len(word)
        for word in set(re.split(r"[^A-Za-z0-9_+/-]+", text))
    )


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", VALUES)
def test_value_in_pieces_is_masked(name, layout):
    """No piece of the value is shown at any width, whatever is between the pieces."""
    value = VALUES[name]
    masker = masker_for(value)
    for width in WIDTHS:
        text = LAYOUTS[layout](value, width)
        assert shown_of(text, value) > 40
        masked, count = masker.mask_text(text)
        assert shown_of(masked, value) == 0, (width, masked)
        assert count > 0


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", VALUES)
def test_part_of_a_value_is_masked(name, cut):
    """A part is masked from 16 characters on, also a part of an encoding."""
    value = VALUES[name]
    masker = masker_for(value)
    for width in (20, 30, 50, 80):
        text = CUTS[cut](value, width)
        assert shown_of(text, value) or (name != "client secret" and cut == "column")
        assert shown_of(masker.mask_text(text)[0], value) == 0


@pytest.mark.parametrize("layout", ["lines", "frame", "rich log", "colours"])
@pytest.mark.parametrize("size", [1, 7, 16, 33, 100])
def test_value_in_pieces_is_masked_in_a_stream(layout, size):
    """A stream is masked like its whole text, however it is divided."""
    widths = (15, 20, 40, 76)
    cases = [("client secret", width) for width in widths]
    # Small pieces of a long token take seconds for each layout and width.
    if size < 16:
        cases += [("token of 700", 20)]
    else:
        cases += [("token of 1058", width) for width in widths]
    for name, width in cases:
        value = VALUES[name]
        text = f"before {LAYOUTS[layout](value, width)}\nafter"
        tail = Tail(masker_for(value))
        pieces = [text[n : n + size] for n in range(0, len(text), size)]
        masked = "".join(tail.feed(piece)[0] for piece in pieces)
        masked += tail.flush()[0]
        assert shown_of(masked, value) == 0, (width, masked)
        assert masked.startswith("before ")
        assert masked.endswith("\nafter")
