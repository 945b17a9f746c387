"""Reading tokens and their time; no server."""

from __future__ import annotations

import json

import pytest
from chili_notebook.tokens import token_from_answer
from fakes import NOON, token_body


def test_reads_grafx_documented_answer():
    """The answer on GraFx's page becomes a token with expiry and scopes."""
    token = token_from_answer(
        json.dumps(token_body()).encode(),
        "application/json",
        asked_at=NOON,
        server_date=None,
    )
    assert token.expires_at == NOON + 86_400
    assert token.scopes == {"template:list", "template:read", "output:static"}
