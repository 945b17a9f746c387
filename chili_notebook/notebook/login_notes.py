"""Notes on the card about the settings of a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chili_notebook.auth.environment_check import CheckStatus, EnvironmentCheck
from chili_notebook.card.state import Note

if TYPE_CHECKING:
    from chili_notebook.signin import LoginSettings


def first_check(settings: LoginSettings) -> EnvironmentCheck:
    """Return what is known about the environment before the check."""
    if not settings.environment.base_url:
        return EnvironmentCheck()  # the note of `describe_login` has the reason
    if not settings.environment.name:
        text = "The environment has no technical name and was not checked."
        return EnvironmentCheck(text=text)
    if not settings.is_checked:
        return EnvironmentCheck(text="The check of the environment is switched off.")
    return EnvironmentCheck(CheckStatus.CHECKING)


def describe_form_settings(form: LoginSettings) -> Note | None:
    """Return a note on the settings that do not apply to typed credentials."""
    error = form.environment_error
    if error is not None:
        return Note(error.message, error.hint, kind="error", field="environment")
    if not form.refused:
        return None
    places = " and ".join(setting.place for setting in form.refused)
    verb, them = ("is", "it") if len(form.refused) == 1 else ("are", "them")
    return Note(
        f"{places} {verb} ignored for credentials typed here.",
        f"To use {them}, set environment variables or pass --env-file.",
    )


def describe_login(settings: LoginSettings) -> Note | None:
    """Return a note on what is missing or unsafe after a sign-in."""
    if not settings.environment.base_url:
        return Note(
            "The environment is unknown, so only the token can be used.",
            "Set CHILI_ENVIRONMENT to its technical name and sign in again.",
        )
    danger = settings.find_danger()
    return None if danger is None else Note(danger.message, danger.hint)
