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
class Holder:
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
        lambda secret: repr(Holder(secret)),
        lambda secret: asdict(Holder(secret)),
        lambda secret: astuple(Holder(secret)),
        lambda secret: repr([secret, {"key": secret}]),
        lambda secret: repr(ValueError(secret)),
        lambda secret: json.dumps({"key": secret}, default=str),
        copy.copy,
        copy.deepcopy,
        lambda secret: copy.deepcopy({"key": [secret]}),
        lambda secret: secret.fingerprint,
    ],
)
def test_a_secret_hides_itself(show):
    """No way of showing, listing or copying gives any part of the text."""
    shown = repr(show(Secret(TEXT)))
    assert not any(TEXT[at : at + 6] in shown for at in range(len(TEXT) - 5))


@pytest.mark.parametrize("refused", [vars, json.dumps, len, iter, bytes])
def test_a_secret_is_no_text(refused):
    """What would take a text or its attributes is refused without naming it."""
    with pytest.raises(TypeError) as caught:
        refused(Secret(TEXT))
    assert TEXT not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_never_pickled(protocol):
    """Every protocol refuses, alone and inside others, and says what to do."""
    for item in (Secret(TEXT), Holder(Secret(TEXT)), {"key": Secret(TEXT)}):
        with pytest.raises(TypeError, match=r"chili_notebook\.login\(\)"):
            pickle.dumps(item, protocol)


def test_only_reveal_gives_the_value():
    """What was put in comes out by that one method, from copies too."""
    assert copy.deepcopy(Secret(TEXT)).reveal() == TEXT


@given(st.text(), st.text())
def test_secrets_compare_by_their_text(one, other):
    """Equality, hash and fingerprint follow the text, whatever it is."""
    first, second = Secret(one), Secret(other)
    assert (first == second) is (one == other)
    assert (first.fingerprint == second.fingerprint) is (one == other)
    assert hash(first) == hash(Secret(one))
    assert repr(first) == f"{first:x}" == MASK


def test_a_lone_surrogate_is_a_text_too():
    """What an odd locale puts into the environment can be compared and told apart."""
    assert Secret("\udcff") == Secret("\udcff") != Secret("\udcfe")
    assert Secret("\udcff").fingerprint


def test_a_secret_is_not_its_text():
    """Comparing with a plain text says no, rather than giving the text away."""
    assert Secret(TEXT) != TEXT
