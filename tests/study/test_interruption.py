"""What an interrupted command says, and what it leaves of the environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from analysis.study.interruption import ended_by_signals

# A command whose workers hold what has to be cleared up when they are ended, and that is ended.
COMMAND = """
import os, signal
import joblib
from analysis.study.interruption import ended_by_signals

with ended_by_signals("Interrupted; all is well."):
    list(joblib.Parallel(2, "loky")(joblib.delayed(abs)(number) for number in (1, 2)))
    os.kill(os.getpid(), signal.{signal})
    print("it went on")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of Unix")
@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_its_words_are_the_last(signal: str) -> None:
    # Both streams end when the last process ends that writes to them, whoever's it is.
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND.format(signal=signal)], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr == "Interrupted; all is well.\n"


@pytest.mark.parametrize("before", [None, "error"])
def test_the_environment_is_as_it_was(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    if before is not None:
        monkeypatch.setenv("PYTHONWARNINGS", before)
    with ended_by_signals("Interrupted."):
        told = os.environ["PYTHONWARNINGS"].split(",")
        assert told[-1] == "ignore:resource_tracker"
        assert told[:-1] == ([] if before is None else [before])
    assert os.environ.get("PYTHONWARNINGS") == before
