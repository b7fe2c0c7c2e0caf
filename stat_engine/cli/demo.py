"""The verb `demo`: the whole loop on the embedded domain."""

import time

from stat_engine.api import Workspace
from stat_engine.cli.compare import comparison_lines
from stat_engine.cli.terminal import TerminalReport
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.numeracy.demo import run_demo

app = Verbs()


@app.verb("demo")
def demo(place: Workspace) -> Shown:
    """Run the whole loop on the embedded domain: no key, no GPU, no network."""
    begun = time.monotonic()
    done = run_demo(place, TerminalReport())
    result = done.comparison()
    seconds = f"{time.monotonic() - begun:.0f} s; everything is in {done.folder.folder}"
    return Shown(result, ["", *comparison_lines(result), "", seconds])
