"""Search for values in what a kernel has sent, without using the package."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

WINDOW = 16
"""This many consecutive characters of a value are a leak."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def traces(value):
    """Return the texts that give a value away, by name of their encoding."""
    data = value.encode()
    found = {
        "URL": quote(value, safe=""),
        "path": quote(value),
        "form": quote_plus(value),
        "URL in lower case": re.sub(
            "%..", lambda pair: pair[0].lower(), quote(value, safe="")
        ),
        "JSON": json.dumps(value)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(value))[3:-3],
        "HTML": html.escape(value),
        "repr": repr(value)[1:-1],
        "repr of bytes": repr(data)[2:-1],
        "hex": data.hex(),
        "HEX": data.hex().upper(),
    }
    for offset in range(3):
        encoded = base64.b64encode(b"?" * offset + data + b"???").decode()[4:-8]
        found[f"base64 at {offset}"] = encoded
        found[f"base64 for URLs at {offset}"] = encoded.translate({43: "-", 47: "_"})
    # The header of a JWT is public.
    first = value.index(".") + 1 if value.count(".") == 2 else 0
    for start in range(first, len(value) - WINDOW + 1):
        found[f"characters {start} to {start + WINDOW}"] = value[start : start + WINDOW]
    return found


def texts_in(value):
    """Yield every text in a JSON value or a message, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(key)
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)
    elif isinstance(value, bytes | memoryview):
        yield bytes(value).decode("latin-1")
    elif isinstance(value, str):
        yield _COLOUR.sub("", value)


def leaks(evidence, values):
    """Return which encodings of which values the evidence contains, in order."""
    text = "\0".join(texts_in(evidence))
    # Base64 may be wrapped; no other encoding of a value contains line ends.
    text += "\0" + text.replace("\n", "")
    return [
        f"{number}: {name}"
        for number, value in enumerate(values)
        for name, trace in traces(value).items()
        if trace in text
    ]
