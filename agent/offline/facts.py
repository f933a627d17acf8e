"""Which facts of the sheet a question asks for."""

from collections.abc import Iterable

from agent.offline.text import FUNCTION_WORDS, Sentence, stem, stems
from agent.scenario import Fact

_ASKING = frozenset(
    stem(word)
    for word in """how what which who where when why many much often long fast far big large old
    quickly soon""".split()
)
_DROPPED = (
    frozenset(stem(word) for word in FUNCTION_WORDS)
    | frozenset(stem(word) for word in "tell know assume please about like want any there".split())
) - _ASKING
_TOO_COMMON = frozenset(stem(word) for word in "how what which who why".split())


class FactFinder:
    """Matches questions against the `asks` of a fact sheet."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._asks = [
            (fact.id, content)
            for fact in facts
            for ask in fact.asks
            if (content := frozenset(stems(ask)) - _DROPPED - _TOO_COMMON)
        ]

    def asked(self, question: Sentence) -> list[str]:
        """The ids of the facts asked for, in the sheet's order.

        Where one match is a part of another's ("budget" in "latency budget"), the longer wins.
        """
        words = frozenset(question.stems)
        matched = [(fact, ask) for fact, ask in self._asks if ask <= words]
        return list(
            dict.fromkeys(
                fact
                for fact, ask in matched
                if not any(ask < other for rival, other in matched if rival != fact)
            )
        )
