"""The type that hides client secrets and tokens."""

from __future__ import annotations

import copy
import json
import pickle
import pprint
from dataclasses import asdict, astuple, dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.lib.pretty import pretty

from chili_notebook.auth.secret import MASK, Secret

TEXT = "s3cret-0123456789abcdefghijklmnop"


@dataclass(frozen=True, slots=True)
class Record:
    """A dataclass with a secret in it."""

    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>60}".format,
        "{!r}".format,
        lambda secret: f"{secret}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - people write it
        pprint.pformat,
        pretty,
        dir,
        lambda secret: [getattr(secret, name) for name in secret.__slots__],
        lambda secret: repr(Record(secret)),
        lambda secret: asdict(Record(secret)),
        lambda secret: astuple(Record(secret)),
        lambda secret: repr([secret, {"key": secret}]),
        lambda secret: repr(ValueError(secret)),
        lambda secret: json.dumps({"key": secret}, default=str),
        copy.copy,
        copy.deepcopy,
        lambda secret: copy.deepcopy({"key": [secret]}),
        lambda secret: secret.fingerprint,
    ],
)
def test_secret_is_hidden_wherever_it_is_shown_or_copied(show):
    """No way to show, list or copy a secret reveals six characters of it."""
    shown = repr(show(Secret(TEXT)))
    assert not any(TEXT[at : at + 6] in shown for at in range(len(TEXT) - 5))


@pytest.mark.parametrize("refused", [vars, json.dumps, len, iter, bytes])
def test_secret_cannot_be_used_as_a_text(refused):
    """Functions of texts raise a TypeError that does not contain the secret."""
    with pytest.raises(TypeError) as caught:
        refused(Secret(TEXT))
    assert TEXT not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_cannot_be_pickled(protocol):
    """Every protocol raises an error that says what to do, also inside a container."""
    for item in (Secret(TEXT), Record(Secret(TEXT)), {"key": Secret(TEXT)}):
        with pytest.raises(TypeError, match=r"chili_notebook\.login\(\)"):
            pickle.dumps(item, protocol)


def test_reveal_returns_the_value():
    """The value is returned by that method, also from a copy."""
    assert copy.deepcopy(Secret(TEXT)).reveal() == TEXT


@given(st.text(), st.text())
def test_secrets_are_compared_by_their_text(one, other):
    """Equality, hash and fingerprint depend on the text only."""
    first, second = Secret(one), Secret(other)
    assert (first == second) is (one == other)
    assert (first.fingerprint == second.fingerprint) is (one == other)
    assert hash(first) == hash(Secret(one))
    assert repr(first) == f"{first:x}" == MASK


def test_lone_surrogate_can_be_compared():
    """A text that cannot be encoded as UTF-8 has an equality and a fingerprint."""
    assert Secret("\udcff") == Secret("\udcff") != Secret("\udcfe")
    assert Secret("\udcff").fingerprint


def test_secret_is_not_equal_to_its_text():
    """A comparison with a plain text is false, so that it cannot confirm a guess."""
    assert Secret(TEXT) != TEXT
