from pathlib import Path

from stat_engine.review import Decision, decide
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import labels
from tests.factories import a_label
from tests.reviewing import labels_of, run_to_review


def test_what_is_kept_follows_the_files(tmp_path: Path) -> None:
    run = run_to_review(tmp_path, labels_of(2))
    assert labels.label_events(run) == ()
    assert [label.skills for label in labels.labels_in_force(run)] == [["area"], ["area"]]
    first = decide(run, Decision("r00", "discard"), "ada")
    assert labels.label_events(run) == (first,)
    assert [label.skills for label in labels.labels_in_force(run)] == [[], ["area"]]
    run.missing_skills().write("g", [a_label("r00", "q00", "powers")], run.stage_settings("missing_skills"))
    assert [label.skills for label in labels.own_labels(run)] == [["powers"]]
    assert labels.labels_in_force(run) == run.labels()


def test_a_folder_of_the_same_name_elsewhere_is_another_run(tmp_path: Path) -> None:
    for name, skill in (("one", "area"), ("two", "powers")):
        (tmp_path / name).mkdir()
        run_to_review(tmp_path / name, labels_of(1, skill))
    runs = [WorkspaceFolder(tmp_path / name / "workspace").run_folder("small") for name in ("one", "two")]
    assert [labels.own_labels(run)[0].skills for run in runs] == [["area"], ["powers"]]


def test_teachers_are_held_against_each_other_while_both_are_up_to_date(tmp_path: Path) -> None:
    run = run_to_review(tmp_path, labels_of(2), [a_label("r01", "q01", "powers")])
    assert labels.disputed_by_teachers(run) == {"r01"}
    second = run.config.second_teachers[0].model_copy(update={"noise": 0.5})
    run.save_config(run.config.model_copy(update={"second_teachers": [second]}))
    assert labels.second_labels(run) == {}
    assert labels.disputed_by_teachers(run) == frozenset()
