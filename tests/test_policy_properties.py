"""The machine, driven by thousands of random candidates: what holds whatever they do."""

import random
from collections import Counter
from datetime import UTC, datetime

import pytest

from agent.interview import events as ev
from agent.interview.plan import Options, Pace, Plan
from agent.interview.policy import decide
from agent.interview.state import InterviewState, apply
from agent.move import Open, Reveal, ThrowCurveball
from agent.offline.speaker import words_for
from agent.ports import Depth, FlagSighting, Intent, Observation, Sighting, Speaking
from agent.rubric import Seniority
from agent.transcript import Party, Transcript
from tests.support import SCENARIOS, rubric, scenario

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CANDIDATES = 2000
_BATCHES = 8


class RandomCandidate:
    """Plays one interview through policy and fold with random observations."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        pace = self.random.choice(list(Pace))
        steps = tuple(
            self.random.sample([s.id for s in rubric().steps], self.random.choice([0, 0, 2, 7]))
        )
        minutes = self.random.choice([None, 5.0, 30.0, 90.0]) if pace is Pace.timed else None
        self.plan = Plan(
            rubric=rubric(),
            scenario=scenario(self.random.choice(SCENARIOS)),
            options=Options(
                level=self.random.choice(list(Seniority)), pace=pace, minutes=minutes, steps=steps
            ),
        )
        self.slowness = self.random.choice([5, 60, 400])
        self.wishes = self.random.choice([0.05, 0.5, 1.0])
        self.knows = self.random.choice([0.0, 0.1, 0.5])
        self.clock = 0.0
        self.state = InterviewState()
        self.trail: list[tuple[InterviewState, InterviewState]] = []

    def play(self) -> None:
        """Play to the end; fails if there is none."""
        self._event(
            ev.Started, interview="x", scenario=self.plan.scenario.id, scenario_hash="",
            rubric=rubric().id, rubric_hash="", options=self.plan.options, engine="offline",
            version="0",
        )  # fmt: skip
        for _ in range(self.plan.total_turns() + 1):
            before = self.state
            self._event(ev.Moved, move=decide(self.plan, self.state))
            self.trail.append((before, self.state))
            self._event(ev.InterviewerSaid, text=words_for(self.speaking(before, self.state)))
            if self.state.ended:
                return
            self.clock += self.random.random() * self.slowness
            command = self._observation() if self.random.random() < 0.1 else None
            self._event(ev.CandidateSaid, text="…", command=command)
            observation: Observation | None = command or self._observation()
            if self.random.random() < 0.03:
                observation = None
            self._event(ev.Observed, observation=observation)
        raise AssertionError("the interview did not end")

    def _event(self, kind: type, **fields: object) -> None:
        self.state = apply(self.state, kind(clock=self.clock, at=_NOW, **fields))

    def speaking(self, before: InterviewState, after: InterviewState) -> Speaking:
        """What the speaker is given for the move that led from one state to the next."""
        move = after.move
        assert move is not None
        facts = move.reply.facts if isinstance(move.reply, Reveal) else ()
        return Speaking(
            move=move,
            turn=len(before.turns),
            style=self.plan.options.style,
            seniority=self.plan.options.level,
            prompt=self.plan.scenario.prompt,
            facts=tuple(self.plan.scenario.fact(fact).text for fact in facts),
            step=before.step,
            titles={step.id: step.title for step in rubric().steps},
            recent=Transcript(),
        )

    def _observation(self) -> Observation:
        pick = self.random
        intent = pick.choice(list(Intent)) if pick.random() < self.wishes else Intent.answer
        if intent is Intent.end and pick.random() < 0.9:
            intent = Intent.answer
        target = (
            pick.choice([s.id for s in self.plan.steps()]) if intent is Intent.move_to else None
        )
        facts = [f.id for f in self.plan.scenario.facts if pick.random() < 0.1]
        flags = [f.id for f in rubric().red_flags() if pick.random() < 0.05]
        return Observation(
            intent=intent,
            target_step=target,
            facts=tuple(facts) if intent is Intent.ask_facts else (),
            asked_beyond_sheet=intent is Intent.ask_facts and not facts,
            sightings=tuple(
                Sighting(criterion=c.id, quote="…", depth=pick.choice(list(Depth)))
                for c in rubric().criteria()
                if pick.random() < self.knows
            ),
            flags=tuple(FlagSighting(flag=flag, quote="…") for flag in flags),
        )


def played(batch: int) -> list[RandomCandidate]:
    """A batch of random interviews."""
    size = _CANDIDATES // _BATCHES
    candidates = [RandomCandidate(seed) for seed in range(batch * size, (batch + 1) * size)]
    for candidate in candidates:
        candidate.play()
    return candidates


@pytest.fixture(scope="module", params=range(_BATCHES))
def batch(request: pytest.FixtureRequest) -> list[RandomCandidate]:
    """Random interviews, all of which came to an end."""
    return played(request.param)


def test_no_question_is_put_twice(batch: list[RandomCandidate]) -> None:
    for candidate in batch:
        moves = [after.move for _, after in candidate.trail]
        asked = Counter(move.question for move in moves if move and move.question)
        assert not [question for question, count in asked.items() if count > 1]


def test_no_fact_is_revealed_that_was_not_asked_for(batch: list[RandomCandidate]) -> None:
    for candidate in batch:
        for before, after in candidate.trail:
            said = after.move and words_for(candidate.speaking(before, after))
            told = {f.id for f in candidate.plan.scenario.facts if f.text in (said or "")}
            asked = set(before.observation.facts) if before.observation else set()
            assert told <= asked


def test_steps_are_entered_in_order_unless_the_candidate_or_a_gap_is_the_cause(
    batch: list[RandomCandidate],
) -> None:
    for candidate in batch:
        order = [step.id for step in candidate.plan.steps()]
        for before, after in candidate.trail:
            lead = after.move.lead if after.move else None
            if not isinstance(lead, Open) or lead.cause not in ("start", "covered", "budget"):
                continue
            here = -1 if before.step is None else order.index(before.step)
            between = order[here + 1 : order.index(lead.step)]
            assert order.index(lead.step) > here
            assert all(step in before.entered for step in between)


def test_a_budget_is_overdrawn_by_one_reaction_at_most(batch: list[RandomCandidate]) -> None:
    for candidate in batch:
        for step in candidate.plan.steps():
            left_at = [
                before.turns_in(step.id)
                for before, after in candidate.trail
                if before.step == step.id and after.step != step.id
            ]
            returns = sum(
                isinstance(a.move.lead, Open) and a.move.lead.step == step.id
                for _, a in candidate.trail
                if a.move
            )
            # A challenge, the curveball and the last word may follow the answer that used the
            # budget up; each return to the step brings one more answer.
            allowed = candidate.plan.turns(step.id) + 3 + 3 * returns
            assert max(left_at, default=0) <= allowed


def test_the_curveball_comes_once_where_there_is_time_for_it(
    batch: list[RandomCandidate],
) -> None:
    for candidate in batch:
        thrown = [
            after.move.lead
            for _, after in candidate.trail
            if after.move and isinstance(after.move.lead, ThrowCurveball)
        ]
        assert len(thrown) <= 1
        if candidate.plan.total_minutes() < 30:
            assert not thrown
        elif candidate.state.ended == "covered" and candidate.plan.curveball():
            assert len(thrown) == 1


def test_every_turn_of_the_interviewer_says_something(batch: list[RandomCandidate]) -> None:
    for candidate in batch:
        said = [t.text for t in candidate.state.turns if t.speaker is Party.interviewer]
        assert all(text.strip() for text in said)
