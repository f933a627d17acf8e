"""What a message is for, beside its content: hints, moves, fishing, orders, the end.

Read sentence by sentence, by the wordings in `agent.offline.cues`. Which of them counts when
there is content as well is decided in `agent.offline.observer`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from agent.offline.cues import (
    AFTER_STEP,
    ANSWERS,
    ATTEMPTED,
    COURTESIES,
    DETERMINED,
    FEW_WORDS_OF_COURTESY,
    FILLER,
    INDIRECT_QUESTION,
    LATER,
    OF_INTENT,
    OPENING_WORDS,
    OUTRIGHT_HINT,
    OUTRIGHT_ORDER,
    OWN_QUESTION,
    PLAIN,
    QUOTED,
    SAYS_WHY_IT_ASKS,
    SIDE,
    SPOKEN_ABOUT,
    TO_STEP,
    TO_THE_INTERVIEWER,
    TOPIC_ENDS,
    Courtesy,
)
from agent.offline.drawn import drawn
from agent.offline.text import sentences
from agent.ports import Intent
from agent.rubric import Step


def command_like(text: str) -> list[Intent]:
    """The intents that the wording of a message shows, the gravest first; often none.

    What is written in a diagram shows none, unless it is an order.
    """
    shown = {intent for piece in _pieces(text) for intent in intents_of(piece)}
    shown |= {
        Intent.orders for term in drawn(text) if Intent.orders in intents_of(" ".join(term.words))
    }
    return [intent for intent in OF_INTENT if intent in shown]


def share_of(text: str, intent: Intent) -> float:
    """The share of a message's words that stand in sentences of this intent."""
    pieces = [(len(piece.split()), intent in intents_of(piece)) for piece in _pieces(text)]
    total = sum(words for words, _ in pieces)
    return sum(words for words, shown in pieces if shown) / total if total else 0.0


@lru_cache(maxsize=1_000)
def intents_of(sentence: str) -> tuple[Intent, ...]:
    """The intents that one sentence shows; what it cites in quotation marks shows none."""
    said = unquoted(sentence)
    return tuple(
        intent
        for intent, pattern in OF_INTENT.items()
        if pattern.search(said) and not _is_excused(intent, said)
    )


def _is_excused(intent: Intent, said: str) -> bool:
    if intent is Intent.orders:
        return not OUTRIGHT_ORDER.search(said) and SPOKEN_ABOUT.search(said) is not None
    if intent is Intent.ask_hint:
        return not OUTRIGHT_HINT.search(said) and ATTEMPTED.search(said) is not None
    return False


def is_attempt(text: str) -> bool:
    """Whether a message that admits ignorance goes on to try an answer all the same."""
    return any(
        ATTEMPTED.search(piece) and Intent.ask_hint not in intents_of(piece)
        for piece in _pieces(text)
    )


def is_outright_plea(text: str) -> bool:
    """Whether a hint is asked for in so many words, and not only ignorance admitted."""
    return any(OUTRIGHT_HINT.search(unquoted(piece)) for piece in _pieces(text))


def unquoted(text: str, least: float = 0.5) -> str:
    """The text with what it cites left out, unless less than this share of it would be left."""
    plain = text.translate(PLAIN)
    rest = QUOTED.sub(" ", plain)
    return rest if len(rest.split()) >= max(1, least * len(plain.split())) else plain


def _pieces(text: str) -> list[str]:
    return [piece.text for piece in sentences(text.translate(PLAIN))]


def step_named(text: str, steps: Sequence[Step]) -> str | None:
    """The step that a message asks to go to ("let's move on to metrics"), or None.

    Where it names several one after the other, the last.
    """
    names = _names_of(steps)
    found = next((s.id for s in steps if _is_just(text, (s.title, s.id.replace("_", " ")))), None)
    for piece in _pieces(text):
        said = unquoted(piece)
        for match in TO_STEP.finditer(said):
            rest = said[match.end() :]
            for name, step in names:
                pattern = rf"{DETERMINED}{re.escape(name)}{SIDE}{AFTER_STEP}"
                if re.match(pattern, rest, re.IGNORECASE) and not LATER.match(rest):
                    found = step
                    break
        found = _named_alone(said, names) or found
    return found


def topic_named(text: str, steps: Sequence[Step]) -> str | None:
    """The step that a message says it is about: "Metrics: ...", "For deployment I'd ...", or None.

    Only its first words are looked at; a step mentioned later on is not its topic.
    """
    rest = OPENING_WORDS.sub("", text.translate(PLAIN).lstrip(), count=1)
    for name, step in _names_of(steps):
        if re.match(rf"{re.escape(name)}{TOPIC_ENDS}", rest, re.IGNORECASE):
            return step
    return None


def _names_of(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """All ways to name a step, with the step; longer ones first, which hold shorter ones."""
    names = [
        (name.lower(), step.id)
        for step in steps
        for name in (*step.called, step.title, step.id.replace("_", " "))
    ]
    return sorted(names, key=lambda name: -len(name[0]))


def _is_just(text: str, names: Iterable[str]) -> bool:
    return text.strip(" .!?\n").lower() in {name.lower() for name in names}


def _named_alone(said: str, names: Sequence[tuple[str, str]]) -> str | None:
    """The step named by a sentence that is little else: "Metrics next.", "Serving, please"."""
    if len(said.split()) > 6:
        return None
    for name, step in names:
        alone = rf"^{DETERMINED}{re.escape(name)}{SIDE},? (?:next|now|first|then|please)\W*$"
        if re.match(alone, said, re.IGNORECASE):
            return step
    return None


def is_filler(words: Sequence[str]) -> bool:
    """Whether nothing but fillers was said."""
    return all(word in FILLER for word in words)


def courtesy_in(text: str) -> Courtesy | None:
    """What a short message without content asks or offers beside the subject, if anything."""
    said = text.translate(PLAIN).strip()
    if len(said.split()) > FEW_WORDS_OF_COURTESY:
        return None
    return next((one for one, pattern in COURTESIES.items() if pattern.search(said)), None)


def asks_indirectly(sentence: str) -> bool:
    """Whether a sentence without a question mark asks for something all the same."""
    return INDIRECT_QUESTION.search(sentence.translate(PLAIN)) is not None


def is_rhetorical(question: str, followed_by: str, *, in_answer: bool) -> bool:
    """Whether a question is one that its asker goes on to answer himself.

    `followed_by` is the sentence after it, empty if that is a question, too. `in_answer` says
    whether the message is an answer with content, and not from a phase of asking: there, what
    is not put to the interviewer is a figure of speech.
    """
    question, after = question.translate(PLAIN), followed_by.translate(PLAIN)
    if not after or asks_indirectly(after) or TO_THE_INTERVIEWER.search(question):
        return False
    if OWN_QUESTION.search(question) and after.lower().startswith("because"):
        return True
    if SAYS_WHY_IT_ASKS.search(after):
        return False
    if in_answer:
        return True
    return OWN_QUESTION.search(question) is not None and ANSWERS.search(after) is not None
