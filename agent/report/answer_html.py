"""One graded answer as one HTML file that needs neither network nor JavaScript.

It arranges what the scorecard holds, whatever kind of rubric it is from; the wording is in
`agent.report.answer_words`, the markup in `answer.html.j2`. Every text is untrusted here.
"""

from dataclasses import dataclass

from agent.graded import GradedAnswer
from agent.report import answer_words
from agent.report.bar import Bar
from agent.report.marks import Quote, Quotes, quotes_in
from agent.report.page import template, tone
from agent.report.turns import Places, turn_views
from agent.scorecard import CriterionGrade, Scorecard
from agent.transcript import Transcript


@dataclass(frozen=True)
class _GradeView:
    grade: CriterionGrade
    quotes: tuple[Quote, ...]


def render_answer_html(graded: GradedAnswer, transcript: Transcript, bar: Bar | None = None) -> str:
    """The whole page. `transcript` holds the answer, or the interview, that was graded.

    With `bar` it is a page of a site.
    """
    card = graded.scorecard
    quotes = quotes_in(transcript.turns, card)
    by_id = {grade.id: grade for grade in card.criteria}
    return template("answer.html.j2").render(
        bar=bar,
        graded=graded,
        card=card,
        made=card.provenance,
        tone=tone(card.decision),
        places=Places(transcript),
        steps=_step_views(card, quotes),
        by_id=by_id,
        titles={name: grade.title for name, grade in by_id.items()},
        flags=list(zip(card.flags, quotes.of_flag, strict=True)),
        reviews=answer_words.reviews(graded),
        turns=turn_views(transcript.turns, card, quotes),
    )


def _step_views(card: Scorecard, quotes: Quotes) -> list[tuple[str, str, list[_GradeView]]]:
    return [
        (step, heading, [_GradeView(grade, quotes.of_criterion[grade.id]) for grade in grades])
        for step, heading, grades in answer_words.steps(card)
    ]
