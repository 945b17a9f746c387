"""Repositories that came from somebody else: nothing in them is run.

Each configuration makes plain git run a command, which the test checks first.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from audit.examples import TOKEN, find, git, places_of

from chili_notebook.auth.env_file import find_danger

MARKER = Path("ran")


@dataclass(frozen=True)
class Trap:
    """A configuration that runs a command, and a git command that falls for it.

    Attributes:
        config: Keys and values; ``{run}`` stands for the command.
        trigger: The arguments of git.
        files: Other files of the repository, by name.
        misses_object: Whether an object is missing, which git would fetch.
    """

    config: dict[str, str]
    trigger: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)
    misses_object: bool = False


PARTIAL_CLONE = {
    "core.repositoryFormatVersion": "1",
    "extensions.partialClone": "origin",
    "remote.origin.promisor": "true",
}
READ_MISSING = ("cat-file", "-p", "HEAD:a.txt")
HOOK = "#!/bin/sh\n{run}\n"
TRAPS = {
    "file system monitor": Trap({"core.fsmonitor": "{run} #"}, ("status",)),
    "included file": Trap(
        {"include.path": "more"},
        ("status",),
        {".git/more": '[core]\nfsmonitor = "{run} #"\n'},
    ),
    "ssh command": Trap(
        {
            **PARTIAL_CLONE,
            "remote.origin.url": "ssh://host.invalid/x",
            "core.sshCommand": "{run} #",
        },
        READ_MISSING,
        misses_object=True,
    ),
    "remote helper": Trap(
        {
            **PARTIAL_CLONE,
            "remote.origin.url": "ext::{run}",
            "protocol.ext.allow": "always",
        },
        READ_MISSING,
        misses_object=True,
    ),
    "clean filter": Trap(
        {"filter.x.clean": "{run}; cat"},
        ("add", "--renormalize", "."),
        {".gitattributes": "* filter=x\n"},
    ),
    "filter process": Trap(
        {"filter.x.process": "{run}"},
        ("add", "--renormalize", "."),
        {".gitattributes": "* filter=x\n"},
    ),
    "text conversion": Trap(
        {"diff.x.textconv": "{run}; cat"},
        ("log", "-p"),
        {".git/info/attributes": "*.txt diff=x\n"},
    ),
    "external diff": Trap(
        {"diff.external": "{run} #"}, ("diff",), {"a.txt": "changed"}
    ),
    "hook": Trap({}, ("add", "."), {".git/hooks/post-index-change": HOOK}),
    "folder of hooks": Trap(
        {"core.hooksPath": "hooks"},
        ("add", "."),
        {"hooks/post-index-change": HOOK},
    ),
    "command for shared objects": Trap(
        {"core.alternateRefsCommand": "{run} #"},
        ("fetch", "../other"),
        {".git/objects/info/alternates": "../../../other/.git/objects\n"},
    ),
}


def build(trap):
    """Make the repository ``brought`` with this configuration."""
    run = f"touch {MARKER.absolute()}"
    git("init", "other")
    git("-C", "other", "commit", "--allow-empty", "-m", "other")
    git("init", "brought")
    Path("brought/a.txt").write_text(f"first {TOKEN}")
    git("-C", "brought", "add", ".")
    git("-C", "brought", "commit", "-m", "one")
    if trap.misses_object:
        object_id = git("-C", "brought", "rev-parse", "HEAD:a.txt").strip()
        Path("brought/.git/objects", object_id[:2], object_id[2:]).unlink()
    for name, text in trap.files.items():
        path = Path("brought", name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("{run}", run))
        path.chmod(0o755)
    for key, value in trap.config.items():
        git("config", "--file", "brought/.git/config", key, value.replace("{run}", run))
    Path("brought/.env").write_text("CHILI_CLIENT_ID=x\n")


@pytest.mark.parametrize("name", TRAPS)
def test_audit_and_login_run_nothing_of_a_repository(name):
    """Plain git runs the command; the audit and the check of .env do not."""
    trap = TRAPS[name]
    build(trap)
    with contextlib.suppress(subprocess.CalledProcessError):
        git("-C", "brought", *trap.trigger)
    assert MARKER.exists(), "the configuration does not work with this version of git"
    MARKER.unlink()
    places = [place for place, _where in places_of(find(Path()))]
    assert ("git: a.txt" in places) is not trap.misses_object
    assert find_danger(Path("brought/.env"), ".env") is not None
    assert not MARKER.exists()


def test_command_starts_no_other_process():
    """Python's audit hook sees every process that the command would start."""
    build(TRAPS["file system monitor"])
    code = (
        "import runpy, sys\n"
        "def check(event, args):\n"
        "    if event in {'subprocess.Popen', 'os.exec', 'os.posix_spawn', 'os.fork',\n"
        "                 'os.system', 'os.spawn'}:\n"
        "        sys.stderr.write(f'started {args}'); sys.stderr.flush()\n"
        "        import os; os._exit(99)\n"
        "sys.addaudithook(check)\n"
        "sys.argv = ['chili_notebook', 'audit', 'brought']\n"
        "runpy.run_module('chili_notebook', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CHILI_CLIENT_SECRET": TOKEN},
    )
    assert done.returncode == 1, done.stderr
    assert "commit" in done.stdout
