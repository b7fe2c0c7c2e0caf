"""What went wrong in the labelled responses: groups of the teacher's reasons by their words."""

from typing import TypedDict

from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import own_labels

FEWEST, MOST_GROUPS, PER_GROUP = 12, 12, 6
"""Reasons below which there are no groups, groups at most, and reasons a group has at least on average."""
N_WORDS = 3
"""Words that name a group."""


class Group(TypedDict):
    """Labels whose reasons are alike."""

    name: str
    """The words that tell its reasons from the others', as in "sign, minus, negative"."""
    response_ids: frozenset[str]


def groups(run: RunFolder) -> list[Group]:
    """The groups, the largest first; none of fewer than FEWEST different reasons.

    TF-IDF of the reasons without English stop words, k-means with one seed. A group is named by the words
    whose mean weight in it is most above that over all reasons."""
    labels = [label for label in own_labels(run) if label.reason.strip()]
    texts = [label.reason for label in labels]
    n_groups = min(MOST_GROUPS, len(set(texts)) // PER_GROUP)
    if len(set(texts)) < FEWEST:
        return []
    # here, because scikit-learn takes a second to load and most pages need none of it
    import numpy as np
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(stop_words="english", max_features=3000, sublinear_tf=True,
                                 token_pattern=r"[^\W\d_]{3,}")  # fmt: skip
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:  # no reason has a word
        return []
    fitted = MiniBatchKMeans(n_groups, random_state=0, n_init=5).fit(weights)
    words, overall = vectorizer.get_feature_names_out(), np.asarray(weights.mean(axis=0)).ravel()
    found: dict[str, set[str]] = {}
    for at in range(n_groups):
        members = np.flatnonzero(fitted.labels_ == at)
        if not len(members):
            continue
        above = np.asarray(weights[members].mean(axis=0)).ravel() - overall
        best = [str(words[i]) for i in above.argsort()[::-1][:N_WORDS] if above[i] > 0]
        found.setdefault(", ".join(best) or "other", set()).update(labels[i].response_id for i in members)
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Group(name=name, response_ids=frozenset(ids)) for name, ids in ranked]
