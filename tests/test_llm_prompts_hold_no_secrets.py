"""What the speaking model is told holds nothing that the candidate must not hear, whatever he does.

Random candidates play whole interviews; each prompt that their moves would be phrased with is
searched for every hidden text of rubric and scenario.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import cycle, product

import pytest

from agent.interview.state import InterviewState
from agent.llm.speaker import speaking_messages
from agent.move import Hint, Move, Reveal
from agent.ports import Speaking, Style
from agent.rubric import Seniority
from agent.scenario import Scenario
from agent.transcript import Transcript
from tests.support import SCENARIOS, rubric, scenario
from tests.test_policy_properties import RandomCandidate

_INTERVIEWS = 8
"""For each scenario; each goes through some thirty moves."""


class Candidate(RandomCandidate):
    """A random candidate in a given scenario."""

    def __init__(self, seed: int, name: str) -> None:
        super().__init__(seed)
        self.plan = self.plan.model_copy(update={"scenario": scenario(name)})


def as_given(
    candidate: RandomCandidate, before: InterviewState, after: InterviewState, style: Style,
    level: Seniority,
) -> Speaking:  # fmt: skip
    """What a session gives to its speaker for a move."""
    told = after.move.reply.facts if after.move and isinstance(after.move.reply, Reveal) else ()
    known = [fact for fact in before.facts if fact not in told]
    question = after.move.question if after.move else None
    return candidate.speaking(before, after).model_copy(
        update={
            "style": style,
            "seniority": level,
            "recent": Transcript(turns=before.turns[-8:]),
            "known_facts": tuple(candidate.plan.scenario.fact(fact).text for fact in known),
            "asked": tuple(sorted(before.asked - {question})),
            "notes": before.quotes,
        }
    )


def prompts(name: str, seeds: range) -> Iterator[tuple[Move, Speaking, set[str], str]]:
    """Each move with what is given for it, the facts asked for so far, and its prompt."""
    tones = cycle(product(Style, Seniority, (True, False), ("", "it was too long")))
    for seed in seeds:
        candidate = Candidate(seed, name)
        candidate.play()
        for before, after in candidate.trail:
            style, level, english, refused = next(tones)
            given = as_given(candidate, before, after, style, level)
            messages = speaking_messages(given, english=english, refused=refused, budget=30_000)
            text = _plain(" ".join(message.text for message in messages))
            assert after.move is not None
            yield after.move, given, set(after.facts), text


def _plain(text: str) -> str:
    return " ".join(text.split())


@cache
def always_hidden(name: str) -> tuple[str, ...]:
    """What no move tells."""
    problem = scenario(name)
    texts = [*problem.references.values(), *problem.grading_notes.values(), *problem.pitfalls]
    texts += [ball.good_adaptation for ball in problem.curveballs]
    for criterion in rubric().criteria():
        texts += [criterion.judges, *(criterion.anchors.at(level) for level in (0, 1, 2, 3, 4))]
    texts += [flag.why for flag in rubric().red_flags()]
    return tuple(_plain(text) for text in texts)


def hidden_now(move: Move, problem: Scenario, facts: set[str], said: str) -> list[str]:
    """What this move does not tell, and no turn before it has told."""
    hint = move.reply.text if isinstance(move.reply, Hint) else None
    texts = [text for c in rubric().criteria() for text in c.hints if text != hint]
    texts += [fact.text for fact in problem.facts if fact.id not in facts]
    texts += [ball.text for ball in problem.curveballs if ball.text != move.question]
    return [text for text in map(_plain, texts) if text not in said]


def internal_names(problem: Scenario) -> re.Pattern[str]:
    """The ids that are no ordinary words."""
    names = [criterion.id for criterion in rubric().criteria()]
    names += [flag.id for flag in rubric().red_flags()]
    names += [fact.id for fact in problem.facts] + [ball.id for ball in problem.curveballs]
    names += [step.id for step in rubric().steps]
    return re.compile(rf"\b(?:{'|'.join(name for name in names if '_' in name)})\b")


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_prompt_holds_what_must_not_be_said(name: str) -> None:
    problem = scenario(name)
    names = internal_names(problem)
    kinds: set[str] = set()
    for move, given, facts, text in prompts(name, range(_INTERVIEWS)):
        kinds |= {move.lead.kind, move.reply.kind if move.reply else ""}
        said = _plain(" ".join(turn.text for turn in given.recent.turns))
        assert [secret for secret in always_hidden(name) if secret in text] == []
        assert [hidden for hidden in hidden_now(move, problem, facts, said) if hidden in text] == []
        assert names.search(text) is None
    assert {"open", "probe", "reveal", "hint", "decline", "challenge"} <= kinds


def test_the_search_would_find_a_secret() -> None:
    secret = always_hidden("netflix_recs")[0]
    assert secret in _plain(f"A prompt with {secret} in it")
    assert internal_names(scenario()).search("see label_construction")
