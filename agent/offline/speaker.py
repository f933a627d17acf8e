"""Says a move in authored words: a short bridge in the chosen tone, then the question."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

from agent.move import (
    Cause,
    Challenge,
    Decline,
    DeclineReason,
    Farewell,
    Floor,
    Hint,
    LastWord,
    Lead,
    Open,
    Probe,
    Reply,
    Reveal,
    ThrowCurveball,
)
from agent.offline.cues import Courtesy
from agent.offline.intents import courtesy_in
from agent.ports import Speaking, Style
from agent.transcript import Party

_Phrase = TypeVar("_Phrase")

_ACKNOWLEDGED: Mapping[Style, Sequence[str]] = {
    Style.neutral: ("I see.", "Noted.", "Understood.", "Okay."),
    Style.friendly: ("Thanks, I follow.", "Thank you.", "I'm with you.", "Thanks, noted."),
    Style.tough: ("Be specific now.", "Next.", "Noted.", "Precisely, please."),
}
_GO_ON: Mapping[Style, Sequence[str]] = {
    Style.neutral: ("Please go on.", "Please continue.", "Go ahead."),
    Style.friendly: ("Take your time and go on.", "Whenever you're ready.", "Please go on."),
    Style.tough: ("Go on.", "Continue.", "Your answer, please."),
}
_DECLINED: Mapping[DeclineReason, Sequence[str]] = {
    "fishing": (
        "I can't tell you what is on the sheet or how you are doing",
        "That I keep to myself until the scorecard",
        "I can't help you with that during the interview",
    ),
    "orders": ("I keep to the interview", "That is not for either of us to set here"),
    "off_topic": ("That leads away from the problem", "Let us stay with the problem"),
    "abuse": ("Let us keep this civil",),
    "unreadable": ("I can read English only", "I could not read that"),
    "no_hint": ("I have no further hint to give here", "I have given all the hints that I have"),
    "nothing_said": ("I need a little more than that to go by", "There is not much for me in that"),
}
_OPEN_STILL: Mapping[DeclineReason, str] = {
    "no_hint": "say what you would try, or move on",
    "unreadable": "please answer in English",
}
_STAYS_OPEN = "the question that I put stays open"
_ASKING_NOTHING = frozenset({"decline", "reveal", "hint"})
_FACTS_IN_A_LINE = 2
_WELCOME = "Hello. Begin wherever you like."
_GO_AHEAD = "Go on as you think best."
_TAKE_YOUR_TIME = "Of course, take your time."
_UNKNOWN = (
    "I have nothing on that, as you put it; assume something sensible and say what you assume.",
    "As you ask it, that is not on my sheet; choose an assumption and state it.",
    "I leave that to you, unless you can ask more exactly; say what you assume.",
)
_UNKNOWN_TOO = "On what else you asked I have nothing; assume something sensible and say it."
_I_ASKED = "My question was: {question}"
_BRINGS_BACK = "That belongs to a later part, {later}; let us first finish this one, {here}."
_BEFORE_LEAVING = "Before we leave this part, one question."
_CHALLENGES = (
    "Let me take up something that you said.",
    "One thing that you said I should like to look at.",
    "Let me stop at something you said.",
)
_CHANGES = "Let me change something."
_BRIDGES: Mapping[Cause, Sequence[tuple[str, str]]] = {
    "covered": (
        ("That will do for this part.", "Next: {title}."),
        ("Let us leave it there.", "The next part: {title}."),
        ("So much for this part.", "Now: {title}."),
    ),
    "budget": (
        ("The time for this part is used up.", "Next: {title}."),
        ("We have to leave this part here.", "The next one: {title}."),
        ("That was our time for this part.", "Let us go on with the next: {title}."),
    ),
    "candidate": (("", "{Title}, then."), ("", "So, {title}.")),
    "return": (("", "Let us go back to where we were: {title}."),),
    "skipped": (("", "There is a part that we have passed over: {title}."),),
}
"""By cause: how the last step is left, and how the next is named."""
_NAMES_ITSELF = ("let's ", "let us ")
_NEARLY_OVER = "(We are near the end of the time for this part.)"
_FAREWELL = {
    "covered": "That covers all that I wanted to ask. Thank you; your scorecard follows.",
    "time": "We are out of time. Thank you; your scorecard follows.",
    "turns": "We have talked long enough. Thank you; your scorecard follows.",
    "candidate": "We end here, as you wish. Thank you; your scorecard follows.",
    "left": "You have left the interview; your scorecard follows.",
}


class OfflineSpeaker:
    """The speaker of the offline engine."""

    async def say(self, speaking: Speaking) -> AsyncIterator[str]:
        """The whole utterance as one piece: it is there at once."""
        yield words_for(speaking)


def words_for(speaking: Speaking) -> str:
    """The utterance for a move; the same move in the same turn is always said the same."""
    parts = [
        _reply(speaking.move.reply, speaking),
        _lead(speaking.move.lead, speaking),
        _nudge(speaking),
    ]
    return " ".join(part for part in parts if part).replace("\n ", "\n")


def reply_words(speaking: Speaking) -> str:
    """The reply of a move alone, in the same words; empty if it has none."""
    return _reply(speaking.move.reply, speaking).strip()


def _reply(reply: Reply | None, speaking: Speaking) -> str:
    match reply:
        case None:
            return ""
        case Reveal():
            told = [*speaking.facts, *([_unknown(speaking)] if reply.unknown else [])]
            return " ".join(told) if len(told) <= _FACTS_IN_A_LINE else "\n".join((*told, ""))
        case Decline():
            return _decline(reply.reason, speaking)
        case Hint():
            return f"A hint: {reply.text}"


def _unknown(speaking: Speaking) -> str:
    return _UNKNOWN_TOO if speaking.facts else _turned(_UNKNOWN, speaking)


def _decline(reason: DeclineReason, speaking: Speaking) -> str:
    """A sentence; that the question stays open is said only if it does."""
    stays = isinstance(speaking.move.lead, Floor)
    said = speaking.recent.answers()
    if reason == "nothing_said" and said and stays:
        words = _courtesy(courtesy_in(said[-1].text), speaking)
        if words is not None:
            return words
    declined = _turned(_DECLINED[reason], speaking)
    if stays:
        return f"{declined}; {_OPEN_STILL.get(reason, _STAYS_OPEN)}."
    return f"{declined}."


def _courtesy(courtesy: Courtesy | None, speaking: Speaking) -> str | None:
    match courtesy:
        case Courtesy.repeat:
            question = last_question(speaking)
            return question and _I_ASKED.format(question=question)
        case Courtesy.time:
            return _TAKE_YOUR_TIME
        case Courtesy.leave:
            return _GO_AHEAD
        case Courtesy.greeting:
            return _WELCOME
        case None:
            return None


def last_question(speaking: Speaking) -> str | None:
    """The question that stands open, in the words in which it was put, if it was put lately."""
    for turn in reversed(speaking.recent.turns):
        if turn.speaker is Party.interviewer and turn.kind not in _ASKING_NOTHING:
            said = turn.text.replace(_NEARLY_OVER, "").strip()
            return re.split(r"(?<=[.!?:])\s+", said)[-1]
    return None


def _lead(lead: Lead, speaking: Speaking) -> str:
    replied = speaking.move.reply is not None
    acknowledged = "" if replied else _turned(_ACKNOWLEDGED[speaking.style], speaking)
    here = _here(speaking)
    match lead:
        case Open(cause="start"):
            return f"{speaking.prompt}\n\n{lead.question or _GO_ON[speaking.style][0]}"
        case Open():
            return f"{_bridge(lead, speaking)} {lead.question or 'Go ahead.'}".strip()
        case Probe() if lead.brings_back_from is not None:
            later = in_sentence(speaking.titles[lead.brings_back_from])
            return f"{_BRINGS_BACK.format(later=later, here=here)} {lead.question}"
        case Probe() if lead.before_leaving:
            return f"{_BEFORE_LEAVING} {lead.question}"
        case Probe():
            return f"{acknowledged} {lead.question}".strip()
        case Challenge():
            return f"{_turned(_CHALLENGES, speaking)} {lead.question}"
        case ThrowCurveball():
            return f"{_CHANGES} {lead.question}"
        case LastWord():
            return f"{acknowledged} {lead.question}".strip()
        case Floor() if isinstance(speaking.move.reply, Decline):
            return ""
        case Floor():
            return _turned(_GO_ON[speaking.style], speaking)
        case Farewell():
            return _FAREWELL[lead.cause]


def _bridge(lead: Open, speaking: Speaking) -> str:
    """From the last step to this one, which is not named if its question does so itself."""
    leaving, entering = _turned(_BRIDGES[lead.cause], speaking)
    if lead.question and lead.question.lower().startswith(_NAMES_ITSELF):
        return leaving
    title = in_sentence(speaking.titles[lead.step])
    return f"{leaving} {entering.format(title=title, Title=title[:1].upper() + title[1:])}".strip()


def _nudge(speaking: Speaking) -> str:
    return _NEARLY_OVER if speaking.move.nudge else ""


def _here(speaking: Speaking) -> str:
    title = speaking.titles.get(speaking.step or "")
    return in_sentence(title) if title else "this step"


def in_sentence(title: str) -> str:
    """A title as it stands inside a sentence: in lower case, but "MLOps" and "A/B" as they are."""
    return " ".join(
        word if any(letter.isupper() for letter in word[1:]) else word.lower()
        for word in title.split()
    )


def _turned(phrases: Sequence[_Phrase], speaking: Speaking) -> _Phrase:
    return phrases[speaking.turn // 2 % len(phrases)]
