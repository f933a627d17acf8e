"""Which request gets which fault.

A script is called once for each chat request that was let in, with its number counted from 0.
Scripts that count (`first`, `mixed`) belong to one server; make a new one for the next.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, cast, get_args

from agent.errors import InputError
from evals.fakellm.chat import ChatRequest, Mode
from evals.fakellm.faults import KINDS, Fault

FaultScript: TypeAlias = Callable[[int, ChatRequest], Fault | None]
Predicate: TypeAlias = Callable[[ChatRequest], bool]

_FORM = "write it like http_429@2, http_429:retry_after=1@0-3 or slow_first_token:seconds=2@*"
_WHERE = re.compile(r"(\*)|(\d+)(?:-(\d+))?")
_OPTION = re.compile(r",(?=\w+=)")


def never(number: int, request: ChatRequest) -> Fault | None:  # noqa: ARG001 (a FaultScript)
    """No fault at all."""
    return None


def anything(request: ChatRequest) -> bool:  # noqa: ARG001 (a Predicate)
    """Every request."""
    return True


def always(fault: Fault) -> FaultScript:
    """This fault for every request."""
    return each(fault)


def each(fault: Fault, only: Predicate = anything) -> FaultScript:
    """This fault for each request that the predicate picks."""
    return lambda _, request: fault if only(request) else None


def at(faults: Mapping[int, Fault]) -> FaultScript:
    """Faults by the number of the request."""
    return lambda number, _: faults.get(number)


def first(n: int, fault: Fault, only: Predicate = anything) -> FaultScript:
    """This fault for the first n requests that the predicate picks."""
    left = n

    def script(_: int, request: ChatRequest) -> Fault | None:
        nonlocal left
        if left <= 0 or not only(request):
            return None
        left -= 1
        return fault

    return script


def mixed(faults: Sequence[Fault], rate: float, seed: int = 0) -> FaultScript:
    """One of the faults for this share of the requests, 0 to 1.

    It is drawn by a hash of the seed, the request's key and how often that key was asked: the
    order of concurrent requests does not matter, and a retry may succeed.
    """
    attempts: Counter[str] = Counter()

    def script(_: int, request: ChatRequest) -> Fault | None:
        attempt = attempts[request.key]
        attempts[request.key] += 1
        drawn = hashlib.sha256(f"{seed}:{request.key}:{attempt}".encode()).digest()
        if int.from_bytes(drawn[:8]) >= rate * 2**64:
            return None
        return faults[int.from_bytes(drawn[8:16]) % len(faults)]

    return script


def parse(texts: Iterable[str]) -> FaultScript:
    """A script from texts such as "http_429:retry_after=1@0-3"; the first that fits counts.

    The form is KIND[:FIELD=VALUE,...]@WHERE with WHERE a number, a range with both ends, or `*`;
    the fields are those of Fault, several modes joined by `+`. Raises InputError.
    """
    rules = [_rule(text) for text in texts]

    def script(number: int, _: ChatRequest) -> Fault | None:
        return next((fault for low, high, fault in rules if low <= number <= high), None)

    return script


def _rule(text: str) -> tuple[float, float, Fault]:
    what, _, where = text.rpartition("@")
    name, _, options = what.partition(":")
    place = _WHERE.fullmatch(where)
    if place is None:
        raise InputError(f"the fault {text!r} does not say for which requests; {_FORM}")
    kind = next((known for known in KINDS if known == name), None)
    if kind is None:
        raise InputError(f"unknown fault {name!r} in {text!r}; known are {', '.join(KINDS)}")
    fault = Fault(kind)
    for option in _OPTION.split(options) if options else ():
        fault = _with_option(fault, option, text)
    if place[1]:
        return 0, float("inf"), fault
    return int(place[2]), int(place[3] or place[2]), fault


def _with_option(fault: Fault, option: str, text: str) -> Fault:
    field, _, value = option.partition("=")
    try:
        match field:
            case "seconds":
                return replace(fault, seconds=float(value))
            case "retry_after":
                return replace(fault, retry_after=float(value))
            case "after":
                return replace(fault, after=int(value))
            case "text":
                return replace(fault, text=value)
            case "modes" if set(value.split("+")) <= set(get_args(Mode)):
                return replace(fault, modes=tuple(cast(Mode, mode) for mode in value.split("+")))
    except ValueError as error:
        raise InputError(f"{option!r} in the fault {text!r} is not a number; {_FORM}") from error
    raise InputError(
        f"{option!r} is not known in the fault {text!r}; "
        f"fields are seconds, retry_after, after, text, and modes ({', '.join(get_args(Mode))})"
    )
