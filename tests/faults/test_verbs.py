"""Every verb of the command line has a trial, or a reason why it has none."""

from tests.faults import bad, verbs


def test_every_verb_of_the_command_line_is_in_a_table() -> None:
    there = set(verbs.of_the_command_line())
    tried = {*verbs.WRITES, *verbs.READS}
    assert there - tried - verbs.LEFT_OUT.keys() == set(), "verbs without a trial"
    assert (tried | verbs.LEFT_OUT.keys()) - there == set(), "trials of verbs that are no more"


def test_a_verb_left_out_has_a_reason_and_no_trial() -> None:
    assert not verbs.LEFT_OUT.keys() & {*verbs.WRITES, *verbs.READS}
    assert all(len(reason) > 20 for reason in verbs.LEFT_OUT.values())


def test_arguments_are_split_as_a_shell_does_and_filled_in() -> None:
    given = verbs.arguments("jobs launcher made 'srun {command}' {label}", {"label": "a b"})
    assert given == ["jobs", "launcher", "made", "srun {command}", "a b"]


def test_bad_inputs_are_many_and_differ() -> None:
    inputs = [tuple(one) for one in bad.inputs()]
    assert len(set(inputs)) == len(inputs) >= 500
