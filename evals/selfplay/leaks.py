"""What an interviewer says that he should keep to himself, found in what was said.

It knows nothing of `agent.llm.guard`, which is there to prevent it: what guards is not what
measures. Wording that the candidate has used, or been given, is no leak.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from agent.frozen import Frozen, Slug
from agent.move import Hint, ThrowCurveball
from agent.offline.text import FUNCTION_WORDS
from agent.rubric import Rubric
from agent.scenario import Scenario
from evals.selfplay.replay import Utterance

_RUN = 5
_RUN_CONTENT = 3
"""So many words of a run have to carry meaning: "what you know when you" is anybody's."""
_WORD = re.compile(r"[^\W_]+")
_ID = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
_LEVEL = re.compile(
    r"\blevels? (?:\d|one|two|three|four)\b|\b[0-4] ?(?:/|out of) ?4\b"
    r"|\b(?:score|grade|mark|rating)d? (?:of |is |at |you )?\d",
    re.IGNORECASE,
)

Kind = Literal["anchor", "reference", "notes", "fact", "curveball", "id", "level"]


class Leak(Frozen):
    """Something that was given away: of which kind, in which words, in which utterance."""

    interview: str
    turn: int
    kind: Kind
    wording: str
    source: Slug | None
    text: str


@dataclass(frozen=True)
class _Hidden:
    kind: Kind
    source: str


class Secrets:
    """What must stay hidden in a scenario, made once. Runs of five words tell a text."""

    def __init__(self, rubric: Rubric, scenario: Scenario) -> None:
        self.prompt = scenario.prompt
        self.facts = {fact.id: fact.text for fact in scenario.facts}
        self.runs: dict[str, _Hidden] = {}
        for hidden, text in _hidden(rubric, scenario):
            for run in _runs(text):
                self.runs.setdefault(run, hidden)
        names = [one.id for one in rubric.criteria()] + [one.id for one in rubric.red_flags()]
        names += [*self.facts, *(one.id for one in scenario.curveballs)]
        # An id without an underscore is an ordinary word.
        self.ids = frozenset(name for name in names if "_" in name)

    def leaks(self, utterance: Utterance, interview: str) -> Iterator[Leak]:
        """What an utterance gives away: one leak for each hidden text, id or level."""
        found = [(run, self.runs[run]) for run in _runs(utterance.text) if run in self.runs]
        levels = [match.group() for match in _LEVEL.finditer(utterance.text)]
        # What may be said is put together only where there is something to be said against.
        allowed = _joined(self._given(utterance)) if found or levels else ""
        seen: set[_Hidden] = set()
        for run, hidden in found:
            if hidden not in seen and f" {run} " not in allowed:
                seen.add(hidden)
                yield self._leak(utterance, interview, hidden.kind, run, hidden.source)
        for name in sorted(set(_ID.findall(utterance.text)) & self.ids):
            yield self._leak(utterance, interview, "id", name, name)
        for level in levels:
            if f" {_plain(level)} " not in allowed:
                yield self._leak(utterance, interview, "level", level, None)

    def _given(self, utterance: Utterance) -> Iterator[str]:
        """What may be said: the problem, facts told, the move's hint or change, his own words."""
        yield self.prompt
        for fact in (*utterance.before.facts, *utterance.revealed):
            yield self.facts.get(fact, "")
        if isinstance(utterance.move.reply, Hint):
            yield utterance.move.reply.text
        if isinstance(utterance.move.lead, ThrowCurveball):
            yield utterance.move.lead.question
        # What the interviewer has said himself was counted when he said it.
        yield from (turn.text for turn in utterance.before.turns)

    @staticmethod
    def _leak(
        utterance: Utterance, interview: str, kind: Kind, wording: str, source: str | None
    ) -> Leak:
        return Leak(
            interview=interview,
            turn=utterance.turn,
            kind=kind,
            wording=wording,
            source=source,
            text=utterance.text,
        )


def _hidden(rubric: Rubric, scenario: Scenario) -> Iterator[tuple[_Hidden, str]]:
    for criterion in rubric.criteria():
        for text in criterion.anchors.texts():
            yield _Hidden("anchor", criterion.id), text
        yield _Hidden("notes", criterion.id), criterion.judges
    for step, text in scenario.references.items():
        yield _Hidden("reference", step), text
    for step, text in scenario.grading_notes.items():
        yield _Hidden("notes", step), text
    for text in scenario.pitfalls:
        yield _Hidden("notes", scenario.id), text
    for fact in scenario.facts:
        yield _Hidden("fact", fact.id), fact.text
    for ball in scenario.curveballs:
        yield _Hidden("curveball", ball.id), f"{ball.text} {ball.good_adaptation}"


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _joined(texts: Iterable[str]) -> str:
    return " | ".join(("", *map(_plain, texts), ""))


def _runs(text: str) -> list[str]:
    words = _plain(text).split()
    runs = (words[at : at + _RUN] for at in range(len(words) - _RUN + 1))
    return [
        " ".join(run)
        for run in runs
        if sum(word not in FUNCTION_WORDS for word in run) >= _RUN_CONTENT
    ]
