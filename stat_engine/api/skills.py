"""A dataset's skills: make the Skill-Map, check it, and change its vocabulary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from stat_engine import config as configuration
from stat_engine.errors import StatError
from stat_engine.formats.skill_maps import read_vocabulary
from stat_engine.method.context import Silent
from stat_engine.models.paid_calls.account import Report
from stat_engine.models.paid_calls.teacher import ask_through_store
from stat_engine.skill_map import discovery, editing, propagation, skill_map, versions
from stat_engine.skill_map.audit import audit
from stat_engine.skill_map.editing import Edit
from stat_engine.skill_map.skill_map import Adviser, Choice
from stat_engine.skills import Vocabulary
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import write_json
from stat_engine.store.outputs import output_place
from stat_engine.store.workspace import WorkspaceFolder

Done = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Which teacher is asked about which questions of a dataset."""

    settings: Sequence[str] = ()
    """`key=value` settings, as in teacher.model=NAME."""
    config: Path | None = None
    """A YAML file with settings; None: none."""
    split: str = "train"
    """train, validation, test or all."""
    per_subject: int | None = None
    """Questions a subject, drawn at random; None: all."""
    seed: int = 0


class Skills:
    """The Skill-Map and the vocabulary of one dataset. Every change is a new version of the vocabulary; with
    `is_dry` it is only described."""

    def __init__(self, workspace: WorkspaceFolder, dataset: Dataset, report: Report | None = None) -> None:
        self._workspace = workspace
        self._dataset = dataset
        self._report = report

    def label(self, asked: Asked, is_check: bool = False) -> Done:
        """Have a teacher name the skills of questions; a check compares with the map and saves nothing."""
        adviser, choice = self._adviser(asked), _choice(asked)
        return skill_map.label_skill_map(self._dataset, adviser, choice, is_check)

    def discover(
        self,
        asked: Asked,
        clusters: str = "teacher",
        distance: float = 0.7,
        relabel: str = "all",
        drops: bool = False,
        out: Path | None = None,
    ) -> Done:
        """Find a vocabulary: the teacher names skills freely, the names are clustered by the teacher or by
        spelling, and questions are relabelled; with `out` the vocabulary is only written there."""
        if not 0 < distance <= 1:
            raise StatError(f"--distance {distance}: expected a cosine distance above 0 and up to 1")
        part, clustering = skill_map.Part, discovery.Clustering
        how, where = _one_of("--clusters", clusters, clustering), _one_of("--relabel", relabel, part)
        method = discovery.Method(how, distance, where, drops)
        adviser, choice = self._adviser(asked), _choice(asked)
        return discovery.discover(self._dataset, adviser, choice, method, out)

    def propagate(self, asked: Asked, threshold: float = 0.8, doubtful: str = "review") -> Done:
        """Have a teacher label a sample and a classifier the rest; labels below the threshold, a probability,
        go to the teacher or to the review list."""
        if not 0 <= threshold <= 1:
            raise StatError(f"--threshold {threshold}: expected a probability from 0 to 1")
        doubt = propagation.Doubt(threshold, _one_of("--doubtful", doubtful, propagation.Destination))
        adviser, choice = self._adviser(asked), _choice(asked)
        return propagation.propagate(self._dataset, adviser, choice, doubt)

    def _adviser(self, asked: Asked) -> Adviser:
        """The teacher; the embedded one for numeracy where none is named."""
        dataset, report = self._dataset.name, self._report or Silent()
        tree = configuration.override(configuration.read_tree(asked.config), list(asked.settings))
        if dataset != "numeracy" and "teacher" not in tree:
            raise StatError(
                f"dataset {dataset}: no teacher to ask; name one, as in teacher.backend=openai "
                "teacher.model=NAME, or give --config FILE"
            )
        chosen = configuration.validate(tree | {"dataset": dataset}, str(asked.config or "settings"))
        ask = ask_through_store(self._workspace, chosen.teacher, chosen, None, report)
        return skill_map.Adviser(ask, chosen.teacher.endpoint(), report)

    def audit(self, seed: int = 0) -> Done:
        """Whether a classifier fitted on one split finds the other split's labels; the dataset keeps it."""
        found = audit(self._dataset, seed)
        self._dataset.save_audit(found["findings"], found["rows"])
        return found

    def export(self, out: Path, version: int | None = None) -> Done:
        """Write the vocabulary, of a version or the one in force, as a JSON file to edit."""
        kept = self._dataset.vocabularies
        vocabulary = kept.need(version).vocabulary if version else self._dataset.need_skill_map()
        write_json(output_place(out), vocabulary.as_lists())
        return {"dataset": self._dataset.name, "file": str(out), "n_skills": len(vocabulary)}

    def import_file(
        self,
        file: Path,
        renames: Mapping[str, str] | None = None,
        drops: bool = False,
        note: str = "",
        is_dry: bool = False,
    ) -> Done:
        """Put an edited vocabulary in force, and carry the Skill-Map over to it; {old name: new name}.

        Raises StatError for skills that the map uses and the vocabulary lacks, unless `drops` is set."""
        vocabulary, made_by = read_vocabulary(file), f"import of {file.name}"
        change = versions.change_vocabulary
        return change(self._dataset, vocabulary, renames or {}, drops, made_by, note, is_dry)

    def versions(self) -> list[dict[str, Any]]:
        """One row a version of the vocabulary, with what it added and removed."""
        return versions.versions(self._dataset)

    def restore(
        self,
        version: int,
        renames: Mapping[str, str] | None = None,
        drops: bool = False,
        with_map: bool = False,
        is_dry: bool = False,
    ) -> Done:
        """Restore an earlier version, as a new one; `with_map`: with its Skill-Map."""
        restore = versions.restore_vocabulary
        return restore(self._dataset, version, renames or {}, drops, with_map, is_dry)

    def rename(
        self, skill: str, to: str, subject: str | None = None, note: str = "", is_dry: bool = False
    ) -> Done:
        """Give a skill another name, in the vocabulary and in the Skill-Map."""
        vocabulary, of = self._meant(skill, subject)
        return self._edit(editing.rename(vocabulary, of, skill, to), note, is_dry)

    def merge(
        self,
        skills: Sequence[str],
        into: str,
        subject: str | None = None,
        note: str = "",
        is_dry: bool = False,
    ) -> Done:
        """Make several skills of a subject one."""
        vocabulary, of = self._meant(skills[0], subject)
        return self._edit(editing.merge(vocabulary, of, skills, into), note, is_dry)

    def split(
        self,
        skill: str,
        to: str,
        questions: Sequence[str] = (),
        matching: str = "",
        subject: str | None = None,
        note: str = "",
        is_dry: bool = False,
    ) -> Done:
        """Give some of a skill's questions another skill: those named, and those whose text matches."""
        vocabulary, of = self._meant(skill, subject)
        if not questions and not matching.strip():
            raise StatError("which questions change? name them with --question ID, or --matching TEXT")
        _, own = editing.need_skill(vocabulary, of, skill)
        carrying = editing.carrying
        found = carrying(self._dataset, of, own, matching) if matching.strip() else []
        meant = [*questions, *found]
        return self._edit(editing.split(vocabulary, of, skill, to, meant, matching), note, is_dry)

    def move(
        self, skill: str, to_subject: str, subject: str | None = None, note: str = "", is_dry: bool = False
    ) -> Done:
        """Move a skill to another subject's list."""
        vocabulary, of = self._meant(skill, subject)
        return self._edit(editing.move(vocabulary, of, skill, to_subject), note, is_dry)

    def _meant(self, skill: str, subject: str | None) -> tuple[Vocabulary, str]:
        """The vocabulary, and the subject that is meant: the only one with a skill of this name."""
        vocabulary = self._dataset.need_skill_map()
        if subject is not None:
            return vocabulary, subject
        having = [of for of in vocabulary.as_lists() if vocabulary.find(of, skill)]
        if len(having) > 1:
            raise StatError(f"skill {skill} stands in {', '.join(having)}; say which with --subject")
        return vocabulary, having[0] if having else next(iter(vocabulary.as_lists()), "")

    def _edit(self, edit: Edit, note: str, is_dry: bool) -> Done:
        return editing.edit_vocabulary(self._workspace, self._dataset, edit, note, is_dry)


def _choice(asked: Asked) -> Choice:
    if asked.per_subject is not None and asked.per_subject < 1:
        raise StatError(f"--per-subject {asked.per_subject}: expected at least 1")
    part = _one_of("--split", asked.split, skill_map.Part)
    return skill_map.Choice(part, asked.per_subject, asked.seed)


def _one_of(option: str, value: str, kind: Any) -> Any:
    if value not in get_args(kind):
        raise StatError(f"{option} {value}: expected one of {', '.join(get_args(kind))}")
    return value
