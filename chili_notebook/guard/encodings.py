"""The forms in which a secret may stand in a text. Pure.

Forms are found by their whole length; what no list of forms can hold is reversed,
sliced, compressed or encrypted text, and pixels.
"""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

_URL_SAFE = ("", "/", "!'()*", "!#$&'()*+,/:;=?@", "!#$%&'()*+,/:;=?@[]")
"""What is left unescaped by `quote`, by browsers and by HTTP libraries."""
_ESCAPE_PAIR = re.compile(r"%[0-9A-F]{2}")


def forms(value: str) -> frozenset[str]:
    """Give `value` and its usual encodings.

    Those are: percent-encoding in both cases, JSON, HTML and Python escapes, two of
    them one inside the other, hexadecimal, and what base64 at any offset makes of it.
    """
    once = _escaped(value) | _percent_encoded(value)
    twice = {form for inner in once for form in _escaped(inner)}
    data = value.encode("utf-8", "surrogatepass")
    return frozenset(
        {value, data.hex(), data.hex().upper()} | once | twice | base64_forms(data)
    )


def base64_forms(data: bytes) -> frozenset[str]:
    """Give what base64 of any text that holds `data` has in it, in both alphabets.

    The characters at either end that depend on what stands beside `data` are left out.
    """
    found = set[str]()
    for offset, foreign in enumerate((0, 2, 3)):
        known = (offset + len(data)) * 8 // 6
        padded = bytes(offset) + data
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(padded).decode()[foreign:known])
    return frozenset(found)


def _escaped(value: str) -> set[str]:
    # Both quotes before it make `repr` escape the single one.
    python = {write("'\"" + value)[4:-1] for write in (repr, ascii)}
    python.add(repr(b"'\"" + value.encode("utf-8", "surrogatepass"))[5:-1])
    markup = {html.escape(value), html.escape(value, quote=False)}
    return {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        *python,
        *(form.replace("\\'", "'") for form in python),
        *markup,
        *(
            form.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
            for form in markup
        ),
    }


def _percent_encoded(value: str) -> set[str]:
    data = value.encode("utf-8", "surrogatepass")
    upper = {quote(data, safe=safe) for safe in _URL_SAFE} | {quote_plus(data)}
    return upper | {
        _ESCAPE_PAIR.sub(lambda pair: pair[0].lower(), form) for form in upper
    }
