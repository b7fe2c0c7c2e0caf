from stat_engine.skills import Vocabulary, normalise


def test_spellings_of_a_skill_are_the_same() -> None:
    spellings = ["factoring_skills", "Factoring Skills", " factoring  skill", "FACTORING"]
    assert {normalise(name) for name in spellings} == {"factoring"}


def test_a_skill_is_found_under_any_spelling_in_its_own_subject_only() -> None:
    vocabulary = Vocabulary({"algebra": ["factoring_skills"], "geometry": ["area"]}, {"gcf": "factoring"})
    assert vocabulary.find("algebra", "Factoring") == "factoring_skills"
    assert vocabulary.find("algebra", "GCF") == "factoring_skills"
    assert vocabulary.find("geometry", "Factoring") is None
    assert vocabulary.find("knitting", "area") is None


def test_the_nearest_name_helps_with_a_typo() -> None:
    vocabulary = Vocabulary({"": ["ratio_proportion", "percentage"]})
    assert vocabulary.nearest("", "ratio proportions") == "ratio_proportion"
    assert vocabulary.nearest("", "zzz") is None


def test_one_name_in_two_subjects_is_two_skills() -> None:
    vocabulary = Vocabulary.of_entries([("a", ["x", "y"]), ("b", ["x"]), ("a", ["X"])])
    assert (list(vocabulary), len(vocabulary)) == ([("a", "x"), ("a", "y"), ("b", "x")], 3)
    assert vocabulary.as_lists() == {"a": ["x", "y"], "b": ["x"]}
