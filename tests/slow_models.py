"""Models made slow: a folder for PYTHONPATH in which every process sleeps at each step, and counts what it makes."""

import os
import sys
from pathlib import Path

from stat_engine.config.shipped import ROOT

STARTUP = """
import importlib.abc, importlib.util, os, sys, time

PACE_S, MADE = {pace}, {made!r}


def note(what):
    with open(MADE, "a") as file:
        file.write(what + "\\n")


def slow_decoding(module):
    write = module.Batch.write

    def slow(self, tokens):
        time.sleep(PACE_S)
        write(self, tokens)

    module.Batch.write = slow


def counted_answers(module):
    completion = module.Endings.completion

    def counted(self, row):
        note("answer")
        return completion(self, row)

    module.Endings.completion = counted


def slow_scoring(module):
    forward = module.Scorer._forward

    def slow(self, rows, width):
        time.sleep(4 * PACE_S)
        note("batch of scores")
        return forward(self, rows, width)

    module.Scorer._forward = slow


CHANGES = {{
    "stat_engine.models.local.ragged_batch": slow_decoding,
    "stat_engine.models.local.decoding": counted_answers,
    "stat_engine.models.rewards.scoring": slow_scoring,
}}


class Changed(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        change = CHANGES.pop(name, None)
        if change is None:
            return None
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def changed(module):
            execute(module)
            change(module)

        spec.loader.exec_module = changed
        return spec


sys.meta_path.insert(0, Changed())
"""


class SlowModels:
    """The folder, and how many answers and batches of scores were made under it."""

    def __init__(self, folder: Path, pace_s: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._made = folder / "made.txt"
        (folder / "sitecustomize.py").write_text(STARTUP.format(pace=pace_s, made=str(self._made)))
        self.environment = {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}

    def n_made(self, what: str = "answer") -> int:
        lines = self._made.read_text().splitlines() if self._made.exists() else []
        return lines.count(what)


def command(*words: str) -> list[str]:
    """The command line in a process of its own."""
    return [sys.executable, "-m", "stat_engine.cli", *words]
