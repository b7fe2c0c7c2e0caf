"""The verb `verify`: compare every stored table with its manifest."""

from dataclasses import asdict

from stat_engine.api import Workspace
from stat_engine.cli.disk import OptionalRun
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()


@app.verb("verify")
def verify(place: Workspace, run: OptionalRun = None) -> Shown:
    """Compare every table with its manifest (rows, length, columns, hashes); name what was made from it."""
    found = list(place.verify(run))
    problems = [one for one in found if one.problem]
    lines = [f"{one.owner}, {one.table}: {one.problem}" for one in problems]
    lines += [
        f"{one.owner}: made from {one.table}, so look at them too: {', '.join(one.made_from_it)}"
        for one in problems
        if one.made_from_it
    ]
    n = len(found)
    lines.append(f"{n:,} tables and adapters read, {len(problems):,} not as their manifests say")
    return Shown({"run": run, "tables": [asdict(one) for one in found], "is_sound": not problems}, lines)
