"""Signals that end a command, lost output and full disks: exit codes, and no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.store import files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals for another process, no /dev/full")

DEFAULTS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started these tests may ignore both
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
WAITING = """
import sys, time
from experiments.cli import study_verbs

def wait(arguments):
    print("ready", flush=True)
    time.sleep(60)

study_verbs.list_studies = wait
from experiments.cli.main import main
sys.exit(main(["list"]))
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_command_with_its_exit_code(name, code):
    process = subprocess.Popen(
        [sys.executable, "-c", DEFAULTS + WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (code, "")


def test_a_signal_that_is_ignored_stays_ignored():
    program = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{WAITING.replace('60', '1')}"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    assert process.returncode == 0


PRINTING = """
from experiments.cli.display import make_listener
listener = make_listener()
for number in range(3000):
    listener.log(f"line {number}")
open(PATH, "w").write("finished")
"""


@pytest.mark.parametrize("output", ["closed pipe", "/dev/full"])
def test_a_training_goes_on_where_its_output_is_lost(tmp_path, output):
    mark = tmp_path / "mark"
    command = [sys.executable, "-c", PRINTING.replace("PATH", repr(str(mark)))]
    if output == "closed pipe":
        reading, writing = os.pipe()
        process = subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE, text=True)
        os.close(writing)
        os.close(reading)
    else:
        with Path(output).open("w") as full:
            process = subprocess.Popen(command, stdout=full, stderr=subprocess.PIPE, text=True)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert mark.read_text() == "finished"


def test_a_full_disk_is_named_with_the_file_and_what_to_do(project, capsys, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    code = main(["new", "small", "copied"])
    errors = capsys.readouterr().err
    assert code == 3
    assert "No space left on device" in errors
    assert "configs/" in errors
    assert "free some space" in errors
    assert "Traceback" not in errors
