"""The guard in a real kernel, seen from where a front-end stands."""

from __future__ import annotations

import os
import re
import sys

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from chili_notebook.auth.secret import Secret
from chili_notebook.errors import ConfigurationError
from chili_notebook.guard import output_guard as guard

VALUE = "s3cret_0123456789_abcdefghijklmnopqrstuvwxyz_ABCDEF"
TIMEOUT_S = 30
SET_UP = """
import os, sys, threading
from IPython.display import clear_output, display
from chili_notebook.guard import output_guard as guard
from chili_notebook.auth.secret import Secret
s = os.environ["LEAK_CANARY"]
shell = get_ipython()
session = shell.kernel.session
plain = session.send
assert guard.install(shell)
guard.protect(Secret(s))
"""
BREAK = """
class Broken:
    def __getattr__(self, name): raise RuntimeError(s)
mends, guard._door._masker = guard._door._masker, Broken()
"""
MEND = "guard._door._masker = mends"


class Kernel:
    """A kernel, and what a front-end sees of it."""

    def __init__(self, folder):
        env = {**os.environ, "LEAK_CANARY": VALUE, "IPYTHONDIR": str(folder)}
        env.pop("PYTEST_CURRENT_TEST", None)
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        )
        self.manager.start_kernel(env=env, cwd=str(folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT_S)
        self.run(SET_UP)

    def close(self):
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def run(self, code, **options):
        """Run a cell; give all that was sent up to its end, and the reply."""
        request = self.client.execute(code, **options)
        sent = self.until(_idle(request))
        # A kernel that was slow to start answers late to being asked who it is.
        reply = self.client.get_shell_msg(timeout=TIMEOUT_S)
        while reply["parent_header"]["msg_id"] != request:
            reply = self.client.get_shell_msg(timeout=TIMEOUT_S)
        return [m for m in sent if m["msg_type"] != "status"], reply

    def until(self, ends):
        """Give what is sent until a message ends it."""
        sent = []
        while not sent or not ends(sent[-1]):
            sent.append(self.client.get_iopub_msg(timeout=TIMEOUT_S))
        return sent

    def printed(self, code, name="stdout", **options):
        """Run a cell and give what one of its streams holds."""
        return text_of(self.run(code, **options)[0], name)

    def answer(self, expression):
        """Give the value of an expression, as text."""
        _, reply = self.run("", user_expressions={"x": expression})
        return reply["content"]["user_expressions"]["x"]["data"]["text/plain"]


def text_of(messages, name="stdout"):
    """Give the text of one stream."""
    return "".join(
        m["content"]["text"]
        for m in messages
        if m["msg_type"] == "stream" and m["content"]["name"] == name
    )


def _idle(request):
    return lambda m: (
        m["content"].get("execution_state") == "idle"
        and m["parent_header"]["msg_id"] == request
    )


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Give a kernel in which one value is protected."""
    kernel = Kernel(tmp_path_factory.mktemp("kernel"))
    yield kernel
    kernel.close()


def test_a_terminal_has_no_door():
    """Where no kernel is, nothing is installed, and the caller is told."""
    assert guard.install(object()) is False
    assert not guard.is_active()
    assert guard.masked_count() == 0
    guard.uninstall(object())


def test_short_values_are_refused():
    """What is too short to be told from other text is not protected."""
    with pytest.raises(ConfigurationError, match="8 characters"):
        guard.protect(Secret("1234567"))


def test_it_is_installed_once(kernel):
    """Installing again wraps nothing again."""
    code = "before = session.send\nguard.install(shell)\nprint(session.send is before)"
    assert kernel.printed(code) == "True\n"
    assert kernel.answer("guard.is_active()") == "True"


def test_it_leaves_no_trace_and_forgets_nothing(kernel):
    """Uninstalled, the method is the one from before; installed again, it masks."""
    bare = kernel.printed(
        "guard.uninstall(shell)\n"
        "print(session.send == plain, 'send' in vars(session), guard.is_active())\n"
        "print(s)"
    )
    assert bare == f"True False False\n{VALUE}\n"
    assert kernel.printed("guard.install(shell); print(s)") == "***\n"


def test_it_comes_off_from_beneath_another_wrapper(kernel):
    """Somebody else's wrapper goes on working when the guard is uninstalled."""
    code = """
ours = session.send
def theirs(*args, **kwargs): return ours(*args, **kwargs)
session.send = theirs
guard.uninstall(shell)
print(session.send is theirs, s)
"""
    assert kernel.printed(code) == f"True {VALUE}\n"
    mend = "del session.send; print(guard.install(shell), s)"
    assert kernel.printed(mend) == "True ***\n"


def test_its_state_is_not_in_the_users_namespace(kernel):
    """Clearing the namespace, as %reset does, does not open the door."""
    code = """
def again():
    names = set(shell.user_ns)
    guard.uninstall(shell); guard.install(shell); guard.protect(Secret(s))
    return set(shell.user_ns) - names
print(again())
"""
    assert kernel.printed(code) == "set()\n"


@pytest.mark.parametrize(
    ("code", "times"),
    [
        ("print(s)", "once"),
        ("print(s, s); s", "3 times"),
        ("raise ValueError(s)", "2 times"),  # its value, and in the traceback
        ("print(s[:9], end=''); print(s[9:], end='')", "once"),
        ("print(s[:30], end='')", "once"),
        ("print(1)", ""),
    ],
)
def test_a_cell_ends_with_how_often_it_was_masked(kernel, code, times):
    """The last thing that a cell shows is how often something was masked in it."""
    sent, _ = kernel.run(code)
    last = sent[-1]["content"].get("text", "") if times else text_of(sent, "stderr")
    expected = f"chili_notebook: masked a secret {times} in this output.\n"
    assert last == (expected if times else "")


def test_what_front_ends_run_unseen_is_masked_without_a_word(kernel):
    """Silent code, as variable viewers run it, gets no line that it does not expect."""
    sent, _ = kernel.run("print(s)", silent=True)
    assert text_of(sent) == "***\n"
    assert text_of(sent, "stderr") == ""


def test_messages_of_widgets_are_counted_without_a_word(kernel):
    """What a comm's handler sends is masked; no cell is there to tell it."""
    kernel.run(
        "import comm\n"
        "talk = comm.create_comm('x', comm_id='talk')\n"
        "talk.on_msg(lambda message: (talk.send({'a': s}), print(s)))"
    )
    before = int(kernel.answer("guard.masked_count()"))
    message = kernel.client.session.msg("comm_msg", {"comm_id": "talk", "data": {}})
    kernel.client.shell_channel.send(message)
    sent = kernel.until(_idle(message["header"]["msg_id"]))
    assert {"a": "***"} in [m["content"].get("data") for m in sent]
    assert text_of(sent, "stderr") == ""
    assert int(kernel.answer("guard.masked_count()")) == before + 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("print(s)", "stream"),
        ("print(s, file=sys.stderr)", "stream"),
        ("s", "execute_result"),
        ("display(s)", "display_data"),
        ("display(s, display_id='x', update=True)", "update_display_data"),
        ("raise ValueError(s)", "error"),
        ("import comm; comm.create_comm('x', data={'a': s});", "stream"),
    ],
)
def test_what_cannot_be_checked_is_withheld(kernel, code, kind):
    """If masking fails, a note takes the place of the message, and the kernel lives."""
    kernel.run(BREAK)
    sent, reply = kernel.run(code)
    kernel.run(MEND)
    notes = [m for m in sent if "withheld" in str(m["content"])]
    assert kind in [m["msg_type"] for m in notes]
    assert VALUE not in str(sent) + str(reply)
    assert "withheld" in reply["content"]["evalue"]
    assert kernel.printed("print(1)") == "1\n"


def test_requests_are_answered_when_masking_fails(kernel):
    """A reply that cannot be checked is an error, and no answer stays out."""
    kernel.run(f"held = {{s: 1}}\n{BREAK}")
    kernel.client.complete("held['", 6)
    reply = kernel.client.get_shell_msg(timeout=TIMEOUT_S)
    kernel.run(MEND)
    assert reply["msg_type"] == "complete_reply"
    assert reply["content"]["status"] == "error"
    assert VALUE not in str(reply)


def test_a_held_end_comes_before_the_end_of_the_cell(kernel):
    """What might have been the beginning of a value is not lost."""
    assert kernel.printed("print('see s3cr', end='')") == "see s3cr"


def test_a_value_that_is_cut_off_by_the_end_of_the_cell_is_masked(kernel):
    """Eight characters or more of a value are not shown at the end of a cell."""
    assert kernel.printed("print(s[:30], end='')") == "***"


def test_a_display_does_not_part_a_value(kernel):
    """A value of which a display stands in the middle is masked behind the display."""
    sent, _ = kernel.run("print(s[:9], end=''); display('x'); print(s[9:])")
    kinds = [m["msg_type"] for m in sent]
    assert text_of(sent) == "***\n"
    assert kinds.index("display_data") < kinds.index("stream")


def test_streams_are_masked_apart(kernel):
    """What stands on stderr does not part a value on stdout."""
    code = "print(s[:9], end=''); print('x', file=sys.stderr); print(s[9:])"
    sent, _ = kernel.run(code)
    assert text_of(sent) == "***\n"
    assert text_of(sent, "stderr").startswith("x\n")


def test_text_is_complete_when_the_cell_waits_for_input(kernel):
    """The whole question is on the screen before the answer is awaited."""
    request = kernel.client.execute("print('see s3', end=''); x = input()")
    kernel.client.get_stdin_msg(timeout=TIMEOUT_S)
    seen = kernel.until(lambda m: text_of([m]).endswith("s3"))
    kernel.client.input("")
    kernel.until(_idle(request))
    kernel.client.get_shell_msg(timeout=TIMEOUT_S)
    assert text_of(seen) == "see s3"


def test_what_is_cleared_does_not_come_back(kernel):
    """An end that was held back goes with the output that is cleared."""
    sent, _ = kernel.run("print('see s3', end=''); clear_output(); print('new')")
    kinds = [m["msg_type"] for m in sent]
    assert kinds == ["execute_input", "stream", "stream", "clear_output", "stream"]
    assert sent[-1]["content"]["text"] == "new\n"


def test_text_of_a_thread_appears_after_its_cell(kernel):
    """An end that might begin a value is not kept for ever when no cell runs."""
    sent, _ = kernel.run(
        "def late():\n"
        "    while guard._door._counts: os.sched_yield()\n"
        "    print('late s3', end='', flush=True)\n"
        "thread = threading.Thread(target=late); thread.start()"
    )
    seen = kernel.until(lambda m: text_of([m]).endswith("s3"))
    assert text_of(sent + seen) == "late s3"
    kernel.run("thread.join()")


def test_a_value_in_pieces_from_a_forked_child_is_one(kernel):
    """What a child prints is put together in the kernel, which knows when it ends."""
    code = """
pid = os.fork()
if pid == 0:
    for piece in ("<", s[:20], s[20:], ">", s[:3]):
        sys.stdout.write(piece); sys.stdout.flush()
    os._exit(0)
os.waitpid(pid, 0);
"""
    request = kernel.client.execute(code)
    seen = []
    while not text_of(seen).endswith(">s3c"):
        seen.append(kernel.client.get_iopub_msg(timeout=TIMEOUT_S))
    kernel.client.get_shell_msg(timeout=TIMEOUT_S)
    assert text_of(seen) == "<***>s3c"
    if not any(map(_idle(request), seen)):
        kernel.until(_idle(request))


def test_the_rest_of_a_message_arrives_as_it_was_sent(kernel):
    """What has no value in it is neither changed nor lost beside one."""
    code = """
import ipywidgets
display({"text/plain": s, "x/y": [1, None]}, raw=True, metadata={"a": {"b": 1}})
ipywidgets.Text().send({"t": s}, buffers=[b"\\0\\xff", memoryview(b"ab")])
"""
    sent, reply = kernel.run(code)
    (shown,) = [m for m in sent if m["msg_type"] == "display_data"]
    assert shown["content"]["data"] == {"text/plain": "***", "x/y": [1, None]}
    assert shown["content"]["metadata"] == {"a": {"b": 1}}
    (custom,) = [m for m in sent if m["content"].get("data", {}).get("content")]
    assert custom["content"]["data"]["content"] == {"t": "***"}
    assert [bytes(part) for part in custom["buffers"]] == [b"\0\xff", b"ab"]
    assert reply["metadata"]["status"] == "ok"


def test_threads_lose_and_reorder_nothing(kernel):
    """Lines of many threads all arrive, each thread's in order, with no value."""
    code = """
def work(number):
    for line in range(100):
        sys.stdout.write(f"<{number}:{line} {s} s3c>")
        if line % 7 == number: sys.stdout.flush()
threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    sent, _ = kernel.run(code)
    text = text_of(sent)
    lines = re.findall(r"<(\d):(\d+) \*\*\* s3c>", text)
    assert len("".join(f"<{n}:{line} *** s3c>" for n, line in lines)) == len(text)
    for number in range(6):
        own = [int(line) for n, line in lines if int(n) == number]
        assert own == list(range(100))
    assert "masked a secret 600 times" in text_of(sent, "stderr")


def test_one_message_may_pass(kernel):
    """The permit is for one message of this comm and kind, and ends with its block."""
    code = """
import ipywidgets
one, two = ipywidgets.Text(), ipywidgets.Text()
with guard.allow_once(one.comm.comm_id, "copied"):
    two.send({"kind": "copied", "a": 1, "t": s})
    one.send({"kind": "other", "a": 2, "t": s})
    one.send({"kind": ["copied"], "a": 2, "t": s})
    one.comm.send([s])
    one.send({"kind": "copied", "a": 3, "t": s})
    one.send({"kind": "copied", "a": 4, "t": s})
with guard.allow_once(one.comm.comm_id, "copied"):
    pass
one.send({"kind": "copied", "a": 5, "t": s})
"""
    sent, _ = kernel.run(code)
    customs = [
        m["content"]["data"]["content"]
        for m in sent
        if m["msg_type"] == "comm_msg" and "method" in m["content"]["data"]
        if m["content"]["data"]["method"] == "custom"
    ]
    assert [(m["a"], m["t"] == VALUE) for m in customs] == [
        (1, False),
        (2, False),
        (2, False),
        (3, True),
        (4, False),
        (5, False),
    ]
    assert VALUE not in str([m for m in customs if m["a"] != 3])


def test_a_permit_without_a_guard_is_harmless():
    """Where nothing is masked, nothing needs a permit."""
    with guard.allow_once("id", "copied"):
        assert not guard.is_active()
