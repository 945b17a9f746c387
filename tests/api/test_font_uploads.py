"""Verdicts on uploaded fonts, in the forms that GraFx may send."""

from __future__ import annotations

import httpx
import pytest

from chili_notebook import TransferState
from chili_notebook.errors import UnexpectedAnswerError

FONT = {"id": "s1", "name": "Bold", "familyName": "Kestrel", "fileName": "k.ttf"}


def upload(client_of, body):
    """Upload a font to an API with this verdict; return the result and the requests."""
    requests = []

    def api(request):
        requests.append(f"{request.method} {request.url.path.rpartition('/temp')[2]}")
        request.read()
        return httpx.Response(200, json=body)

    (done,) = client_of(api).fonts.upload(b"font", name="a.ttf")
    return done, requests


@pytest.mark.parametrize("wrap", [dict, lambda data: {"data": data}])
@pytest.mark.parametrize("verdict", [{}, {"errors": None}, {"canBeUploaded": True}])
def test_accepted_font_is_named_and_confirmed(client_of, wrap, verdict):
    """The ID of the batch is beside the data or in it."""
    data = {"batchId": "b/1", "preloadedData": [FONT | verdict]}
    done, requests = upload(client_of, wrap(data))
    assert (done.state, done.id) == (TransferState.UPLOADED, "s1")
    assert requests == ["POST ", "PATCH /b/1", "POST /b/1/confirm"]


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        ({"errors": ["No glyphs"]}, "No glyphs"),
        ({"errors": [{"code": "E1", "message": "No glyphs"}]}, "No glyphs"),
        ({"errors": [{}]}, "unknown reason"),
        ({"errors": "No glyphs"}, "No glyphs"),
        ({"errors": {"message": "No glyphs"}}, "No glyphs"),
        ({"canBeUploaded": False}, "GraFx refuses it without a reason."),
        ({"familyName": None}, "GraFx could not read the names of its family and"),
    ],
)
def test_refused_font_is_not_confirmed(client_of, verdict, reason):
    """Only the file is sent; the reason is GraFx's own, as text or as an object."""
    data = {"batchId": "b1", "data": {"preloadedData": [FONT | verdict]}}
    done, requests = upload(client_of, data)
    assert done.state is TransferState.REFUSED
    assert done.reason.startswith(reason)
    assert requests == ["POST "]


@pytest.mark.parametrize("body", [[], {}, {"batchId": "b"}, {"data": None}, "text"])
def test_response_without_a_font_is_an_error(client_of, body):
    """Nothing is confirmed without a verdict."""
    with pytest.raises(UnexpectedAnswerError):
        upload(client_of, body)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(500, json={"title": "Bad", "detail": "No font"}), "No font"),
        (httpx.Response(400, json={"message": "No font"}), "No font"),
        (
            httpx.Response(200, json={"batchId": "b", "preloadedData": []}),
            "GraFx found",
        ),
    ],
)
def test_file_that_grafx_cannot_read_does_not_stop_the_others(
    client_of, tmp_path, answer, reason
):
    """GraFx may refuse a file with any of these; the next one is uploaded."""
    for name in ("a.ttf", "b.ttf"):
        tmp_path.joinpath(name).write_bytes(name.encode())

    def api(request):
        if b"a.ttf" in request.read():
            return answer
        return httpx.Response(200, json={"batchId": "b", "preloadedData": [FONT]})

    first, second = client_of(api).fonts.upload(tmp_path)
    assert (first.state, second.state) == (
        TransferState.REFUSED,
        TransferState.UPLOADED,
    )
    assert first.reason.startswith(reason)
