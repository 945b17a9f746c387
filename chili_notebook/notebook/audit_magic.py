"""``%chili_audit``: search what was saved for the secrets of this notebook."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from chili_notebook.notebook.arguments import parse
from chili_notebook.system.frontend import find_notebook_folder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@magics_class
class AuditMagics(Magics):
    """Search what was saved for secrets."""

    @magic_arguments()
    @argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="A file or a folder. The default is the notebook's own folder.",
    )
    @argument(
        "--fix",
        action="store_true",
        help="Mask secrets in notebooks, their copies and the files that you name, and "
        "remove rows of IPython's history.",
    )
    @line_magic
    def chili_audit(self, line: str) -> None:
        """Search what was saved for the secrets of this kernel.

        The audit searches for the values themselves, in every usual encoding: in
        notebooks, their checkpoints and other text files of a folder, in IPython's
        history and %store, and in everything that git stores. It never shows a value,
        and runs no other program. The cell fails if a secret was found and not fixed,
        or if something could not be read.
        """
        from IPython.display import display

        from chili_notebook.audit.findings import AuditSettings, SecretFinder
        from chili_notebook.audit.report import report_bundle, require_clean
        from chili_notebook.audit.search import audit
        from chili_notebook.signin import find_secrets

        args = parse(self.chili_audit, line)
        shell = cast("InteractiveShell", self.shell)
        folder = find_notebook_folder(shell)
        known = find_secrets([folder])
        paths = [folder / Path(path).expanduser() for path in args.paths] or [folder]
        profile = shell.profile_dir
        profiles = [Path(profile.location)] if profile is not None else []
        settings = AuditSettings(SecretFinder(known), folder, fix=args.fix)
        temporary_folder = Path(tempfile.gettempdir())
        result = audit(
            settings, paths, profiles=profiles, temporary_folder=temporary_folder
        )
        display(report_bundle(result, known), raw=True)
        require_clean(result)
