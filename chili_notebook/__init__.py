"""Sign in to CHILI GraFx from a notebook, and use its Environment API.

From an empty notebook to a rendered picture, without an account::

    %load_ext chili_notebook
    %chili_login --demo
    template = chili.templates.list()[0]
    picture = chili.outputs.create(template, "png")
    picture  # picture.save("renders/first.png") writes it to a file

To use your own environment, change the second line to ``%chili_login``.

=====================  ==========================================================
``chili.templates``    list, preview, render, create and change templates
``chili.projects``     the same for the projects of your integration
``chili.media``        list, download and upload pictures and other files
``chili.fonts``        list, show, download and upload fonts
``chili.brand_kits``   show and change the colours of a brand
``chili.outputs``      render pictures, PDFs and animations, one or a batch
``chili.get`` …        send any other request to the Environment API
``chili_token``        the token for ``httpx``, ``requests`` and f-strings
=====================  ==========================================================

Without IPython::

    from chili_notebook import login

    with login() as chili:
        chili.outputs.create(chili.templates.list()[0], "png").save("renders/")

``help(chili_notebook.Chili)``, ``help(chili_notebook.errors)`` and ``%chili_login?``
show more.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from chili_notebook import errors
    from chili_notebook.api.brand_kits import BrandColor, BrandKit, BrandKits, Swatches
    from chili_notebook.api.client import Chili
    from chili_notebook.api.document_item import DocumentItem
    from chili_notebook.api.documents import Layout, Limits, Variable
    from chili_notebook.api.files import File
    from chili_notebook.api.fonts import FontFamily, Fonts, FontStyle
    from chili_notebook.api.items import Item
    from chili_notebook.api.listing import Listing
    from chili_notebook.api.media import MediaLibrary
    from chili_notebook.api.media_items import Media, MediaFolder
    from chili_notebook.api.output_reports import OutputReport, RecordError
    from chili_notebook.api.output_settings import OutputSetting, OutputSettings
    from chili_notebook.api.output_tasks import Output, OutputTask
    from chili_notebook.api.outputs import Outputs
    from chili_notebook.api.packages import Installation
    from chili_notebook.api.problems import Problem, ProblemKind
    from chili_notebook.api.projects import Project, Projects
    from chili_notebook.api.templates import Template, Templates
    from chili_notebook.api.transfers import Transfer, TransferState
    from chili_notebook.auth.environment import Environment
    from chili_notebook.auth.handle import ChiliToken
    from chili_notebook.batch.batch import Batch
    from chili_notebook.batch.records import RowState
    from chili_notebook.batch.rows import BatchProblems, BatchRow, BatchRows
    from chili_notebook.display.gallery import Gallery, GalleryEntry
    from chili_notebook.display.tables import Rows
    from chili_notebook.errors import (
        APIError,
        AuditIncompleteError,
        ChiliError,
        ConfigurationError,
        ConnectionFailedError,
        CredentialsNotFoundError,
        ForbiddenError,
        InsecureURLError,
        NotCountedError,
        NotFoundError,
        NotListedError,
        NotSignedInError,
        OutputError,
        OutputExpiredError,
        OutputFailedError,
        OutputTimeoutError,
        SecretsFoundError,
        ServerError,
        TokenError,
        TokenExpiredError,
        TokenRefusedError,
        TokenRequestError,
        TokenResponseError,
        TooManyRequestsError,
        UnauthorizedError,
        UnexpectedAnswerError,
        VariableError,
    )
    from chili_notebook.notebook.login_card import LoginCard
    from chili_notebook.signin import login

__version__ = "0.1.0"
__all__ = [
    "APIError",
    "AuditIncompleteError",
    "Batch",
    "BatchProblems",
    "BatchRow",
    "BatchRows",
    "BrandColor",
    "BrandKit",
    "BrandKits",
    "Chili",
    "ChiliError",
    "ChiliToken",
    "ConfigurationError",
    "ConnectionFailedError",
    "CredentialsNotFoundError",
    "DocumentItem",
    "Environment",
    "File",
    "FontFamily",
    "FontStyle",
    "Fonts",
    "ForbiddenError",
    "Gallery",
    "GalleryEntry",
    "InsecureURLError",
    "Installation",
    "Item",
    "Layout",
    "Limits",
    "Listing",
    "LoginCard",
    "Media",
    "MediaFolder",
    "MediaLibrary",
    "NotCountedError",
    "NotFoundError",
    "NotListedError",
    "NotSignedInError",
    "Output",
    "OutputError",
    "OutputExpiredError",
    "OutputFailedError",
    "OutputReport",
    "OutputSetting",
    "OutputSettings",
    "OutputTask",
    "OutputTimeoutError",
    "Outputs",
    "Problem",
    "ProblemKind",
    "Project",
    "Projects",
    "RecordError",
    "RowState",
    "Rows",
    "SecretsFoundError",
    "ServerError",
    "Swatches",
    "Template",
    "Templates",
    "TokenError",
    "TokenExpiredError",
    "TokenRefusedError",
    "TokenRequestError",
    "TokenResponseError",
    "TooManyRequestsError",
    "Transfer",
    "TransferState",
    "UnauthorizedError",
    "UnexpectedAnswerError",
    "Variable",
    "VariableError",
    "__version__",
    "errors",
    "login",
]

# Where the public names are defined, other than the errors. They are imported when they
# are first used, so that `%load_ext chili_notebook` does not load httpx.
_MODULES = {
    "api.brand_kits": ("BrandColor", "BrandKit", "BrandKits", "Swatches"),
    "api.client": ("Chili",),
    "api.document_item": ("DocumentItem",),
    "api.documents": ("Layout", "Limits", "Variable"),
    "api.files": ("File",),
    "api.fonts": ("FontFamily", "FontStyle", "Fonts"),
    "api.listing": ("Listing",),
    "api.media": ("MediaLibrary",),
    "api.media_items": ("Media", "MediaFolder"),
    "api.output_reports": ("OutputReport", "RecordError"),
    "api.output_settings": ("OutputSetting", "OutputSettings"),
    "api.output_tasks": ("Output", "OutputTask"),
    "api.outputs": ("Outputs",),
    "api.packages": ("Installation",),
    "api.problems": ("Problem", "ProblemKind"),
    "api.projects": ("Project", "Projects"),
    "api.items": ("Item",),
    "api.transfers": ("Transfer", "TransferState"),
    "api.templates": ("Template", "Templates"),
    "auth.environment": ("Environment",),
    "auth.handle": ("ChiliToken",),
    "batch.batch": ("Batch",),
    "batch.records": ("RowState",),
    "batch.rows": ("BatchProblems", "BatchRow", "BatchRows"),
    "display.gallery": ("Gallery", "GalleryEntry"),
    "display.tables": ("Rows",),
    "notebook.login_card": ("LoginCard",),
    "signin": ("login",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module(f"{__name__}.errors")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics, for ``%load_ext chili_notebook``."""
    from chili_notebook.notebook.magics import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Remove the magics and close the sessions, for ``%unload_ext``."""
    from chili_notebook.notebook.magics import unload

    unload(shell)
