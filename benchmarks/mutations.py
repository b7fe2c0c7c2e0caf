"""Seeded faults put into the engine one at a time: the share that the tests catch.

Each mutant changes one place of a file (a comparison, a condition, `and`/`or`, a number, a slice, a sign, a
returned value) in a scratch copy of the tree. Only the tests that mirror or import the file run on it, and they stop at
the first failure. A test that also fails on the unchanged copy catches nothing.

mutmut 3 works on this layout, but it changes texts and keyword names too, first runs the whole suite, and draws no
sample: it makes 880 mutants of stats alone. cosmic-ray 8 runs one command whatever the file."""

import argparse
import ast
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("method", "grading", "store", "models/paid_calls", "stats")
SILENT = {"say", "print", "echo", "debug", "info", "warning", "warn", "note", "Field", "TypeVar"}
"""Calls whose arguments are texts for people or declarations: a change of them is no change of the method."""
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
BOUND: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt
}  # fmt: skip
SIGN: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult
}  # fmt: skip
EQUIVALENT: dict[tuple[str, str], str] = {
    (
        'means, aggregate = rows["mean"].fillna(-1).to_numpy(), overall',
        "2",
    ): "any negative number comes before rewards in [0, 1]",
    ("return max(0.0, centre - half), min(1.0, centre + half)", "2.0"): "it only cuts off rounding",
    (
        "return max(-1.0, float(p - other - below)), min(1.0, float(p - other + above))",
        "2.0",
    ): "it only cuts off rounding",
    (
        "batch = next((one for one in client.batches.list(limit=100) if _is_named(one, name)), None)",
        "200",
    ): "the size of a page of a list that is read to its end",
    (
        "return effect if effect <= discordance else None",
        "(effect < discordance)",
    ): "the two are computed, and never just equal",
    ("found = np.arange(k, min(n, counting) + 1)", "2"): "a count that cannot be has a chance of 0",
    ("by = n_calls / row.n_calls if row.n_calls else 0.0", "1.0"): "a row without calls has no tokens",
    ("STEPS = tuple(round(at / 20, 2) for at in range(21))", "3"): "a twentieth has two decimals at most",
    ("fewer = min((steps > 0).sum(), (steps < 0).sum())", "1"): "steps are whole numbers other than 0",
    ("n = 2 * int(sizes.sum()) + 1", "3"): "a longer transform has the same chances, and zeros between",
    (
        "return Fraction(2 * (digest[0] % 12) + 1 + (turn + digest[1]) % 2)",
        "2",
    ): "other whole numbers do as well",
}
"""Reviewed mutants that change nothing a test could see: (line of code, new text) to the reason."""
PROCESSES = multiprocessing.get_context("forkserver")
HEAVY = ["torch", "transformers", "peft", "trl", "pandas", "pyarrow", "duckdb", "sklearn.feature_extraction.text",
         "scipy.stats", "openai", "plotly.graph_objects", "streamlit.testing.v1", "typer", "pydantic"]  # fmt: skip
"""Packages that are loaded once, before the processes of the mutants begin."""
CPU_LIMIT = 120.0
"""Seconds of processor time after which one test counts as failed: the mutant loops."""


def pytest_runtest_call(item: object) -> None:
    """As a plugin of the mutant's tests: end a test that loops, whatever else runs on the machine."""

    def loops(*_: object) -> None:
        raise RuntimeError(f"looped for {CPU_LIMIT} s")

    signal.signal(signal.SIGPROF, loops)
    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT)


@dataclass(frozen=True)
class Mutant:
    """One change of one place: byte offsets into the file, the old text and the new."""

    path: Path
    line: int
    begin: int
    end: int
    old: str
    new: str
    code: str
    """The first line that it changes."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {flat(self.old)}  ->  {flat(self.new)}"


def flat(text: str) -> str:
    """A source text on one line, cut in its middle where it is long."""
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= 90 else f"{text[:44]} … {text[-43:]}"


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """The mutated forms of one node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for table in (OPPOSITE, BOUND):
            if new := table.get(type(node.ops[0])):
                yield ast.Compare(node.left, [new()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in SIGN and not is_text(node):
        yield ast.BinOp(node.left, SIGN[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1 if abs(node.value) < 10 else node.value * 2)
    elif isinstance(node, ast.Return) and node.value and not is_nothing(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(
        node.test, ast.Compare | ast.BoolOp | ast.UnaryOp
    ):
        yield ast.UnaryOp(ast.Not(), node.test)


def is_text(node: ast.BinOp) -> bool:
    """Whether it joins texts, lists or paths, where another sign is only a type error."""
    if isinstance(node.op, ast.Div) and re.search(r"folder|path|root|tree", ast.unparse(node), re.IGNORECASE):
        return True
    return any(
        isinstance(side, ast.JoinedStr | ast.List | ast.Tuple)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes of the code itself: no annotations, decorators, documentation, errors or texts for people."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_params", "type_comment"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(node, ast.Raise | ast.JoinedStr | ast.Assert):
                continue
            if isinstance(node, ast.keyword) and node.arg == "strict":
                continue  # of `zip`: an assertion
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name in SILENT or name.endswith("Error"):
                    continue
            yield node
            yield from executed(node)


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of a file inside its functions and constants."""
    source = path.read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node in executed(ast.parse(source)):
        for new in changes(node):
            place = node.test if isinstance(new, ast.UnaryOp) and not isinstance(node, ast.expr) else node
            place = node.test if isinstance(node, ast.IfExp) else place
            begin = starts[place.lineno - 1] + place.col_offset  # type: ignore[attr-defined]
            end = starts[place.end_lineno - 1] + place.end_col_offset  # type: ignore[attr-defined]
            text = ast.unparse(ast.fix_missing_locations(new))
            text = text if isinstance(new, ast.Return | ast.Constant) else f"({text})"
            code = source.splitlines()[place.lineno - 1].decode().strip()  # type: ignore[attr-defined]
            old = source[begin:end].decode()
            found.append(Mutant(path.relative_to(ROOT), place.lineno, begin, end, old, text, code))  # type: ignore[attr-defined]
    return found


def draw(count: int, seed: int, rooms: Sequence[str] = ROOMS) -> list[Mutant]:
    """As many mutants from each room, no two of them on one line; deterministic for a tree and a seed."""
    drawn: list[Mutant] = []
    for i, room in enumerate(rooms):
        pool = [m for path in sorted((ROOT / "stat_engine" / room).rglob("*.py")) for m in mutants_of(path)]
        random.Random(f"{seed} {room}").shuffle(pool)
        seen: set[tuple[Path, int]] = set()
        share = (count + len(rooms) - 1 - i) // len(rooms)
        for mutant in pool:
            excluded = (mutant.code, mutant.new) in EQUIVALENT
            if len(seen) < share and (mutant.path, mutant.line) not in seen and not excluded:
                seen.add((mutant.path, mutant.line))
                drawn.append(mutant)
    return drawn


def tests_for(path: Path) -> list[str]:
    """Test files of a module: the one that mirrors it, or else those of its folder; then those that import it."""
    inner = path.relative_to("stat_engine")
    module = ".".join(path.with_suffix("").parts)
    parent, name = module.rsplit(".", 1)
    says = re.compile(rf"\bfrom {re.escape(module)} import|\bimport {re.escape(module)}\b"
                      rf"|\bfrom {re.escape(parent)} import [^\n]*\b{name}\b|{re.escape(module)}[.\"']")  # fmt: skip
    files = sorted(p.relative_to(ROOT) for p in (ROOT / "tests").rglob("test_*.py"))
    mirror = Path("tests") / inner.parent / f"test_{inner.stem}.py"

    def rank(file: Path) -> int:
        if file == mirror:
            return 0
        is_beside = file.parent == mirror.parent
        if says.search((ROOT / file).read_text()):
            return 1 if is_beside else 3
        return 2 if is_beside and mirror not in files else 9

    return [str(file) for file in sorted(files, key=rank) if rank(file) < 9]


def in_tree(tree: Path, tests: list[str], log: Path) -> None:
    """Run pytest in a process of its own that has the heavy packages already; ends with pytest's status."""
    os.chdir(tree)
    own = [str(tree), str(Path(__file__).parent)]
    sys.path[:0] = own
    os.environ |= {"PYTHONPATH": ":".join(own), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "mutations", "--tb=no"]
    os._exit(pytest.main([*options, *tests]))  # whatever the mutant has left running


def run_tests(tree: Path, tests: list[str], minutes: float) -> str:
    """What failed first in a copy of the tree: a test, `time`, or nothing."""
    log = tree.parent / "log"
    worker = PROCESSES.Process(target=in_tree, args=(tree, tests, log))
    worker.start()
    worker.join(60 * minutes)
    if worker.exitcode is None:
        worker.kill()
        worker.join()
        return "time"
    if worker.exitcode in (0, 5):
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+?)(?: - .*)?$", log.read_text(errors="replace"), re.MULTILINE)
    return failed[1] if failed else f"exit {worker.exitcode}"


def catch(mutant: Mutant, tree: Path, minutes: float, sound: dict[str, bool]) -> str:
    """The test that catches a mutant, or nothing; the copy is as before afterwards."""
    target = tree / mutant.path
    source = target.read_bytes()
    tests = tests_for(mutant.path)
    while True:
        target.write_bytes(source[: mutant.begin] + mutant.new.encode() + source[mutant.end :])
        try:
            caught = run_tests(tree, tests, minutes)
        finally:
            target.write_bytes(source)
        if "::" not in caught:
            return caught
        if caught not in sound:
            sound[caught] = not run_tests(tree, [caught], minutes)
        if sound[caught]:
            return caught
        tests = [*tests, f"--deselect={caught}"]


def main() -> None:
    """Print each mutant with what caught it, and the share caught."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, help="mutants, spread evenly over the rooms")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--minutes", type=float, default=40, help="wall time after which a mutant counts as looping"
    )
    parser.add_argument("--room", choices=ROOMS, help="draw from this room alone")
    parser.add_argument("--only", default="", help="only mutants whose printed line holds this text")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    options = parser.parse_args()
    rooms = [options.room] if options.room else ROOMS
    chosen = [mutant for mutant in draw(options.count, options.seed, rooms) if options.only in str(mutant)]
    if options.list:
        print(*chosen, sep="\n")
        return
    PROCESSES.set_forkserver_preload(HEAVY)
    sound: dict[str, bool] = {}
    n_caught = 0
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(
            ROOT, tree, ignore=shutil.ignore_patterns(".*cache", ".git", ".venv*", "__pycache__", "workspace")
        )
        (tree / ".venv").symlink_to(Path(sys.prefix))
        for i, mutant in enumerate(chosen, 1):
            caught = catch(mutant, tree, options.minutes, sound)
            n_caught += bool(caught)
            print(f"{i:3} {mutant}\n      {caught or 'SURVIVED'}", flush=True)
    print(f"caught {n_caught} of {len(chosen)}: {n_caught / max(1, len(chosen)):.3f}")


if __name__ == "__main__":
    main()
