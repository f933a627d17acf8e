"""The report as Markdown, for an issue, a wiki or a diff: the content of the HTML, compact.

Wording is in `agent.report.words`. Every text is escaped: multi-line ones stand in block
quotes line by line, so that nothing a candidate writes can begin a heading, a list or a fence.
"""

import re
from collections.abc import Iterable

from agent.record import InterviewRecord
from agent.report import answer_words, words
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.scorecard import CriterionGrade, FlagNote, Highlight, StepScore
from agent.transcript import Turn

_Lines = Iterable[str]
_INLINE = re.compile(r"([\\`*_\[\]|~$])")
_LINE_START = re.compile(r"^([#>+=-])")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
# A bare address would become a link in GitHub's Markdown; an entity for one letter prevents it.
_ADDRESS = re.compile(r"(?i)://|\b(w)(?=ww\.)|@")
_ENTITIES = {"://": "&#58;//", "@": "&#64;"}


def render_markdown(record: InterviewRecord, rubric: Rubric, scenario: Scenario) -> str:
    """The whole report. `rubric` and `scenario` are those of the record."""
    blocks = (
        _head(record),
        _decision(record),
        _highlights(record, rubric),
        _steps(record),
        _criteria(record),
        _flags(record),
        _help(record),
        _facts(record),
        _references(record, scenario),
        _notes(record),
        _transcript(record),
        _provenance(record),
    )
    return "\n".join(line for block in blocks for line in block).rstrip() + "\n"


def escaped(text: str) -> str:
    """The text on one line, with nothing in it that Markdown or HTML would act on."""
    line = words.one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _ADDRESS.sub(_entity, line)
    line = _INLINE.sub(r"\\\1", line)
    line = _LINE_START.sub(r"\\\1", line)
    return _NUMBERED.sub(r"\1\\\2", line)


def quoted(text: str) -> list[str]:
    """The text as a block quote, each line escaped by itself."""
    # A backslash keeps the lines apart without opening a paragraph for each.
    lines = [escaped(line) for line in words.plain(text).splitlines()] or [""]
    return [
        f"> {line}\\" if line and following else f"> {line}".rstrip()
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
    ]


def _entity(found: re.Match[str]) -> str:
    text = found.group(0)
    return _ENTITIES.get(text, f"&#{ord(text[0])};")


def _head(record: InterviewRecord) -> _Lines:
    card = record.scorecard
    yield f"# {escaped(record.scenario_title)}: mock interview report"
    yield ""
    yield f"- Date: {words.moment(record.started_at)}"
    yield f"- Level: {words.seniority(card.level)}"
    yield f"- Length: {escaped(words.length(record))}"
    yield f"- Engine: {escaped(card.provenance.engine)}"
    yield ""


def _decision(record: InterviewRecord) -> _Lines:
    card = record.scorecard
    yield f"## Decision: {words.decision(card.decision)}"
    yield ""
    yield words.score(card)
    yield ""
    yield escaped(card.decision_reason)
    yield ""
    if failed := words.failed_must_haves(card):
        yield f"- Must-haves not met: {', '.join(escaped(title) for title in failed)}"
    yield f"- Coverage: {words.coverage(card)}"
    yield ""


def _highlights(record: InterviewRecord, rubric: Rubric) -> _Lines:
    card = record.scorecard
    yield "## Strengths"
    yield ""
    for item in card.strengths:
        yield f"- {_headline(record, item)}, earned {words.points(item.points)}:"
        yield f"  {escaped(item.advice)}"
    if not card.strengths:
        yield "No criterion reached level 3."
    yield ""
    yield "## Gaps, the costliest first"
    yield ""
    for item in card.gaps:
        yield f"- {_headline(record, item)}, lost {words.points(item.points)}."
        yield f"  A strong answer: {escaped(item.advice)}"
        yield f"  Drill: `{words.drill(record, item.step, rubric)}`"
    if not card.gaps:
        yield "None in what was graded."
    yield ""


def _headline(record: InterviewRecord, item: Highlight) -> str:
    step = escaped(words.section_title(record.scorecard, item.step))
    return f"**{escaped(item.title)}** ({step}), level {item.level}"


def _steps(record: InterviewRecord) -> _Lines:
    yield "## Steps"
    yield ""
    yield "| Step | Score | Unprompted | Time used | Graded |"
    yield "|---|---:|---:|---:|---:|"
    for score in record.scorecard.steps:
        cells = (
            escaped(score.title),
            words.percent(score.percent, words.no_score(_grades_of(record, score))),
            words.percent(score.unprompted_percent, words.NO_VALUE),
            words.NO_VALUE if score.seconds is None else words.duration(score.seconds),
            f"{score.assessed} of {score.criteria}",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _grades_of(record: InterviewRecord, score: StepScore) -> list[CriterionGrade]:
    return [grade for grade in record.scorecard.criteria if grade.step == score.id]


def _criteria(record: InterviewRecord) -> _Lines:
    yield "## Criteria"
    yield ""
    for score in record.scorecard.steps:
        yield f"### {escaped(score.title)}"
        yield ""
        for grade in _grades_of(record, score):
            yield from _criterion(record, grade)


def _criterion(record: InterviewRecord, grade: CriterionGrade) -> _Lines:
    failed = grade.id in record.scorecard.failed_must_haves
    must = ("must-have, not met" if failed else "must-have") if grade.must_have else ""
    marks = [mark for mark in (words.level(grade.level), must, words.came(grade)) if mark]
    yield f"**{escaped(grade.title)}**: {'; '.join(marks)}"
    yield ""
    if grade.review:
        yield f"Review: {escaped(answer_words.review(grade.review, grade))}."
        yield escaped(grade.review.reason)
        yield ""
        yield "The grader's reason:"
    yield escaped(grade.reason)
    yield ""
    for item in grade.evidence:
        yield from (*quoted(item.quote), ">", f"> ({_turn_link(record, item.turn)})", "")
    if grade.anchor is not None:
        yield f"- Reached: {escaped(grade.anchor)}"
    if grade.next_anchor is not None:
        yield f"- Next: {escaped(grade.next_anchor)}"
    if grade.anchor is not None or grade.next_anchor is not None:
        yield ""


def _turn_link(record: InterviewRecord, turn: int) -> str:
    known = any(spoken.index == turn for spoken in record.transcript)
    return f"[turn {turn}](#turn-{turn})" if known else f"turn {turn}"


def _flags(record: InterviewRecord) -> _Lines:
    yield "## Flags"
    yield ""
    for flag in record.scorecard.flags:
        yield from _flag(record, flag)
    if not record.scorecard.flags:
        yield "None were raised."
        yield ""


def _flag(record: InterviewRecord, flag: FlagNote) -> _Lines:
    place = words.flag_place(flag) if flag.turn is None else _turn_link(record, flag.turn)
    yield f"**{escaped(flag.title)}** ({place}): {escaped(flag.why)}"
    yield ""
    if flag.quote:
        yield from (*quoted(flag.quote), "")


def _help(record: InterviewRecord) -> _Lines:
    card = record.scorecard
    titles = {grade.id: grade.title for grade in card.criteria}
    yield "## Help"
    yield ""
    yield f"{words.help_given(card.help)} {words.help_brought(card.help)}"
    yield ""
    for line in card.ledger:
        title = escaped(titles.get(line.criterion, line.criterion))
        yield f"- {_turn_link(record, line.turn)}: {title}, {words.help_kind(line.kind)}"
    yield ""


def _facts(record: InterviewRecord) -> _Lines:
    for heading, asked in (("Facts never asked for", False), ("Facts asked for", True)):
        yield f"## {heading}"
        yield ""
        listed = [fact for fact in record.scorecard.facts if fact.asked is asked]
        yield from (f"- {escaped(fact.text)}" for fact in listed)
        if not listed:
            yield "None."
        yield ""


def _references(record: InterviewRecord, scenario: Scenario) -> _Lines:
    yield "## Strong answers"
    yield ""
    for step, text in scenario.references.items():
        title = escaped(words.section_title(record.scorecard, step))
        yield from (f"**{title}**", "", *quoted(text), "")


def _notes(record: InterviewRecord) -> _Lines:
    if not record.notes:
        return
    yield "## Private notes"
    yield ""
    for note in record.notes:
        yield from (*quoted(note), "")
        # Two block quotes in a row would run together.
        yield from ("<!-- -->", "")


def _transcript(record: InterviewRecord) -> _Lines:
    yield "## Transcript"
    yield ""
    step: str | None = None
    for turn in record.transcript:
        if turn.step is not None and turn.step != step:
            step = turn.step
            yield from (f"### {escaped(words.section_title(record.scorecard, step))}", "")
        yield from _turn(turn)


def _turn(turn: Turn) -> _Lines:
    speaker = turn.speaker.value.capitalize()
    kind = escaped(words.turn_kind(turn.kind))
    yield f'<a id="turn-{turn.index}"></a>**{speaker}** (turn {turn.index}, {kind})'
    yield ""
    yield from (*quoted(turn.text), "")


def _provenance(record: InterviewRecord) -> _Lines:
    made = record.scorecard.provenance
    yield "## Provenance"
    yield ""
    yield escaped(made.note)
    yield ""
    yield f"- sevenstep {escaped(made.version)}, engine {escaped(made.engine)}"
    for what, name, version, content in (
        ("Rubric", made.rubric, made.rubric_version, made.rubric_hash),
        ("Scenario", made.scenario, made.scenario_version, made.scenario_hash),
    ):
        if name and version and content:
            yield f"- {what} {escaped(name)} {escaped(version)}, `{words.short_hash(content)}`"
    if made.prompts_hash:
        yield f"- Prompts `{words.short_hash(made.prompts_hash)}`"
    if made.calibration:
        yield f"- Calibration {escaped(made.calibration)}"
    if made.structured_output:
        yield f"- Structured output: {escaped(', '.join(made.structured_output))}"
    yield f"- Cost: {words.cost(record.scorecard)}"
    yield from (f"- {escaped(one.model)}: {words.usage(one)}" for one in made.models)
    if made.first_word is not None:
        yield f"- {words.first_word(made.first_word)}"
    yield f"- Interview {escaped(record.interview)}"
