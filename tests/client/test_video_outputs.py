"""The client's mp4 outputs against the simulator."""

from __future__ import annotations

import sys
import zipfile
from io import BytesIO

import pytest

from chili_notebook.errors import OutputFailedError


def test_a_video_is_shown_in_the_notebook(chili, tmp_path):
    """The notebook plays an mp4 output, which is saved under its name."""
    output = chili.outputs.create(chili.templates.list(search="banner")[0], "mp4")
    bundle, _metadata = output._repr_mimebundle_()
    assert bundle["text/html"].startswith("<video controls")
    assert 'src="data:video/mp4;base64,' in bundle["text/html"]
    assert output.save(tmp_path).suffix == ".mp4"


def test_a_batch_of_videos_is_a_zip(chili):
    """Several rows are an archive of mp4 files (release note 2025-05-08)."""
    template = chili.templates.list(search="price tag")[0]
    output = chili.outputs.create(template, "mp4", variables=[{}, {}])
    archive = zipfile.ZipFile(BytesIO(output.content))
    assert [name[-4:] for name in archive.namelist()] == [".mp4", ".mp4"]


def test_without_an_encoder_only_mp4_fails(chili, monkeypatch):
    """The error names the missing package; a gif can be made."""
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    template = chili.templates.list(search="banner")[0]
    with pytest.raises(OutputFailedError, match=r"video \(mp4\).*imageio-ffmpeg"):
        chili.outputs.create(template, "mp4")
    assert chili.outputs.create(template, "gif").content.startswith(b"GIF8")
