"""The rules of the policy, one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.interview import events as ev
from agent.interview.plan import Options, Pace, Plan
from agent.interview.policy import LAST_WORD, decide, decide_by_rule
from agent.interview.state import InterviewState, apply
from agent.move import (
    Challenge,
    Decline,
    Farewell,
    Floor,
    Hint,
    LastWord,
    Move,
    Open,
    Probe,
    Reveal,
    ThrowCurveball,
)
from agent.ports import Depth, FlagSighting, Intent, Observation, Sighting
from agent.rubric import ProbeKind
from tests.support import rubric, scenario

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST, _SECOND = (step.id for step in rubric().steps[:2])
_FACT = scenario().facts[0].id


class Table:
    """An interview played by hand: observations in, moves out."""

    def __init__(self, **options: Any) -> None:
        self.plan = Plan(rubric=rubric(), scenario=scenario(), options=Options(**options))
        self.state = InterviewState()
        self.clock = 0.0
        self._event(
            ev.Started, interview="x", scenario=scenario().id, scenario_hash="",
            rubric=rubric().id, rubric_hash="", options=self.plan.options, engine="offline",
            version="0",
        )  # fmt: skip
        self.rule, self.move = "", self._decided()

    def answer(self, *, seconds: float = 1.0, **seen: Any) -> Move:
        """An answer with this observation; returns the move that follows."""
        self.clock += seconds
        self._event(ev.CandidateSaid, text="…")
        self._event(ev.Observed, observation=Observation(**seen))
        self.move = self._decided()
        return self.move

    def meet(self, step: str, depth: Depth = Depth.reasoned, **seen: Any) -> Move:
        """An answer that meets all criteria of a step."""
        return self.answer(sightings=sighted(step, depth), **seen)

    def _decided(self) -> Move:
        self.rule, move = decide_by_rule(self.plan, self.state)
        self._event(ev.Moved, move=move)
        self._event(ev.InterviewerSaid, text="…")
        return move

    def _event(self, kind: type, **fields: object) -> None:
        self.state = apply(self.state, kind(clock=self.clock, at=_NOW, **fields))


def sighted(step: str, depth: Depth = Depth.reasoned) -> tuple[Sighting, ...]:
    """Sightings of all criteria of a step."""
    return tuple(
        Sighting(criterion=c.id, quote="…", depth=depth) for c in rubric().step(step).criteria
    )


def led(move: Move, kind: type) -> Any:
    """The move's lead, which must be of this kind."""
    assert isinstance(move.lead, kind), move
    return move.lead


def test_the_first_move_opens_the_first_step() -> None:
    lead = led(Table().move, Open)
    assert (lead.step, lead.cause) == (_FIRST, "start")


def test_the_candidate_may_end_it() -> None:
    assert led(Table().answer(intent=Intent.end), Farewell).cause == "candidate"


def test_time_that_is_used_up_ends_it() -> None:
    assert led(Table(minutes=10).answer(seconds=601), Farewell).cause == "time"


@pytest.mark.parametrize("intent", [Intent.fish, Intent.orders, Intent.off_topic, Intent.abuse])
def test_what_leads_away_is_declined_and_the_step_stays(intent: Intent) -> None:
    table = Table()
    move = table.answer(intent=intent)
    assert isinstance(move.reply, Decline)
    assert isinstance(move.lead, Floor)
    assert table.state.step == _FIRST


def test_a_fact_that_is_asked_for_is_revealed_and_nothing_else() -> None:
    move = Table().answer(intent=Intent.ask_facts, facts=(_FACT,))
    assert move.reply == Reveal(facts=(_FACT,))
    assert isinstance(move.lead, Floor)


def test_what_the_sheet_does_not_hold_is_left_to_an_assumption() -> None:
    move = Table().answer(intent=Intent.ask_facts, asked_beyond_sheet=True)
    assert move.reply == Reveal(unknown=True)


def test_a_fact_asked_for_within_an_answer_is_revealed_with_the_next_question() -> None:
    sightings = (Sighting(criterion="ml_task", quote="…", depth=Depth.named),)
    move = Table().answer(intent=Intent.ask_facts, facts=(_FACT,), sightings=sightings)
    assert isinstance(move.reply, Reveal)
    assert isinstance(move.lead, Probe)


def test_hints_rise_in_strength_and_then_end() -> None:
    table = Table(pace=Pace.relaxed)
    criterion = led(table.answer(), Probe).criterion
    hints = [table.answer(intent=Intent.ask_hint).reply for _ in range(3)]
    assert [(h.criterion, h.strength) for h in hints if isinstance(h, Hint)] == [
        (criterion, 1),
        (criterion, 2),
        (criterion, 3),
    ]
    after = table.answer(intent=Intent.ask_hint).reply
    assert not isinstance(after, Hint) or after.criterion != criterion


def test_before_a_step_is_left_an_unseen_must_have_is_asked_for_once() -> None:
    table = Table()
    probe = led(table.answer(intent=Intent.move_on), Probe)
    assert probe.before_leaving
    assert rubric().criterion(probe.criterion).must_have
    assert led(table.answer(), Open).step == _SECOND


def test_the_candidate_may_go_back_and_then_on_where_he_was() -> None:
    table = Table()
    table.meet(_FIRST)
    assert table.state.step == _SECOND
    back = led(table.answer(intent=Intent.move_to, target_step=_FIRST), Open)
    assert (back.step, back.cause) == (_FIRST, "candidate")
    forward = led(table.answer(intent=Intent.move_on), Open)
    assert (forward.step, forward.cause) == (_SECOND, "return")


def test_who_skips_ahead_is_brought_back_once_and_then_followed() -> None:
    table = Table()
    brought = led(table.meet("serving"), Probe)
    assert brought.brings_back_from == "serving"
    followed = led(table.meet("mlops"), Open)
    assert (followed.step, followed.cause) == ("mlops", "candidate")


def test_one_passing_mention_of_a_later_step_is_no_skipping() -> None:
    sightings = (Sighting(criterion="rollout", quote="…", depth=Depth.named),)
    assert led(Table().answer(sightings=sightings), Probe).brings_back_from is None


def test_a_step_passed_over_is_taken_up_at_the_end() -> None:
    table = Table(steps=("metrics", "model", "mlops"))
    table.answer(intent=Intent.move_to, target_step="mlops")
    table.answer()
    assert table.state.step == "mlops"
    skipped = led(table.meet("mlops"), Open)
    assert (skipped.step, skipped.cause) == ("model", "skipped")


def test_a_step_that_is_taken_up_again_names_the_criterion_that_is_asked_about() -> None:
    table = Table(steps=("metrics", "model"))
    baseline = (Sighting(criterion="baseline", quote="…", depth=Depth.reasoned),)
    opened = led(table.answer(sightings=(*sighted("metrics"), *baseline)), Open)
    # Why this model is asked once the model is known; until then the question is about the model.
    assert (opened.begun, opened.criterion) == (True, "primary_model")


def test_a_red_flag_is_challenged_once() -> None:
    flag = rubric().red_flags()[0]
    table = Table()
    seen = (FlagSighting(flag=flag.id, quote="…"),)
    assert led(table.answer(flags=seen), Challenge).question == flag.challenge
    assert not isinstance(table.answer(flags=seen).lead, Challenge)


def test_the_curveball_comes_in_its_step() -> None:
    table = Table()
    ball = table.plan.curveball()
    assert ball is not None
    for step in rubric().steps:
        table.meet(step.id)
        if table.state.curveball:
            break
    assert table.state.step == ball.step


def test_a_wish_to_move_on_outlasts_the_curveball_that_comes_before() -> None:
    table = Table()
    ball = table.plan.curveball()
    assert ball is not None
    steps = [step.id for step in rubric().steps]
    while table.state.step != ball.step:
        table.meet(table.state.step or _FIRST, intent=Intent.move_on)
    must_haves = [
        Sighting(criterion=c.id, quote="…", depth=Depth.reasoned)
        for c in rubric().step(ball.step).criteria
        if c.must_have
    ]
    led(table.answer(intent=Intent.move_on, sightings=must_haves), ThrowCurveball)
    lead = led(table.answer(), Open)
    assert (lead.step, lead.cause) == (steps[steps.index(ball.step) + 1], "candidate")


def test_a_short_interview_has_no_curveball() -> None:
    assert Table(minutes=29).plan.curveball() is None


def test_a_used_up_budget_leads_to_the_next_step() -> None:
    table = Table()
    lead = led(table.answer(seconds=301), Open)
    assert (table.rule, lead.step, lead.cause) == ("budget", _SECOND, "budget")


def test_no_wish_of_the_candidate_stretches_a_step() -> None:
    move = Table().answer(seconds=301, intent=Intent.ask_facts, facts=(_FACT,))
    assert isinstance(move.reply, Reveal)
    assert led(move, Open).cause == "budget"


def test_near_the_end_of_a_budget_there_is_one_nudge() -> None:
    table = Table()
    assert table.answer(seconds=250).nudge
    assert not table.answer(seconds=10).nudge


def test_budgets_scale_with_the_length_of_the_interview() -> None:
    plan = Table(minutes=25).plan
    assert plan.seconds(_FIRST) == 150


def test_in_the_relaxed_pace_only_turns_count() -> None:
    table = Table(pace=Pace.relaxed)
    limit = table.plan.turns(_FIRST)
    for _ in range(limit - 1):
        table.answer(seconds=10_000)
    assert table.state.step == _FIRST
    table.answer()
    assert table.state.step == _SECOND


def test_must_haves_are_probed_first_and_openly() -> None:
    probe = led(Table().answer(), Probe)
    assert rubric().criterion(probe.criterion).must_have
    assert probe.probe is ProbeKind.open


def test_a_criterion_that_is_not_met_is_asked_for_twice_at_most() -> None:
    table = Table(pace=Pace.relaxed)
    asked = [led(table.answer(), Probe).criterion for _ in range(4)]
    assert max(asked.count(name) for name in asked) == 2


def test_an_answer_without_reasons_is_probed_for_them() -> None:
    table = Table(pace=Pace.relaxed)
    probe = led(table.meet(_FIRST, Depth.named), Probe)
    assert (table.rule, probe.probe) == ("probe_reasons", ProbeKind.challenging)


def test_what_was_said_already_is_not_asked_for_again() -> None:
    table = Table()
    table.answer(sightings=(*sighted(_SECOND), *sighted(_FIRST)))
    opened = led(table.move, Open)
    assert opened.question != rubric().step(_SECOND).opening


def test_after_the_last_step_there_is_a_last_word_and_then_the_end() -> None:
    table = Table(steps=("metrics",))
    assert led(table.meet("metrics"), LastWord).question == LAST_WORD
    assert led(table.answer(), Farewell).cause == "covered"


def test_an_unobserved_answer_is_followed_by_an_authored_probe() -> None:
    table = Table()
    table._event(ev.CandidateSaid, text="…")
    table._event(ev.Observed, observation=None, error="unreachable")
    assert isinstance(decide(table.plan, table.state).lead, Probe)
    assert table.state.unobserved == (1,)


def test_why_this_model_is_not_asked_before_a_model_was_named() -> None:
    table = Table(steps=("model",))
    baseline = (Sighting(criterion="baseline", quote="…", depth=Depth.reasoned),)
    assert led(table.answer(sightings=baseline), Probe).criterion == "primary_model"


def test_a_wish_that_was_put_off_is_dropped_for_a_new_one() -> None:
    table = Table()
    table.meet(_FIRST)
    table.answer(intent=Intent.move_to, target_step="serving")
    table.answer(intent=Intent.move_to, target_step=_SECOND)
    assert table.state.wish is None
    table.answer()
    assert table.state.step == _SECOND


def test_who_says_that_he_speaks_of_a_later_step_is_brought_back_from_it() -> None:
    assert led(Table().answer(topic="serving"), Probe).brings_back_from == "serving"


def test_the_answer_to_a_challenge_is_no_skipping_ahead() -> None:
    table = Table()
    table.answer(flags=(FlagSighting(flag=rubric().red_flags()[0].id, quote="…"),))
    move = table.meet("serving")
    assert led(move, Probe).brings_back_from is None


def test_a_match_alone_does_not_pass_over_a_step() -> None:
    table = Table()
    table.meet(_FIRST)
    table.meet(_SECOND)
    assert led(table.meet("mlops"), Probe).brings_back_from == "mlops"
    plain = Table(steps=(_FIRST, _SECOND, "mlops"))
    must_haves = [s for s in sighted(_FIRST) if rubric().criterion(s.criterion).must_have]
    plain.answer(sightings=tuple(must_haves))
    assert led(plain.meet("mlops"), Open).step == _SECOND
