"""The package as a whole: who imports whom, and what the wheel holds."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chili_notebook"


def test_the_wheel_holds_the_card_and_no_tests(tmp_path):
    """What is installed has script, style and types, and nothing of the tests."""
    build = (
        "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    )
    subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("card/card.js", "card/card.css", "py.typed", "notebook/magics.py"):
        assert f"chili_notebook/{needed}" in names
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if "dist-info" not in root} == {"chili_notebook"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
