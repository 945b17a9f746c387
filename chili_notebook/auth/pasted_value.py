"""Cleans one value as people paste it, or says why it cannot be used. Pure."""

from __future__ import annotations

import re

from chili_notebook.auth.secret import Secret

_PLACEHOLDER = re.compile(
    r"<.*>|\$?\{.*\}|\[.*\]|change[ _-]?me"
    r"|(?:your|my|insert|enter|paste)(?:[ _-][a-z]+)*"
    r"[ _-](?:id|secret|token|key|name|environment|here)"
    r"|x{3,}|\.{2,}|…|\*+|todo|none|null",
    re.IGNORECASE,
)
_QUOTES = "\"'`“”‘’«»"  # noqa: RUF001 - typed by word processors


def read_value(key: str, value: Secret, source: str) -> tuple[Secret | None, str]:
    """Clean one value; give it, or else why it cannot be used.

    What surely does not belong to it is taken off: white space, a byte-order mark,
    quotes around it, ``Bearer`` before a token.
    """
    text = value.reveal().strip().strip("\ufeff\u200b\xa0").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    if (
        key.upper().endswith(("ACCESS_TOKEN", "ACCESS TOKEN"))
        and text[:7].lower() == "bearer "
    ):
        text = text[7:].strip()
    if not text:
        return None, f"{key} in {source} is empty"
    if _PLACEHOLDER.fullmatch(text):
        return None, f"{key} in {source} still holds a placeholder"
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return None, f"{key} in {source} has a stray quote at one of its ends"
    if not all("!" <= character <= "~" for character in text):
        return None, f"{key} in {source} has a space or an unusual character in it"
    return Secret(text), ""
