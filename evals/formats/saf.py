"""Short Answer Feedback (SAF), English: one score of 0 to 1 an answer, with a reference answer.

Filighera et al. 2022: answers to questions of a course on communication networks. Released on
GitHub (`SebOchs/SAF`, MIT) and on Hugging Face (`Short-Answer-Feedback/
saf_communication_networks_english`; licence: see there). Read are JSON Lines or tables with the
keys split, qid, question, reference, id, answer and score, and with the keys of the release on
Hugging Face: id, question, reference_answer, provided_answer and score (its feedback is not used).
There a file holds one split, so that `files` say which, and the question stands for the group.

The score is the final one of the course's graders, rater `course`. Scores are shares of the
question's points and lie between eighths at times; the level is the nearest eighth, the total is
exact. An answer that is null was never handed in. The release on GitHub was read as JSON Lines; the
keys on Hugging Face were not checked against its files.
"""

from evals.formats.format import Format
from evals.formats.points import points_in, points_rubric

_RUBRIC = points_rubric("saf", most=1, step=0.125)

FORMAT = Format(
    fills={
        "files": ("saf_english.jsonl",),
        "nearest": True,
        "unanswered": ("No submission", "Empty submission", "No response"),
    },
    raters={"course": points_in("score")},
    names={
        "answer": ("answer", "provided_answer"),
        "part": ("part", "split"),
        "group": ("group", "qid", "question"),
    },
    rubric=lambda _: _RUBRIC,
)
