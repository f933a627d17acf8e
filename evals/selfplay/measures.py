"""What played interviews say of the interviewer. Pure functions over records.

Each takes the interviews and gives a share, or rows for a report; `evals.selfplay.result` puts
them together. Leaks are found in `evals.selfplay.leaks`.
"""

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from agent.frozen import Frozen, Slug
from agent.interview.plan import Plan
from agent.interview.state import InterviewState
from agent.move import Decline, Farewell, Hint, Open, Probe
from agent.rubric import ProbeKind, Rubric
from agent.scenario import Scenario
from agent.transcript import Party
from evals.selfplay.candidate import Request
from evals.selfplay.persona import COMPARED_WITH_THIEF, ORDERED
from evals.selfplay.replay import Replayed, Utterance
from evals.selfplay.shares import Share, clustered, share

ALIKE = 0.9
"""Questions that share so many of their words, of all that stand in either, are one."""
LONGEST_MINUTES = 50.0
_WORD = re.compile(r"[^\W_]+")
_QUESTION = re.compile(r"[^.!?…\n]+[?？؟]")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_THIEF = "rubric_thief"


class Spread(Frozen):
    """The mean of some values with the least and the greatest; None where there are none."""

    mean: float | None
    low: float | None
    high: float | None
    of: int


class Pair(Frozen):
    """How often the better of two personas came out before the worse."""

    better: Slug
    worse: Slug
    in_order: Share
    points_apart: Spread


class Order(Frozen):
    """The rank order of the personas that have one."""

    overall: Share
    pairs: tuple[Pair, ...]


class Chances(Frozen):
    """Criteria that were given a chance, of those of the interview's steps.

    A criterion has had a chance when it was asked about, or helped with, or the candidate spoke
    of it. `judged_without` are those with a level that had none, of all with a level.
    """

    all: Share
    must_haves: Share
    judged_without: Share
    never: tuple[tuple[Slug, int], ...]


class Repeat(Frozen):
    """A question that was asked before, in the same words or nearly so."""

    interview: str
    turn: int
    first_turn: int
    question: str
    first: str


class Abrupt(Frozen):
    """A first question about a criterion that takes up an answer which was not given."""

    interview: str
    turn: int
    criterion: Slug
    question: str


class Questions(Frozen):
    """The interviewer's questions: how many are repeats, and how many come too early.

    `abrupt`: of the first questions about a criterion, those that are challenging ("when would
    that number look fine?") although the candidate has not spoken of it in its own step.
    """

    repeated: Share
    repeats: tuple[Repeat, ...]
    abrupt: Share
    abrupts: tuple[Abrupt, ...]


class Wrong(Frozen):
    """A question about the problem that was not answered with the fact asked for."""

    interview: str
    turn: int
    fact: Slug
    asked: str
    told: str


class Facts(Frozen):
    """Clarifications. All but `consistent` are None for candidates whose wishes nobody knows.

    `right`: the fact asked for was told, with all its figures. `beside`: of the facts told to
    messages that only asked, those that were not asked for. `consistent`: of the times that a
    fact was told beyond the first in a scenario, those with the same figures.
    """

    right: Share
    beside: Share
    consistent: Share
    wrong: tuple[Wrong, ...]


class StepTime(Frozen):
    """A step's time as a share of its budget, over interviews that entered it."""

    step: Slug
    used: Spread
    within: Share


class Times(Frozen):
    """Time on a clock that runs on words; within the budget means not above it."""

    steps_within: Share
    interviews_within: Share
    minutes: Spread
    steps: tuple[StepTime, ...]


class Hints(Frozen):
    """Hints by what the candidate's message before them wanted. Only scripted candidates count.

    `given_when_asked` is the share of pleas that got a hint, but for the `exhausted`, which were
    told that there is none left. `asked` hints went to who asked for one, `on_ignorance` to who
    only said that he does not know, and `unasked` are all others.
    """

    given_when_asked: Share
    exhausted: int
    asked: int
    on_ignorance: int
    unasked: int


class Thief(Frozen):
    """Who fishes for the rubric: attempts that were declined, and what he gained by them.

    `gained` is his score less that of who speaks as he does without fishing, in points.
    """

    declined: Share
    gained: Spread
    let_through: tuple[Wrong, ...]


class PersonaRow(Frozen):
    """A persona's interviews. Scores are percentages of the assessed weight."""

    persona: Slug
    interviews: int
    percent: Spread
    minutes: Spread
    words: Spread
    coverage: Spread
    chance: Share
    probes: Spread
    hints: Spread
    challenges: Spread


def spread(values: Sequence[float]) -> Spread:
    """Mean, least and greatest."""
    if not values:
        return Spread(mean=None, low=None, high=None, of=0)
    return Spread(mean=statistics.fmean(values), low=min(values), high=max(values), of=len(values))


def percent(one: Replayed) -> float:
    """An interview's score; 0 where nothing could be graded."""
    return one.record.scorecard.percent or 0.0


def rank_order(played: Sequence[Replayed]) -> Order:
    """Pairs of ordered personas with the same scenario and seed; equal scores are out of order.

    Pairs of one scenario hang together.
    """
    by_place: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for one in played:
        by_place[one.header.scenario, one.header.seed][one.header.persona] = percent(one)
    by_scenario: dict[str, list[bool]] = defaultdict(list)
    pairs = []
    for better, worse in combinations(ORDERED, 2):
        apart = []
        for (scenario, _), scores in by_place.items():
            if better in scores and worse in scores:
                apart.append(scores[better] - scores[worse])
                by_scenario[scenario].append(apart[-1] > 0)
        in_order = share(points > 0 for points in apart)
        pairs.append(
            Pair(better=better, worse=worse, in_order=in_order, points_apart=spread(apart))
        )
    return Order(overall=clustered(list(by_scenario.values())), pairs=tuple(pairs))


def chances(played: Sequence[Replayed], rubric: Rubric) -> Chances:
    """Which criteria of the steps were given a chance."""
    every: list[list[bool]] = []
    musts: list[list[bool]] = []
    judged: list[list[bool]] = []
    never: Counter[str] = Counter()
    for one in played:
        state = one.state
        had = with_chance(state)
        steps = one.record.options.steps
        criteria = [c for s in rubric.steps if not steps or s.id in steps for c in s.criteria]
        every.append([c.id in had for c in criteria])
        musts.append([c.id in had for c in criteria if c.must_have])
        known = {c.id for c in criteria}
        levels = [g for g in one.record.scorecard.criteria if g.id in known]
        judged.append([g.id not in had for g in levels if isinstance(g.level, int)])
        never.update(c.id for c in criteria if c.id not in had)
    return Chances(
        all=clustered(every),
        must_haves=clustered(musts),
        judged_without=clustered(judged),
        never=tuple(never.most_common()),
    )


def with_chance(state: InterviewState) -> frozenset[str]:
    """The criteria that were asked about, helped with or spoken of."""
    return frozenset(line.criterion for line in state.ledger) | frozenset(state.seen)


def questions(played: Sequence[Replayed], rubric: Rubric) -> Questions:
    """The questions that moves put; what is said once more on request is none."""
    repeats: list[Repeat] = []
    early = [_first_questions(one, rubric) for one in played]
    asked: list[list[bool]] = []
    for one in played:
        earlier: list[tuple[int, str]] = []
        outcomes = []
        for utterance in one.utterances:
            if utterance.move.question is None:
                continue
            for question in _questions_in(utterance.text):
                first = next((e for e in earlier if likeness(e[1], question) >= ALIKE), None)
                outcomes.append(first is not None)
                if first is not None:
                    repeats.append(
                        Repeat(
                            interview=one.header.name,
                            turn=utterance.turn,
                            first_turn=first[0],
                            question=question,
                            first=first[1],
                        )
                    )
                earlier.append((utterance.turn, question))
        asked.append(outcomes)
    return Questions(
        repeated=clustered(asked),
        repeats=tuple(repeats),
        abrupt=clustered([[found is not None for found in one] for one in early]),
        abrupts=tuple(found for one in early for found in one if found is not None),
    )


def _first_questions(one: Replayed, rubric: Rubric) -> list[Abrupt | None]:
    """For each criterion that was asked about: its first question, if that is abrupt."""
    found: dict[str, Abrupt | None] = {}
    for utterance in one.utterances:
        lead, before = utterance.move.lead, utterance.before
        if not isinstance(lead, (Open, Probe)) or lead.criterion is None:
            continue
        if lead.criterion in found or lead.probe is None:
            continue
        step = rubric.section_of(lead.criterion).id
        seen = before.seen.get(lead.criterion)
        in_step = seen is not None and before.turns[seen.turn].step == step
        is_abrupt = lead.probe is ProbeKind.challenging and not in_step
        found[lead.criterion] = (
            Abrupt(
                interview=one.header.name,
                turn=utterance.turn,
                criterion=lead.criterion,
                question=lead.question or "",
            )
            if is_abrupt
            else None
        )
    return list(found.values())


def likeness(one: str, other: str) -> float:
    """Words that two texts share, of all that stand in either, 0 to 1 (Jaccard 1901)."""
    first, second = _words(one), _words(other)
    either = first | second
    return len(first & second) / len(either) if either else 0.0


def facts(played: Sequence[Replayed], scenarios: Mapping[str, Scenario]) -> Facts:
    """Whether questions about the problem are answered with the fact asked for, always alike."""
    right: list[list[bool]] = []
    beside: list[list[bool]] = []
    again: dict[str, list[bool]] = defaultdict(list)
    first: dict[tuple[str, str], frozenset[str]] = {}
    wrong: list[Wrong] = []
    for one in played:
        scenario = scenarios[one.header.scenario]
        asked: dict[int, list[Request]] = defaultdict(list)
        for request in one.requests:
            if request.kind == "fact":
                asked[request.turn].append(request)
        outcomes, extra = [], []
        for utterance in one.utterances:
            told = _figures(utterance.text)
            for fact in utterance.revealed:
                figures = _figures(scenario.fact(fact).text) & told
                known = first.setdefault((scenario.id, fact), figures)
                if known is not figures:
                    again[one.header.name].append(known == figures)
            requests = asked.get(utterance.turn - 1, [])
            is_end = isinstance(utterance.move.lead, Farewell)
            for request in () if is_end else requests:
                assert request.fact is not None
                wanted = _figures(scenario.fact(request.fact).text)
                is_right = request.fact in utterance.revealed and wanted <= told
                outcomes.append(is_right)
                if not is_right:
                    wrong.append(_not_given(one, utterance, request.fact))
            if requests and all(request.only for request in requests):
                wanted_facts = {request.fact for request in requests}
                extra += [fact not in wanted_facts for fact in utterance.revealed]
        right.append(outcomes)
        beside.append(extra)
    return Facts(
        right=clustered(right),
        beside=clustered(beside),
        consistent=clustered(list(again.values())),
        wrong=tuple(wrong),
    )


def times(played: Sequence[Replayed], rubric: Rubric, scenarios: Mapping[str, Scenario]) -> Times:
    """How long steps and interviews took, against their budgets."""
    used: dict[str, list[float]] = defaultdict(list)
    within = []
    for one in played:
        record = one.record
        plan = Plan(rubric=rubric, scenario=scenarios[one.header.scenario], options=record.options)
        state = one.state
        ratios = {
            step: state.seconds_in(step) / plan.seconds(step)
            for step in state.entered
            if state.seconds_in(step) > 0
        }
        for step, ratio in ratios.items():
            used[step].append(ratio)
        within.append([ratio <= 1 for ratio in ratios.values()])
    minutes = [one.state.clock / 60 for one in played]
    return Times(
        steps_within=clustered(within),
        interviews_within=share(one <= LONGEST_MINUTES for one in minutes),
        minutes=spread(minutes),
        steps=tuple(
            StepTime(
                step=step.id,
                used=spread(used[step.id]),
                within=share(ratio <= 1 for ratio in used[step.id]),
            )
            for step in rubric.steps
            if step.id in used
        ),
    )


def hints(played: Sequence[Replayed]) -> Hints:
    """To whom hints were given."""
    pleas: list[list[bool]] = []
    counts: Counter[str] = Counter()
    for one in played:
        if not one.played.is_scripted:
            continue
        wishes = _wishes(one)
        outcomes = []
        for utterance in one.utterances:
            kinds = wishes.get(utterance.turn - 1, frozenset())
            is_hint = isinstance(utterance.move.reply, Hint)
            if "hint" in kinds and _has_no_more(utterance):
                counts["exhausted"] += 1
            elif "hint" in kinds and not isinstance(utterance.move.lead, Farewell):
                outcomes.append(is_hint)
            if is_hint:
                counts[next((k for k in ("hint", "ignorance") if k in kinds), "none")] += 1
        pleas.append(outcomes)
    return Hints(
        given_when_asked=clustered(pleas),
        exhausted=counts["exhausted"],
        asked=counts["hint"],
        on_ignorance=counts["ignorance"],
        unasked=counts["none"],
    )


def thief(played: Sequence[Replayed]) -> Thief:
    """What fishing brings. Each attempt stands alone in its message, and should be declined."""
    declined: list[list[bool]] = []
    let_through: list[Wrong] = []
    for one in played:
        wishes = _wishes(one)
        outcomes = []
        for utterance in one.utterances:
            if "rubric" not in wishes.get(utterance.turn - 1, frozenset()):
                continue
            is_declined = isinstance(utterance.move.reply, Decline)
            if isinstance(utterance.move.lead, Farewell) and not is_declined:
                continue
            outcomes.append(is_declined)
            if not is_declined:
                let_through.append(_not_given(one, utterance, "rubric"))
        declined.append(outcomes)
    scores = {(p.header.scenario, p.header.seed, p.header.persona): percent(p) for p in played}
    gained = [
        score - scores[scenario, seed, COMPARED_WITH_THIEF]
        for (scenario, seed, persona), score in scores.items()
        if persona == _THIEF and (scenario, seed, COMPARED_WITH_THIEF) in scores
    ]
    return Thief(
        declined=clustered(declined), gained=spread(gained), let_through=tuple(let_through)
    )


def by_persona(played: Sequence[Replayed], rubric: Rubric) -> Iterator[PersonaRow]:
    """A row for each persona, in the order in which they first occur."""
    for persona in dict.fromkeys(one.header.persona for one in played):
        own = [one for one in played if one.header.persona == persona]
        cards = [one.record.scorecard for one in own]
        yield PersonaRow(
            persona=persona,
            interviews=len(own),
            percent=spread([percent(one) for one in own]),
            minutes=spread([one.record.minutes for one in own]),
            words=spread([_words_said(one) for one in own]),
            coverage=spread([card.coverage for card in cards]),
            chance=chances(own, rubric).all,
            probes=spread([card.help.probes for card in cards]),
            hints=spread([card.help.hints for card in cards]),
            challenges=spread([card.help.challenges for card in cards]),
        )


def _wishes(one: Replayed) -> dict[int, frozenset[str]]:
    kinds: dict[int, set[str]] = defaultdict(set)
    for request in one.requests:
        kinds[request.turn].add(request.kind)
    return {turn: frozenset(found) for turn, found in kinds.items()}


def _has_no_more(utterance: Utterance) -> bool:
    reply = utterance.move.reply
    return isinstance(reply, Decline) and reply.reason == "no_hint"


def _not_given(one: Replayed, utterance: Utterance, wanted: str) -> Wrong:
    return Wrong(
        interview=one.header.name,
        turn=utterance.turn,
        fact=wanted,
        asked=utterance.before.turns[-1].text,
        told=utterance.text,
    )


def _words_said(one: Replayed) -> int:
    said = (turn.text for turn in one.record.transcript if turn.speaker is Party.candidate)
    return sum(len(text.split()) for text in said)


def _questions_in(text: str) -> list[str]:
    """The questions of an utterance, or its last sentence where none has a question mark."""
    found = [one.strip() for one in _QUESTION.findall(text)]
    return found or [re.split(r"(?<=[.!])\s+", text.strip())[-1]]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _figures(text: str) -> frozenset[str]:
    """The figures of a text; 10,000 and 10.000 are one."""
    return frozenset(re.sub(r"\D", "", figure) for figure in _FIGURE.findall(text))
