"""Which words say what a wanted word says: the same stem, a relative, a slip, a plain synonym.

By their stems, without a look at the sentence around them; what a match is worth to an answer
is decided in `agent.offline.gauges`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from agent.offline.text import stem, stems

NEAR = 0.8
"""What a word counts that is akin to the wanted one and not the same."""

_CACHED = 5_000
_SHARED_BEGINNING = 5
_SHARED_SHARE = 0.7
_SLIP_FROM_LENGTH = 7

_SYNONYMS = """
increase grow growth rise raise
decrease reduce reduction shrink lower drop fall decline diminish
prevent avoid eliminate
need require requirement necessary must
fast quick rapid speed
begin start initial initially
end finish stop terminate
big large great huge
small little tiny
differ different difference distinct vary
same identical equal equally
change modify alter adapt adjust
send transmit transmission
receive reception get
build construct create make produce
allow permit enable
help assist support
keep maintain store save hold retain
cheap inexpensive
expensive costly
advantage benefit
disadvantage drawback
important significant essential crucial
reason cause
effect result consequence outcome
assign allocate distribute
use employ utilise usage
error mistake fault
loss lose lost
add additional extra append
remove delete discard
simple easy simplify
complex complicated difficult
many multiple several various
path route way
know learn aware
connect connection link
part portion piece section
whole entire complete full
contain include comprise
check verify test
safe secure security protect protection
danger dangerous risk unsafe
limit restrict constraint
often frequent usually typically
divide split
combine merge join
time duration period
place position location
""".strip().splitlines()


class Kin:
    """The words that stand for each of the `wanted` stems. Building it costs; keep it.

    `synonyms` are sets of phrases; those of a single word are looked at here. Beyond them,
    there are synonyms for some of the plainest English words.
    """

    def __init__(self, wanted: Iterable[str], synonyms: Sequence[Sequence[str]] = ()) -> None:
        self._places = {one: place for place, one in enumerate(dict.fromkeys(wanted))}
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for one in self._places:
            self._by_letter[one[0]].append(one)
        words = [[one[0] for one in map(stems, group) if len(one) == 1] for group in synonyms]
        self._synonyms = _by_word(words)
        self.of = lru_cache(maxsize=_CACHED)(self._of)

    def _of(self, said: str) -> tuple[tuple[str, float], ...]:
        """The wanted stems that the stem `said` stands for, each with its share, 0 to 1."""
        if said in self._places:
            return ((said, 1.0),)
        near = {one for one in self._by_letter.get(said[0], ()) if _akin(said, one)}
        for synonyms in (self._synonyms, _plain_synonyms()):
            near |= self._places.keys() & synonyms.get(said, ())
        return tuple((one, NEAR) for one in sorted(near, key=self._places.__getitem__))


class Phrases:
    """What stands for what among synonyms of which one at least has several words."""

    def __init__(self, synonyms: Sequence[Sequence[str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], list[str]]]] = defaultdict(list)
        for group in synonyms:
            variants = [stems(phrase) for phrase in group]
            if any(len(one) > 1 for one in variants):
                for one in filter(None, variants):
                    others = [root for other in variants if other != one for root in other]
                    self._by_first[one[0]].append((one, others))

    def stand_ins(self, roots: Sequence[str]) -> list[str]:
        """The stems of all phrases for which one stands that is among the stems of a sentence."""
        return [
            other
            for at, root in enumerate(roots)
            for phrase, others in self._by_first.get(root, ())
            if tuple(roots[at : at + len(phrase)]) == phrase
            for other in others
        ]


@cache
def _plain_synonyms() -> Mapping[str, Collection[str]]:
    return _by_word([list(map(stem, line.split())) for line in _SYNONYMS])


def _by_word(groups: Iterable[Sequence[str]]) -> Mapping[str, Collection[str]]:
    """For each word those of all groups that it belongs to."""
    found: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        for word in group:
            found[word].update(group)
    return found


def _akin(said: str, wanted: str) -> bool:
    """Whether two stems that begin alike are those of relatives, or one is a slip of the other."""
    if said[0].isdigit():
        return _same_number(said, wanted)
    if len(said) >= _SLIP_FROM_LENGTH and OSA.distance(said, wanted, score_cutoff=1) <= 1:
        return True
    shared = next(
        (at for at, (a, b) in enumerate(zip(said, wanted, strict=False)) if a != b),
        min(len(said), len(wanted)),
    )
    return shared >= max(_SHARED_BEGINNING, _SHARED_SHARE * max(len(said), len(wanted)))


def _same_number(said: str, wanted: str) -> bool:
    """Whether two numbers are the same, rounded to as many places as the shorter one has."""
    try:
        one, other = float(said.replace(",", "")), float(wanted.replace(",", ""))
    except ValueError:
        return False
    places = min(_places(said), _places(wanted))
    return places > 0 and abs(one - other) <= 0.5 * 10.0**-places + 1e-12


def _places(number: str) -> int:
    return len(number.partition(".")[2])
