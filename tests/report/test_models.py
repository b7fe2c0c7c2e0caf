"""An arm that is exported answers as it did in its run, and its card tells where it comes from."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from stat_engine import Run, Workspace, views
from stat_engine.config import StudentConfig
from stat_engine.errors import Damaged, StatError
from stat_engine.models.base import Sampling
from stat_engine.models.open import open_student
from stat_engine.report.models import facts
from stat_engine.store.files import read_json, sha256, write_json
from tests.cli.conftest import Verb
from tests.cli.conftest import stat as stat
from tests.conftest import copied


@pytest.fixture
def run(finished: Workspace) -> Run:
    return finished.run("small")


def answers(config: StudentConfig, problems: list[str]) -> list[str]:
    return [row[0].text for row in open_student(config).respond(problems, Sampling(0, 1, 96), 0)]


@pytest.mark.parametrize("merge", [False, True])
def test_what_is_written_answers_as_the_arm_did(run: Run, tmp_path: Path, merge: bool) -> None:
    found = run.export_model("stat-sel", tmp_path / "out", merge=merge)
    assert (found["arm"], found["seed"], found["is_merged"]) == ("stat-sel", 0, merge)
    out, student = tmp_path / "out", run.config.student
    assert not [path for path in out.iterdir() if path.suffix in (".bin", ".pt", ".tmp")]
    changes = {"model": str(out)} if merge else {"adapter": str(out)}
    kept = list(run.folder.evaluation("stat-sel", 0, "test").read())[:20]
    problems = [run.folder.dataset.questions[row.question_id].problem for row in kept]
    config = student.model_copy(update={**changes, "max_tokens": 96})
    assert answers(config, problems) == [row.response for row in kept]
    assert (out / "tokenizer.json").exists() and (out / "model.safetensors").exists() == merge


def test_an_adapter_is_the_trained_file_and_names_its_base(run: Run, tmp_path: Path) -> None:
    run.export_model("stat-sel", tmp_path / "out")
    card = read_json(run.folder.arm_folder("stat-sel", 0) / "manifest.json")
    assert sha256(tmp_path / "out" / "adapter_model.safetensors") == card["weights"]
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == run.config.student.model


@pytest.mark.parametrize("data", [b"\xdf{}", b"{", b"[]", b""])
def test_a_damaged_adapter_is_named_and_nothing_is_written(
    finished: Workspace, tmp_path: Path, data: bytes
) -> None:
    run = copied(finished, tmp_path).run("small")
    config = run.folder.arm_folder("stat-sel", 0) / "adapter" / "adapter_config.json"
    config.write_bytes(data)
    with pytest.raises(Damaged, match=rf"^{config}: found .*; restore it from a copy$"):
        run.export_model("stat-sel", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_card_tells_the_lineage_with_intervals(run: Run, tmp_path: Path) -> None:
    run.export_model("stat-sel", tmp_path / "out")
    text = (tmp_path / "out" / "README.md").read_text()
    header = yaml.safe_load(text.split("---\n")[1])
    assert (header["base_model"], header["library_name"]) == (run.config.student.model, "peft")
    known = facts(run.folder, "stat-sel", 0)
    manifest = run.folder.training_set("stat-sel").need("")
    frozen = manifest.settings["profile"][:10]
    assert [[row["subject"], row["skill"], row["n_missing"]] for row in known["skills"]] == frozen
    assert all(f"| {subject} | {skill} | {n} |" in text for subject, skill, n in frozen)
    told = {row["what"]: row for row in known["evaluations"]}
    compared = views.compare.compare(run.folder)
    arm = next(row for row in compared["arms"] if row["arm"] == "stat-sel")
    for row, expected in ((told["this model, seed 0"], arm), (told["the student itself"], compared["base"])):
        for key in ("accuracy", "ci_low", "ci_high"):
            assert row[key] == expected[key]
        assert f"{row['accuracy']:.1%} [{row['ci_low']:.1%}, {row['ci_high']:.1%}]" in text
    for words in (
        "`small`",
        "`numeracy`",
        "teacher checker",
        "method `stat-sel`",
        "40, of",
        "| rank | `16` |",
    ):
        assert words in text, words


def test_an_earlier_export_is_replaced_and_anything_else_is_left(run: Run, tmp_path: Path) -> None:
    run.export_model("stat-sel", tmp_path / "out", merge=True)
    run.export_model("random", tmp_path / "out")
    assert not (tmp_path / "out" / "model.safetensors").exists()
    assert "arm random" in (tmp_path / "out" / "README.md").read_text()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("my notes")
    with pytest.raises(StatError, match="mine: found something else there, expected no such folder"):
        run.export_model("random", tmp_path / "mine")
    assert (tmp_path / "mine" / "README.md").read_text() == "my notes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]


def test_an_arm_of_another_base_is_refused(
    finished: Workspace, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    card = run.folder.folder / "run.json"
    changed = read_json(card)
    changed["config"]["student"]["model"] = str(tiny_checkpoint)
    write_json(card, changed)
    other = Workspace(tmp_path / "w").run("small")
    for act in (lambda: other.export_model("random", tmp_path / "out"), lambda: other.evaluate("random")):
        with pytest.raises(StatError, match=r"is an adapter of another base than student .* --arm NAME$"):
            act()
    assert not (tmp_path / "out").exists()


def test_a_student_with_an_adapter_is_only_exported_whole(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    manifest = run.folder.arm_folder("random", 0) / "manifest.json"
    card = read_json(manifest)
    del card["base_identity"]  # as arms were before it was kept
    write_json(manifest, card)
    adapter = str(run.folder.arm_folder("stat-sel", 0) / "adapter")
    run.folder.save_config(
        run.config.model_copy(update={"student": run.config.student.model_copy(update={"adapter": adapter})})
    )
    run = Workspace(tmp_path / "w").run("small")
    with pytest.raises(StatError, match="the arm's adapter alone fits neither; add --merge"):
        run.export_model("random", tmp_path / "out")
    assert "model.safetensors" in run.export_model("random", tmp_path / "out", merge=True)["files"]


def test_the_verb_says_what_it_wrote_and_what_it_cannot(
    stat: Verb, finished: Workspace, tmp_path: Path
) -> None:
    said = stat(
        "export-model",
        "small",
        "--arm",
        "random",
        "--to",
        tmp_path / "out",
        "--json",
        workspace=finished.root,
    )
    assert said.json["files"] == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {"README.md", "adapter_config.json", "adapter_model.safetensors"} < set(said.json["files"])
    for arm, sentence in (
        ("base", "arm base is the student itself"),
        ("best", "has no arm best with seed 0"),
    ):
        refused = stat(
            "export-model", "small", "--arm", arm, "--to", tmp_path / "no", workspace=finished.root
        )
        assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
        assert sentence in refused.err
