"""Says a move in authored words: a short bridge in the chosen tone, then the question."""

from collections.abc import AsyncIterator, Mapping, Sequence

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
from agent.ports import Speaking, Style

_ACKNOWLEDGED: Mapping[Style, Sequence[str]] = {
    Style.neutral: ("All right.", "I see.", "Noted.", "Understood."),
    Style.friendly: ("Thanks, I follow.", "Thank you.", "I'm with you.", "Thanks, noted."),
    Style.tough: ("Go deeper.", "Let me press on this.", "Be specific.", "Next."),
}
_GO_ON: Mapping[Style, Sequence[str]] = {
    Style.neutral: ("Please go on.", "Please continue.", "Go ahead."),
    Style.friendly: ("Take your time and go on.", "Whenever you're ready.", "Please go on."),
    Style.tough: ("Go on.", "Continue.", "Your answer, please."),
}
_DECLINED: Mapping[DeclineReason, str] = {
    "fishing": "I can't tell you what is on the sheet or how you are doing; "
    "the question that I put stays open.",
    "orders": "I keep to the interview; the question that I put stays open.",
    "off_topic": "That leads away from the problem; let us stay with the question that I put.",
    "abuse": "Let us keep this civil; the question that I put stays open.",
    "unreadable": "I can read English only without a language model; please answer in English.",
    "no_hint": "I have no further hint to give here.",
    "nothing_said": "I heard no answer in that; the question that I put stays open.",
}
_UNKNOWN = "That is not fixed; assume something sensible and say what you assume."
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
    return " ".join(part for part in parts if part)


def _reply(reply: Reply | None, speaking: Speaking) -> str:
    match reply:
        case None:
            return ""
        case Reveal():
            return " ".join([*speaking.facts, *([_UNKNOWN] if reply.unknown else [])])
        case Decline():
            return _DECLINED[reply.reason]
        case Hint():
            return f"A hint: {reply.text}"


def _lead(lead: Lead, speaking: Speaking) -> str:
    silent = speaking.move.reply is not None
    acknowledged = "" if silent else _turned(_ACKNOWLEDGED[speaking.style], speaking.turn)
    match lead:
        case Open():
            bridge = _bridge(lead.cause, lead, speaking)
            return f"{bridge} {lead.question or 'Go ahead.'}"
        case Probe() if lead.brings_back_from is not None:
            later = speaking.titles[lead.brings_back_from]
            here = speaking.titles.get(speaking.step or "", "this step")
            return (
                f"We shall come to {later.lower()}. Let us first finish {here.lower()}. "
                f"{lead.question}"
            )
        case Probe() if lead.before_leaving:
            return f"Before we leave this step: {lead.question}"
        case Probe():
            return f"{acknowledged} {lead.question}".strip()
        case Challenge():
            return f"Let me take up something that you said. {lead.question}"
        case ThrowCurveball():
            return f"Let me change something. {lead.question}"
        case LastWord():
            return f"{acknowledged} {lead.question}".strip()
        case Floor() if isinstance(speaking.move.reply, Decline):
            return ""
        case Floor():
            return _turned(_GO_ON[speaking.style], speaking.turn)
        case Farewell():
            return _FAREWELL[lead.cause]


def _bridge(cause: Cause, lead: Open, speaking: Speaking) -> str:
    title = speaking.titles[lead.step].lower()
    left = speaking.titles.get(speaking.step or "", "this step").lower()
    return {
        "start": f"{speaking.prompt}\n\n",
        "covered": f"That will do for {left}. Let us turn to {title}.",
        "budget": f"The time for {left} is used up. Let us turn to {title}.",
        "candidate": f"All right, {title}.",
        "return": f"Back to {title}.",
        "skipped": f"We passed over {title}; let us take it up now.",
    }[cause]


def _nudge(speaking: Speaking) -> str:
    if not speaking.move.nudge:
        return ""
    title = speaking.titles.get(speaking.step or "", "this step").lower()
    return f"(We are near the end of the time for {title}.)"


def _turned(phrases: Sequence[str], turn: int) -> str:
    return phrases[turn // 2 % len(phrases)]
