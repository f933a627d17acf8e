"""What a scripted candidate can say about a scenario: gold passages, questions, a reaction.

The passages are those of `evals/gold/SCENARIO.yaml`, whose levels are known by construction.
Nothing is chosen here that a persona or a seed should choose: see `evals.selfplay.scripted`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent.catalog import read_yaml_mapping, validated
from agent.errors import InputError
from agent.frozen import content_hash
from agent.offline.text import sentences
from agent.rubric import Rubric
from agent.scenario import Fact, Scenario
from evals.formats.passages import Passage, PassageFile
from evals.records import GOLD
from evals.selfplay.wordings import QUESTIONS

_T = TypeVar("_T")


@dataclass(frozen=True)
class Material:
    """A scenario with the passages on it. `hash` is that of the passage file's content."""

    rubric: Rubric
    scenario: Scenario
    passages: tuple[Passage, ...]
    hash: str

    def on(self, criterion: str) -> tuple[Passage, ...]:
        """All passages on a criterion, in the file's order."""
        return tuple(one for one in self.passages if one.criterion == criterion)

    @property
    def fillers(self) -> tuple[str, ...]:
        """Talk without content, as people put it around an answer."""
        return tuple(spoken(one) for one in self.passages if one.criterion is None)


def load_material(rubric: Rubric, scenario: Scenario, folder: Path = GOLD) -> Material:
    """The passages of a scenario; raises InputError if there are none for it, or FileError."""
    path = folder / f"{scenario.id}.yaml"
    if not path.is_file():
        raise InputError(
            f"{path}: there are no passages for {scenario.id!r}, and scripted candidates speak "
            "those; name a scenario that has some, or a model that plays the candidates"
        )
    file = validated(PassageFile, read_yaml_mapping(path), path)
    return Material(rubric, scenario, file.passages, content_hash(file))


def spoken(passage: Passage) -> str:
    """A passage on one line."""
    return " ".join(passage.text.split())


def first_sentence(text: str) -> str:
    """The first sentence of a text."""
    return next(iter(sentences(text))).text


def question_of(ask: str, *keys: object) -> str:
    """A question for what one of a fact's `asks` names; the keys choose its wording."""
    if ask.startswith("how "):
        return f"{ask[0].upper()}{ask[1:]}?"
    return drawn(QUESTIONS, "wording", ask, *keys).format(ask=ask)


def asks_apart(fact: Fact, *keys: object) -> tuple[str, str]:
    """Two of a fact's `asks`, one to ask with and another to ask again."""
    first, again, *_ = shuffled(fact.asks, fact.id, *keys)
    return first, again


def drawn(among: Sequence[_T], *keys: object) -> _T:
    """One of several, by a hash of the keys: the same keys draw the same everywhere."""
    return among[_number(*keys) % len(among)]


def shuffled(among: Sequence[_T], *keys: object) -> list[_T]:
    """All of them in an order that follows from the keys."""
    numbered = sorted(range(len(among)), key=lambda at: _number(at, *keys))
    return [among[at] for at in numbered]


def chance(*keys: object) -> float:
    """A number from 0 up to 1 that follows from the keys."""
    return _number(*keys) / 2**64


def _number(*keys: object) -> int:
    digest = hashlib.sha256("\0".join(map(str, keys)).encode()).digest()
    return int.from_bytes(digest[:8])
