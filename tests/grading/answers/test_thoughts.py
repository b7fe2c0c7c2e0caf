"""What of a model's text may hold its answer."""

import pytest

from stat_engine.grading.answers import finished_part, without_thought


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer is 4.", "The answer is 4."),
        ("<think>2+2</think>\n4", "4"),
        ("2+2</think>4", "4"),
        ("<think>a</think>b</think>c", "c"),
        ("<think>it never ends, 4", ""),
        ("<think>2+2</think>", ""),
        ("[THINK]2+2[/THINK]4", "4"),
        ("Use the <think> tag.", "Use the <think> tag."),
    ],
)
def test_thoughts_are_taken_out(text: str, expected: str) -> None:
    assert without_thought(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So 3 * 4 = 12, and then 12 + 1", ""),
        ("The answer is 42", ""),
        ("The answer is 42.\nNext question", "The answer is 42."),
        ("It is \\boxed{\\frac{1}{2}}. Check: 1", "It is \\boxed{\\frac{1}{2}}"),
        ("It is \\boxed{1", ""),
        ("<answer>7</answer> and so", "<answer>7</answer>"),
        ("#### 12\n\nQ:", "#### 12"),
        ("```\nprint(1)\n```\nThis program", "```\nprint(1)\n```"),
    ],
)
def test_of_a_cut_text_only_a_marked_answer_that_is_complete_counts(text: str, expected: str) -> None:
    assert finished_part(text) == expected


def test_a_thought_in_brackets_that_never_ends_holds_no_answer() -> None:
    assert without_thought("[THINK]it never ends, 4") == ""
