"""Skills and data in Streamlit's own harness: what is shown equals the engine's, what is told then happens."""

import json
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, views
from stat_engine.config import default_config
from stat_engine.formats import into_dataset
from stat_engine.formats.hub import PRESETS
from stat_engine.orders import HubName
from stat_engine.skill_map import versions
from stat_engine.skill_map.audit import audit
from tests.conftest import copied
from tests.formats.files import listing, write_jsonl
from tests.pages.conftest import Open, metrics, texts

PAGE = "skills_and_data.py"
SLOPES = "Algebra/slopes"


@pytest.fixture
def workspace(mapped_and_split: Workspace, tmp_path: Path) -> Workspace:
    return copied(mapped_and_split, tmp_path)


def pressed(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run(timeout=90)
    assert not app.exception, app.exception
    return app


def named(app: AppTest, name: str) -> AppTest:
    """A new name typed for the chosen skill."""
    (box,) = (box for box in app.text_input if box.label == "New name")
    box.set_value(name)
    return run(app)


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table on the page that has the column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def files_of(workspace: Workspace) -> dict[str, str]:
    return {path: hash for path, hash in listing(workspace.root).items() if not path.startswith("uploads/")}


def test_the_table_of_skills_equals_the_engines(mapped_and_split: Workspace, open_page: Open) -> None:
    app = open_page(mapped_and_split, PAGE)
    expected = views.datasets.skills(mapped_and_split.dataset("numeracy"))
    pd.testing.assert_frame_equal(table(app, "skill"), expected)
    assert metrics(app) == {
        "Questions": "360", "Train": "240", "Validation": "50", "Test": "70", "Skills": "46",
        "With skills": "360",
    }  # fmt: skip


def test_a_skill_in_the_address_shows_its_questions_and_one_of_them(
    mapped_and_split: Workspace, open_page: Open
) -> None:
    dataset = mapped_and_split.dataset("numeracy")
    rows, n = views.datasets.questions(dataset, "Algebra", "slopes", "test")
    id = str(rows.question_id[0])
    app = open_page(mapped_and_split, PAGE, skills_skill=SLOPES, skills_question=id, skills_split="Test")
    assert list(table(app, "problem").question_id) == list(rows.question_id)
    shown = texts(app)
    assert "Questions that carry Slopes" in shown and f"{n} questions" in shown
    assert dataset.questions[id].problem in shown
    assert f"Answer: {dataset.questions[id].answer}" in shown


def test_a_search_leaves_the_skills_that_are_meant(mapped_and_split: Workspace, open_page: Open) -> None:
    app = open_page(mapped_and_split, PAGE, skills_search="equation")
    assert list(table(app, "train").skill) == ["linear equations"]
    assert "1 skills" in texts(app)


def test_a_name_in_the_address_that_is_no_skill_is_passed_over(
    mapped_and_split: Workspace, open_page: Open
) -> None:
    app = open_page(
        mapped_and_split, PAGE, skills_skill="<b>x</b>/../y", skills_question="nobody", skills_part="Skills"
    )
    assert "All questions" in texts(app)
    assert "skills_question" not in app.query_params


def test_a_rename_is_told_first_then_made_and_taken_back(workspace: Workspace, open_page: Open) -> None:
    map_before = dict(workspace.dataset("numeracy").skill_map)
    n = sum("slopes" in entry.skills for entry in map_before.values())
    app = open_page(workspace, PAGE, skills_skill=SLOPES)
    named(app, "gradients")
    before = files_of(workspace)
    pressed(app, "skills_edit_tell")
    assert files_of(workspace) == before
    assert f"**{n}** entries of the Skill-Map change. It becomes version 2 with 46 skills" in texts(app)
    assert len(table(app, "after")) == min(n, 20)
    pressed(app, "skills_edit_do")
    assert "Done, as version 2 of the vocabulary" in app.success[0].value.replace("\\", "")
    dataset = workspace.dataset("numeracy")
    changed = [id for id, entry in dataset.skill_map.items() if entry != map_before[id]]
    assert len(changed) == n and all("gradients" in dataset.skill_map[id].skills for id in changed)
    assert app.query_params["skills_skill"] == "Algebra/gradients"
    assert [row["version"] for row in versions.versions(dataset)] == [1, 2]

    app.segmented_control(key="skills_part").set_value("Versions")
    run(app)
    assert list(table(app, "made_by").version) == [2, 1]
    pressed(app, "skills_restore_tell")
    assert f"**{n}** entries of the Skill-Map change, 0 lose all skills" in texts(app)
    pressed(app, "skills_restore_do")
    assert workspace.dataset("numeracy").skill_map == map_before
    assert list(table(app, "made_by").version) == [3, 2, 1]


def test_a_plan_does_not_outlive_what_it_was_made_for(workspace: Workspace, open_page: Open) -> None:
    app = open_page(workspace, PAGE, skills_skill=SLOPES, skills_act="Move")
    app.selectbox(key="skills_to_subject").set_value("Geometry")
    pressed(run(app), "skills_edit_tell")
    assert "Move of Algebra: slopes to Geometry: slopes." in texts(app)
    app.selectbox(key="skills_to_subject").set_value("Counting")
    run(app)
    assert [button.key for button in app.button if button.key == "skills_edit_do"] == []


def test_an_edit_that_the_engine_refuses_is_a_sentence(workspace: Workspace, open_page: Open) -> None:
    app = open_page(workspace, PAGE, skills_skill=SLOPES)
    pressed(named(app, "addition"), "skills_edit_tell")
    assert "is there already; merge" in app.error[0].value.replace("\\", "")


def test_the_audit_is_shown_with_its_figures(workspace: Workspace, open_page: Open) -> None:
    dataset = workspace.dataset("numeracy")
    assert "Nobody has audited" in texts(open_page(workspace, PAGE, skills_part="Audit"))
    found = audit(dataset)
    dataset.save_audit(found["findings"], found["rows"])
    app = open_page(workspace, PAGE, skills_part="Audit")
    shown = table(app, "hit_rate")
    assert shown[views.datasets.AUDIT_COLUMNS].to_dict("records") == found["rows"]
    for finding in found["findings"]:
        assert finding[1:] in texts(app)


def test_splits_are_told_first_and_drawn_anew(workspace: Workspace, open_page: Open) -> None:
    workspace.new_run("r", default_config("numeracy"))
    app = open_page(workspace, PAGE, skills_part="Splits")
    assert table(app, "n_mapped").n.sum() == 360
    assert "Validation 50" in texts(app).replace("**", "") and "Drawn from test with seed 0" in texts(app)
    app.number_input(key="skills_draw_n_numeracy").set_value(30)
    before = files_of(workspace)
    pressed(run(app), "skills_draw_tell")
    assert files_of(workspace) == before
    assert "**30** validation and **90** test questions" in texts(app)
    assert "brought up to date: r." in app.warning[0].value.replace("\\", "")
    pressed(app, "skills_draw_do")
    assert len(workspace.dataset("numeracy").split("validation")) == 30
    assert metrics(app)["Validation"] == "30"


def importing(workspace: Workspace, open_page: Open, kind: str, path: Path) -> AppTest:
    """The import part with a file named by its path."""
    app = open_page(workspace, PAGE, skills_part="Import")
    app.segmented_control(key="skills_kind_6").set_value(kind)
    app.segmented_control(key="skills_way").set_value("Path on this machine")
    run(app)
    app.text_input(key="skills_path").set_value(str(path))
    return run(app)


def test_a_file_with_bad_rows_shows_them_and_nothing_is_written(
    workspace: Workspace, open_page: Open, tmp_path: Path
) -> None:
    html = "<img src=x onerror=alert(1)>"
    rows = [
        {"id": f"../{html}", "problem": "?", html: "y" * 10**6},
        {"id": "fine", "problem": html + "y" * 10**6},
        {"id": "n", "problem": "?", "split": "dev"},
    ]
    before = files_of(workspace)
    app = importing(workspace, open_page, "questions", write_jsonl(tmp_path / "bad.jsonl", rows))
    shown = texts(app)
    assert "3 rows" in shown and "2 that do not fit" in shown
    assert "line 3, field split: found 'dev', expected one of train, validation, test, or null" in shown
    assert "line 1, field id: found '../<img src=x onerror=alert(1)>', expected an id" in shown
    (first,) = (frame.value for frame in app.dataframe if html in frame.value.columns)
    assert first.problem[1] == f"{html}{'y' * 112}"[:139] + "…"
    assert [button.key for button in app.button if button.key == "skills_import_do"] == []
    assert files_of(workspace) == before


def test_a_good_file_is_mapped_previewed_and_imported(
    workspace: Workspace, open_page: Open, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("uid,question,topic\n" + "".join(f"m{at},What is {at}?,Sums\n" for at in range(12)))
    before = files_of(workspace)
    app = importing(workspace, open_page, "questions", path)
    boxes = {box.label: box.value for box in app.selectbox if "skills_map_" in (box.key or "")}
    assert (boxes["id (required)"], boxes["problem (required)"], boxes["subject"]) == (
        "uid", "question", "topic",
    )  # fmt: skip
    assert "12 rows, all fit" in texts(app).replace("**", "")
    assert "the new dataset mine would come to: 12 questions, 12 new" in texts(app)
    assert files_of(workspace) == before
    pressed(app, "skills_import_do")
    made = workspace.dataset("mine").questions
    assert len(made) == 12 and made["m3"].problem == "What is 3?" and made["m3"].subject == "Sums"
    assert {"Split", "New run"} <= {link.proto.label for link in app.get("page_link")}
    assert "Imported into the new dataset mine: 12 questions, 12 new" in app.success[0].value.replace(
        "\\", ""
    )
    assert app.selectbox(key="skills_dataset").value == "mine"
    assert metrics(app)["In no split"] == "12"


def test_an_uploaded_file_is_kept_only_until_it_is_imported(workspace: Workspace, open_page: Open) -> None:
    app = open_page(workspace, PAGE, skills_part="Import")
    content = json.dumps({"id": "u1", "problem": "1+1?", "split": "test"}).encode()
    app.file_uploader[0].upload("my file.jsonl", content, "application/jsonl")
    run(app)
    kept = [path.name for path in workspace.root.glob("uploads/*/*")]
    assert kept == ["my_file.jsonl"]
    assert "1 rows" in texts(app)
    pressed(app, "skills_import_do")
    assert list(workspace.dataset("my_file").questions) == ["u1"]
    assert list(workspace.root.glob("uploads/*")) == []


def test_responses_go_to_a_run_of_the_dataset(workspace: Workspace, open_page: Open, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "r.jsonl", [{"problem_id": "q002", "response": "4", "correct": True}])
    app = importing(workspace, open_page, "responses", path)
    assert "no run is on this dataset yet" in texts(app)
    pressed(app, "skills_make_run")
    assert workspace.run_names() == ["numeracy-imported"]
    pressed(app, "skills_import_do")
    run_folder = workspace.run_folder("numeracy-imported")
    assert [row.question_id for row in run_folder.responses.read()] == ["q002"]
    assert run_folder.config.student.backend == "imported"


def test_rewards_that_are_logits_are_read_as_such(
    workspace: Workspace, open_page: Open, tmp_path: Path
) -> None:
    workspace.new("r", default_config("numeracy"))
    answer = write_jsonl(tmp_path / "r.jsonl", [{"problem_id": "q002", "response": "4", "steps": ["4"]}])
    workspace.imports().responses("r", answer)
    path = write_jsonl(tmp_path / "s.jsonl", [{"problem_id": "q002", "step_rewards": [2.5]}])
    app = importing(workspace, open_page, "step-rewards", path)
    assert "expected a number in" in texts(app)
    app.segmented_control(key="skills_scale_step-rewards").set_value("logit")
    pressed(run(app), "skills_import_do")
    (reward,) = workspace.run_folder("r").step_rewards.read()
    assert reward.step_rewards == [pytest.approx(0.9241418199787566)]


def test_a_path_that_is_no_file_is_a_sentence(workspace: Workspace, open_page: Open, tmp_path: Path) -> None:
    app = importing(workspace, open_page, "questions", tmp_path)
    assert "found a folder, expected a file" in app.error[0].value.replace("\\", "")


def test_an_empty_workspace_begins_with_an_import(tmp_path: Path, open_page: Open) -> None:
    app = open_page(Workspace(tmp_path / "empty"), PAGE)
    assert "There is no dataset here yet" in app.info[0].value
    assert len(app.file_uploader) == 1


def test_the_page_of_questions_stands_in_the_address_and_ends_with_their_choice(
    open_page: Open, workspace: Workspace
) -> None:
    dataset = workspace.dataset("numeracy")
    app = open_page(workspace, PAGE, skills_page="2")
    second, _ = views.datasets.questions(dataset, None, None, None, "", 1, 50)
    first, _ = views.datasets.questions(dataset, None, None, "train", "", 0, 50)
    assert table(app, "problem").question_id.tolist() == second.question_id.tolist()
    app.selectbox(key="skills_split").select("train")
    assert table(run(app), "problem").question_id.tolist() == first.question_id.tolist()


def test_a_dataset_without_a_map_has_its_next_step(open_page: Open, tmp_path: Path) -> None:
    write_jsonl(tmp_path / "q.jsonl", [{"id": "a", "problem": "1+1?", "answer": "2", "split": "train"}])
    workspace = Workspace(tmp_path / "w")
    into_dataset.import_questions(workspace, "bare", tmp_path / "q.jsonl")
    app = pressed(open_page(workspace, PAGE, skills_dataset="bare"), "skills_to_import")
    assert app.query_params["skills_part"] == "Import"
    assert [one.value for one in app.get("button_group") if one.label == "What the file holds"] == [
        "skill-map"
    ]


def test_a_public_dataset_is_imported_from_a_file_with_the_hubs_rows(
    workspace: Workspace, open_page: Open, tmp_path: Path
) -> None:
    row = {"question": "A thousand and 250?", "answer": "It is 1250.\n#### 1,250"}
    path = write_jsonl(tmp_path / "gsm8k.jsonl", [row])
    app = open_page(workspace, PAGE, skills_part="Import")
    app.segmented_control(key="skills_kind_6").set_value("hub")
    app = run(app)
    app.selectbox(key="skills_hub_name").set_value("gsm8k")
    app.segmented_control(key="skills_hub_from").set_value("File with the hub's rows")
    app.selectbox(key="skills_hub_split").set_value("test")
    app = run(app)
    app.segmented_control(key="skills_way").set_value("Path on this machine")
    app = run(app)
    app.text_input(key="skills_path").set_value(str(path))
    pressed(run(app), "skills_public_do")
    (question,) = workspace.dataset("gsm8k").questions.values()
    assert (question.split, question.answer) == ("test", "1250")
    assert {"Split", "New run"} <= {link.proto.label for link in app.get("page_link")}


def test_the_public_datasets_of_the_page_are_those_that_the_engine_knows() -> None:
    assert set(get_args(HubName)) == set(PRESETS)


def test_samples_of_lm_eval_become_a_run(workspace: Workspace, open_page: Open, tmp_path: Path) -> None:
    sample = {
        "doc_id": 0, "doc": {"question": "0+1?", "answer": "#### 1"}, "target": "#### 1",
        "arguments": {"gen_args_0": {"arg_0": "Question: 0+1?\nAnswer:", "arg_1": {}}},
        "resps": [["The answer is 1."]], "filtered_resps": ["1"], "filter": "strict-match",
        "metrics": ["exact_match"], "doc_hash": "ab" * 32, "prompt_hash": "cd" * 32, "target_hash": "ef" * 32,
        "exact_match": 1.0,
    }  # fmt: skip
    path = write_jsonl(tmp_path / "samples.jsonl", [sample])
    app = importing(workspace, open_page, "lm-eval", path)
    app.text_input(key="skills_lm_eval_into").set_value("theirs")
    app.text_input(key="skills_lm_eval_model").set_value("m")
    pressed(run(app), "skills_public_do")
    assert workspace.run_names() == ["theirs-lm-eval"]
    (response,) = workspace.run_folder("theirs-lm-eval").responses.read()
    assert (response.model, response.is_correct) == ("m", True)
