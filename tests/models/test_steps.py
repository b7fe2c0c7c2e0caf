from stat_engine.models.steps import split_steps


def test_steps_are_cut_where_the_splitter_says_and_empty_ones_left_out() -> None:
    text = " a\nb \n\n\nc\n"
    assert split_steps(text, "newline") == ["a", "b", "c"]
    assert split_steps(text, "blank-line") == ["a\nb", "c"]
    assert split_steps(" \n\n ", "newline") == []
