"""What all orders of a batch have in common, and what identifies it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from chili_notebook.api.output_options import MOST_BYTES, MOST_VARIABLES_BYTES
from chili_notebook.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chili_notebook.api.base import ApiClient

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
)
to_json: Final = _ENCODER.encode
"""Return a value as JSON; equal values have the same JSON."""


@dataclass(frozen=True)
class OrderForm:
    """What all orders of a batch have in common.

    Attributes:
        client: The client.
        format: The format of the outputs.
        body: The output request without `variables`.
        document: The document of the template or project.
        source_id: The ID of the template or project; empty for a document.
        source_name: What messages call it.
    """

    client: ApiClient = field(repr=False)
    format: str
    body: Mapping[str, Any] = field(repr=False)
    document: Mapping[str, Any] = field(repr=False)
    source_id: str
    source_name: str

    @cached_property
    def context(self) -> str:
        """A text that changes with the document, its version, format or settings.

        Two batches with the same one have the same output for the same values.
        """
        parts = [self.format, {**self.body, "documentContent": None}, self.document]
        return blake2b(to_json(parts).encode(), digest_size=16).hexdigest()

    @cached_property
    def identity(self) -> str:
        """A text that names environment and source, but not their version."""
        environment = self.client.environment.name or self.client.environment.base_url
        return f"{environment} {self.source_id or 'document'}"

    @cached_property
    def size(self) -> int:
        """How many bytes of a request everything but the variables takes.

        Raises:
            ConfigurationError: If nothing else fits into a request.
        """
        size = len(to_json(self.body).encode())
        if size >= MOST_BYTES:
            raise ConfigurationError(
                f"The document is too large for an output request: {size:,} bytes.",
                hint="GraFx takes 20 MB. Save it as a template, and pass that.",
            )
        return size

    def fingerprint(self, sent: str) -> bytes:
        """Return what identifies an output.

        Args:
            sent: The values of its rows as JSON.
        """
        return blake2b(f"{self.context}{sent}".encode(), digest_size=16).digest()

    def fits(self, sent_bytes: int) -> bool:
        """Return whether a request can have so many bytes of variables."""
        return (
            sent_bytes + 2 <= MOST_VARIABLES_BYTES
            and self.size + sent_bytes + 20 <= MOST_BYTES
        )
