"""Recordings: what is not recorded is told with the nearest; files are checked, and come back."""

from pathlib import Path

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import FileError
from evals.fakellm.chat import ChatRequest, Reply, Usage, key_of
from evals.fakellm.recordings import Exchange, NotRecorded, Recordings, dump, load
from evals.fakellm.server import FakeLLM, serving
from tests.test_fakellm import ask, client_of

KEY = "9f2c0d1e5a7b3c48"
GOOD = f"source: authored\nexchanges:\n  - key: {KEY}\n    asked: hi\n    content: hello\n"


def request(*texts: str) -> ChatRequest:
    return ChatRequest(tuple(("user", text) for text in texts), "m")


def exchange(text: str, reply: Reply) -> Exchange:
    return Exchange(request(text).key, text, reply)


def written(folder: Path, text: str, name: str = "x.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_key_is_the_beginning_of_a_hash_of_roles_and_texts() -> None:
    assert key_of([("user", "hi")]) == "897be8e1f0370e7f"


def test_the_model_and_the_way_of_asking_are_not_in_the_key() -> None:
    messages = (("user", "hi"),)
    assert ChatRequest(messages, "a").key == ChatRequest(messages, "b", True, True, "tool").key


def test_another_role_is_another_key() -> None:
    assert key_of([("user", "hi")]) != key_of([("system", "hi")])


def test_the_real_client_gets_the_recorded_reply(tmp_path: Path) -> None:
    messages = (("system", "You are terse."), ("user", "Begin."))
    path = written(tmp_path, GOOD.replace(KEY, f'"{key_of(messages)}"'))
    server = FakeLLM(load([path]))
    with serving(server), client_of(server) as client:
        assert ask(client).choices[0].message.content == "hello"


def test_what_is_not_recorded_is_told_with_the_nearest_and_the_difference(tmp_path: Path) -> None:
    was = "Criterion: leakage.\nSay how far the candidate came.\nQuote him."
    path = tmp_path / "judge.yaml"
    replies = [exchange("Greet the candidate.", Reply("a")), exchange(was, Reply("b"))]
    dump(path, replies, source="authored", about="two prompts")
    with pytest.raises(NotRecorded) as seen:
        load([tmp_path]).reply(request(was.replace("Quote him", "Quote them")))
    message = str(seen.value)
    assert str(path) in message
    assert "\n-Quote him.\n+Quote them.\n" in message
    assert "Greet" not in message
    assert "record them again" in message


def test_the_difference_within_a_long_line_is_shown() -> None:
    was = "".join(f"This is the sentence number {n} of a long paragraph. " for n in range(40))
    known = Recordings([exchange(was, Reply("a"))])
    with pytest.raises(NotRecorded, match=r"\+This is the sentence number 30 of another par"):
        known.reply(request(was.replace("30 of a long", "30 of another")))


def test_a_difference_in_an_earlier_message_is_told() -> None:
    known = Recordings([exchange("hi", Reply("a"))])
    with pytest.raises(NotRecorded, match="an earlier message differs"):
        known.reply(request("before", "hi"))


def test_there_may_be_no_recording_at_all() -> None:
    with pytest.raises(NotRecorded, match="no recording at all"):
        Recordings().reply(request("hi"))


def test_the_client_reads_what_is_nearest_and_the_server_remembers() -> None:
    server = FakeLLM(Recordings([exchange("Begin now.", Reply("a"))]))
    with (
        serving(server),
        client_of(server) as client,
        pytest.raises(openai.BadRequestError, match=r"-Begin now\.") as seen,
    ):
        ask(client)
    assert seen.value.code == "no_recording"
    [message] = server.unrecorded
    assert message in str(seen.value)


def test_the_nearest_of_many_long_prompts_is_found_in_no_time() -> None:
    common = "The rules of the house. " * 200
    known = Recordings(exchange(f"{common}Number {n}.", Reply("a")) for n in range(3000))
    with pytest.raises(NotRecorded, match=r"-Number 1234\.\n\+Number 12345\."):
        known.reply(request(f"{common}Number 12345."))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("source: authored\n", ""), "x.yaml: source: Field required"),
        (GOOD.replace(f"key: {KEY}\n    ", ""), r"exchanges\[0\].key: Field required"),
        (GOOD.replace(KEY, "abc"), r"exchanges\[0\].key: String should match"),
        (GOOD.replace("    content: hello\n", ""), r"exchanges\[0\]: has no replies; give one"),
        (GOOD + "    json: {a: 1}\n", r"exchanges\[0\]: has 2 replies; give one"),
        (GOOD + "    mood: 1\n", r"exchanges\[0\].mood: Extra inputs"),
        (GOOD + "    usage: {prompt_tokens: 1}\n", r"usage.completion_tokens: Field required"),
        (GOOD + "    content: again\n", "line 6: not valid YAML"),
        (GOOD.replace("content: hello", "json: {day: 2024-01-01}"), r"\[0\].json.day: input was"),
        ("- 1\n", "holds a list"),
    ],
)
def test_a_faulty_file_is_told_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(FileError, match=problem):
        load([written(tmp_path, text)])


def test_a_key_with_two_replies_is_an_error_that_names_both_files(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.yaml")
    written(tmp_path, GOOD.replace("hello", "bye"), "b.yaml")
    with pytest.raises(FileError, match=r"b\.yaml: exchanges\[0\]\.key: .* in .*a\.yaml"):
        load([tmp_path])


def test_a_key_with_the_same_reply_twice_is_none(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert len(load([path, tmp_path])) == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        load([tmp_path / "none.yaml"])


def test_a_folder_without_recordings_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="holds no recordings"):
        load([tmp_path])


def test_texts_of_several_lines_are_written_as_people_read_them(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    judge = exchange(
        "Judge:\n\n  leakage\n", Reply(json={"reason": "one\ntwo", "level": 2}, usage=Usage(10, 2))
    )
    dump(path, [judge], source="m-1", about="one")
    assert path.read_text(encoding="utf-8") == (
        "source: m-1\n"
        "about: one\n"
        "exchanges:\n"
        f"- key: {judge.key}\n"
        "  asked: |\n"
        "    Judge:\n"
        "\n"
        "      leakage\n"
        "  json:\n"
        "    reason: |-\n"
        "      one\n"
        "      two\n"
        "    level: 2\n"
        "  usage:\n"
        "    prompt_tokens: 10\n"
        "    completion_tokens: 2\n"
    )


AWKWARD = ["", " ", "\n", "a \nb", "  a\nb", "a\n\n", "a\r\nb", "x\x85y\n", "\u2028\n", "\ufeffa\n"]
LIKE_YAML = ["null", "1234567890123456", "no", "2024-01-01", "a: b\n- c", "# a\nb", "\ta\n\tb", "'"]
TEXTS = st.text(max_size=60) | st.sampled_from(AWKWARD) | st.sampled_from(LIKE_YAML)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
REPLIES = st.builds(
    Reply,
    content=TEXTS,
    finish_reason=st.sampled_from(["", "length"]),
    usage=st.none() | st.builds(Usage, *[st.integers(0, 9)] * 3),
) | st.builds(Reply, json=st.dictionaries(TEXTS, VALUES, max_size=3) | st.lists(VALUES, max_size=3))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXTS, unique=True, max_size=3), reply=REPLIES)
def test_what_was_written_comes_back(tmp_path: Path, texts: list[str], reply: Reply) -> None:
    exchanges = [exchange(text, reply) for text in texts]
    dump(tmp_path / "x.yaml", exchanges, source="m", about="")
    assert list(load([tmp_path])) == exchanges
