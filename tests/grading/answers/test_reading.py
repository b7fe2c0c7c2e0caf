"""Where a text's final answer is: tags, boxes, ####, announcements, the last value; and references."""

import time

import pytest

from stat_engine.grading.answers import extract, reference


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("<answer>5</answer> and \\boxed{6}", "5"),
        ("\\boxed{5}\n#### 6", "5"),
        ("The answer is 5.\n#### 6", "6"),
        ("#### 6\nStep 2 of 3.", "6"),
        ("A: 7 pens\n8 left", "7 pens"),
        ("<think>\\boxed{7}</think>The answer is $x+1$.", "x+1"),
        ("<think>\\boxed{7}</think>\n\nI hope this helps.", "7"),
        ("Maybe \\boxed{8}.\n</think>\n\nThe answer is 9.", "9"),
        ("The roots are \\boxed{2} and \\boxed{3}.", "2, 3"),
        ("First \\boxed{2}. Then \\boxed{3}.", "3"),
        ("It is \\boxed {7}.", "7"),
        ("It is $\\boxed\\frac{1}{3}$.", "\\frac{1}{3}"),
        ("It is \\fbox{1}, in \\boxed.", "1"),
        ("It is \\boxed{5}. Write it in \\boxed{}.", "5"),
        ("**Answer:**\n\n12", "12"),
        ("Final Answer:\n```\n12\n```", "12"),
        ("The answer is:\n\\[\n\\frac{1}{2}\n\\]", "\\frac{1}{2}"),
        ("The answer is 18, because 20 - 2 = 18.", "18"),
        ("Final Answer: The final answer is $2\\sqrt{3}$. I hope it is correct.", "2\\sqrt{3}"),
        ("The answer is: Verna received $7.00 in change.", "7.00"),
        ("#### Step 1: add\n3+4\n#### Step 2: done\nSo we get 7.", "7"),
        ("Step 1: so ки\nStep 2: The answer is: \\frac{3}{4} ки", "\\frac{3}{4}"),
        ("Therefore $x=\\frac{3}{4}$.", "x=\\frac{3}{4}"),
        ("His profit is $200,000 - $130,000 = $70,000.", "70,000"),
        ("It comes to 3 x 10^4", "3 x 10^4"),
        ("The area is 5π.", "5π"),
        ("It would be sqrt(3).", "sqrt(3)"),
        ("The change is −5", "−5"),
        ("20 -5", "20 -5"),
        ("He needs 3 1/2 cups", "3 1/2"),
        ("x^2 + 1", "x^2 + 1"),
        ("no number", None),
    ],
)
def test_a_response_s_answer_is_found(response: str, answer: str | None) -> None:
    assert extract(response) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("72", "72"),
        ("He has 3 * 4 = <<3*4=12>>12.\n#### 1,600", "1600"),
        ("So $\\fbox{1}$.", "1"),
        ("So $\\boxed 2$ in all 7 cases.", "2"),
        ("$\\frac12$", "\\frac12"),
        ("\\(x+1\\).", "x+1"),
        ("The answer is B.", "B"),
        ("(1,200)", "(1,200)"),
        ("9 (apples)", "9 (apples)"),
        ("\\text{Paris}", "\\text{Paris}"),
        ("  ", None),
        (None, None),
    ],
)
def test_a_reference_is_read_as_a_response_is(text: str | None, answer: str | None) -> None:
    assert reference(text) == answer
    assert reference(answer) == answer


@pytest.mark.parametrize(
    "text",
    ["not 5 ", "5 is ", "5 but and that this ", "is not" + " " * 99, "not $(", "$5 ", "the sum of ", "one hundred and ",
     "\n<think>", "\\boxed{5}\nQuestion: ", "\\boxed{", "<|eot_id|>", "all real numbers except "],
)  # fmt: skip
def test_the_time_to_read_a_text_grows_with_its_length_alone(text: str) -> None:
    begun = time.process_time()
    extract(text * 8_000 + "5")
    assert time.process_time() - begun < 5
