"""No key is shown, logged, traced or stored, and nothing else is taken out."""

import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.llm.faults import Kind, ModelError, fault_of
from agent.llm.redact import HIDDEN, redacted, redacted_in, without_credentials

NONE: dict[str, str] = {}


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "SEVENSTEP_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"],
)
def test_a_key_in_the_environment_is_taken_out_by_its_value(name: str) -> None:
    assert redacted("with blue-4711, again blue-4711.", {name: "blue-4711"}) == (
        f"with {HIDDEN}, again {HIDDEN}."
    )


def test_of_two_keys_of_which_one_begins_with_the_other_nothing_is_left() -> None:
    keys = {"A_API_KEY": "blue-4711", "B_API_KEY": "blue-4711-more"}
    assert redacted("blue-4711-more", keys) == HIDDEN


@pytest.mark.parametrize(
    "environment",
    [
        {"PATH": "/usr/local/bin"},
        {"OPENAI_API_KEY": "x"},
        {"OPENAI_API_KEY": "ollama"},
        {"SEVENSTEP_MAX_TOKENS": "100000"},
        {"GOOGLE_APPLICATION_CREDENTIALS": "/usr/local/bin"},
    ],
)
def test_other_values_and_words_that_only_stand_for_a_key_stay(environment: dict[str, str]) -> None:
    text = "x: ollama has 100000 users in /usr/local/bin"
    assert redacted(text, environment) == text


@pytest.mark.parametrize(
    "key",
    [
        "sk-abcdefghijklmnop1234",
        "plan****1d77",
        "sk-proj-A1b2C3d4-E5f6_G7h8",
        "sk-ant-api03-abc_DEF-123456",
        "sk-abc1***************wxyz",
        "sk-or-v1-0123456789abcdef",
        "gsk_0123456789abcdefghij",
        "xai-0123456789abcdefghij",
        "lsv2_pt_0123456789abcdef_0123456789",
        "hf_abcdefghijABCDEFGHIJ0123",
        "AIzaSyA0123456789-abcdefg_HIJKLMNOPQRST",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
@pytest.mark.parametrize("text", ["Incorrect API key provided: {}.", "key={}&x=1", '"{}"', "{}"])
def test_what_has_the_form_of_a_key_is_taken_out(key: str, text: str) -> None:
    assert redacted(text.format(key), NONE) == text.format(HIDDEN)


@pytest.mark.parametrize("word", ["Bearer", "bearer"])
def test_what_bears_is_taken_out(word: str) -> None:
    assert redacted(f"Authorization: {word} abc.DEF-123+/==", NONE) == (
        f"Authorization: {word} {HIDDEN}"
    )


@pytest.mark.parametrize(
    "login", ["user:password", "user:p@ss", ":secret", "user:p%40ss", "user:a:b"]
)
def test_a_login_in_an_address_is_taken_out(login: str) -> None:
    text = f"cannot reach postgresql://{login}@db.example/x, nor http://localhost:8000/v1"
    assert redacted(text, NONE) == text.replace(login, HIDDEN)


@pytest.mark.parametrize(
    "text",
    [
        "token_count and max_tokens",
        "api key rotation, every 90 days",
        "I'd take sk-learn, or sk-learn.linear_model.LogisticRegression2",
        "hf_hub_download and hf_bert_base_v2",
        "the bearer of the ticket; bearer tokens expire",
        "risk-adjusted scores, task-0123456789-queue",
        "see http://127.0.0.1:8000/v1 and mail me@example.org",
        "ratio 3:1 @ 10 ms",
        '{"base_url": "http://127.0.0.1:1/v1", "mail": "me@example.org"}',
        "gpt-4o-mini-2024-07-18, claude-sonnet-5-5, text-embedding-3-large",
    ],
)
def test_nothing_else_is_touched(text: str) -> None:
    assert redacted(text, NONE) == text


def test_names_of_fields_stay_and_all_texts_below_are_cleaned() -> None:
    key = "sk-abcdefghijklmnop1234"
    value = {key: [{"a": f"x {key}"}, 7, None], "b": (key,)}
    assert redacted_in(value) == {key: [{"a": f"x {HIDDEN}"}, 7, None], "b": [HIDDEN]}


def test_an_address_is_stored_without_login_and_query() -> None:
    assert without_credentials("https://me:pw@host/v1?key=1") == "https://host/v1"


LETTERS = string.ascii_letters + string.digits
KEYS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["sk-", "sk-proj-", "sk-ant-api03-", "gsk_", "xai-", "sk-or-v1-"]),
    st.text(LETTERS, min_size=10, max_size=50),
    st.sampled_from(string.digits),
    st.text(LETTERS, min_size=10, max_size=50),
) | st.builds("AIza{}".format, st.text(LETTERS + "-_", min_size=35, max_size=35))


@given(st.text(), KEYS, st.sampled_from(" '\"\n:=,([{"), st.text())
def test_a_key_in_what_a_server_says_is_never_in_the_message(
    before: str, key: str, edge: str, after: str
) -> None:
    error = ModelError(Kind.key, f"{before}{edge}{key}{edge}{after}")
    assert key not in str(error)
    assert key not in error.message


@given(st.text(), st.text(LETTERS + "-_+/=!$", min_size=16, max_size=60), st.text())
def test_the_users_key_is_never_in_the_message_of_a_fault(
    before: str, key: str, after: str
) -> None:
    os.environ["OPENAI_API_KEY"] = key
    try:
        assert key not in str(fault_of(ValueError(before + key + after)))
    finally:
        del os.environ["OPENAI_API_KEY"]


@given(st.text(alphabet=string.ascii_lowercase + " .,;:'\n"))
def test_words_are_never_touched(text: str) -> None:
    assert redacted(text, NONE) == text
