"""What a grader of answers to known questions must beat: a regression on words, no rubric read.

It learns from graded answers to the same questions, which a grader with a rubric does not need.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from evals.levels import Array

_FEWEST = 5


def ridge_on_words(
    texts: Sequence[str],
    questions: Sequence[object],
    scores: Array,
    training: npt.NDArray[np.bool_],
) -> Array:
    """The scores that a TF-IDF ridge regression, one a question, predicts: (answers,).

    Words and pairs of words, sublinear counts, penalty 1. nan for the training answers and for
    questions with fewer than 5 of them.
    """
    predicted = np.full(len(texts), np.nan)
    labels = np.array([str(one) for one in questions])
    for question in np.unique(labels):
        learned = np.flatnonzero(training & (labels == question)).tolist()
        asked = np.flatnonzero(~training & (labels == question)).tolist()
        if len(learned) < _FEWEST or not asked:
            continue
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        known = words.fit_transform([texts[at] for at in learned])
        model = Ridge(alpha=1.0).fit(known, scores[learned])
        predicted[asked] = model.predict(words.transform([texts[at] for at in asked]))
    return predicted
