"""Replace known secrets in texts, streams, bytes and JSON values by ``***``. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cached_property
from threading import Lock
from types import NoneType
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.secret import MASK, Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.grams import Grams
from chili_notebook.guard.json_parts import as_flat, collect_few, collect_parts
from chili_notebook.guard.matching import COLOUR, SecretIndex, build_matcher, merge
from chili_notebook.guard.pieces import SMALL
from chili_notebook.system.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable

    from chili_notebook.guard.json_parts import Buffer, Parts
    from chili_notebook.guard.matching import Matcher, Span

_KEY_TYPES = (str, int, float, NoneType)
"""The types of keys that every packer packs by itself."""
_REMEMBERED = 400
"""So much of a line is remembered when it was sent: a secret may be written in parts
that are too short to be held back."""
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
        self._matchers = _Matchers.of({})

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
                self._matchers = self._matchers.with_secret(secret)

    def forget(self, secrets: Collection[Secret]) -> None:
        """Mask these secrets no longer."""
        with self._lock:
            kept = [each for each in self._matchers.secrets if each not in secrets]
            if len(kept) < len(self._matchers.secrets):
                self._matchers = self._matchers.with_only(kept)

    @property
    def generation(self) -> object:
        """An object that is another one when other secrets are known."""
        return self._matchers

    def mask_text(self, text: str, *, pieces: bool = True) -> tuple[str, int]:
        """Return the text with each secret masked, and the number of masked places."""
        return _mask_text(self._matchers.choose(pieces=pieces), text)

    def mask_json(self, value: Any, *, pieces: bool = True) -> tuple[Any, int]:
        """Mask all texts, keys and bytes in a JSON value.

        A part without a secret is returned as it is, not copied. Binary data keeps its
        length, because its reader may rely on it.
        """
        matcher = self._matchers.choose(pieces=pieces)
        parts = collect_parts(value)
        # One search for all texts takes much less time than one for each.
        if parts is not None and _are_clean(matcher, parts):
            return value, 0
        walk = _Walk(matcher)
        return walk.mask(value), walk.count

    def is_clean(self, value: Any, packed: bytes) -> bool:
        """Return whether there is certainly nothing to mask in a JSON value.

        Pieces of fewer than 11 characters may be left as they are, where a search of
        each text finds some of them.

        Args:
            value: The value.
            packed: The same packed as JSON, in UTF-8, where only ``"``, the backslash
                and control characters are escaped.
        """
        matcher = self._matchers.with_pieces
        # Most large values are a few large texts, or many small ones.
        parts = collect_few(value) if len(packed) > SMALL else None
        if parts is None:
            if matcher.is_clean_json(packed):
                return True
            parts = collect_parts(value)  # without the numbers, and without escapes
        return parts is not None and _are_clean(matcher, parts)

    def start_stream(self) -> Tail:
        """Return the end of a new stream."""
        return Tail(self)

    def feed(self, end: StreamEnd, text: str) -> tuple[str, int, StreamEnd]:
        """Mask the next piece of a stream.

        Args:
            end: The end of the stream so far.
            text: The next piece.

        Returns:
            The text that no further piece can change, masked; the number of masked
            places; and the new end.
        """
        matcher = self._matchers.with_pieces
        if not end and text[-1:] == "\n" and matcher.is_clean_line(text):
            return text, 0, end
        sent, held = end.reveal()
        start = len(sent)
        text = sent + held + text if end else text
        spans = _behind(matcher.spans(text), start)
        cut = max(start, matcher.undecided_from(text))
        while spans and spans[-1][1] > cut:
            cut = min(cut, spans.pop()[0])
        masked = _replace(text[start:cut], spans, start)
        return masked, len(spans), StreamEnd.after(text, cut)

    def finish(self, end: StreamEnd) -> tuple[str, int]:
        """Mask the end of a stream to which no piece will be added.

        The first eight or more characters of a secret are masked: it was cut off.
        """
        sent, held = end.reveal()
        start, text = len(sent), sent + held
        matcher = self._matchers.with_pieces
        spans, started_at = matcher.spans(text), matcher.started_at(text)
        if len(COLOUR.sub("", text[started_at:])) >= MINIMUM_LENGTH:
            spans = merge([*spans, (started_at, len(text))])
        spans = _behind(spans, start)
        return _replace(held, spans, start), len(spans)


class StreamEnd:
    """The end of a stream: what was sent of its line, and what is held back.

    What was sent is a part of a secret if the stream was divided within its first
    characters.
    """

    __slots__ = ("_reveal",)

    def __init__(self, sent: str = "", held: str = "") -> None:
        # A closure instead of attributes: debuggers and `rich` list attributes.
        self._reveal: Callable[[], tuple[str, str]] = lambda: (sent, held)

    @classmethod
    def after(cls, text: str, cut: int) -> StreamEnd:
        """Return the end of a stream that was sent up to `cut`."""
        line = max(text.rfind("\n", 0, cut) + 1, cut - _REMEMBERED)
        return cls(text[line:cut], text[cut:]) if line < len(text) else _NO_END

    def __bool__(self) -> bool:
        return self is not _NO_END

    def reveal(self) -> tuple[str, str]:
        """Return what was sent of the line, and what is held back."""
        return self._reveal()


_NO_END = StreamEnd()


class Tail:
    """The end of one stream, held back as long as a secret may start in it."""

    __slots__ = ("_end", "_masker")

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._end = _NO_END

    def __bool__(self) -> bool:
        """Return whether the tail is needed for the text that may follow."""
        return bool(self._end)

    def feed(self, text: str) -> tuple[str, int]:
        """Add a piece; return the masked text to send now, and the masked places."""
        masked, count, self._end = self._masker.feed(self._end, text)
        return masked, count

    def flush(self) -> tuple[str, int]:
        """Return what is held back, masked; no piece will be added."""
        end, self._end = self._end, _NO_END
        return self._masker.finish(end)


class _Matchers:
    """The matchers of one set of secrets, each built when it is first used."""

    def __init__(
        self,
        indexes: dict[Secret, Callable[[], SecretIndex]],
        get_grams: Callable[[], Grams],
    ) -> None:
        # Functions, because debuggers and `rich` list attributes.
        self._indexes = indexes
        self._get_grams = get_grams

    @classmethod
    def of(cls, indexes: dict[Secret, Callable[[], SecretIndex]]) -> _Matchers:
        """Return the matchers for these secrets."""
        grams = Grams(get_index().pieces for get_index in indexes.values())
        return cls(indexes, lambda: grams)

    @property
    def secrets(self) -> Collection[Secret]:
        return self._indexes.keys()

    def with_secret(self, secret: Secret) -> _Matchers:
        """Return the matchers for one more secret; the others are not indexed again."""
        index = SecretIndex.build(secret)
        self._get_grams().add(index.pieces)
        return _Matchers({**self._indexes, secret: lambda: index}, self._get_grams)

    def with_only(self, secrets: Iterable[Secret]) -> _Matchers:
        """Return the matchers for some of the secrets."""
        return _Matchers.of({each: self._indexes[each] for each in secrets})

    def choose(self, *, pieces: bool) -> Matcher:
        return self.with_pieces if pieces else self.whole

    @cached_property
    def with_pieces(self) -> Matcher:
        return self._build(pieces=True)

    @cached_property
    def whole(self) -> Matcher:
        return self._build(pieces=False)

    def _build(self, *, pieces: bool) -> Matcher:
        indexes = [get_index() for get_index in self._indexes.values()]
        return build_matcher(indexes, self._get_grams(), pieces=pieces)


def _mask_text(matcher: Matcher, text: str) -> tuple[str, int]:
    spans = matcher.spans(text)
    return (_replace(text, spans), len(spans)) if spans else (text, 0)


def _mask_bytes(matcher: Matcher, data: Buffer) -> tuple[Buffer, int]:
    flat = as_flat(data)
    spans = matcher.byte_spans(flat)
    if not spans:
        return data, 0
    masked = bytearray(flat)
    for start, end in spans:
        masked[start:end] = b"*" * (end - start)
    return bytes(masked), len(spans)


def _are_clean(matcher: Matcher, parts: Parts) -> bool:
    return matcher.are_clean(parts.texts) and not any(
        matcher.byte_spans(as_flat(data)) for data in parts.buffers
    )


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
            return self._count(value, *_mask_bytes(self._matcher, value))
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


def _behind(spans: list[Span], start: int) -> list[Span]:
    """Return the parts of the spans that are not before `start`."""
    if not start:
        return spans
    return [(max(first, start), end) for first, end in spans if end > start]


def _replace(text: str, spans: Iterable[Span], offset: int = 0) -> str:
    """Replace the spans; keep their colour codes, which apply to the text behind.

    Args:
        text: The text.
        spans: The places, counted from `offset` characters before the text.
        offset: That number of characters.
    """
    pieces: list[str] = []
    last = 0
    for first, end in spans:
        start, last_end = first - offset, last
        last = end - offset
        codes = COLOUR.findall(text, start, last)
        pieces += [text[last_end:start], MASK, *codes]
    return "".join([*pieces, text[last:]]) if pieces else text
