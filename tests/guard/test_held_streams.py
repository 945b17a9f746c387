"""Ends of streams that are held back; without a kernel."""

from __future__ import annotations

from chili_notebook.auth.secret import Secret
from chili_notebook.guard.held_streams import HeldStreams, Stream
from chili_notebook.guard.masking import Masker

VALUE = "s3cret_0123456789_abcdefghijklmnopqrstuvwxyz_ABCDEF"
STREAM = Stream(None, "stdout", {"msg_id": "1"}, None)


class Example:
    """Held streams, what they have sent, and the jobs that wait."""

    def __init__(self):
        masker = Masker()
        masker.protect(Secret(VALUE))
        self.sent, self.jobs = "", []
        self.streams = HeldStreams(masker, self.send, self.run_later)

    def send(self, _stream, text):
        """Send a text."""
        self.sent += text

    def run_later(self, job, _seconds):
        """Note a job."""
        self.jobs.append(job)

    def print(self, text):
        """Print a text after the end of its cell."""
        self.sent += self.streams.feed(STREAM, text)[0]
        self.streams.flush_when_idle(STREAM.key, 1.0)


def test_stream_that_goes_on_is_not_flushed():
    """A thread that prints a secret slowly, after its cell, shows nothing of it."""
    example = Example()
    for letter in VALUE:
        example.print(letter)
        if len(example.jobs) > 1:
            example.jobs.pop(0)()
    example.print("\n")
    assert example.sent == "***\n"


def test_stream_that_ends_is_flushed():
    """What may be the start of a secret is sent if nothing follows."""
    example = Example()
    example.print("see s3")
    assert example.sent == "see "
    example.jobs.pop()()
    assert example.sent == "see s3"
    assert example.streams.held_keys() == []
