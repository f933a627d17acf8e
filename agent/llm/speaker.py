"""The speaker with a model: streams, and says each sentence as soon as the guard lets it pass.

What the model may not say is asked for once more and then said in authored words. Facts are
told in their authored words to whoever speaks English, so that all hear the same.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from agent.errors import EngineError, EngineUnavailableError
from agent.llm.caller import Caller
from agent.llm.chat import Message, Messages
from agent.llm.guard import MOST_WORDS, Guard
from agent.llm.meter import Meter
from agent.llm.prompts import filled
from agent.llm.sentences import sentences_of
from agent.llm.window import rendered
from agent.move import Farewell, Floor, Move, Open, Probe, Reveal
from agent.offline.language import is_unreadable
from agent.offline.speaker import last_question, reply_words, words_for
from agent.ports import Speaking
from agent.transcript import Party, Transcript

_ANSWER_TOKENS = 1_200
_CONVERSATION_TOKENS = 3_000
"""For the last turns: the speaker ties in with them, it does not need them whole."""

_TELLING = 1_000
"""So many characters tell in which language a message is written."""
_ATTEMPTS = 2
_MOST_BEYOND = 2


class LlmSpeaker:
    """The speaker of the engine with a model."""

    def __init__(self, caller: Caller, meter: Meter, guard: Guard) -> None:
        self._caller = caller
        self._meter = meter
        self._guard = guard

    async def say(self, speaking: Speaking) -> AsyncIterator[str]:
        """The utterance, sentence by sentence."""
        self._meter.begin()
        english = not _writes_otherwise(speaking.recent)
        if english and _is_said_as_authored(speaking.move):
            self._meter.first_word()
            yield words_for(speaking)
            return
        # Nothing is shown before the model is known to answer: who cannot be heard to the end
        # shall not be asked to write an answer first.
        opening = _opening(speaking, english=english)
        review = self._guard.review(speaking, english=english)
        said: list[str] = []
        refused = ""
        for _ in range(_ATTEMPTS):
            try:
                async with aclosing(self._attempt(speaking, english, said, refused)) as sentences:
                    refused, beyond = "", 0
                    async for sentence in sentences:
                        if review.has_asked(said):
                            # The rest is not said, but only its end tells what the call took.
                            beyond += 1
                            if beyond > _MOST_BEYOND:
                                break
                            continue
                        refused = review.fault(sentence, said) or ""
                        if refused:
                            self._meter.refused(refused)
                            break
                        self._meter.first_word()
                        yield f" {sentence}" if said else opening + sentence
                        said.append(sentence)
            except EngineUnavailableError as error:
                if not said:
                    raise
                refused = str(error)
            except EngineError as error:
                refused = str(error)
                self._meter.refused(refused)
                if said and not review.has_asked(said):
                    # Half an utterance stands there: nobody is kept waiting for a second try.
                    break
            owed = review.owed(said)
            if said and not owed and (not refused or _ends_anywhere(speaking.move)):
                return
            refused = refused or "it did not ask the question, or left something out"
        self._meter.first_word()
        rest = " ".join(review.owed(said)) if said else words_for(speaking)
        if rest:
            yield f" {rest}" if said else rest

    async def _attempt(
        self, speaking: Speaking, english: bool, said: Sequence[str], refused: str
    ) -> AsyncGenerator[str]:
        """One answer of the model, in sentences."""
        already = tuple(said)
        text = self._caller.text(
            "speak",
            lambda budget: speaking_messages(
                speaking, english=english, said=already, refused=refused, budget=budget
            ),
            max_tokens=_ANSWER_TOKENS,
        )
        async with aclosing(text) as pieces, aclosing(sentences_of(pieces)) as sentences:
            async for sentence in sentences:
                yield sentence


def speaking_messages(
    speaking: Speaking, *, english: bool, said: Sequence[str] = (), refused: str = "", budget: int
) -> Messages:
    """The prompt for one utterance."""
    move = speaking.move
    lead = move.lead
    titles = speaking.titles
    conversation = rendered(speaking.recent, speaking.notes, min(_CONVERSATION_TOKENS, budget // 2))
    rules = filled(
        "speak_rules",
        subject=speaking.subject,
        seniority=speaking.seniority.value,
        style=speaking.style.value,
        words=MOST_WORDS,
        prompt=speaking.prompt,
    )
    asked = filled(
        "speak_move",
        facts_known=speaking.known_facts,
        conversation=conversation.text,
        reply=move.reply or {"kind": "none"},
        lead=lead,
        facts=speaking.facts,
        facts_told=english,
        open_question=_open_question(speaking),
        question=move.question,
        title=titles.get(lead.step, "") if isinstance(lead, Open) else "",
        later=titles.get(lead.brings_back_from or "", "") if isinstance(lead, Probe) else "",
        here=titles.get(speaking.step or "", "this part"),
        nudge=move.nudge,
        said=" ".join(said),
        refused=refused,
    )
    return (Message("system", rules), Message("user", asked))


def _open_question(speaking: Speaking) -> str | None:
    """The question to bring him back to; giving him the floor was none."""
    asked = last_question(speaking)
    return asked if asked and re.search("[?？؟]", asked) else None


def _is_said_as_authored(move: Move) -> bool:
    """Whether the move is facts or a farewell alone: there is nothing to phrase."""
    told = isinstance(move.reply, Reveal) and isinstance(move.lead, Floor)
    return told or isinstance(move.lead, Farewell)


def _opening(speaking: Speaking, *, english: bool) -> str:
    """What stands in authored words before the model's: the problem, or the facts."""
    move = speaking.move
    if isinstance(move.lead, Open) and move.lead.cause == "start":
        return f"{speaking.prompt}\n\n"
    if english and isinstance(move.reply, Reveal):
        return f"{reply_words(speaking)}\n\n"
    return ""


def _ends_anywhere(move: Move) -> bool:
    """Whether an utterance may end after any sentence, if nothing is owed."""
    return move.question is not None or isinstance(move.lead, (Floor, Farewell))


def _writes_otherwise(recent: Transcript) -> bool:
    """Whether the candidate writes another language than English, by his last longer message."""
    for turn in reversed(recent.turns):
        if turn.speaker is Party.candidate and turn.kind == "answer" and len(turn.text.split()) > 2:
            return is_unreadable(turn.text[:_TELLING])
    return False
