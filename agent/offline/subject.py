"""What a rubric says of its subject: its telling words, and whose a part of a reference is.

How much of this an answer says is measured in `agent.offline.gauges`.
"""

from collections.abc import Sequence

from agent.answer_rubric import AnswerCriterion
from agent.offline.text import FUNCTION_WORDS, Sentence, stem, stems

FUNCTION_STEMS = frozenset(map(stem, FUNCTION_WORDS))
# What rubrics say of answers, and not of their subject.
_OF_RUBRICS = frozenset(
    map(
        stem,
        """answer answers response student candidate text essay writer names name states state
        explain explains explanation describe describes description give gives given mention
        mentions identify identifies discuss discusses list lists show shows present presents
        clear clearly correct correctly incorrect accurate accurately complete completely full
        fully partial partially wrong missing absent nothing none little good well strong weak
        poor excellent adequate limited detail details detailed example examples specific relevant
        irrelevant vague brief point points mark marks level score grade criterion quality least
        one two three four several use uses using question reader""".split(),
    )
)


def texts_of(criterion: AnswerCriterion) -> list[str]:
    """What a criterion says of the answers it wants, text by text."""
    return [*([criterion.judges] if criterion.judges else []), *(r.text for r in criterion.levels)]


def telling(text: str) -> frozenset[str]:
    """The stems of a rubric's text that are on its subject."""
    return frozenset(stems(text)) - FUNCTION_STEMS - _OF_RUBRICS


def parts_of(
    pieces: Sequence[Sentence], criteria: Sequence[AnswerCriterion]
) -> dict[str, list[Sentence]]:
    """A reference's pieces by criterion: each goes to those whose texts share most with it.

    A piece that shares nothing with any goes to all that get some, or else to all.
    """
    texts = {one.id: telling(" ".join((one.title, *texts_of(one)))) for one in criteria}
    owners: list[set[str]] = []
    for piece in pieces:
        shared = {name: len(words.intersection(piece.stems)) for name, words in texts.items()}
        most = max(shared.values())
        owners.append({name for name, count in shared.items() if count == most and most > 0})
    owning = set().union(*owners) or set(texts)
    return {
        name: [piece for piece, own in zip(pieces, owners, strict=True) if name in (own or owning)]
        for name in texts
    }
