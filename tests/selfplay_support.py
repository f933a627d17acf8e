"""Played interviews made by hand, turn by turn, and small orders for real ones."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.frozen import content_hash
from agent.interview import events as ev
from agent.interview.plan import Options
from agent.interview.session import record_of
from agent.move import Decline, Floor, Hint, Move, Open, Probe, Reveal
from agent.ports import Depth, EngineChoice, Observation, Sighting
from agent.rubric import ProbeKind
from agent.scorecard import CriterionGrade, HelpSummary, Margin, Provenance, Scorecard
from evals.selfplay.candidate import Request
from evals.selfplay.play import Order
from evals.selfplay.played import Header, Played
from evals.selfplay.replay import Replayed, replayed
from tests.support import rubric, scenario

OPENING = Move(lead=Open(step="problem_formulation", cause="start", question="How would you go?"))
SHORT = Options(steps=("metrics",))
_THEN = datetime(2026, 1, 1, tzinfo=UTC)


def probe(criterion: str, question: str, kind: ProbeKind = ProbeKind.open) -> Move:
    """A question about a criterion."""
    return Move(lead=Probe(criterion=criterion, probe=kind, question=question))


def reveal(*facts: str) -> Move:
    """The facts that were asked for."""
    return Move(reply=Reveal(facts=facts), lead=Floor())


def hint(criterion: str) -> Move:
    """The weakest hint."""
    reply = Hint(criterion=criterion, strength=1, text="Think of the last column of the table.")
    return Move(reply=reply, lead=Floor())


def decline(reason: Any = "fishing") -> Move:
    """A refusal."""
    return Move(reply=Decline(reason=reason), lead=Floor())


def saw(*criteria: str) -> Observation:
    """What the observer saw."""
    return Observation(
        sightings=tuple(Sighting(criterion=c, quote="so", depth=Depth.named) for c in criteria)
    )


def exchange(
    *turns: tuple[Any, str],
    persona: str = "good",
    percent: float | None = 50.0,
    levels: dict[str, int] | None = None,
    requests: Sequence[Request] = (),
    seconds: float = 10.0,
    seed: int = 0,
    scenario_id: str = "netflix_recs",
) -> Replayed:
    """An interview of these turns: a Move with its words, or an Observation with the candidate's.

    Each turn of the candidate takes so many `seconds`.
    """
    clock = 0.0
    events: list[ev.Event] = [
        ev.Started(
            clock=0, at=_THEN, interview="x", scenario=scenario_id, scenario_hash="",
            rubric="ml_system_design", rubric_hash="", options=Options(), engine="offline",
            version="0",
        )
    ]  # fmt: skip
    for what, text in turns:
        if isinstance(what, Move):
            events.append(ev.Moved(clock=clock, at=_THEN, move=what))
            events.append(ev.InterviewerSaid(clock=clock, at=_THEN, text=text))
        else:
            clock += seconds
            events.append(ev.CandidateSaid(clock=clock, at=_THEN, text=text))
            events.append(ev.Observed(clock=clock, at=_THEN, observation=what))
    events.append(ev.Left(clock=clock, at=_THEN))
    events.append(ev.Graded(clock=clock, at=_THEN, scorecard=_card(percent, levels or {})))
    header = Header(
        scenario=scenario_id, persona=persona, seed=seed, options=Options(), rubric_hash="",
        scenario_hash="", engine=EngineChoice(), prompts=None, candidate=None, part="", code="",
    )  # fmt: skip
    record = record_of(scenario(), tuple(events))
    return replayed(Played(header=header, record=record, requests=tuple(requests)))


def wanted(turn: int, kind: Any, fact: str | None = None) -> Request:
    """What the candidate wanted in a turn."""
    return Request(turn=turn, kind=kind, fact=fact)


def order(*names: str, **given: Any) -> Order:
    """One scenario and a single short step."""
    return Order(scenarios=("netflix_recs",), personas=names, options=SHORT, **given)


def files(folder: Path) -> dict[str, int]:
    """The interviews kept in a folder, with the time at which each was written."""
    return {path.stem: path.stat().st_mtime_ns for path in folder.glob("interviews/*.json")}


def _card(percent: float | None, levels: dict[str, int]) -> Scorecard:
    return Scorecard(
        percent=percent, unprompted_percent=percent, coverage=100, level=None, decision=None,
        decision_reason="", margin=Margin(above_floor=None, to_next=None, next=None),
        failed_must_haves=(), steps=(), flags=(), strengths=(), gaps=(), ledger=(), facts=(),
        criteria=tuple(
            CriterionGrade(
                id=name, title=name, step=rubric().section_of(name).id, weight=1,
                must_have=False, level=level, reason="",
            )
            for name, level in levels.items()
        ),
        help=HelpSummary(
            probes=0, hints=0, challenges=0, points_unprompted=0, points_after_probe=0,
            points_after_hint=0,
        ),
        provenance=Provenance(
            version="0", engine="offline", rubric="ml_system_design", rubric_version="1",
            rubric_hash=content_hash(rubric()), note="",
        ),
    )  # fmt: skip
