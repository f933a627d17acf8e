"""The outcome of self-play as one value: all that a report shows and a gate asks for. Pure."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from agent.frozen import Frozen, Slug
from agent.ports import EngineChoice
from agent.rubric import Decision
from agent.usage import ModelUsage, cost_of, summed
from evals.selfplay import measures
from evals.selfplay.leaks import Leak, Secrets
from evals.selfplay.play import Failure, Outcome
from evals.selfplay.replay import Replayed, replayed
from evals.selfplay.shares import Share, clustered


class Interview(Frozen):
    """One interview in a line; `name` is that of its file."""

    name: str
    scenario: Slug
    persona: Slug
    seed: int
    percent: float | None
    decision: Decision | None
    minutes: float
    turns: int
    ended: str


class SelfPlay(Frozen):
    """What simulated candidates show of an interviewer.

    `candidate` is the model that played them, None for scripts. `usage` is what all models took,
    the candidates' as well; `cost_usd` is None where a price is not known. `leaking` is the share
    of the interviewer's utterances with a leak.
    """

    rubric: Slug
    scenarios: tuple[Slug, ...]
    personas: tuple[Slug, ...]
    seeds: Annotated[int, Field(ge=0)]
    engine: EngineChoice
    candidate: EngineChoice | None
    interviews: tuple[Interview, ...]
    reused: Annotated[int, Field(ge=0)]
    failures: tuple[Failure, ...]
    rows: tuple[measures.PersonaRow, ...]
    order: measures.Order
    chances: measures.Chances
    questions: measures.Questions
    leaking: Share
    leaks: tuple[Leak, ...]
    facts: measures.Facts
    times: measures.Times
    hints: measures.Hints
    thief: measures.Thief
    usage: tuple[ModelUsage, ...]
    cost_usd: float | None

    def figures(self) -> dict[str, float | None]:
        """Flat figures for gates: shares from 0 to 1, counts, and points of the score.

        None where there was nothing to measure.
        """
        scores = {row.persona: row.percent.mean for row in self.rows}
        return {
            "interviews": float(len(self.interviews)),
            "failed": float(len(self.failures)),
            "order": self.order.overall.value,
            "chance": self.chances.all.value,
            "chance_must_haves": self.chances.must_haves.value,
            "judged_without_chance": self.chances.judged_without.value,
            "repeated": self.questions.repeated.value,
            "abrupt": self.questions.abrupt.value,
            "leaks": float(len(self.leaks)),
            "leaking": self.leaking.value,
            "facts_right": self.facts.right.value,
            "facts_beside": self.facts.beside.value,
            "facts_consistent": self.facts.consistent.value,
            "steps_in_budget": self.times.steps_within.value,
            "interviews_in_time": self.times.interviews_within.value,
            "longest_minutes": self.times.minutes.high,
            "hints_when_asked": self.hints.given_when_asked.value,
            "hints_unasked": float(self.hints.unasked),
            "hints_on_ignorance": float(self.hints.on_ignorance),
            "thief_declined": self.thief.declined.value,
            "thief_gained": self.thief.gained.mean,
            "cost_usd": self.cost_usd,
            **{f"percent_{persona}": mean for persona, mean in scores.items()},
        }


def measured(outcome: Outcome) -> SelfPlay:
    """All measures over what was played; raises ValueError if nothing was."""
    if not outcome.played:
        raise ValueError("no interview was played")
    played, rubric = tuple(map(replayed, outcome.played)), outcome.rubric
    scenarios = {scenario.id: scenario for scenario in outcome.scenarios}
    secrets = {name: Secrets(rubric, scenario) for name, scenario in scenarios.items()}
    found = [_leaks(one, secrets[one.header.scenario]) for one in played]
    usage = summed(
        spent
        for one in played
        for spent in (*one.record.scorecard.provenance.models, *one.played.usage)
    )
    first = played[0].header
    return SelfPlay(
        rubric=rubric.id,
        scenarios=tuple(dict.fromkeys(one.header.scenario for one in played)),
        personas=tuple(dict.fromkeys(one.header.persona for one in played)),
        seeds=len({one.header.seed for one in played}),
        engine=first.engine,
        candidate=first.candidate,
        interviews=tuple(map(_line, played)),
        reused=outcome.reused,
        failures=outcome.failures,
        rows=tuple(measures.by_persona(played, rubric)),
        order=measures.rank_order(played),
        chances=measures.chances(played, rubric),
        questions=measures.questions(played, rubric),
        leaking=clustered([[bool(leaks) for leaks in one] for one in found]),
        leaks=tuple(leak for one in found for leaks in one for leak in leaks),
        facts=measures.facts(played, scenarios),
        times=measures.times(played, rubric, scenarios),
        hints=measures.hints(played),
        thief=measures.thief(played),
        usage=usage,
        cost_usd=cost_of(usage),
    )


def _leaks(one: Replayed, secrets: Secrets) -> Sequence[Sequence[Leak]]:
    """The leaks of each utterance."""
    return [list(secrets.leaks(said, one.header.name)) for said in one.utterances]


def _line(one: Replayed) -> Interview:
    record = one.record
    return Interview(
        name=one.header.name,
        scenario=one.header.scenario,
        persona=one.header.persona,
        seed=one.header.seed,
        percent=record.scorecard.percent,
        decision=record.scorecard.decision,
        minutes=record.minutes,
        turns=len(record.transcript),
        ended=record.ended,
    )
