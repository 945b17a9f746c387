"""Every known way in which a value gets from a kernel into a notebook.

The cells use three values by their names and do not contain them: ``s`` could be a
Python name, ``token`` looks like a JWT, and every encoding changes ``odd``.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

CANARIES = {
    "LEAK_CANARY": "s3cret_0123456789_abcdefghijklmnopqrstuvwxyz_ABCDEF",
    "LEAK_CANARY_TOKEN": "hdrAAbbCC0123.payload-DDeeFF-4567.sig_GGhhII-89abXYZ-qrs",
    "LEAK_CANARY_ODD": 'p@ss/w+rd%25&<b>"it\'s"=\\n;0123456789',
}
SET_UP = """
import asyncio, base64, contextlib, dataclasses, html, itertools, json, linecache
import logging, os, sys, threading, time, urllib.parse, warnings
import ipykernel.connect, ipywidgets, zmq
from IPython.display import display
s, odd, token = (os.environ["LEAK_CANARY" + end] for end in ("", "_ODD", "_TOKEN"))
# ipykernel reads file descriptors and forked children in other threads. A cell waits
# for their text: it prints a mark behind it, and receives the kernel's own messages.
# A mark is one character that no value contains, so that it is sent in one message.
listener = zmq.Context().socket(zmq.SUB)
listener.rcvhwm, listener.rcvtimeo = 0, 30_000
listener.subscribe(b"")
info = ipykernel.connect.get_connection_info(unpack=True)
listener.connect(f"tcp://{info['ip']}:{info['iopub_port']}")
while not listener.poll(100):
    print("waiting for the subscription", flush=True)
marks = map(chr, itertools.count(ord("\u2460")))
def wait_for(*missing):
    while missing:
        message = b"".join(listener.recv_multipart())
        missing = [mark for mark in missing if mark.encode() not in message]
def wait_for_descriptor(number):
    mark = next(marks)
    os.write(number, mark.encode() + b"\\n")
    wait_for(mark)
def listed(name, source):
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    return compile(source, name, "exec")
"""
GUARD = """
from chili_notebook.auth.secret import Secret as _Secret
from chili_notebook.guard.install import Guard as _Guard
_guard = _Guard()
_guard.install(get_ipython())
assert _guard.is_active()
for _value in (s, token, odd):
    _guard.registry.protect(_Secret(_value), label="canary", validity="")
"""
SPLIT = """
for part in (s[:9], s[9:30], s[30:] + {end}):
    sys.stdout.write(part)
    sys.stdout.flush()
    {between}
"""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out of a kernel.

    Attributes:
        name: What it is.
        cells: What to run.
        asks: A request of a front-end to send afterwards, and its argument.
        needs: A module without which there is no such way.
    """

    name: str
    cells: tuple[str, ...]
    asks: tuple[str, str] | None = None
    needs: str = ""


def _cell(name, *cells, **more):
    return Channel(name, cells, **more)


def _split(between):
    return SPLIT.format(between=between, end="''")


STREAMS = (
    _cell("print", "print(s)"),
    _cell("print to stderr", "print(s, file=sys.stderr)"),
    _cell("write without a line end", "sys.stdout.write(f'> {s}');"),
    _cell("logging", "logging.getLogger('x').warning('Bearer %s', token)"),
    _cell("warning", "warnings.warn(f'refused {s}', UserWarning)"),
    _cell("shell command", "!echo $LEAK_CANARY"),
    _cell("shell command, captured", "found = !echo $LEAK_CANARY\nfound"),
    _cell("script magic", '%%sh\necho "$LEAK_CANARY_TOKEN"'),
    _cell(
        "subprocess",
        "import subprocess\nsubprocess.run(['printenv', 'LEAK_CANARY'])\n"
        "wait_for_descriptor(1)",
    ),
    _cell("os.write(1)", "os.write(1, s.encode() + b'\\n'); wait_for_descriptor(1)"),
    _cell("os.write(2)", "os.write(2, s.encode() + b'\\n'); wait_for_descriptor(2)"),
    _cell(
        "thread", "t = threading.Thread(target=print, args=(s,)); t.start(); t.join()"
    ),
    _cell(
        "thread that fails",
        "def work(): raise ValueError(s)\n"
        "t = threading.Thread(target=work); t.start(); t.join()",
    ),
    _cell(
        "forked child",
        "mark = next(marks)\npid = os.fork()\n"
        "if pid == 0:\n    print(s, mark, flush=True); os._exit(0)\n"
        "os.waitpid(pid, 0); wait_for(mark)",
    ),
    _cell(
        "forked child, split",
        "mark = next(marks)\npid = os.fork()\nif pid == 0:\n"
        + indent(SPLIT.format(between="", end="mark"), "    ")
        + "    os._exit(0)\nos.waitpid(pid, 0); wait_for(mark)",
    ),
    _cell(
        "forked child, file descriptor",
        "pid = os.fork()\nif pid == 0:\n    os.write(1, s.encode()); os._exit(0)\n"
        "os.waitpid(pid, 0); wait_for_descriptor(1)",
    ),
    _cell(
        "pool of processes",
        "import multiprocessing\n"
        "first, second = next(marks), next(marks)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    pool.map(print, [f'{s} {first}', f'{token} {second}'])\n"
        "wait_for(first, second)",
    ),
    _cell(
        "asyncio task",
        "async def tell(): print(s)\nawait asyncio.create_task(tell())",
    ),
    _cell(
        "asyncio task that fails",
        "async def fail(): raise ValueError(s)\n"
        "await asyncio.gather(fail(), return_exceptions=True)",
    ),
    _cell("split over flushes", _split("pass")),
    _cell("split, with a display between", _split("display('between')")),
    _cell("split, with stderr between", _split("print('x', file=sys.stderr)")),
    # Longer than the interval in which ipykernel flushes its streams.
    _cell("split, with pauses between", _split("time.sleep(0.3)")),
    _cell("letter by letter", "for c in s: print(c, end='', flush=True)"),
    _cell(
        "coloured", "print('\\x1b[1m' + token.replace('-', '-\\x1b[34m') + '\\x1b[0m')"
    ),
    _cell(
        "progress bar", "from tqdm import tqdm\nlist(tqdm([1], desc=s));", needs="tqdm"
    ),
    _cell("pprint", "import pprint\npprint.pprint({'headers': {'X-Key': s}})"),
    _cell("captured and shown", "%%capture shown\nprint(s)", "shown.show()"),
    _cell("exit with a message", "raise SystemExit(s)"),
    _cell("%env", "%env LEAK_CANARY"),
    _cell("%env, all of it", "%env"),
    _cell("%whos", "whole = s\n%whos str"),
    _cell("%who_ls", "globals()[s] = 1\n%who_ls int"),
    _cell("%history of a result", "s", "%history -o -n -l 1"),
)
RESULTS = (
    _cell("result", "s"),
    _cell("bytes", "token.encode()"),
    _cell("headers", "{'Authorization': f'Bearer {token}', 'Accept': '*/*'}"),
    _cell("key of a dict", "{s: 1}"),
    _cell(
        "dataclass",
        "@dataclasses.dataclass\nclass Held:\n    value: str\n[Held(s)]",
    ),
    _cell(
        "rich repr",
        "class Table:\n"
        "    def _repr_html_(self): return f'<td>{html.escape(odd)}</td>'\nTable()",
    ),
    _cell(
        "data frame",
        "import pandas\npandas.DataFrame({'token': [token], 'more': [1]})",
        needs="pandas",
    ),
    _cell("HTML", "from IPython.display import HTML\ndisplay(HTML(f'<b>{s}</b>'))"),
    _cell("Markdown", "from IPython.display import Markdown\nMarkdown(f'`{s}`')"),
    _cell("LaTeX", "from IPython.display import Latex\ndisplay(Latex(s))"),
    _cell("SVG", "display({'image/svg+xml': f'<svg id={s!r}/>'}, raw=True)"),
    _cell("JavaScript", "display({'text/javascript': f'x = {s!r}'}, raw=True)"),
    _cell("JSON", "from IPython.display import JSON\nJSON({'deep': [{s: s}]})"),
    _cell("other mime type", "display({'application/x.y+json': {'a': s}}, raw=True)"),
    _cell("display metadata", "display('x', metadata={'note': {'a': s}})"),
    _cell(
        "updated display",
        "handle = display('first', display_id=True); handle.update({'a': s})",
    ),
    _cell("name of a display", "display('x', display_id=s)"),
    _cell(
        "display of a thread",
        "t = threading.Thread(target=display, args=(s,)); t.start(); t.join()",
    ),
    _cell("display of an executor", "await asyncio.to_thread(display, s)"),
    _cell(
        "image's alternative text",
        "display({'image/png': 'AA=='}, raw=True, metadata={'image/png': {'alt': s}})",
    ),
)
ERRORS = (
    _cell("traceback", "def call(key): raise ValueError(f'bad key {key}')\ncall(s)"),
    _cell("%tb", "%tb"),
    _cell("Verbose", "%xmode Verbose", "def f(key): 1 / 0\nf(s)", "%xmode Context"),
    _cell("Plain", "%xmode Plain", "raise ValueError(s)", "%xmode Context"),
    _cell("Minimal", "%xmode Minimal", "raise ValueError(s)", "%xmode Context"),
    _cell(
        "cause",
        "try:\n    raise KeyError(s)\nexcept KeyError as e:\n"
        "    raise ValueError('x') from e",
    ),
    _cell(
        "context", "try:\n    raise KeyError(s)\nexcept KeyError:\n    raise ValueError"
    ),
    _cell(
        "exception group", "raise ExceptionGroup('two', [ValueError(s), KeyError(1)])"
    ),
    _cell("note on an exception", "e = ValueError('x'); e.add_note(s); raise e"),
    _cell("name of an exception", "raise type(s, (Exception,), {})('x')"),
    _cell("syntax error", "exec(listed('<1>', f'x = {token}\"'))"),
    _cell("coloured source", "exec(listed('<2>', f'x = 1 + {token}'))"),
    _cell("literal in the source", "exec(listed('<3>', f'x = {s!r} + 1'))"),
    _cell(
        "printed traceback",
        "import traceback\ntry:\n    int(s)\n"
        "except ValueError:\n    traceback.print_exc()",
    ),
    _cell(
        "rendered traceback",
        "class Own(Exception):\n"
        "    def _render_traceback_(self): return ['Own:', s]\nraise Own",
    ),
    _cell(
        "failing repr", "class Bad:\n    def __repr__(self): raise ValueError(s)\nBad()"
    ),
)
REPLIES = (
    _cell("?", "def about(): pass\nabout.__doc__ = f'Uses {s}.'", "about?"),
    _cell("??", "exec(listed('<4>', f'def shown():\\n    return {s!r}'))", "shown??"),
    _cell("pager", "from IPython.core import page\npage.page(s)"),
    _cell("help", "def helped(): pass\nhelped.__doc__ = s\nhelp(helped)"),
    _cell("next input", "get_ipython().set_next_input(f'key = {s!r}')"),
    _cell("next input, replaced", "get_ipython().set_next_input(s, replace=True)"),
    _cell("completion", "held = {s: 1}", asks=("complete", "held['")),
    _cell("inspection", "class Doc: ...\nDoc.__doc__ = s", asks=("inspect", "Doc")),
    _cell("user expression", "pass", asks=("evaluate", "{'a': s}")),
    _cell("history", "s", asks=("history", "")),
    _cell("prompt", "pass", asks=("prompt", "input(f'Key ({s}): ')")),
    _cell(
        "password prompt",
        "pass",
        asks=("prompt", "import getpass; getpass.getpass(f'Not {s}: ')"),
    ),
    _cell("debugger's variables", "seen = s", asks=("debug", "inspectVariables")),
    _cell(
        "name of an open comm",
        "import comm\nopen_comm = comm.create_comm('x' + s)",
        asks=("comms", ""),
    ),
)
WIDGETS = (
    _cell("widget", "ipywidgets.Text(value=s)"),
    _cell("password widget", "ipywidgets.Password(value=s)"),
    _cell("changed widget", "w = ipywidgets.Label(); w.value = s"),
    _cell("HTML widget", "ipywidgets.HTML(f'<i>{html.escape(odd)}</i>')"),
    _cell("options", "ipywidgets.Dropdown(options=[('a', s), (s, 'b')])"),
    _cell("Output widget", "out = ipywidgets.Output()\nwith out: print(s)\nout"),
    _cell(
        "Output widget, result",
        "out = ipywidgets.Output()\nwith out: display({'a': s})\nout",
    ),
    _cell(
        "Output widget, error",
        "out = ipywidgets.Output()\nwith out: raise ValueError(s)\nout",
    ),
    _cell("Output widget, appended", "out = ipywidgets.Output(); out.append_stdout(s)"),
    _cell(
        "interact",
        "ipywidgets.interactive_output(lambda a: print(s), {'a': ipywidgets.Text()})",
    ),
    _cell("custom message", "ipywidgets.Text().send({'kind': 'x', 'a': s})"),
    _cell("buffer", "ipywidgets.Text().send({}, buffers=[b'\\0' + s.encode()])"),
    _cell("binary trait", "ipywidgets.Image(value=b'\\x89PNG' + s.encode())"),
    _cell("comm", "import comm\nc = comm.create_comm('x', data={'a': s}); c.send([s])"),
    _cell(
        "metadata of a comm", "import comm\ncomm.create_comm('x', metadata={'a': s});"
    ),
    _cell("closed comm", "import comm\nc = comm.create_comm('x'); c.close({'a': s})"),
)
ENCODINGS = (
    _cell("URL", "print(urllib.parse.quote(odd, safe=''))"),
    _cell("path of a URL", "print(urllib.parse.quote(odd))"),
    _cell("form", "print(urllib.parse.urlencode({'client_secret': odd}))"),
    _cell(
        "URL in lower case",
        "import re\nprint(re.sub('%..', lambda m: "
        "m[0].lower(), urllib.parse.quote(odd, safe='')))",
    ),
    _cell("JSON text", "print(json.dumps({'a': odd}))"),
    _cell("JSON in JSON", "print(json.dumps(json.dumps([odd])))"),
    _cell("HTML text", "print(html.escape(odd))"),
    _cell("repr", "print([odd])"),
    _cell("repr of bytes", "print([odd.encode()])"),
    _cell("hex", "print(token.encode().hex(), token.encode().hex().upper())"),
    _cell("base64", "print(base64.b64encode(token.encode()))"),
    _cell("base64, one further", "print(base64.b64encode(b'1' + token.encode()))"),
    _cell("base64, two further", "print(base64.b64encode(b'id' + token.encode()))"),
    _cell("base64 for URLs", "print(base64.urlsafe_b64encode(odd.encode() * 2))"),
    _cell(
        "base64 in lines",
        "print(base64.encodebytes(b'.' * 40 + token.encode()).decode())",
    ),
    _cell(
        "basic authentication",
        "import base64\n"
        "{'Authorization': 'Basic ' + base64.b64encode(f'me:{s}'.encode()).decode()}",
    ),
)
CHANNELS = (*STREAMS, *RESULTS, *ERRORS, *REPLIES, *WIDGETS, *ENCODINGS)
