"""The checks: how answers are changed, and what must hold for their levels. Pure.

Whether it holds is worked out in `evals.studies.attacks`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from agent.batch.answer import Answer
from agent.errors import InputError
from evals.formats.passages import Passage, text_of
from evals.metamorphic import prose, spelling, talk
from evals.metamorphic.orders import ORDERS

Must = Literal["stay", "not_rise", "fall"]
Which = Literal["all", "own", "others"]
_LONGEST_ID = 300


@dataclass(frozen=True)
class Base:
    """An answer as it is, with what its changes are made of.

    `passages` are what it was assembled from and `wrong` others of its scenario that are wrong;
    both are empty for data without passages.
    """

    answer: Answer
    keywords: str = ""
    passages: tuple[Passage, ...] = ()
    wrong: tuple[Passage, ...] = ()


@dataclass(frozen=True)
class Changed:
    """An answer's turns, changed. `change` is the kind of it, `key` tells it from others.

    `criterion` is the one that it is about, if it is about one. `against` is the key of what it is
    compared with: blank for the answer as it was, None if it is there for others to be compared.
    """

    change: str
    turns: tuple[str, ...]
    key: str = ""
    criterion: str = ""
    against: str | None = ""


@dataclass(frozen=True)
class Relation:
    """What must hold: which criteria of a changed answer must do what. `name` may be blank."""

    name: str
    which: Which
    must: Must


@dataclass(frozen=True)
class Check:
    """A way of changing answers with what must hold then.

    `is_same` says that the answers stay as they are; otherwise an answer that a change leaves as
    it was is not graded again.
    """

    name: str
    does: str
    relations: tuple[Relation, ...]
    made: Callable[[Base, Random], Iterator[Changed]]
    needs_passages: bool = False
    is_same: bool = False


@dataclass(frozen=True)
class Variant:
    """A changed answer. `of` is the id of the answer, `against` that of what it is compared with.

    That is the answer itself or another variant; None for one that only others are compared with.
    """

    answer: Answer
    of: str
    change: str
    criterion: str
    against: str | None


@dataclass(frozen=True)
class Variants:
    """All changed answers of a check; `unchanged` counts the answers that a change left alone."""

    check: Check
    made: tuple[Variant, ...]
    unchanged: Mapping[str, int]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The changed answers, to be graded."""
        return tuple(one.answer for one in self.made)


def variants(check: Check, bases: Sequence[Base], seed: int = 0) -> Variants:
    """The changed answers, with ids of their own; the same seed gives the same.

    Raises InputError for an id too long to be added to.
    """
    made: list[Variant] = []
    unchanged: Counter[str] = Counter()
    for base in bases:
        answer = base.answer
        for one in check.made(base, Random(f"{seed} {check.name} {answer.id}")):
            if not check.is_same and _words(one.turns) == _words(answer.turns):
                unchanged[one.change] += 1
                continue
            against = one.against and _id(answer, check, one.against)
            name = _id(answer, check, one.key or one.change)
            made.append(
                Variant(
                    answer=answer.model_copy(update={"id": name, "turns": one.turns}),
                    of=answer.id,
                    change=one.change,
                    criterion=one.criterion,
                    against=answer.id if against == "" else against,
                )
            )
    return Variants(check, tuple(made), dict(unchanged))


def _words(turns: Sequence[str]) -> list[list[str]]:
    return [turn.split() for turn in turns]


def _id(answer: Answer, check: Check, key: str) -> str:
    name = f"{answer.id}~{check.name}.{re.sub(r'[^a-z0-9_]+', '_', key.lower()).strip('_')}"
    if len(name) > _LONGEST_ID:
        raise InputError(f"the id {answer.id[:60]!r}... is too long; shorten it to 200 characters")
    return name


def _again(base: Base, _: Random) -> Iterator[Changed]:
    yield Changed("the same", base.answer.turns)


def _deletion(base: Base, _: Random) -> Iterator[Changed]:
    for at, one in enumerate(base.passages):
        rest = (*base.passages[:at], *base.passages[at + 1 :])
        left = [other.level for other in rest if other.criterion == one.criterion]
        if (
            one.criterion
            and rest
            and (one.level or 0) > max((level or 0 for level in left), default=0)
        ):
            yield Changed(one.criterion, (text_of(rest),), one.id, one.criterion)


def _wrong(base: Base, _: Random) -> Iterator[Changed]:
    for one in base.wrong:
        turns = talk.wrapped(base.answer.turns, "", text_of((one,)))
        yield Changed(one.criterion or "", turns, one.id, one.criterion or "")


def _padding(base: Base, _: Random) -> Iterator[Changed]:
    turns = base.answer.turns
    yield Changed("a greeting", talk.wrapped(turns, talk.GREETING, talk.CLOSING))
    yield Changed("long talk", talk.wrapped(turns, talk.LONG_OPENING, talk.LONG_CLOSING))
    yield Changed("asides", tuple(prose.said_between(turn, talk.ASIDES) for turn in turns))


def _repetition(base: Base, _: Random) -> Iterator[Changed]:
    *before, last = base.answer.turns
    whole = "\n\n".join(base.answer.turns)
    for often, called in ((2, "twice"), (5, "five times")):
        yield Changed(called, (*before, "\n\n".join((last, *[whole] * (often - 1)))))


def _shuffling(base: Base, draw: Random) -> Iterator[Changed]:
    done = [prose.reordered(turn, draw) for turn in base.answer.turns]
    change = "paragraphs" if any(name == "paragraphs" for name, _ in done) else "sentences"
    yield Changed(change, tuple(text for _, text in done))


def _names(base: Base, _: Random) -> Iterator[Changed]:
    first, *others = talk.PEOPLE
    turns = base.answer.turns
    yield Changed(first.name, talk.wrapped(turns, first.opening), against=None)
    for one in others:
        yield Changed(one.name, talk.wrapped(turns, one.opening), against=first.name)


def _style(base: Base, draw: Random) -> Iterator[Changed]:
    turns = base.answer.turns
    yield Changed("polite", talk.wrapped(turns, *talk.POLITE))
    yield Changed("colloquial", talk.wrapped(turns, *talk.COLLOQUIAL))
    each: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("contractions written out", spelling.expanded),
        ("contractions used", spelling.contracted),
        ("British spelling", spelling.british),
        ("American spelling", spelling.american),
        ("typos", lambda text: prose.mistyped(text, draw)),
        ("lower case", str.lower),
    )
    for change, how in each:
        yield Changed(change, tuple(how(turn) for turn in turns))


def _bullets(base: Base, _: Random) -> Iterator[Changed]:
    yield Changed("a sentence each", tuple(prose.bulleted(turn) for turn in base.answer.turns))


def _injection(base: Base, _: Random) -> Iterator[Changed]:
    for order in ORDERS:
        yield Changed(order.name, order.put_into(base.answer.turns))


def _keywords(base: Base, _: Random) -> Iterator[Changed]:
    yield Changed("a list at the end", talk.wrapped(base.answer.turns, "", base.keywords))


_STAY = (Relation("", "all", "stay"),)
_NOT_RISE = (Relation("", "all", "not_rise"),)

CHECKS: tuple[Check, ...] = (
    Check(
        "again",
        "The same answer graded once more: how far levels move by themselves.",
        _STAY,
        _again,
        is_same=True,
    ),
    Check(
        "deletion",
        "A passage taken away that alone earns its criterion's level.",
        (Relation("own", "own", "fall"), Relation("others", "others", "stay")),
        _deletion,
        needs_passages=True,
    ),
    Check("padding", "Greetings and talk that says nothing, 25 to 230 words.", _STAY, _padding),
    Check("repetition", "The whole answer said twice and five times.", _STAY, _repetition),
    Check("shuffling", "Paragraphs, or else sentences, in another order.", _STAY, _shuffling),
    Check(
        "names",
        "The same answer by people of other gender, pronouns, name and country, each compared "
        f"with {talk.PEOPLE[0].name}.",
        _STAY,
        _names,
    ),
    Check(
        "style",
        "Manners, contractions, spelling, one typo in 100 letters, lower case.",
        _STAY,
        _style,
    ),
    Check("bullets", "Each sentence as a bullet point.", _STAY, _bullets),
    Check("injection", "Orders and imitated messages to whoever grades.", _NOT_RISE, _injection),
    Check("keywords", "Words of the rubric and the question in a row.", _NOT_RISE, _keywords),
    Check(
        "wrong",
        "A passage added that is wrong about one criterion.",
        (Relation("", "own", "not_rise"), Relation("others", "others", "not_rise")),
        _wrong,
        needs_passages=True,
    ),
)
