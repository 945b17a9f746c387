"""Masking of texts, streams, bytes and JSON values; without a kernel."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import textwrap
from collections import UserList, deque
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jupyter_client.session import json_packer

from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.encodings import forms
from chili_notebook.guard.masking import Masker, Tail
from chili_notebook.guard.matching import COLOUR, without_colours

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJl-0123456789_abcdef"
CLIENT_SECRET = "s3cret_0123456789-abcdefghijklmnop-QRSTUVWXYZ"
ODD = 'p@ss/w+rd %25 <b>"it\'s"&\\n=é€'

realistic = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=",
    min_size=8,
    max_size=90,
)
unusual = st.text(
    st.characters(codec="utf-8", exclude_characters="\x1b\n\r"), min_size=8, max_size=40
)
periodic = st.text("ab", min_size=8, max_size=12)
without_repeats = st.lists(
    st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJK-._~+/=0123456789é€"),
    min_size=8,
    unique=True,
).map("".join)
control = st.lists(st.integers(0, 31), max_size=5).map(bytes)
secrets = st.one_of(realistic, unusual, periodic)
filling = st.text("☃ \n", max_size=5)
"""Characters that no secret contains: they must remain."""

ENCODERS = {
    "plain": lambda value: value,
    "url": lambda value: quote(value, safe=""),
    "path": quote,
    "form": quote_plus,
    "url in lower case": lambda value: re.sub(
        "%..", lambda pair: pair[0].lower(), quote(value, safe="")
    ),
    "json": lambda value: json.dumps(value)[1:-1],
    "json in utf-8": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json twice": lambda value: json.dumps(json.dumps(value))[3:-3],
    "html": html.escape,
    "html text": lambda value: html.escape(value, quote=False),
    "xml attribute": lambda value: escape(value, {'"': "&quot;"}),
    "repr": lambda value: repr(value)[1:-1],
    "ascii": lambda value: ascii(value)[1:-1],
    "repr of bytes": lambda value: repr(value.encode())[2:-1],
    "repr in html": lambda value: html.escape(repr(value)[1:-1]),
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
}


def masker_for(*values):
    """Return a masker that knows these values."""
    masker = Masker()
    for value in values:
        masker.protect(Secret(value))
    return masker


def mask_stream(masker, pieces):
    """Return the masked text of one stream, and the number of masked places."""
    tail = Tail(masker)
    results = [tail.feed(piece) for piece in pieces] + [tail.flush()]
    return "".join(text for text, _ in results), sum(count for _, count in results)


def split(text, cuts):
    """Split a text at some places."""
    places = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    return [text[a:b] for a, b in itertools.pairwise(places)]


def without_filling(value):
    """Return the secret without the characters of the filling."""
    return value.replace("☃", "x").replace(" ", "x")


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("value", [TOKEN, CLIENT_SECRET, ODD])
def test_each_encoding_is_masked(encoder, value):
    """A secret is masked in each of its encodings; the rest of the text stays."""
    encoded = ENCODERS[encoder](value)
    masked, count = masker_for(value).mask_text(f"before {encoded} after {encoded}")
    assert masked == "before *** after ***"
    assert count == 2


@given(secrets, st.sampled_from(sorted(ENCODERS)), filling, filling)
def test_any_secret_is_masked_in_any_encoding(value, encoder, before, after):
    """Whatever its characters are, the secret is masked and nothing else is."""
    value = without_filling(value)
    encoded = ENCODERS[encoder](value)
    text = f"{before}{encoded}{after}"
    assert masker_for(value).mask_text(text) == (f"{before}***{after}", 1)


@given(without_repeats, control, control, st.booleans())
def test_base64_is_masked_at_any_offset(value, before, after, urlsafe):
    """The secret may be anywhere in the data that is encoded."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    text = encode(before + value.encode() + after).decode()
    masked, count = masker_for(value).mask_text(text)
    assert count == 1
    first = (len(before) * 8 + 5) // 6
    last = (len(before) + len(value.encode())) * 8 // 6
    assert masked == f"{text[:first]}***{text[last:]}"


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n"])
@pytest.mark.parametrize("offset", range(60))
def test_wrapped_base64_is_masked(width, line_end, offset):
    """Line ends in base64 do not hide a secret."""
    data = base64.b64encode(b"." * offset + TOKEN.encode() + b"." * 100).decode()
    text = line_end.join(textwrap.wrap(data, width)) + line_end
    masked, count = masker_for(TOKEN).mask_text(text)
    bare = masked.replace(line_end, "")
    head, stars, rest = re.fullmatch(r"([^*]*)([*]+)([^*]*)", bare).groups()
    assert len(stars) == 3 * count
    assert (head, rest) == (data[: len(head)], data[-len(rest) :])
    assert len(data) - len(head) - len(rest) >= len(TOKEN) * 8 // 6 - 1


@given(
    st.lists(secrets, min_size=1, max_size=3),
    st.lists(filling, min_size=3, max_size=6),
    st.lists(st.integers(0, 500), max_size=8),
    st.sampled_from(sorted(ENCODERS)),
)
def test_stream_is_masked_wherever_it_is_split(values, fillings, cuts, encoder):
    """A stream in pieces is masked like the whole text."""
    values = [without_filling(value) for value in values]
    encoded = [ENCODERS[encoder](value) for value in values]
    text = "".join(
        f"{fill}☃{encoded[at % len(encoded)]}☃" for at, fill in enumerate(fillings)
    )
    masked, count = mask_stream(masker_for(*values), split(text, cuts))
    assert masked == "".join(f"{fill}☃***☃" for fill in fillings)
    assert count == len(fillings)


@given(
    st.lists(periodic, min_size=1, max_size=3),
    st.text("ab\n", max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
)
@example(["aaaaaaaa"], "a" * 30, [3, 9])
@example(["aaaaaaab", "abbbbbbb"], "aaaaaaabbbbbbb", [8])
def test_overlapping_secrets_are_masked_whole(values, text, cuts):
    """Where secrets overlap in a stream, none of their characters remains."""
    text += "☃"
    spans = []
    for at, value in itertools.product(range(len(text)), values):
        if text.startswith(value, at):
            if spans and at < spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], at + len(value))
            else:
                spans.append([at, at + len(value)])
    expected, last = "", 0
    for start, end in spans:
        expected += text[last:start] + "***"
        last = end
    expected += text[last:]
    masked = mask_stream(masker_for(*values), split(text, cuts))
    assert masked == (expected, len(spans))


@given(st.text("abc \n\x1b[0m", max_size=80), st.lists(st.integers(0, 80), max_size=8))
def test_other_text_is_unchanged(text, cuts):
    """A stream without a secret loses, gains and reorders nothing."""
    masker = masker_for("abcabc☃☃☃", "a[0m b☃☃☃")
    assert mask_stream(masker, split(text, cuts)) == (text, 0)


def test_text_is_held_back_only_if_a_secret_may_start_in_it():
    """All other text is returned at once."""
    tail = Tail(masker_for(CLIENT_SECRET))
    assert tail.feed("Rendering page 1\n") == ("Rendering page 1\n", 0)
    assert tail.feed("three s3cr") == ("three ", 0)
    assert tail.feed("oll\n") == ("s3croll\n", 0)
    assert not tail


def test_secret_cut_off_by_the_end_of_a_stream_is_masked():
    """At most seven of its characters are shown."""
    for length in range(1, len(CLIENT_SECRET)):
        masker = masker_for(CLIENT_SECRET)
        masked, count = mask_stream(masker, ["> " + CLIENT_SECRET[:length]])
        expected = CLIENT_SECRET[:length] if length < 8 else "***"
        assert masked == f"> {expected}"
        assert count == (length >= 8)


@pytest.mark.parametrize(
    ("value", "shown", "expected"),
    [
        (TOKEN, f"'{TOKEN[:47]}...", "'***..."),
        (TOKEN, f"{TOKEN[:25]}<...>{TOKEN[-25:]}", f"{TOKEN[:25]}<...>***"),
        (TOKEN, TOKEN[:47], "***"),
        (TOKEN, TOKEN[:46], TOKEN[:46]),
        (TOKEN, f"{TOKEN[:23]}…{TOKEN[-16:]}", f"{TOKEN[:23]}…***"),
        (TOKEN, f"{TOKEN[:23]}…{TOKEN[-15:]}", f"{TOKEN[:23]}…{TOKEN[-15:]}"),
        (TOKEN, f"…{TOKEN[-40:]}", "…***"),
        (TOKEN, f"{TOKEN[1:]}{TOKEN[:-1]}", "******"),
        (CLIENT_SECRET, f"{CLIENT_SECRET[:16]}…{CLIENT_SECRET[-16:]}", "***…***"),
        (CLIENT_SECRET, CLIENT_SECRET[1:16], CLIENT_SECRET[1:16]),
    ],
)
def test_shortened_secret_is_masked(value, shown, expected):
    """Sixteen characters of a long secret are masked; claims count half."""
    assert masker_for(value).mask_text(shown)[0] == expected


def test_public_header_of_a_jwt_is_not_masked():
    """Many tokens have the same header, which is not secret."""
    other = f"{TOKEN.partition('.')[0]}.eyJpc3MiOiJodHRwczovL2V4YW1wbGUifQ.b3RoZXI"
    assert masker_for(TOKEN).mask_text(other) == (other, 0)


@pytest.mark.parametrize(
    "value",
    [
        "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.x",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhYmMiLCJhZG1pbiI6dHJ1ZX0.x",
        "0000000000000000000000000000000000..",
        "a.b.cdefghij",
    ],
)
@pytest.mark.parametrize("size", [0, 2_000_000])
def test_whole_value_that_resembles_a_token_is_masked(value, size):
    """A token without a signature is masked whole, also in a large text."""
    masker, padding = masker_for(value), "- " * size
    assert masker.mask_text(f"{padding}<{value}>")[0] == f"{padding}<***>"


@pytest.mark.parametrize("period", ["x", "ab", "0123456789-"])
def test_periodic_secret_is_masked_whole(period):
    """A made-up secret may repeat a few characters; a long text is still fast."""
    value = (period * 64)[:64]
    masker = masker_for(value)
    assert masker.mask_text(f"<{value}>") == ("<***>", 1)
    assert set(masker.mask_text(value * 5_000)[0]) == {"*"}


def test_piece_of_a_secret_stays_if_only_whole_ones_are_masked():
    """With pieces=False a piece of a secret is left alone."""
    masker = masker_for(TOKEN)
    text = f"{TOKEN[:50]} {TOKEN} {quote(TOKEN)}"
    expected = f"{TOKEN[:50]} *** ***"
    assert masker.mask_text(text, pieces=False)[0] == expected
    assert masker.mask_json([text], pieces=False)[0] == [expected]


@pytest.mark.parametrize("kind", [set, tuple, iter, deque, UserList, dict.fromkeys])
def test_every_iterable_in_json_is_masked(kind):
    """jupyter_client makes a list of any iterable after the guard has masked it."""
    other = {"a": kind(["harmless"])}
    assert list(masker_for(CLIENT_SECRET).mask_json(other)[0]["a"]) == ["harmless"]
    value = kind([f"Bearer {CLIENT_SECRET}"])
    masked, count = masker_for(CLIENT_SECRET).mask_json({"a": value})
    assert list(masked["a"]) == ["Bearer ***"]
    assert count == 1


def test_tokens_with_the_same_start_are_masked_whole():
    """Each token of one issuer is masked up to its own end."""
    first, second = TOKEN, f"{TOKEN[:40]}AAAA{TOKEN[40:]}"
    text = f"{first} {second} {first[:50]} {second[:60]}"
    assert masker_for(first, second).mask_text(text) == ("*** *** *** ***", 4)


def test_part_of_a_short_secret_is_not_masked():
    """Part of a secret with fewer than 32 characters does not give it away."""
    text = "correct horse battery"
    assert masker_for("correct horse battery staple").mask_text(text) == (text, 0)


@given(st.lists(st.integers(1, len(CLIENT_SECRET) - 1), max_size=4), st.integers(0, 99))
def test_colour_codes_do_not_hide_a_secret(places, cut):
    """The secret is masked, and the codes stay in the text."""
    coloured = CLIENT_SECRET
    for place in sorted(set(places), reverse=True):
        coloured = f"{coloured[:place]}\x1b[38;5;28m{coloured[place:]}"
    text = f"x = '\x1b[31m{coloured}\x1b[39m' "
    codes = "\x1b[38;5;28m" * len(set(places))
    masked, count = mask_stream(masker_for(CLIENT_SECRET), split(text, [cut]))
    assert masked == f"x = '\x1b[31m***{codes}\x1b[39m' "
    assert count == 1


@pytest.mark.parametrize("value", ["", "short", "1234567"])
def test_short_secret_is_refused(value):
    """Fewer than eight characters cannot be masked; the error does not show them."""
    with pytest.raises(ConfigurationError, match="8 characters") as caught:
        Masker().protect(Secret(value))
    assert not value or value not in str(caught.value)


def test_json_is_masked_at_any_depth():
    """Dictionaries with their keys, lists, tuples and bytes are masked."""
    value = {
        CLIENT_SECRET: [1, None, {"b": f"<{CLIENT_SECRET}>"}],
        "t": ("x", CLIENT_SECRET.encode()),
        "n": 1.5,
    }
    masked, count = masker_for(CLIENT_SECRET).mask_json(value)
    stars = b"*" * len(CLIENT_SECRET)
    assert masked == {
        "***": [1, None, {"b": "<***>"}],
        "t": ["x", stars],
        "n": 1.5,
    }
    assert count == 3


LAYOUTS = {
    "whole": lambda text: text,
    "lines": lambda text: "\n".join(textwrap.wrap(text, 4)),
    "spaces": lambda text: "   ".join(textwrap.wrap(text, 5)),
    "frames": lambda text: " │\u2007│ ".join(textwrap.wrap(text, 6)),
    "markup": lambda text: "</b><b class=é>".join(textwrap.wrap(text, 3)),
    "long tags": lambda text: f"<{'é' * 199}>".join(textwrap.wrap(text, 7)),
    "entities": lambda text: "&shy;".join(textwrap.wrap(text, 3)),
    "colours": "\x1b[38;5;9m".join,
    "columns": lambda text: " a, other column\n".join(
        text[start : start + 15] for start in range(0, len(text), 15)
    ),
}
PLACES = {
    "value": lambda text: {"a": {"b": [1, text]}},
    "key": lambda text: {"a": {text: None}},
    "between others": lambda text: {"a": ["<b", text, "b>&", 12345678, "é😀"]},
    "behind a quote": lambda text: {"a": f'"x" = "{text}"', "b": True},
    "in a path": lambda text: {"a": f"C:\\new/{text}"},
}


@given(
    st.one_of(realistic, unusual, st.sampled_from([TOKEN, CLIENT_SECRET, ODD])),
    st.sampled_from(sorted(ENCODERS)),
    st.sampled_from(sorted(LAYOUTS)),
    st.sampled_from(sorted(PLACES)),
    st.sampled_from([0, 300, 3_000]),
)
def test_value_is_clean_only_if_no_text_in_it_is_masked(
    value, encoder, layout, place, size
):
    """The search of what is packed finds each piece of 11 characters or more."""
    text = LAYOUTS[layout](ENCODERS[encoder](value))
    rows = [{"id": n, "name": f"name of row {n}", "x": n / 7} for n in range(size)]
    content = {"rows": rows, **PLACES[place](f"☃ {text} ☃")}
    masker = masker_for(value)
    assert masker.is_clean({"rows": rows}, json_packer({"rows": rows}))
    _masked, count = masker.mask_json(content)
    if count:
        assert not masker.is_clean(content, json_packer(content))


@pytest.mark.parametrize(
    "text", ["", "a" * 20_000, 'label of "many"\n', "<b>é</b>", "\x1b[1m"]
)
@pytest.mark.parametrize("number", [1, 2_000])
def test_value_without_a_secret_is_clean(text, number):
    """Whatever else its texts contain, but codes of a terminal need a closer look."""
    content = {"a": [f"{text}{n * 7919}" for n in range(number)], "b": {text: 1.5}}
    is_clean = masker_for(TOKEN).is_clean(content, json_packer(content))
    assert is_clean == ("\x1b" not in text)


@given(st.text("\x1b[](0m;1 \0aB", max_size=40))
@example("\x1b[1\x1b[mm\x1b[1m")
@example("\x1b[m \x1b[1\x1b[mm")
@example("\x1b[31m \x1b[3")
def test_codes_of_a_terminal_are_left_out(text):
    """Codes are found as they were written, and never in what is left of others."""
    assert without_colours(text) == COLOUR.sub("", text)


@given(
    st.sampled_from(sorted(LAYOUTS.keys() - {"columns"})),
    st.booleans(),
    st.sampled_from(["", "> "]),
)
def test_lines_are_masked_like_the_whole_stream(layout, is_token, before):
    """A stream of lines is masked, whether each is sent by itself or not."""
    value = TOKEN if is_token else CLIENT_SECRET
    text = f"a line\n{before}{LAYOUTS[layout](value)}\nanother line\n\nlast\n"
    masker = masker_for(value)
    in_lines = mask_stream(masker, text.splitlines(keepends=True))
    assert in_lines == mask_stream(masker, [text])
    assert in_lines[1]


def test_secrets_that_share_a_part_are_masked_whole():
    """The part that is in both is looked up for each of them."""
    first, shared, last = (CLIENT_SECRET[:20], TOKEN[-20:], CLIENT_SECRET[20:])
    masker = masker_for(first + shared, shared + last)
    text = f"<{first}{shared}{last}> " * 3
    assert masker.mask_text(text) == ("<***> " * 3, 3)


class Named:
    """An object whose text is a secret, as that of a path or of a live token."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


@dataclass
class Row:
    """A row, as a library may put it into a message."""

    cell: object


class Choice(Enum):
    """An enumeration of which one value is a secret."""

    ONE = CLIENT_SECRET


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (Named(f"<{CLIENT_SECRET}>"), "<***>"),
        (PurePosixPath("/a") / CLIENT_SECRET, "/a/***"),
        (CLIENT_SECRET.encode(), "b'***'"),
        ((1, CLIENT_SECRET), "(1, '***')"),
        (Named("harmless"), "harmless"),
    ],
)
def test_keys_are_masked_as_they_are_packed(key, expected):
    """The session packs the text of a key that is not a string."""
    masked, _ = masker_for(CLIENT_SECRET).mask_json([{"a": {key: 1}}])
    assert masked == [{"a": {expected: 1}}]
    assert CLIENT_SECRET not in json_packer(masked).decode()


def test_text_of_a_key_is_read_once():
    """What leaves is what was searched: the text of a key may change meanwhile."""
    key = Named("harmless")
    masked, _ = masker_for(CLIENT_SECRET).mask_json({key: 1})
    key.text = CLIENT_SECRET
    assert json_packer(masked) == b'{"harmless": 1}'


@pytest.mark.parametrize("key", [None, True, 1, 1.5])
def test_keys_that_json_knows_are_unchanged(key):
    """The session packs them by itself."""
    value = {key: 1}
    assert masker_for(CLIENT_SECRET).mask_json(value)[0] is value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Row([CLIENT_SECRET]), {"cell": ["***"]}),
        (Row({"a": Row(CLIENT_SECRET)}), {"cell": {"a": {"cell": "***"}}}),
        (Choice.ONE, "***"),
    ],
)
def test_objects_that_a_packer_knows_are_masked(value, expected):
    """Faster packers write dataclasses and enumerations without being asked."""
    assert masker_for(CLIENT_SECRET).mask_json(value) == (expected, 1)


def test_json_without_a_secret_is_not_copied():
    """A part without a secret is returned as it is."""
    kept = {"a": [1, "text"]}
    value = {"kept": kept, "secret": CLIENT_SECRET}
    masked, _ = masker_for(CLIENT_SECRET).mask_json(value)
    assert masked["kept"] is kept
    assert masker_for(CLIENT_SECRET).mask_json(kept)[0] is kept


@pytest.mark.parametrize("size", [1, 700, 3_000])
@pytest.mark.parametrize(
    "hidden",
    [
        CLIENT_SECRET,
        {CLIENT_SECRET: 1},
        ("a", [CLIENT_SECRET.encode()]),
        f"<b>{'</b><b>'.join(textwrap.wrap(CLIENT_SECRET, 5))}</b>",
        "\n".join(textwrap.wrap(CLIENT_SECRET, 4)),
        "\x1b[1m".join(CLIENT_SECRET),
        bytearray(CLIENT_SECRET.encode()),
    ],
)
def test_secret_is_masked_wherever_it_is_in_a_large_value(hidden, size):
    """The values around it stay the same objects."""
    rows = [
        {"id": n, "name": f"name of row {n}", "x": [n / 7, None]} for n in range(size)
    ]
    value = {"data": [*rows, hidden, *rows], "more": {"a": ("text", True)}}
    masked, count = masker_for(CLIENT_SECRET).mask_json(value)
    assert count > 0
    assert CLIENT_SECRET[:16] not in re.sub(
        r"[^\w-]|x1b.1m|b(?=[<>/])", "", str(masked)
    )
    assert masked["data"][0] is rows[0]
    assert masked["more"] is value["more"]
    clean = {"data": rows}
    assert masker_for(CLIENT_SECRET).mask_json(clean) == (clean, 0)


def test_value_that_contains_itself_is_not_searched_for_ever():
    """It cannot be packed either; the caller gets an error."""
    value = []
    value += [value, value]
    with pytest.raises(RecursionError):
        masker_for(CLIENT_SECRET).mask_json(value)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("before", ["", "lorem ipsum " * 2_000])
def test_pieces_that_are_printed_in_small_parts_are_masked(size, before):
    """At most three characters of each piece remain, whatever is between the pieces."""
    value = TOKEN.rpartition(".")[2] + CLIENT_SECRET
    pieces = [value[n : n + 20] for n in range(0, len(value) // 20 * 20, 20)]
    text = before + "\n".join(f"name {piece} other" for piece in pieces) + "\n"
    masker = masker_for(value)
    parts = [text[n : n + size] for n in range(0, len(text), size)]
    masked, _ = mask_stream(masker, parts)
    rows = masked.removeprefix(before).splitlines()
    for row, piece in zip(rows, pieces, strict=True):
        shown = re.fullmatch(r"name (.{0,3})[*]{3} other", row)[1]
        assert piece.startswith(shown)


def test_masked_bytes_keep_their_length():
    """The reader of binary data may rely on offsets."""
    data = b"\x00\xff" + CLIENT_SECRET.encode() + b"\x80"
    (masked,), count = masker_for(CLIENT_SECRET).mask_json([data])
    assert masked == b"\x00\xff" + b"*" * len(CLIENT_SECRET) + b"\x80"
    assert count == 1


def test_masking_twice_changes_nothing():
    """A secret may be protected twice, and masked text is not masked again."""
    masker = masker_for(CLIENT_SECRET, CLIENT_SECRET)
    once, _ = masker.mask_text(CLIENT_SECRET)
    assert masker.mask_text(once) == (once, 0)


def attributes_of(thing):
    """Return the attributes of one of our objects, and those of the objects in them."""
    if not type(thing).__module__.startswith("chili_notebook"):
        return [thing]
    listed = [getattr(thing, name, None) for name in dir(thing) if name[:2] != "__"]
    return [thing, *(inner for value in listed for inner in attributes_of(value))]


def test_attributes_show_no_secret():
    """A debugger that lists attributes finds no secret, at any depth."""
    masker = masker_for(CLIENT_SECRET)
    assert masker.mask_json([CLIENT_SECRET])[1]
    assert masker.mask_text(CLIENT_SECRET, pieces=False)[1]
    tail = Tail(masker)
    tail.feed(CLIENT_SECRET[:-1])
    for thing in (masker, tail):
        listed = attributes_of(thing)
        assert len(listed) > len(dir(thing)) - len(dir(object))
        assert CLIENT_SECRET[:-1] not in repr(listed)


def test_ordinary_token_has_few_forms():
    """A token without special characters needs few searches."""
    assert len(forms(TOKEN)) <= 8
