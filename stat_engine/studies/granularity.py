"""Coarser and finer vocabularies: a copy of the dataset whose Skill-Map uses fewer or more names.

Coarser: within each subject, the skills whose pool questions read most alike become one, named by all of
them ("area or perimeter"). Finer: a skill becomes one for each level of question ("area, level 2"). A
teacher labels from the new list; nothing else of the dataset changes."""

import math
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from stat_engine.api import Run, Workspace
from stat_engine.errors import StatError
from stat_engine.records import Question, SkillMapEntry
from stat_engine.skills import Skill, Vocabulary
from stat_engine.store.dataset import Dataset
from stat_engine.studies.work import forked

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
