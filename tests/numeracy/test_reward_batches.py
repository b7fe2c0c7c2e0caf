"""What the reward model is asked at which token."""

from stat_engine.numeracy.checker import read_problem
from stat_engine.numeracy.pretrain import build_tokenizer
from stat_engine.numeracy.reward_examples import UNKNOWN, StepExample, label_steps, reward_batches

PROBLEM = read_problem("What is 2+3*4?")
GOLD = "2+3*4=2+12\n2+12=14\nAnswer: 14"


def asked(example: StepExample) -> tuple[str, list[int], list[tuple[str, int]]]:
    """The text, the truth at the newlines, and the last two tokens before them that are asked about."""
    tokenizer = build_tokenizer()
    batch = next(reward_batches(tokenizer, [example], 1, seed=0))
    words = [tokenizer.decode([token]) for token in batch.tokens[0].tolist()]
    right = [
        (word, truth)
        for word, truth in zip(words, batch.is_right_token[0].tolist(), strict=True)
        if truth != UNKNOWN
    ]
    newlines = [truth for truth in batch.is_correct[0].tolist() if truth != UNKNOWN]
    return "".join(words), newlines, right[-2:]


def test_a_gold_solution_is_right_everywhere() -> None:
    text, newlines, right = asked(label_steps(PROBLEM, GOLD, GOLD))
    assert text == f"<bos>{PROBLEM.problem}<sep>{GOLD}\n"
    assert (newlines, right) == ([1, 1, 1], [("1", 1), ("4", 1)])


def test_a_changed_digit_is_wrong_where_it_stands_and_nothing_is_asked_after_it() -> None:
    changed = GOLD.replace("2+12=14", "2+12=15")
    assert asked(label_steps(PROBLEM, changed, GOLD))[1:] == ([1, 0, 0], [("1", 1), ("5", 0)])


def test_of_a_sample_only_its_correct_steps_are_known_token_by_token() -> None:
    sample = label_steps(PROBLEM, GOLD.replace("2+12=14", "2+12=15"))
    assert asked(sample)[1:] == ([1, 0, 0], [("1", 1), ("2", 1)])
    assert asked(label_steps(PROBLEM, "5*4=21"))[1:] == ([0], [])
