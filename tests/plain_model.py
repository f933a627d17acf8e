"""A model that answers by rule over the real protocol, for tests in which anything may be asked.

The recorded interviews hold what is asked in them and nothing else; faults make the engine ask
again in other words. This one reads the prompt and gives a plain answer of the right form.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.recordings import load
from evals.fakellm.scripts import FaultScript, never
from evals.fakellm.server import FakeLLM, Scripted, serving
from evals.recorded import RECORDINGS

_SAID = re.compile(r'<candidate turn="(\d+)"[^>]*>\n(.*?)\n</candidate>', re.DOTALL)
_CRITERION = re.compile(r"^([a-z_]+): ", re.MULTILINE)
_ASKED = re.compile(r"(?:question|[Aa]sk|fitted to what [^:]*|every figure)[^:\n]*: (.+\?)")


def is_note(request: ChatRequest) -> bool:
    """Whether the observer asks."""
    return request.schema == "note"


def is_speech(request: ChatRequest) -> bool:
    """Whether the speaker asks."""
    return not request.schema


def is_grading(request: ChatRequest) -> bool:
    """Whether the grader asks."""
    return request.schema == "grades"


def plain_reply(request: ChatRequest) -> Reply:
    """An answer of the right form: the first sentence is the evidence, the question is asked."""
    text = "\n".join(message for _, message in request.messages)
    if is_note(request):
        return Reply(json=_note(text))
    if is_grading(request):
        return Reply(json={"grades": _grades(request, text), "red_flags": []})
    asked = _ASKED.findall(request.last)
    return Reply(f"Let us see. {asked[-1]}" if asked else "Please go on.")


def _note(text: str) -> dict[str, Any]:
    said = _SAID.findall(text)[-1][1]
    quote = re.split(r"(?<=[.!?])\s", said)[0]
    return {
        "evidence": [{"criterion": "business_objective", "quote": quote, "depth": "named"}],
        "red_flags": [],
        "facts_asked": [],
        "asked_beyond_sheet": False,
        "intent": "answer",
        "target_step": None,
        "topic": None,
    }


def _grades(request: ChatRequest, text: str) -> list[dict[str, Any]]:
    turn, said = _SAID.findall(text)[0]
    quote = {"turn": int(turn), "quote": re.split(r"(?<=[.!?])\s", said)[0]}
    grade = {"quotes": [quote], "reason": "You named it.", "level": 1, "confidence": "high"}
    return [{"criterion": name, **grade} for name in _CRITERION.findall(request.last)]


@contextmanager
def plain_model(faults: FaultScript = never, **options: Any) -> Iterator[FakeLLM]:
    """Serve the model that answers by rule."""
    with serving(FakeLLM(Scripted(plain_reply), faults=faults, **options)) as server:
        yield server


@contextmanager
def recorded_model(**options: Any) -> Iterator[FakeLLM]:
    """Serve the recorded interviews; fails at the end if anything else was asked."""
    with serving(FakeLLM(load(sorted(RECORDINGS.glob("*.yaml"))), **options)) as server:
        yield server
    assert server.unrecorded == [], server.unrecorded[0]
