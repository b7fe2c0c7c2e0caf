"""Variants that need work of their own: rounds, reinforcement, other vocabularies, settings from responses.

In a study of rounds every arm continues from itself: its trained student is the next round's (figure 3).
"""

import math
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from stat_engine.api import Run, Workspace
from stat_engine.errors import StatError, shown
from stat_engine.method import computed
from stat_engine.orders import GrpoOrder
from stat_engine.records import Question, SkillMapEntry
from stat_engine.skills import Skill, Vocabulary
from stat_engine.store.dataset import Dataset
from stat_engine.studies.design import Design, Variant
from stat_engine.studies.work import forked


def matched_length(workspace: Workspace, run: Run, name: str, settings: list[str]) -> Run:
    """A run whose length filter flags as many questions as the reward filter does on the same responses.

    The bound is the smallest mean number of words of those many longest questions; ties are flagged too."""
    made = forked(workspace, run, name, settings)
    made.run(last="step_rewards")
    by_reward = made.difficulty_config({"filter": "prm"})
    n = int(computed.difficulty(made.folder, by_reward).questions.is_difficult.sum())
    words = computed.scored_responses(made.folder).groupby("question_id", observed=True).n_words.mean()
    bound = float(words.sort_values(ascending=False).iloc[max(0, n - 1)])
    made.configure([f"difficulty.max_words={bound!r}"])
    return made


WAYS = {"grpo": "nothing", "skill-grpo": "reward", "skill-grpo-sampling": "sampling"}
"""Ending of an arm's name -> what the profile weighs."""


def endings(starts: Sequence[str]) -> tuple[str, ...]:
    """The names of the arms that these starts give."""
    return tuple(f"{start}-{ending}" for start in starts for ending in WAYS)


def reinforced(run: Run, starts: Sequence[str]) -> None:
    """Train an arm a start and way, with every seed, and evaluate them."""
    for start in starts:
        for ending, weighs in WAYS.items():
            settings = (f"grpo.profile_weighs={weighs}",)
            order = GrpoOrder(
                run=run.name,
                start=start,
                seeds=tuple(run.config.seeds),
                arm=f"{start}-{ending}",
                settings=settings,
                evaluate=True,
            )
            run.reinforce_arms(order)


N_ROUNDS = 3


def variants(run: Run, design: Design) -> list[Variant]:
    """Round 1 trains all arms and seeds of one run; each later round is a run for every arm and seed."""
    arms = design.arms or ("random", "stat-sel", "stat-syn")
    n = _n_rounds(design)
    found = [Variant("1", 1, arms)]
    for number in range(2, n + 1):
        for arm in arms:
            for seed in design.seeds:
                found.append(
                    Variant(
                        f"{number}-{arm}-{seed}", number, (arm,), seeds=(seed,), has_base=False,
                        make=partial(_next, number=number, arm=arm, seed=seed),
                    )
                )  # fmt: skip
    return found


def _n_rounds(design: Design) -> int:
    if not design.values:
        return N_ROUNDS
    value = design.values[0]
    if not value.isdecimal() or int(value) < 2:
        raise StatError(f"--value {shown(value)}: expected a number of rounds, 2 or more")
    return int(value)


def _next(
    workspace: Workspace, run: Run, name: str, settings: list[str], number: int, arm: str, seed: int
) -> Run:
    """The run whose student is the arm of the round before, on the same validation questions."""
    if name in workspace.run_names():
        return workspace.run(name)
    stem = name.removesuffix(f"{number}-{arm}-{seed}")
    before = f"{stem}1" if number == 2 else f"{stem}{number - 1}-{arm}-{seed}"
    return workspace.run(before).round(arm, seed=seed, name=name, overrides=settings)


GROUPINGS = ("quarter", "half", "as given", "finer")
JOINT = " or "
LEVEL = ", level "


def regrouped(workspace: Workspace, run: Run, name: str, settings: list[str], how: str) -> Run:
    """The run on the dataset's copy with the vocabulary `how` (one of GROUPINGS), made where it is missing.

    Raises StatError for `finer` where no question has a level."""
    if how == "as given":
        return forked(workspace, run, name, settings)
    copy = _copied(workspace, run.folder.dataset, f"{run.folder.dataset.name}-{how}", how)
    return forked(workspace, run, name, [*settings, f"dataset={copy.name}"])


def coarser(vocabulary: Vocabulary, texts: Mapping[Skill, Sequence[str]], share: float) -> dict[Skill, str]:
    """{skill: name of its group}: within each subject as many groups as `share` of its skills, rounded up.

    Groups by average linkage on the cosine distance of the skills' mean TF-IDF vectors, `texts` being the
    questions that carry a skill; a skill that none carries stays alone."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    names = {skill: skill[1] for skill in vocabulary}
    fitted = TfidfVectorizer().fit([text for of in texts.values() for text in of])
    for subject, skills in vocabulary.as_lists().items():
        carried = [skill for skill in skills if texts.get((subject, skill))]
        n_groups = math.ceil(share * len(carried))
        if n_groups >= len(carried):
            continue
        means = [np.asarray(fitted.transform(texts[subject, skill]).mean(axis=0))[0] for skill in carried]
        clusters = AgglomerativeClustering(n_groups, metric="cosine", linkage="average").fit_predict(means)
        for cluster in set(clusters):
            group = [skill for skill, of in zip(carried, clusters, strict=True) if of == cluster]
            names |= {(subject, skill): JOINT.join(sorted(group)) for skill in group}
    return names


def _copied(workspace: Workspace, dataset: Dataset, name: str, how: str) -> Dataset:
    """The dataset under another name and vocabulary; the folder gets its name when it is whole."""
    copy = workspace.dataset(name)
    if copy.folder.exists():
        return copy
    renamed = _renamed(dataset, how)
    begun = Dataset(copy.folder.with_name(f".{name}.tmp"))
    shutil.rmtree(begun.folder, ignore_errors=True)
    shutil.copytree(dataset.folder, begun.folder)
    entries = [
        _entry(entry, dataset.questions[entry.question_id], renamed) for entry in dataset.skill_map.values()
    ]
    begun.save_skill_map(entries, {"made_by": f"regrouped: {how}"})
    begun.save_vocabulary(
        Vocabulary.of_entries((e.subject, e.skills) for e in entries), True, f"regrouped: {how}"
    )
    begun.save_audit([f"regrouped ({how}) from dataset {dataset.name}, whose audit holds for it"])
    begun.folder.rename(copy.folder)
    return copy


Rename = Callable[[Skill, Question], str]


def _renamed(dataset: Dataset, how: str) -> Rename:
    if how == "finer":
        if all(question.level is None for question in dataset.questions.values()):
            raise StatError(
                f"dataset {dataset.name}: no question has a level, which `finer` splits skills by"
            )
        return lambda skill, question: (
            skill[1] if question.level is None else f"{skill[1]}{LEVEL}{question.level}"
        )
    texts: dict[Skill, list[str]] = defaultdict(list)
    for question in dataset.split("train"):
        entry = dataset.skill_map.get(question.id)
        for skill in entry.skills if entry else []:
            texts[entry.subject if entry else "", skill].append(question.problem)
    names = coarser(dataset.need_skill_map(), texts, {"half": 1 / 2, "quarter": 1 / 4}[how])
    return lambda skill, question: names.get(skill, skill[1])


def _entry(entry: SkillMapEntry, question: Question, name: Rename) -> SkillMapEntry:
    skills = [name((entry.subject, skill), question) for skill in entry.skills]
    return entry.model_copy(update={"skills": list(dict.fromkeys(skills))})
