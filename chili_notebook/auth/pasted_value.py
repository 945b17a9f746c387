"""Clean one value as people paste it, or report why it cannot be used. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from chili_notebook.auth.secret import Secret

_PLACEHOLDER = re.compile(
    r"<.*>|\$?\{.*\}|\[.*\]|change[ _-]?me"
    r"|(?:your|my|insert|enter|paste)(?:[ _-][a-z]+)*"
    r"[ _-](?:id|secret|token|key|name|environment|here)"
    r"|x{3,}|\.{2,}|…|\*+|todo|none|null|%\w+%|(?-i:\$[A-Z_][A-Z0-9_]{0,40})",
    re.IGNORECASE,
)
# 1Password, Bitwarden, HashiCorp Vault, Azure Key Vault, AWS, sops and the like.
_REFERENCE = re.compile(
    r"(?:op|bws?|vault|keyvault|akv|secrets?|secretref|ref|awssm|gcpsm|arn|sops|pass"
    r"|keyring|keychain|doppler|infisical):\S|\$\(.*\)|`.*`|!\w{1,20}(?:\s|$)"
    r"|(?!https?:)[a-z][a-z0-9+.-]*://|@Microsoft\.KeyVault\(",
    re.IGNORECASE,
)
# Such as a client secret behind a label: secret:AbC…
_LONG_VALUE = re.compile(r"[A-Za-z0-9_-]{32,}\Z")
_QUOTES = "\"'`“”‘’«»"  # noqa: RUF001 - typed by word processors


class ValueFault(Enum):
    """Why a value cannot be used."""

    EMPTY = auto()
    PLACEHOLDER = auto()
    STRAY_QUOTE = auto()
    REFERENCE = auto()
    UNUSUAL_CHARACTER = auto()


_FAULT_TEXTS = {
    ValueFault.EMPTY: "is empty",
    ValueFault.PLACEHOLDER: "still contains a placeholder",
    ValueFault.STRAY_QUOTE: "begins or ends with a stray quote",
    ValueFault.REFERENCE: "is a reference to a secret store and not the value itself "
    "(start Jupyter with the program that resolves it, such as op run)",
    ValueFault.UNUSUAL_CHARACTER: "contains a space or an unusual character",
}


_WITHOUT_SECRET = {ValueFault.EMPTY, ValueFault.PLACEHOLDER}


@dataclass(frozen=True, slots=True)
class PastedValue:
    """One value of a source: the cleaned text, or why it cannot be used.

    Attributes:
        key: The key of the value.
        source_name: The name of its source, for messages.
        raw: The text as it was pasted, without white space around it.
        secret: The cleaned text; ``None`` if it cannot be used.
        fault: Why it cannot be used; ``None`` if it can.
        label: What messages call the key; by default the key itself.
    """

    key: str
    source_name: str
    raw: Secret
    secret: Secret | None = None
    fault: ValueFault | None = None
    label: str = ""

    @property
    def problem(self) -> str:
        """The fault as a clause that names key and source; empty without a fault."""
        if self.fault is None:
            return ""
        name = self.label or self.key
        return f"{name} in {self.source_name} {_FAULT_TEXTS[self.fault]}"

    @property
    def to_protect(self) -> Secret | None:
        """What to mask for a secret's key: also a secret that was copied badly."""
        if self.fault in _WITHOUT_SECRET:
            return None
        if self.fault is ValueFault.REFERENCE:
            value = _LONG_VALUE.search(self.raw.reveal())
            return Secret(value[0]) if value else None
        return self.secret or self.raw


def read_value(
    key: str, value: Secret, source_name: str, *, label: str = ""
) -> PastedValue:
    """Clean one value.

    White space, a byte-order mark, quotes around the value and ``Bearer`` before a
    token are removed, since they are never part of a value.

    Args:
        key: The key of the value, such as ``CHILI_CLIENT_ID``.
        value: The text as it was pasted.
        source_name: The name of its source, for messages.
        label: What messages call the key.
    """
    raw = value.reveal().strip().strip("\ufeff\u200b\xa0").strip()
    text = raw
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        text = text[1:-1].strip()
    if key.endswith("ACCESS_TOKEN") and text[:7].lower() == "bearer ":
        text = text[7:].strip()
    fault = _find_fault(text)
    secret = Secret(text) if fault is None else None
    return PastedValue(key, source_name, Secret(raw), secret, fault, label)


def _find_fault(text: str) -> ValueFault | None:
    if not text:
        return ValueFault.EMPTY
    if _PLACEHOLDER.fullmatch(text):
        return ValueFault.PLACEHOLDER
    if _REFERENCE.match(text):
        return ValueFault.REFERENCE
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return ValueFault.STRAY_QUOTE
    if not all("!" <= character <= "~" for character in text):
        return ValueFault.UNUSUAL_CHARACTER
    return None
