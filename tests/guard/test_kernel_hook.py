"""The hook in a real kernel, as a front-end sees it."""

from __future__ import annotations

import os
import re
import sys
from contextlib import closing

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

VALUE = "s3cret_0123456789_abcdefghijklmnopqrstuvwxyz_ABCDEF"
TIMEOUT_S = 30
SET_UP = """
import os, sys, threading
from IPython.display import clear_output, display
from chili_notebook.auth.secret import Secret
from chili_notebook.guard.install import Guard
from chili_notebook.guard.masking import Masker
from chili_notebook.guard.registry import SecretRegistry
s = os.environ["LEAK_CANARY"]
class BreakableMasker(Masker):
    is_broken = False
    def check(self):
        if self.is_broken: raise RuntimeError(s)
    def mask_json(self, value, *, pieces=True):
        if pieces: self.check()  # the rest masks what IPython stores of cells
        return super().mask_json(value, pieces=pieces)
    def start_stream(self):
        self.check()
        return super().start_stream()
    def feed(self, held, text):
        self.check()
        return super().feed(held, text)
    def finish(self, held):
        self.check()
        return super().finish(held)
masker = BreakableMasker()
guard = Guard(SecretRegistry(masker=masker))
shell = get_ipython()
session = shell.kernel.session
plain = session.send
guard.install(shell)
assert guard.is_active()
guard.registry.protect(Secret(s), label="canary", validity="")
"""
BREAK = "masker.is_broken = True"
REPAIR = "masker.is_broken = False"


class Kernel:
    """A kernel, and what a front-end receives from it."""

    def __init__(self, folder):
        self.folder = folder
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
        _, reply = self.run(SET_UP)
        assert reply["content"]["status"] == "ok", reply["content"]

    def close(self):
        """Stop the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def run(self, code, **options):
        """Run a cell; return the messages sent up to its end, and the reply."""
        request = self.client.execute(code, **options)
        sent = self.receive_until(is_idle(request))
        # A kernel that started slowly answers an earlier request for its information.
        reply = self.client.get_shell_msg(timeout=TIMEOUT_S)
        while reply["parent_header"]["msg_id"] != request:
            reply = self.client.get_shell_msg(timeout=TIMEOUT_S)
        return [m for m in sent if m["msg_type"] != "status"], reply

    def receive_until(self, is_last):
        """Return the messages up to the last one."""
        sent = []
        while not sent or not is_last(sent[-1]):
            sent.append(self.client.get_iopub_msg(timeout=TIMEOUT_S))
        return sent

    def printed(self, code, name="stdout", **options):
        """Run a cell and return the text of one of its streams."""
        return text_of(self.run(code, **options)[0], name)

    def evaluate(self, expression):
        """Return the value of an expression, as text."""
        _, reply = self.run("", user_expressions={"x": expression})
        return reply["content"]["user_expressions"]["x"]["data"]["text/plain"]


def text_of(messages, name="stdout"):
    """Return the text of one stream."""
    return "".join(
        m["content"]["text"]
        for m in messages
        if m["msg_type"] == "stream" and m["content"]["name"] == name
    )


def is_idle(request):
    """Return a function that recognizes the message at the end of a request."""
    return lambda m: (
        m["content"].get("execution_state") == "idle"
        and m["parent_header"]["msg_id"] == request
    )


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Start a kernel in which one value is protected."""
    with closing(Kernel(tmp_path_factory.mktemp("kernel"))) as kernel:
        yield kernel


def test_hook_is_installed_once(kernel):
    """A second call wraps nothing again."""
    code = "before = session.send\nguard.install(shell)\nprint(session.send is before)"
    assert kernel.printed(code) == "True\n"
    assert kernel.evaluate("guard.is_active()") == "True"


def test_uninstall_restores_the_method_and_keeps_the_secrets(kernel):
    """The method is the one from before; installed again, the guard masks again."""
    bare = kernel.printed(
        "guard.uninstall(shell)\n"
        "print(session.send == plain, 'send' in vars(session), guard.is_active())\n"
        "print(s)"
    )
    assert bare == f"True False False\n{VALUE}\n"
    assert kernel.printed("guard.install(shell); print(s)") == "***\n"


def test_uninstall_keeps_a_later_wrapper_of_other_code(kernel):
    """A wrapper that other code put around the hook still works, without masking."""
    code = """
ours = session.send
def theirs(*args, **kwargs): return ours(*args, **kwargs)
session.send = theirs
guard.uninstall(shell)
print(session.send is theirs, s)
"""
    assert kernel.printed(code) == f"True {VALUE}\n"
    repair = "del session.send; guard.install(shell); print(guard.is_active(), s)"
    assert kernel.printed(repair) == "True ***\n"


def test_state_is_not_in_the_users_namespace(kernel):
    """Clearing the namespace, as %reset does, does not remove the guard."""
    code = """
def install_again():
    names = set(shell.user_ns)
    guard.uninstall(shell); guard.install(shell)
    return set(shell.user_ns) - names
print(install_again())
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
def test_cell_ends_with_the_number_of_masked_places(kernel, code, times):
    """The last message of a cell says how often a secret was masked in its output."""
    sent, _ = kernel.run(code)
    last = sent[-1]["content"].get("text", "") if times else text_of(sent, "stderr")
    expected = f"chili_notebook: masked a secret {times} in this output.\n"
    assert last == (expected if times else "")


def test_silent_code_is_masked_without_a_report(kernel):
    """Code that a front-end runs for itself gets no line that it does not expect."""
    sent, _ = kernel.run("print(s)", silent=True)
    assert text_of(sent) == "***\n"
    assert text_of(sent, "stderr") == ""


def test_messages_of_widgets_are_masked_without_a_report(kernel):
    """What the handler of a comm sends is masked; there is no cell for a report."""
    kernel.run(
        "import comm\n"
        "talk = comm.create_comm('x', comm_id='talk')\n"
        "talk.on_msg(lambda message: (talk.send({'a': s}), print(s)))"
    )
    message = kernel.client.session.msg("comm_msg", {"comm_id": "talk", "data": {}})
    kernel.client.shell_channel.send(message)
    sent = kernel.receive_until(is_idle(message["header"]["msg_id"]))
    assert {"a": "***"} in [m["content"].get("data") for m in sent]
    assert text_of(sent) == "***\n"
    assert text_of(sent, "stderr") == ""


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
def test_message_is_withheld_if_masking_fails(kernel, code, kind):
    """A note replaces the message, and the kernel goes on."""
    kernel.run(BREAK)
    sent, reply = kernel.run(code)
    kernel.run(REPAIR)
    notes = [m for m in sent if "withheld" in str(m["content"])]
    assert kind in [m["msg_type"] for m in notes]
    assert VALUE not in str(sent) + str(reply)
    assert "withheld" in reply["content"]["evalue"]
    assert kernel.printed("print(1)") == "1\n"


def test_stream_without_a_text_is_withheld(kernel):
    """A message that the hook does not understand does not leave the kernel."""
    code = (
        "content = {'name': 'stdout', 'data': s}\n"
        "socket, parent = shell.kernel.iopub_socket, shell.parent_header\n"
        "session.send(socket, 'stream', content, parent, ident=b'stream.stdout');"
    )
    sent, _ = kernel.run(code)
    assert "withheld" in text_of(sent)
    assert VALUE not in str(sent)


def test_stream_with_more_than_a_text_is_masked(kernel):
    """Only the text and the name of a stream are sent, and both are masked."""
    sent, _ = kernel.run("""
for content in ({'name': s, 'text': 'a'}, {'name': 'stdout', 'text': 'b', s: s}):
    session.send(
        shell.kernel.iopub_socket, 'stream', content, shell.kernel.get_parent(),
        metadata={'a': s}, buffers=[s.encode()],
    )
""")
    assert "'text': 'a'" in str(sent)
    assert "'text': 'b'" in str(sent)
    assert VALUE not in str([(m["content"], m["metadata"], m["buffers"]) for m in sent])
    assert all(bytes(part) != VALUE.encode() for m in sent for part in m["buffers"])


def test_request_is_answered_if_masking_fails(kernel):
    """A reply that cannot be checked becomes an error; it is not left out."""
    kernel.run(f"held = {{s: 1}}\n{BREAK}")
    kernel.client.complete("held['", 6)
    reply = kernel.client.get_shell_msg(timeout=TIMEOUT_S)
    kernel.run(REPAIR)
    assert reply["msg_type"] == "complete_reply"
    assert reply["content"]["status"] == "error"
    assert VALUE not in str(reply)


def test_cell_that_makes_its_secret_known_is_replaced(kernel):
    """The cell of a login was checked before its secret was known."""
    secret = "known-only-while-the-cell-runs-0123456789"
    cell = f"x = '{secret}'\nguard.registry.protect(Secret(x), label='', validity='')"
    sent, reply = kernel.run(f"{cell}\nguard.install(shell)")
    (part,) = reply["content"]["payload"]
    assert (part["source"], part["replace"]) == ("set_next_input", True)
    assert part["text"].startswith("x = '***'\n")
    assert "was replaced in the notebook" in text_of(sent, "stderr")


def test_earlier_cell_is_named_and_no_other_cell_is_replaced(kernel):
    """The secret becomes known in a later cell, which does not contain it."""
    secret = "known-only-in-a-later-cell-0123456789"
    kernel.run(f"x = '{secret}'")
    number = kernel.evaluate("shell.execution_count - 1")
    sent, reply = kernel.run(
        "guard.registry.protect(Secret(x), label='', validity=''); guard.install(shell)"
    )
    assert reply["content"]["payload"] == []
    assert f"cell [{number}] contains a secret" in text_of(sent, "stderr")


@pytest.mark.parametrize(
    "layout",
    [
        "'\\n'.join(textwrap.wrap(s, 18))",
        "textwrap.indent(textwrap.fill(s, 20), '    ')",
        "'│' + ' │\\n│ '.join(textwrap.wrap(s, 25)) + ' │'",
    ],
)
@pytest.mark.parametrize("show", ["print({})", "display(HTML({}))", "Exception({})"])
def test_secret_in_pieces_is_masked_and_counted(kernel, layout, show):
    """Each piece is masked, and the note under the cell counts it."""
    kernel.run("import textwrap; from IPython.display import HTML")
    sent, _ = kernel.run(show.format(layout))
    shown = "".join(str(m["content"]) for m in sent[1:])
    assert "***" in shown
    assert not any(VALUE[n : n + 8] in shown for n in range(len(VALUE) - 7))
    assert "masked a secret" in text_of(sent, "stderr")


def test_pieces_in_separate_prints_are_masked(kernel):
    """A piece at the end of a stream is held back until more text comes."""
    code = "for n in range(0, len(s), 12): print(s[n : n + 12], flush=True)"
    shown = kernel.printed(code)
    assert not any(VALUE[n : n + 8] in shown for n in range(len(VALUE) - 7))


def test_reload_of_the_extension_leaves_the_guard_in_place(tmp_path):
    """The method is never restored in between, when a thread could print."""
    with closing(Kernel(tmp_path)) as kernel:
        kernel.run(
            "guard.uninstall(shell)\n"
            "from chili_notebook.guard.install import process_guard\n"
            "process_guard().registry.protect(Secret(s), label='x', validity='')\n"
            "%load_ext chili_notebook\n"
            "before = session.send"
        )
        code = "%reload_ext chili_notebook\nprint(session.send is before, s)"
        assert kernel.printed(code) == "True ***\n"
        code = "%unload_ext chili_notebook\nprint(session.send is before, s)"
        assert kernel.printed(code) == f"False {VALUE}\n"


def test_held_text_is_sent_before_the_end_of_the_cell(kernel):
    """Text that could have been the start of a secret is not lost."""
    assert kernel.printed("print('see s3cr', end='')") == "see s3cr"


def test_secret_cut_off_by_the_end_of_the_cell_is_masked(kernel):
    """The first eight or more characters of a secret are not shown."""
    assert kernel.printed("print(s[:30], end='')") == "***"


def test_secret_with_a_display_in_the_middle_is_masked(kernel):
    """The masked secret appears behind the display."""
    sent, _ = kernel.run("print(s[:9], end=''); display('x'); print(s[9:])")
    kinds = [m["msg_type"] for m in sent]
    assert text_of(sent) == "***\n"
    assert kinds.index("display_data") < kinds.index("stream")


def test_secret_with_stderr_in_the_middle_is_masked(kernel):
    """Each stream is masked on its own."""
    code = "print(s[:9], end=''); print('x', file=sys.stderr); print(s[9:])"
    sent, _ = kernel.run(code)
    assert text_of(sent) == "***\n"
    assert text_of(sent, "stderr").startswith("x\n")


def test_held_text_is_sent_before_the_cell_waits_for_input(kernel):
    """The whole question is visible before the answer is typed."""
    request = kernel.client.execute("print('see s3', end=''); x = input()")
    kernel.client.get_stdin_msg(timeout=TIMEOUT_S)
    seen = kernel.receive_until(lambda m: text_of([m]).endswith("s3"))
    kernel.client.input("")
    kernel.receive_until(is_idle(request))
    kernel.client.get_shell_msg(timeout=TIMEOUT_S)
    assert text_of(seen) == "see s3"


def test_held_text_is_cleared_with_the_output(kernel):
    """Text that was held back does not appear after the output was cleared."""
    sent, _ = kernel.run("print('see s3', end=''); clear_output(); print('new')")
    kinds = [m["msg_type"] for m in sent]
    assert kinds == ["execute_input", "stream", "stream", "clear_output", "stream"]
    assert sent[-1]["content"]["text"] == "new\n"


def test_held_text_of_a_thread_is_sent_after_the_cell(kernel):
    """Text that could be the start of a secret is not held back for ever."""
    os.mkfifo(kernel.folder / "cell-has-ended")
    sent, _ = kernel.run(
        "def late():\n"
        "    open('cell-has-ended').close()\n"
        "    print('late s3', end='', flush=True)\n"
        "thread = threading.Thread(target=late); thread.start()"
    )
    assert text_of(sent) == ""
    (kernel.folder / "cell-has-ended").open("w").close()
    seen = kernel.receive_until(lambda m: text_of([m]).endswith("s3"))
    assert text_of(seen) == "late s3"
    kernel.run("thread.join()")


def test_secret_in_pieces_from_a_forked_child_is_masked(kernel):
    """The kernel joins the pieces that a child process prints."""
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
    if not any(map(is_idle(request), seen)):
        kernel.receive_until(is_idle(request))


def test_rest_of_a_masked_message_is_unchanged(kernel):
    """Parts of a message without a secret are neither changed nor lost."""
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


@pytest.mark.parametrize(
    "content",
    [
        "{'data': {'text/plain': 'é😀 <b>&amp;', 'x/y': {1: (None, 1.5), 'a': '\"'}}}",
        "{'data': {'x/y': [datetime(2026, 1, 1), b'ab', range(2)]}}",
        "{'data': {'text/plain': 'x' * 20_000}}",
        "{'data': {'x/y': [str(n) for n in range(5_000)]}}",
    ],
)
def test_content_without_a_secret_is_sent_as_without_the_guard(kernel, content):
    """The front-end receives the same, and the sender gets its content back."""
    code = f"""
from datetime import datetime
content = {content} | {{"metadata": {{}}}}
def show():
    socket, parent = shell.kernel.iopub_socket, shell.kernel.get_parent()
    print(session.send(socket, "display_data", content, parent)["content"].keys())
guard.uninstall(shell); show(); guard.install(shell); show()
"""
    sent, _ = kernel.run(code)
    assert text_of(sent) == "dict_keys(['data', 'metadata'])\n" * 2
    shown = [m["content"] for m in sent if m["msg_type"] == "display_data"]
    assert shown[0]["data"]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("change", ["pack = lambda v: packer(v)", "adapt_version = 4"])
def test_session_that_packs_otherwise_is_masked(kernel, change):
    """Then every value is searched before the session packs it."""
    kernel.run("from jupyter_client.session import json_packer as packer")
    kernel.run(f"guard.uninstall(shell); session.{change}; guard.install(shell)")
    sent, _ = kernel.run("display({'text/plain': 'a'}, raw=True); display([s])")
    kernel.run(
        "session.pack, session.adapt_version = packer, 0\n"
        "guard.uninstall(shell); guard.install(shell)"
    )
    assert VALUE not in str(sent)
    assert "***" in str(sent)


def test_output_of_threads_is_complete_and_in_order(kernel):
    """All lines of several threads arrive, each thread's in order, without a secret."""
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


def test_one_allowed_message_leaves_unmasked(kernel):
    """A permit is for one message of this comm and kind, and ends with its block."""
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


def test_failed_cell_with_a_secret_is_replaced(kernel):
    """The reply of a failed cell lets the front-end replace its source."""
    sent, reply = kernel.run(f"text = '{VALUE}'; 1 / 0", allow_stdin=True)
    (replacement,) = reply["content"]["payload"]
    assert replacement["source"] == "set_next_input"
    assert replacement["text"] == "text = '***'; 1 / 0"
    assert replacement["replace"] is True
    assert reply["content"]["status"] == "ok"
    (error,) = [m for m in sent if m["msg_type"] == "error"]
    assert error["content"]["ename"] == "ZeroDivisionError"


def test_failed_cell_without_a_secret_keeps_its_status(kernel):
    """The reply of any other failed cell says that it failed."""
    code = "shell.set_next_input('text', replace=True); 1 / 0"
    _, reply = kernel.run(code, allow_stdin=True)
    assert reply["content"]["status"] == "error"
