"""Replaces protected values in texts, streams and JSON by ``***``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

from chili_notebook.auth.secret import MASK, Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.matching import COLOUR, matcher, merged

if TYPE_CHECKING:
    from chili_notebook.guard.matching import Matcher, Span

MINIMUM_LENGTH = 8
"""A shorter value would be found in texts that have nothing to do with it."""


class Masker:
    """Masks the secrets that it has been told; thread-safe.

    Args:
        clipped: Whether it also masks the ends of long secrets, which tables and reprs
            show of them; other texts may have these in common.
    """

    __slots__ = ("_built", "_clipped", "_lock", "_secrets")

    def __init__(self, *, clipped: bool = True) -> None:
        self._lock = Lock()
        self._clipped = clipped
        self._secrets: tuple[Secret, ...] = ()
        self._built: Matcher | None = None

    def protect(self, secret: Secret) -> None:
        """Mask this secret from now on.

        Raises:
            ConfigurationError: If it is too short to be told from other text.
        """
        if len(secret.reveal()) < MINIMUM_LENGTH:
            raise ConfigurationError(
                f"A secret of less than {MINIMUM_LENGTH} characters cannot be masked.",
                hint="It would be found in texts that have nothing to do with it. "
                "Check that the whole value was copied.",
            )
        with self._lock:
            if secret not in self._secrets:
                self._secrets = (*self._secrets, secret)
                self._built = None

    @property
    def _matcher(self) -> Matcher:
        # Built when it is needed: many secrets may be told before anything is masked.
        built = self._built
        if built is None:
            with self._lock:
                built = self._built = matcher(self._secrets, clipped=self._clipped)
        return built

    def mask_text(self, text: str) -> tuple[str, int]:
        """Give the text with each secret masked, and at how many places."""
        spans = self._matcher.spans(text)
        return (_masked(text, spans), len(spans)) if spans else (text, 0)

    def mask_bytes(self, data: bytes) -> tuple[bytes, int]:
        """Mask binary data; its length stays, since its reader may rely on it."""
        spans = self._matcher.byte_spans(data)
        if not spans:
            return data, 0
        masked = bytearray(data)
        for start, end in spans:
            masked[start:end] = b"*" * (end - start)
        return bytes(masked), len(spans)

    def mask_json(self, value: Any) -> tuple[Any, int]:
        """Mask all texts and keys in a JSON value; what holds none stays as it is."""
        count = 0
        shortest = self._matcher.shortest

        def walk(value: Any) -> Any:
            nonlocal count
            before = count
            masked = value
            if isinstance(value, str):
                if len(value) >= shortest:
                    masked, places = self.mask_text(value)
                    count += places
            elif isinstance(value, dict):
                masked = {walk(key): walk(item) for key, item in value.items()}
            elif isinstance(value, list | tuple):
                masked = [walk(item) for item in value]
            elif isinstance(value, bytes | bytearray | memoryview):
                masked, places = self.mask_bytes(bytes(value))
                count += places
            elif isinstance(value, Iterable):
                # As jupyter_client does, later; some can be gone through but once.
                value = masked = [walk(item) for item in value]
            return masked if count != before else value

        return walk(value), count

    def feed(self, held: Secret, text: str) -> tuple[str, int, Secret]:
        """Take more of a stream of which `held` was held back.

        Returns:
            What of it is decided, masked; at how many places; and its end, if that may
            be the beginning of a secret.
        """
        text = held.reveal() + text
        matcher = self._matcher
        spans = matcher.spans(text)
        cut = matcher.undecided(text)
        while spans and spans[-1][1] > cut:
            cut = min(cut, spans.pop()[0])
        return _masked(text[:cut], spans), len(spans), Secret(text[cut:])

    def finish(self, held: Secret) -> tuple[str, int]:
        """Give what was held back of a stream that is over.

        Eight characters or more with which a secret begins are masked: it was cut off.
        """
        text = held.reveal()
        matcher = self._matcher
        spans, start = matcher.spans(text), matcher.undecided(text)
        if len(COLOUR.sub("", text[start:])) >= MINIMUM_LENGTH:
            spans = merged([*spans, (start, len(text))])
        return _masked(text, spans), len(spans)


class Tail:
    """One stream: holds back its end while that may be the beginning of a secret."""

    __slots__ = ("_held", "_masker")

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = Secret("")

    def __bool__(self) -> bool:
        return bool(self._held.reveal())

    def feed(self, text: str) -> tuple[str, int]:
        """Take more text; give what is decided, masked, and at how many places."""
        masked, count, self._held = self._masker.feed(self._held, text)
        return masked, count

    def flush(self) -> tuple[str, int]:
        """Give what is held back, masked; no more will come."""
        held, self._held = self._held, Secret("")
        return self._masker.finish(held)


def _masked(text: str, spans: Iterable[Span]) -> str:
    """Replace the spans; the colour codes in them stay, for what stands behind."""
    pieces: list[str] = []
    last = 0
    for start, end in spans:
        codes = COLOUR.findall(text, start, end)
        pieces += [text[last:start], MASK, *codes]
        last = end
    return "".join([*pieces, text[last:]])
