"""SECURITY.md says exactly what is masked: both of its lists are compared with code."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import textwrap
from pathlib import Path
from urllib.parse import quote

import pytest
from leaks.test_layouts import VALUES, masker_for

from chili_notebook.auth.secret import Secret
from chili_notebook.auth.tokens import Token
from chili_notebook.guard.masking import Tail
from chili_notebook.guard.registry import FORGOTTEN_AFTER_S, SecretRegistry

SECRET = VALUES["client secret"]
TOKEN = VALUES["token of 1058"]
SIGNATURE = TOKEN.rpartition(".")[2]
LARGE = "- " * 600_004
SHORT = "only-31-characters-0123456789-a"
ODD = 'p@ss/w+rd%25&<b>"it\'s"=\\n;0123456789'

MASKED = {
    "A secret as it is, also in a key, in a path and in binary data.": (
        (SECRET, SECRET),
        (SECRET, {Path(SECRET): [SECRET.encode()]}),
    ),
    "A secret that is percent-encoded, or escaped for JSON, HTML or Python.": (
        (ODD, quote(ODD, safe="")),
        (ODD, json.dumps(json.dumps(ODD))[3:-3]),
        (ODD, html.escape(ODD)),
        (ODD, ascii(ODD)[1:-1]),
    ),
    "A secret in hexadecimal, or in base64 at any offset.": (
        (SECRET, SECRET.encode().hex().upper()),
        (SECRET, base64.b64encode(b"id:" + SECRET.encode()).decode()[4:-4]),
    ),
    "16 consecutive characters of a secret of 32 or more, or of its hexadecimal or "
    "base64 form.": (
        (SECRET, SECRET[20:36]),
        (TOKEN, SIGNATURE[100:116]),
        (SECRET, SECRET.encode().hex()[50:66]),
        (SECRET, base64.b64encode(SECRET.encode()).decode()[30:46]),
        (TOKEN, TOKEN[:-1].encode()),
    ),
    "A secret that is broken into lines, indented, quoted, framed or divided by "
    "markup, from 15 characters a line.": (
        (SECRET, textwrap.indent(textwrap.fill(SECRET, 15), "│ ")),
        (TOKEN, "<wbr>".join(textwrap.wrap(TOKEN, 15))),
        (SECRET, SECRET.replace("_", r"\PYZus{}").replace("-", r"\PYZhy{}")),
    ),
    "A secret that is divided by colour codes, or printed in parts, also letter by "
    "letter and after the end of the cell.": (
        (SECRET, "\x1b[1m".join(SECRET)),
        (TOKEN, f"{'lorem ipsum ' * 2_000}" + "\x1b[38;5;9m".join(TOKEN)),
        (SECRET, "\x1b(B\x1b[m".join(SECRET)),
    ),
}
NOT_MASKED = {
    "A secret that is reversed, compressed, encrypted or drawn, in upper or lower case "
    "only, or in UTF-16.": (
        (SECRET, SECRET[::-1]),
        (SECRET, gzip.compress(SECRET.encode())),
        (SECRET, SECRET.upper()),
        (SECRET, SECRET.encode("utf-16-le")),
    ),
    "A secret that is encoded twice, such as base64 of base64, in base32 or base85, or "
    "as the numbers of its characters.": (
        (SECRET, base64.b64encode(base64.b64encode(SECRET.encode())).decode()),
        (SECRET, base64.b32encode(SECRET.encode()).decode()),
        (SECRET, base64.b85encode(SECRET.encode()).decode()),
        (SECRET, list(SECRET.encode())),
    ),
    "Fewer than 16 consecutive characters of a secret, if nothing of it follows; of "
    "the claims of a token fewer than 32, because tokens of one issuer share them.": (
        (SECRET, SECRET[20:35]),
        (TOKEN, SIGNATURE[100:115]),
        (TOKEN, TOKEN.split(".")[1][:31]),
    ),
    "Pieces of fewer than 16 characters in separate values or messages.": (
        (SECRET, [SECRET[n : n + 15] for n in range(0, len(SECRET), 15)]),
    ),
    "Pieces of fewer than 15 characters with other text between them, such as the "
    "columns of a table.": (
        (SECRET, " a column\n".join(textwrap.wrap(SECRET, 4))),
        (SECRET, "xyz\n".join(textwrap.wrap(SECRET, 7))),
    ),
    "In a text of more than 10,000 characters: pieces of fewer than 15 characters with "
    "markup between them.": (
        (SECRET, "<p>a</p>" * 2_000 + "<b>".join(textwrap.wrap(SECRET, 7))),
    ),
    "A part of a secret of fewer than 32 characters.": ((SHORT, SHORT[:-1]),),
    "In a text of more than a million characters: pieces of fewer than 40 "
    "characters.": ((SECRET, LARGE + SECRET[:30]),),
    "The public header of a token.": ((TOKEN, TOKEN.partition(".")[0]),),
}

NOT_MASKED_IN_STREAMS = (
    "Up to three characters of each piece, if a stream is printed in parts of fewer "
    "than four characters."
)
NOT_MASKED_LATER = "A token, from a day after its expiry."


def bullets(heading):
    """Return the entries of the list below a heading of SECURITY.md."""
    text = Path(__file__).parents[2].joinpath("SECURITY.md").read_text("utf-8")
    section = text.split(f"### {heading}\n")[1].split("\n#")[0]
    return re.findall(r"^- (.+)$", section, re.MULTILINE)


def test_lists_in_the_document_are_complete():
    """Each entry is tested below, and nothing else is promised or excepted."""
    assert bullets("What masking finds") == list(MASKED)
    assert bullets("What masking does not find") == [
        *NOT_MASKED,
        NOT_MASKED_IN_STREAMS,
        NOT_MASKED_LATER,
    ]


@pytest.mark.parametrize("promise", MASKED)
def test_promised_form_is_masked(promise):
    """Each example of a promise is masked."""
    for value, shown in MASKED[promise]:
        masked, count = masker_for(value).mask_json([shown])
        assert count > 0
        rest = re.sub(r"[^\w]|PYZ..", "", str(masked))
        assert not any(value[n : n + 8] in rest for n in range(len(value) - 7))


@pytest.mark.parametrize("limit", NOT_MASKED)
def test_named_limit_is_not_masked(limit):
    """Each example of a limit passes as it is: the list says no less than is true."""
    for value, shown in NOT_MASKED[limit]:
        assert masker_for(value).mask_json([shown]) == ([shown], 0)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_start_of_a_piece_is_shown_in_a_stream(size):
    """Of a piece that is printed in small parts, up to three characters are shown."""
    tail = Tail(masker_for(SECRET))
    rows = f"name {SECRET[5:25]} other\nname {SECRET[35:55]} other\n"
    parts = [rows[n : n + size] for n in range(0, len(rows), size)]
    shown = "".join(tail.feed(part)[0] for part in parts) + tail.flush()[0]
    pattern = "name (.{0,3})[*]{3} other\nname (.{0,3})[*]{3} other\n"
    first, second = re.fullmatch(pattern, shown).groups()
    assert first + second
    assert (SECRET[5:8].startswith(first), SECRET[35:38].startswith(second)) == (
        True,
        True,
    )


def test_token_that_expired_long_ago_is_not_masked():
    """A token is forgotten a day after its expiry, when another secret is protected."""
    now = 1_000_000.0
    registry = SecretRegistry(clock=lambda: now)
    token = Token(Secret(TOKEN), now, now + 60, 60.0, None)
    registry.protect_token(token)
    assert registry.masker.mask_text(TOKEN) == ("***", 1)
    now += 60 + FORGOTTEN_AFTER_S + 1
    registry.protect(Secret(SECRET), label="client secret", validity="")
    assert registry.masker.mask_text(TOKEN) == (TOKEN, 0)
