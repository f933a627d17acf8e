"""A JSON object is got out of what a model wrote, and asked for where nothing guarantees it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.llm.chat import Message, Method
from agent.llm.structured import (
    NotAnObjectError,
    UnusableAnswerError,
    asking_for,
    corrected,
    object_in,
)
from tests.transport_support import ASKED, SHAPE

VALUE = {"a": "it's {so} `so`", "b": [1, {"c": None}]}
JSON = json.dumps(VALUE)


@pytest.mark.parametrize(
    "text",
    [
        JSON,
        f"  {JSON}\n",
        f"```json\n{JSON}\n```",
        f"```\n{JSON}\n```",
        f"```json {JSON}```",
        f"Sure! Here it is:\n\n```json\n{JSON}\n```\n\nAnything else?",
        f"The object is {JSON}, I think.",
        f"<think>either</think>{JSON}",
    ],
)
def test_an_object_is_found_in_whatever_stands_around_it(text: str) -> None:
    assert object_in(text, mend=False) == VALUE


@pytest.mark.parametrize(
    "text",
    ["", "Sorry.", "[1, 2]", '"a"', "null", "3", '{"a": 1', "{'a': 1}", '{"a": 1,}', "[" * 100_000],
)
def test_what_is_no_object_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(NotAnObjectError, match="it is not one JSON object"):
        object_in(text, mend=False)


@pytest.mark.parametrize(
    "text", ['{"a": 1', "{'a': 1}", '{"a": 1,}', '```json\n{"a": 1', 'So: {"a": 1 // one\n}']
)
def test_one_that_is_not_valid_is_mended_if_that_is_wanted(text: str) -> None:
    assert object_in(text, mend=True) == {"a": 1}


@pytest.mark.parametrize("text", ["", "Sorry.", "[1, 2]", "{"])
def test_what_cannot_be_mended_is_unusable(text: str) -> None:
    with pytest.raises(UnusableAnswerError):
        object_in(text, mend=True)


@given(st.dictionaries(st.text(), st.text() | st.lists(st.integers())))
def test_every_object_is_read_as_it_was_written(value: dict[str, object]) -> None:
    assert object_in(json.dumps(value, ensure_ascii=False), mend=True) == value


@given(st.text())
def test_any_text_is_an_object_or_unusable(text: str) -> None:
    with suppress(UnusableAnswerError):
        assert isinstance(object_in(text, mend=True), dict)


@pytest.mark.parametrize("method", [Method.json_schema, Method.tool_call])
def test_a_prompt_stays_as_it_is_where_decoding_holds_to_the_schema(method: Method) -> None:
    assert asking_for(ASKED, SHAPE, method) is ASKED


@pytest.mark.parametrize("method", [Method.json_mode, Method.prompted])
def test_the_schema_stands_at_the_end_of_the_prompt_elsewhere(method: Method) -> None:
    before, last = asking_for(ASKED, SHAPE, method)
    assert before == ASKED[0]
    assert last.text.startswith("Begin.\n\nAnswer with one JSON object and nothing else")
    assert json.loads(last.text.rpartition("\n")[2]) == SHAPE.schema


def test_what_was_wrong_is_told_at_no_great_length() -> None:
    before, last = corrected(ASKED, "no " * 1000)
    assert before == ASKED[0]
    assert last == Message("user", last.text)
    assert last.text.startswith("Begin.\n\nYour last answer could not be used: no no")
    assert len(last.text) < 800
