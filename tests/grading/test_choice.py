"""The grader `choice`: which letter a response settles on, and where it settles on none."""

import pytest

from stat_engine.config import GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading import Graded, Grader, open_grader
from tests.factories import a_question

CHOICE = open_grader(GraderConfig(backend="choice"))


def graded(grader: Grader, response: str, reference: str | None) -> Graded:
    (grade,) = grader.grade([(response, a_question(answer=reference))])
    return grade


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(C)", "C"),
        ("B.", "B"),
        ("**D**", "D"),
        ("so \\boxed{B}, not (A)", "B"),
        ("\\boxed{\\textbf{(B) }}", "B"),
        ("\\boxed{B) 12}", "B"),
        ("It is \\boxed{12}, option D", "D"),
        ("Answer: B", "B"),
        ("The answer is C because option A is wrong and (B) too.", "C"),
        ("The answer is B. Wait, the answer is actually wrong.\nThe correct option is: (D)", "D"),
        ("the correct choice would be E", "E"),
        ("Answer: I think it is hard.\nAnswer: B", "B"),
        ("the answer is b", "B"),
        ("the answer is a dog", None),
        ("(A) no\n(B) no\nso\nC) it is", "C"),
        ("A dog has four legs", None),
        ("A's dog", None),
        ("", None),
    ],
)
def test_choice_finds_the_letter_settled_on(response: str, letter: str | None) -> None:
    assert CHOICE.extract(response) == letter


def test_choice_compares_letters_and_needs_one_for_reference() -> None:
    assert graded(CHOICE, "Answer: B", "(b)") == Graded("B", True)
    assert graded(CHOICE, "Answer: B", "B. Paris") == Graded("B", True)
    assert graded(CHOICE, "no idea", "B") == Graded(None, False)
    assert graded(CHOICE, "B", None) == Graded("B", None)
    with pytest.raises(StatError) as caught:
        graded(CHOICE, "B", "Paris")
    assert str(caught.value) == (
        "question 'q1': found reference answer 'Paris', expected one letter, as grader choice compares them"
    )


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("The answer is C; a common wrong answer is A.", "C"),
        ("Answer: B\n\nOption A: too small\nOption C: too large", "B"),
        ("Option B is correct.\n\nOption A is wrong because it is odd.\nOption C is wrong too.", "B"),
        ("**(C)** because (A) and (B) are both even.", "C"),
        ("C\n\n(A) gives 3\n(B) gives 4\n(C) gives 5", "C"),
        ("(A) is false.\n(B) is false.\n(C) is true.\n(D) is false.", "C"),
        ("A: wrong\nB: wrong\nC: correct\nD: wrong", "C"),
        ("The options are (A) red, (B) blue, (C) green.\nThe sky is blue, so the answer is (B).", "B"),
        ("We can rule out A, B and D, leaving C.", "C"),
        ("I eliminated (A) and (D). Between (B) and (C), I'd go with (C).", "C"),
        ("Réponse finale : C", "C"),
        ("La bonne réponse est la C.", "C"),
        ("La réponse est D", "D"),
        ("Die richtige Antwort ist C.", "C"),
        ("Die Antwort lautet C", "C"),
        ("Respuesta: D", "D"),
        ("Risposta: A", "A"),
        ("Resposta correta: E", "E"),
        ("Правильный ответ: D", "D"),
        ("Ответ — C", "C"),
        ("答案为D。", "D"),
        ("答案应选C", "C"),
        ("因此选择 D。", "D"),
        ("选项A错误，选项B错误，选项C正确。", "C"),
        ("答えはCです。", "C"),
        ("정답은 C입니다.", "C"),
        ("정답: D", "D"),
        ("Answer: E (both A and C)", "E"),
        ("Answer: (E) All of the above", "E"),
        ("Answer: E, all of A, B, C and D", "E"),
        ("Answer: D — both A and B are true", "D"),
        ("The answer is (C) None of A, B", "C"),
        ("The answer is not B but D.", "D"),
        ("The answer is not (A). It is (B).", "B"),
        ("The answer is B, not C.", "B"),
        ("The answer is A. Wait, that is wrong. The answer is C.", "C"),
        ("I thought the answer is A at first. After checking, the answer is D.", "D"),
        ("The answer is B. Some students think the answer is C.", "B"),
        ("The answer is B. You might think that the answer is D, but it is not.", "B"),
        ("If the answer were C we would have x = 1, so the answer is B.", "B"),
        ("Answer: (b)", "B"),
        ("answer: c) 17", "C"),
        ("answer: d. 17 meters", "D"),
        ("the answer is (c) because 2+2=4", "C"),
        ("The correct option: C", "C"),
        ("Option C", "C"),
        ("Choice (D)", "D"),
        ("The answer is A because 2+2=4.", "A"),
        ("The answer is A since option B fails.", "A"),
        ("Answer: I", "I"),
        ("The answer is **B**.", "B"),
        ("**Answer: B** (12 cm)", "B"),
        ("*Answer:* B", "B"),
        ("- Answer: B", "B"),
        ("> **B**", "B"),
        ("1. (A) is too big\n2. (B) is too small\n3. (C) is just right", "C"),
        ("\\boxed{\\text{C) 12}}", "C"),
        ("\\boxed{C}\\ \\text{since } A>B", "C"),
        ("$\\boxed{\\mathbf{(E)}\\ 45}$", "E"),
        ("\\boxed{\\text{The answer is } C}", "C"),
        ("\\boxed{\\textbf{(A)}\\ \\text{Both B and C}}", "A"),
        ("The final answer is (A), since B, C, and D are all larger.", "A"),
        ("Hence (C) is the answer.", "C"),
        ("Thus C is correct.", "C"),
        ("Hence C must be the correct answer.", "C"),
        ("So the best choice is option (D) 14.", "D"),
        ("B\n\nExplanation: A would give 12, C would give 14.", "B"),
        ("B) 12\n\nExplanation: A) would give 11.", "B"),
        ("B. Because (A) is too small.", "B"),
        ("Letter: C", "C"),
        ("Our answer will be D", "D"),
        ("The answer should therefore be E.", "E"),
        ("The answer: A) 5, B) would be 6.", "A"),
        ("Answer: D. None of these", "D"),
        ("Answer: C. Not enough information", "C"),
        ("Answer: (D) cannot be determined", "D"),
        ("Answer: B. False", "B"),
        ("(B) No solution", "B"),
        ("Answer: (C) is wrong is not an option, so C", "C"),
        ("ANSWER IS D", "D"),
        ("ANSWER: d", "D"),
        ("Answer:C", "C"),
        ("#### C", "C"),
        ("Final answer - C", "C"),
        ("So, C", "C"),
        ("So it's D.", "D"),
        ("It must be (B).", "B"),
        ("Therefore: (A)", "A"),
        ("Therefore the answer is A", "A"),
        ("Answer: Ａ", "A"),
        ("Answer: Ⓒ", "C"),
        ("Answer: 𝐁", "B"),
        ("Answer: ⒟? no; Answer: C", "C"),
        ("(A) ✗\n(B) ✓\n(C) ✗", "B"),
        ("The answer is either A or B. Since A is odd, the answer is B.", "B"),
        ("Everything except (B) fails, so the answer is (B).", "B"),
        ("Choose C.", "C"),
        ("Select option D", "D"),
        ("We choose (E).", "E"),
        ("The answer is **not A**, it is **C**.", "C"),
        ("The answer choice that matches is C.", "C"),
        ("Correct Answer: B. Paris\n\nA. London is in England.\nC. Rome is in Italy.", "B"),
        ("B. No", "B"),
        ("D) Cannot be determined", "D"),
        ("The answer that works is (E).", "E"),
        ("Out of the options, (B) is the only one that is even.", "B"),
        ("Options:\nA) 1\nB) 2\nC) 3\n\nSolution: 1+1 = 2\n\nB", "B"),
        ("A) 1\nB) 2\nC) 3\n\n1+1 = 2, so B)", "B"),
        ("Let's test each. Option A: 3 + 4 = 8, wrong. Option B: 3 + 4 = 7, correct. Option C: wrong.", "B"),
        ("The answer is (C) 5, because (A) 3 + (B) 4 would be 7.", "C"),
        ("Because B is larger than A, we pick B.", "B"),
        ("The final answer is:\n\n**C**", "C"),
        ("Final Answer\n\n(C) 17", "C"),
        ("Therefore, the correct option is (C).\n\nNote: option (D) is a distractor.", "C"),
        (
            "Answer: C\n\nExplanation:\n- A is wrong because it is too small.\n- B is wrong.\n- D: too large",
            "C",
        ),
        ("D\n\nRationale: Option C: no.", "D"),
        ("My answer: **E**. I first considered answer choice B.", "E"),
        ("\\boxed{\\text{(C) A and B only}}", "C"),
        ("The answer is 12 cm (option B).", "B"),
        ("The answer is 12, which is option B.", "B"),
        ("The answer is 12. This corresponds to choice (D).", "D"),
        ("Answer: 12 cm, i.e. B", "B"),
        ("B, not A", "B"),
        ("B (not A)", "B"),
    ],
)
def test_an_announced_or_leading_letter_wins_over_letters_in_the_explanation(
    response: str, letter: str
) -> None:
    assert CHOICE.extract(response) == letter


@pytest.mark.parametrize(
    "response",
    [
        "\\boxed{B/C}",
        "The wrong answer is A.",
        "The options are (A) red, (B) blue, (C) green, (D) yellow.",
        "Between B and C it is hard to say.",
        "选项A错误",
        "Answer: C# ",
        "Answer: C. S. Lewis",
        "Answer: A.M.",
        "Answer: U.S.",
        "Answer: B-52",
        "Answer: A = 5",
        "Answer: C/C++",
        "Answer: D'Artagnan",
        "Answer: E.coli",
        "Answer: B and C",
        "Answer: (B), (C)",
        "Answer: B, C, and E",
        "Answer: A or D",
        "Answer: B; C",
        "\\boxed{A, C}",
        "\\boxed{\\text{B and D}}",
        "<answer>A, B</answer>",
        "The correct options are A and B.",
        "Both (A) and (C) are correct.",
        "The answer is not (A).",
        "The answer is A. Wait, that is wrong.",
        "Some students think the answer is C.",
        "Is the answer B?",
        "The answer is B? No.",
        "the answer is a matter of taste",
        "the answer is i think 5",
        "I think so.",
        "\\boxed{B \\cap C}",
        "\\boxed{C = 5}",
        "\\boxed{D'}",
        "Thus C is not correct.",
        "None of the options fits.",
        "Answer: (A) 12 and (C) 14",
        "Answer: A and possibly B",
        "Let A be a set.",
        "(A) or (B)?",
        "Eliminate A and B.",
        "Not C.",
        "C is wrong",
        "(C) ✗",
        "Answer: A\nWait, that's incorrect.",
        "The answer isn't clear: A, B or C.",
        "Answer: None of A, B",
        "I cannot choose C.",
        "Everything except (B) works.",
        "People choose C.",
        "(A) does not work.",
        "The answer that most students give is C.",
        "The correct answer is not listed.",
        "\\boxed{\\text{Neither A nor B}}",
        "\\boxed{\\text{A, B, C}}",
        "\\boxed{\\text{A and B only}}",
        "A and C",
        "A, B",
        "(A) and (C)",
        "A & B",
        "A/B",
        "Vitamin C is the answer.",
        "The answer is 12.",
        "I can't pick A.",
    ],
)
def test_sets_lists_rejected_letters_and_words_are_no_letter(response: str) -> None:
    assert CHOICE.extract(response) is None


@pytest.mark.parametrize(
    ("reference", "letter"),
    [("(D) Both (A) and (B)", "D"), ("C. Paris", "C"), ("\\boxed{\\textbf{(E) } 4}", "E"), ("Ⓑ", "B")],
)
def test_the_letter_of_a_reference_is_the_leading_one(reference: str, letter: str) -> None:
    assert graded(CHOICE, f"Answer: {letter}", reference) == Graded(letter, True)
