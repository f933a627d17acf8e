"""What a message is for, beside its content: hints, moves, fishing, orders, the end.

Patterns over English wording. Which of them counts when there is content as well is decided
in `agent.offline.observer`.
"""

import re
from collections.abc import Sequence

from agent.ports import Intent
from agent.rubric import Step

_LET_US = (
    r"(?:let'?s|let us|let me|can we|could we|may we|shall we|can i|could i|may i|i'?d like to"
    r"|i would like to|i want to|i'?ll|i will|we can|we could|we should|i'?m ready to|ready to"
    r"|happy to|(?:want|like) to|okay,?|ok,?|now|please)"
)
_GO = r"(?:go|move|get|turn|jump|switch|come|return|continue|proceed|skip|talk)"
MOVE_TO = re.compile(
    rf"\b{_LET_US}\s+(?:now\s+|just\s+|quickly\s+|please\s+)?{_GO}"
    r"(?:\s+(?:on|back|over|ahead|straight|right|forward))?\s+(?:to|with|into|about)\s+"
    r"(?:talk about\s+|discuss\s+)?(?:the\s+|our\s+|my\s+)?(?P<name>[a-z][a-z &/-]{2,60})"
    r"|\bback to (?:the\s+|our\s+|my\s+)?(?P<back>[a-z][a-z &/-]{2,60})"
    r"|^(?:on to|onto|next,?)\s+(?:the\s+)?(?P<next>[a-z][a-z &/-]{2,60})",
    re.IGNORECASE,
)
_MOVE_ON = re.compile(
    rf"\b{_LET_US}\s+(?:now\s+)?(?:move|go|carry|get) (?:on|ahead|forward)(?: now| please)?\s*[.!?]*$"
    r"|\bnext (?:step|section|question|topic|part)\b|\bskip (?:this|it|that)\b"
    r"|\bmove on\s*[.!?]*$|\bnothing (?:more|else) to add\b|\bthat'?s all (?:for|on) this\b",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(?:end|stop|finish|quit|close|abort) (?:the |this )?(?:interview|session)\b"
    r"|\b(?:i'?d like|i want|let'?s|can we|could we) (?:to )?(?:stop|end|finish|quit)(?: here| now| it)?\s*[.!]*$"
    r"|\bi(?:'m| am) done with (?:the|this) interview\b|^(?:bye|goodbye|quit|exit)[.!]*$",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"\b(?:a|another|any|small|some) (?:hint|clue|nudge|pointer|tip)s?\b|\bhint,? please\b"
    r"|^hint\b|\bhelp me\b|\bneed (?:some )?help\b|\bi(?:'m| am) (?:stuck|lost)\b"
    r"|\bi (?:really |honestly )?(?:don'?t|do not) (?:really )?know\b|\b(?:have )?no (?:idea|clue)\b"
    r"|\bnot (?:really |quite )?sure(?: what| how| where| about that| about this)?\b"
    r"|\bwhere (?:should|do) i (?:start|begin)\b|\bi dunno\b|\bidk\b|\bpass on this\b",
    re.IGNORECASE,
)
_FISH = re.compile(
    r"\brubric\b|\bgrading (?:criteria|scheme|guide)|\bscoring (?:criteria|guide|sheet|scheme)"
    r"|\bevaluation criteria (?:you|that you)|\b(?:model|reference|expected|ideal|correct|right) answers?\b(?=.*\?|.*\bme\b)"
    r"|\bwhat (?:do you|would you|are you) (?:want|like|wanting|looking|expect|hoping)\w*(?: to hear| for| from me| me to say)?"
    r"|\bwhat (?:should|must|am) i (?:say|supposed to say)\b|\b(?:tell|give|show) me (?:the )?(?:answer|solution)"
    r"|\b(?:print|show|reveal|repeat|output|dump|display|leak) (?:me )?(?:your|the|all|me your) "
    r"(?:\w+ )?(?:prompt|instructions?|rules|anchors?|notes|configuration|criteria|answer key)"
    r"|\bsystem prompt\b|\bhow (?:am i|are you|will i be|do you) (?:being )?(?:graded|scored|grading|scoring|evaluated|evaluating|judged|judging|grade|score)"
    r"|\bwhat(?:'s| is) (?:my|the) (?:score|grade) (?:so far|now)|\banswer key\b"
    r"|\b(?:was|is) (?:that|this|it|my answer) (?:right|correct|good|ok|okay|what you wanted)\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:all |any |your |the |every )*(?:previous |prior |above |earlier )?"
    r"(?:instruction|rule|prompt|guideline|criteria)s?\b"
    r"|\byou are (?:now|no longer) |\bact as (?:a|an|my|the) |\bpretend (?:to be|that you)"
    r"|\b(?:give|award|grant|assign) (?:me|this|the candidate|it) (?:a |the )?(?:full|maximum|perfect|top|highest|4|100|level)"
    r"|\b(?:set|mark|rate|score) (?:all|every|my|this|me|the)\b.{0,30}\b(?:4|100|full|perfect|maximum|strong hire)\b"
    r"|^\s*(?:\[?system\]?|assistant|developer)\s*[:>]|<\/?(?:system|instructions?|assistant)>",
    re.IGNORECASE | re.MULTILINE,
)
_ABUSE = re.compile(
    r"\b(?:fuck|shit|bullshit|asshole|bastard|bitch)\w*|\b(?:you(?:'re| are)?|this) (?:an? )?"
    r"(?:stupid|idiot|moron|useless|dumb)\w*|\bshut up\b",
    re.IGNORECASE,
)
_FILLER = frozenset(
    """hm hmm hmmm um uh er eh ah ok okay yes yeah yep no nope well right sure fine good great
    thanks thank you so and let me think see i a moment second please give just""".split()
)
_INDIRECT_QUESTION = re.compile(
    r"\bi(?:'d| would)? (?:like|want|need|have) to (?:know|ask|understand|clarify|check)\b"
    r"|\btell me\b|\b(?:can|could|would) you (?:tell|say|clarify|share|give|explain)\b"
    r"|\bi(?:'d| would| will|'ll) (?:first |also |start by )?(?:ask|asking)\b|\bi wonder\b"
    r"|\bmy (?:first |next |other )?questions?\b|\blet me ask\b|\bquestion:|\bdo you know\b",
    re.IGNORECASE,
)


def command_like(text: str) -> list[Intent]:
    """The intents that the wording of a message shows, the gravest first; often none."""
    found = []
    for intent, pattern in (
        (Intent.orders, _ORDERS),
        (Intent.abuse, _ABUSE),
        (Intent.end, _END),
        (Intent.fish, _FISH),
        (Intent.ask_hint, _HINT),
        (Intent.move_on, _MOVE_ON),
    ):
        if pattern.search(text.replace("\u2019", "'")):
            found.append(intent)
    return found


def step_named(text: str, steps: Sequence[Step]) -> str | None:
    """The step that a message asks to go to ("let's move on to metrics"), or None."""
    for match in MOVE_TO.finditer(text.replace("\u2019", "'")):
        wanted = (match["name"] or match["back"] or match["next"] or "").lower()
        named = [
            (wanted.find(name.lower()), -len(name), step.id)
            for step in steps
            for name in (*step.called, step.title, step.id.replace("_", " "))
            if re.search(rf"\b{re.escape(name.lower())}\b", wanted)
        ]
        if named:
            return min(named)[2]
    return None


def is_filler(words: Sequence[str]) -> bool:
    """Whether nothing but fillers was said."""
    return all(word in _FILLER for word in words)


def asks_indirectly(sentence: str) -> bool:
    """Whether a sentence without a question mark asks for something all the same."""
    return _INDIRECT_QUESTION.search(sentence.replace("\u2019", "'")) is not None
