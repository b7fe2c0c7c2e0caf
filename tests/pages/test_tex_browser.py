"""TeX as the browser draws it: no raw command is left outside code in the shared texts, by KaTeX itself."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stat_engine.views.text import answer, as_markdown
from tests.pages.browsing import CHROMIUM, browser_page, served, settled
from tests.pages.tex_census import raw_commands
from tests.reviewing import labels_of, run_to_review
from tests.views.tex_texts import TEXTS

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
SEEN = """() => {
    const copy = document.querySelector('[data-testid=stMain]').cloneNode(true);
    const errors = copy.querySelectorAll('.katex-error').length;
    for (const one of copy.querySelectorAll('.katex, pre, code, script, style')) one.remove();
    return [errors, copy.textContent.match(/\\\\([a-zA-Z]+|[$%()\\[\\]])/g)];
}"""


def _texts(shared_data: Path) -> Iterator[tuple[str, str]]:
    """(the id with the field, Markdown) of every shared text that has formulas."""
    with gzip.open(shared_data / "math" / "problems.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            for field in ("problem", "solution"):
                yield f"{row['id']} {field}", as_markdown(row[field])
            yield f"{row['id']} answer", answer(row["answer"] or "")
    with gzip.open(shared_data / "math" / "responses.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            yield f"{row['problem_id']} response", as_markdown(row["response"])


def test_no_shared_text_shows_a_raw_command(shared_data: Path, tmp_path: Path) -> None:
    ids, shown = zip(*_texts(shared_data), strict=True)
    assert len(ids) > 37_500
    with served(tmp_path) as address, browser_page() as page:
        raw = raw_commands(page, address, shown)
    found = {ids[at]: what for at, what in raw.items()}
    # responses that break off or ramble have delimiters without a partner: text, no commands
    stray = {id for id, what in found.items() if id.endswith("response") and what in ("\\]", '\\"')}
    assert {id: what for id, what in found.items() if id not in stray} == {}
    assert len(stray) <= 3


def test_the_census_finds_raw_commands(tmp_path: Path) -> None:
    shown = [
        "fine $x$",
        "\\\\frac in prose",
        "$\\undefined$",
        "$\\frac{1}{$",
        "` \\code `",
        "```text\n\\code\n```",
    ]
    with served(tmp_path) as address, browser_page() as page:
        assert sorted(raw_commands(page, address, shown)) == [1, 2, 3]


def test_a_page_draws_formulas_as_formulas_and_folds_drawings(tmp_path: Path) -> None:
    """In a question, its solution, its answer and a response, with display formulas on their own lines."""
    everything = "\n\n".join(text for text, _ in TEXTS)
    made = run_to_review(tmp_path, labels_of(3), problem=everything, steps=[text for text, _ in TEXTS])
    with served(made.folder.parent.parent) as address, browser_page() as page:
        page.goto(f"{address}/difficult_questions?run=small&question=q00")
        settled(page, "Difficult questions")
        assert page.evaluate(SEEN) == [0, None]
        assert page.locator(".katex-display").count() >= 16
        folded = page.get_by_text("Asymptote drawing (source)")
        source = page.get_by_test_id("stExpander").filter(has=folded).get_by_text('label("$A$");').first
        assert folded.count() == 1 and not source.is_visible()
        folded.click()
        source.wait_for()
