"""Run all channels in one real kernel and collect everything it sends."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from leaks.channels import CANARIES, CHANNELS, GUARD, SET_UP
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60


@dataclass
class Evidence:
    """Everything that one kernel has sent.

    Attributes:
        channels: The messages of each channel, by its name.
        saved: The notebook as it would be saved.
    """

    channels: dict = field(default_factory=lambda: defaultdict(list))
    saved: dict = field(default_factory=dict)


def collect(collected, message):
    """Add a message without its headers; join the text of each stream besides."""
    content = message["content"]
    parts = ("content", "metadata", "buffers")
    collected.append({part: message[part] for part in parts})
    if message["msg_type"] == "stream":
        if "streams" not in collected[0]:
            collected.insert(0, {"streams": {}})
        streams, name = collected[0]["streams"], content["name"]
        streams[name] = streams.get(name, "") + content["text"]


def run(python, folder, *, guarded):
    """Run every channel in a kernel of this Python."""
    return asyncio.run(_run(python, folder, guarded=guarded))


async def _run(python, folder, *, guarded):
    evidence = Evidence()
    manager = AsyncKernelManager()
    manager._kernel_spec = KernelSpec(
        argv=[python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        language="python",
    )
    cells = [_cell("", SET_UP), _cell("", GUARD if guarded else "")]
    cells += [_cell(row.name, source) for row in CHANNELS for source in row.cells]
    watcher = manager.client()

    async def record(cell, cell_index, execute_reply):  # noqa: ARG001 - as nbclient calls it
        """Collect everything that was sent until the end of the cell."""
        collected = evidence.channels[cell.metadata["channel"]]
        collect(collected, execute_reply)
        await _until(
            _idle,
            execute_reply["parent_header"]["msg_id"],
            watcher.get_iopub_msg,
            collected,
        )

    client = NotebookClient(
        nbformat.v4.new_notebook(cells=cells),
        km=manager,
        allow_errors=True,
        timeout=TIMEOUT_S,
        on_cell_executed=record,
    )
    env = {
        **os.environ,
        **CANARIES,
        "IPYTHONDIR": str(folder / ".ipython"),
        "PYTHONPATH": str(ROOT),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    # A kernel that knows of pytest leaves its file descriptors alone.
    env.pop("PYTEST_CURRENT_TEST", None)
    async with client.async_setup_kernel(env=env, cwd=str(folder), cleanup_kc=True):
        watcher.load_connection_info(manager.get_connection_info())
        watcher.start_channels(shell=False, stdin=False, hb=False, control=False)
        await _until_subscribed(client.kc, watcher)
        _wake_after_sending(client.kc.shell_channel)
        for index, cell in enumerate(cells):
            await client.async_execute_cell(cell, index)
        for row in CHANNELS:
            if row.asks is not None:
                await _ask(client.kc, *row.asks, evidence.channels[row.name])
        client.set_widgets_metadata()
        watcher.stop_channels()
        await manager.shutdown_kernel(now=True)
    evidence.saved = client.nb
    return evidence


def _cell(channel, source):
    return nbformat.v4.new_code_cell(source, metadata={"channel": channel})


async def _ask(client, verb, argument, collected):
    """Send what a front-end sends besides cells, and collect the answers."""
    debug = {"type": "request", "seq": 1, "command": argument, "arguments": {}}
    ask = {
        "complete": lambda: client.complete(argument, len(argument)),
        "inspect": lambda: client.inspect(argument, len(argument)),
        "evaluate": lambda: client.execute("", user_expressions={"x": argument}),
        "history": lambda: client.history(raw=False, output=True, session=0),
        "prompt": lambda: client.execute(argument, allow_stdin=True),
        "comms": client.comm_info,
        "debug": lambda: _send(client, "debug_request", debug),
    }[verb]
    request = ask()
    if verb == "prompt":
        collect(collected, await client.get_stdin_msg(timeout=TIMEOUT_S))
        client.input("nothing")
    replies = client.get_control_msg if verb == "debug" else client.get_shell_msg
    await _until(_any, request, replies, collected)
    await _until(_idle, request, client.get_iopub_msg, collected)


async def _until(is_last, request, receive, collected):
    """Collect messages up to the last one of this request."""
    while True:
        message = await receive(timeout=TIMEOUT_S)
        collect(collected, message)
        if message["parent_header"].get("msg_id") == request and is_last(message):
            return


async def _until_subscribed(client, watcher):
    """Wait until the kernel has received the subscription of the watcher."""
    for _ in range(10 * TIMEOUT_S):
        client.kernel_info()
        await client.get_shell_msg(timeout=TIMEOUT_S)
        with contextlib.suppress(Empty):
            await watcher.get_iopub_msg(timeout=0.1)
            return
    pytest.fail("the messages of the kernel cannot be received")


def _wake_after_sending(channel):
    """Let asyncio check for replies again after each send.

    nbclient sends messages for Output widgets while it waits for a reply. ZeroMQ
    signals new messages once, and a send that bypasses pyzmq's asyncio socket consumes
    that signal.
    """
    send = channel.send

    def send_and_check(message):
        send(message)
        channel.socket._schedule_remaining_events()

    channel.send = send_and_check


def _send(client, kind, content):
    message = client.session.msg(kind, content)
    client.control_channel.send(message)
    return message["header"]["msg_id"]


def _any(_message):
    return True


def _idle(message):
    return message["content"].get("execution_state") == "idle"
