"""Red flags and contradictions in what the candidate said."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from agent.offline.matcher import TermIndex
from agent.offline.text import Sentence
from agent.rubric import Contradiction, RedFlag, Rubric
from agent.scenario import Scenario


@dataclass(frozen=True)
class SaidIn:
    """A turn's sentences, with the step in which it was said and what had been met before."""

    turn: int
    step: str
    sentences: tuple[Sentence, ...]
    seen_before: frozenset[str]


@dataclass(frozen=True)
class FoundFlag:
    """A red flag or contradiction: where, and in which words."""

    flag: str
    turn: int
    quote: str


class FlagFinder:
    """Looks for the red flags of a rubric that can occur in a scenario."""

    def __init__(self, rubric: Rubric, scenario: Scenario) -> None:
        self.flags: tuple[RedFlag, ...] = tuple(
            flag
            for flag in rubric.red_flags()
            if flag.all_of and set(flag.traits) <= set(scenario.traits)
        )
        self.pairs: tuple[Contradiction, ...] = tuple(
            pair for step in rubric.steps for pair in step.contradictions
        )
        groups: dict[Hashable, Iterable[str]] = {}
        for flag in self.flags:
            for at, terms in enumerate(flag.all_of):
                groups[flag.id, at] = terms
            if flag.unless:
                groups[flag.id, "unless"] = flag.unless
        for pair in self.pairs:
            groups[pair.id, "one"] = pair.one
            groups[pair.id, "other"] = pair.other
            if pair.reconciled_by:
                groups[pair.id, "reconciled"] = pair.reconciled_by
        self._index = TermIndex(groups, rubric.synonyms)

    def red_flags(self, said: SaidIn) -> list[FoundFlag]:
        """The red flags in one turn, each once, with the sentence in which it shows.

        Questions are no statements: they raise no flag.
        """
        keys = [self._keys(sentence) for sentence in said.sentences]
        anywhere = {key for _, everything in keys for key in everything}
        found = []
        for flag in self.flags:
            if flag.in_steps and said.step not in flag.in_steps:
                continue
            if any(name in said.seen_before for name in flag.unless_seen):
                continue
            if (flag.id, "unless") in anywhere:
                continue
            wanted = {(flag.id, at) for at in range(len(flag.all_of))}
            for sentence, (affirmed, _) in zip(said.sentences, keys, strict=True):
                if wanted <= affirmed and not sentence.is_question:
                    found.append(FoundFlag(flag.id, said.turn, sentence.text))
                    break
        return found

    def contradictions(self, earlier: Sequence[SaidIn], said: SaidIn) -> list[FoundFlag]:
        """Positions in the last turn that exclude one taken in an earlier turn."""
        if not earlier or not self.pairs:
            return []
        before = {key for turn in earlier for s in turn.sentences for key in self._keys(s)[0]}
        now = {key for sentence in said.sentences for key in self._keys(sentence)[1]}
        found = []
        for pair in self.pairs:
            if (pair.id, "reconciled") in before | now:
                continue
            for here, there in (("one", "other"), ("other", "one")):
                if (pair.id, there) not in before or (pair.id, there) in now:
                    continue
                if (pair.id, here) in before:
                    continue
                for sentence in said.sentences:
                    if (pair.id, here) in self._keys(sentence)[0] and not sentence.is_question:
                        found.append(FoundFlag(pair.id, said.turn, sentence.text))
                        break
        return found

    def _keys(self, sentence: Sentence) -> tuple[set[Hashable], set[Hashable]]:
        """Groups met in a sentence: those affirmed, and all."""
        hits = self._index.hits(sentence)
        return {hit.key for hit in hits if not hit.negated}, {hit.key for hit in hits}
