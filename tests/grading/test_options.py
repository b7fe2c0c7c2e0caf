"""What responses of the grader `choice` say of options: lists, joined letters, "A:" for answer."""

import pytest

from stat_engine.config import GraderConfig
from stat_engine.grading import open_grader

CHOICE = open_grader(GraderConfig(backend="choice"))


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("2 + 2 = 4\nA: B", "B"),
        ("2 + 2 = 4\nA: (B) 4", "B"),
        ("2 + 2 = 4\nA: C. 4", "C"),
        ("2 + 2 = 4\nA: 4", None),
        ("A: B", "B"),
        ("A: right\nB: wrong", "A"),
        ("A: wrong\nB: right", "B"),
        ("2 + 2 = 4\nA: A", "A"),
        ("A: 4", "A"),
        ("Question 1\nA: 3\nB: 4\nC: 5", None),
        ("The three numbers add to 12.\n\nHence (E).\n\nCheck: (A) + (B) = 7", "E"),
        ("Statement I is true, statement II is false. The answer is (B).", "B"),
        ("Triangle ABC has a right angle at B.", None),
        ("Points A and B lie on the circle.", None),
        ("Let A = 5 and B = 6. Then A + B = 11.", None),
        ("A = 5", None),
        ("Person A is correct and person B is not.", None),
        ("I. Introduction\nII. Method", None),
        ("The grade is A.", None),
        ("Given the above, the best answer would be (B) 12.", "B"),
        ("The answer is A) or B)", None),
        ("Answer: A) and C)", None),
        ("Answer: A. and C.", None),
        ("Answer: A) 3 and C) 5", None),
        ("The correct answers are A) and C).", None),
        ("Correct answers: A, C", None),
        ("Answer: all of the above", None),
        ("Answer: I don't know.", None),
        ("Answer: A lot", None),
        ("\\boxed{\\text{A and possibly C}}", None),
        ("\\boxed{A,C,D}", None),
        ("\\boxed{(A),(C)}", None),
        ("\\boxed{(A)\\text{ and }(C)}", None),
        ("\\boxed{A \\text{ or } C}", None),
        ("\\boxed{\\{A, C\\}}", None),
        ("\\boxed{A \\quad C}", None),
        ("\\boxed{A} and \\boxed{C}", None),
        ("\\boxed{C++}", None),
        ("\\boxed{\\text{C\\#}}", None),
        ("\\boxed{\\text{Option A is wrong}}", None),
        ("<answer>A is incorrect</answer>", None),
        ("<answer>I am not sure</answer>", None),
        ("<answer>A or B</answer>", None),
        ("<answer>(A) and (B)</answer>", None),
        ("<answer>(C) (A) and (B)</answer>", "C"),
        ("<answer>C) Both A and B</answer>", "C"),
        ("<answer>The correct option is (D) 5</answer>", "D"),
        ("$\\boxed{A}$ or $\\boxed{C}$", None),
        ("\\boxed{A}. Wait, no. \\boxed{C}", "C"),
    ],
)
def test_of_several_options_one_alone_is_the_answer(response: str, letter: str | None) -> None:
    assert CHOICE.extract(response) == letter
