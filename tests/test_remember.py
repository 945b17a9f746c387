"""What is kept of the form, and where not."""

from __future__ import annotations

from pathlib import Path

from chili_notebook.remember import ENV, keepers, remember


def _keep(credentials):
    return remember(
        [ENV],
        credentials,
        environment="cp-abc-123",
        kind="production",
        profile=None,
        folder=Path(),
    )


def test_what_was_ticked_is_kept_beside_the_notebook(credentials):
    """Where the form offers it, a tick writes a .env."""
    assert ENV in keepers()
    assert _keep(credentials) == ([".env"], [])
    assert Path(".env").exists()


def test_in_voila_nothing_is_kept(credentials, monkeypatch):
    """A reader's pair would sign in the next one: no offer, and no tick that counts."""
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    assert keepers() == ()
    assert _keep(credentials) == ([], [])
    assert not Path(".env").exists()
