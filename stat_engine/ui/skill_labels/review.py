"""One label under review: the reviewer, the queue's filter, the response with its evidence."""

from typing import Literal

import pandas as pd
import streamlit as st

from stat_engine import review, views
from stat_engine.config import DifficultyConfig
from stat_engine.records import MissingSkill
from stat_engine.skills import Skill
from stat_engine.ui.shared import data, reviewer, verdicts, words
from stat_engine.ui.shared.address import choice
from stat_engine.ui.shared.whole import state
from stat_engine.ui.skill_labels import decisions
from stat_engine.views.labels import FLAGS, STATES, LabelFilter, LabelItem, counts
from stat_engine.views.places import Run
from stat_engine.views.text import answer, as_markdown, highlighted, plain, reason_words

WORDS = {"parse_failed": "could not be read", "off_vocabulary": "outside the vocabulary"}
COLOURS: dict[str, Literal["gray", "green", "blue", "orange"]] = {
    "pending": "gray", "accepted": "green", "edited": "blue", "discarded": "orange",
}  # fmt: skip


def item(run: Run, response_id: str | None) -> LabelItem | None:
    """The label with all that is known of it."""
    return data.view(views.labels.item, run, response_id) if response_id else None


def progress(run: Run, author: str | None) -> None:
    """How far the review is, at what pace, and under whose name."""
    found = data.view(views.label_history.progress, run, author)
    done, n = found["n_decided"], found["n_labels"]
    words = [f"{done:,} of {n:,} labels decided"]
    if found["per_hour"] is not None and found["seconds_left"] is not None:
        words.append(f"{found['per_hour']:,.0f} an hour")
        words.append(f"{in_time(found['seconds_left'])} left at this pace" if done < n else "nothing left")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(done / n if n else 0.0, " · ".join(words))
        if author:
            st.caption(f"Reviewing as **{as_markdown(author)}**", width="content")
        if author and reviewer.is_given():
            st.button("Change", type="tertiary", on_click=reviewer.forget)


def in_time(seconds: float) -> str:
    """A span of time as people say it."""
    minutes = max(1, round(seconds / 60))
    return f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.1f} h"


def filtered(run: Run, queue: pd.DataFrame) -> pd.DataFrame:
    """The labels that the filters leave; they stand in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        status = choice("status", "Status", [*STATES, *FLAGS, "all"])
        judge = choice("judge", "Teacher says", ["any", "incorrect", "correct", "none"])
        subject = choice("subject", "Subject", ["All", *sorted(set(queue.subject))])
        skill = choice("skill", "Skill", ["All", *sorted({s for skills in queue.skills for s in skills})])
        groups = {of["name"]: of["response_ids"] for of in data.view(views.reasons.groups, run)}
        group = choice("group", "What went wrong", ["All", *groups]) if groups else "All"
    st.caption(" · ".join(f"{n:,} {status.replace('_', ' ')}" for status, n in counts(queue).items()))
    wanted = LabelFilter(
        statuses=() if status == "all" else (status,),
        judge=None if judge == "any" else judge,
        subject=None if subject == "All" else subject,
        skill=None if skill == "All" else skill,
        responses=groups.get(group),
    )
    if state().get("labels_filter", wanted) != wanted:
        decisions.go_to(None)  # another queue begins with its first label
    state()["labels_filter"] = wanted
    return wanted.of(queue)


def messages(item: LabelItem | None, author: str | None) -> None:
    """The result of the last key: saved, refused, or a conflict with both sides."""
    if refused := state().pop(decisions.REFUSED, None):
        st.error(as_markdown(refused))
    if item is None:
        return
    new = decisions.new_to(author, item["label"].response_id, item["events"])
    clash = state().get(decisions.CLASH)
    if clash is not None and clash.mine.response_id == item["label"].response_id:
        st.warning(
            f"Theirs, which now applies: {as_markdown(review.in_words(clash.theirs))}.  \n"
            f"Yours, not saved: **{as_markdown(_meant(clash.mine))}**.  \n"
            "Decide again on top of what is there now, or go on and leave it.",
            title="Somebody else decided on this label while you looked at it",
        )
    elif new is not None:
        st.warning(as_markdown(review.in_words(new)), title="This label changed while you looked at it")


def suggestion(run: Run, item: LabelItem, place: int | None, n: int) -> None:
    """What the teacher suggests and why, what other teachers say, and what people made of it."""
    label, sample = item["label"], f"sample {item['response'].sample}"
    where = f"Label {place:,} of {n:,}" if place else "Not among the labels of this filter"
    st.caption(
        as_markdown(" · ".join(filter(None, [where, label.question_id, plain(label.subject), sample])))
    )
    with st.container(border=True):
        _said_by(run, label)
        for other in item["others"]:
            _said_by(run, other)
        if item["decision"]:
            st.markdown(
                f"Current decision: **{as_markdown(words.local(review.in_words(item['decision'])))}**"
            )


def question_and_response(run: Run, item: LabelItem) -> None:
    """The question, the response step by step with the teacher's evidence, and the grader's verdict."""
    asked, response, config = item["question"], item["response"], run.config.difficulty
    words.written(asked.problem)
    known = "not known" if asked.answer is None else answer(asked.answer)
    st.markdown(f"**Reference answer**: {known}")
    words.solution(asked.solution)
    for at, step in enumerate(response.steps):
        st.markdown(_step(at, step, item, config))
    if not response.steps:
        st.caption("The response is empty.")
    if response.is_correct is not None:
        words.verdict(response.is_correct)
        verdicts.reason(run, response.response, asked.answer, response.is_correct)


def skill_badges(skills: list[Skill], subject: str) -> str:
    """Skills as Markdown badges; another subject's with its name."""
    shown = [f"{plain(s)} ({plain(of)})" if of != subject else plain(s) for of, s in skills]
    return " ".join(f":red-badge[{as_markdown(one)}]" for one in shown) or ":gray-badge[no skill]"


def _said_by(run: Run, label: MissingSkill) -> None:
    skills = [(label.subject, skill) for skill in label.skills]
    verdict = f"says **{label.judge}**" if label.judge else "gave no verdict"
    status = f" :orange-badge[{WORDS[label.status]}]" if label.status in WORDS else ""
    teacher = as_markdown(words.teacher(run, label.teacher))
    st.markdown(f"**{teacher}** {verdict}; missing: {skill_badges(skills, label.subject)}{status}")
    if label.reason:
        st.caption(reason_words(label.reason))


def _step(at: int, step: str, item: LabelItem, config: DifficultyConfig) -> str:
    label, is_evidence = item["label"], at == item["label"].evidence_step
    shown = highlighted(step, label.evidence_quote or "") if is_evidence else as_markdown(step)
    marks = [":orange-badge[the teacher's evidence]"] if is_evidence else []
    marks += [":red-badge[first failing step]"] if at == item["failing_step"] else []
    return words.step_line(at, shown, item["step_rewards"], config, marks)


def _meant(decision: review.Decision) -> str:
    others = (decision.other_subjects or {}).items()
    skills = [*(decision.skills or []), *(f"{of}/{s}" for of, skills in others for s in skills)]
    return (
        f"{decision.action} to {', '.join(skills) or 'no skill'}"
        if decision.action == "edit"
        else decision.action
    )
