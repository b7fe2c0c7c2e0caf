"""One example: figure 5, its lineage, its label, and the edits that people may make.

Figure 5 shows the difficult question, the student's response with its failing step, and the resulting
question."""

from collections.abc import Sequence

import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.records import Question
from stat_engine.review import Change, change_examples, copy_set, trained_on
from stat_engine.ui.shared import data, reviewer, words
from stat_engine.ui.shared.address import link, remember
from stat_engine.ui.shared.words import sentence
from stat_engine.ui.training_sets.overview import EXAMPLES, go_to
from stat_engine.views.examples import Example, OneExample
from stat_engine.views.lineage import Behind, Lineage, Solution, Written
from stat_engine.views.places import Run
from stat_engine.views.text import answer, as_markdown, highlighted, plain, reason_words

SHOWN = 6
"""Questions that the third column shows at most."""
SAID = "sets_said"


def side_by_side(run: Run, behind: Behind | None, pairs: Sequence[Example], name: str) -> None:
    """Three columns; without a difficult question only the pairs."""
    if behind is None:
        st.caption("Drawn without a difficult question.")
        made_of(pairs, name)
        return
    grid = st.grid(3, min_column_width=290)
    with grid.cell():
        _difficult(run, behind)
    with grid.cell():
        _response(run, behind)
    with grid.cell():
        made_of(pairs, name)


def made_of(pairs: Sequence[Example], name: str) -> None:
    """The questions for it, each with its solutions."""
    by_question: dict[str, list[Example]] = {}
    for pair in pairs:
        by_question.setdefault(pair["question_id"], []).append(pair)
    is_new = bool(pairs) and bool(pairs[0]["reference_ids"])
    st.markdown(f"**{'Written' if is_new else 'Selected'} for it**")
    for id, own in list(by_question.items())[:SHOWN]:
        with st.container(border=True):
            st.caption(as_markdown(id))
            words.written(own[0]["problem"])
            for pair in own:
                with st.expander(f"Solution {pair['answer_index'] + 1}, {pair['state']}"):
                    words.written(pair["solution"])
                    st.button(
                        "Open this pair", key=f"sets_open_{pair['example_id']}", on_click=go_to,
                        args=(EXAMPLES, name, None, pair["example_id"]),
                    )  # fmt: skip
    if len(by_question) > SHOWN:
        st.caption(f"and {len(by_question) - SHOWN:,} more questions")


def _difficult(run: Run, behind: Behind) -> None:
    asked = behind["question"]
    st.markdown("**Difficult question**")
    with st.container(border=True):
        if asked is None:
            st.caption("The dataset no longer has this question.")
            return
        level = f" · level {asked.level}" if asked.level is not None else ""
        st.caption(as_markdown(f"{asked.id} · {plain(asked.subject or '')}{level}"))
        words.written(asked.problem)
        words.solution(asked.solution)
        if behind["skill"]:
            st.markdown(f"Missing skill: :red-badge[{as_markdown(plain(behind['skill']))}]")
        link("difficult_questions", "All of its responses", run=run.name, question=asked.id)


def _response(run: Run, behind: Behind) -> None:
    st.markdown("**The student's response**")
    responses = behind["responses"]
    if not responses:
        st.caption("The run has no response to it any more.")
        return
    response = responses[0]
    with st.container(border=True):
        st.caption(as_markdown(f"{response['model']}, sample {response['sample']}"))
        label = response["label"]
        evidence = label.evidence_step if label else None
        failing = response["failing_step"] if evidence is None else evidence
        for at, step in enumerate(response["steps"]):
            is_failing = at == failing
            shown = highlighted(step, step) if is_failing else as_markdown(step)
            marks = [":red-badge[first failing step]"] if is_failing else []
            st.markdown(words.step_line(at, shown, response["step_rewards"], run.config.difficulty, marks))
        if label and label.reason:
            st.caption(f"Teacher: {reason_words(label.reason)}")
        link("skill_labels", "Its label", run=run.name, item=response["response_id"])
    if len(responses) > 1:
        st.caption(f"1 of {len(responses):,} responses; first those whose label names the skill")


def example(run: Run, name: str, lineage: Lineage) -> None:
    """The open example."""
    own = lineage["example"]
    _head(run, name, own)
    if message := st.session_state.pop(SAID, None):
        st.error(as_markdown(message))
    side_by_side(run, lineage["difficult"], [own], name)
    grid = st.grid(2, min_column_width=420)
    with grid.cell():
        made(lineage["made"], lineage["made"]["source"], lineage["made"]["references"])
    with grid.cell():
        if lineage["difficult"]:
            _label(run, lineage["difficult"])
        _changes(run, name, own)


def _head(run: Run, name: str, own: OneExample) -> None:
    before, after = data.view(views.examples.position, run, name, own["example_id"])
    with st.container(horizontal=True, vertical_alignment="center"):
        title = f"Pair of question {as_markdown(own['question_id'])}, solution {own['answer_index'] + 1}"
        st.header(title, anchor=False, help=f"Id `{own['example_id']}`")
        st.badge(own["state"], color={"dropped": "red", "edited": "orange"}.get(own["state"], "gray"))  # type: ignore[arg-type]
        for word, id in (("Previous", before), ("Next", after)):
            st.button(
                word, key=f"sets_{word}", disabled=id is None, on_click=remember, args=("sets_example", id)
            )


def made(how: Written, source: Question | None = None, references: Sequence[Question] = ()) -> None:
    """How a question was made: references, the teacher's reason, draft and question, the solutions."""
    st.markdown("**How it was made**")
    if source:
        st.markdown(f"Pool question `{source.id}`, taken as it is.")
    for reference in references:
        with st.expander(f"Reference {reference.id}"):
            words.written(reference.problem)
    proposal = how["proposal"]
    if proposal:
        for title, part in (
            ("Why these references", proposal["reason"]),
            ("Draft", proposal["draft"]),
            ("Question", proposal["question"]),
        ):
            if part:
                st.markdown(f"*{title}*")
                words.written(part)
        if proposal["tests"]:
            st.markdown("*Tests*")
            st.code(proposal["tests"], language=None, wrap_lines=True)
    solutions(how["solutions"])
    if proposal:
        with st.expander("The teacher's raw answer"):
            st.code(proposal["raw"], language=None, wrap_lines=True)
            st.caption(as_markdown(f"{proposal['endpoint']}, call {proposal['key']}"))


def solutions(found: list[Solution]) -> None:
    """The teacher's solutions and on what they agree."""
    if not found:
        return
    answers = [one["answer"] for one in found]
    most = max(set(answers), key=lambda one: (answers.count(one), str(one)))
    if most is not None:
        n = answers.count(most)
        st.markdown(f"{n} of {len(found)} solutions end in **{answer(most)}**.")
    for at, one in enumerate(found):
        taken = ", in this set" if one["is_taken"] else ""
        ending = f": answer {answer(one['answer'])}" if one["answer"] else ""
        with st.expander(f"Solution {at + 1}{ending}{taken}"):
            words.written(one["text"])


def _label(run: Run, behind: Behind) -> None:
    """From the response to the reviewer: the teacher's label, its raw answer, and every decision."""
    st.markdown("**The label behind it**")
    for response in behind["responses"]:
        label = response["label"]
        if label is None:
            continue
        skills = ", ".join(plain(skill) for _, skill in response["skills"]) or "no skill"
        st.markdown(
            f"Sample {response['sample']}: **{as_markdown(words.teacher(run, label.teacher))}** says "
            f"{as_markdown(str(label.judge))}; missing now: **{as_markdown(skills)}**"
        )
        for event in response["events"]:
            later = ", after the set was built" if event["is_later"] else ""
            st.markdown(f"- {as_markdown(words.local(event['in_words']) + later)}")
        if not response["events"]:
            st.caption("No person has decided on this label.")
        with st.expander(f"Raw answer about sample {response['sample']}"):
            st.code(response["raw"] or "not kept", language=None, wrap_lines=True)
            st.caption(as_markdown(f"call {label.call}"))


def _changes(run: Run, name: str, own: OneExample) -> None:
    st.markdown("**Change it**")
    for event in own["events"]:
        note = f": {event['note']}" if event["note"] else ""
        st.markdown(f"- {as_markdown(words.local(event['in_words']) + note)}")
    arms = trained_on(run, name)
    if arms:
        _on_a_copy(run, name, arms)
        return
    author = reviewer.reviewer()
    id = own["example_id"]
    with st.container(horizontal=True):
        if own["state"] != "dropped":
            st.button(
                "Drop it", key=f"sets_drop_{id}", disabled=not author, on_click=_act,
                args=(run, name, Change(id, "drop", own["newest"]), author),
            )  # fmt: skip
        if own["state"] != "as built":
            st.button(
                "Undo", key=f"sets_undo_{id}", disabled=not author, on_click=_act,
                args=(run, name, Change(id, "undo", own["newest"]), author),
            )  # fmt: skip
    if own["state"] != "dropped":
        _editor(run, name, own, author)


def _editor(run: Run, name: str, own: OneExample, author: str | None) -> None:
    id = own["example_id"]
    with st.expander("Put it in other words"), st.form(f"sets_edit_{id}", border=False):
        st.text_area("Question", own["problem"], key=f"sets_problem_{id}")
        st.text_area("Solution", own["solution"], key=f"sets_solution_{id}", height=180)
        st.form_submit_button(
            "Save", disabled=not author, on_click=_save, args=(run, name, id, own["newest"], author)
        )
    st.caption("The set as built stays; training and export use these words. Every change can be undone.")


def _on_a_copy(run: Run, name: str, arms: list[str]) -> None:
    st.markdown(
        f"{as_markdown(', '.join(arms))} was trained on this set, so it stays as it is. A copy can be "
        "changed and trained on under another name; it keeps every pair and its lineage."
    )
    there = run.training_set_names()
    copy = next(
        one for one in (f"{name}-edited", *(f"{name}-edited-{n}" for n in range(2, 99))) if one not in there
    )
    st.button(f"Make the copy {copy}", key="sets_copy", on_click=_copy, args=(run, name, copy))


def _copy(run: Run, name: str, copy: str) -> None:
    try:
        copy_set(run, name, copy)
    except StatError as error:
        st.session_state[SAID] = sentence(error)
        return
    go_to(EXAMPLES, copy, example=st.query_params.get("sets_example"))


def _save(run: Run, name: str, id: str, seen: str | None, author: str) -> None:
    texts = {part: st.session_state[f"sets_{part}_{id}"] for part in ("problem", "solution")}
    _act(run, name, Change(id, "edit", seen, **texts), author)


def _act(run: Run, name: str, change: Change, author: str) -> None:
    try:
        change_examples(run, name, [change], author)
    except StatError as error:
        st.session_state[SAID] = sentence(error)
