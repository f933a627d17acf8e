"""Who is interviewed: ten simulated candidates, each meant to show one thing of the interviewer.

Data only. How a persona is played from passages is the business of `evals.selfplay.scripted`, how
a model plays it that of `evals.selfplay.actor`.
"""

from dataclasses import dataclass
from typing import Literal

from agent.errors import InputError

Manner = Literal["plain", "skips", "rambles", "asks_hints", "fishes", "asserts", "clips"]


@dataclass(frozen=True)
class Persona:
    """A simulated candidate.

    `levels` are those of the passages he speaks, by which the seed chooses. He opens a step with
    `opens_with` passages, asks for `asks` facts at the start and for `again` of them once more
    later on, and says that he does not know at a share `silent` (0 to 1) of the questions.
    """

    id: str
    title: str
    levels: tuple[int, ...]
    opens_with: int = 1
    asks: int = 0
    again: int = 0
    silent: float = 0.0
    manner: Manner = "plain"


PERSONAS: tuple[Persona, ...] = (
    Persona("excellent", "excellent", (3, 4), opens_with=3, asks=6, again=2),
    Persona("good", "good", (2, 3), opens_with=2, asks=4, again=1),
    Persona("middling", "middling", (1, 2), asks=2, again=1, silent=0.2),
    Persona("poor", "poor", (0, 1), silent=0.35),
    Persona("skipper", "jumps ahead", (2, 3), manner="skips"),
    Persona("rambler", "talks at length", (1, 2), asks=2, again=1, manner="rambles"),
    Persona("hint_seeker", "asks for hints", (1, 2), asks=1, manner="asks_hints"),
    Persona("rubric_thief", "fishes for the rubric", (0, 1), silent=0.35, manner="fishes"),
    Persona("wrong_but_confident", "wrong but confident", (0,), opens_with=2, manner="asserts"),
    Persona("terse", "terse", (2,), asks=2, manner="clips"),
)

ORDERED: tuple[str, ...] = ("excellent", "good", "middling", "poor")
"""The personas whose scores have an order, best first."""

COMPARED_WITH_THIEF = "poor"
"""Who speaks as much and as well as the one who fishes, but does not fish."""


def personas(names: tuple[str, ...] = ()) -> tuple[Persona, ...]:
    """The personas of these names, all if none is named; raises InputError for an unknown one."""
    known = {one.id: one for one in PERSONAS}
    for name in names:
        if name not in known:
            raise InputError(f"unknown persona {name!r}; the personas are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) if names else PERSONAS
