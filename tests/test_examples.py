"""The command ``python -m chili_notebook notebooks``, and what the wheel contains."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def copy_notebooks(folder):
    """Run the command in the working directory."""
    return subprocess.run(
        [sys.executable, "-m", "chili_notebook", "notebooks", folder],
        capture_output=True,
        text=True,
        check=False,
    )


def test_notebooks_are_copied_and_existing_files_are_kept():
    """The second run copies only what is missing."""
    assert copy_notebooks("new/folder").returncode == 0
    folder = Path("new/folder")
    assert {path.name for path in folder.glob("*.ipynb")} == NOTEBOOKS
    assert "CHILI_CLIENT_ID" in (folder / ".env.example").read_text()
    changed, missing = sorted(folder.glob("*.ipynb"))[:2]
    changed.write_text("mine")
    missing.unlink()
    again = copy_notebooks("new/folder")
    assert again.returncode == 0
    assert f"kept, because it exists: {changed}" in again.stdout
    assert re.findall(r"copied: (.+)", again.stdout) == [str(missing)]
    assert changed.read_text() == "mine"


@pytest.mark.parametrize("folder", ["file", "file/folder"])
def test_folder_that_cannot_be_made_is_named(folder):
    """The error is the project's own, and the file is unchanged."""
    Path("file").write_text("mine")
    done = copy_notebooks(folder)
    assert done.returncode == 2
    assert done.stderr.startswith(f"ConfigurationError: {folder}")
    assert "Traceback" not in done.stderr
    assert Path("file").read_text() == "mine"


def test_link_in_the_folder_is_not_followed():
    """A dangling link is not a way to write another file."""
    Path("folder").mkdir()
    Path("folder/.env.example").symlink_to(Path("elsewhere").absolute())
    assert copy_notebooks("folder").returncode == 2
    assert not Path("elsewhere").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the wheel that is built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", folder], cwd=ROOT, check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        yield archive


def test_wheel_contains_the_notebooks_and_no_credentials(wheel):
    """Those who install the wheel can copy the notebooks."""
    names = {Path(name).name for name in wheel.namelist() if "/examples/" in name}
    assert names >= NOTEBOOKS | {".env.example"}
    assert ".env" not in names


def test_description_of_the_wheel_has_no_relative_link(wheel):
    """A package index cannot follow links to files of the repository."""
    (metadata,) = [name for name in wheel.namelist() if name.endswith("METADATA")]
    page = message_from_bytes(wheel.read(metadata)).get_payload()
    assert "## Install" in page
    links = re.findall(r"\]\(([^)]+)\)|src(?:set)?=\"([^\"]+)\"", page)
    assert links
    assert all(a.startswith(("https://", "#")) for link in links for a in link if a)


def test_description_links_to_the_repository_once_it_is_known():
    """Pictures and files have addresses of the repository."""
    sys.path.insert(0, str(ROOT))
    try:
        from hatch_build import write_links
    finally:
        sys.path.remove(str(ROOT))
    page = '![a](docs/a.png) [b](B.md) [c](#c) [d](https://d.test) <img src="e.png">'
    assert write_links(page, "https://git.test/x") == (
        "![a](https://git.test/x/raw/HEAD/docs/a.png) "
        "[b](https://git.test/x/blob/HEAD/B.md) [c](#c) [d](https://d.test) "
        '<img src="https://git.test/x/raw/HEAD/e.png">'
    )
    assert write_links(page, None) == ' b [c](#c) [d](https://d.test) <img src="e.png">'
