"""The verb `verify`: one changed byte is found, and what was made from the table is named."""

from stat_engine import Workspace
from tests.cli.conftest import Verb
from tests.store.test_verify import flipped, responses


def test_verify_finds_one_changed_byte_and_names_what_was_made_from_it(stat: Verb, copy: Workspace) -> None:
    path = responses(copy)
    flipped(path)
    assert copy.run("small").folder.responses.files() == [path]
    said = stat("verify", "small", "--json", workspace=copy.root).json
    (bad,) = (row for row in said["tables"] if row["problem"])
    assert not said["is_sound"] and bad["table"] == "responses"
    assert bad["problem"].startswith(f"{path}: found other bytes of the same length")
    assert bad["made_from_it"] == [
        "step_rewards", "missing_skills", "training_sets", "sft", "evaluation"
    ]  # fmt: skip
    lines = stat("verify", workspace=copy.root).out.splitlines()
    assert lines[-1].endswith("tables and adapters read, 1 not as their manifests say")
