"""The order in which a kernel sends what its forked children print."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from jupyter_client.session import Session

from chili_notebook.guard.forked_children import ForkedChildren


class ManualRunner:
    """Run a job at once, and a job for later when the test says so."""

    def __init__(self):
        self.later = []

    def run(self, job):
        """Run a job now."""
        return job()

    def run_later(self, job, _seconds):
        """Store a job."""
        self.later.append(job)

    def pass_time(self):
        """Run the stored jobs."""
        jobs, self.later = self.later, []
        for job in jobs:
            job()


class Pipe:
    """Store the function that receives messages."""

    def on_recv(self, receive):
        """Set that function."""
        self.receive = receive


class KernelSide:
    """The receiving end of a kernel, and children that write messages to it."""

    def __init__(self):
        self.pid = 1
        self.sent, self.received_by_ipykernel = [], []
        self.pipe, self.runner = Pipe(), ManualRunner()
        iopub_thread = SimpleNamespace(
            _pipe_in=self.pipe,
            _pipe_uuid=b"uuid",
            _handle_pipe_msg=self.received_by_ipykernel.append,
        )
        self.session = Session(key=b"key")
        self.children = ForkedChildren(
            iopub_thread,
            self.session,
            self.runner,
            lambda message, ident: self.sent.append(
                (message["content"]["text"], message["metadata"], ident)
            ),
            get_pid=lambda: self.pid,
        )
        self.children.start()

    def frames_of_child(self, text, uuid=b"uuid"):
        """Return the frames of a message that the current child prints."""
        message = self.children.number(self.message(text))
        return [uuid, *self.session.serialize(message, ident=b"topic")]

    def message(self, text):
        """Return a message of a stream."""
        return self.session.msg("stream", {"name": "stdout", "text": text})

    def text(self):
        """Return the text that the kernel has sent."""
        return "".join(text for text, _, _ in self.sent)


@pytest.fixture
def kernel():
    """Return a kernel that receives the messages of its children."""
    return KernelSide()


@pytest.mark.parametrize("order", ["012345", "543210", "103254", "351024"])
def test_messages_are_sent_in_the_order_of_the_child(kernel, order):
    """The order in which they arrive makes no difference."""
    frames = [kernel.frames_of_child(text) for text in "abcdef"]
    for at in order:
        kernel.pipe.receive(frames[int(at)])
    kernel.runner.pass_time()
    assert kernel.text() == "abcdef"


def test_number_of_a_message_is_removed(kernel):
    """The sent message has its topic and its own metadata only."""
    kernel.pipe.receive(kernel.frames_of_child("a"))
    assert kernel.sent == [("a", {}, [b"topic"])]


def test_lost_message_does_not_stop_the_next_ones(kernel):
    """After a wait the gaps are skipped; a late message is sent at once."""
    frames = [kernel.frames_of_child(text) for text in "abcdef"]
    for at in (0, 2, 4):
        kernel.pipe.receive(frames[at])
    assert kernel.text() == "a"
    kernel.runner.pass_time()
    kernel.runner.pass_time()
    assert kernel.text() == "ace"
    kernel.pipe.receive(frames[1])
    kernel.pipe.receive(frames[5])
    assert kernel.text() == "acebf"


def test_gap_that_is_closed_in_time_is_not_skipped(kernel):
    """The end of the wait for one message does not end the wait for another."""
    frames = [kernel.frames_of_child(text) for text in "abcde"]
    for at in (1, 0, 4):
        kernel.pipe.receive(frames[at])
    kernel.runner.later.pop()
    kernel.runner.pass_time()
    assert kernel.text() == "ab"
    kernel.pipe.receive(frames[2])
    kernel.pipe.receive(frames[3])
    assert kernel.text() == "abcde"


def test_children_do_not_wait_for_each_other(kernel):
    """The messages of each child are numbered on their own."""
    first = [kernel.frames_of_child(text) for text in "ab"]
    kernel.pid = 2
    second = [kernel.frames_of_child(text) for text in "xy"]
    for frames in (first[1], second[0], second[1], first[0]):
        kernel.pipe.receive(frames)
    assert kernel.text() == "xyab"


def test_message_without_a_number_is_sent_at_once(kernel):
    """A display of a child does not wait."""
    frames = kernel.session.serialize(kernel.message("x"), ident=b"topic")
    kernel.pipe.receive([b"uuid", *frames])
    assert kernel.text() == "x"


def test_message_of_another_process_is_ignored(kernel):
    """Only the kernel's children know the identifier of its pipe."""
    kernel.pipe.receive(kernel.frames_of_child("a", uuid=b"other"))
    assert kernel.text() == ""


def test_ipykernel_receives_the_messages_after_stop(kernel):
    """Without the guard, messages are sent as they were before."""
    kernel.children.stop()
    frames = kernel.frames_of_child("a")
    kernel.pipe.receive(frames)
    assert kernel.received_by_ipykernel == [frames]
    assert kernel.text() == ""


def test_kernel_without_a_pipe_receives_nothing():
    """Where children cannot be received, start and stop do nothing."""
    children = ForkedChildren(None, None, ManualRunner(), None)
    children.start()
    children.stop()
    assert not children.can_receive
