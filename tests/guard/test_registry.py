"""The registry of known secrets."""

from __future__ import annotations

import threading

import pytest

from chili_notebook.auth.credentials import Credentials, Origin, Source
from chili_notebook.auth.secret import Secret
from chili_notebook.auth.sources import find_sources
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard.registry import (
    FORGOTTEN_AFTER_S,
    KnownSecret,
    SecretRegistry,
    is_plausible,
)
from conftest import CLIENT_ID, CLIENT_SECRET
from fakes import forked_child

OTHER = "another-secret-0123456789"


def labels(registry):
    """Return the labels of all known secrets."""
    return [known.label for known in registry.known]


def registry_of(*values):
    """Return a registry that knows these values, labelled by themselves."""
    return SecretRegistry(KnownSecret(value, "", Secret(value)) for value in values)


def test_short_secret_is_refused_by_its_label():
    """The error names the secret and does not show it."""
    registry = SecretRegistry()
    with pytest.raises(ConfigurationError, match="client secret is too short") as error:
        registry.protect(Secret("1234567"), label="client secret", validity="")
    assert "1234567" not in str(error.value)
    assert registry.known == ()


def test_secret_that_is_protected_twice_is_known_once():
    """The last label of a secret counts."""
    registry = SecretRegistry()
    for label in ("first", "second"):
        registry.protect(Secret(CLIENT_SECRET), label=label, validity="")
    assert labels(registry) == ["second"]


def test_every_secret_of_a_source_is_protected():
    """IDs and settings are not secrets; secrets of other profiles are."""
    values = {
        "CHILI_CLIENT_ID": CLIENT_ID,
        "CHILI_CLIENT_SECRET": CLIENT_SECRET,
        "CHILI_PRINT_ACCESS_TOKEN": OTHER,
        "CHILI_TEST_CLIENT_SECRET": "short",
    }
    source = Source.read(
        ".env", Origin.ENV_FILE, {k: Secret(v) for k, v in values.items()}
    )
    registry = SecretRegistry()
    registry.protect_sources([source])
    assert labels(registry) == [
        "CHILI_CLIENT_SECRET in .env",
        "CHILI_PRINT_ACCESS_TOKEN in .env",
    ]
    assert "rotated" in registry.known[0].validity
    assert "expires" in registry.known[1].validity
    assert (
        registry.mask(f"{CLIENT_ID} {CLIENT_SECRET} {OTHER}") == f"{CLIENT_ID} *** ***"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("DataFrame", False),
        ("import pandas", False),
        ("DataFrameGroupByDescribe", False),
        ("my-client-secret-for-tests", False),
        ("TEMPLATE_ENVIRONMENT", False),
        ("a sentence with 3 words", False),
        ("Zm9vYmFyLTIwMjY", False),
        (CLIENT_SECRET, True),
        (OTHER, True),
        ("aBcXyZQwPoLkJhGfDsAmNbVc", True),
        ("0123456789abcdef0123456789abcdef", True),
        ("p@ss-word-without-digits", True),
    ],
)
def test_plausible_secret_is_long_and_not_a_name(value, expected):
    """Words and names of code are left alone."""
    assert is_plausible(value) is expected


def test_secret_under_another_name_is_protected(tmp_path):
    """The key is only named; its value is masked, also from a file that is not read."""
    (tmp_path / ".env").write_text(f"CLIENT_ID={CLIENT_ID}\nCLIENT_SECRET={OTHER}\n")
    (tmp_path / ".env.txt").write_text(f"CHILI_CLIENT_SECRET={CLIENT_SECRET}\n")
    registry = SecretRegistry()
    registry.protect_sources(find_sources(tmp_path, environ={"SERVER_SECRET": "word"}))
    assert labels(registry) == [
        "CLIENT_SECRET in .env",
        "CHILI_CLIENT_SECRET in .env.txt",
    ]
    text = f"{CLIENT_ID} {CLIENT_SECRET} {OTHER} word"
    assert registry.mask(text) == f"{CLIENT_ID} *** *** word"


def test_value_that_is_not_plausible_is_left_alone_and_reported():
    """Masking it would damage every text that contains the word."""
    values = {"CHILI_DOC_ACCESS_TOKEN": Secret("DataFrame")}
    source = Source.read(".env", Origin.ENV_FILE, values)
    registry = SecretRegistry()
    (entry,) = registry.protect_sources([source])
    assert (entry.source, entry.key) == (".env", "CHILI_DOC_ACCESS_TOKEN")
    assert "not masked" in entry.outcome
    assert registry.mask("pd.DataFrame") == "pd.DataFrame"


def test_credentials_that_are_used_are_always_protected():
    """Also if they look like a name."""
    registry = SecretRegistry()
    registry.protect_credentials(
        Credentials("x", Origin.FORM, client_secret=Secret("DataFrame"))
    )
    assert registry.mask("pd.DataFrame") == "pd.***"


@pytest.mark.parametrize("field", ["client_secret", "access_token"])
def test_secret_of_credentials_is_protected(field):
    """The label names the source of the credentials."""
    registry = SecretRegistry()
    registry.protect_credentials(
        Credentials("the form", Origin.FORM, **{field: Secret(CLIENT_SECRET)})
    )
    assert labels(registry) == [f"{field.replace('_', ' ')} from the form"]
    assert registry.mask([CLIENT_SECRET]) == ["***"]


def test_short_secret_of_credentials_is_an_error():
    """Nobody signs in with a secret that cannot be masked."""
    credentials = Credentials("x", Origin.FORM, access_token=Secret("short"))
    with pytest.raises(ConfigurationError, match="too short"):
        SecretRegistry().protect_credentials(credentials)


def test_mask_leaves_the_ends_of_a_secret():
    """Only whole secrets are masked in texts that the user wrote."""
    text = f"{CLIENT_SECRET[:40]} {CLIENT_SECRET}"
    assert registry_of(CLIENT_SECRET).mask(text) == f"{CLIENT_SECRET[:40]} ***"


def test_secret_that_is_added_later_is_masked():
    """A search does not freeze the set of secrets."""
    registry = registry_of(CLIENT_SECRET)
    assert registry.mask(OTHER) == OTHER
    registry.protect(Secret(OTHER), label="new", validity="")
    assert registry.mask(OTHER) == "***"


def test_token_is_forgotten_a_day_after_its_expiry():
    """It stays known as long as it may be of use; other secrets stay known for ever."""
    now = 1_000_000.0
    registry = SecretRegistry(clock=lambda: now)
    first, second = (f"{CLIENT_SECRET}-token-{n}" for n in (1, 2))
    registry.protect(Secret(CLIENT_SECRET), label="secret", validity="")
    registry.protect(Secret(first), label="first", validity="", expires_at=now + 10)

    now += 10 + FORGOTTEN_AFTER_S
    registry.protect(Secret(OTHER), label="other", validity="")
    assert registry.mask(f"<{first}>") == "<***>"

    now += 1
    registry.protect(Secret(second), label="second", validity="", expires_at=now + 10)
    assert [each.label for each in registry.known] == ["secret", "other", "second"]
    assert registry.mask([first, second]) == ["***-token-1", "***"]


def test_expiry_of_a_secret_that_is_protected_again_is_that_of_the_last_time():
    """A token that is also in a file stays known: the file is not read again."""
    now = 1_000_000.0
    registry = SecretRegistry(clock=lambda: now)
    registry.protect(Secret(OTHER), label="a", validity="", expires_at=now)
    registry.protect(Secret(OTHER), label="b", validity="")
    now += 2 * FORGOTTEN_AFTER_S
    registry.protect(Secret(CLIENT_SECRET), label="c", validity="")
    assert registry.mask(OTHER) == "***"


def test_repr_of_a_known_secret_hides_it():
    """A traceback that shows local variables shows no secret."""
    known = KnownSecret("token", "", Secret(CLIENT_SECRET))
    assert CLIENT_SECRET not in repr(known)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_child_forked_while_a_thread_protects_a_secret_can_protect_another():
    """A lock that a thread of the parent holds does not block the child."""
    registry = SecretRegistry()
    held, released = threading.Event(), threading.Event()

    def hold():
        with registry._lock, registry.masker._lock:
            held.set()
            released.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)

    def protect_in_child():
        registry.protect(Secret("a-secret-of-the-child"), label="x", validity="y")
        return registry.mask("a-secret-of-the-child")

    with forked_child(protect_in_child) as result:
        assert result() == "***"
    released.set()
    thread.join()
