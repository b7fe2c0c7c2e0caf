"""Hostile text in questions, responses, labels, sets and names is shown as text, on every page."""

from pathlib import Path

import pytest

from stat_engine.store.run_folder import RunFolder
from tests.factories import a_label, a_response, an_example
from tests.pages.browsing import CHROMIUM, browser_page, is_local, served, settled
from tests.pages.pictures import TITLES
from tests.reviewing import labels_of, run_to_review

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
HOSTILE = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'> **b** [l](javascript:alert(1)) :red[x]"
BROKEN = "so \\(\\frac{1}{\\) and $\\undefined{x$ and \\[\\begin{array} 1 & 2 \\] end"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Labels, a training set, a base and an arm, all of whose texts are hostile."""
    label = a_label("r00", "q00", "area", HOSTILE, reason=f"{HOSTILE} {BROKEN}", evidence_quote=HOSTILE)
    steps = [f"before {HOSTILE} after", BROKEN, "x" * 1_000_000]
    made = run_to_review(tmp_path, [label, *labels_of(2)[1:]], problem=f"{HOSTILE} {BROKEN}", steps=steps)
    example = an_example(
        "q00", problem=HOSTILE, solution=f"{HOSTILE}\n{BROKEN}", skills=["area", HOSTILE], method="stat-sel",
        difficult_question_id="q00", missing_skill="area",
    )  # fmt: skip
    made.training_set("stat-sel").write("f", [example], {"method": "stat-sel"}, [HOSTILE])
    for arm, is_correct in (("base", False), ("stat-sel", True)):
        answers = [
            a_response(
                f"{arm}-{id}", id, response=HOSTILE, steps=[HOSTILE], model=HOSTILE, is_correct=is_correct
            )
            for id in ("q00", "q01")
        ]
        made.evaluation(arm, 0, made.config.evaluation.split).write("f", answers, {"arm": arm})
    return made


def test_no_page_takes_text_for_markup_or_code(run: RunFolder) -> None:
    complaints: list[str] = []
    with served(run.folder.parent.parent) as address, browser_page() as page:
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: None if is_local(asked.url) else complaints.append(asked.url))
        for name, title in TITLES.items():
            page.goto(f"{address}/{'' if name == 'overview' else name}?run=small&question=q00")
            settled(page, title)
            assert page.get_by_test_id("stException").count() == 0, name
            found = "[window.hacked, document.querySelectorAll('img[src=x], a[href^=javascript]').length]"
            assert page.evaluate(found) == [None, 0], name
            assert len(page.content()) < 2_000_000, name
            if name in ("difficult_questions", "skill_labels"):
                assert page.get_by_text("<script>window.hacked=1</script>").count() >= 2, name
        assert [
            said for said in complaints if "404" not in said
        ] == []  # a deep link's probing of its own path
