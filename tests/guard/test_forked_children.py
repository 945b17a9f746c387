"""The order in which a kernel hands on what a forked child prints."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from jupyter_client.session import Session

from chili_notebook.guard.forked_children import ForkedChildren


class JobRunner:
    """Runs a job at once, and one for later when the test says so."""

    def __init__(self):
        self.later = []

    def run(self, job):
        """Run it."""
        return job()

    def run_later(self, job, _seconds):
        """Keep it."""
        self.later.append(job)

    def pass_time(self):
        """Run what has been kept."""
        jobs, self.later = self.later, []
        for job in jobs:
            job()


class Pipe:
    """Holds who receives."""

    def on_recv(self, receive):
        """Let somebody receive."""
        self.receive = receive


@pytest.fixture
def kernel():
    """Give a kernel's side of the pipe, and a child's."""
    sent, passed_on = [], []
    io = SimpleNamespace(
        _pipe_in=Pipe(), _pipe_uuid=b"uuid", _handle_pipe_msg=passed_on.append
    )
    session, turns = Session(key=b"key"), JobRunner()
    children = ForkedChildren(
        io,
        session,
        turns,
        lambda message, ident: sent.append(
            (message["content"]["text"], message["metadata"], ident)
        ),
    )
    children.start()

    def frames(text, uuid=b"uuid"):
        message = session.msg("stream", {"name": "stdout", "text": text})
        return [uuid, *session.serialize(children.number(message), ident=b"topic")]

    return SimpleNamespace(
        children=children,
        frames=frames,
        io=io,
        passed_on=passed_on,
        pipe=io._pipe_in,
        session=session,
        texts=lambda: "".join(text for text, _, _ in sent),
        sent=sent,
        turns=turns,
    )


@pytest.mark.parametrize("order", ["012345", "543210", "103254", "351024"])
def test_pieces_are_handed_on_in_the_order_of_the_child(kernel, order):
    """However the messages overtake each other, the text is the child's."""
    frames = [kernel.frames(text) for text in "abcdef"]
    for at in order:
        kernel.pipe.receive(frames[int(at)])
    assert kernel.texts() == "abcdef"
    assert kernel.children._waiting == {}


def test_the_mark_of_the_order_stays_in_the_kernel(kernel):
    """What is handed on carries the topic of the message, and no number."""
    kernel.pipe.receive(kernel.frames("a"))
    assert kernel.sent == [("a", {}, [b"topic"])]


def test_a_lost_message_does_not_stop_those_behind_it(kernel):
    """After a while the gaps are passed over, and what is late comes at once."""
    frames = [kernel.frames(text) for text in "abcdef"]
    for at in (0, 2, 4):
        kernel.pipe.receive(frames[at])
    assert kernel.texts() == "a"
    kernel.turns.pass_time()
    kernel.turns.pass_time()
    assert kernel.texts() == "ace"
    kernel.pipe.receive(frames[1])
    kernel.pipe.receive(frames[5])
    assert kernel.texts() == "acebf"


def test_a_gap_that_was_filled_in_time_changes_nothing(kernel):
    """The wait for one message does not cut that for another short."""
    frames = [kernel.frames(text) for text in "abcde"]
    for at in (1, 0, 4):
        kernel.pipe.receive(frames[at])
    kernel.turns.later.pop()
    kernel.turns.pass_time()
    assert kernel.texts() == "ab"
    kernel.pipe.receive(frames[2])
    kernel.pipe.receive(frames[3])
    assert kernel.texts() == "abcde"


def test_children_do_not_wait_for_each_other(kernel):
    """Each child has an order of its own."""
    first = [kernel.frames(text) for text in "ab"]
    kernel.children._child = (os.getppid(), "", None)  # as after a fork
    second = [kernel.frames(text) for text in "xy"]
    for frames in (first[1], second[0], second[1], first[0]):
        kernel.pipe.receive(frames)
    assert kernel.texts() == "xyab"


def test_a_message_without_a_number_is_handed_on(kernel):
    """A display of a child waits for nothing."""
    message = kernel.session.msg("stream", {"name": "stdout", "text": "x"})
    kernel.pipe.receive([b"uuid", *kernel.session.serialize(message, ident=b"topic")])
    assert kernel.texts() == "x"


def test_a_stranger_is_not_heard(kernel):
    """Who does not know the kernel's word is ignored."""
    kernel.pipe.receive(kernel.frames("a", uuid=b"other"))
    assert kernel.texts() == ""


def test_ipykernel_takes_over_again(kernel):
    """When the guard is gone, messages go the way that they went before."""
    kernel.children.stop()
    frames = kernel.frames("a")
    kernel.pipe.receive(frames)
    assert kernel.passed_on == [frames]
    assert kernel.texts() == ""


def test_a_kernel_without_a_pipe_hears_no_child():
    """Where children cannot be heard nothing is asked of the kernel."""
    children = ForkedChildren(None, None, JobRunner(), None)
    children.start()
    children.stop()
    assert not children.can_receive
