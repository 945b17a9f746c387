"""One PDF of a table: cut into requests, resumed by request, joined in row order."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest

from chili_notebook.batch.order import to_json
from chili_notebook.errors import ConfigurationError


def pdf_of(task):
    """Return a PDF with a page for each record, whose width is its price."""
    writer = pypdf.PdfWriter()
    for record in task.body["variables"]:
        writer.add_blank_page(width=int(record["Price"]), height=50)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.fixture
def service(service):
    """Return a service that renders PDFs."""
    service.make, service.content_type = pdf_of, "application/pdf"
    return service


def widths_in(path):
    """Return the width of each page of a PDF."""
    return [int(page.mediabox.width) for page in pypdf.PdfReader(path).pages]


def rows_of(count, *, size=1):
    """Return rows whose price is their number, and whose product has this size."""
    return [
        {"Product": "x" * size, "Price": str(number % 1000)}
        for number in range(1, count + 1)
    ]


def large_rows(count):
    """Return rows of which nine fit into a request."""
    return rows_of(count, size=1_050_000)


@pytest.fixture
def prepare_book(prepare):
    """Return a function that prepares a merged PDF of rows."""

    def prepare_book(rows, **options):
        return prepare(rows, "pdf", name=None, merge="book.pdf", **options)

    return prepare_book


def test_requests_are_joined_in_the_order_of_rows_and_resumed(service, prepare_book):
    """A row that changes renders its own request again, and no other."""
    rows = large_rows(25)
    batch = prepare_book(rows)
    assert batch.counts["ready"] == 25
    assert batch.merged is None
    batch.run()
    assert batch.counts["done"] == 25
    assert batch.merged == Path("out/book.pdf")
    assert (
        "book.pdf has the pages of 25 rows" in batch._repr_mimebundle_()["text/plain"]
    )
    assert sorted(len(body["variables"]) for body in service.orders) == [7, 9, 9]
    assert widths_in(batch.merged) == list(range(1, 26))
    captions = [entry.caption for entry in batch.gallery(at_most=2).entries]
    assert captions == ["page 1 of 25", "page 2 of 25"]
    rows[12]["Price"] = "900"
    again = prepare_book(rows)
    assert (again.counts["kept"], again.counts["ready"]) == (16, 9)
    again.run()
    assert service.order_count == 4
    assert widths_in("out/book.pdf")[11:14] == [12, 900, 14]


def test_a_killed_merge_continues_with_the_missing_requests(service, prepare_book):
    """A part that is deleted is fetched again, and the PDF is joined again."""
    prepare_book(large_rows(25)).run(limit=1)
    assert not Path("out/book.pdf").exists()
    batch = prepare_book(large_rows(25))
    assert (batch.counts["kept"], batch.counts["ready"]) == (9, 16)
    batch.run()
    assert service.order_count == 3
    next(Path("out/book.parts").glob("*.pdf")).unlink()
    Path("out/book.pdf").unlink()
    prepare_book(large_rows(25)).run()
    assert service.order_count == 3
    assert widths_in("out/book.pdf") == list(range(1, 26))


def test_requests_stay_under_the_limits_of_bytes_and_rows(service, prepare_book):
    """GraFx takes 10 MB of variables, or 10,000 rows."""
    service.fail = lambda _values: "Only the request counts."
    prepare_book(large_rows(25)).run()
    prepare_book(rows_of(10_001)).run()
    sizes = [len(to_json(body["variables"])) for body in service.orders]
    assert max(sizes) <= 10_000_000
    counts = sorted(len(body["variables"]) for body in service.orders)
    assert counts == [1, 7, 9, 9, 10_000]


def test_a_record_inherits_nothing_from_the_record_before(service, prepare_book):
    """What a row leaves out has the template's own value, as it has alone."""
    rows = [
        {"Product": "Fig", "Price": "7", "Colour": "Blue"},
        {"Product": "Plum", "Price": "8"},
        {"Product": "Pear"},
    ]
    prepare_book(rows).run()
    assert service.orders[0]["variables"] == [
        {"Product": "Fig", "Price": "7", "Colour": "Blue"},
        {"Product": "Plum", "Price": "8", "Colour": "Red"},
        {"Product": "Pear", "Price": "1", "Colour": "Red"},
    ]


def test_a_request_that_fails_leaves_no_merged_pdf(service, prepare_book):
    """All its rows have failed, with GraFx's reason."""
    service.fail = lambda _values: "Nothing works."
    batch = prepare_book(rows_of(3)).run()
    assert batch.counts["failed"] == 3
    assert batch.failures[2].error == "Nothing works."
    assert batch.merged is None


def test_rows_of_a_failed_pdf_name_the_row_that_caused_it(simulator, signed_in):
    """Only that row has GraFx's reason; its correction renders all of them."""
    with signed_in(simulator) as chili:
        template = chili.templates.list(search="Market price tag")[0]
        rows = [
            {"Product": product, "Price": price}
            for product, price in [("Fig", "4,80"), ("Brie 🧀", 2), ("Jam", 3)]
        ]
        options = {"folder": "out", "merge": "book.pdf"}
        batch = chili.outputs.batch(template, rows, "pdf", **options)
        batch.run(skip_invalid=True)
        assert [row.number for row in batch.failures] == [2, 3]
        caused, other = [row.error for row in batch.failures]
        assert "character" in caused
        assert other == "not rendered, because of row 2 of the same PDF"
        assert batch.gallery()._repr_mimebundle_() == {
            "text/plain": "There is nothing to show yet."
        }
        rows[0]["Price"], rows[1]["Product"] = 4.8, "Brie"
        fixed = chili.outputs.batch(template, rows, "pdf", **options).run()
        assert fixed.counts["done"] == 3
        assert fixed.merged == Path("out/book.pdf")


def test_a_part_that_is_not_a_pdf_is_an_error_with_its_name(service, prepare_book):
    """The hint says how to get it again."""
    service.make = lambda _task: b"no PDF"
    with pytest.raises(ConfigurationError, match=r"0001\.pdf") as caught:
        prepare_book(rows_of(3)).run()
    assert "Delete it" in caught.value.hint


def test_partial_success_lists_the_failed_records(simulator, signed_in):
    """The PDF lacks the failed rows, and `failures` has their reasons."""
    with signed_in(simulator) as chili:
        setting = chili.outputs.settings.create(
            "pdf", name="Continue", continueBatchOutputAfterFailure=True
        )
        template = chili.templates.list(search="Market price tag")[0]
        rows = [
            {"Product": f"Jam {number}", "Price": "2", "Picture": picture}
            for number, picture in enumerate(["honey-jar", "no-such", "pear-pair"])
        ]
        batch = chili.outputs.batch(
            template, rows, "pdf", folder="out", merge="book.pdf", settings=setting
        ).run()
        assert (batch.counts["done"], batch.counts["failed"]) == (2, 1)
        assert [row.number for row in batch.failures] == [2]
        assert "image" in batch.failures[0].error
        assert len(widths_in("out/book.pdf")) == 2
        assert simulator.started_outputs == 1
