"""Of what an observing model returns only that counts which code can check."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from agent.llm.grading import grades_shape
from agent.llm.reading import ids_of, observation, read, shape_of
from agent.ports import Depth, FlagSighting, Intent, Listening, Observation, Sighting
from tests.chat_in_memory import conversation
from tests.support import rubric, scenario

MESSAGE = "We split by time, “never at random”. How many users are there, and how fast must it be?"
GOOD: dict[str, Any] = {
    "evidence": [
        {"criterion": "data_split", "quote": "We split by time", "depth": "specific"},
        {"criterion": "leakage", "quote": "never at random", "depth": "named"},
    ],
    "red_flags": [],
    "facts_asked": [{"fact": "users", "quote": "How many users are there"}],
    "asked_beyond_sheet": False,
    "intent": "answer",
    "target_step": None,
    "topic": "training_evaluation",
}


def listening(
    message: str = MESSAGE, step: str = "training_evaluation", seen: tuple[str, ...] = ()
) -> Listening:
    transcript = conversation("How do you split the data?", message)
    return Listening(transcript=transcript, step=step, focus=None, curveball=None, seen=seen)


def noted(given: Listening | str = MESSAGE, *, last: bool = False, **changed: Any) -> Observation:
    """What counts of the good reading with these changes."""
    given = given if isinstance(given, Listening) else listening(given)
    return observation(read({**GOOD, **changed}, last=last), given, rubric(), scenario())


def evidence(quote: str, criterion: str = "data_split", depth: str = "named") -> dict[str, str]:
    return {"criterion": criterion, "quote": quote, "depth": depth}


def quotes(seen: Observation) -> list[str]:
    return [sighting.quote for sighting in seen.sightings]


def test_a_good_reading_counts_whole() -> None:
    assert noted() == Observation(
        intent=Intent.answer,
        topic="training_evaluation",
        facts=("users",),
        sightings=(
            Sighting(criterion="data_split", quote="We split by time", depth=Depth.specific),
            Sighting(criterion="leakage", quote="never at random", depth=Depth.named),
            Sighting(
                criterion="clarification", quote="How many users are there", depth=Depth.named
            ),
        ),
    )


@pytest.mark.parametrize("quote", ["We split by user", "", " ", '"', "How do you split the data"])
def test_a_quote_that_does_not_stand_in_the_message_is_dropped(quote: str) -> None:
    seen = noted(
        evidence=[evidence(quote)],
        red_flags=[{"flag": "tuned_on_test", "quote": quote}],
        facts_asked=[{"fact": "users", "quote": quote}],
    )
    assert (seen.sightings, seen.flags, seen.facts) == ((), (), ())


@pytest.mark.parametrize(
    "quote",
    ["we SPLIT  by\ntime", '"We split by time"', "“We split by time.”", "We split by time…"],
)
def test_a_quote_is_returned_as_it_was_written(quote: str) -> None:
    assert quotes(noted(evidence=[evidence(quote)], facts_asked=[])) == ["We split by time"]


def test_typographic_marks_are_no_difference() -> None:
    seen = noted(evidence=[evidence('by time, "never at random"')], facts_asked=[])
    assert quotes(seen) == ["by time, “never at random"]


def test_unknown_names_are_dropped() -> None:
    seen = noted(
        evidence=[evidence("We split by time", "splitting")],
        red_flags=[{"flag": "no_such_flag", "quote": "We split by time"}],
        facts_asked=[{"fact": "revenue", "quote": "How many users are there"}],
        target_step="deployment",
        topic="deployment",
    )
    assert seen == Observation()


def test_criteria_over_the_whole_interview_are_not_seen_in_one_message() -> None:
    assert not noted(evidence=[evidence("We split by time", "structure")], facts_asked=[]).sightings


def test_the_deepest_of_several_passages_counts() -> None:
    both = [evidence("We split by time", depth="specific"), evidence("by time", depth="named")]
    seen = noted(evidence=both, facts_asked=[])
    assert [sighting.depth for sighting in seen.sightings] == [Depth.specific]


def test_look_alikes_of_tags_are_restored_in_quotes() -> None:
    message = "I am done. </candidate> Then I split by time."
    seen = noted(message, evidence=[evidence("done. ‹/candidate> Then I split")], facts_asked=[])
    assert quotes(seen) == ["done. </candidate> Then I split"]


def test_no_more_than_five_facts_are_asked_for_at_once() -> None:
    all_of_them = [{"fact": f.id, "quote": "How many users"} for f in scenario().facts]
    assert len(noted(facts_asked=all_of_them).facts) == 5


def test_asking_counts_for_the_criterion_about_asking() -> None:
    two = [
        {"fact": "users", "quote": "How many users are there"},
        {"fact": "latency_budget", "quote": "how fast must it be"},
    ]
    seen = noted(evidence=[], facts_asked=two)
    assert seen.sightings == (
        Sighting(criterion="clarification", quote="How many users are there", depth=Depth.specific),
    )


def test_asking_that_was_noted_counts_once() -> None:
    already = [evidence("How many users are there", "clarification", "reasoned")]
    assert [s.depth for s in noted(evidence=already).sightings] == [Depth.reasoned]


@pytest.mark.parametrize("intent", ["fish", "orders", "abuse", "off_topic"])
def test_who_is_turned_down_is_told_no_facts(intent: str) -> None:
    seen = noted(intent=intent, asked_beyond_sheet=True)
    assert (seen.intent, seen.facts, seen.asked_beyond_sheet) == (Intent(intent), (), False)
    assert quotes(seen) == ["We split by time", "never at random"]


def test_a_step_to_go_to_needs_a_name() -> None:
    there = noted(intent="move_to", target_step="serving")
    nowhere = noted(intent="move_to", target_step=None)
    assert (there.intent, there.target_step) == (Intent.move_to, "serving")
    assert (nowhere.intent, nowhere.target_step) == (Intent.move_on, None)


def test_a_step_without_the_wish_to_go_there_is_dropped() -> None:
    assert noted(intent="answer", target_step="serving").target_step is None


def test_who_asks_for_nothing_answers() -> None:
    assert noted(intent="ask_facts", facts_asked=[]).intent is Intent.answer
    assert noted(intent="ask_facts").intent is Intent.ask_facts


@pytest.mark.parametrize("mark", ["?", "？", "؟"])
def test_asking_beyond_the_sheet_takes_a_question(mark: str) -> None:
    asking: dict[str, Any] = {
        "intent": "ask_facts",
        "asked_beyond_sheet": True,
        "evidence": [],
        "facts_asked": [],
    }
    assert noted(f"Who owns the logo{mark}", **asking).asked_beyond_sheet
    assert noted("I wonder.", **asking) == Observation(topic="training_evaluation")


@pytest.mark.parametrize("intent", ["empty", "unreadable"])
def test_a_message_with_content_is_not_empty(intent: str) -> None:
    assert noted(intent=intent).intent is Intent.answer
    assert noted(intent=intent, evidence=[], facts_asked=[]).intent is Intent(intent)


def flagged(name: str, given: Listening) -> tuple[FlagSighting, ...]:
    return noted(given, red_flags=[{"flag": name, "quote": "We split by time"}]).flags


def test_a_red_flag_counts_with_its_quote() -> None:
    assert flagged("tuned_on_test", listening()) == (
        FlagSighting(flag="tuned_on_test", quote="We split by time"),
    )


def test_a_contradiction_counts_as_well() -> None:
    assert flagged("worse_error", listening())


def test_a_red_flag_of_another_kind_of_problem_is_dropped() -> None:
    name = "accuracy_on_rare_positives"
    assert not flagged(name, listening())
    assert name not in ids_of(rubric(), scenario())[1]
    assert name in ids_of(rubric(), scenario("card_fraud"))[1]


def test_a_red_flag_alarms_only_in_its_steps() -> None:
    assert flagged("jumps_to_model", listening(step="problem_formulation"))
    assert not flagged("jumps_to_model", listening(step="model"))


def test_a_red_flag_that_was_answered_before_does_not_alarm() -> None:
    flag = next(flag for flag in rubric().red_flags() if flag.id == "jumps_to_model")
    given = listening(step="problem_formulation", seen=flag.unless_seen)
    assert not flagged("jumps_to_model", given)


def test_what_is_wrong_with_the_form_is_told() -> None:
    with pytest.raises(ValueError, match="intent: Input should be 'answer'"):
        read({**GOOD, "intent": "answering"}, last=False)
    with pytest.raises(ValueError, match=r"evidence\.0\.depth"):
        read({**GOOD, "evidence": [evidence("x", depth="deep")]}, last=False)


def test_only_on_the_last_try_single_entries_that_do_not_fit_are_left_out() -> None:
    bad = [evidence("x", depth="deep"), "x"]
    raw: dict[str, Any] = {"evidence": [*bad, *GOOD["evidence"]], "red_flags": None}
    with pytest.raises(ValueError, match="evidence"):
        read({**GOOD, **raw}, last=False)
    assert [s.criterion for s in noted(last=True, **raw).sightings][:2] == ["data_split", "leakage"]


@pytest.mark.parametrize(("name", "value"), [("intent", "chat"), ("evidence", None)])
def test_intent_and_evidence_are_not_made_up_on_the_last_try_either(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        read({**GOOD, name: value}, last=True)


def objects(schema: Any) -> Iterator[Mapping[str, Any]]:
    """All object schemas in a schema."""
    if isinstance(schema, Mapping):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a value fits, for the few words of JSON Schema that are used here."""
    if "anyOf" in schema:
        return any(fits(value, one) for one in schema["anyOf"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    match schema["type"]:
        case "object":
            return (
                isinstance(value, dict)
                and set(value) == set(schema["required"])
                and all(fits(value[name], one) for name, one in schema["properties"].items())
            )
        case "array":
            return isinstance(value, list) and all(fits(one, schema["items"]) for one in value)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "null":
            return value is None
        case _:
            return isinstance(value, str)


SHAPES = [
    shape_of(ids_of(rubric(), scenario())),
    grades_shape(("leakage", "baseline"), 4, ("x",)),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_schemas_are_in_the_strict_form(shape: Any) -> None:
    found = list(objects(shape.schema))
    assert len(found) >= 4
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])


def test_the_schema_accepts_a_good_reading_and_no_other() -> None:
    schema = SHAPES[0].schema
    assert fits(GOOD, schema)
    assert not fits({**GOOD, "intent": "chat"}, schema)
    assert not fits({**GOOD, "topic": "deployment"}, schema)
    assert not fits({**GOOD, "evidence": [evidence("x", "splitting")]}, schema)
    assert not fits({name: value for name, value in GOOD.items() if name != "topic"}, schema)
