"""Make a workspace of a million responses out of a finished demo, for measuring the pages at that size.

    stat-studio demo --workspace workspace
    python benchmarks/big_workspace.py workspace /somewhere/big

Every validation question of the demo is asked over and over under new ids, and every answer to it is one
of the student's own with its step rewards moved a little; what hangs on them (difficulty, labels, profile)
is then made by the engine itself. Training sets, students and evaluations are the demo's: they do not grow
with the validation responses. 15,625 questions of 64 samples each, as for average@64, unless told otherwise."""

import argparse
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from stat_engine import Workspace
from stat_engine.api import Run
from stat_engine.records import Question, Response, SkillMapEntry, StepReward, content_hash, step_reward
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import write_json

QUESTIONS_A_BATCH = 100


def grow(source: Path, target: Path, n_questions: int, n_samples: int) -> Run:
    """Copy the demo and put the grown validation set, responses and step rewards in the place of its own."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("jobs", "*.tmp"))
    run = Workspace(target).run("demo")
    run.folder.save_config(
        run.config.model_copy(
            update={"student": run.config.student.model_copy(update={"n_samples": n_samples})}
        )
    )
    run = Workspace(target).run("demo")
    old = [question.id for question in run.folder.dataset.split("validation")]
    answers, rewards = _answers(run), _rewards(run)
    ids = {f"big-{at:06d}": old[at % len(old)] for at in range(n_questions)}
    _grow_dataset(run.folder.dataset, ids, old)
    batches = [list(ids)[at : at + QUESTIONS_A_BATCH] for at in range(0, len(ids), QUESTIONS_A_BATCH)]

    def responses(_: int, batch: Sequence[str]) -> list[Response]:
        return [_response(answers[ids[id]], id, sample) for id in batch for sample in range(n_samples)]

    def step_rewards(_: int, batch: Sequence[str]) -> list[StepReward]:
        return [
            _moved(rewards[of[sample % len(of)].response_id], id, sample)
            for id in batch
            for of in [answers[ids[id]]]
            for sample in range(n_samples)
        ]

    mark = content_hash(n_questions, n_samples)
    run.folder.responses.complete(
        mark, batches, responses, run.folder.stage_settings("responses"), _say("responses")
    )
    run.folder.step_rewards.complete(
        mark, batches, step_rewards, run.folder.stage_settings("step_rewards"), _say("step rewards")
    )
    shutil.rmtree(run.folder.folder / "missing_skills")
    return Workspace(target).run("demo")


def _answers(run: Run) -> dict[str, list[Response]]:
    """The student's own responses to each question."""
    found: dict[str, list[Response]] = {}
    for response in run.folder.responses.read():
        found.setdefault(response.question_id, []).append(response)
    return found


def _rewards(run: Run) -> dict[str, list[float]]:
    return {row.response_id: list(row.step_rewards) for row in run.folder.step_rewards.read()}


def _response(own: Sequence[Response], id: str, sample: int) -> Response:
    new = {"response_id": f"{id}-{sample:03d}", "question_id": id, "sample": sample}
    return own[sample % len(own)].model_copy(update=new)


def _moved(rewards: Sequence[float], id: str, sample: int) -> StepReward:
    chance = random.Random(f"{id}-{sample}")
    moved = [min(1.0, max(0.0, reward + chance.gauss(0, 0.02))) for reward in rewards]
    return step_reward(f"{id}-{sample:03d}", id, moved)


def _grow_dataset(dataset: Dataset, ids: dict[str, str], old: Sequence[str]) -> None:
    """The validation questions under new ids, with their skills; all other questions stay."""
    gone, questions, skill_map = set(old), dataset.questions, dataset.skill_map
    kept = [question for id, question in questions.items() if id not in gone]
    new = [questions[of].model_copy(update={"id": id}) for id, of in ids.items()]
    entries: list[SkillMapEntry] = [entry for id, entry in skill_map.items() if id not in gone]
    entries += [skill_map[of].model_copy(update={"question_id": id}) for id, of in ids.items()]
    rows: list[Question] = sorted([*kept, *new], key=lambda question: question.id)
    test = [question.id for question in dataset.split("test")]
    dataset.question_table.write(content_hash(len(rows), len(ids)), rows, {"source": "benchmarks"})
    dataset.save_skill_map(entries, {"source": "benchmarks"})
    dataset.save_split("validation", list(ids), {"from": "benchmarks", "seed": 0})
    dataset.save_split("test", test, {"from": "benchmarks", "seed": 0})
    write_json(
        dataset.folder / "audit.json", {"skill_map": dataset.skill_map_digest(), "findings": ["exact"]}
    )


def _say(what: str):  # type: ignore[no-untyped-def]
    def said(done: int, total: int) -> None:
        if done == total or done % 1000 == 0:
            sys.stderr.write(f"\r{what}: {done:,} of {total:,} questions")
        if done == total:
            sys.stderr.write("\n")

    return said


def main() -> None:
    """Grow the workspace, then let the engine label what is difficult in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path, help="workspace with a finished demo")
    parser.add_argument("target", type=Path, help="folder that is not there yet")
    parser.add_argument("--questions", type=int, default=15_625)
    parser.add_argument("--samples", type=int, default=64)
    asked = parser.parse_args()
    run = grow(asked.source, asked.target, asked.questions, asked.samples)
    run.run("missing_skills", "profile")
    n_labels = sum(1 for _ in run.folder.own_labels())
    found = run.difficult()
    print(
        f"{found['n_responses']:,} responses, {found['n_difficult']:,} difficult questions, {n_labels:,} labels"
    )


if __name__ == "__main__":
    main()
