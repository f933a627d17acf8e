"""Measures the offline engine on scripted candidates; `evals.results` writes it down.

    python -m evals.offline    prints the figures

Scripts stand in `evals/scripts/SET/SCENARIO/CANDIDATE.yaml`. The sets `tuned_*` were at hand
when the engine was built; `heldout` was written without sight of rubric, scenarios and the
other sets, and is only measured. It judges order and distance between candidates, not single
criteria.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from agent.catalog import Catalog
from agent.cli.turns import script_turns
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.offline.engine import OfflineEngine
from agent.scorecard import Scorecard
from agent.store.memory import MemoryLog

SCRIPTS = Path(__file__).resolve().parent / "scripts"
QUALITIES = ("poor", "middling", "good", "excellent")
"""The qualities that have an order, worst first; other candidates are probes of one fault."""


@dataclass(frozen=True)
class Played:
    """A script with the scorecard of its interview."""

    scenario: str
    candidate: str
    words: int
    card: Scorecard

    @property
    def percent(self) -> float:
        """The score; 0 when nothing could be graded."""
        return self.card.percent or 0.0


def play_set(name: str) -> list[Played]:
    """Play all scripts of a set with the offline engine."""
    catalog = Catalog()
    rubric = catalog.rubric()
    played = []
    for folder in sorted(path for path in (SCRIPTS / name).iterdir() if path.is_dir()):
        engine = OfflineEngine(rubric, catalog.scenario(folder.name))
        for path in sorted(folder.glob("*.yaml")):
            turns = script_turns(path)
            card = asyncio.run(_interview(engine, turns))
            words = sum(len(turn.split()) for turn in turns)
            played.append(Played(folder.name, path.stem, words, card))
    return played


async def _interview(engine: OfflineEngine, turns: list[str]) -> Scorecard:
    session = await Session.start(MemoryLog(), engine, Options(), ScriptClock(), source="script")
    for turn in turns:
        if not session.is_open:
            break
        await session.answer(turn)
    await session.leave()
    return await session.finish()


def pairs(played: list[Played]) -> Iterator[tuple[Played, Played]]:
    """All pairs (better, worse) of ordered candidates within a scenario."""
    for one, other in combinations(played, 2):
        if one.scenario != other.scenario:
            continue
        if one.candidate not in QUALITIES or other.candidate not in QUALITIES:
            continue
        better, worse = sorted(
            (one, other), key=lambda p: QUALITIES.index(p.candidate), reverse=True
        )
        yield better, worse


def in_order(played: list[Played]) -> tuple[int, int]:
    """How many pairs come out in the right order, of how many."""
    compared = list(pairs(played))
    return sum(better.percent > worse.percent for better, worse in compared), len(compared)


def in_order_by_length(played: list[Played]) -> tuple[int, int]:
    """The same if the number of words were the score: the yardstick to beat."""
    compared = list(pairs(played))
    return sum(better.words > worse.words for better, worse in compared), len(compared)


def smallest_gap(played: list[Played]) -> float:
    """The least distance in points between neighbouring qualities of one scenario."""
    present = [q for q in QUALITIES if any(p.candidate == q for p in played)]
    neighbours = set(zip(present[1:], present, strict=False))
    return min(
        better.percent - worse.percent
        for better, worse in pairs(played)
        if (better.candidate, worse.candidate) in neighbours
    )


def report() -> str:
    """The figures as Markdown."""
    lines = [
        "## Scripts",
        "",
        "Scripted candidates, `python -m evals.offline`; level mid, 50 minutes, script clock.",
        "Scores are percentages of the assessed weight.",
        "",
        "- `tuned_a`, `tuned_b`: the scripts at hand while thresholds and wording lists were",
        "  set. Their figures say that the engine can tell these candidates apart, not that it",
        "  can tell others.",
        "- `heldout`: written without sight of rubric, scenarios and the other sets. Its texts",
        "  were not looked at; its scores were seen while lists of terms were being told from",
        "  prose, on buzzword scripts that now stand in `tuned_b`.",
        "- The yardstick takes the number of words as the score.",
    ]
    for name in sorted(path.name for path in SCRIPTS.iterdir() if path.is_dir()):
        played = play_set(name)
        right, total = in_order(played)
        by_length, _ = in_order_by_length(played)
        lines += [
            "",
            f"### {name}",
            "",
            f"- pairs of one scenario in the right order: {right} of {total} "
            f"(by length alone: {by_length} of {total})",
            f"- smallest gap between neighbouring qualities: {smallest_gap(played):.1f} points",
            "",
            *_table(played),
        ]
    return "\n".join(lines) + "\n"


def _table(played: list[Played]) -> list[str]:
    columns = [q for q in reversed(QUALITIES) if any(p.candidate == q for p in played)]
    scores = {(p.scenario, p.candidate): p.percent for p in played}
    scenarios = sorted({p.scenario for p in played})
    lines = [
        "| scenario | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for scenario in scenarios:
        row = (f"{scores[scenario, column]:.0f}" for column in columns)
        lines.append(f"| {scenario} | " + " | ".join(row) + " |")
    probes = [p for p in played if p.candidate not in QUALITIES]
    if probes:
        lines += ["", "| probe of a fault | scenario | score |", "|---|---|---:|"]
        lines += [
            f"| {p.candidate.replace('_', ' ')} | {p.scenario} | {p.percent:.0f} |" for p in probes
        ]
    return lines


if __name__ == "__main__":
    print(report())
