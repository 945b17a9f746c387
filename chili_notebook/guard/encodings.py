"""List the forms in which a secret may appear in a text. Pure.

Only whole forms are listed. No list can contain text that was reversed, sliced,
compressed or encrypted, nor pictures of text.
"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAFE_CHARACTERS = ("", "/", "!'()*", "!#$&'()*+,/:;=?@", "!#$%&'()*+,/:;=?@[]")
"""What `quote`, browsers and HTTP libraries do not percent-encode."""
_PERCENT_CODE = re.compile(r"%[0-9A-F]{2}")


def forms(value: str) -> frozenset[str]:
    """Return a value and its usual encodings.

    These are: percent-encoding in upper and lower case; escapes of JSON, HTML and
    Python, also one inside the other; hexadecimal; and base64 at any offset.
    """
    once = _escaped(value) | _percent_encoded(value)
    twice = {form for inner in once for form in _escaped(inner)}
    data = value.encode("utf-8", "surrogatepass")
    return frozenset(
        {value, data.hex(), data.hex().upper()} | once | twice | base64_forms(data)
    )


def base64_forms(data: bytes) -> frozenset[str]:
    """Return what the base64 of any data around `data` contains, in both alphabets.

    The characters at either end that depend on the data around it are left out.
    """
    return frozenset(form for _bit, form in base64_forms_at(data))


def base64_forms_at(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield each of these forms, behind the first bit of `data` that it contains."""
    for offset, mixed in enumerate((0, 2, 3)):
        complete = (offset + len(data)) * 8 // 6
        padded = bytes(offset) + data
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield 6 * mixed - 8 * offset, encode(padded).decode()[mixed:complete]


def _escaped(value: str) -> set[str]:
    # With both quotes in front, `repr` escapes the single ones.
    python = {write("'\"" + value)[4:-1] for write in (repr, ascii)}
    python.add(repr(b"'\"" + value.encode("utf-8", "surrogatepass"))[5:-1])
    in_text = html.escape(value, quote=False)
    in_xml_attribute = in_text.replace('"', "&quot;")
    markup = {html.escape(value), in_text, in_xml_attribute}
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
    upper = {quote(data, safe=safe) for safe in _SAFE_CHARACTERS} | {quote_plus(data)}
    return upper | {
        _PERCENT_CODE.sub(lambda code: code[0].lower(), form) for form in upper
    }
