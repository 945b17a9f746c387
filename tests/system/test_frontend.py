"""Which front-end shows the notebook, and where the notebook is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from chili_notebook.system.frontend import find_notebook_folder, has_front_end


def make_shell(*, allow_stdin=None, **names):
    """Return a shell with these names, and a kernel unless `allow_stdin` is None."""
    shell = SimpleNamespace(user_ns=names, kernel=None)
    if allow_stdin is not None:
        parent = {"content": {"allow_stdin": allow_stdin}}
        shell.kernel = SimpleNamespace(get_parent=lambda _channel: parent)
    return shell


def test_notebook_folder_is_the_working_directory():
    """Without any other information the kernel runs in the notebook's folder."""
    assert find_notebook_folder(make_shell()) == Path.cwd()


def test_notebook_folder_in_vs_code_is_that_of_the_notebook(tmp_path):
    """VS Code may run the kernel elsewhere, and sets the notebook's path."""
    shell = make_shell(__vsc_ipynb_file__=str(tmp_path / "deep" / "a.ipynb"))
    assert find_notebook_folder(shell) == tmp_path / "deep"


@pytest.mark.parametrize(
    ("allow_stdin", "expected"), [(None, False), (False, False), (True, True)]
)
def test_front_end_is_one_that_allows_input(allow_stdin, expected):
    """A terminal, papermill and nbclient have no user who could fill in a form."""
    assert has_front_end(make_shell(allow_stdin=allow_stdin)) is expected


def test_kernel_with_another_interface_has_no_front_end():
    """Kernels other than ipykernel may lack get_parent, or take other arguments."""
    for kernel in (SimpleNamespace(), SimpleNamespace(get_parent=lambda: None)):
        assert not has_front_end(SimpleNamespace(user_ns={}, kernel=kernel))


@pytest.mark.parametrize("expected", [True, False])
def test_front_end_in_voila_is_decided_by_the_caller(monkeypatch, expected):
    """Voilà's readers are not the author of the notebook."""
    monkeypatch.setenv("VOILA_BASE_URL", "/")
    shell = make_shell(allow_stdin=False)
    assert has_front_end(shell, voila=expected) is expected
    assert has_front_end(make_shell(allow_stdin=True)) is False
