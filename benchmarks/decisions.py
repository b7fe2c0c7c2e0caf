"""What a decision on a label costs, by the events that the label log already holds.

    python benchmarks/decisions.py

One decision as a key of the page makes it: it is checked and written, then the queue, the label and the
progress of the review are read again. Baseline: the same with 100 events. The logs are written beforehand;
the first look at a log reads all of it and is shown apart. Then two people decide at once: one decides while
another process reads a log of 100,000 events from its beginning, over and over."""

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from stat_engine import Workspace
from stat_engine.numeracy import demo
from stat_engine.records import LabelEvent, MissingSkill, Question, Response, StepReward, step_reward
from stat_engine.review import Decision, decide
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import label_history, labels

SIZES = (100, 1_000, 10_000, 100_000)
N_LABELS = 1_000
PEOPLE = ("ada", "grace", "emmy")
READING = """
import sys, time
from pathlib import Path
from stat_engine.store import growing
from stat_engine.store.label_log import LabelLog
print("reading", flush=True)
while True:
    growing._growing.clear()
    LabelLog(Path(sys.argv[1])).now()
"""


def reviewed_run(root: Path) -> RunFolder:
    """A run whose teacher said a label of each of N_LABELS responses; no model is asked."""
    workspace = Workspace(root)
    demo.prepare(workspace, "review")
    run = workspace.run("review").folder
    questions = [question for question in run.dataset.questions.values() if question.subject][:N_LABELS]
    responses = [_response(question) for question in questions]
    run.responses.write("f", responses, run.stage_settings("responses"))
    scored: list[StepReward] = [step_reward(one.response_id, one.question_id, [0.1]) for one in responses]
    run.step_rewards.write("f", scored, run.stage_settings("step_rewards"))
    said = [_label(run, question) for question in questions]
    run.missing_skills().write("f", said, run.stage_settings("missing_skills"))
    return run


def _response(question: Question) -> Response:
    return Response(
        response_id=f"r-{question.id}", question_id=question.id, model="m", sample=0, response="It is 3.",
        steps=["It is 3."], n_tokens=4, finish_reason="stop", answer="3", is_correct=False,
    )  # fmt: skip


def _label(run: RunFolder, question: Question) -> MissingSkill:
    skill = next(skill for of, skill in run.pool_dataset.need_skill_map() if of == question.subject)
    return MissingSkill(
        response_id=f"r-{question.id}", question_id=question.id, subject=question.subject or "",
        teacher=run.config.teacher.endpoint(), judge="incorrect", reason="It adds wrongly.", skills=[skill],
        evidence_step=0, evidence_quote="It is 3.", status="ok", call="",
    )  # fmt: skip


def events(ids: list[str], n: int) -> Iterator[LabelEvent]:
    """So many decisions of three people, one after the other over the labels."""
    chance = random.Random(0)
    newest: dict[str, str] = {}
    for at in range(n):
        id, event_id = ids[at % len(ids)], f"{at:016x}"
        yield LabelEvent(
            event_id=event_id, response_id=id, action=chance.choice(("accept", "discard")),
            author=chance.choice(PEOPLE), at="2026-01-02T03:04:05.678+00:00", seen=newest.get(id),
        )  # fmt: skip
        newest[id] = event_id


def one_key(run: RunFolder, id: str) -> tuple[float, float]:
    """Seconds of a decision, and of the page's look at its outcome."""
    seen = labels.newest_event(run, id)
    begun = time.perf_counter()
    decide(run, Decision(id, "accept", seen), "ada")
    decided = time.perf_counter()
    labels.queue(run)
    labels.item(run, id)
    label_history.history(run, id)
    label_history.progress(run, "ada")
    return decided - begun, time.perf_counter() - decided


def first_look(run: RunFolder, ids: list[str], n_events: int) -> float:
    """Milliseconds of reading a log of so many events, which is written beforehand."""
    run.label_log.path.write_text("".join(e.model_dump_json() + "\n" for e in events(ids, n_events)))
    begun = time.perf_counter()
    run.label_log.now()
    return 1e3 * (time.perf_counter() - begun)


def in_turns(runs: dict[int, RunFolder], ids: list[str], n_keys: int) -> dict[int, list[tuple[float, float]]]:
    """Milliseconds of decisions and of the looks after them, the sizes taking turns."""
    took: dict[int, list[tuple[float, float]]] = {n: [] for n in runs}
    for run in runs.values():  # imports, and what a page keeps of the labels
        one_key(run, ids[0])
    for id in random.Random(1).sample(ids, n_keys):
        for n, run in runs.items():
            decision, look = one_key(run, id)
            took[n].append((1e3 * decision, 1e3 * look))
    return took


def beside_a_reader(run: RunFolder, ids: list[str], n_keys: int) -> tuple[float, float, float]:
    """Milliseconds of a decision alone, beside a process that computes, and beside one that reads the log."""
    alone = _median(run, ids, n_keys)
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        computing = _median(run, ids, n_keys)
    finally:
        busy.kill()
        busy.wait()
    reader = subprocess.Popen(
        [sys.executable, "-c", READING, str(run.label_log.path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert reader.stdout is not None
        reader.stdout.readline()
        return alone, computing, _median(run, ids, n_keys)
    finally:
        reader.kill()
        reader.wait()


def _median(run: RunFolder, ids: list[str], n_keys: int) -> float:
    return 1e3 * statistics.median(one_key(run, id)[0] for id in random.Random(2).sample(ids, n_keys))


def main() -> None:
    """Print a row for each size of the log, and a decision beside another person's reading."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keys", type=int, default=60, help="decisions at each size")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ids = [label.response_id for label in labels.own_labels(reviewed_run(Path(folder, "one")))]
        for n in SIZES:
            shutil.copytree(Path(folder, "one"), Path(folder, str(n)))
        runs = {n: Workspace(Path(folder, str(n))).run("review").folder for n in SIZES}
        first = {n: first_look(run, ids, n) for n, run in runs.items()}
        took = in_turns(runs, ids, asked.keys)
        beside = beside_a_reader(runs[SIZES[-1]], ids, asked.keys)
    show(first, took, beside)


def show(
    first: dict[int, float],
    took: dict[int, list[tuple[float, float]]],
    beside: tuple[float, float, float],
) -> None:
    """A row for each size, and a sentence on the two people."""
    print(f"milliseconds, median (and middle half) of {len(took[SIZES[0]])}; ratio to {SIZES[0]} events")
    print(f"{'events':>8}  {'first look':>10}  {'decision':>22}  {'with the page':>24}  ratios")
    base = [_quartiles(took[SIZES[0]], what)[1] for what in (0, None)]
    for n, of in took.items():
        (a, one, b), (c, both, d) = _quartiles(of, 0), _quartiles(of, None)
        print(
            f"{n:>8,}  {first[n]:>10.1f}  {one:>8.2f} ({a:.2f}-{b:.2f})  {both:>8.2f} ({c:.2f}-{d:.2f})"
            f"  {one / base[0]:.2f}, {both / base[1]:.2f}"
        )
    alone, computing, reading = beside
    print(
        f"a decision at {SIZES[-1]:,} events: {alone:.2f} ms alone, {computing:.2f} ms beside a process that "
        f"computes, {reading:.2f} ms beside one that reads the log"
    )


def _quartiles(took: list[tuple[float, float]], what: int | None) -> tuple[float, float, float]:
    low, middle, high = statistics.quantiles([sum(of) if what is None else of[what] for of in took], n=4)
    return low, middle, high


if __name__ == "__main__":
    main()
