"""Cleans one value as people paste it, or says why it cannot be used. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from chili_notebook.auth.secret import Secret

_PLACEHOLDER = re.compile(
    r"<.*>|\$?\{.*\}|\[.*\]|change[ _-]?me"
    r"|(?:your|my|insert|enter|paste)(?:[ _-][a-z]+)*"
    r"[ _-](?:id|secret|token|key|name|environment|here)"
    r"|x{3,}|\.{2,}|…|\*+|todo|none|null",
    re.IGNORECASE,
)
_QUOTES = "\"'`“”‘’«»"  # noqa: RUF001 - typed by word processors


class ValueFault(Enum):
    """Why a value cannot be used."""

    EMPTY = auto()
    PLACEHOLDER = auto()
    STRAY_QUOTE = auto()
    UNUSUAL_CHARACTER = auto()


_FAULT_TEXTS = {
    ValueFault.EMPTY: "is empty",
    ValueFault.PLACEHOLDER: "still holds a placeholder",
    ValueFault.STRAY_QUOTE: "has a stray quote at one of its ends",
    ValueFault.UNUSUAL_CHARACTER: "has a space or an unusual character in it",
}


@dataclass(frozen=True, slots=True)
class PastedValue:
    """A cleaned value, or why it cannot be used.

    Attributes:
        key: The key of the value.
        source_name: The name of its source, for messages.
        secret: The cleaned value; ``None`` if it cannot be used.
        fault: Why it cannot be used; ``None`` if it can.
        label: What messages call the key; by default the key itself.
    """

    key: str
    source_name: str
    secret: Secret | None = None
    fault: ValueFault | None = None
    label: str = ""

    @property
    def problem(self) -> str:
        """The fault as a text that names key and source; empty without a fault."""
        if self.fault is None:
            return ""
        name = self.label or self.key
        return f"{name} in {self.source_name} {_FAULT_TEXTS[self.fault]}"


def read_value(
    key: str, value: Secret, source_name: str, *, label: str = ""
) -> PastedValue:
    """Clean one value, or return why it cannot be used.

    What surely does not belong to it is taken off: white space, a byte-order mark,
    quotes around it, ``Bearer`` before a token.
    """
    text = value.reveal().strip().strip("\ufeff\u200b\xa0").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    if key.endswith("ACCESS_TOKEN") and text[:7].lower() == "bearer ":
        text = text[7:].strip()
    fault = _fault_of(text)
    if fault is not None:
        return PastedValue(key, source_name, fault=fault, label=label)
    return PastedValue(key, source_name, Secret(text), label=label)


def _fault_of(text: str) -> ValueFault | None:
    if not text:
        return ValueFault.EMPTY
    if _PLACEHOLDER.fullmatch(text):
        return ValueFault.PLACEHOLDER
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return ValueFault.STRAY_QUOTE
    if not all("!" <= character <= "~" for character in text):
        return ValueFault.UNUSUAL_CHARACTER
    return None
