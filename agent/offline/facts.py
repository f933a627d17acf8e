"""Which facts of the sheet a question asks for.

An ask matches when all its content words occur in the question, as they stand or after
everyday ways of asking for the same ("the number of", "qps", "at the moment") are made one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from agent.offline.text import FUNCTION_WORDS, Sentence, stem, stems
from agent.scenario import Fact

_ASKING = frozenset(
    stem(word)
    for word in """how what which who where when why many much often long fast far big large old
    quickly soon""".split()
)
_POLITE = "tell know assume please about like want any there exactly roughly actually".split()
_DROPPED = frozenset(stem(word) for word in (*FUNCTION_WORDS, *_POLITE)) - _ASKING
_TOO_COMMON = frozenset(stem(word) for word in "how what which who why".split())
_ARTICLES = frozenset({"a", "an", "the", "of", "in", "we", "you"})

_SUBJECTS: Mapping[str, Sequence[str]] = {
    "qps": (
        "qps", "rps", "tps", "requests per second", "requests a second", "queries per second",
        "queries a second", "calls per second", "hits per second", "requests second",
        "queries second", "throughput", "request rate", "how many requests", "number of requests",
    ),
    "goal": (
        "goal", "objective", "trying to achieve", "trying to improve", "want to achieve",
        "want to improve", "hoping to achieve", "hope to achieve", "aim", "hoping to get",
        "hope to get", "trying to optimise", "want to optimise",
        "trying to solve", "main purpose", "want out of", "hoping for",
        "optimise for", "optimising for",
    ),
    "label": ("label", "annotated", "annotation"),
    "image": ("image", "picture", "photo"),
    "language": ("language", "multilingual"),
    "country": ("country", "abroad", "international", "internationally", "markets"),
    "regulation": ("regulation", "regulatory", "regulator", "compliance"),
    "privacy": ("privacy", "gdpr", "personal data", "private data"),
    "gpu": ("gpu", "gpus", "hardware", "accelerators"),
    "money": ("budget", "money to spend", "how much may it cost", "how much can we spend"),
    "team size": (
        "team size", "size of the team", "size of our team", "how big is the team",
        "how large is the team", "headcount", "how many engineers", "people working on this",
        "how many people work",
    ),
    "latency": (
        "latency", "response time", "time budget", "milliseconds", "time to respond",
        "long do we have to respond", "how long do we have", "how much time do we have",
    ),
    "sla": ("sla", "slas", "slo", "slos", "service level"),
    "season": ("season", "seasonal", "seasonality"),
    "beforehand": ("beforehand", "in advance", "ahead of time", "up front", "advance"),
}  # fmt: skip
"""Everyday wordings of what is asked for, whatever the problem."""

_MANNERS: Mapping[str, Sequence[str]] = {
    "count": ("how many", "number of", "count of", "total number", "amount of"),
    "size": ("how big", "how large", "size", "how huge", "magnitude"),
    "fast": ("how fast", "how quick", "how quickly", "how soon", "how long", "how rapidly"),
    "often": ("how often", "how frequently", "how regularly", "frequency"),
    "today": (
        "today", "at the moment", "right now", "now", "currently", "at present", "current",
        "existing", "already", "as of now", "these days", "so far", "presently", "present",
        "in production", "legacy", "in place",
    ),
    "costs": ("cost", "how bad", "how expensive", "expensive", "worse", "price", "costly"),
    "history": ("history", "historical", "past", "historic", "how far back"),
    "mistake": ("mistake", "error", "being wrong", "wrong prediction"),
    "kind": ("kind", "sort", "type"),
    "work": ("work", "done", "handled", "operate"),
}  # fmt: skip
"""The same for wordings that say too little to match a question on their own."""

_COUNT = "=count"
_COUNTED_WITHIN = 4
_VAGUE = frozenset(f"={manner}" for manner in _MANNERS) | {"data", "system"}


class FactFinder:
    """Matches questions against the `asks` of a fact sheet."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        facts = tuple(facts)
        self._order = {fact.id: at for at, fact in enumerate(facts)}
        self._plain: list[tuple[str, frozenset[str]]] = []
        self._made_one: list[tuple[str, frozenset[str]]] = []
        for fact in facts:
            for ask in fact.asks:
                words = stems(ask)
                meant = _content(_made_one(words))
                if (plain := _content(words)) and _COUNT not in meant:
                    self._plain.append((fact.id, plain))
                if meant - _VAGUE or len(meant) > 1:
                    self._made_one.append((fact.id, meant))

    def asked(self, question: Sentence) -> list[str]:
        """The ids of the facts asked for, in the sheet's order.

        Where one match is a part of another's ("budget" in "latency budget"), the longer wins.
        """
        words = frozenset(question.stems)
        meant = _made_one(question.stems)
        matched = [(fact, ask) for fact, ask in self._plain if ask <= words]
        matched += [(fact, ask) for fact, ask in self._made_one if _asks(meant, ask)]
        found = {
            fact
            for fact, ask in matched
            if not any(ask < other for rival, other in matched if rival != fact)
        }
        return sorted(found, key=self._order.__getitem__)


def _asks(meant: Sequence[str], ask: frozenset[str]) -> bool:
    """Whether an ask's words are among these; what is counted must follow its "how many"."""
    if not ask <= frozenset(meant):
        return False
    return _COUNT not in ask or any(
        word == _COUNT and ask <= frozenset(meant[at : at + 1 + _COUNTED_WITHIN])
        for at, word in enumerate(meant)
    )


def _content(words: Iterable[str]) -> frozenset[str]:
    """An ask's content words; where just one is left, its small words count as well.

    Otherwise "orders at once" and "know customer" would match whatever has to do with these.
    """
    whole = frozenset(words) - _TOO_COMMON
    content = whole - _DROPPED
    return content if len(content) > 1 else whole - _ARTICLES


def _phrases() -> Mapping[str, Sequence[tuple[tuple[str, ...], str]]]:
    """By its first word, each wording with a mark for its meaning; the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for meaning, wordings in {**_SUBJECTS, **_MANNERS}.items():
        for wording in wordings:
            words = stems(wording)
            found[words[0]].append((words, f"={meaning}"))
    return {first: sorted(some, key=lambda one: -len(one[0])) for first, some in found.items()}


_PHRASES = _phrases()


def _made_one(words: Sequence[str]) -> tuple[str, ...]:
    """The words with the mark of its meaning for each known wording."""
    said: list[str] = []
    at = 0
    while at < len(words):
        for wording, meaning in _PHRASES.get(words[at], ()):
            if tuple(words[at : at + len(wording)]) == wording:
                said.append(meaning)
                at += len(wording)
                break
        else:
            said.append(words[at])
            at += 1
    return tuple(said)
