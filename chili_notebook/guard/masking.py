"""Replace known secrets in texts, streams, bytes and JSON values by ``***``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from threading import Lock
from types import NoneType
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.secret import MASK, Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.matching import COLOUR, build_matcher, merge
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from chili_notebook.guard.matching import Matcher, Span

_KEY_TYPES = (str, int, float, NoneType)
"""The types of keys that every packer packs by itself."""
MINIMUM_LENGTH = 8
"""A shorter secret would be found in texts that have nothing to do with it."""


class Masker:
    """Mask known secrets; thread-safe.

    Pieces of a long secret are masked, too, because renderers shorten it and break it
    into lines (``pieces=True``). Texts that the user wrote are searched for whole
    secrets only (``pieces=False``)::

        masker = Masker()
        masker.protect(secret)
        masked, count = masker.mask_text(text)
    """

    __slots__ = ("__weakref__", "_lock", "_matchers")

    def __init__(self) -> None:
        self._renew_lock()
        renew_in_children(self._renew_lock)
        self._matchers = _Matchers(())

    def _renew_lock(self) -> None:
        self._lock = Lock()

    def protect(self, secret: Secret) -> None:
        """Mask this secret from now on.

        Raises:
            ConfigurationError: If it has fewer than 8 characters.
        """
        if len(secret.reveal()) < MINIMUM_LENGTH:
            raise ConfigurationError(
                f"A secret of fewer than {MINIMUM_LENGTH} characters cannot be masked: "
                "it would be found in texts that have nothing to do with it.",
                hint="Check that the whole value was copied.",
            )
        with self._lock:
            secrets = self._matchers.secrets
            if secret not in secrets:
                self._matchers = _Matchers((*secrets, secret))

    def mask_text(self, text: str, *, pieces: bool = True) -> tuple[str, int]:
        """Return the text with each secret masked, and the number of masked places."""
        return _mask_text(self._matchers.choose(pieces=pieces), text)

    def mask_bytes(self, data: bytes) -> tuple[bytes, int]:
        """Mask binary data. Its length stays, because its reader may rely on it."""
        return _mask_bytes(self._matchers.whole, data)

    def mask_json(self, value: Any, *, pieces: bool = True) -> tuple[Any, int]:
        """Mask all texts, keys and bytes in a JSON value.

        A part without a secret is returned as it is, not copied.
        """
        return _mask_json(self._matchers.choose(pieces=pieces), value)

    def find(self, value: Any) -> frozenset[Secret]:
        """Return the secrets that a text, bytes or a JSON value contains whole."""
        matchers = self._matchers
        # Most values contain none: one search for all secrets comes first.
        if not _mask_json(matchers.whole, value)[1]:
            return frozenset()
        return frozenset(
            secret
            for secret, matcher in matchers.each.items()
            if _mask_json(matcher, value)[1]
        )

    def start_stream(self) -> Tail:
        """Return the end of a new stream."""
        return Tail(self)

    def feed(self, held: Secret, text: str) -> tuple[str, int, Secret]:
        """Mask the next piece of a stream.

        Args:
            held: The end of the stream that was not returned so far.
            text: The next piece.

        Returns:
            The text that no further piece can change, masked; the number of masked
            places; and the end of the stream, if a secret may start in it.
        """
        text = held.reveal() + text
        matcher = self._matchers.with_pieces
        spans = matcher.spans(text)
        cut = matcher.undecided_from(text)
        while spans and spans[-1][1] > cut:
            cut = min(cut, spans.pop()[0])
        return _replace(text[:cut], spans), len(spans), Secret(text[cut:])

    def finish(self, held: Secret) -> tuple[str, int]:
        """Mask the end of a stream to which no piece will be added.

        The first eight or more characters of a secret are masked: it was cut off.
        """
        text = held.reveal()
        matcher = self._matchers.with_pieces
        spans, start = matcher.spans(text), matcher.started_at(text)
        if len(COLOUR.sub("", text[start:])) >= MINIMUM_LENGTH:
            spans = merge([*spans, (start, len(text))])
        return _replace(text, spans), len(spans)


class Tail:
    """The end of one stream, held back as long as a secret may start in it."""

    __slots__ = ("_held", "_masker")

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = Secret("")

    def __bool__(self) -> bool:
        return bool(self._held.reveal())

    def feed(self, text: str) -> tuple[str, int]:
        """Add a piece; return the masked text to send now, and the masked places."""
        masked, count, self._held = self._masker.feed(self._held, text)
        return masked, count

    def flush(self) -> tuple[str, int]:
        """Return what is held back, masked; no piece will be added."""
        held, self._held = self._held, Secret("")
        return self._masker.finish(held)


class _Matchers:
    """The matchers of one set of secrets, each built when it is first used."""

    def __init__(self, secrets: tuple[Secret, ...]) -> None:
        self.secrets = secrets

    def choose(self, *, pieces: bool) -> Matcher:
        return self.with_pieces if pieces else self.whole

    @cached_property
    def with_pieces(self) -> Matcher:
        return build_matcher(self.secrets, pieces=True)

    @cached_property
    def whole(self) -> Matcher:
        return build_matcher(self.secrets, pieces=False)

    @cached_property
    def each(self) -> dict[Secret, Matcher]:
        return {
            secret: build_matcher([secret], pieces=False) for secret in self.secrets
        }


def _mask_text(matcher: Matcher, text: str) -> tuple[str, int]:
    spans = matcher.spans(text)
    return (_replace(text, spans), len(spans)) if spans else (text, 0)


def _mask_bytes(matcher: Matcher, data: bytes) -> tuple[bytes, int]:
    spans = matcher.byte_spans(data)
    if not spans:
        return data, 0
    masked = bytearray(data)
    for start, end in spans:
        masked[start:end] = b"*" * (end - start)
    return bytes(masked), len(spans)


def _mask_json(matcher: Matcher, value: Any) -> tuple[Any, int]:
    walk = _Walk(matcher)
    return walk.mask(value), walk.count


class _Walk:
    """One walk through a JSON value.

    Attributes:
        count: The number of masked places so far.
    """

    def __init__(self, matcher: Matcher) -> None:
        self.count = 0
        self._changes = 0
        self._matcher = matcher

    def mask(self, value: Any) -> Any:
        """Return the value masked; the same object if nothing in it changes."""
        if isinstance(value, str):
            if len(value) < self._matcher.shortest:
                return value
            return self._count(value, *_mask_text(self._matcher, value))
        if isinstance(value, bytes | bytearray | memoryview):
            return self._count(value, *_mask_bytes(self._matcher, bytes(value)))
        before = self._changes
        masked = self._mask_parts(value)
        return value if self._changes == before else masked

    def _count(self, value: Any, masked: Any, places: int) -> Any:
        self.count += places
        self._changes += places
        return masked if places else value

    def _mask_parts(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._mask_key(key): self.mask(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.mask(each) for each in value]
        if isinstance(value, Iterable):
            # jupyter_client makes a list of it later; an iterator can be read once.
            self._changes += 1
            return [self.mask(each) for each in value]
        if isinstance(value, Enum):  # orjson packs these two
            return self.mask(value.value)
        if is_dataclass(value):
            return {
                each.name: self.mask(getattr(value, each.name))
                for each in fields(value)
            }
        return value

    def _mask_key(self, key: Any) -> Any:
        if not isinstance(key, _KEY_TYPES):
            # The session packs `str(key)` later, which may have changed by then.
            self._changes += 1
            key = str(key)
        return self.mask(key)


def _replace(text: str, spans: Iterable[Span]) -> str:
    """Replace the spans; keep their colour codes, which apply to the text behind."""
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        codes = COLOUR.findall(text, start, end)
        pieces += [text[last:start], MASK, *codes]
        last = end
    return "".join([*pieces, text[last:]])
