"""Which request gets which fault."""

from dataclasses import replace

import pytest

from agent.errors import InputError
from evals.fakellm.chat import ChatRequest
from evals.fakellm.faults import KINDS, Fault
from evals.fakellm.scripts import FaultScript, always, at, each, first, mixed, never, parse

LATE, DOWN = Fault("http_429"), Fault("http_500")


def request(text: str = "hello", stream: bool = False) -> ChatRequest:
    return ChatRequest((("user", text),), "m", stream)


def streams(asked: ChatRequest) -> bool:
    return asked.stream


def given(script: FaultScript, count: int = 4, asked: ChatRequest | None = None) -> list[str]:
    found = (script(number, asked or request()) for number in range(count))
    return [fault.kind if fault else "" for fault in found]


def test_never_gives_no_fault() -> None:
    assert given(never) == [""] * 4


def test_always_gives_one_fault_to_all() -> None:
    assert given(always(LATE)) == ["http_429"] * 4


def test_faults_may_be_given_by_number() -> None:
    assert given(at({0: LATE, 2: DOWN})) == ["http_429", "", "http_500", ""]


def test_only_the_requests_that_are_picked_get_the_fault() -> None:
    script = each(LATE, only=streams)
    assert script(0, request()) is None
    assert script(1, request(stream=True)) is LATE


def test_the_first_of_the_requests_that_are_picked_are_counted() -> None:
    script = first(2, DOWN, only=streams)
    asked = [request(stream=n % 2 == 1) for n in range(8)]
    assert [n for n in range(8) if script(n, asked[n])] == [1, 3]


def test_mixed_faults_come_at_their_rate() -> None:
    script = mixed([LATE, DOWN], 0.3, seed=1)
    found = [script(n, request(str(n))) for n in range(2000)]
    assert 0.27 < sum(fault is not None for fault in found) / 2000 < 0.33
    assert {fault.kind for fault in found if fault} == {"http_429", "http_500"}


def test_mixed_faults_do_not_depend_on_the_order_of_the_requests() -> None:
    texts = [str(n) for n in range(50)]
    forth, back = mixed([LATE, DOWN], 0.5), mixed([LATE, DOWN], 0.5)
    assert {text: forth(0, request(text)) for text in texts} == {
        text: back(0, request(text)) for text in reversed(texts)
    }


def test_a_retry_may_be_spared_by_mixed_faults() -> None:
    script = mixed([LATE], 0.5)
    assert set(given(script, 20)) == {"", "http_429"}


def test_another_seed_gives_other_faults() -> None:
    assert given(mixed([LATE], 0.5, seed=1), 40) != given(mixed([LATE], 0.5, seed=2), 40)


@pytest.mark.parametrize(
    ("text", "fault", "numbers"),
    [
        ("http_429@2", LATE, [2]),
        ("http_429:retry_after=1@0-1", replace(LATE, retry_after=1), [0, 1]),
        ("slow_first_token:seconds=0.5@*", Fault("slow_first_token", seconds=0.5), [0, 1, 2, 3]),
        ("reset_mid_stream:after=9@3", Fault("reset_mid_stream", after=9), [3]),
        ("leak:text=me@home, or so@0", Fault("leak", text="me@home, or so"), [0]),
        (
            "unsupported_format:modes=tool+json_object@0",
            Fault("unsupported_format", modes=("tool", "json_object")),
            [0],
        ),
    ],
)
def test_a_fault_is_read_from_text(text: str, fault: Fault, numbers: list[int]) -> None:
    script = parse([text])
    assert [n for n in range(4) if script(n, request()) == fault] == numbers


def test_the_first_text_that_fits_counts() -> None:
    assert given(parse(["http_500@1", "http_429@*"])) == [
        "http_429",
        "http_500",
        "http_429",
        "http_429",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_written(kind: str) -> None:
    assert given(parse([f"{kind}@0"]), 1) == [kind]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("http_429", "for which requests"),
        ("http_429@", "for which requests"),
        ("http_429@x", "for which requests"),
        ("http_418@1", "unknown fault 'http_418'"),
        ("http_429:wait=1@1", "'wait=1' is not known"),
        ("http_429:retry_after=soon@1", "not a number"),
        ("unsupported_format:modes=xml@1", "'modes=xml' is not known"),
    ],
)
def test_a_text_that_is_no_fault_is_told_with_the_remedy(text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        parse([text])
