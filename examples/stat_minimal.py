"""Skill-Targeted Adaptive Training (arXiv 2510.10023) in one file, from questions to a table of results.

    python examples/stat_minimal.py                    # about a minute of CPU time, no network
    python examples/stat_minimal.py --validation 150 --test 150 --pairs 60

It calls the functions of the pipeline (`stat_engine/method/pipeline.py`) one after the other and keeps everything in
memory. Left out are what a real run adds: storage and resuming, cost and budgets, human review, several seeds, and
most controls. At full size it gives the accuracies of the arms `stat-sel` and `random` of `stat-studio demo`.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from stat_engine import Workspace
from stat_engine import config as configuration
from stat_engine.formats.into_dataset import import_questions, import_skill_map
from stat_engine.grading import open_grader
from stat_engine.method.accuracy import accuracy, difference
from stat_engine.method.context import batch_seed, batched
from stat_engine.method.difficulty import find_difficult, summarise
from stat_engine.method.missing_skills import label_missing_skills, responses_to_label, to_label
from stat_engine.method.profile import build_profile, missed
from stat_engine.method.responses import respond
from stat_engine.method.sft.fine_tuning import Training, fine_tune
from stat_engine.method.step_rewards import score
from stat_engine.method.training_sets.neighbours import NearTo
from stat_engine.method.training_sets.rewrite import Solutions
from stat_engine.method.training_sets.select import Pool, select
from stat_engine.models.base import Sampling, TeacherRequest
from stat_engine.models.open import open_reward_model, open_student, open_teacher
from stat_engine.numeracy.demo import DATA
from stat_engine.records import Question, Response


def main(n_validation: int, n_test: int, n_pairs: int, folder: Path) -> pd.DataFrame:
    """Run the three stages; returns one row an arm: accuracy, 95% interval, gain over the student, p-value."""
    config = configuration.load(DATA / "demo.yaml", [f"training_set.pairs={n_pairs}"])
    settings, recipe = config.student, config.training_set
    grader = open_grader(config.domain.grader)

    # Data: the questions Q are split into validation and test; the training pool P and the Skill-Map come with them.
    workspace = Workspace(folder / "workspace")
    import_questions(workspace, "numeracy", DATA / "questions.jsonl.gz")
    import_skill_map(workspace, "numeracy", DATA / "skill_map.jsonl.gz", DATA / "skills.json", False)
    workspace.split("numeracy", 600, of="test", seed=0)
    dataset = workspace.need_dataset("numeracy")
    validation, test = dataset.split("validation")[:n_validation], dataset.split("test")[:n_test]
    print(f"{len(validation):,} validation questions, {len(test):,} test questions")

    # Stage 1a. The student answers the validation questions.
    student = open_student(settings)
    sampled = Sampling(settings.temperature, settings.top_p, settings.max_tokens, settings.n_samples)
    responses = [
        response
        for at, batch in enumerate(batched(validation, settings.batch_size))
        for response in respond(
            student, batch, sampled, settings.steps, batch_seed(settings.seed, at), grader
        )
    ]

    # Stage 1b. The process reward model scores every step of every response.
    reward_model = open_reward_model(config.reward_model, settings.threads)
    rewards = score(reward_model, responses, dataset.questions)

    # Stage 1c. A question is difficult when its responses fail the reward filter (equation 1, tau1 and tau2).
    scores = pd.DataFrame(
        [
            {**of_response(r, dataset.questions), **s.model_dump()}
            for r, s in zip(responses, rewards, strict=True)
        ]
    )
    difficulty = find_difficult(scores, config.difficulty)
    counts = summarise(difficulty)
    print(f"{counts['n_difficult']} difficult questions; against correctness: {counts['confusion']}")

    # Stage 2a. The teacher names the skills that each difficult question's worst response lacks.
    chosen = set(responses_to_label(difficulty, config.teacher.labels_per_question))
    items = [
        to_label(
            r, dataset.questions[r.question_id], dataset.skill_map.get(r.question_id), s.step_rewards, config
        )
        for r, s in zip(responses, rewards, strict=True)
        if r.response_id in chosen
    ]
    teacher = open_teacher(config.teacher, config)

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        answers = {at: answer.text for part in teacher.answer(requests) for at, answer in part}
        return [("", answers[at]) for at in range(len(requests))]

    labels = label_missing_skills(items, dataset.need_skill_map(), ask, "checker")

    # Stage 2b. The Missing-Skill-Profile counts them.
    asked = sorted(question.id for question in validation)
    profile = build_profile(asked, dataset.skill_map, labels)
    print("\nMissing-Skill-Profile, the five most missed skills")
    for line in profile[:5]:
        print(f"  {line.skill:<25}{line.n_missing:>4} of {line.n_questions:<5}{line.failure_rate:.2f}")

    # Stage 3a. Training sets of equal size from the pool, without near-duplicates of evaluation questions.
    evaluation = [*dataset.split("validation"), *dataset.split("test")]
    train = dataset.split("train")
    shares, _ = NearTo([q.problem for q in evaluation]).nearest([q.problem for q in train])
    clean = [q for q, share in zip(train, shares, strict=True) if share < recipe.near]
    pool, solutions = Pool(clean, dataset.skill_map), Solutions(recipe, grader)
    sets = {arm: select(arm, pool, missed(labels), recipe, solutions)[0] for arm in ("random", "stat-sel")}

    # Stage 3b. Each arm fine-tunes the student on its set. Stage 3c. Student and arms answer the test, greedily.
    greedy = Sampling(0.0, 1.0, settings.max_tokens)
    correct: dict[str, pd.Series] = {}
    for arm in ("base", *sets):
        adapter = None
        if arm != "base":
            print(f"\nfine-tuning {arm} on {len(sets[arm]):,} pairs")
            fine_tune(Training(settings, sets[arm], config.sft, 0, folder / arm))
            adapter = folder / arm / "adapter"
        arm_student = open_student(settings, adapter)
        answered = [
            response
            for at, batch in enumerate(batched(test, config.evaluation.batch_size))
            for response in respond(arm_student, batch, greedy, settings.steps, batch_seed(0, at), grader)
        ]
        correct[arm] = pd.Series({r.question_id: float(bool(r.is_correct)) for r in answered})
    return pd.DataFrame([row(arm, correct[arm], correct["base"]) for arm in correct]).set_index("arm")


def of_response(response: Response, questions: dict[str, Question]) -> dict[str, object]:
    """What the reward filter reads of a response beside its step rewards."""
    subject = questions[response.question_id].subject
    return {"subject": subject, "sample": response.sample, "is_correct": response.is_correct}


def row(arm: str, ours: "pd.Series[float]", base: "pd.Series[float]") -> dict[str, object]:
    """An arm's line of the table: Wilson's interval, and McNemar's exact test against the student itself."""
    own, gain = accuracy(ours), difference(ours, base)
    return {
        "arm": arm, "accuracy": own.accuracy, "low": own.ci_low, "high": own.ci_high,
        "gain": gain.difference, "p": gain.p_value, "questions": own.n_questions,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The method on the embedded domain, in one file.")
    parser.add_argument("--validation", type=int, default=600, help="validation questions, 600 at most")
    parser.add_argument("--test", type=int, default=1500, help="test questions, 1,500 at most")
    parser.add_argument("--pairs", type=int, default=500, help="question-answer pairs in each set")
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        table = main(sizes.validation, sizes.test, sizes.pairs, Path(place))
    print("\n" + table.to_string(float_format="{:.4g}".format))
