"""Comparisons in a real kernel: the example notebook, interrupts and restarts."""

import queue
import time

import nbformat
import psutil
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from tests.docs.blocks import ROOT

pytestmark = pytest.mark.slow
EXAMPLE = ROOT / "docs" / "examples" / "compare_models.ipynb"
SHORTER = {"epochs=400": "epochs=5", "repeats=30": "repeats=3"}
PATIENCE = 240  # seconds; an import of TensorFlow takes most of a test

DEFINITIONS = """
import experiments

def build_narrow(seed):
    import keras
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model

def build_wide(seed):
    import keras
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model

models = {"narrow": build_narrow, "wide": build_wide}
rows = ([[0.0], [1.0]], [0.0, 1.0])
def compare(epochs):
    return experiments.compare(models, (rows, rows), epochs=epochs, repeats=2, jobs=2, device="cpu")
"""
ENDLESS = "compare(50_000_000)"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder for the kernel, which imports the package of this checkout."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    return tmp_path


def test_the_example_runs_and_resumes(place):
    notebook = nbformat.read(EXAMPLE, as_version=4)
    for cell in notebook.cells:
        for old, new in SHORTER.items():
            cell.source = cell.source.replace(old, new)
    outputs = outputs_of(notebook, place)
    assert "0 done, 6 to run" in outputs["text/plain"]
    assert "<progress" not in outputs["text/html"]  # the bar is gone when the cell ends
    assert "against plain" in outputs["text/html"]
    assert outputs["text/html"].count("<p><b>") == 2  # a verdict each
    assert outputs["image/png"]
    assert "dropout.accuracy_gap" in (place / "results" / "moons_in_python.html").read_text(encoding="utf-8")
    # Another kernel, where the functions have other file names and line numbers.
    notebook.cells.insert(2, nbformat.v4.new_code_cell("# a new cell"))
    assert "6 done, nothing to run" in outputs_of(notebook, place)["text/plain"]


def outputs_of(notebook, place):
    """Run a notebook, and return the outputs of all cells by their type."""
    NotebookClient(notebook, timeout=PATIENCE, resources={"metadata": {"path": str(place)}}).execute()
    found = {"text/plain": "", "text/html": "", "image/png": ""}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {"text/plain": output.get("text", "")})
            for kind in found:
                found[kind] += data.get(kind, "")
    return found


@pytest.fixture
def kernel(place):
    """A kernel in which the functions are defined."""
    manager = KernelManager()
    manager.start_kernel(cwd=str(place))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


class Kernel:
    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code):
        """Run a cell, and return its reply."""
        return self.client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda _: None)["content"]

    def begin(self, code):
        """Begin to run a cell, and return when two workers have been at work for a while."""
        asked = self.client.execute(code)
        wait_until(lambda: sum(time.time() - worker.create_time() > 5 for worker in self.workers()) == 2)
        return asked

    def reply(self, asked):
        """Return the reply of a cell that was begun."""
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=PATIENCE)
            except queue.Empty:
                pytest.fail("the kernel does not answer")
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"]

    def processes(self):
        return psutil.Process(self.manager.provisioner.pid).children(recursive=True)

    def workers(self):
        """Return the workers: the processes that were forked off the fork server."""
        own = self.manager.provisioner.pid
        return [process for process in self.processes() if process.ppid() != own]


def wait_until(over):
    end = time.monotonic() + PATIENCE
    while not over():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.1)


def test_an_interrupt_ends_the_workers_and_the_kernel_goes_on(kernel):
    assert kernel.run(DEFINITIONS)["status"] == "ok"
    asked = kernel.begin(ENDLESS)
    kernel.manager.interrupt_kernel()
    assert kernel.reply(asked)["ename"] == "KeyboardInterrupt"
    assert kernel.workers() == []
    assert kernel.run("assert len(compare(2).runs) == 4")["status"] == "ok"
    assert kernel.workers() == []


def test_a_restart_leaves_no_process(kernel):
    assert kernel.run(DEFINITIONS)["status"] == "ok"
    kernel.begin(ENDLESS)
    processes = kernel.processes()
    assert len(processes) >= 3  # two workers and the fork server
    kernel.manager.restart_kernel(now=True)
    gone, left = psutil.wait_procs(processes, timeout=PATIENCE)
    assert left == []
    assert len(gone) == len(processes)
