from stat_engine.method.training_sets.neighbours import NearTo, runs, share, words


def test_words_are_lower_case_words_commands_numbers_and_signs() -> None:
    assert words(r"Find $\frac{3.5}{x}$, Tom!") == [
        "find", "$", r"\frac", "{", "3.5", "}", "{", "x", "}", "$", ",", "tom", "!",
    ]  # fmt: skip
    assert runs("one two") == ["one two"]
    assert runs("one two three four") == ["one two three", "two three four"]


def test_share_is_of_common_runs_over_all() -> None:
    assert share("a b c d", "a b c d") == 1.0
    assert share("a b c d", "a b c e") == 1 / 3
    assert share("a b c", "x y z") == 0.0


def test_the_nearest_of_many_is_found_also_across_blocks() -> None:
    held = [f"question number {at} of many" for at in range(600)]
    shares, positions = NearTo(held).nearest([held[577], "question number 3 of all", "nothing alike here"])
    assert (shares[0], positions[0]) == (1.0, 577)
    assert (shares[1], positions[1]) == (2 / 4, 3)
    assert shares[2] == 0.0


def test_nothing_to_be_near_to_is_share_zero() -> None:
    assert NearTo([]).nearest(["a"])[0].tolist() == [0.0]


def test_questions_in_other_scripts_are_told_apart() -> None:
    assert share("Сколько яблок у Маши?", "Какова скорость поезда?") < 0.2
    assert share("小明有幾個蘋果", "火車的速度是多少") < 0.2
    assert share("小明有幾個蘋果", "小明有幾個橘子") > 0.2
    assert share("", "!") == 0.0
