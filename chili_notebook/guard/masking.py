"""Replace known secrets in texts, streams, bytes and JSON values by ``***``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.secret import MASK, Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.matching import COLOUR, build_matcher, merge

if TYPE_CHECKING:
    from chili_notebook.guard.matching import Matcher, Span

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

    __slots__ = ("_lock", "_matchers")

    def __init__(self) -> None:
        self._lock = Lock()
        self._matchers = _Matchers(())

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
    count = 0
    shortest = matcher.shortest

    def walk(value: Any) -> Any:
        nonlocal count
        before = count
        masked = value
        if isinstance(value, str):
            if len(value) >= shortest:
                masked, places = _mask_text(matcher, value)
                count += places
        elif isinstance(value, dict):
            masked = {walk(key): walk(item) for key, item in value.items()}
        elif isinstance(value, list | tuple):
            masked = [walk(item) for item in value]
        elif isinstance(value, bytes | bytearray | memoryview):
            masked, places = _mask_bytes(matcher, bytes(value))
            count += places
        elif isinstance(value, Iterable):
            # jupyter_client makes a list of it later; an iterator can be read once.
            value = masked = [walk(item) for item in value]
        return masked if count != before else value

    return walk(value), count


def _replace(text: str, spans: Iterable[Span]) -> str:
    """Replace the spans; keep their colour codes, which apply to the text behind."""
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        codes = COLOUR.findall(text, start, end)
        pieces += [text[last:start], MASK, *codes]
        last = end
    return "".join([*pieces, text[last:]])
