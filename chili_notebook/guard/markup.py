"""Leave markup out of a text, because a secret may be divided by it. Pure."""

from __future__ import annotations

import re

COLOUR = rb"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|[()](?:[0-B]|\Z)|\Z)"
COLOURS = re.compile(COLOUR)
"""A code of a terminal: mostly a colour. ``tput sgr0`` also selects a character set."""
_MARKUP = re.compile(
    rb"\\PYZ(us|hy|ti)\{\}"  # how Pygments writes _ - ~ in LaTeX
    rb"|\\PY\{[^{}\0]{0,20}\}"
    rb"|\\+[nrt]"  # line ends and tabs in the repr of a text
    rb"|<[^<>\0]{0,200}>"
    rb"|&\#?\w{1,20};"
    rb"|=\r?\n"  # a soft line end of quoted-printable
    rb"|" + COLOUR
)
_IN_LATEX = {b"us": b"_", b"hy": b"-", b"ti": b"~"}
_MARKUP_IN_JSON = re.compile(rb'<[^<>"]{0,200}>|&\#?\w{1,20};')


def has_markup(data: bytes) -> bool:
    """Return whether `without_markup` may change the data."""
    if b"<" in data or b"\\" in data or b"&" in data or b"\x1b" in data:
        return True
    # A search for two characters takes ten times as long.
    return b"=" in data and (b"=\n" in data or b"=\r" in data)


def blank_markup(data: bytes) -> bytes:
    """Return the data with its markup replaced by spaces; it keeps its length."""
    return _MARKUP.sub(_blank, data)


def without_markup(data: bytes) -> bytes:
    """Return the data without its markup; where it was, spaces may remain."""
    return _MARKUP.sub(_blank if b"\\PY" in data else b"", data)


def without_markup_in_json(packed: bytes) -> bytes:
    """Return the same for a JSON text in UTF-8 that contains no backslash."""
    if not packed.isascii():  # one byte for each character, as elsewhere
        packed = packed.decode("utf-8", "replace").encode("ascii", "replace")
    return _MARKUP_IN_JSON.sub(b"", packed)


def _blank(match: re.Match[bytes]) -> bytes:
    """Return what replaces markup: its character, and spaces."""
    return _IN_LATEX.get(match[1], b"").ljust(len(match[0]))
