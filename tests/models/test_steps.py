from stat_engine.models.steps import split_steps


def test_steps_are_cut_where_the_splitter_says_and_empty_ones_left_out() -> None:
    text = " a\nb \n\n\nc\n"
    assert split_steps(text, "newline") == ["a", "b", "c"]
    assert split_steps(text, "blank-line") == ["a\nb", "c"]
    assert split_steps(" \n\n ", "newline") == []


def test_numbered_steps_are_cut_before_each_number_and_not_at_decimals() -> None:
    text = "Let us see.\n1. First, 2.5 apples\nthat is\n2) then\n## Step 3: so\n**Step 4:** done 1.5"
    assert split_steps(text, "numbered") == [
        "Let us see.", "1. First, 2.5 apples\nthat is", "2) then", "## Step 3: so", "**Step 4:** done 1.5",
    ]  # fmt: skip
    assert split_steps("3.5 is a number\n1:30 is a time", "numbered") == ["3.5 is a number\n1:30 is a time"]


def test_math_shepherd_steps_end_in_their_mark() -> None:
    assert split_steps("Step 1: a ки\nStep 2: b ки", "ki") == ["Step 1: a", "Step 2: b"]


def test_blank_lines_may_hold_spaces() -> None:
    assert split_steps("a\n \t\nb", "blank-line") == ["a", "b"]
