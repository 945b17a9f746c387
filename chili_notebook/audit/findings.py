"""What is looked for, and what is found of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from chili_notebook.guard.masking import Masker

if TYPE_CHECKING:
    from chili_notebook.auth.secret import Secret


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a secret stands.

    Attributes:
        place: The file, as the person named its folder, or what holds it.
        where: Where in it: a cell, a line, a row, a commit.
        what: Which secret, never its value.
        remedy: What to do; empty when it has been mended.
    """

    place: str
    where: str
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret that is looked for.

    Attributes:
        label: Which it is, such as ``access token #3f9a11c2``.
        fate: For how long it can be misused, as a sentence.
    """

    label: str
    fate: str
    secret: Secret
    _masker: Masker = field(
        default_factory=partial(Masker, clipped=False), compare=False, repr=False
    )

    def __post_init__(self) -> None:
        self._masker.protect(self.secret)

    def is_in(self, value: Any) -> bool:
        """Whether it stands in a text, in bytes or anywhere in a JSON value."""
        return self._masker.mask_json(value)[1] > 0

    def masked(self, text: str) -> str:
        """Give a text without it."""
        return self._masker.mask_text(text)[0]
