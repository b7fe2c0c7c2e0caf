"""Training sets as people left them, figure 2, allocation, leakage, lineage: against the records themselves."""

from collections import Counter
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import StatError
from stat_engine.method.training_sets.neighbours import share
from stat_engine.records import TeacherCall
from stat_engine.review.examples import change_examples, copy_set
from stat_engine.store.allocations import read_allocation, save_allocation
from stat_engine.store.example_log import Change
from stat_engine.store.files import read_lines
from stat_engine.store.run_folder import RunFolder
from tests.conftest import worked_workspace
from tests.reviewing import append


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small run with its sets and nothing trained; each test changes a copy of its own."""
    workspace = worked_workspace(tmp_path_factory.mktemp("sets"), "profile", n_validation=120)
    workspace.run("small").run(last="training_sets")
    return workspace


@pytest.fixture
def run(built: Workspace) -> RunFolder:
    return built.run_folder("small")


def copied(run: RunFolder, name: str) -> str:
    copy_set(run, "stat-syn", name)
    return name


def calls_of(run: RunFolder) -> dict[str, TeacherCall]:
    rows = [row for path in run.teacher_calls_folder.glob("*.jsonl") for row in read_lines(path)[0]]
    return {row["key"]: TeacherCall.model_validate(row) for row in rows}


def test_the_plan_counts_the_labels_and_its_pairs_add_up(run: RunFolder) -> None:
    plan = views.training_sets.plan(run, "proportional", 37)
    counts = Counter((label.subject, skill) for label in run.labels() for skill in set(label.skills))
    missing = plan[plan.n_missing > 0]
    by_skill = dict(zip(zip(missing.subject, missing.skill, strict=True), missing.n_missing, strict=True))
    questions = {(of.question_id, of.subject, skill) for of in run.labels() for skill in of.skills}
    assert by_skill == Counter((subject, skill) for _, subject, skill in questions)
    assert set(by_skill) == set(counts)
    assert plan.pairs.sum() == 37 and plan.share.sum() == pytest.approx(1)
    train = {question.id for question in run.dataset.split("train") if question.solution}
    first = missing.iloc[0]
    carriers = [
        id
        for id, e in run.dataset.skill_map.items()
        if e.subject == first.subject and first.skill in e.skills
    ]
    assert first.n_pool == len(train & set(carriers))


@pytest.mark.parametrize("method", ["stat-sel", "stat-syn"])
def test_an_edited_allocation_builds_a_set_with_exactly_these_numbers(built: Workspace, method: str) -> None:
    run = built.run("small")
    plan = views.training_sets.plan(run.folder, None, 30)
    top = plan.iloc[:3]
    unmissed = plan[(plan.n_missing == 0) & (plan.n_pool > 20)].iloc[0]
    wanted = {(row.subject, row.skill): n for row, n in zip(top.itertuples(), (11, 3, 0), strict=True)}
    wanted[unmissed.subject, unmissed.skill] = 4
    numbers: dict[str, dict[str, int]] = {}
    for (subject, skill), n in wanted.items():
        numbers.setdefault(subject, {})[skill] = n
    kept = read_allocation(run.folder, Path(save_allocation(run.folder, "own", numbers)))
    run.build(method, f"own-{method}", pairs_by_skill=kept)
    examples = run.folder.examples(f"own-{method}")
    got = Counter((example.subject, example.missing_skill) for example in examples)
    assert got == {skill: n for skill, n in wanted.items() if n}
    assert len({example.example_id for example in examples}) == 18
    frozen = run.folder.training_set(f"own-{method}").need("").settings["training_set"]
    assert (frozen["pairs_by_skill"], frozen["pairs"]) == (numbers, 18)
    with pytest.raises(StatError, match="method random aims at no skill"):
        run.build("random", "none", pairs_by_skill=kept)
    with pytest.raises(StatError, match="no pool question carries 'Algebra/flying'"):
        run.build(method, "none", pairs_by_skill={"Algebra": {"flying": 3}})


def test_settings_without_a_persons_numbers_decide_as_before(run: RunFolder) -> None:
    assert "pairs_by_skill" not in run.config.training_set.decides()
    assert "pairs_by_skill" not in run.training_set("stat-sel").need("").settings["asked"]


def test_figure_two_holds_the_profile_against_the_sets(run: RunFolder) -> None:
    found = views.training_sets.against_profile(run, top=3)
    top = views.profile.profile(run).head(3)
    assert sorted(found["profile"].n_missing) == sorted(top.n_missing)
    n_difficult = len({label.question_id for label in run.labels()})
    assert found["n_difficult"] == n_difficult
    assert list(found["profile"].share) == [n / n_difficult for n in found["profile"].n_missing]
    row = found["sets"][found["sets"].set == "stat-sel"].iloc[0]
    examples = run.examples("stat-sel")
    carried = sum(row.skill in example.skills and example.subject == row.subject for example in examples)
    assert (row.n, row.n_pairs, row.share) == (carried, len(examples), carried / len(examples))


def test_a_dropped_example_leaves_the_set_and_comes_back(run: RunFolder) -> None:
    name = copied(run, "dropping")
    before, digest = run.examples(name), run.examples_digest(name)
    id = before[0].example_id
    (event,) = change_examples(run, name, [Change(id, "drop")], "ada")
    assert run.examples(name) == [example for example in before if example.example_id != id]
    assert run.examples_digest(name) != digest
    assert views.training_sets.summary(run, name)["n_pairs"] == len(before) - 1 == run.n_examples(name)
    listed = views.training_sets.listed(run).set_index("set")
    assert (listed.n_dropped[name], listed.n_pairs[name]) == (1, len(before) - 1)
    assert views.examples.one(run, name, id)["state"] == "dropped"
    with pytest.raises(StatError, match="dropped by ada .* which you had not seen"):
        change_examples(run, name, [Change(id, "undo")], "grace")
    change_examples(run, name, [Change(id, "undo", seen=event.event_id)], "ada")
    assert (run.examples(name), run.examples_digest(name)) == (before, digest)
    assert [event.action for event in run.example_log(name).events()] == ["drop", "undo"]


def test_an_edited_example_keeps_its_lineage_and_what_was_built(run: RunFolder) -> None:
    name = copied(run, "editing")
    old = run.examples(name)[1]
    change_examples(run, name, [Change(old.example_id, "edit", problem="New?", solution="New.")], "ada")
    new = run.examples(name)[1]
    assert new == old.model_copy(update={"problem": "New?", "solution": "New."})
    found = views.examples.page(run, name, state="edited")
    assert (found["n"], list(found["rows"].problem)) == (1, ["New?"])
    assert views.lineage.lineage(run, name, old.example_id)["example"]["built"] == {
        "problem": old.problem,
        "solution": old.solution,
    }
    copy_set(run, name, "editing-2")
    assert run.examples("editing-2") == run.examples(name)


def test_a_set_that_was_trained_on_stays_as_it_is(finished: Workspace) -> None:
    run = finished.run_folder("small")
    id = run.examples("stat-sel")[0].example_id
    with pytest.raises(StatError, match="set stat-sel stays as it is: stat-sel was trained on it"):
        change_examples(run, "stat-sel", [Change(id, "drop")], "ada")


def test_unknown_examples_and_blank_edits_are_refused(run: RunFolder) -> None:
    with pytest.raises(StatError, match="set stat-syn has no example 'nobody'"):
        change_examples(run, "stat-syn", [Change("nobody", "drop")], "ada")
    id = run.examples("stat-syn")[0].example_id
    with pytest.raises(StatError, match="an edit needs a question and a solution"):
        change_examples(run, "stat-syn", [Change(id, "edit", problem="x", solution=" ")], "ada")
    with pytest.raises(StatError, match="there is no change to take back"):
        change_examples(run, "stat-syn", [Change(id, "undo")], "ada")


def test_a_lineage_equals_the_records(run: RunFolder) -> None:
    example = next(one for one in run.examples("stat-syn") if one.difficult_question_id)
    found = views.lineage.lineage(run, "stat-syn", example.example_id)
    assert {key: found["example"][key] for key in type(example).model_fields} == example.model_dump()
    calls = calls_of(run)
    made, behind = found["made"], found["difficult"]
    assert made["proposal"]["raw"] == calls[example.teacher_calls[0]].answer
    assert made["proposal"]["question"] == example.problem
    assert [one.id for one in made["references"]] == example.reference_ids
    assert made["source"] is None
    solved = {one["key"]: one for one in made["solutions"]}
    assert len(solved) == 3 and example.teacher_calls[1] in solved
    own = solved[example.teacher_calls[1]]
    assert own["is_taken"] and own["text"] == example.solution == calls[own["key"]].answer
    assert behind["question"].id == example.difficult_question_id
    rewards = {row.response_id: row.step_rewards for row in run.step_rewards.read()}
    labels = {label.response_id: label for label in run.own_labels()}
    responses = [row for row in run.responses.read() if row.question_id == example.difficult_question_id]
    assert {one["response_id"]: one["step_rewards"] for one in behind["responses"]} == {
        row.response_id: rewards[row.response_id] for row in responses
    }
    first = behind["responses"][0]
    label = labels[first["response_id"]]
    assert first["names_it"] and first["label"] == label and first["raw"] == calls[label.call].answer
    assert example.missing_skill in label.skills and first["events"] == []


def test_a_decision_after_the_build_is_told_from_one_before(run: RunFolder) -> None:
    example = run.examples("stat-sel")[0]
    behind = views.lineage.lineage(run, "stat-sel", example.example_id)["difficult"]
    response = behind["responses"][0]["response_id"]
    event = append(run.label_log, response, "accept", "ada")
    again = views.lineage.lineage(run, "stat-sel", example.example_id)["difficult"]
    (seen,) = again["responses"][0]["events"]
    assert (seen["event_id"], seen["is_later"]) == (event.event_id, True)


def test_pages_of_rows_are_the_whole_set_once(run: RunFolder) -> None:
    pages = [views.examples.page(run, "stat-sel", at=at, size=7) for at in range(6)]
    ids = [id for page in pages for id in page["rows"].example_id]
    assert ids == [example.example_id for example in run.examples("stat-sel")]
    before, after = views.examples.position(run, "stat-sel", ids[1])
    assert (before, after) == (ids[0], ids[2])
    subject, skill = run.examples("stat-sel")[0].subject, run.examples("stat-sel")[0].missing_skill
    found = views.examples.page(run, "stat-sel", skill=(subject, str(skill)))
    assert found["n"] == sum(
        one.subject == subject and (one.missing_skill == skill or skill in one.skills)
        for one in run.examples("stat-sel")
    )


def test_what_was_drawn_adds_up_to_the_set(run: RunFolder) -> None:
    draws = views.examples.draws(run, "stat-syn")
    assert draws.n_pairs.sum() == len(run.examples("stat-syn"))
    row = draws.iloc[0]
    pairs = views.examples.drawn_for(run, "stat-syn", row.difficult_question_id, row.missing_skill)
    assert len(pairs) == row.n_pairs


def test_the_leakage_report_is_the_highest_share_of_any_two_questions(run: RunFolder) -> None:
    found = views.training_sets.leakage(run, "stat-syn", top=3)
    asked = {q.id: q.problem for split in ("validation", "test") for q in run.dataset.split(split)}
    problems = {example.problem for example in run.examples("stat-syn")}
    highest = max(share(problem, other) for problem in problems for other in asked.values())
    assert found["highest"] == pytest.approx(highest)
    assert (found["n_questions"], found["n_evaluation"]) == (len(problems), len(asked))
    assert sum(found["histogram"]) == len(problems) and (found["n_near"], found["n_equal"]) == (0, 0)
    nearest = found["nearest"][0]
    assert share(nearest["problem"], asked[nearest["near_id"]]) == pytest.approx(nearest["share"])
    name = copied(run, "leaking")
    some = next(iter(asked.values()))
    change_examples(
        run, name, [Change(run.examples(name)[0].example_id, "edit", problem=some, solution="1")], "ada"
    )
    assert views.training_sets.leakage(run, name)["n_equal"] == 1  # what people wrote passes no gate


def test_dropped_questions_come_by_gate(run: RunFolder) -> None:
    every = views.training_sets.dropped(run, "stat-syn")
    found = views.examples.dropped_page(run, "stat-syn")
    assert found["gates"] == dict(Counter(every.gate)) and found["n"] == len(every) > 0
    row = every.iloc[0]
    written = views.lineage.dropped(run, row.problem, tuple(row.teacher_calls))
    assert written["proposal"]["question"] == row.problem


def test_allocation_files_say_what_they_do_not_fit(run: RunFolder, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    for text, says in (("[]", "found \\[\\]"), ('{"A": {"x": -1}}', "A/x: found -1"), ("{", "no JSON")):
        bad.write_text(text)
        with pytest.raises(StatError, match=says):
            read_allocation(run, bad)
    with pytest.raises(StatError, match="no such file"):
        read_allocation(run, tmp_path / "none.json")


def test_a_search_finds_the_words_that_people_left(run: RunFolder) -> None:
    name = copied(run, "worded")
    first = run.examples(name)[0]
    change_examples(
        run, name, [Change(first.example_id, "edit", problem="A Zebra has 4 legs?", solution="4")], "ada"
    )
    found = views.examples.page(run, name, text="zebra has")
    assert found["rows"].example_id.tolist() == [first.example_id] and found["n"] == 1
    gone = views.examples.page(run, name, text=first.problem)["rows"]
    assert first.example_id not in gone.example_id.tolist()
    assert (
        first.example_id in views.examples.page(run, name, text=first.question_id)["rows"].example_id.tolist()
    )
