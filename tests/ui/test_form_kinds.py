"""The widget of a setting in the form of a run."""

import pytest

from stat_engine.ui.run_stages.form import kind_of


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("training_set.equal", "yaml"),  # a name or a number
        ("training_set.reference_draw", "choice"),
        ("difficulty.aggregate", "choice"),
        ("student.framing", "text"),
        ("student.vllm", "yaml"),
        ("student.gguf_file", "text"),
    ],
)
def test_each_setting_gets_the_widget_that_holds_all_its_values(setting: str, kind: str) -> None:
    assert kind_of(setting) == kind
