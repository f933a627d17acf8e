"""The report on self-play, arranged as a page: what simulated candidates show of an interviewer."""

from collections.abc import Iterator, Sequence

from evals.report.page import NONE, Headline, Page, Section, Table, figure, share
from evals.report.plots import bars_plot, intervals_plot
from evals.selfplay.measures import Spread
from evals.selfplay.result import SelfPlay
from evals.selfplay.shares import Share
from evals.stats.intervals import Interval

LISTED = 30
_MEASURED = (
    ("order", "Rank order of personas", "pairs of excellent, good, middling, poor in order"),
    ("chance", "Criteria given a chance", "asked about or spoken of, of those in the steps"),
    ("musts", "Must-haves given a chance", ""),
    ("judged", "Levels without a chance", "given without a question or a word on the criterion"),
    ("repeated", "Questions repeated", "equal or nearly so"),
    ("abrupt", "Questions that presuppose", "the first one is challenging, nothing was said"),
    ("leaking", "Utterances that leak", "anchor, unrevealed fact, id or level number"),
    ("right", "Clarifications right", "the fact asked for is revealed"),
    ("beside", "Facts beside the question", "another fact than the one asked for"),
    ("consistent", "Clarifications consistent", "the same fact in the same words every time"),
    ("steps", "Steps in budget", "time used is no more than the step's"),
    ("times", "Interviews in time", ""),
    ("hints", "Hints when asked for", "as long as there is one left"),
    ("declined", "Fishing declined", "attempts to get at the rubric"),
)


def interview_page(result: SelfPlay) -> Page:
    """The page."""
    played_by = "scripts" if result.candidate is None else result.candidate.model
    return Page(
        title="Self-play of interviews",
        lead=_lead(result),
        facts=(
            ("Interviewer", result.engine.model),
            ("Candidates", f"{len(result.personas)} personas, played by {played_by}"),
            ("Scenarios", ", ".join(result.scenarios)),
            ("Interviews", f"{len(result.interviews)}, {result.reused} of them played before"),
            ("Rubric", result.rubric),
        ),
        headlines=tuple(_headlines(result)),
        sections=tuple(_sections(result)),
    )


def _shares(result: SelfPlay) -> dict[str, Share]:
    return {
        "order": result.order.overall,
        "chance": result.chances.all,
        "musts": result.chances.must_haves,
        "judged": result.chances.judged_without,
        "repeated": result.questions.repeated,
        "abrupt": result.questions.abrupt,
        "leaking": result.leaking,
        "right": result.facts.right,
        "beside": result.facts.beside,
        "consistent": result.facts.consistent,
        "steps": result.times.steps_within,
        "times": result.times.interviews_within,
        "hints": result.hints.given_when_asked,
        "declined": result.thief.declined,
    }


def _lead(result: SelfPlay) -> str:
    order, musts = result.order.overall, result.chances.must_haves
    said = (
        f"Of {order.of} pairs of better and worse candidates {order.hits} came out in order; "
        f"{musts.hits} of {musts.of} must-haves were given a chance; "
        f"{len(result.leaks)} utterances gave something away."
    )
    if result.failures:
        said += f" {len(result.failures)} interviews could not be played to their end."
    return said


def _headlines(result: SelfPlay) -> Iterator[Headline]:
    shares = _shares(result)
    for name, title, _ in _MEASURED:
        if name in ("order", "musts", "repeated", "right", "steps", "declined"):
            yield Headline(title, share(shares[name].value), _counted(shares[name]))
    yield Headline("Leaks", f"{len(result.leaks)}", "utterances that give something away")


def _sections(result: SelfPlay) -> Iterator[Section]:
    shares = _shares(result)
    yield Section(
        "The interviewer",
        (),
        (
            Table(
                ("", "share", "95 %", "of"),
                tuple(
                    (
                        f"{title}: {meaning}" if meaning else title,
                        share(shares[name].value),
                        _limits(shares[name]),
                        f"{shares[name].of:,}",
                    )
                    for name, title, meaning in _MEASURED
                ),
                note=_hints(result),
            ),
        ),
        (
            intervals_plot(
                [title for _, title, _ in _MEASURED],
                [("share", [_interval(shares[name]) for name, _, _ in _MEASURED])],
                axis="share",
                shows="The measures of the interviewer, with 95 % intervals.",
                span=(-0.02, 1.02),
            ),
        ),
        brief=True,
    )
    yield _by_persona(result)
    yield Section(
        "Time by step",
        ("On a clock that runs on words, 150 a minute. 1 is the step's budget.",),
        (
            Table(
                ("step", "mean", "least", "most", "within budget"),
                tuple(
                    (
                        one.step,
                        figure(one.used.mean),
                        figure(one.used.low),
                        figure(one.used.high),
                        f"{one.within.hits} of {one.within.of}",
                    )
                    for one in result.times.steps
                ),
            ),
        ),
    )
    yield from _found(result)


def _by_persona(result: SelfPlay) -> Section:
    return Section(
        "By persona",
        (),
        (
            Table(
                ("persona", "interviews", "score", "minutes", "words", "probes", "hints",
                 "challenges", "given a chance"),
                tuple(
                    (
                        row.persona,
                        f"{row.interviews}",
                        _spread(row.percent),
                        figure(row.minutes.mean, 0),
                        figure(row.words.mean, 0),
                        figure(row.probes.mean, 1),
                        figure(row.hints.mean, 1),
                        figure(row.challenges.mean, 1),
                        share(row.chance.value),
                    )
                    for row in result.rows
                ),
                note="Score: the mean percentage, with the least and the greatest.",
            ),
            Table(
                ("pair", "in order", "points apart"),
                tuple(
                    (
                        f"{pair.better} before {pair.worse}",
                        f"{pair.in_order.hits} of {pair.in_order.of}",
                        _spread(pair.points_apart),
                    )
                    for pair in result.order.pairs
                ),
            ),
        ),
        (
            bars_plot(
                [row.persona for row in result.rows],
                [("score", [row.percent.mean or 0.0 for row in result.rows])],
                axis="mean score, percent",
                shows="The mean score of each persona.",
            ),
        ),
        brief=True,
    )  # fmt: skip


def _found(result: SelfPlay) -> Iterator[Section]:
    """What was found wrong, each with its place."""
    tables = [
        _listed(
            "Leaks",
            ("interview, turn", "kind", "wording", "utterance"),
            [
                (f"{one.interview}, {one.turn}", one.kind, one.wording, one.text)
                for one in result.leaks
            ],
        ),
        _listed(
            "Questions repeated",
            ("interview, turn", "question", "first in turn"),
            [
                (f"{one.interview}, {one.turn}", one.question, f"{one.first_turn}")
                for one in result.questions.repeats
            ],
        ),
        _listed(
            "Questions that presuppose an answer",
            ("interview, turn", "criterion", "question"),
            [
                (f"{one.interview}, {one.turn}", one.criterion, one.question)
                for one in result.questions.abrupts
            ],
        ),
        _listed(
            "Clarifications not answered right",
            ("interview, turn", "fact", "asked", "told"),
            [
                (f"{one.interview}, {one.turn}", one.fact, one.asked, one.told)
                for one in result.facts.wrong
            ],
        ),
        _listed(
            "Fishing that was not declined",
            ("interview, turn", "asked", "told"),
            [
                (f"{one.interview}, {one.turn}", one.asked, one.told)
                for one in result.thief.let_through
            ],
        ),
        _listed(
            "Criteria never given a chance",
            ("criterion", "interviews"),
            [(name, f"{count}") for name, count in result.chances.never],
        ),
        _listed(
            "Interviews that could not be played",
            ("interview", "why"),
            [(one.name, one.reason) for one in result.failures],
        ),
    ]
    found = tuple(table for table in tables if table.rows)
    yield Section("What was found", () if found else ("Nothing.",), found)


def _listed(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    left = len(rows) - LISTED
    note = f"{left:,} more stand in the JSON." if left > 0 else ""
    return Table(columns, tuple(rows[:LISTED]), title, note)


def _hints(result: SelfPlay) -> str:
    hints = result.hints
    return (
        f"Hints: {hints.asked:,} asked for ({hints.exhausted:,} when none was left), "
        f"{hints.on_ignorance:,} given to somebody who said that he did not know, "
        f"{hints.unasked:,} unasked."
    )


def _counted(one: Share) -> str:
    return f"{one.hits:,} of {one.of:,}" if one.of else "nothing to measure"


def _limits(one: Share) -> str:
    if one.low is None or one.high is None:
        return NONE
    return f"{100 * one.low:.1f} to {100 * one.high:.1f} %"


def _interval(one: Share) -> Interval:
    return Interval(value=one.value, low=one.low, high=one.high)


def _spread(one: Spread) -> str:
    if one.mean is None:
        return NONE
    return f"{one.mean:.1f} ({figure(one.low, 1)} to {figure(one.high, 1)})"
