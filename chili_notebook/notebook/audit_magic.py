"""``%chili_audit``: where do the secrets of this notebook stand on disk?"""

from __future__ import annotations

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
    """Look for secrets that have been saved."""

    @magic_arguments()
    @argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="A file, or a folder whose notebooks are looked at; by default the "
        "notebook's own folder.",
    )
    @argument(
        "--fix",
        action="store_true",
        help="Mask files in place and remove rows of IPython's history.",
    )
    @line_magic
    def chili_audit(self, line: str) -> None:
        """Look for the secrets of this kernel in what has been saved.

        It looks for the values themselves, in every usual encoding: in notebooks and
        their checkpoints, in IPython's history and what %store keeps, and in what git
        has staged, in HEAD and in its history. Values are never shown. The cell fails
        if something is found and not mended.
        """
        from IPython.display import display

        from chili_notebook.audit.report import bundle_of, require_clean
        from chili_notebook.audit.search import audit
        from chili_notebook.signin import find_secrets

        args = parse(self.chili_audit, line)
        shell = cast("InteractiveShell", self.shell)
        folder = find_notebook_folder(shell)
        wanted = find_secrets([folder])
        paths = [folder / Path(path).expanduser() for path in args.paths] or [folder]
        profile = shell.profile_dir
        profiles = [Path(profile.location)] if profile is not None else []
        findings = audit(wanted, paths, profiles=profiles, fix=args.fix)
        display(bundle_of(findings, wanted), raw=True)
        require_clean(findings)
