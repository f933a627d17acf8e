"""Self-play: scripted candidates, candidates played by a model, and runs that can be ended."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from agent import catalog
from agent.batch.settings import Limitations
from agent.errors import EngineUnavailableError, InputError, RunStoppedError
from agent.move import Challenge, LastWord, Move, Open, ThrowCurveball
from agent.ports import EngineChoice
from agent.transcript import Transcript
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import each
from evals.fakellm.server import FakeLLM, Scripted, serving
from evals.records import GOLD
from evals.selfplay import wordings
from evals.selfplay.candidate import Heard, Said
from evals.selfplay.material import Material, first_sentence, load_material, spoken
from evals.selfplay.persona import PERSONAS, personas
from evals.selfplay.play import Order, Outcome, Progress, play
from evals.selfplay.prompts import filled, prompts_hash
from evals.selfplay.result import measured
from evals.selfplay.scripted import Mind, Part, reply
from tests.plain_model import plain_reply
from tests.selfplay_support import OPENING, files, hint, order, probe
from tests.support import engine, rubric, scenario

PLAYS = "You play a candidate"
LINE = "I would rank titles by the chance of a qualified play, because that is what counts."


@pytest.fixture(autouse=True)
def _made_once() -> Iterator[None]:
    """Rubric and offline engine are the same for all tests, which takes most of their time off."""
    with (
        mock.patch.object(catalog, "load_rubric", return_value=rubric()),
        mock.patch("evals.selfplay.play.OfflineEngine", return_value=engine()),
    ):
        yield


@pytest.fixture(scope="module")
def material() -> Material:
    return load_material(rubric(), scenario())


def part(persona: str, material: Material, seed: int = 0) -> Part:
    (one,) = personas((persona,))
    return Part(one, material, seed)


def heard(move: Move, step: str = "metrics") -> Heard:
    return Heard(Transcript(), move, step)


def said(role: Part, *moves: Move, step: str = "metrics") -> list[Said]:
    """What he says to these moves in turn, having asked all that he wants to ask."""
    mind, replies = Mind(asked=9, again=9, jumped=True), []
    for move in moves:
        mind, one = reply(role, mind, heard(move, step))
        replies.append(one)
    return replies


def asked_of(criterion: str) -> Move:
    return probe(criterion, "Well?")


def levels_in(text: str, material: Material) -> list[int | None]:
    return [one.level for one in material.passages if spoken(one) in text]


def run(given: Order, folder: Path) -> Outcome:
    return asyncio.run(play(given, folder))


def texts(outcome: Outcome) -> list[str]:
    return [turn.text for one in outcome.played for turn in one.record.transcript]


@pytest.mark.parametrize(
    ("persona", "allowed"), [("excellent", {3, 4}), ("good", {2, 3}), ("wrong_but_confident", {0})]
)
def test_a_persona_answers_with_passages_of_his_levels(
    persona: str, allowed: set[int], material: Material
) -> None:
    for seed in range(5):
        (one,) = said(part(persona, material, seed), asked_of("leakage"))
        assert set(levels_in(one.text, material)) <= allowed
        assert levels_in(one.text, material)


def test_no_passage_is_spoken_twice(material: Material) -> None:
    replies = said(part("excellent", material), *[asked_of("leakage")] * 4)
    assert len({one.text for one in replies[:2]}) == 2
    assert {one.text for one in replies[2:]} <= set(wordings.EXHAUSTED)


def test_a_step_is_opened_with_several_of_its_passages(material: Material) -> None:
    move = Move(lead=Open(step="metrics", cause="covered", question="How?"))
    (one,) = said(part("excellent", material), move)
    found = [p for p in material.passages if spoken(p) in one.text]
    assert [p.criterion for p in found] == ["offline_metrics", "online_metrics", "metric_tradeoffs"]


def test_the_terse_one_says_a_first_sentence_only(material: Material) -> None:
    (one,) = said(part("terse", material), asked_of("data_split"))
    firsts = {first_sentence(spoken(p)) for p in material.on("data_split") if p.level == 2}
    assert one.text in firsts


def test_the_rambler_says_little_in_many_words(material: Material) -> None:
    (one,) = said(part("rambler", material), asked_of("data_split"))
    (passage,) = [p for p in material.on("data_split") if spoken(p) in one.text]
    assert len(one.text.split()) > 3 * len(spoken(passage).split())


def test_whoever_seeks_hints_asks_first_and_then_uses_the_hint(material: Material) -> None:
    replies = said(part("hint_seeker", material, 3), asked_of("tuning"), hint("tuning"))
    assert [[wish.kind for wish in one.wishes] for one in replies[:1]] == [["hint"]]
    assert replies[1].answers or replies[1].text in wordings.MORE_PLEAS


def test_the_thief_fishes_in_every_second_turn_and_never_the_same(material: Material) -> None:
    replies = said(part("rubric_thief", material), *[asked_of("tuning")] * 20)
    fishing = [one.text for one in replies if [w.kind for w in one.wishes] == ["rubric"]]
    assert len(fishing) == 10
    assert len(set(fishing)) == 10


def test_who_jumps_ahead_begins_with_the_model(material: Material) -> None:
    _, one = reply(part("skipper", material), Mind(), heard(OPENING, "problem_formulation"))
    assert one.text.startswith(wordings.AHEAD)


def test_facts_asked_for_are_known_and_asked_again_in_other_words(material: Material) -> None:
    role, mind = part("excellent", material), Mind()
    opening = heard(OPENING, "problem_formulation")
    mind, first = reply(role, mind, opening)
    mind, second = reply(role, mind, opening)
    asked = [wish.fact for one in (first, second) for wish in one.wishes]
    assert tuple(asked) == role.facts()
    move = Move(lead=Open(step="data_features", cause="covered", question="How?"))
    _, again = reply(role, mind, heard(move, "data_features"))
    assert [(wish.fact, wish.again) for wish in again.wishes] == [(asked[0], True)]
    assert first_sentence(first.text) not in again.text


def test_all_personas_of_a_seed_ask_for_the_same_facts_as_far_as_they_go(
    material: Material,
) -> None:
    assert part("excellent", material).facts()[:4] == part("good", material).facts()


def test_a_challenge_a_change_and_the_last_word_are_answered(material: Material) -> None:
    ball = scenario().curveballs[0]
    challenge = Challenge(flag="x", criterion="data_split", question="Why?")
    replies = said(
        part("good", material),
        Move(lead=challenge),
        Move(lead=ThrowCurveball(curveball=ball.id, question=ball.text)),
        Move(lead=LastWord(question="Anything?")),
    )
    assert levels_in(replies[0].text, material)
    assert first_sentence(ball.good_adaptation) in replies[1].text
    assert replies[2].text == wordings.NOTHING_TO_ADD


def test_each_persona_has_a_prompt_of_its_own() -> None:
    assert len({prompts_hash(persona.id) for persona in PERSONAS}) == len(PERSONAS)


def test_an_unknown_persona_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'nobody'; the personas are excellent, good"):
        personas(("nobody",))


def test_a_scenario_without_passages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no passages for 'netflix_recs'"):
        run(order("good", gold=tmp_path), tmp_path)


def test_the_same_seed_plays_the_same_and_another_does_not(tmp_path: Path) -> None:
    one = run(order("middling"), tmp_path / "a")
    other = run(order("middling", seeds=2), tmp_path / "b")
    assert texts(other)[: len(texts(one))] == texts(one)
    assert texts(Outcome(one.rubric, one.scenarios, other.played[1:])) != texts(one)


def test_a_run_that_was_killed_goes_on_with_the_rest_only(tmp_path: Path) -> None:
    names = ("good", "middling", "poor", "terse")

    def killed(progress: Progress) -> None:
        if progress.done == 2:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        asyncio.run(play(order(*names), tmp_path, killed))
    before = files(tmp_path)
    assert set(before) == {"netflix_recs__good__0", "netflix_recs__middling__0"}
    outcome = run(order(*names), tmp_path)
    assert outcome.reused == 2
    assert [one.header.persona for one in outcome.played] == list(names)
    assert before.items() <= files(tmp_path).items()


def test_an_interview_is_taken_again_only_if_all_is_the_same(tmp_path: Path) -> None:
    run(order("terse"), tmp_path)
    (path,) = tmp_path.glob("interviews/*.json")
    assert run(order("terse"), tmp_path).reused == 1
    with mock.patch("evals.selfplay.play.code_hash", return_value="other code"):
        assert run(order("terse"), tmp_path).reused == 0
    path.write_text(path.read_text()[:-100])
    assert run(order("terse"), tmp_path).reused == 0


def test_the_measures_of_a_run_are_figures_by_name(tmp_path: Path) -> None:
    result = measured(run(order("good", "rubric_thief", "poor"), tmp_path))
    figures = result.figures()
    assert figures["interviews"] == 3
    assert figures["order"] == 1.0
    assert figures["thief_declined"] is not None
    assert [row.persona for row in result.rows] == ["good", "rubric_thief", "poor"]
    assert type(result).model_validate_json(result.model_dump_json()) == result


def candidate_or_engine(request: ChatRequest) -> Reply:
    """The candidate's line to who asks for a candidate, else what the engine needs."""
    is_candidate = any(PLAYS in text for _, text in request.messages)
    return Reply(LINE) if is_candidate else plain_reply(request)


def test_a_model_plays_the_candidate_from_his_part_alone_and_is_counted(tmp_path: Path) -> None:
    prompts: list[str] = []

    def listening(request: ChatRequest) -> Reply:
        prompts.append("\n".join(text for _, text in request.messages))
        return candidate_or_engine(request)

    with serving(FakeLLM(Scripted(listening))) as server:
        choice = EngineChoice(model="openai:actor", base_url=server.url)
        (one,) = run(order("terse", candidate=choice), tmp_path).played
    assert {t.text for t in one.record.transcript if t.speaker == "candidate"} == {LINE}
    assert one.requests == ()
    assert one.record.scorecard.provenance.engine == "offline"
    (usage,) = one.usage
    assert (usage.model, usage.calls) == ("openai:actor", server.served)
    assert filled("terse") in prompts[0]
    assert LINE in prompts[1]
    hidden = [fact.text for fact in scenario().facts]
    hidden += [c.anchors.at(3) for c in rubric().criteria()]
    assert not any(text in prompt for text in hidden for prompt in prompts)


def test_models_on_both_sides_stop_at_the_limit_and_keep_what_was_played(tmp_path: Path) -> None:
    with serving(FakeLLM(Scripted(candidate_or_engine))) as server:
        choice = EngineChoice(model="openai:both", base_url=server.url)
        whole = order("terse", engine=choice, candidate=choice)
        played = run(whole, tmp_path / "one").played[0]
        took = [*played.usage, *played.record.scorecard.provenance.models]
        tokens = sum(one.input_tokens + one.output_tokens for one in took)
        limits = Limitations(most_tokens=int(1.5 * tokens), most_at_once=1)
        both = order("terse", "poor", engine=choice, candidate=choice, limitations=limits)
        with pytest.raises(
            RunStoppedError, match=r"--max-tokens .*1 of 2 interviews are left"
        ) as e:
            run(both, tmp_path)
    assert len(e.value.graded) == 1
    assert set(files(tmp_path)) == {"netflix_recs__terse__0"}


def test_a_limit_that_allows_nothing_stops_the_run(tmp_path: Path) -> None:
    with serving(FakeLLM(Scripted(candidate_or_engine))) as server:
        choice = EngineChoice(model="openai:both", base_url=server.url)
        given = order("terse", candidate=choice, limitations=Limitations(most_tokens=1))
        with pytest.raises(RunStoppedError, match="1 of 1 interviews are left"):
            run(given, tmp_path)
    assert server.served == 1


def test_own_prices_tell_what_both_models_cost(tmp_path: Path) -> None:
    with serving(FakeLLM(Scripted(candidate_or_engine))) as server:
        choice = EngineChoice(model="openai:both", base_url=server.url)
        given = order(
            "terse", engine=choice, candidate=choice, limitations=Limitations(prices=(1.0, 2.0))
        )
        result = measured(run(given, tmp_path))
    (usage,) = result.usage
    assert usage.calls == server.served
    assert result.cost_usd == pytest.approx((usage.input_tokens + 2 * usage.output_tokens) / 1e6)


def test_a_model_that_says_nothing_fails_its_interview_and_no_other(tmp_path: Path) -> None:
    def silent(request: ChatRequest) -> Reply:
        return Reply("" if filled("poor") in request.messages[0][1] else LINE)

    with serving(FakeLLM(Scripted(silent))) as server:
        choice = EngineChoice(model="openai:actor", base_url=server.url)
        outcome = run(order("poor", "terse", candidate=choice), tmp_path)
    assert [one.header.persona for one in outcome.played] == ["terse"]
    assert [one.name for one in outcome.failures] == ["netflix_recs__poor__0"]


def test_a_model_that_cannot_be_used_at_all_ends_the_run(tmp_path: Path) -> None:
    with serving(FakeLLM(Scripted(candidate_or_engine), faults=each(Fault("http_401")))) as server:
        choice = EngineChoice(model="openai:actor", base_url=server.url)
        with pytest.raises(EngineUnavailableError):
            run(order("terse", candidate=choice), tmp_path)
    assert files(tmp_path) == {}


def test_every_scenario_has_passages_for_every_criterion_of_the_steps() -> None:
    for name in catalog.Catalog().scenario_paths():
        found = load_material(rubric(), scenario(name), GOLD)
        for step in rubric().steps:
            assert all(found.on(criterion.id) for criterion in step.criteria), name
