"""One graded answer as Markdown: the content of the HTML page, compact.

Escaping is that of `agent.report.markdown`, the wording in `agent.report.answer_words`.
"""

from collections.abc import Iterable

from agent.graded import GradedAnswer
from agent.report import answer_words, words
from agent.report.markdown import escaped, quoted
from agent.report.turns import Places
from agent.scorecard import CriterionGrade
from agent.transcript import Transcript

_Lines = Iterable[str]


def render_answer_markdown(graded: GradedAnswer, transcript: Transcript) -> str:
    """The whole page. `transcript` holds the answer, or the interview, that was graded."""
    places = Places(transcript)
    blocks = (
        _head(graded),
        _criteria(graded, places),
        _flags(graded, places),
        _reviews(graded),
        _answer(transcript, places),
        _provenance(graded),
    )
    return "\n".join(line for block in blocks for line in block).rstrip() + "\n"


def _head(graded: GradedAnswer) -> _Lines:
    card = graded.scorecard
    yield from (f"# {escaped(graded.id)}: {answer_words.outcome(graded)}", "")
    if figures := answer_words.score(graded):
        yield from (figures, "")
    if card.decision_reason:
        yield from (escaped(card.decision_reason), "")
    if failed := words.failed_must_haves(card):
        yield f"- Must-haves not met: {', '.join(escaped(title) for title in failed)}"
    yield f"- Coverage: {words.coverage(card)}"
    for said in (answer_words.agreement(card.agreement), answer_words.missing(graded)):
        if said:
            yield f"- {said}"
    for grade in answer_words.ungraded(graded):
        yield f"  - {escaped(grade.title)}: {escaped(grade.reason)}"
    yield f"- Graded: {words.moment(graded.graded_at)}"
    if graded.source:
        yield f"- Source: {escaped(graded.source)}"
    yield from ("", "## Question", "", *quoted(graded.question), "")


def _criteria(graded: GradedAnswer, places: Places) -> _Lines:
    yield from ("## Criteria", "")
    for _, title, grades in answer_words.steps(graded.scorecard):
        if title:
            yield from (f"### {escaped(title)}", "")
        for grade in grades:
            yield from _criterion(grade, places)


def _criterion(grade: CriterionGrade, places: Places) -> _Lines:
    sure = f"; {grade.confidence} confidence" if grade.confidence else ""
    yield from (f"**{escaped(grade.title)}**: {answer_words.standing(grade)}{sure}", "")
    whose = "The grader's reason: " if grade.review else ""
    yield from (f"{whose}{escaped(grade.reason)}", "")
    for item in grade.evidence:
        yield from (*quoted(item.quote), ">", f"> ({places.of_turn(item.turn)})", "")
    lines = []
    if grade.review:
        lines.append(f"Review: {escaped(answer_words.review(grade.review, grade))}")
    if grade.ratings:
        lines.append(f"Raters: {'; '.join(escaped(one) for one in answer_words.ratings(grade))}")
    if grade.anchor:
        lines.append(f"Reached: {escaped(grade.anchor)}")
    if grade.next_anchor:
        lines.append(f"Next: {escaped(grade.next_anchor)}")
    if lines:
        yield from (*(f"- {line}" for line in lines), "")


def _flags(graded: GradedAnswer, places: Places) -> _Lines:
    yield from ("## Flags", "")
    for flag in graded.scorecard.flags:
        yield f"**{escaped(flag.title)}** ({places.of_flag(flag)}): {escaped(flag.why)}"
        yield ""
        if flag.quote:
            yield from (*quoted(flag.quote), "")
    if not graded.scorecard.flags:
        yield from ("None were raised.", "")


def _reviews(graded: GradedAnswer) -> _Lines:
    reviews = answer_words.reviews(graded)
    if not reviews:
        return
    grades = {grade.id: grade for grade in graded.scorecard.criteria}
    yield from ("## Reviews", "")
    for one in reviews:
        if grade := grades.get(one.criterion):
            said = escaped(answer_words.review(one, grade))
            yield f"- {escaped(grade.title)}: {said}. {escaped(one.reason)}"
    yield ""


def _answer(transcript: Transcript, places: Places) -> _Lines:
    yield from ("## Transcript" if places.is_interview else "## Answer", "")
    if places.is_empty:
        yield from ("The answer is empty.", "")
    for turn in transcript.turns:
        if places.is_interview or len(transcript.turns) > 1:
            speaker = f"{turn.speaker.value.capitalize()}, " if places.is_interview else ""
            yield from (f"**{speaker}{places.of_turn(turn.index)}**", "")
        yield from (*quoted(turn.text), "", "<!-- -->", "")


def _provenance(graded: GradedAnswer) -> _Lines:
    made = graded.scorecard.provenance
    yield from ("## Provenance", "", escaped(made.note), "")
    yield from (f"- {escaped(name)}: {escaped(text)}" for name, text in answer_words.made(made))
