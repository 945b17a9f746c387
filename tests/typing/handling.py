"""Handle every error as a script would; type-checked, and never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

from chili_notebook import NotFoundError, UnauthorizedError, errors, login

if TYPE_CHECKING:
    from chili_notebook import Chili


def signing_in() -> Chili | None:
    """Handle the errors of signing in."""
    try:
        return login()
    except errors.CredentialsNotFoundError:
        return login(demo=True)
    except errors.ConfigurationError as error:
        assert_type([error.message, error.hint], list[str])
    except errors.TokenRefusedError as error:
        assert_type(error.status_code, int)
        assert_type(error.error, str)
    except (
        errors.TokenRequestError,
        errors.TokenResponseError,
        errors.TokenExpiredError,
    ) as error:
        assert_type(error.hint, str)
    except errors.TokenError as error:
        assert_type(error.hint, str)
    except (
        errors.AuditIncompleteError,
        errors.InsecureURLError,
        errors.SecretsFoundError,
    ) as error:
        assert_type(error.hint, str)
    return None


def calling(chili: Chili) -> None:
    """Handle the errors of the Environment API."""
    try:
        chili.get("templates")
    except errors.ForbiddenError as error:
        assert_type(error.scope, str)
    except errors.TooManyRequestsError as error:
        assert_type(error.retry_after_s, float)
    except (UnauthorizedError, NotFoundError, errors.ServerError) as error:
        assert_type(error.status_code, int)
    except (errors.NotListedError, errors.NotCountedError) as error:
        assert_type(error.hint, str)
    except errors.APIError as error:
        assert_type([error.title, error.detail, error.trace_id], list[str])
        assert_type(error.status_code, int)
    except errors.ConnectionFailedError as error:
        assert_type(error.was_sent, bool)
    except (errors.NotSignedInError, errors.UnexpectedAnswerError) as error:
        assert_type(error.message, str)


def rendering(chili: Chili) -> str:
    """Handle the errors of an output."""
    try:
        chili.outputs.create("id", "png")
    except errors.VariableError as error:
        return f"{error.hint} {len(error.problems)}"
    except errors.OutputFailedError as error:
        assert_type(error.report, tuple[Any, ...])
    except (errors.OutputTimeoutError, errors.OutputExpiredError) as error:
        return error.task_id
    except errors.OutputError as error:
        return error.task_id
    except errors.ChiliError as error:
        return str(error)
    return ""
