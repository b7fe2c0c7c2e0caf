from stat_engine.numeracy.skills import SKILLS, WORDINGS, skill_meant


def test_every_skill_has_wordings_its_own_name_first() -> None:
    assert set(WORDINGS) == {skill for skills in SKILLS.values() for skill in skills}
    assert all(of[0] == skill and len(of) >= 3 for skill, of in WORDINGS.items())


def test_a_wording_means_one_skill_only() -> None:
    assert {w: skill_meant(w) for of in WORDINGS.values() for w in of} == {
        w: skill for skill, of in WORDINGS.items() for w in of
    }
    assert skill_meant("knitting") is None
