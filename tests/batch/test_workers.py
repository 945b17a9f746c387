"""Batches whose outputs are fetched on the workers of an executor."""

from __future__ import annotations

import os
import pickle
import signal
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

from chili_notebook import login
from chili_notebook.batch.options import RunOptions
from chili_notebook.batch.records import Job
from chili_notebook.batch.workers import ExecutorFetcher, fetch_output
from chili_notebook.errors import ConfigurationError
from chili_notebook.simulator import Simulator

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries of the workers


@pytest.fixture
def served(monkeypatch):
    """Serve the simulator with real time, and set its credentials for all processes."""
    with Simulator(render_seconds=0.3, slots=4, draws=False) as simulator:
        for key, value in simulator.variables().items():
            monkeypatch.setenv(key, value)
        yield simulator


@pytest.fixture
def prints(served):
    """Return a batch of 16 rows."""
    del served
    with login() as chili:
        template = chili.templates.list(search="Market price tag")[0]
        rows = [
            {"sku": f"s{number}", "Product": f"Jam {number}", "Price": "2"}
            for number in range(16)
        ]
        yield chili.outputs.batch(
            template, rows, "jpg", folder="out", name="{sku}", columns={"sku": None}
        )


def note_size(path, row):
    """Write the size and the number of a row beside its file; runs on a worker."""
    path.with_suffix(".txt").write_text(f"{row.number} {path.stat().st_size}")


@contextmanager
def dask_cluster():
    """Return a client of three worker processes."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=3,
            threads_per_worker=2,
            processes=True,
            dashboard_address=None,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_a_killed_worker_of_dask_loses_and_repeats_nothing(served, prints):
    """All rows are done, each was ordered once, and `after` ran on the workers."""
    with dask_cluster() as client:
        pids = list(client.run(os.getpid).values())
        executor = client.get_executor()
        completed = []
        for row in prints.as_completed(executor=executor, after=note_size):
            completed.append(row)
            if len(completed) == 2:
                os.kill(pids[0], signal.SIGKILL)
    assert prints.counts["done"] == len(completed) == 16
    assert served.started_outputs == 16
    for row in prints:
        text = row.path.with_suffix(".txt").read_text()
        assert text == f"{row.number} {row.path.stat().st_size}"


def test_engines_of_ipyparallel_fetch_outputs(served, prints):
    """Any executor of concurrent.futures does."""
    import ipyparallel

    with ipyparallel.Cluster(n=2, log_level=40) as clients:
        clients.wait_for_engines(2, timeout=60)
        clients[:].apply_sync(os.chdir, str(Path.cwd()))
        prints.run(executor=clients.executor())
    assert prints.counts["done"] == 16
    assert served.started_outputs == 16


def test_a_pool_of_processes_is_enough_on_one_machine(served, prints):
    """The standard library's executor needs nothing else."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        prints.run(limit=4, executor=pool)
    assert prints.counts["done"] == served.started_outputs == 4


def test_a_worker_that_cannot_sign_in_is_named(served, prints, monkeypatch):
    """The run ends with the machine, the process and the profile."""
    monkeypatch.delenv("CHILI_CLIENT_SECRET")
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(ConfigurationError, match="cannot sign in") as caught,
    ):
        prints.run(limit=2, executor=pool, profile="nobody")
    assert f"process {os.getpid()}" in caught.value.message
    assert "nobody" in caught.value.message
    assert prints.counts["unknown"] == 0
    assert served.started_outputs <= 2


def job_of(prints, **options):
    """Return what is sent to a worker, and the result of the worker."""
    sent = []

    class Recorder:
        def submit(self, function, job, after):
            sent.append((function, job, after))
            raise RuntimeError

    options = RunOptions(executor=Recorder(), **options)
    fetcher = ExecutorFetcher(options, prints._form.client, prints.folder)
    job = Job(0, 1, "s0.jpg", "s0.jpg", b"", task_id="t")
    with fetcher:
        fetcher.fetch(job, prints[:1], lambda _event: None)
        return sent[0][1], fetch_output(sent[0][1], None)


def test_a_worker_in_another_environment_is_refused(prints, monkeypatch):
    """Its own credentials decide, and they must be those of the same environment."""
    monkeypatch.setenv("CHILI_OTHER_ENVIRONMENT", "cp-other-001")
    for key in ("CLIENT_ID", "CLIENT_SECRET", "BASE_URL", "TOKEN_URL"):
        monkeypatch.setenv(f"CHILI_OTHER_{key}", os.environ[f"CHILI_{key}"])
    _job, result = job_of(prints, profile="other")
    assert "cp-other-001" in result.problem


def test_a_worker_without_the_folder_says_so(prints):
    """A file in the folder shows whether a worker shares it."""
    job, _result = job_of(prints)
    result = fetch_output(job, None)  # the run is over, and so is the file
    assert "does not share the folder" in result.problem
    assert result.reply is None


def test_what_travels_holds_no_secret(served, prints):
    """Neither the secret nor a token is in a pickled job."""
    job, _result = job_of(prints)
    pickled = pickle.dumps(job)
    secret = served.variables()["CHILI_CLIENT_SECRET"]
    assert secret.encode() not in pickled
    assert str(prints._form.client.token).encode() not in pickled
    assert pickle.loads(pickled) == job  # noqa: S301 - our own


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), OSError()])
def test_a_worker_that_is_interrupted_ends_the_run(served, prints, error):
    """A run never waits for a worker whose result is an error."""

    class Broken:
        def submit(self, *_arguments):
            future = Future()
            future.set_exception(error)
            return future

    with pytest.raises(ConfigurationError, match=type(error).__name__):
        prints.run(limit=1, executor=Broken())
    assert prints.counts["running"] == served.started_outputs == 1
